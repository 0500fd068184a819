"""An image of one or two sagittal slices: what it shows is taken to go on on both sides, as far as a vertebra is wide.

The separation expects heights of vertebrae from how large their bodies are across the spine, and takes what is small for specks
or for the arches of neighbours. In a slab that is thinner than a body, all of that would be measured on a part of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...geometry import Grid, IntArray

_THIN_MM = 20.0
"""An image narrower than this from left to right cuts off most of each body: 25 (cervical) to 55 mm (lumbar) wide."""
_WIDE_MM = 32.0
"""How far it is made to go on."""
_MOST_SLICES = 16
"""More are not added: thinner ones are taken to be thicker."""


@dataclass(frozen=True)
class Thickened:
    """A map that goes on on both sides.

    Attributes
    ----------
    subregions : (i, j, k) array of int
    grid : Grid
    axis : int
        Along which slices were added.
    inside : slice
        The slices that were there before.
    """

    subregions: IntArray
    grid: Grid
    axis: int
    inside: slice

    def back(self, array: IntArray) -> IntArray:
        """Return the part of an array on this grid that was there before."""
        return np.asfortranarray(np.take(array, np.arange(self.inside.start, self.inside.stop), self.axis))


def thickened(subregions: IntArray, grid: Grid) -> Thickened | None:
    """Return a map with its outermost slices repeated on both sides; None where it is wide enough from left to right."""
    axis = int(np.argmax(np.abs(grid.ijk_to_ras[0, :3] / grid.spacing)))
    count, step = grid.shape[axis], float(grid.spacing[axis])
    if count * step >= _THIN_MM:
        return None
    thick = max(step, _WIDE_MM / max(count, _MOST_SLICES))
    more = int(np.ceil((_WIDE_MM / thick - count) / 2))
    added = [(more, more) if each == axis else (0, 0) for each in range(3)]
    i, j, k = (size + before + after for size, (before, after) in zip(grid.shape, added, strict=True))
    affine = grid.ijk_to_ras.copy()
    affine[:3, axis] *= thick / step
    affine[:3, 3] -= more * affine[:3, axis]
    return Thickened(np.pad(subregions, added, mode="edge"), Grid((i, j, k), affine), axis, slice(more, more + count))


def said_of_thin(grid: Grid, thick: Thickened) -> str:
    """Return what a person should know of a thin image."""
    width = grid.shape[thick.axis] * float(grid.spacing[thick.axis])
    return (
        f"The image is only {width:.0f} mm wide from left to right, less than a vertebra: heights, sides and the level names "
        "rest on what its slices show."
    )
