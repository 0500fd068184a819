"""The true points of the phantom."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import spinetwin
from spinetwin.anatomy import POINTS, level
from spinetwin.errors import ParameterError
from spinetwin.phantom import SpineParameters, VertebraShape, make_spine, truth
from spinetwin.phantom.ground_truth import quadrature
from spinetwin.phantom.ground_truth.levels import level_points
from spinetwin.phantom.ground_truth.quadrature import part_moments
from spinetwin.phantom.ground_truth.ribs import rib_truths
from spinetwin.phantom.ground_truth.tptbox import tptbox_points
from spinetwin.phantom.posture.parameters import chosen_levels
from spinetwin.poi.rules import RULE_SETS, rule_set

CORE = Path(spinetwin.__file__).parent
FORBIDDEN = ("spinetwin.phantom.voxels", "spinetwin.poi", "spinetwin.geometry.fields", "spinetwin.geometry.nearest")
"""What makes label maps, and what looks for points in them."""

MIRROR = {each.id: each.mirror for each in POINTS}


@pytest.fixture(scope="module")
def lumbar():
    return make_spine(SpineParameters(levels="L2-L4"))


def a_turn(seed: int) -> np.ndarray:
    q, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    return q * np.sign(np.linalg.det(q))


@pytest.mark.parametrize("levels", ["L2-L4", "C1-C2", "L5-S1", "T1", "T11"])
@pytest.mark.parametrize("rules", RULE_SETS)
def test_turning_the_spine_turns_the_truth(levels, rules):
    spine, turn, move = make_spine(SpineParameters(levels=levels, ribs=True)), a_turn(3), (10, -20, 300)
    moved = spine.transformed(turn, move)
    before, after = truth(spine, rules), truth(moved, rules)
    assert {key for key, _ in before.points} == set(spine.shapes) - {level("S1").id}  # a sacrum has a frame, but no points
    assert set(before.frames) == set(spine.shapes)
    assert before.points.keys() == after.points.keys()
    for key, point in before.points.items():
        assert np.abs(turn @ point + move - after.points[key]).max() < 1e-9
    for key, frame in before.frames.items():
        assert np.abs(frame.axes @ turn.T - after.frames[key].axes).max() < 1e-12
        assert np.abs(turn @ frame.origin + move - after.frames[key].origin).max() < 1e-9
    for key, sides in spine.ribs.items():
        there = rib_truths(moved, key)
        for side, rib in rib_truths(spine, key).items():
            assert rib.length == there[side].length
            for name in ("head", "end") if rib.tubercle is None else ("head", "tubercle", "end"):
                assert np.abs(turn @ getattr(rib, name) + move - getattr(there[side], name)).max() < 1e-9
        assert len(sides) == 2


def test_a_straight_spine_has_a_mirror_symmetric_truth(lumbar):
    points = truth(lumbar).points
    for (key, poi), point in points.items():
        if poi != 130:
            assert np.abs(point * (-1, 1, 1) - points[key, MIRROR[poi]]).max() < 1e-9, poi


class TwoSided(VertebraShape):
    """A vertebra both sides of which are looked for, as if they differed."""

    symmetric = False


@pytest.mark.parametrize("points_of", [level_points, tptbox_points])
@pytest.mark.parametrize("name", ["C1", "C2", "C5", "T1", "T12", "L5"])
def test_a_search_on_both_sides_finds_the_mirror_images(name, points_of):
    """The left points of a symmetric vertebra are copied from the right ones, which proves nothing; here they are searched."""
    shape = make_spine().shapes[level(name).id]
    both = TwoSided(**{each.name: getattr(shape, each.name) for each in fields(shape) if each.init})
    assert shape.symmetric
    copied, found = points_of(shape), points_of(both)
    assert copied.keys() == found.keys()
    assert any(MIRROR[poi] != poi for poi in found)
    for poi, point in found.items():
        # each search ends when it knows its place to 1e-9
        assert np.abs(point - copied[poi]).max() < 2e-9, poi
        if poi != 130:  # a direction to the right
            assert np.abs(point * (-1, 1, 1) - found[MIRROR[poi]]).max() < 2e-9, poi


OF_THE_ATLAS = {*range(41, 49), 81, 82, 83, *range(86, 90), 133, 135}
"""All that C1 has, which is without body and disc: its parts, the insertions on them, the interspinous ligament below."""

ONLY_AT = {51: "C2", 52: "C3-L5", 60: "C2-L1", 94: "C2-L4", 95: "C2-L4"}
"""Points that not every level below C1 has: the dens, the endplate where none stands, the cord, joints with a facet of L5."""


@pytest.mark.parametrize("rules", RULE_SETS)
def test_every_point_is_there_for_every_level_but_for_a_written_list(rules):
    spine = make_spine()
    keys = [key for key in spine.shapes if key != level("S1").id]
    found = truth(spine, rules, levels=keys).points
    assert {poi for key, poi in found if key == level("C1").id} == OF_THE_ATLAS
    for key in keys[1:]:
        absent = {poi for poi, where in ONLY_AT.items() if level(key) not in chosen_levels(where)}
        assert {each.id for each in POINTS} - {poi for owner, poi in found if owner == key} == absent, level(key).name
    ruled = {(key, poi) for poi, rule in rule_set(rules).rules.items() for key in rule.levels if key in keys}
    assert {(level(key).name, poi) for key, poi in ruled - found.keys()} == {("C2", 52), ("L5", 94), ("L5", 95)}


def test_every_point_of_the_table_is_there_for_a_lumbar_level(lumbar):
    found = {poi for key, poi in truth(lumbar).points if key == level("L3").id}
    assert {each.id for each in POINTS} - found == {51, 60}


def test_what_does_not_exist_has_no_key():
    points = truth(make_spine(SpineParameters(levels="C1-C2"))).points
    assert (1, 50) not in points
    assert (1, 101) not in points
    assert (1, 43) in points
    assert (2, 51) in points


@pytest.mark.parametrize("rules", RULE_SETS)
def test_there_is_no_point_where_its_rule_does_not_apply(rules):
    """An incident: facet joints of C1, for which no rule set has a rule, could only count as not found."""
    levels_of = {poi: rule.levels for poi, rule in rule_set(rules).rules.items()}
    found = truth(make_spine(SpineParameters(levels="C1-C3")), rules).points
    assert {key for key, _ in found} == {1, 2, 3}
    assert [(key, poi) for key, poi in found if key not in levels_of[poi]] == []


def test_points_lie_where_their_names_say(lumbar):
    result = truth(lumbar)
    key = level("L3").id
    local = {poi: result.frames[key].to_local(point) for (owner, poi), point in result.points.items() if owner == key}
    assert local[84][0] < -15
    assert local[85][0] > 15
    assert local[82][0] > 25
    assert local[83][0] < -25
    assert local[101][1] > 10 > -10 > local[102][1]
    assert local[101][2] > 5 > -5 > local[103][2]
    assert local[125][2] > local[127][2]
    assert local[125][1] < local[106][1] - 10
    assert local[94][0] < 0 < local[95][0]
    shape, place = lumbar.shapes[key], lumbar.frames[key]
    for poi, part in ((81, 42), (82, 44), (86, 47), (88, 45), (101, 49), (117, 49), (127, 41)):
        assert abs(shape.distance(place.to_local(result.points[key, poi]), part)) < 2e-3, poi


@pytest.mark.parametrize("name", ["C4", "T5", "L2"])
def test_centroids_do_not_depend_on_the_quadrature(name):
    shape = VertebraShape.of(name)
    coarse, fine = part_moments(shape, 0.5), part_moments(shape, 0.3)
    for part, each in fine.items():
        assert np.abs(np.subtract(each.centroid, coarse[part].centroid)).max() < 0.025, part


def known_to(start: Collection[str]) -> set[str]:
    """Every module of the core that these modules import when they are imported, and those that these import, and so on.

    A name that a package hands on counts for the module that it comes from, not for all that the package knows.
    """
    found, waiting = set(), list(start)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [each for each in imported_by(name) if each.startswith("spinetwin")]
    return found


def file_of(name: str) -> Path:
    path = CORE.joinpath(*name.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imported_by(name: str) -> list[str]:
    file = file_of(name)
    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    found = []
    for each in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(each, ast.ImportFrom):
            base = [*package[: len(package) - each.level + 1], *(each.module or "").split(".")] if each.level else [each.module]
            origin = ".".join(part for part in base if part)
            found += [source_of(origin, alias.name) for alias in each.names if origin.startswith("spinetwin")]
        elif isinstance(each, ast.Import):
            found += [alias.name for alias in each.names]
    return found


def source_of(origin: str, name: str) -> str:
    """The module that `from origin import name` gets it from."""
    if file_of(f"{origin}.{name}").is_file():
        return f"{origin}.{name}"
    if file_of(origin).name == "__init__.py":
        for each in ast.parse(file_of(origin).read_text(encoding="utf-8")).body:
            if isinstance(each, ast.ImportFrom) and each.level == 1 and name in {alias.name for alias in each.names}:
                return source_of(f"{origin}.{each.module}", name)
    return origin


def test_the_truth_shares_no_code_with_the_making_and_reading_of_label_maps():
    folder = Path(quadrature.__file__).parent
    own = {f"spinetwin.phantom.ground_truth.{file.stem}" for file in folder.glob("*.py") if file.stem != "__init__"}
    assert len(own) > 10
    known = known_to(own)
    assert {"spinetwin.phantom.spine", "spinetwin.phantom.shape.solids", "spinetwin.geometry.frame"} <= known
    assert {name for name in known if name.startswith(FORBIDDEN)} == set()


@pytest.mark.parametrize(
    ("start", "there"),
    [("spinetwin.phantom.surfaces", "spinetwin.phantom.voxels"), ("spinetwin.poi.compute", "spinetwin.geometry.fields")],
)
def test_the_walk_through_the_imports_finds_what_it_forbids(start, there):
    assert there in known_to([start])
    assert there.startswith(FORBIDDEN)


def test_an_unknown_rule_set_gets_one_sentence(lumbar):
    with pytest.raises(ParameterError, match="paper"):
        truth(lumbar, rules="mine")
