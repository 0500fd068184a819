"""Bodies that are none: pieces of the sacrum, and what a network sees in the pelvis.

The first segments of a sacrum look like vertebrae where remains of a disc lie between them (O'Driscoll CM et al. 1996,
Skeletal Radiol 25:225-230), and the marrow of the pelvis is as bright as theirs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray, Grid, IntArray
from ..flat import occupied_block
from ..separation.voxels import BODY, DISC, ENDPLATE, SACRUM, Mask

_LEAST_SACRUM = 3000.0
"""A smaller one tells nothing, cubic mm; that of an adult has 200 000, and the slices of a scan show a fifth of it."""
_MOST_BELOW = 0.2
"""Where a larger share of all bodies and discs lies below it, what was taken for a sacrum is none."""
_SMALL = 0.5
"""Volume of a piece of the sacrum against the median of all bodies, at most."""

Pieces = npt.NDArray[np.int32]


def all_of_the_sacrum(subregions: IntArray, grid: Grid) -> IntArray:
    """Return a map without bodies and discs below the sacrum, and with the pieces that hang on it as a part of it.

    Parameters
    ----------
    subregions : (i, j, k) array of uint8
    grid : Grid

    Returns
    -------
    (i, j, k) array of uint8
        The same array where there is no sacrum to speak of.
    """
    if np.count_nonzero(np.isin(subregions, SACRUM)) * grid.voxel_volume < _LEAST_SACRUM:
        return subregions
    block = occupied_block(subregions)
    start = [each.start for each in block]
    inner = grid.crop(start, subregions[block].shape)
    result = subregions.copy(order="K")
    part = result[block]
    part[_below(part, inner)] = 0
    part[_growing_out(part, inner)] = SACRUM[0]
    return result


def _below(part: IntArray, grid: Grid) -> Mask:
    """Say of each voxel whether it is of a stretch of bodies and discs whose middle is farther down than that of the sacrum."""
    from scipy import ndimage

    stretches, count = ndimage.label(np.isin(part, (*BODY, *DISC, *ENDPLATE)))
    sizes = np.bincount(stretches.ravel(), minlength=count + 1)[1:]
    if not count:
        return np.zeros(part.shape, dtype=bool)
    middles = grid.to_ras(np.array(ndimage.center_of_mass(stretches > 0, stretches, np.arange(1, count + 1))))
    sacrum = grid.to_ras(np.argwhere(np.isin(part, SACRUM))).mean(axis=0)
    below = (middles - sacrum) @ (sizes @ middles / sizes.sum() - sacrum) < 0
    if sizes[below].sum() > _MOST_BELOW * sizes.sum():
        below[:] = False
    return np.asarray(np.concatenate([[False], below])[stretches])


def _growing_out(part: IntArray, grid: Grid) -> Mask:
    """Say of each voxel whether it is of a small body that touches the sacrum more than it does discs and endplates.

    A vertebra is parted from the sacrum by a disc; where that is not seen, it is as large as others.
    """
    from scipy import ndimage

    pieces, count = ndimage.label(np.isin(part, BODY))
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    sizes[0] = 0
    to_sacrum = _touched(pieces, np.isin(part, SACRUM), grid.spacing)
    to_discs = _touched(pieces, np.isin(part, (*DISC, *ENDPLATE)), grid.spacing)
    # half of all that is body lies in pieces at least as large as this one
    typical = np.sort(sizes)[::-1][np.searchsorted(np.cumsum(np.sort(sizes)[::-1]), 0.5 * sizes.sum())]
    grown = (to_sacrum > to_discs) & (sizes < _SMALL * typical)
    return np.asarray(grown[pieces])


def _touched(pieces: Pieces, kind: Mask, spacing: FloatArray) -> FloatArray:
    """Return the area over which each piece shares faces with voxels of a kind, mm^2; 0 for what is no piece."""
    areas = np.zeros(int(pieces.max(initial=0)) + 1)
    for axis in range(3):
        face = float(np.prod(spacing) / spacing[axis])
        first, second = (tuple(slice(*ends) if n == axis else slice(None) for n in range(3)) for ends in ((0, -1), (1, None)))
        for one, other in ((first, second), (second, first)):
            areas += face * np.bincount(pieces[one][kind[other]], minlength=len(areas))
    areas[0] = 0.0
    return areas
