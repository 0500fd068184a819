"""A middle sagittal and a coronal cut of each case: the image, what was found and what is right as outlines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from embedded_cases import Case
from matplotlib.figure import Figure
from scipy import ndimage
from spinetwin.geometry import PartialMaps

FOUND, RIGHT = "#ff9d2e", "#3fa7ff"
_PIXEL = 0.5
_CUTS = (("sagittal", 1, 1, ("P", "A")), ("coronal", 0, -1, ("R", "L")))
"""Name, the axis of RAS that runs across, its direction on paper, and the letters at the sides."""

Mask = npt.NDArray[np.bool_]


def worst_place(case: Case, masks: Mapping[str, tuple[Mask, Mask]]) -> npt.NDArray[np.float64] | None:
    """Return the middle (RAS, mm) of what is wrong in the sagittal slice that has most of it; None where nothing is wrong."""
    wrong = np.logical_or.reduce([ours != theirs for ours, theirs in masks.values()])
    if not wrong.any():
        return None
    across = int(np.abs(case.grid.ijk_to_ras[0, :3]).argmax())
    at = np.argwhere(wrong)
    worst = np.bincount(at[:, across]).argmax()
    return np.asarray(np.median(case.grid.to_ras(at[at[:, across] == worst]), axis=0))


def draw(
    case: Case,
    found: PartialMaps,
    masks: Mapping[str, tuple[Mask, Mask]],
    path: Path,
    place: npt.NDArray[np.float64] | None = None,
) -> None:
    """Write the picture of a case.

    Parameters
    ----------
    case : Case
    found : PartialMaps
        What the network made of it; the cuts go through it where nothing is known.
    masks : mapping of str to two (i, j, k) arrays
        What was found and what is right, by structure.
    path : Path
    place : (3,) array, optional
        Where the cuts meet, RAS mm; default the middle of what is right.
    """
    right = np.logical_or.reduce([theirs for _, theirs in masks.values()])
    shown = right if right.any() else np.asarray(found.subregions) > 0
    at = np.argwhere(shown) if shown.any() else np.array(case.grid.shape)[None] / 2
    centre = np.median(case.grid.to_ras(at), axis=0) if place is None else place
    planes = [_plane(case, centre, across) for _, across, _, _ in _CUTS]
    widths = [extent[1] - extent[0] for _, extent in planes]
    height = planes[0][1][3] - planes[0][1][2]
    figure = Figure(figsize=(8.0 * sum(widths) / height + 0.3, 8.6), layout="constrained")
    both = figure.subplots(1, 2, width_ratios=widths)
    for axes, (title, _, sign, letters), (points, extent) in zip(both, _CUTS, planes, strict=True):
        axes.imshow(_sampled(case.image, case, points, 1), cmap="gray", origin="lower", extent=extent)
        for ours, theirs in masks.values():
            for mask, colour in ((theirs, RIGHT), (ours, FOUND)):
                cut = _sampled(mask, case, points, 0)
                if cut.any() and not cut.all():
                    axes.contour(cut, [0.5], colors=[colour], linewidths=0.9, origin="lower", extent=extent)
        axes.set_xlim(extent[:2] if sign > 0 else extent[1::-1])
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title(title)
        for side, letter in zip(("left", "right"), letters, strict=True):
            axes.set_title(letter, loc=side)
    figure.suptitle(f"{case.name} - found: orange, right: blue ({', '.join(masks)})", fontsize=10)
    figure.savefig(path, dpi=110)


def _plane(case: Case, centre: npt.NDArray[np.float64], across: int) -> tuple[npt.NDArray[np.float64], tuple[float, ...]]:
    """Return points (y, x, 3) of a cut through all of the image, and where its edges are."""
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in case.grid.shape])).reshape(3, -1).T
    ends = case.grid.to_ras(corners)
    low, high = ends.min(axis=0), ends.max(axis=0)
    x, y = (np.arange(low[axis], high[axis], _PIXEL) for axis in (across, 2))
    points = np.broadcast_to(centre, (len(y), len(x), 3)).copy()
    points[..., across], points[..., 2] = x[None, :], y[:, None]
    return points, (x[0] - _PIXEL / 2, x[-1] + _PIXEL / 2, y[0] - _PIXEL / 2, y[-1] + _PIXEL / 2)


def _sampled(
    array: npt.NDArray[np.generic], case: Case, points: npt.NDArray[np.float64], order: int
) -> npt.NDArray[np.float32]:
    at = np.moveaxis(case.grid.to_ijk(points), -1, 0)
    return ndimage.map_coordinates(np.asarray(array, dtype=np.float32), at, order=order, mode="constant")
