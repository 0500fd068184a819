"""Names of the vertebrae that the instance network has told from each other, by the rules of the separation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...errors import MapError
from ...geometry import FloatArray, Grid, IntArray
from ..separation.bodies import Place
from ..separation.centreline import Straightened, straighten
from ..separation.column import column_of
from ..separation.naming import Naming, name_levels
from ..separation.shapes import find_anchors, transitional_signs
from ..separation.voxels import BODY, POSTERIOR, VoxelList

_USUAL_MM = 35.0
"""Height of a vertebra that has no neighbour to be measured from."""
_TOLD = 1.0
"""Evidence for a border that the network itself has drawn."""


@dataclass(frozen=True)
class NamedInstances:
    """Instances with names.

    Attributes
    ----------
    vertebrae : (i, j, k) array of uint8
        Level of each voxel.
    naming : Naming
        What the names rest on.
    numbers : tuple of int
        Number of the instance of each level of `naming`, from the top.
    """

    vertebrae: npt.NDArray[np.uint8]
    naming: Naming
    numbers: tuple[int, ...]


def name_instances(instances: IntArray, subregions: IntArray, grid: Grid) -> NamedInstances:
    """Name vertebrae that are numbered.

    Parameters
    ----------
    instances : (i, j, k) array of int
        1, 2, ...; 0 for none.
    subregions : (i, j, k) array of int
    grid : Grid

    Raises
    ------
    MapError
        If no instance lies on bone, or there are more than any spine has.
    """
    voxels = VoxelList.of(subregions, grid)
    bone = voxels.which((*BODY, *POSTERIOR))
    given = instances.ravel(order="F" if voxels.order == "F" else "C")[voxels.flat]
    owner = np.where(bone, given, 0).astype(np.int32)
    if not owner.any():
        raise MapError("The vertebrae of the instance network lie outside the bone of the subregion map.")
    spine = straighten(voxels, column_of(voxels))
    numbers, places = _places(owner, voxels, spine)
    rows = np.zeros(int(owner.max()) + 1, dtype=np.int32)
    rows[list(numbers)] = np.arange(1, len(numbers) + 1)
    anchors = find_anchors(voxels, spine, places, rows[owner])
    naming = name_levels([place.height for place in places], anchors)
    if anchors.sacrum:
        naming = replace(naming, findings=(*naming.findings, *transitional_signs(voxels, places, rows[owner])))
    ids = np.array([0, *(each.id for each in naming.levels)], dtype=np.uint8)
    return NamedInstances(np.asarray(voxels.painted(ids[rows[owner]]), dtype=np.uint8), naming, numbers)


def _places(owner: IntArray, voxels: VoxelList, spine: Straightened) -> tuple[tuple[int, ...], tuple[Place, ...]]:
    """Return the numbers of the instances from the top, and where each sits along the line."""
    body = voxels.which(BODY) & (owner > 0)
    count = int(owner.max()) + 1
    with_body = np.bincount(owner[body], minlength=count) > 0
    counted = np.where(with_body[owner], body, owner > 0)
    sizes = np.bincount(owner[counted], minlength=count)
    middles = np.bincount(owner[counted], spine.along[counted], minlength=count) / np.maximum(sizes, 1)
    numbers = sorted(np.flatnonzero(np.bincount(owner, minlength=count)[1:]) + 1, key=lambda number: middles[number])
    centres = middles[numbers]
    heights = _heights(centres)
    last = len(numbers) - 1
    return tuple(int(each) for each in numbers), tuple(
        Place(
            float(centres[row]),
            float(heights[row]),
            _TOLD if row else None,
            _TOLD if row < last else None,
            has_body=bool(with_body[number]),
        )
        for row, number in enumerate(numbers)
    )


def _heights(centres: FloatArray) -> FloatArray:
    """Return the distance of neighbouring middles at each, mm."""
    if len(centres) < 2:
        return np.full(len(centres), _USUAL_MM)
    return np.maximum(np.gradient(centres), 1.0)
