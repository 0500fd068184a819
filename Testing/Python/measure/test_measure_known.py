"""Endplates that are known from label maps: they hold until a corner moves, in memory and through a file."""

import json

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.errors import ReadError
from spinetwin.io.endplates import endplates_in, write_endplates
from spinetwin.measure.frames import frames_from_points
from spinetwin.measure.known import KnownPlates
from spinetwin.measure.subject import Subject
from spinetwin.phantom import Curve, SpineParameters, make_spine
from spinetwin.poi import compute_pois

L1, L3, L4, L5, S1 = (level(name).id for name in ("L1", "L3", "L4", "L5", "S1"))


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="L1-S1", curves=(Curve(24.0, apex="L3"),)))
    return spine.voxelise(spine.grid(2.0, "LPS", margin_mm=4))


@pytest.fixture(scope="module")
def points(maps):
    return {poi.key: np.array(poi.position) for poi in compute_pois(maps) if poi.position is not None}


def measured(points, maps, edited=()):
    return Subject.of(points, frames_from_points(points), edited=frozenset(edited), maps=maps)


@pytest.fixture(scope="module")
def subject(points, maps):
    return measured(points, maps)


@pytest.fixture(scope="module")
def known(subject):
    return KnownPlates.of(subject)


def same(one, other):
    """Two spines have the same endplates and axes."""
    assert one.levels == other.levels
    for key in one.frames:
        np.testing.assert_allclose(one.frame(key).axes, other.frame(key).axes, atol=1e-12)
    for key in one.levels:
        for side in ("superior", "inferior") if key != S1 else ("superior",):
            for name in ("centre", "normal", "front", "back"):
                mine, theirs = (getattr(each.plate(key, side), name) for each in (one, other))
                np.testing.assert_allclose(mine, theirs, atol=1e-9)


def test_as_long_as_nothing_moves_it_is_the_measured_spine(known, subject, points):
    assert (S1, "superior") in known.plates
    again = known.subject({key: place + 1e-4 for key, place in points.items()})
    assert again.spine.plates.keys() == subject.spine.plates.keys()
    again = known.subject(points)
    same(again.spine, subject.spine)
    assert again.curves == subject.curves
    assert again.reference[0] == S1


def test_a_moved_corner_counts_as_an_edited_one_does(known, points, maps):
    moved = {**points, (L3, 101): points[L3, 101] + [0.0, 0.0, 2.0]}
    same(known.subject(moved).spine, measured(moved, maps, edited=[(L3, 101)]).spine)
    assert (L3, "superior") not in known.subject(moved).spine.plates
    assert (L3, "inferior") in known.subject(moved).spine.plates


def test_points_that_are_no_corners_change_nothing(known, subject, points):
    moved = {**points, (L3, 42): points[L3, 42] + 5.0}
    assert known.subject(moved).spine.plates.keys() == subject.spine.plates.keys()


def test_other_points_take_nothing_over(known, points):
    """Another spine, or this one with other names: no endplate holds, not even the sacrum's."""
    assert not known.subject({key: place + 1.0 for key, place in points.items()}).spine.plates
    renamed = {(L3 if key == L4 else L4 if key == L3 else key, poi): place for (key, poi), place in points.items()}
    plates = known.subject(renamed).spine.plates
    assert not [key for key, _side in plates if key in (L3, L4)]
    assert (S1, "superior") in plates
    without = {key: place for key, place in points.items() if key[0] != L5}
    assert (S1, "superior") not in known.subject(without).spine.plates


def test_nothing_known_is_the_spine_of_its_points(points):
    alone = Subject.of(points, frames_from_points(points))
    same(KnownPlates().subject(points).spine, alone.spine)
    assert KnownPlates.of(alone).plates == {}


def test_through_a_file(known, points, tmp_path):
    path = tmp_path / "endplates.json"
    write_endplates(path, known)
    again = endplates_in(path.read_text(encoding="utf-8"), path.name)
    same(again.subject(points).spine, known.subject(points).spine)
    assert again.plates[L1, "inferior"].tilt_spread == known.plates[L1, "inferior"].tilt_spread
    assert again.corners.keys() == known.corners.keys()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 9}, "holds no endplates that this program reads"),
        ({"format": "x"}, "holds no endplates that this program reads"),
        ({"plates": [{"level": "L3"}]}, "holds damaged endplates"),
        ({"plates": 3}, "holds damaged endplates"),
        ({"frames": [{"level": "Q1", "origin": [0, 0, 0], "axes": [[1, 0, 0]] * 3, "source": ""}]}, "holds damaged endplates"),
        ({"corners": [{"level": "L3", "point": 101, "position": [1, 2]}]}, "holds damaged endplates"),
        ({"corners": [{"level": "L3", "point": 101, "position": [1, 2, float("nan")]}]}, "holds damaged endplates"),
    ],
)
def test_a_damaged_file_is_one_sentence(known, tmp_path, change, sentence):
    path = tmp_path / "endplates.json"
    write_endplates(path, known)
    content = {**json.loads(path.read_text(encoding="utf-8")), **change}
    with pytest.raises(ReadError, match=sentence):
        endplates_in(json.dumps(content), "e.json")


@pytest.mark.parametrize("text", ["", "[]", "3", "[" * 100_000, "{}"])
def test_something_else_is_one_sentence(text):
    with pytest.raises(ReadError, match="holds damaged endplates"):
        endplates_in(text, "e.json")
