"""Where a prediction and its reference differ: cuts through the middle of the difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ...geometry import FloatArray, Grid, IntArray, PartialMaps, bounds
from ...segmentation.evaluation import CaseScores
from ...segmentation.evaluation.distances import Mask, voxels_of
from ...segmentation.evaluation.structures import STRUCTURES, Structure, membership
from .. import colours
from .names import name_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BOTH, MISSED, INVENTED, OTHER = "#9ec1d6", "#1f5fd6", "#e07b00", "#e4e6e9"
"""Voxels of both, of the reference alone, of the prediction alone, and of other structures of the reference."""

_PIXEL = 0.5
_LARGEST_PIXELS = 700
_MARGIN_MM = 25.0
_WIDEST_MM = 260.0


@dataclass(frozen=True)
class Cut:
    """A plane along two of the patient's axes: names, array axes of RAS across and up, and the letters at the sides."""

    title: str
    across: int
    up: int
    sign: int
    left: str
    right: str


_CUTS = (Cut("sagittal", 1, 2, 1, "P", "A"), Cut("coronal", 0, 2, -1, "R", "L"), Cut("axial", 0, 1, -1, "R", "L"))


def worst(scores: Sequence[CaseScores], number: int) -> list[tuple[str, Structure, float]]:
    """Return the lowest Dice of whole images as (case, structure, Dice), the structures of one case at most twice."""
    by_name = {each.name: each for each in STRUCTURES}
    found = sorted(
        (score.dice, case.name, at, score.structure)
        for case in scores
        for at, score in enumerate(case.structures)
        if not score.region and score.dice is not None and score.dice < 1.0
    )
    chosen: list[tuple[str, Structure, float]] = []
    for dice, case, _, structure in found:
        if sum(each[0] == case for each in chosen) < max(2, number // max(len(scores), 1)):
            chosen.append((case, by_name[structure], dice))
    return chosen[:number]


@dataclass(frozen=True)
class Difference:
    """One structure of a case in the prediction and in the reference.

    Attributes
    ----------
    masks : three (i, j, k) arrays of bool
        The structure in the prediction, in the reference, and all that the reference shows.
    grid : Grid
    middle : (3,) array of int
        The voxel that lies deepest where the two differ; all cuts go through it.
    level : str
        What the vertebra map of the reference, or else that of the prediction, calls this voxel; "" where neither does.
    """

    masks: tuple[Mask, Mask, Mask]
    grid: Grid
    middle: npt.NDArray[np.int64]
    level: str


def difference(structure: Structure, prediction: PartialMaps, reference: PartialMaps) -> Difference:
    """Return how one structure differs; it must."""
    masks = _masks(structure, prediction, reference)
    middle = _middle(masks[0] ^ masks[1])
    named = (name_of(int(each.vertebrae[tuple(middle)])) for each in (reference, prediction) if each.vertebrae is not None)
    return Difference(masks, reference.grid, middle, next(filter(None, named), ""))


def draw_difference(found: Difference) -> Figure:
    """Draw three cuts where prediction and reference differ most."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    figure = Figure(figsize=(11.0, 4.6), layout="constrained")
    extent = _extent(found.masks[0] | found.masks[1], found.grid)
    for axes, cut in zip(figure.subplots(1, 3), _CUTS, strict=True):
        _draw_cut(axes, cut, found, extent)
    patches = [(BOTH, "both"), (MISSED, "reference only"), (INVENTED, "prediction only"), (OTHER, "other structures")]
    figure.legend(
        handles=[Patch(color=colour, label=label) for colour, label in patches],
        loc="outside lower center",
        ncols=4,
        frameon=False,
    )
    return figure


def _masks(structure: Structure, prediction: PartialMaps, reference: PartialMaps) -> tuple[Mask, Mask, Mask]:
    use_subregions = prediction.subregions is not None and reference.subregions is not None and bool(structure.subregions)
    table = membership(structure.subregions if use_subregions else structure.labels)
    ours, theirs = (_array(each, use_subregions=use_subregions) for each in (prediction, reference))
    return table[ours], table[theirs], theirs > 0


def _array(maps: PartialMaps, *, use_subregions: bool) -> IntArray:
    array = maps.subregions if use_subregions else maps.vertebrae
    if array is None:
        raise ValueError("a case without the map that it was scored by")
    return array


def _middle(mask: Mask) -> npt.NDArray[np.int64]:
    """Return the voxel that lies deepest in the difference, so that each cut shows some of it."""
    low, high = bounds(voxels_of(mask))
    box = mask[tuple(slice(int(a), int(b) + 1) for a, b in zip(low, high, strict=True))]
    depth = ndimage.uniform_filter(box.astype(np.float32), 5)
    deepest = np.unravel_index(int(np.argmax(depth * box)), box.shape)
    return np.asarray(low + np.array(deepest), dtype=np.int64)


def _extent(mask: Mask, grid: Grid) -> tuple[FloatArray, FloatArray]:
    corners = np.array(np.meshgrid(*zip(*bounds(voxels_of(mask)), strict=True))).reshape(3, -1).T
    points = grid.to_ras(corners)
    return points.min(axis=0) - _MARGIN_MM, points.max(axis=0) + _MARGIN_MM


def _draw_cut(axes: Axes, cut: Cut, found: Difference, extent: tuple[FloatArray, FloatArray]) -> None:
    centre = found.grid.to_ras(found.middle)
    spans = [_span(extent[0][axis], extent[1][axis], centre[axis]) for axis in (cut.across, cut.up)]
    pixel = max(_PIXEL, *((high - low) / _LARGEST_PIXELS for low, high in spans))
    x, y = (np.arange(low, high, pixel) for low, high in spans)
    points = np.broadcast_to(centre, (len(y), len(x), 3)).copy()
    points[..., cut.across], points[..., cut.up] = x[None, :], y[:, None]
    picture = np.ones((*points.shape[:2], 3))
    ours, theirs, everything = (_sampled(each, points, found.grid) for each in found.masks)
    for where, colour in ((everything, OTHER), (ours & theirs, BOTH), (theirs & ~ours, MISSED), (ours & ~theirs, INVENTED)):
        picture[where] = colours.rgb(colour)
    left, right = x[0] - pixel / 2, x[-1] + pixel / 2
    axes.imshow(picture, origin="lower", extent=(left, right, y[0] - pixel / 2, y[-1] + pixel / 2), interpolation="nearest")
    if cut.sign < 0:
        axes.set_xlim(right, left)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(cut.title, fontsize=10, color=colours.INK)
    axes.set_title(cut.left, fontsize=10, color=colours.INK, loc="left")
    axes.set_title(cut.right, fontsize=10, color=colours.INK, loc="right")


def _span(low: float, high: float, centre: float) -> tuple[float, float]:
    """Return the part of a long structure around the difference."""
    half = _WIDEST_MM / 2
    return max(low, centre - half), min(high, centre + half)


def _sampled(mask: Mask, points: FloatArray, grid: Grid) -> npt.NDArray[np.bool_]:
    at = np.rint(grid.to_ijk(points)).astype(int)
    inside = ((at >= 0) & (at < grid.shape)).all(axis=-1)
    values = np.zeros(points.shape[:2], dtype=bool)
    values[inside] = mask[tuple(at[inside].T)]
    return values


def pictures(
    chosen: Sequence[tuple[str, Structure, float]], maps_of: dict[str, tuple[PartialMaps, PartialMaps]]
) -> Iterator[tuple[str, Figure]]:
    """Yield a caption and a figure for each of the worst."""
    for case, structure, dice in chosen:
        found = difference(structure, *maps_of[case])
        caption = f"{case}: " if case else ""
        caption += f"{structure.title}, Dice {dice:.3f}"
        yield caption + (f"; cut at {found.level}" if found.level else ""), draw_difference(found)
