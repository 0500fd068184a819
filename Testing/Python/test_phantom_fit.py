"""The phantom in the posture of a real spine: known postures come back, errors do no harm, real spines are met."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
from phantom_measures import disc_voids, overlap
from spinetwin.anatomy import level
from spinetwin.errors import ParameterError
from spinetwin.io import read_keypoints
from spinetwin.phantom import Curve, Spine, SpineParameters, fit_posture, lenke_curves, make_spine, parse_variant
from spinetwin.phantom.ground_truth.angles import angles
from spinetwin.phantom.person.dimensions import DIMENSIONS

DATA = Path(os.environ.get("SPINETWIN_REAL_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
REAL = ("GTMs8SDmOo0S", "LSe7ilF5HSaB", "PFs71Af5DFI4", "RSa1DGgrAFXL", "jmYszgByQzP1")
"""Scoliotic spines, chest and loin, and one neck."""


def points_of(spine: Spine, levels: str = "T1-L5") -> dict[int, np.ndarray]:
    """Body centres and pedicles of a phantom, as if measured."""
    first, last = (level(name).order for name in levels.split("-"))
    found = {}
    for key, shape in spine.shapes.items():
        if first <= level(key).order <= last:
            row = shape.row
            side = (row.canal_width + row.pedicle_width) / 2
            local = np.array([[0, 0, 0], [-side, -row.body_depth / 2 - 5, 3], [side, -row.body_depth / 2 - 5, 3]])
            found[key] = spine.frames[key].to_ras(local)
    return found


def angle_between(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip((np.trace(a @ b.T) - 1) / 2, -1, 1))))


@pytest.mark.parametrize(
    "parameters",
    [SpineParameters(), SpineParameters(curves=(Curve(40),)), SpineParameters(curves=lenke_curves(3, 40), scale=0.85)],
)
def test_a_known_posture_comes_back(parameters):
    spine = make_spine(parameters)
    fit = fit_posture(points_of(spine), DIMENSIONS)
    assert fit.size == pytest.approx(parameters.scale, abs=0.02)
    assert not fit.outliers
    assert max(fit.residuals.values()) < 1.5
    for key in points_of(spine):
        assert angle_between(fit.posture.frames[key].axes, spine.frames[key].axes) < 6.0, level(key).name


def test_the_whole_spine_is_there_and_continues_the_measured_part():
    measured = points_of(make_spine(SpineParameters(curves=(Curve(30, apex="L1", half_length=3),))), "T10-L4")
    spine = make_spine(measured=measured)
    assert len(spine.shapes) == 25
    assert overlap(spine) < 0.005
    head, sacrum = spine.frames[level("C1").id], spine.frames[level("S1").id]
    assert head.superior[2] > 0.8
    assert head.origin[2] - sacrum.origin[2] > 450
    assert abs(sacrum.superior[0]) < 0.12  # 15 degrees at L4, and two levels to lose them in


def test_gross_errors_and_missing_pedicles_do_no_harm():
    clean = points_of(make_spine(SpineParameters(curves=(Curve(40),))))
    broken = {key: np.array(value) for key, value in clean.items()}
    broken[level("T6").id][0] += (25, -10, 8)
    broken[level("L2").id][0] += (-30, 0, 0)
    broken[level("T9").id][1:] += (0, 40, 0)
    broken[level("T3").id][1] = np.nan
    broken[level("L4").id][1:] = np.nan
    good, bad = (fit_posture(each, DIMENSIONS) for each in (clean, broken))
    assert set(bad.outliers) == {level("T6").id, level("L2").id}
    for key in clean:
        assert np.linalg.norm(good.posture.frames[key].origin - bad.posture.frames[key].origin) < 3, level(key).name
        assert angle_between(good.posture.frames[key].axes, bad.posture.frames[key].axes) < 5, level(key).name


def test_a_level_that_was_left_out_is_filled_in():
    clean = points_of(make_spine(SpineParameters(curves=(Curve(30),))))
    kept = {key: value for key, value in clean.items() if key != level("T9").id}
    fit = fit_posture(kept, DIMENSIONS)
    assert np.linalg.norm(fit.posture.frames[level("T9").id].origin - clean[level("T9").id][0]) < 2


def test_the_curves_of_a_measured_spine_are_found():
    asked = SpineParameters(curves=lenke_curves(3, 45))
    fitted = make_spine(measured=points_of(make_spine(asked)))
    found = angles(fitted).curves
    for curve in asked.curves:
        same = [each for each in found if _near(each.apex, curve.apex)]
        assert [each.side for each in same] == [curve.side]
        assert same[0].cobb == pytest.approx(curve.cobb, abs=8)
    assert angles(make_spine(measured=points_of(make_spine()))).curves == ()


def _near(first: str, second: str) -> bool:
    return abs(level(first).order - level(second).order) <= 1


def test_a_level_that_nobody_named_is_found_between_t12_and_l1_and_refused_elsewhere():
    points = points_of(make_spine(SpineParameters(variants=(parse_variant("T13"),))))
    assert level("T13").id in points
    del points[level("T13").id]
    spine = make_spine(measured=points)
    assert level("T13").id in spine.shapes
    assert level("T13").id in spine.discs
    assert angles(spine).curves == ()
    plain = points_of(make_spine())
    up = np.array([0.0, 0.0, 24.0])
    shifted = {key: value + up * (level(key).order < level("T8").order) for key, value in plain.items()}
    with pytest.raises(ParameterError, match="T7 and T8 lie so far apart"):
        fit_posture(shifted, DIMENSIONS)


def test_what_cannot_be_gets_one_sentence():
    points = points_of(make_spine())
    with pytest.raises(ParameterError, match="four body centres"):
        fit_posture(dict(list(points.items())[:3]), DIMENSIONS)
    with pytest.raises(ParameterError, match="curves"):
        make_spine(SpineParameters(curves=(Curve(20),)), measured=points)
    with pytest.raises(ParameterError, match="variant listhesis"):
        make_spine(SpineParameters(variants=(parse_variant("listhesis"),)), measured=points)


@pytest.mark.parametrize(
    ("factor", "apart"), [(0.1, "apart"), (0.001, "0.0"), (1000.0, "e+04 mm"), (0.45, "mm apart"), (1.6, "")]
)
def test_centres_in_another_unit_are_refused(factor, apart):
    """An incident: points in cm or m gave a person of half the size, whose bodies were pressed flat."""
    points = {key: factor * value for key, value in points_of(make_spine()).items()}
    with pytest.raises(ParameterError, match=rf"neighbouring vertebrae lie .*{re.escape(apart)}.* Give millimetres"):
        fit_posture(points, DIMENSIONS)


@pytest.mark.parametrize("factor", [0.55, 1.45])
def test_the_size_of_small_and_tall_people_is_met(factor):
    points = {key: factor * value for key, value in points_of(make_spine()).items()}
    assert fit_posture(points, DIMENSIONS).size == pytest.approx(factor, abs=0.02)


def test_a_column_that_does_not_go_down_is_refused():
    """Levels named from the bottom, and points in axes whose third one is not up."""
    points = points_of(make_spine())
    upside_down = {key: value * (1, 1, -1) for key, value in points.items()}
    lying = {key: value[:, [2, 0, 1]] for key, value in points.items()}
    for wrong in (upside_down, lying):
        with pytest.raises(ParameterError, match=r"The centre of \w+ does not lie above that of \w+\. Check"):
            fit_posture(wrong, DIMENSIONS)


def test_bodies_that_have_no_room_are_refused():
    """An incident: between centres a millimetre apart bodies were scaled by less than nothing."""
    names = [f"T{number}" for number in range(4, 13)] + [f"L{number}" for number in range(1, 6)]
    steps = [24.0] * 7 + [1.0] * 4 + [36.0] * 2
    heights = dict(zip(names, np.cumsum([0.0, *steps]), strict=True))
    points = {level(name).id: np.array([[0.0, 0.0, -z], *[[np.nan] * 3] * 2]) for name, z in heights.items()}
    with pytest.raises(ParameterError, match=r"The centres of \w+ and \w+ lie \S+ mm apart, too near for two bodies"):
        fit_posture(points, DIMENSIONS)


def test_a_spine_knows_how_well_it_was_fitted():
    points = {key: np.array(value) for key, value in points_of(make_spine(SpineParameters(curves=(Curve(40),)))).items()}
    points[level("T6").id][0] += (25, -10, 8)
    spine = make_spine(measured=points)
    assert make_spine().fit is None
    assert spine.fit is not None
    assert spine.fit.outliers == (level("T6").id,)
    assert set(spine.fit.residuals) == set(points)
    for key, away in spine.fit.residuals.items():
        assert away == pytest.approx(np.linalg.norm(spine.frames[key].origin - points[key][0]))
    assert spine.rotated(np.eye(3)).fit == spine.fit


@pytest.mark.parametrize(
    "words", [{"lordosis": 60.0}, {"kyphosis": 30.0}, {"cervical_lordosis": 5.0}, {"pelvic_incidence": 50.0}]
)
def test_a_measured_spine_is_given_no_other_angles(words):
    with pytest.raises(ParameterError, match=next(iter(words)).replace("_", " ")):
        make_spine(SpineParameters(**words), measured=points_of(make_spine()))


@pytest.fixture(scope="module")
def folder():
    found = DATA / "spine_keypoints"
    if not found.is_dir():
        pytest.skip(f"there is no {found}; set SPINETWIN_REAL_DATA to the folder of the real data")
    return found


def test_all_real_spines_are_met(folder):
    files = sorted(folder.glob("*.json"))
    residuals = [away for path in files for away in fit_posture(read_keypoints(path), DIMENSIONS).residuals.values()]
    assert len(files) > 100
    assert np.median(residuals) < 0.6
    assert np.percentile(residuals, 95) < 3.0


@pytest.mark.parametrize("name", REAL)
def test_real_spines_neither_intersect_nor_gape(folder, name):
    spine = make_spine(measured=read_keypoints(folder / f"{name}.json"))
    assert overlap(spine) < 0.005
    assert max(disc_voids(spine, spine.voxelise(spine.grid(1.2))).values()) < 0.02
