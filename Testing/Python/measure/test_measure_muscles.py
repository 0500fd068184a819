"""Muscles: arithmetic on blocks, and the phantom's own muscles sampled finely in the plane of the disc."""

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.errors import MapError, ParameterError
from spinetwin.geometry import Frame, Grid
from spinetwin.measure.compute import measure
from spinetwin.measure.muscle_labels import MUSCLE_LABELS, muscle_labels
from spinetwin.measure.muscles import MuscleMap, fat_fraction, muscle_section, slice_area
from spinetwin.measure.results import MissingInput
from spinetwin.measure.subject import Subject
from spinetwin.phantom import Curve, Spacing, SpineParameters, make_spine, muscle_map
from spinetwin.poi import compute_pois

NAMES = {("psoas", "left"): 5, ("psoas", "right"): 6}
FINE = 0.25
HALF = 130.0


def blocks(fat=None):
    """Two square bars of 20 x 30 mm along the spine, 40 mm beside it, in voxels of 2 mm."""
    labels = np.zeros((100, 60, 50), dtype=np.uint8)
    labels[20:30, 20:35], labels[70:80, 20:35] = 5, 6
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -99.0, -59.0, -49.0
    return MuscleMap.of(Grid(labels.shape, affine), labels, NAMES, fat)


def leaning(degrees):
    a = np.radians(degrees)
    return Frame(np.zeros(3), np.array([[1.0, 0, 0], [0, np.cos(a), np.sin(a)], [0, -np.sin(a), np.cos(a)]]))


def test_area_and_centroid_of_a_bar_are_arithmetic():
    found = muscle_section(blocks(), "psoas", "right", leaning(0.0), np.zeros(3))
    # voxels 70 to 79 to the right: centres from 41 to 59 mm; 20 to 34 to the front: from -19 to 9 mm
    assert found.area == pytest.approx(600.0, rel=0.04)
    assert found.centroid == pytest.approx([50.0, -5.0], abs=0.6)
    assert found.fat is None
    assert slice_area(blocks(), "psoas", "right", 25, 2) == pytest.approx(600.0)


def test_a_plane_that_leans_cuts_a_larger_section():
    found = muscle_section(blocks(), "psoas", "left", leaning(30.0), np.zeros(3))
    assert found.area == pytest.approx(600.0 / np.cos(np.radians(30.0)), rel=0.04)


def test_the_spread_of_areas_is_that_of_shifted_grids():
    rng = np.random.default_rng(5)
    muscles = blocks()
    found = [muscle_section(muscles, "psoas", "left", leaning(7.0), rng.uniform(-1, 1, 3)) for _ in range(60)]
    spread = np.std([each.area for each in found])
    assert 0.3 * spread < found[0].area_spread < 3.0 * spread


def test_fat_is_the_mean_fraction_where_there_is_signal():
    water = np.full((100, 60, 50), 60.0)
    fat = np.full(water.shape, 20.0)
    fat[70:80] = 60.0
    water[20:30, 20:28], fat[20:30, 20:28] = 0.0, 0.0
    muscles = blocks(fat=fat_fraction(fat, water))
    assert muscle_section(muscles, "psoas", "left", leaning(0.0), np.zeros(3)).fat == pytest.approx(0.25)
    assert muscle_section(muscles, "psoas", "right", leaning(0.0), np.zeros(3)).fat == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("fat", "water", "words"),
    [(np.zeros((2, 2, 2)), np.zeros((2, 2, 3)), "different shapes"), (np.zeros((2, 2, 2)), np.zeros((2, 2, 2)), "empty")],
)
def test_dixon_images_that_cannot_be(fat, water, words):
    with pytest.raises(ParameterError, match=words):
        fat_fraction(fat, water)


def test_what_is_not_there_is_said():
    muscles = blocks()
    with pytest.raises(MissingInput, match="does not reach this plane"):
        muscle_section(muscles, "psoas", "left", leaning(0.0), np.array([0.0, 0.0, 200.0]))
    with pytest.raises(MissingInput, match="has no left multifidus"):
        muscle_section(muscles, "multifidus", "left", leaning(0.0), np.zeros(3))
    cut = MuscleMap(Grid((75, 60, 50), muscles.grid.ijk_to_ras), muscles.labels[:75], NAMES)
    with pytest.raises(MissingInput, match="map ends within the right psoas"):
        muscle_section(cut, "psoas", "right", leaning(0.0), np.zeros(3))
    with pytest.raises(MapError, match="none of the labels"):
        MuscleMap.of(muscles.grid, muscles.labels, {("psoas", "left"): 77})


def test_the_tables_that_are_known():
    assert MUSCLE_LABELS["totalsegmentator-v2"]["iliopsoas", "right"] == 89
    assert MUSCLE_LABELS["spl"]["psoas", "left"] == 231
    assert MUSCLE_LABELS["spinetwin"]["multifidus", "left"] == 1


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "names no label"),
        ([{"label": "x", "name": "psoas", "side": "left"}], "label in row 1"),
        ([{"label": "0", "name": "psoas", "side": "left"}], "whole numbers"),
        ([{"label": "99999999", "name": "psoas", "side": "left"}], "whole numbers"),
        ([{"label": "3", "name": "psoas", "side": "up"}], "no name or no side"),
        ([{"label": "3", "name": "a", "side": "left"}, {"label": "3", "name": "b", "side": "left"}], "comes twice"),
        ([{"label": "3", "name": "a", "side": "left"}, {"label": "4", "name": "a", "side": "left"}], "two labels"),
    ],
)
def test_tables_of_muscles_that_cannot_be(rows, words):
    with pytest.raises(ParameterError, match=words):
        muscle_labels("labels.csv", rows)


@pytest.fixture(scope="module", params=[Spacing(1.5, 1.5, 1.5), Spacing(right=0.9, anterior=0.9, superior=4.0)], ids=str)
def scene(request):
    spine = make_spine(SpineParameters(levels="T11-S1", curves=(Curve(25.0, apex="L2"),)))
    tight = spine.grid(request.param, "RAS", 0.0)
    more = np.ceil(np.array([70.0, 30.0, 0.0]) / tight.spacing).astype(int)
    grid = tight.crop(-more, tuple(int(n) for n in tight.shape + 2 * more))
    maps = spine.voxelise(tight)
    points = compute_pois(maps)
    placed = {poi.key: np.array(poi.position) for poi in points if poi.position is not None}
    muscles = MuscleMap.of(grid, muscle_map(spine, grid), MUSCLE_LABELS["spinetwin"])
    subject = Subject.of(placed, points.frames, maps=maps, muscles=muscles)
    return spine, subject, measure(subject, draws=20)


def exact(spine, frame):
    """Areas by label and centroids of the phantom's muscles in a plane, on samples of a quarter of a mm."""
    n = round(2 * HALF / FINE) + 1
    affine = np.eye(4)
    affine[:3, :3] = FINE * frame.axes.T
    affine[:3, 3] = frame.to_ras([-HALF, -HALF, 0.0])
    labels = muscle_map(spine, Grid((n, n, 1), affine))[..., 0]
    areas = np.bincount(labels.ravel(), minlength=32) * FINE**2
    return areas, {label: np.argwhere(labels == label).mean(axis=0) * FINE - HALF for label in np.flatnonzero(areas)}


def test_the_muscles_of_the_phantom(scene):
    spine, subject, found = scene
    off, sure, middles = [], [], []
    for disc in subject.disc_planes:
        areas, centroids = exact(spine, disc.frame)
        for (muscle, side), label in MUSCLE_LABELS["spinetwin"].items():
            measured = found.get("muscle_area", disc.upper, side, part=muscle)
            if measured is None or measured.missing or areas[label] < 100:
                continue
            off.append(measured.value / areas[label] - 1)
            sure.append((measured.value - areas[label]) / measured.uncertainty)
            middle = [found.get(f"muscle_centroid_{way}", disc.upper, side, part=muscle).value for way in ("right", "anterior")]
            middles.append(np.linalg.norm(middle - centroids[label]))
    assert len(off) > 40
    assert np.abs(off).mean() < 0.03
    assert np.mean(middles) < 0.5
    assert 0.5 < np.sqrt(np.mean(np.square(sure))) < 2.5, "the uncertainty is about what the errors are"


def test_muscles_level_by_level(scene):
    _, subject, found = scene
    l3, psoas = level("L3").id, {"part": "psoas"}
    left, right = (found.get("muscle_area", l3, side, **psoas).value for side in ("left", "right"))
    assert found.get("muscle_area_asymmetry", l3, **psoas).value == pytest.approx(2 * (right - left) / (right + left))
    assert found.get("muscle_centroid_right", l3, "left", **psoas).value < -20
    assert found.get("muscle_area_slice", l3, "left", **psoas).value == pytest.approx(left, rel=0.3)
    assert found.get("muscle_fat_fraction", l3, "left", **psoas).reason == "there are no Dixon images"
    assert found.get("muscle_area", level("T11").id, "left", **psoas) is None, "the psoas begins at L1"
    assert {each.part for each in found.of("muscle_area")} >= {"multifidus", "erector_spinae", "psoas", "quadratus_lumborum"}
    assert len(subject.disc_planes) == 7


def test_swapped_sides_are_said(scene):
    _, subject, _ = scene
    swapped = {
        (muscle, {"left": "right", "right": "left"}[side]): label for (muscle, side), label in subject.muscles.names.items()
    }
    other = MuscleMap(subject.muscles.grid, subject.muscles.labels, swapped)
    found = measure(Subject(subject.spine, muscles=other), draws=0)
    assert "sides of the muscle map may be swapped" in found.get("muscle_area", level("L3").id, "left", part="psoas").reason


def test_without_a_muscle_map_there_is_a_reason(scene):
    found = measure(Subject(scene[1].spine), draws=0)
    (only,) = found.of("muscle_area")
    assert only.reason == "there is no muscle map"
