"""What is done to the vertebra map of a network before anyone sees it.

Möller et al., "SPINEPS: automatic whole spine segmentation of T2-weighted MR images using a two-phase approach to multi-class
semantic and instance segmentation", European Radiology 2024, section 2.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..anatomy import LEVELS
from ..anatomy import level as level_of
from ..errors import MapError
from ..geometry import Grid, IntArray
from .chain import Chain, presacral
from .separation.centreline import straighten
from .separation.column import column_of
from .separation.hanging import hang_discs
from .separation.voxels import BODY, POSTERIOR, SACRUM, Mask, Numbers, VoxelList, most_touched


@dataclass(frozen=True)
class CleanedInstances:
    """A vertebra map after clean-up.

    Attributes
    ----------
    vertebrae : (i, j, k) array of uint8 or uint16
        Level of each voxel; disc below level n: 100 + n, endplates 200 + n.
    adopted : int
        Voxels that the network had missed and that were given to a vertebra.
    removed : int
        Voxels of vertebrae that lay outside the subregion map.
    unassigned : int
        Voxels of missed pieces that touch no vertebra.
    """

    vertebrae: IntArray
    adopted: int
    removed: int
    unassigned: int


def clean_instances(vertebrae: IntArray, subregions: IntArray, grid: Grid) -> CleanedInstances:
    """Make the vertebra map of a network agree with its subregion map.

    Vertebrae end where the subregion map ends. Every connected piece of vertebra in it that the network gave to none becomes
    part of the one that it shares most faces with; holes in a vertebra are such pieces too, and are filled by it. Discs and
    endplates get the label of the nearest vertebra above, whatever they had.

    Parameters
    ----------
    vertebrae : (i, j, k) array of uint8 or uint16
        Levels; labels of discs and endplates may be there or not.
    subregions : (i, j, k) array of int
    grid : Grid

    Raises
    ------
    MapError
        If the maps do not fit, hold no vertebra, or have labels that are no level.
    """
    if vertebrae.shape != subregions.shape:
        raise MapError(f"A vertebra map of shape {vertebrae.shape} does not fit subregions of shape {subregions.shape}.")
    voxels = VoxelList.of(subregions, grid)
    given = vertebrae.ravel(order="F" if voxels.order == "F" else "C")[voxels.flat]
    known = _levels_among(given)
    bone = voxels.which((*BODY, *POSTERIOR))
    owner = np.where(bone & known, given, 0).astype(np.int32)
    if not owner.any():
        raise MapError("The vertebra map has no vertebra where the subregion map has one.", "Check that both show one image.")
    filled = _with_missed(owner, bone, voxels)
    labels = filled.astype(vertebrae.dtype)
    labels[voxels.which(SACRUM)] = level_of("S1").id
    outside = int(np.count_nonzero(_levels_among(vertebrae))) - int((known & (bone | voxels.which(SACRUM))).sum())
    return CleanedInstances(
        voxels.painted(_hung(labels, filled, voxels)),
        adopted=int(((owner == 0) & (filled > 0)).sum()),
        removed=outside,
        unassigned=int((bone & (filled == 0)).sum()),
    )


def _levels_among(labels: IntArray) -> Mask:
    """Say of each label whether it is a level; refuse labels that are neither that, nor disc, nor endplate, nor background."""
    table = np.zeros(max(256, int(labels.max(initial=0)) + 1), dtype=np.int8)
    table[0] = 1
    for each in LEVELS:
        table[[key for key in (each.disc_id, each.endplate_id) if key is not None]] = 1
        table[each.id] = 2
    kinds = table[labels]
    if not kinds.all():
        wrong = int(labels[kinds == 0].max())
        raise MapError(f"The vertebra map holds the label {wrong}, which is no level.", "See spinetwin/anatomy/vertebrae.csv.")
    return np.asarray(kinds == 2)


def _with_missed(owner: Numbers, bone: Mask, voxels: VoxelList) -> Numbers:
    missed = voxels.pieces((bone & (owner == 0)).astype(np.int32))
    table = np.zeros(int(missed.max(initial=0)) + 1, dtype=np.int32)
    for piece, number in most_touched(voxels, missed, owner).items():
        table[piece] = number
    return np.where(missed > 0, table[missed], owner).astype(np.int32)


def _hung(labels: IntArray, owner: Numbers, voxels: VoxelList) -> IntArray:
    """Return the labels with discs and endplates hung on the bodies above them."""
    column = column_of(voxels)
    body = voxels.which(BODY) & column & (owner > 0)
    if not body.any():
        return labels
    spine = straighten(voxels, column)
    count = np.bincount(owner[body])
    middle = np.bincount(owner[body], spine.along[body]) / np.maximum(count, 1)
    seen = sorted((key for key in np.flatnonzero(count).tolist()), key=lambda key: middle[key])
    chain = Chain.of(presacral(seen))
    return hang_discs(labels, voxels, spine, middle[seen], [level_of(key) for key in seen], chain)
