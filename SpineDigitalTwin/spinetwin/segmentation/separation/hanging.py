"""Discs and endplates hang on the nearest vertebra above (Möller et al., SPINEPS, section 2.4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...anatomy import Level
from ...geometry import FloatArray, IntArray
from ..chain import Chain
from .centreline import Straightened
from .voxels import DISC, ENDPLATE, VoxelList


def hang_discs(
    labels: IntArray, voxels: VoxelList, spine: Straightened, centres: FloatArray, levels: Sequence[Level], chain: Chain
) -> IntArray:
    """Return labels of a vertebra map with those of discs and endplates put in.

    Parameters
    ----------
    labels : (n,) array of uint8 or uint16
        Label of each voxel; what discs and endplates have is replaced.
    voxels : VoxelList
        Of the subregion map.
    spine : Straightened
    centres : (v,) array
        Middles of the bodies along the line, from the top, mm.
    levels : sequence of Level
        Their names. What lies above the first one hangs on its upper neighbour in `chain`, in view or not.
    chain : Chain
    """
    result = labels.copy()
    names = [each.id for each in chain.levels]
    first = names.index(levels[0].id) if levels[0].id in names else 0
    hangers = (chain.levels[first - 1] if first else None, *levels)
    for kinds, attribute in ((DISC, "disc_id"), (ENDPLATE, "endplate_id")):
        mine = voxels.which(kinds)
        table = np.array([getattr(each, attribute, None) or 0 for each in hangers], dtype=labels.dtype)
        result[mine] = table[np.searchsorted(centres, spine.along[mine])]
    return result
