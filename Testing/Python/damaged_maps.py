"""Errors that segmentations make, planted in the label maps of phantoms; the truth is changed to what can still be known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage
from spinetwin.anatomy import SubregionId, level
from spinetwin.geometry import Grid, LabelMaps

BODY = (int(SubregionId.BODY_BORDER), int(SubregionId.BODY))
POSTERIOR = range(int(SubregionId.ARCH), int(SubregionId.INFERIOR_ARTICULAR_RIGHT) + 1)
SACRUM = level("S1").id
LEAST_SHARE = 0.25
"""Less of a vertebra than this part of what a whole one has, cut by the image, is not asked for."""


def _changed(maps: LabelMaps, where: np.ndarray, subregion: np.ndarray | int, vertebra: np.ndarray | int) -> LabelMaps:
    subregions, vertebrae = maps.subregions.copy(), maps.vertebrae.copy()
    subregions[where], vertebrae[where] = subregion, vertebra
    return LabelMaps(maps.grid, subregions, vertebrae)


def below(maps: LabelMaps, name: str) -> int:
    """Label of the next vertebra below one."""
    present = sorted((level(int(key)) for key in np.unique(maps.vertebrae) if 0 < key < 100), key=lambda each: each.order)
    return present[present.index(level(name)) + 1].id


def fused(maps: LabelMaps, *names: str) -> LabelMaps:
    """Turn the discs below some levels into bone, each voxel of the nearer body."""
    vertebrae, subregions = maps.vertebrae.copy(), maps.subregions.copy()
    for name in names:
        disc_id, pair = level(name).disc_id, (level(name).id, below(maps, name))
        here = ndimage.find_objects(np.isin(vertebrae, (disc_id, *pair)).view(np.uint8))[0]
        bone = np.isin(vertebrae[here], pair) & np.isin(subregions[here], (*BODY, SACRUM))
        nearest = ndimage.distance_transform_edt(~bone, maps.grid.spacing, return_distances=False, return_indices=True)
        disc = vertebrae[here] == disc_id
        vertebrae[here][disc] = vertebrae[here][tuple(axis[disc] for axis in nearest)]
        subregions[here][disc] = BODY[0]
    return LabelMaps(maps.grid, subregions, vertebrae)


def without_discs(maps: LabelMaps, *names: str) -> LabelMaps:
    """Leave the discs below some levels out."""
    return _changed(maps, np.isin(maps.vertebrae, [level(name).disc_id for name in names]), 0, 0)


def without_posterior(maps: LabelMaps, *names: str) -> LabelMaps:
    """Take arch and processes of some levels away."""
    mine = np.isin(maps.vertebrae, [level(name).id for name in names]) & np.isin(maps.subregions, POSTERIOR)
    return _changed(maps, mine, 0, 0)


def with_holes(maps: LabelMaps, rng: np.random.Generator, count: int, edge_mm: float) -> LabelMaps:
    """Cut boxes out of vertebrae at random."""
    bone = np.argwhere((maps.vertebrae > 0) & (maps.vertebrae < 100) & (maps.vertebrae != SACRUM))
    mask = _boxes(maps.grid, bone[rng.integers(len(bone), size=count)], edge_mm)
    return _changed(maps, mask, 0, 0)


def with_islands(maps: LabelMaps, rng: np.random.Generator, count: int, edge_mm: float) -> LabelMaps:
    """Put boxes of one label each into the background at random."""
    subregions = maps.subregions.copy()
    for place in rng.integers(maps.grid.shape, size=(count, 3)):
        box = _boxes(maps.grid, place[None], edge_mm) & (maps.subregions == 0)
        subregions[box] = rng.choice([*POSTERIOR, BODY[0], int(SubregionId.DISC)])
    return replace(maps, subregions=subregions)


def _boxes(grid: Grid, places: np.ndarray, edge_mm: float) -> np.ndarray:
    mask = np.zeros(grid.shape, dtype=bool)
    half = np.maximum(np.rint(edge_mm / grid.spacing / 2), 1).astype(int)
    for place in places:
        mask[tuple(slice(max(0, at - reach), at + reach) for at, reach in zip(place, half, strict=True))] = True
    return mask


def noisy(maps: LabelMaps, rng: np.random.Generator, share: float) -> LabelMaps:
    """Lose a share of all voxels, and put a tenth of it into the background with labels of bone and disc."""
    maps = _changed(maps, rng.random(maps.grid.shape) < share, 0, 0)
    speckle = (rng.random(maps.grid.shape) < share / 10) & (maps.subregions == 0)
    subregions = maps.subregions.copy()
    subregions[speckle] = rng.choice([41, 45, 49, 100], size=int(speckle.sum()))
    return replace(maps, subregions=subregions)


def mixed_up(maps: LabelMaps, rng: np.random.Generator, share: float) -> LabelMaps:
    """Give a share of the posterior voxels the label of another posterior subregion."""
    there = np.isin(maps.subregions, POSTERIOR) & (rng.random(maps.grid.shape) < share)
    subregions = maps.subregions.copy()
    subregions[there] = rng.choice(list(POSTERIOR), size=int(there.sum()))
    return replace(maps, subregions=subregions)


def cropped(maps: LabelMaps, first: float, last: float) -> LabelMaps:
    """Keep a part of the image along the array axis that runs most from foot to head; slivers are not asked for."""
    axis = int(np.abs(maps.grid.ijk_to_ras[2, :3]).argmax())
    start, stop = (int(part * maps.grid.shape[axis]) for part in (first, last))
    cut = tuple(slice(start, stop) if each == axis else slice(None) for each in range(3))
    corner = [start if each == axis else 0 for each in range(3)]
    whole = np.bincount(maps.vertebrae.ravel(), minlength=256)
    subregions, vertebrae = maps.subregions[cut].copy(), maps.vertebrae[cut].copy()
    left = np.bincount(vertebrae.ravel(), minlength=256)
    for key in np.flatnonzero((left > 0) & (left < LEAST_SHARE * whole)):
        vertebrae[vertebrae == key] = 0
    return LabelMaps(maps.grid.crop(corner, subregions.shape), subregions, vertebrae)


def stored(maps: LabelMaps, axes: tuple[int, int, int], flipped: tuple[int, ...] = ()) -> LabelMaps:
    """Store the same maps with other array axes, some of them turned round."""
    subregions, vertebrae = (np.flip(each.transpose(axes), flipped) for each in (maps.subregions, maps.vertebrae))
    turn = np.zeros((4, 4))
    turn[3, 3] = 1.0
    for new, old in enumerate(axes):
        turn[old, new] = -1.0 if new in flipped else 1.0
        turn[old, 3] = maps.grid.shape[old] - 1 if new in flipped else 0.0
    return LabelMaps(Grid(subregions.shape, maps.grid.ijk_to_ras @ turn), subregions, vertebrae)


def dice_by_level(found: np.ndarray, truth: np.ndarray) -> dict[str, tuple[float, int]]:
    """Dice of each true vertebra above the sacrum with the found one that it has most in common with, and its label."""
    common = np.zeros((256, 256), dtype=np.int64)
    np.add.at(common, (found.ravel(), truth.ravel()), 1)
    result = {}
    for key in np.flatnonzero(common[:, 1:100].sum(axis=0)) + 1:
        if key != SACRUM:
            best = 1 + int(common[1:100, key].argmax())
            result[level(int(key)).name] = (2 * common[best, key] / (common[best].sum() + common[:, key].sum()), best)
    return result
