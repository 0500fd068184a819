"""Vertebrae from subregions alone: phantoms whole and tilted, in any storage, with everything wrong that networks do."""

import numpy as np
import pytest
from damaged_maps import (
    cropped,
    dice_by_level,
    fused,
    mixed_up,
    noisy,
    stored,
    with_holes,
    with_islands,
    without_discs,
    without_posterior,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from spinetwin.anatomy import SubregionId, level
from spinetwin.errors import MapError
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.phantom import Curve, Spacing, SpineParameters, Variant, make_spine
from spinetwin.segmentation.separation import separate_vertebrae

SAGITTAL = Spacing(right=3.3, anterior=1.3, superior=1.3)


def voxelised(parameters, spacing=SAGITTAL, rotation=None, oblique_deg=7.0, **kinds):
    spine = make_spine(parameters)
    spine = spine if rotation is None else spine.rotated(rotation)
    return spine.voxelise(spine.grid(spacing, orientation="PIR", oblique_deg=oblique_deg), **kinds)


@pytest.fixture(scope="module")
def lumbar():
    return voxelised(SpineParameters(levels="T11-S1"))


@pytest.fixture(scope="module")
def scoliosis():
    return voxelised(SpineParameters(curves=(Curve(60.0),)), endplates=True)


def separated(maps):
    return separate_vertebrae(maps.subregions, maps.grid)


def least_dice(maps, separation, *, named=True):
    dice = dice_by_level(separation.vertebrae, maps.vertebrae)
    if named:
        assert {name: level(label).name for name, (_, label) in dice.items()} == {name: name for name in dice}
    assert len({label for _, label in dice.values()}) == len(dice), "two true vertebrae became one"
    return min(value for value, _ in dice.values())


def turned(degrees, axis):
    x, y, z = np.array(axis) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def test_a_lumbar_spine_is_separated_exactly_and_named_from_the_sacrum(lumbar):
    separation = separated(lumbar)
    np.testing.assert_array_equal(separation.vertebrae, lumbar.vertebrae)
    assert [level(each.level).name for each in separation.levels] == ["T11", "T12", "L1", "L2", "L3", "L4", "L5"]
    assert all(each.confidence == 1.0 and not each.doubts for each in separation.levels)
    assert separation.naming.anchors == ("sacrum", "T12 shape")
    assert not separation.naming.verified
    assert separation.naming.question == ""
    assert separation.unassigned == 0


def test_a_whole_scoliotic_spine_has_all_its_vertebrae(scoliosis):
    separation = separated(scoliosis)
    assert least_dice(scoliosis, separation) > 0.96
    assert [each.level for each in separation.levels] == [*range(1, 25)]
    assert separation.naming.anchors == ("dens", "sacrum", "T12 shape")


def test_discs_and_endplates_hang_on_the_vertebra_above(scoliosis):
    vertebrae = separated(scoliosis).vertebrae
    disc = scoliosis.subregions == SubregionId.DISC
    np.testing.assert_array_equal(vertebrae[disc], scoliosis.vertebrae[disc])
    plate = scoliosis.subregions == SubregionId.ENDPLATE
    # both plates around the disc below L3 are called after L3
    assert set(np.unique(vertebrae[plate])) == set(range(202, 225))
    around = vertebrae == level("L3").endplate_id
    assert set(np.unique(scoliosis.vertebrae[around])) == {level("L3").endplate_id, level("L4").endplate_id}


@pytest.mark.parametrize(
    ("degrees", "axis"), [(40.0, (1, 0, 0)), (45.0, (0, 1, 0)), (-60.0, (0, 1, 0)), (60.0, (1, 1, 1))], ids=str
)
def test_any_tilt_of_the_patient(degrees, axis):
    maps = voxelised(SpineParameters(levels="T8-S1", curves=(Curve(40.0, apex="T11"),)), 2.0, turned(degrees, axis))
    assert least_dice(maps, separated(maps)) > 0.99


@pytest.mark.parametrize(
    "spacing",
    [Spacing(1.2, 1.2, 1.2), Spacing(3.0, 3.0, 3.0), Spacing(4.4, 1.1, 1.1), Spacing(1.2, 1.2, 4.0), Spacing(1.2, 5.0, 1.2)],
    ids=lambda each: f"{each.right}x{each.anterior}x{each.superior}",
)
def test_any_spacing(spacing):
    maps = voxelised(SpineParameters(levels="L2-S1"), spacing)
    assert least_dice(maps, separated(maps)) > 0.98


@pytest.mark.parametrize(("axes", "flipped"), [((2, 0, 1), ()), ((1, 2, 0), (0, 2)), ((0, 2, 1), (1,)), ((2, 1, 0), (0, 1, 2))])
def test_any_storage_gives_the_same_vertebrae(lumbar, axes, flipped):
    other = stored(lumbar, axes, flipped)
    np.testing.assert_array_equal(separated(other).vertebrae, other.vertebrae)
    fortran = LabelMaps(other.grid, np.asfortranarray(other.subregions), other.vertebrae)
    np.testing.assert_array_equal(separated(fortran).vertebrae, other.vertebrae)


def test_two_fused_discs_leave_every_vertebra_recognisable_and_are_doubted(lumbar, scoliosis):
    for maps, names in ((lumbar, ("L1", "L2")), (lumbar, ("L1", "L3")), (scoliosis, ("T4", "T5")), (scoliosis, ("C4", "L3"))):
        block = fused(maps, *names)
        separation = separated(block)
        assert least_dice(block, separation) > 0.9
        for each in separation.levels:
            if level(each.level).name in names:
                assert each.confidence <= 0.5
                assert any("usual height" in doubt for doubt in each.doubts)


def test_block_vertebrae_of_the_neck_and_the_loin_are_two_each():
    maps = voxelised(SpineParameters(variants=(Variant("block", "C5"), Variant("block", "L2"))))
    assert least_dice(maps, separated(maps)) > 0.95


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("plant", "least"),
    [
        (lambda maps, _: without_discs(maps, "L1", "L2", "L3", "L4"), 0.99),
        (lambda maps, _: without_posterior(maps, "L2", "L3"), 0.99),
        (lambda maps, rng: with_holes(maps, rng, 60, 6.0), 0.97),
        (lambda maps, rng: with_islands(maps, rng, 40, 7.0), 0.93),
        (lambda maps, rng: noisy(maps, rng, 0.08), 0.97),
        (lambda maps, rng: mixed_up(maps, rng, 0.15), 0.95),
    ],
    ids=["no discs", "no arches", "holes", "islands", "noise", "labels mixed"],
)
def test_errors_of_segmentations_are_survived(lumbar, plant, least, seed):
    maps = plant(lumbar, np.random.default_rng(seed))
    assert least_dice(maps, separated(maps)) > least


def test_everything_at_once_on_a_scoliotic_spine(scoliosis):
    rng = np.random.default_rng(3)
    maps = noisy(with_islands(with_holes(fused(scoliosis, "T6", "T7"), rng, 40, 6.0), rng, 40, 7.0), rng, 0.03)
    assert least_dice(maps, separated(maps)) > 0.9


@pytest.mark.parametrize(("first", "last"), [(0.0, 0.5), (0.21, 0.6), (0.37, 0.73), (0.5, 1.0)])
def test_a_field_that_cuts_through_vertebrae(scoliosis, first, last):
    maps = cropped(scoliosis, first, last)
    separation = separated(maps)
    assert least_dice(maps, separation, named=bool(separation.naming.anchors)) > 0.9


def test_what_the_border_cuts_is_doubted(lumbar):
    separation = separated(cropped(lumbar, 0.0, 0.42))
    assert any("cut by the border" in doubt for doubt in separation.levels[-1].doubts)
    assert separation.levels[2].confidence == 1.0


def test_a_lost_arch_is_doubted(lumbar):
    separation = separated(without_posterior(lumbar, "L3"))
    assert [level(each.level).name for each in separation.levels if "it has no arch" in each.doubts] == ["L3"]


def test_a_false_body_in_the_abdomen_is_left_out(lumbar):
    body = np.argwhere(lumbar.vertebrae == level("L2").id).mean(axis=0)
    front = lumbar.grid.to_ijk(lumbar.grid.to_ras(body) + np.array([0.0, 75.0, 0.0]))
    wide = np.pad(lumbar.subregions, ((60, 0), (0, 0), (0, 0)))
    true = np.pad(lumbar.vertebrae, ((60, 0), (0, 0), (0, 0)))
    grid = lumbar.grid.crop((-60, 0, 0), wide.shape)
    at = np.rint(front + np.array([60, 0, 0])).astype(int)
    ball = tuple(slice(max(0, int(each - reach)), int(each + reach)) for each, reach in zip(at, (12, 12, 4), strict=True))
    assert not true[ball].any()
    wide[ball] = SubregionId.BODY_BORDER
    separation = separate_vertebrae(wide, grid)
    assert not separation.vertebrae[ball].any()
    assert separation.unassigned == wide[ball].size
    np.testing.assert_array_equal(separation.vertebrae, true)


def test_the_neck_alone_is_named_from_the_dens():
    maps = voxelised(SpineParameters(levels="C1-C6"), 1.0)
    separation = separated(maps)
    assert least_dice(maps, separation) > 0.95
    assert separation.naming.anchors == ("dens",)
    assert [level(each.level).name for each in separation.levels][:2] == ["C1", "C2"]


def test_the_body_convention_of_ct_makes_no_difference():
    maps = voxelised(SpineParameters(levels="L2-S1"), 1.5, convention="ct")
    assert SubregionId.BODY in maps.subregions
    assert least_dice(maps, separated(maps)) > 0.99


def test_one_vertebra_is_found_and_asked_for():
    maps = voxelised(SpineParameters(levels="L3"), 1.0)
    separation = separated(maps)
    assert least_dice(maps, separation, named=False) > 0.99
    assert separation.naming.question.startswith("Which vertebra is the uppermost one?")


@settings(max_examples=4, deadline=None)
@given(
    cobb=st.floats(0.0, 60.0),
    lordosis=st.floats(20.0, 75.0),
    oblique=st.floats(-30.0, 30.0),
    scale=st.floats(0.8, 1.2),
    seed=st.integers(0, 1000),
)
def test_any_person_in_any_posture(cobb, lordosis, oblique, scale, seed):
    parameters = SpineParameters("T9-S1", lordosis=lordosis, curves=(Curve(cobb, apex="T10"),), scale=scale)
    spine = make_spine(parameters, np.random.default_rng(seed))
    maps = spine.voxelise(spine.grid(Spacing(3.3, 1.5, 1.5), orientation="PIR", oblique_deg=oblique))
    assert least_dice(maps, separated(maps)) > 0.93


def test_the_same_map_gives_the_same_bytes(scoliosis):
    first, second = separated(scoliosis), separated(scoliosis)
    assert first.vertebrae.tobytes() == second.vertebrae.tobytes()
    assert first.levels == second.levels


GRID = Grid((12, 12, 12), np.diag([2.0, 2.0, 2.0, 1.0]))


@pytest.mark.parametrize(
    ("subregions", "words"),
    [
        (np.zeros((12, 12, 12), np.uint8), "holds no vertebral body"),
        (np.full((12, 12, 12), SubregionId.DISC, np.uint8), "holds no vertebral body"),
        (np.zeros((12, 12, 11), np.uint8), "does not fit a grid"),
        (np.ones((12, 12, 12)), "holds whole numbers"),
    ],
    ids=["empty", "discs only", "other shape", "not whole numbers"],
)
def test_what_cannot_be_separated_is_refused_in_words(subregions, words):
    with pytest.raises(MapError, match=words):
        separate_vertebrae(subregions, GRID)


@pytest.mark.parametrize(
    ("where", "found"),
    [((5, 5, 5), 0), ((slice(None), slice(None), 6), 1), ((6, 6, slice(None)), 1), ((slice(None),) * 3, 1)],
    ids=["one voxel", "a plate", "a line", "everything"],
)
def test_nonsense_is_refused_or_becomes_one_vertebra(where, found):
    subregions = np.zeros((12, 12, 12), np.uint8)
    subregions[where] = SubregionId.BODY
    if found:
        assert len(separate_vertebrae(subregions, GRID).levels) == found
    else:
        with pytest.raises(MapError, match=r"too small to be vertebrae"):
            separate_vertebrae(subregions, GRID)


def test_a_map_that_would_not_fit_into_memory_is_refused(monkeypatch, lumbar):
    monkeypatch.setattr("spinetwin.segmentation.separation.voxels.MOST_VOXELS", 1000)
    with pytest.raises(MapError, match="is too large"):
        separated(lumbar)


def test_random_labels_end_in_a_map_of_levels():
    subregions = np.random.default_rng(0).choice([0, *SubregionId], size=(12, 12, 12)).astype(np.uint8)
    separation = separate_vertebrae(subregions, GRID)
    found = np.unique(separation.vertebrae)
    assert {each.level for each in separation.levels} >= set(found[(found > 0) & (found < 100) & (found != level("S1").id)])
