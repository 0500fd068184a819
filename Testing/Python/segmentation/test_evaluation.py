"""Evaluation: exact numbers on boxes, brute force on random blobs, and the same numbers in any storage order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from spinetwin.anatomy import SubregionId, level
from spinetwin.errors import MapError
from spinetwin.geometry import Grid, PartialMaps
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.segmentation.evaluation import score_case, tables
from spinetwin.segmentation.evaluation.distances import average_distance
from spinetwin.segmentation.evaluation.summary import wilcoxon

SPACING = (1.0, 2.0, 3.0)
L2, L3, L4 = (level(name).id for name in ("L2", "L3", "L4"))
T12 = level("T12").id


def grid_of(shape, spacing=SPACING):
    return Grid(shape, np.diag([*spacing, 1.0]))


def boxes(shape, **corners):
    """Draw boxes of 10 x 10 x 10 voxels at their lowest corners, by level name."""
    array = np.zeros(shape, np.uint8)
    for name, (i, j, k) in corners.items():
        array[i : i + 10, j : j + 10, k : k + 10] = level(name).id
    return array


def compare(prediction, reference, grid=None):
    """Score two vertebra maps."""
    grid = grid or grid_of(reference.shape)
    return score_case("case", PartialMaps(grid, None, prediction), PartialMaps(grid, None, reference))


def whole(case, name, kind="instances", region=""):
    rows = case.instances if kind == "instances" else case.structures
    return next(each for each in rows if (getattr(each, "family", None) or each.structure, each.region) == (name, region))


SHAPE = (14, 14, 60)
THREE = {"L2": (2, 2, 45), "L3": (2, 2, 25), "L4": (2, 2, 5)}


def test_a_perfect_prediction_is_perfect():
    case = compare(boxes(SHAPE, **THREE), boxes(SHAPE, **THREE))
    found = whole(case, "vertebra")
    assert (found.rq, found.sq, found.pq, found.dice, found.assd) == (1, 1, 1, 1, 0)
    assert (found.matched, found.invented, found.missed, found.renamed) == (3, 0, 0, 0)
    assert whole(case, "vertebrae", "structures").dice == 1


def test_a_shift_by_one_voxel_gives_the_numbers_of_the_formula():
    moved = {name: (i + 1, j, k) for name, (i, j, k) in THREE.items()}
    found = whole(compare(boxes(SHAPE, **moved), boxes(SHAPE, **THREE)), "vertebra")
    assert found.dice == pytest.approx(0.9)
    assert found.sq == pytest.approx(900 / 1100)
    assert found.rq == 1
    assert found.pq == pytest.approx(found.rq * found.sq)


def test_two_plates_are_as_far_apart_as_they_are():
    grid = grid_of((12, 12, 12))
    first, second = np.zeros(grid.shape, bool), np.zeros(grid.shape, bool)
    first[:, 2], second[:, 5] = True, True
    assert average_distance(first, second, grid) == pytest.approx(3 * SPACING[1])


def by_distance_transform(first, second, spacing):
    """Measure the same by a distance transform instead of a search tree."""

    def directed(mask, other):
        edges = [each ^ ndimage.binary_erosion(each) for each in (mask, other)]
        return ndimage.distance_transform_edt(~edges[1], sampling=spacing)[edges[0]].mean()

    return 0.5 * (directed(first, second) + directed(second, first))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.05, 0.6))
def test_distances_of_blobs_are_those_of_a_distance_transform(seed, share):
    rng = np.random.default_rng(seed)
    first, second = (ndimage.gaussian_filter(rng.random((9, 10, 11)), 1.2) for _ in range(2))
    first, second = (each > np.quantile(each, 1 - share) for each in (first, second))
    grid = grid_of(first.shape)
    assert average_distance(first, second, grid) == pytest.approx(by_distance_transform(first, second, SPACING))


def test_a_missed_an_invented_and_a_renamed_vertebra_are_told_apart():
    reference = boxes(SHAPE, **THREE)
    prediction = boxes(SHAPE, L1=THREE["L2"], L3=THREE["L3"])
    prediction[0, 0, 0] = level("T4").id
    case = compare(prediction, reference)
    found = whole(case, "vertebra")
    assert (found.matched, found.invented, found.missed, found.renamed) == (2, 1, 1, 1)
    assert found.rq == pytest.approx(2 / 3)
    assert {(each.reference, each.predicted) for each in case.matches} == {
        (L2, level("L1").id),
        (L3, L3),
        (L4, None),
        (None, level("T4").id),
    }


@pytest.mark.parametrize(("kept", "matches"), [(6, 1), (5, 0)])
def test_a_match_needs_more_than_half_of_the_union(kept, matches):
    prediction = boxes(SHAPE, L3=(2, 2, 25))
    prediction[2 + kept :] = 0
    assert whole(compare(prediction, boxes(SHAPE, L3=(2, 2, 25))), "vertebra").matched == matches


def test_what_neither_map_has_gets_no_number_and_what_one_lacks_gets_a_nought():
    empty = np.zeros(SHAPE, np.uint8)
    full = boxes(SHAPE, **THREE)
    found = [whole(compare(*pair), "vertebrae", "structures") for pair in ((empty, full), (full, empty), (empty, empty))]
    assert [(each.dice, each.assd, each.note) for each in found] == [
        (0.0, None, "not in the prediction"),
        (0.0, None, "not in the reference"),
        (None, None, "in neither map"),
    ]
    missed, nothing = (whole(compare(empty, other), "vertebra") for other in (full, empty))
    assert (missed.rq, missed.sq, missed.pq, missed.missed) == (0.0, None, 0.0, 3)
    assert (nothing.rq, nothing.sq, nothing.pq) == (None, None, None)


@pytest.fixture(scope="module")
def spine():
    made = make_spine(SpineParameters(levels="T11-S1"))
    return made.voxelise(made.grid(2.0))


def partial(maps, subregions=None, vertebrae=None):
    return PartialMaps(
        maps.grid, *(maps.subregions if subregions is None else subregions,), maps.vertebrae if vertebrae is None else vertebrae
    )


def test_every_structure_of_a_spine_is_compared_and_has_its_region(spine):
    case = score_case("case", partial(spine), partial(spine))
    shown = {each.structure for each in case.structures if not each.region and each.dice is not None}
    assert shown >= {"body", "arch", "spinous", "costal_left", "costal_right", "disc", "canal", "cord", "sacrum"}
    assert {each.dice for each in case.structures} <= {1.0, None}
    for name in ("body", "disc", "canal", "cord"):
        parts = [whole(case, name, "structures", region).reference_mm3 for region in ("thoracic", "lumbar")]
        total = whole(case, name, "structures").reference_mm3
        assert all(parts)
        # what lies beside the sacrum is in no region
        assert sum(parts) <= total * (1 + 1e-9)
        assert sum(parts) == pytest.approx(total) or name in ("disc", "canal", "cord")
    assert not [each for each in case.structures if each.structure == "sacrum" and each.region]


def test_a_part_that_is_lost_in_one_region_costs_that_region_alone(spine):
    subregions = spine.subregions.copy()
    subregions[(spine.vertebrae == L3) & (subregions == SubregionId.SPINOUS)] = 0
    case = score_case("case", partial(spine, subregions), partial(spine))
    assert whole(case, "spinous", "structures", "thoracic").dice == 1.0
    here = spine.subregions == SubregionId.SPINOUS
    lumbar = np.isin(spine.vertebrae, [level(f"L{n}").id for n in range(1, 6)]) & here
    left = (lumbar & (spine.vertebrae != L3)).sum()
    assert whole(case, "spinous", "structures", "lumbar").dice == pytest.approx(2 * left / (left + lumbar.sum()))
    assert whole(case, "arch", "structures").dice == 1.0


def test_wrong_names_cost_names_and_no_shape(spine):
    vertebrae = spine.vertebrae.copy()
    for old in sorted({T12, L2 - 1, L2, L3}, reverse=True):
        vertebrae[spine.vertebrae == old] = old - 1
    vertebrae[spine.vertebrae == T12 - 1] = T12 - 2
    case = score_case("case", partial(spine, vertebrae=vertebrae), partial(spine))
    found = whole(case, "vertebra")
    assert (found.rq, found.pq, found.renamed) == (1.0, 1.0, 5)
    assert whole(case, "body", "structures", "lumbar").dice == 1.0


def turned(maps):
    """Return the same anatomy in another storage order."""
    affine = maps.grid.ijk_to_ras[:, [2, 0, 1, 3]].copy()
    affine[:3, 3] += maps.grid.ijk_to_ras[:3, 0] * (maps.grid.shape[0] - 1)
    affine[:3, 1] *= -1
    arrays = [np.asarray(each.transpose(2, 0, 1)[:, ::-1]) for each in (maps.subregions, maps.vertebrae)]
    return PartialMaps(Grid(arrays[0].shape, affine), *arrays)


def test_another_storage_order_gives_the_same_numbers(spine):
    shifted = PartialMaps(spine.grid, np.roll(spine.subregions, 1, 2), np.roll(spine.vertebrae, 1, 2))
    straight = score_case("case", shifted, partial(spine))
    other = score_case("case", turned(shifted), turned(partial(spine)))
    for mine, theirs in zip(straight.structures, other.structures, strict=True):
        assert (mine.structure, mine.region) == (theirs.structure, theirs.region)
        if mine.dice is not None:
            assert mine.dice == pytest.approx(theirs.dice, abs=1e-12)
        if mine.assd is not None:
            assert mine.assd == pytest.approx(theirs.assd, abs=1e-9)
    for mine, theirs in zip(straight.instances, other.instances, strict=True):
        assert mine.pq == (None if theirs.pq is None else pytest.approx(theirs.pq))


def test_a_map_alone_is_compared_as_far_as_it_shows_structures(spine):
    case = score_case("case", PartialMaps(spine.grid, spine.subregions, None), partial(spine))
    assert case.instances == ()
    assert whole(case, "spinous", "structures").dice == 1.0
    case = score_case("case", PartialMaps(spine.grid, None, spine.vertebrae), partial(spine))
    assert {each.structure for each in case.structures} == {"vertebrae", "disc", "endplate", "sacrum"}


def test_an_image_is_refused():
    image = np.arange(20**3, dtype=np.uint16).reshape(20, 20, 20)
    with pytest.raises(MapError, match="seems to be an image"):
        compare(image, image)


def test_maps_on_different_grids_are_a_mistake_of_the_caller():
    pair = [PartialMaps(grid_of(shape), None, boxes(shape, **THREE)) for shape in (SHAPE, (14, 14, 70))]
    with pytest.raises(ValueError, match="different grids"):
        score_case("case", *pair)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # all n differences of one sign: 2 / 2 ** n
        ([1, 2, 3, 4, 5], [0, 0, 0, 0, 0], 2 / 2**5),
        # rank sum 1 of the other sign, n = 5: subsets of {1..5} with sums 0 and 1, both tails
        ([-1, 2, 3, 4, 5], [0, 0, 0, 0, 0], 4 / 2**5),
        ([0.9, 0.8], [0.9, 0.8], 1.0),
        ([0.9], [0.8], None),
        ([], [], None),
    ],
)
def test_the_wilcoxon_test_has_the_p_of_counting(first, second, expected):
    found = wilcoxon(first, second)
    assert found == (None if expected is None else pytest.approx(expected))


def test_tables_hold_means_over_cases_and_pair_them_by_name():
    reference = boxes(SHAPE, **THREE)
    shifts = {f"case {n}": n for n in range(6)}

    def scores(extra):
        made = []
        for name, shift in shifts.items():
            prediction = np.roll(reference, (shift % 4, 0, extra), (0, 1, 2))
            grid = grid_of(SHAPE)
            made.append(score_case(name, PartialMaps(grid, None, prediction), PartialMaps(grid, None, reference)))
        return made

    first, second = scores(0), scores(2)
    found = {table.name: table for table in tables(first, second[::-1])}
    (row,) = (each for each in found["structures"].rows if each.name == "vertebrae")
    dices = [whole(each, "vertebrae", "structures").dice for each in first]
    assert row.cells["dice"].mean == pytest.approx(np.mean(dices))
    assert row.cells["dice"].sd == pytest.approx(np.std(dices, ddof=1))
    assert row.cells["dice"].n == 6
    others = [whole(each, "vertebrae", "structures").dice for each in second]
    assert all(mine > theirs for mine, theirs in zip(dices, others, strict=True))
    assert row.p["dice"] == pytest.approx(2 / 2**6)
    assert {each.region for each in found["instances_by_region"].rows} == {"lumbar"}
