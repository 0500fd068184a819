"""Rows of false vertebrae at the ends of a column: on boxes with exact answers, and on phantoms with crumbs put in by hand."""

import numpy as np
import pytest
from spinetwin.anatomy import LEVELS, SubregionId, level
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.phantom import Spacing, SpineParameters, image_grid, make_spine
from spinetwin.segmentation.backends.separated import separated
from spinetwin.segmentation.embedded.cleaning import clean_subregions
from spinetwin.segmentation.embedded.ends import false_discs, false_ends

BODY, DISC, ARCH, CANAL, SACRUM = (
    int(each) for each in (SubregionId.BODY_BORDER, SubregionId.DISC, SubregionId.ARCH, SubregionId.CANAL, SubregionId.SACRUM)
)
GRID = Grid((50, 60, 100), np.array([[2.0, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1.0]]))
"""RAS, voxels of 2 mm."""
SOUND = ("L4", 14, 26, 8), ("L3", 30, 42, 8), ("L2", 46, 58, 8), ("L1", 62, 74, 8)


def named(*rows, behind=(), front=0):
    """Make maps of bodies from (level, first and last voxel in height, half width); some have disc, canal and arch, too."""
    subregions, vertebrae = (np.zeros(GRID.shape, np.uint8) for _ in range(2))
    for name, first, last, half in rows:
        forward = front if half < 8 else 0
        box = np.s_[25 - half : 25 + half, 30 + forward : 40 + forward, first:last]
        subregions[box], vertebrae[box] = BODY, level(name).id
        if name in behind:
            disc = np.s_[20:30, 30:40, last : last + 3]
            above = LEVELS[LEVELS.index(level(name)) - 1]
            subregions[disc], vertebrae[disc] = DISC, above.disc_id
            subregions[22:28, 24:28, first:last] = CANAL
            arch = np.s_[20:30, 16:22, first:last]
            subregions[arch], vertebrae[arch] = ARCH, level(name).id
    return LabelMaps(GRID, subregions, vertebrae)


def names(ids):
    return [level(each).name for each in ids]


def test_a_small_piece_below_the_last_vertebra_is_none():
    assert names(false_ends(named(("L5", 6, 10, 3), *SOUND))) == ["L5"]


def test_a_whole_row_of_pieces_is_judged():
    rows = ("L6", 1, 5, 4), ("L5", 7, 12, 4), *SOUND, ("T12", 78, 82, 4), ("T11", 86, 91, 4)
    assert names(false_ends(named(*rows))) == ["T11", "T12", "L6", "L5"]


def test_a_piece_of_half_the_size_counts_by_what_lies_around_it():
    half = ("L5", 6, 12, 7), *SOUND
    assert names(false_ends(named(*half))) == ["L5"]
    assert false_ends(named(*half, behind=("L5", "L4", "L3", "L2", "L1"))) == ()


def test_a_piece_far_in_front_of_the_column_is_none():
    """As fat before the sacrum is: large, with the canal behind it, but the column would turn sharply."""
    rows = ("L5", 5, 13, 7), *SOUND
    assert names(false_ends(named(*rows, front=18, behind=("L4", "L3", "L2", "L1")))) == ["L5"]


def test_a_fractured_vertebra_within_the_column_is_one():
    rows = ("L6", 2, 12, 8), ("L5", 16, 20, 8), ("L4", 26, 38, 8), ("L3", 42, 54, 8), ("L2", 58, 70, 8)
    assert false_ends(named(*rows, behind=("L6", "L4", "L3", "L2"))) == ()


@pytest.mark.parametrize(
    "rows",
    [
        [("L5", 0, 3, 8), ("L4", 14, 26, 8), ("L3", 30, 42, 8)],
        [("L5", 6, 10, 3), ("L4", 14, 26, 8)],
    ],
    ids=["cut by the image", "two are too few to judge"],
)
def test_other_ends_are_kept(rows):
    assert false_ends(named(*rows)) == ()


def test_the_axis_may_be_small_where_it_has_an_arch():
    rows = ("C4", 14, 26, 8), ("C3", 30, 42, 8), ("C2", 46, 49, 8)
    assert false_ends(named(*rows, behind=("C2", "C3", "C4"))) == ()
    assert names(false_ends(named(*rows, behind=("C3", "C4")))) == ["C2"]


def test_the_disc_on_the_first_true_vertebra_stays():
    maps = named(("L5", 6, 10, 3), *SOUND, ("T12", 78, 82, 3), behind=("L5", "L1"))
    vertebrae = maps.vertebrae.copy()
    vertebrae[20:30, 30:40, 2:5] = level("L5").disc_id
    maps = LabelMaps(GRID, maps.subregions, vertebrae)
    false = tuple(level(each).id for each in ("T12", "L5"))
    assert false_discs(false, maps) == (level("L5").disc_id,)


def scan(seed):
    """A random person in a lumbar or thoracic field of view, whose border may go through a body anywhere."""
    rng = np.random.default_rng(seed)
    spine = make_spine(SpineParameters(sex=("f", "m")[rng.integers(2)]), rng)
    spacing = Spacing(right=rng.uniform(3.0, 4.8), anterior=1.2, superior=1.2)
    grid = image_grid(spine, ("lumbar", "thoracic")[rng.integers(2)], spacing, "PIR", rng.uniform(-8.0, 8.0))
    maps = spine.voxelise(grid, endplates=True)
    rows = np.flatnonzero((maps.subregions == BODY).any(axis=(0, 2)))
    first = int(rng.integers(rows[0], rows[0] + len(rows) // 4))
    last = int(rng.integers(rows[-1] - len(rows) // 4, rows[-1]))
    cut = grid.crop((0, first, 0), (grid.shape[0], last - first, grid.shape[2]))
    return rng, LabelMaps(cut, maps.subregions[:, first:last].copy(), maps.vertebrae[:, first:last].copy())


def parted(subregions, grid):
    cleaned = clean_subregions(subregions, grid).subregions
    return separated(LabelMaps(grid, cleaned, np.zeros_like(cleaned)), lambda *_: None)[0]


@pytest.mark.parametrize("seed", range(40, 46))
def test_no_vertebra_of_a_scan_is_false_wherever_it_is_cut(seed):
    _, maps = scan(seed)
    assert false_ends(parted(maps.subregions, maps.grid)) == ()


@pytest.mark.parametrize("seed", range(50, 55))
def test_crumbs_where_a_network_has_seen_nothing_are_found_and_all_else_is_kept(seed):
    """Three vertebrae at the lower end and the sacrum are taken away, and crumbs of 0.5 to 2 ml lie where they were."""
    rng, maps = scan(seed)
    there = [each for each in LEVELS if ((maps.vertebrae == each.id) & (maps.subregions == BODY)).any()]
    kept = there[:-3]
    first, last = (
        maps.grid.to_ras(np.argwhere((maps.vertebrae == each.id) & (maps.subregions == BODY)).mean(axis=0))
        for each in kept[-2:]
    )
    true = np.isin(maps.vertebrae, [label for each in kept for label in (each.id, each.disc_id, each.endplate_id) if label])
    places = maps.grid.to_ras(np.moveaxis(np.indices(maps.grid.shape), 0, -1))
    subregions = np.where(true, maps.subregions, 0).astype(np.uint8)
    for number in range(1, 4):
        middle = last + (last - first) * 0.85 * number + rng.normal(0.0, 3.0, 3)
        crumb = (((places - middle) / rng.uniform(5.0, 8.0, 3)) ** 2).sum(axis=-1) < 1.0
        subregions[crumb & (subregions == 0)] = BODY
    found = parted(subregions, maps.grid)
    false = false_ends(found)
    real = {int(each) for each in np.unique(found.vertebrae[(found.subregions == BODY) & true]) if each}
    assert set(false).isdisjoint(real)
    assert {int(each) for each in np.unique(found.vertebrae[found.subregions == BODY]) if each} == real | set(false)
