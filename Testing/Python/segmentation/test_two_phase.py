"""Both phases with networks that know the truth, and networks that say nonsense."""

from dataclasses import replace

import damaged_maps as damage
import numpy as np
import pytest
from damaged_maps import dice_by_level
from spinetwin.anatomy import LEVELS, level
from spinetwin.errors import MapError, ParameterError, ReadError, SpineTwinError
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.geometry.resampling import resampled_labels
from spinetwin.phantom import Curve, Spacing, SpineParameters, make_spine
from spinetwin.segmentation.separation import exchange_sides, separate_vertebrae
from spinetwin.segmentation.separation.voxels import BODY
from spinetwin.segmentation.stages import Stages
from spinetwin.segmentation.two_phase import Networks, segment
from spinetwin.segmentation.two_phase.devices import memory_in_words
from spinetwin.segmentation.two_phase.grey import BRIGHTEST, prepared
from spinetwin.segmentation.two_phase.instances import CutoutSettings, centres_of, cut, start_of, working_grid
from spinetwin.segmentation.two_phase.orientation import Turn, respaced

SAGITTAL = Spacing(right=3.3, anterior=1.5, superior=1.5)
CUTOUTS = CutoutSettings(size=(124, 152, 32), spacing=(1.5, 1.5, 3.3))


def phantom(name):
    if name == "scoliotic":
        spine = make_spine(SpineParameters(levels="T4-S1", curves=(Curve(50.0, apex="T9"),)))
        return spine.voxelise(spine.grid(SAGITTAL))
    spine = make_spine(SpineParameters(levels="T12-S1"))
    maps = spine.voxelise(spine.grid(SAGITTAL))
    return damage.fused(maps, "L1", "L3") if name == "fused" else maps


@pytest.fixture(scope="module")
def lumbar():
    return phantom("lumbar")


def perfect(maps, cutouts=CUTOUTS, bias_correction=False):
    """Two networks without error: the second one is told by its turn where its cutout lies."""
    working = working_grid(maps.subregions, maps.grid, cutouts)
    truth = resampled_labels(maps.vertebrae, maps.grid, working)
    present = [each.id for each in LEVELS if each.region != "sacral" and (maps.vertebrae == each.id).any()]
    number = np.zeros(256, dtype=np.uint8)
    number[present] = np.arange(1, len(present) + 1)
    separated = separate_vertebrae(maps.subregions, maps.grid)
    bodies = np.isin(maps.subregions, BODY)
    centres = centres_of(separated.vertebrae, bodies, maps.grid, [each.level for each in separated.levels])
    starts = iter([start_of(each, cutouts.size) for each in working.to_ijk(centres)])

    def semantic(_image, _spacing, progress):
        progress(1.0)
        return Turn.to("PIR", maps.grid).turned(maps.subregions)

    def instance(_classes):
        block = cut(number[truth], next(starts), cutouts.size)
        here = int(block[tuple(each // 2 for each in cutouts.size)])
        return np.where((block > 0) & (abs(block.astype(int) - here) < 2), block.astype(int) - here + 2, 0)

    known = {int(each): int(each) for each in np.unique(maps.subregions) if each}
    return Networks(semantic, known, instance, "PIR", bias_correction, cutouts)


def image_of(maps):
    return np.random.default_rng(0).normal(100.0, 20.0, maps.grid.shape)


def segmented(maps, networks, stages=None, tell=lambda *_: None):
    return segment(lambda: image_of(maps), maps.grid, networks, tell, stages)


@pytest.mark.parametrize("name", ["lumbar", "scoliotic", "fused"])
def test_networks_without_error_give_the_truth(name):
    maps = phantom(name)
    told = []
    found = segmented(maps, perfect(maps), tell=lambda done, _: told.append(done))
    dice = dice_by_level(found.maps.vertebrae, maps.vertebrae)
    assert min(value for value, _ in dice.values()) >= 0.98
    assert all(level(label).name == name for name, (_, label) in dice.items())
    assert [level(each).name for each in found.confidence] == list(dice)
    assert min(found.confidence.values()) > 0.9 or name == "fused"
    assert told == sorted(told)
    assert told[-1] == 1.0
    np.testing.assert_array_equal(found.maps.subregions, maps.subregions)


def test_a_semantic_network_that_takes_left_for_right_is_put_right(lumbar):
    networks = perfect(lumbar)

    def mirrored(image, spacing, progress):
        said = networks.semantic(image, spacing, progress)
        return exchange_sides(said, said, np.unique(said))

    found = segmented(lumbar, replace(networks, semantic=mirrored))
    np.testing.assert_array_equal(found.maps.subregions, lumbar.subregions)
    assert "The network took left for right on every level; the orientation of the image put that right." in found.warnings


def test_discs_hang_on_the_vertebra_above(lumbar):
    found = segmented(lumbar, perfect(lumbar)).maps.vertebrae
    for name in ("L1", "L2", "L3", "L4"):
        disc = lumbar.vertebrae == level(name).disc_id
        assert (found[disc] == level(name).disc_id).mean() > 0.98


def test_the_storage_order_changes_nothing(lumbar):
    plain = segmented(lumbar, perfect(lumbar)).maps.vertebrae
    turn = Turn.to("SLA", lumbar.grid)
    maps = LabelMaps(turn.grid(lumbar.grid), *(turn.turned(each) for each in (lumbar.subregions, lumbar.vertebrae)))
    turned = segmented(maps, perfect(maps)).maps.vertebrae
    assert (turn.back(turned) != plain).mean() < 1e-4


def test_cutouts_of_another_spacing_than_the_image(lumbar):
    cutouts = CutoutSettings(size=(130, 160, 40), spacing=(1.3, 1.4, 2.6))
    dice = dice_by_level(segmented(lumbar, perfect(lumbar, cutouts)).maps.vertebrae, lumbar.vertebrae)
    assert min(value for value, _ in dice.values()) >= 0.97


def test_an_instance_network_that_joins_two_vertebrae_is_doubted(lumbar):
    networks = perfect(lumbar)
    above = networks.instance

    def joining(classes):
        labels = above(classes).copy()
        labels[labels > 0] = 2
        return labels

    found = segmented(lumbar, Networks(networks.semantic, networks.subregions, joining, "PIR", False, CUTOUTS))
    assert min(found.confidence.values()) < 0.6
    assert any("network and separation disagree" in each.lower() for each in found.warnings)


@pytest.mark.parametrize(("corrected", "least", "most"), [(False, 1.4, 1.8), (True, 0.9, 1.15)])
def test_phase_1_sees_an_image_without_bias_field_where_it_wants_one(lumbar, corrected, least, most):
    networks, seen = perfect(lumbar, bias_correction=corrected), []

    def semantic(image, spacing, progress):
        seen.append(image)
        return networks.semantic(image, spacing, progress)

    field = np.exp(np.linspace(0.35, -0.35, lumbar.grid.shape[2]))
    found = segment(lambda: image_of(lumbar) * field, lumbar.grid, replace(networks, semantic=semantic), lambda *_: None)
    third = lumbar.grid.shape[2] // 3
    (image,) = (Turn.to("PIR", lumbar.grid).back(each) for each in seen)
    assert least < image[..., :third].mean() / image[..., -third:].mean() < most
    np.testing.assert_array_equal(found.maps.subregions, lumbar.subregions)


def test_finished_phases_are_taken_over(lumbar, tmp_path):
    first = segmented(lumbar, perfect(lumbar), Stages(tmp_path))

    def never(*_):
        raise AssertionError

    known = perfect(lumbar).subregions
    stages = Stages(tmp_path)
    again = segmented(lumbar, Networks(never, known, never, "PIR", False, CUTOUTS), stages)
    assert stages.reused == ("two-phase-semantic", "two-phase-instances")
    np.testing.assert_array_equal(again.maps.vertebrae, first.maps.vertebrae)
    assert again.confidence == first.confidence


def test_other_weights_are_another_stage(lumbar, tmp_path):
    segmented(lumbar, perfect(lumbar), Stages(tmp_path))
    networks, stages = perfect(lumbar), Stages(tmp_path)
    other = Networks(networks.semantic, networks.subregions, networks.instance, "PIR", False, CUTOUTS, "a", "b")
    segmented(lumbar, other, stages)
    assert stages.reused == ()


def saying(lumbar, semantic=None, instance=None):
    networks = perfect(lumbar)
    return Networks(semantic or networks.semantic, networks.subregions, instance or networks.instance, "PIR", False, CUTOUTS)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (lambda image, *_: np.zeros(image.shape, np.uint8), "found nothing of a spine"),
        (lambda image, *_: np.full(image.shape, 99), "label 99"),
        (lambda *_: np.zeros((2, 2, 2), np.uint8), "shape"),
        (lambda image, *_: np.full(image.shape, 60), "no vertebral body"),
    ],
)
def test_a_semantic_network_that_says_nonsense(lumbar, said, words):
    with pytest.raises(MapError, match=words):
        segmented(lumbar, saying(lumbar, semantic=said))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (lambda classes: np.zeros(classes.shape, np.uint8), "found no vertebra"),
        (lambda classes: np.full(classes.shape, 4), "label 4"),
        (lambda _: np.zeros((3, 3, 3), np.uint8), "shape"),
        (lambda classes: np.where(classes == 0, 2, 0), "outside the bone|no vertebra"),
    ],
)
def test_an_instance_network_that_says_nonsense(lumbar, said, words):
    with pytest.raises(MapError, match=words):
        segmented(lumbar, saying(lumbar, instance=said))


def test_a_cutout_beyond_the_border_is_padded():
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4) + 1
    block = cut(array, (-1, 1, 2), (3, 4, 5))
    assert block.shape == (3, 4, 5)
    np.testing.assert_array_equal(block[1:, :2, :2], array[:, 1:, 2:])
    assert block[0].max() == block[:, 2:].max() == block[:, :, 2:].max() == 0
    assert not cut(array, (50, 0, 0), (2, 2, 2)).any()


@pytest.mark.parametrize("orientation", ["PIR", "RAS", "LPS", "SAL"])
def test_turning_keeps_every_voxel_in_its_place(orientation):
    rng = np.random.default_rng(3)
    tilt, _ = np.linalg.qr(np.eye(3) + 0.2 * rng.normal(size=(3, 3)))
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = tilt * [1.0, 2.0, 3.0], [5.0, -7.0, 11.0]
    grid, array = Grid((4, 5, 6), affine), rng.integers(0, 9, (4, 5, 6))
    turn = Turn.to(orientation, grid)
    there, index = turn.grid(grid), np.array([[1, 2, 3], [0, 0, 0]])
    back = np.rint(grid.to_ijk(there.to_ras(index))).astype(int)
    np.testing.assert_array_equal(turn.turned(array)[tuple(index.T)], array[tuple(back.T)])
    np.testing.assert_array_equal(turn.back(turn.turned(array)), array)
    assert there.shape == turn.turned(array).shape


def test_a_respaced_grid_covers_the_same_place():
    grid = Grid((10, 20, 30), np.diag([2.0, 1.0, 0.5, 1.0]))
    other = respaced(grid, (1.0, 2.0, 0.5))
    assert other.shape == (20, 10, 30)
    np.testing.assert_allclose(other.to_ras([-0.5] * 3), grid.to_ras([-0.5] * 3))


@pytest.mark.parametrize("letters", ["PIP", "PI", "XYZ", ""])
def test_letters_that_are_no_orientation(letters):
    with pytest.raises(ParameterError, match="no orientation"):
        Turn.to(letters, Grid((2, 2, 2), np.eye(4)))


def test_a_bias_field_is_taken_out():
    """Tissues of three kinds under a field that doubles the brightness along the image."""
    rng = np.random.default_rng(1)
    grid = Grid((24, 60, 80), np.diag([3.3, 3.0, 3.0, 1.0]))
    tissue = np.kron(rng.integers(1, 4, (6, 10, 10)), np.ones((4, 6, 8)))
    field = np.exp(np.linspace(-0.35, 0.35, 80))
    image = 100.0 * tissue * field + rng.normal(0.0, 2.0, grid.shape)
    spread = {}
    for corrected in (False, True):
        values = prepared(image, grid, bias_correction=corrected)
        kinds = [values[tissue == kind] for kind in (1, 2, 3)]
        spread[corrected] = float(np.mean([each.std() / each.mean() for each in kinds]))
        assert values.dtype == np.float32
        assert (values.min(), values.max()) == (0.0, pytest.approx(BRIGHTEST, rel=1e-4))
    assert spread[True] < 0.36 * spread[False]


def test_a_slice_too_thin_for_a_field_is_only_scaled():
    image = np.random.default_rng(0).normal(size=(50, 60, 2))
    values = prepared(image, Grid(image.shape, np.eye(4)))
    np.testing.assert_allclose(values, (image - image.min()) / np.ptp(image) * BRIGHTEST, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("fill", "words"), [(7.0, "one value"), (np.nan, "no numbers")])
def test_an_image_that_is_none(fill, words):
    with pytest.raises(ReadError, match=words):
        prepared(np.full((8, 8, 8), fill), Grid((8, 8, 8), np.eye(4)))


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_memory_that_runs_out_is_one_sentence(error):
    with pytest.raises(SpineTwinError, match="not enough memory for the network"), memory_in_words("the network"):
        raise error


def test_other_failures_keep_their_words():
    with pytest.raises(RuntimeError, match="shape"), memory_in_words("the network"):
        raise RuntimeError("shape")


def test_what_remains_is_told_when_the_bodies_are_counted():
    maps, told = phantom("lumbar"), []
    networks = replace(perfect(maps), body_s=7.0)
    segment(lambda: image_of(maps), maps.grid, networks, lambda *_: None, foretell=lambda *each: told.append(each))
    ((fraction, rest),) = told
    assert 0 < fraction < 1
    bodies = sum(0 < each < 100 and level(each).name != "S1" for each in np.unique(maps.vertebrae).tolist())
    assert [each.seconds for each in rest if each.kind == "instance"] == [7.0 * bodies]
    assert [each.name for each in rest] == ["instance", "fuse", "clean"]
