"""Fusing predictions of overlapping cutouts, with errors planted in them."""

import numpy as np
import pytest
from damaged_maps import dice_by_level
from spinetwin.errors import ParameterError
from spinetwin.phantom import Curve, Spacing, SpineParameters, make_spine
from spinetwin.segmentation.cutouts import ABOVE, BELOW, CENTRE, Cutout, fuse_cutouts

SIZE = np.array([60, 76, 20])


@pytest.fixture(scope="module")
def vertebrae():
    """A scoliotic spine from T7 to L5, numbered 1 to 11 from the top."""
    spine = make_spine(SpineParameters(levels="T7-L5", curves=(Curve(40.0, apex="T11", half_length=3),)))
    maps = spine.voxelise(spine.grid(Spacing(4.0, 1.6, 1.6), orientation="PIR"))
    labels = np.zeros_like(maps.vertebrae)
    for number, key in enumerate(spine.shapes, start=1):
        labels[maps.vertebrae == key] = number
    return labels


def perfect(vertebrae):
    """What a network without error would say, a cutout around every vertebra."""
    return [around(vertebrae, number) for number in range(1, int(vertebrae.max()) + 1)]


def around(vertebrae, number, says=None):
    centre = np.argwhere(vertebrae == number).mean(axis=0).round().astype(int)
    start = centre - SIZE // 2
    padded = np.pad(vertebrae, [(size, size) for size in SIZE])
    block = padded[tuple(slice(at + size, at + 2 * size) for at, size in zip(start, SIZE, strict=True))]
    labels = np.zeros_like(block)
    middle = number if says is None else says
    for label, there in ((ABOVE, middle - 1), (CENTRE, middle), (BELOW, middle + 1)):
        labels[(block == there) & (block > 0)] = label
    return Cutout(tuple(start.tolist()), labels)


def fused_dice(cutouts, vertebrae):
    found, each = fuse_cutouts(cutouts, vertebrae.shape)
    common = np.zeros((32, 32), dtype=np.int64)
    np.add.at(common, (found.ravel(), vertebrae.ravel()), 1)
    count = int(vertebrae.max())
    dice = [2 * common[n, n] / (common[n].sum() + common[:, n].sum()) for n in range(1, count + 1)]
    assert len(each) == int(found.max())
    return dice, each


def test_perfect_predictions_fuse_to_the_truth(vertebrae):
    dice, found = fused_dice(perfect(vertebrae), vertebrae)
    assert min(dice) > 0.97  # what reaches beyond its own cutout is voted away
    assert [each.predictions for each in found][1:-1] == [3] * 9
    assert all(each.agreement > 0.8 for each in found)


def test_a_cutout_that_is_off_by_one_level_is_outvoted(vertebrae):
    cutouts = perfect(vertebrae)
    cutouts[4] = around(vertebrae, 5, says=6)
    dice, found = fused_dice(cutouts, vertebrae)
    assert min(dice) > 0.95
    assert len(found) == 11


def test_a_cutout_that_joins_two_vertebrae_is_outvoted(vertebrae):
    cutouts = perfect(vertebrae)
    joined = cutouts[6].labels.copy()
    joined[joined == BELOW] = CENTRE
    cutouts[6] = Cutout(cutouts[6].start, joined)
    dice, found = fused_dice(cutouts, vertebrae)
    assert min(dice) > 0.95
    assert len(found) == 11


def test_voxels_that_single_cutouts_invent_or_lose_are_outvoted(vertebrae):
    rng = np.random.default_rng(0)
    cutouts = []
    for each in perfect(vertebrae):
        labels = np.where(rng.random(each.labels.shape) < 0.1, 0, each.labels)
        invented = (rng.random(labels.shape) < 0.003) & (labels == 0)
        labels[invented] = rng.integers(1, 4, size=int(invented.sum()))
        cutouts.append(Cutout(each.start, labels))
    dice, found = fused_dice(cutouts, vertebrae)
    assert min(dice[1:-1]) > 0.93
    assert len(found) == 11


def test_a_vertebra_without_a_cutout_of_its_own_is_found_by_its_neighbours(vertebrae):
    cutouts = perfect(vertebrae)
    del cutouts[5]
    dice, found = fused_dice(cutouts, vertebrae)
    assert len(found) == 11
    assert min(dice) > 0.9


def test_the_surer_of_two_that_claim_the_same_voxels_gets_them():
    """Both neighbours of a vertebra agree on a slice of it; its own three predictions agree better and come first."""
    shape = (10, 10, 30)
    block = np.zeros(shape, np.uint8)
    block[2:8, 2:8, 10:20] = CENTRE
    sure = [Cutout((0, 0, 0), np.where(block, label, 0)) for label in (BELOW, CENTRE, ABOVE)]
    rival = np.zeros(shape, np.uint8)
    rival[2:8, 2:8, 18:28] = CENTRE
    shifted = np.roll(rival, 3, axis=2)
    late = [Cutout((0, 0, 0), rival), Cutout((0, 0, 0), np.where(shifted, ABOVE, 0))]
    found, each = fuse_cutouts([*sure, *late], shape)
    np.testing.assert_array_equal(found == 1, block > 0)
    assert [one.predictions for one in each] == [3, 2]
    assert each[0].agreement == 1.0
    assert each[1].agreement < 0.8


def test_three_that_agree_fairly_come_before_two_that_agree_better():
    """A slice that both claim: agreement alone, 0.73 against 0.95, would give it to the two."""
    cutouts = []
    for label, start in ((BELOW, 0), (CENTRE, 4), (ABOVE, 8), (CENTRE, 23), (ABOVE, 24)):
        labels = np.zeros((4, 4, 50), np.uint8)
        labels[:, :, start : start + 20] = label
        cutouts.append(Cutout((0, 0, 0), labels))
    found, each = fuse_cutouts(cutouts, (4, 4, 50))
    assert [one.predictions for one in each] == [3, 2]
    assert [one.agreement for one in each] == pytest.approx([(0.8 + 0.6 + 0.8) / 3, 0.95])
    assert np.flatnonzero(found[0, 0] == 1).tolist() == list(range(4, 24))
    assert np.flatnonzero(found[0, 0] == 2).tolist() == list(range(24, 44))


def test_cutouts_may_reach_beyond_the_image_and_order_is_from_the_top(vertebrae):
    found, _ = fuse_cutouts(perfect(vertebrae), vertebrae.shape)
    heights = [np.argwhere(found == number).mean(axis=0)[1] for number in range(1, 12)]
    assert heights == sorted(heights)
    assert min(min(cutout.start) for cutout in perfect(vertebrae)) < 0
    assert len(dice_by_level(found, vertebrae)) == 11


def test_the_same_cutouts_give_the_same_bytes(vertebrae):
    first, second = (fuse_cutouts(perfect(vertebrae), vertebrae.shape)[0] for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_no_cutouts_are_no_vertebrae_and_other_labels_are_refused():
    found, each = fuse_cutouts([], (3, 4, 5))
    assert found.shape == (3, 4, 5)
    assert not found.any()
    assert each == ()
    with pytest.raises(ParameterError, match="labels 0 to 3"):
        fuse_cutouts([Cutout((0, 0, 0), np.full((2, 2, 2), 4))], (3, 4, 5))
    with pytest.raises(ParameterError, match="labels 0 to 3"):
        fuse_cutouts([Cutout((0, 0, 0), np.ones((2, 2), int))], (3, 4, 5))
