"""To which part of the spine a voxel belongs, as the reference says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ...geometry import Grid, IntArray
from .distances import border, voxels_of
from .structures import REGIONS, region_codes

_SAME_MM = 1e-6
_NEIGHBOURS = 8
"""At how many of the nearest labelled voxels to look for a second region."""


def regions_of(reference: IntArray, wanted: npt.NDArray[np.bool_], grid: Grid) -> npt.NDArray[np.uint8]:
    """Return the region of voxels: that of their own label, else of the nearest vertebra, disc or sacrum of the reference.

    Both maps of a comparison are divided alike, so that a vertebra with a wrong name costs its name and not its shape, and the
    canal and the cord, which belong to no level, have regions too.

    Parameters
    ----------
    reference : (i, j, k) array
        A vertebra map.
    wanted : (i, j, k) array of bool
        The voxels to look at.
    grid : Grid

    Returns
    -------
    (i, j, k) array of uint8
        0 elsewhere and where nothing is labelled; else as `spinetwin.segmentation.evaluation.structures.region_codes`.
    """
    regions = region_codes()[reference]
    known = border(regions > 0)
    others = voxels_of(wanted & (regions == 0))
    if not len(known) or not len(others):
        return regions
    distances, nearest = cKDTree(grid.to_ras(known)).query(grid.to_ras(others), k=min(_NEIGHBOURS, len(known)))
    distances, nearest = distances.reshape(len(others), -1), nearest.reshape(len(others), -1)
    codes = regions[tuple(known.T)][nearest]
    # of regions that are equally near, as in symmetric shapes, the upper one, so that the storage order plays no part
    codes[distances > distances[:, :1] + _SAME_MM] = len(REGIONS) + 1
    regions[tuple(others.T)] = codes.min(axis=1)
    return regions
