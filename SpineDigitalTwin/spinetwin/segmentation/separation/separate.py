"""The separation as a whole: line, cuts, bodies, posterior parts, names, sides, and how far each level is to be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...anatomy import level as level_of
from ...errors import MapError
from ...geometry import Grid, IntArray
from .bodies import Place, share_out_bodies
from .centreline import Straightened, straighten
from .coarse import brought_back, coarser, steps_of
from .column import column_of
from .confidence import LevelConfidence, judge_levels
from .cuts import find_cuts
from .hanging import hang_discs
from .naming import Naming, name_levels
from .posterior import Posterior, share_out_posterior
from .ribs import one_sided_rib
from .shapes import find_anchors, transitional_signs
from .sides import SideReport, check_sides
from .thin import said_of_thin, thickened
from .voxels import BODY, POSTERIOR, SACRUM, Mask, Numbers, VoxelList

_LEAST_PIECE = 15.0
"""A smaller piece of bone that touches no other is a speckle, cubic mm."""
_LEAST_OUTSIDE = 0.02
"""Less of a vertebra whose body is not in view, in cubes as high as it, is nothing."""
_STRAIGHTENED, _CUT, _ON_THE_COPY = 0.5, 0.9, 0.45
"""Measured shares of the time: when the spine is straightened, when it is cut, and when a copy of half the spacing is done."""

Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Separation:
    """Vertebrae of a subregion map.

    Attributes
    ----------
    vertebrae : (i, j, k) array of uint8
        Level of each voxel; disc below level n: 100 + n, endplates 200 + n.
    levels : tuple of LevelConfidence
        From the top, without the sacrum.
    naming : Naming
        What the names rest on, and what a person must be asked.
    sides : SideReport
        Whether left and right labels agree with the orientation of the image.
    unassigned : int
        Voxels of vertebrae that belong to none: strays.
    """

    vertebrae: IntArray
    levels: tuple[LevelConfidence, ...]
    naming: Naming
    sides: SideReport
    unassigned: int


def _nobody(_: float, __: str) -> None:
    pass


def separate_vertebrae(subregions: IntArray, grid: Grid, tell: Tell = _nobody) -> Separation:
    """Separate the vertebrae of a subregion map.

    A line is laid through the bodies, the column is cut where discs or gaps cross it and, where bodies are fused, by the
    height that their width and their neighbours lead to expect; arches and processes follow piece by piece.

    Parameters
    ----------
    subregions : (i, j, k) array of int
        Ids of ``anatomy/subregions.csv``.
    grid : Grid
        Any storage order, spacing and obliqueness; the patient may lie tilted. Voxels much finer than 1 mm are separated on a
        coarser copy (`coarse`).
    tell : callable, optional
        Takes the fraction done and what is being worked on.

    Raises
    ------
    MapError
        If the map holds no vertebral body, or more vertebrae than a spine has.
    """
    if subregions.shape != grid.shape or subregions.dtype.kind not in "iu":
        return _separated(subregions, grid, tell)  # which refuses it
    thick = thickened(subregions, grid)
    if thick is None:
        return _by_copy(subregions, grid, tell)
    found = _by_copy(thick.subregions, thick.grid, tell)
    naming = replace(found.naming, findings=(*found.naming.findings, said_of_thin(grid, thick)))
    vertebrae = thick.back(found.vertebrae)
    lost = _unassigned(subregions, vertebrae)
    return replace(found, vertebrae=vertebrae, naming=naming, unassigned=lost)


def _by_copy(subregions: IntArray, grid: Grid, tell: Tell) -> Separation:
    """Separate fine voxels on a coarser copy."""
    steps = steps_of(grid)
    if max(steps) == 1:
        return _separated(subregions, grid, tell)
    copy, coarse = coarser(subregions, grid, steps)
    found = _separated(copy, coarse, lambda done, what: tell(_ON_THE_COPY * done, what))
    tell(_ON_THE_COPY, "bringing the vertebrae back to fine voxels")
    vertebrae = brought_back(subregions, copy, found.vertebrae, grid, steps)
    return replace(found, vertebrae=vertebrae, unassigned=_unassigned(subregions, vertebrae))


def _unassigned(subregions: IntArray, vertebrae: IntArray) -> int:
    """Return how many voxels of vertebrae belong to none."""
    table = np.zeros(max(256, int(subregions.max(initial=0)) + 1), dtype=bool)
    table[[*BODY, *POSTERIOR]] = True
    return int((table[subregions] & (vertebrae == 0)).sum())


def _separated(subregions: IntArray, grid: Grid, tell: Tell) -> Separation:
    voxels = VoxelList.of(subregions, grid)
    if not voxels.which(BODY).any():
        raise MapError("The subregion map holds no vertebral body.", "Its labels 49 and 50 are the bodies of vertebrae.")
    column = column_of(voxels)
    spine = straighten(voxels, column)
    tell(_STRAIGHTENED, "cutting the column into vertebrae")
    places, owner, posterior = _vertebrae(voxels, spine, column)
    owner = np.where(_specks(voxels), 0, owner).astype(np.int32)
    tell(_CUT, "naming the vertebrae")
    naming = _named(voxels, spine, places, owner)
    labels = _labels(voxels, spine, places, owner, naming)
    levels = judge_levels(voxels, places, owner, posterior, naming.levels)
    sides = check_sides(voxels, spine, np.where(owner > 0, labels, 0))
    lost = int((voxels.which((*BODY, *POSTERIOR)) & (owner == 0)).sum())
    return Separation(voxels.painted(labels), levels, naming, sides, lost)


def _specks(voxels: VoxelList) -> Mask:
    """Say of each voxel whether it lies in a piece of bone too small to be any."""
    piece = voxels.pieces(voxels.which((*BODY, *POSTERIOR)).astype(np.int32))
    volume = np.bincount(piece) * voxels.grid.voxel_volume
    return np.asarray((volume < _LEAST_PIECE)[piece] & (piece > 0))


def _named(voxels: VoxelList, spine: Straightened, places: tuple[Place, ...], owner: Numbers) -> Naming:
    anchors = find_anchors(voxels, spine, places, owner)
    naming = name_levels([place.height for place in places], anchors)
    signs = transitional_signs(voxels, places, owner) if anchors.sacrum else ()
    return replace(naming, findings=(*naming.findings, *signs, *one_sided_rib(voxels, spine, places, naming.levels)))


def _vertebrae(voxels: VoxelList, spine: Straightened, column: Mask) -> tuple[tuple[Place, ...], Numbers, Posterior]:
    """Return the vertebrae in view, the number of each voxel of bodies and posterior parts, and how the latter were shared."""
    bodies = share_out_bodies(voxels, spine, column, find_cuts(voxels, spine, column))
    if not bodies.places:
        raise MapError("The bodies of the subregion map are too small to be vertebrae.", "Check its labels and its spacing.")
    first, last = bodies.places[0], bodies.places[-1]
    asked = (_beyond(first, -1.0), *bodies.places, _beyond(last, 1.0))
    body_owner = np.where(bodies.owner > 0, bodies.owner + 1, 0).astype(np.int32)
    posterior = share_out_posterior(voxels, spine, asked, body_owner)
    there = [place.has_body or posterior.volume[row] > _LEAST_OUTSIDE * place.height**3 for row, place in enumerate(asked)]
    kept = posterior.only(np.array(there))
    # the first place that was asked for is the one beyond the top
    shift = 0 if there[0] else -1
    owner = np.where(body_owner > 0, body_owner + shift, kept.owner).astype(np.int32)
    return tuple(place for place, seen in zip(asked, there, strict=True) if seen), owner, kept


def _beyond(end: Place, way: float) -> Place:
    return Place(end.centre + way * end.height, end.height, None, None, has_body=False)


def _labels(voxels: VoxelList, spine: Straightened, places: tuple[Place, ...], owner: Numbers, naming: Naming) -> IntArray:
    """Return the label of every voxel in the vertebra map."""
    ids = np.array([0, *(each.id for each in naming.levels)], dtype=np.uint8)
    labels = ids[owner]
    labels[voxels.which(SACRUM)] = level_of("S1").id
    centres = np.array([place.centre for place in places])
    return hang_discs(labels, voxels, spine, centres, naming.levels, naming.chain)
