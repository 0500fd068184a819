"""What is computed on: phantom spines and boxes, written as pairs of NIfTI files that every program reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.io import read_label_maps, write_label_map
from spinetwin.phantom import Curve, Spacing, Spine, SpineParameters, Truth, make_spine, truth

LEVELS = "C1-L5"
SAGITTAL = Spacing(right=3.3, anterior=0.75, superior=0.75)
ORDER = "PIR"

Box = tuple[tuple[int, int, int], tuple[int, int, int]]
# In mm to the right, to the front and up from the middle of the body.
BODY: Box = ((-20, -15, -12), (20, 15, 12))
PARTS: Mapping[int, list[Box]] = {
    49: [BODY],
    61: [((-8, -30, -17), (8, -15, 17))],
    41: [((-12, -30, 0), (-8, -15, 8)), ((8, -30, 0), (12, -15, 8)), ((-12, -36, -6), (12, -30, 6))],
    42: [((-2, -60, -10), (2, -36, 2))],
    43: [((-40, -32, -2), (-12, -26, 4))],
    44: [((12, -32, -2), (40, -26, 4))],
    45: [((-16, -34, 8), (-8, -26, 18))],
    46: [((8, -34, 8), (16, -26, 18))],
    47: [((-14, -40, -22), (-8, -34, -6))],
    48: [((8, -40, -22), (14, -34, -6))],
}
CANAL = 61
STACK = {21: 34, 22: 0, 23: -34}
"""L2, L3, L4 straight above each other: how high the middle of each body lies."""
SIX_SIDES = {
    84: ("left", (-20, 0, 0)),
    85: ("right", (20, 0, 0)),
    105: ("superior", (0, 0, 12)),
    106: ("posterior", (0, -15, 0)),
    107: ("inferior", (0, 0, -12)),
    108: ("anterior", (0, 15, 0)),
}


@dataclass(frozen=True)
class Scene:
    """Where the two maps of a spine lie."""

    subregions: Path
    vertebrae: Path


def save(maps: LabelMaps, folder: Path, name: str) -> Scene:
    """Write two maps."""
    scene = Scene(folder / f"{name}-subregions.nii.gz", folder / f"{name}-vertebrae.nii.gz")
    write_label_map(scene.subregions, maps.subregions, maps.grid)
    write_label_map(scene.vertebrae, maps.vertebrae, maps.grid)
    return scene


@cache
def scoliotic() -> Spine:
    """Return the spine that most rows look at: C1 to L5, a Cobb angle of 25 degrees."""
    return make_spine(SpineParameters(levels=LEVELS, curves=(Curve(25.0),)))


@cache
def exact() -> Truth:
    """Return the true points and axes of the scoliotic spine."""
    return truth(scoliotic())


@cache
def fine(folder: Path) -> Scene:
    """Return the scoliotic spine at 1 mm."""
    return save(scoliotic().voxelise(scoliotic().grid(1.0, ORDER)), folder, "fine")


@cache
def coarse(folder: Path) -> Scene:
    """Return the scoliotic spine in sagittal slices of 3.3 mm."""
    return save(scoliotic().voxelise(scoliotic().grid(SAGITTAL, ORDER)), folder, "coarse")


@cache
def tilted(folder: Path, degrees: float) -> Scene:
    """Return a straight spine at 1 mm, leaning over in the coronal plane."""
    spine = make_spine(SpineParameters(levels=LEVELS)).rotated(coronal_turn(degrees))
    return save(spine.voxelise(spine.grid(1.0, ORDER)), folder, f"tilted-{degrees:g}")


def coronal_turn(degrees: float) -> np.ndarray:
    """Return the rotation about the axis from back to front."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


@cache
def boxes(folder: Path) -> Scene:
    """Return three vertebrae made of boxes; the sides of the boxes are sides of 1 mm voxels."""
    low, high = np.array([-50, -70, -66]), np.array([50, 28, 62])
    affine = np.eye(4)
    affine[:3, 3] = low + 0.5
    grid = Grid(tuple(int(n) for n in high - low), affine)
    subregions, vertebrae = np.zeros(grid.shape, np.uint8), np.zeros(grid.shape, np.uint8)
    for level, height in STACK.items():
        for label, parts in PARTS.items():
            for start, stop in np.array(parts) + np.array([0, 0, height]) - low:
                block = tuple(map(slice, start, stop))
                subregions[block] = label
                vertebrae[block] = 0 if label == CANAL else level
    return save(reordered(LabelMaps(grid, subregions, vertebrae), ORDER), folder, "boxes")


def stored_as(scene: Scene, letters: str, folder: Path) -> Scene:
    """Write the same voxels in another storage order."""
    return save(reordered(read_label_maps(scene.subregions, scene.vertebrae), letters), folder, f"as-{letters}")


def reordered(maps: LabelMaps, letters: str) -> LabelMaps:
    """Return maps whose array indices grow in the directions that the letters name."""
    columns = maps.grid.ijk_to_ras[:3, :3].T
    held = [int(np.abs(column).argmax()) for column in columns]
    wanted = ["RAS".find(letter) if letter in "RAS" else "LPI".find(letter) for letter in letters]
    order = [held.index(axis) for axis in wanted]
    flips = [(letter in "RAS") != (columns[old][axis] > 0) for letter, axis, old in zip(letters, wanted, order, strict=True)]
    change = np.zeros((4, 4))
    change[3, 3] = 1
    for new, old in enumerate(order):
        change[old, new] = -1 if flips[new] else 1
        change[old, 3] = maps.grid.shape[old] - 1 if flips[new] else 0
    flipped = [axis for axis in range(3) if flips[axis]]
    arrays = [np.ascontiguousarray(np.flip(each.transpose(order), flipped)) for each in (maps.subregions, maps.vertebrae)]
    return LabelMaps(Grid(arrays[0].shape, maps.grid.ijk_to_ras @ change), *arrays)
