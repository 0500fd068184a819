"""Names of vertebrae that somebody else has told from each other: given by the rules of the separation, or checked by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..anatomy import Level, SubregionId
from ..errors import MapError, SpineTwinError
from ..geometry import FloatArray, Grid, IntArray, LabelMaps
from .chain import Chain, is_presacral
from .levels import levels_of, rename_levels
from .separation.bodies import Place
from .separation.centreline import Straightened, straighten
from .separation.column import column_of
from .separation.naming import Naming, name_levels
from .separation.shapes import find_anchors, transitional_signs
from .separation.voxels import BODY, POSTERIOR, VoxelList

_USUAL_MM = 35.0
"""Height of a vertebra that has no neighbour to be measured from."""
_TOLD = 1.0
"""Evidence for a border that has been drawn already."""


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
    transitional : tuple of str
        What speaks for a transitional vertebra, in words; among the findings of `naming`, too.
    """

    vertebrae: npt.NDArray[np.uint8]
    naming: Naming
    numbers: tuple[int, ...]
    transitional: tuple[str, ...] = ()


def name_instances(instances: IntArray, subregions: IntArray, grid: Grid) -> NamedInstances:
    """Name vertebrae that are numbered.

    Parameters
    ----------
    instances : (i, j, k) array of int
        1, 2, ... in any order; 0 for none.
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
        raise MapError("The vertebrae that were told from each other lie outside the bone of the subregion map.")
    spine = straighten(voxels, column_of(voxels))
    numbers, places = _places(owner, voxels, spine)
    rows = np.zeros(int(owner.max()) + 1, dtype=np.int32)
    rows[list(numbers)] = np.arange(1, len(numbers) + 1)
    anchors = find_anchors(voxels, spine, places, rows[owner])
    naming = name_levels([place.height for place in places], anchors)
    transitional = transitional_signs(voxels, places, rows[owner]) if anchors.sacrum else ()
    naming = replace(naming, findings=(*naming.findings, *transitional))
    ids = np.array([0, *(each.id for each in naming.levels)], dtype=np.uint8)
    vertebrae = np.asarray(voxels.painted(ids[rows[owner]]), dtype=np.uint8)
    return NamedInstances(vertebrae, naming, numbers, transitional)


def named_anew(maps: LabelMaps) -> tuple[LabelMaps, tuple[str, ...]]:
    """Name the vertebrae of a map whose labels only count them; their discs and endplates follow.

    Parameters
    ----------
    maps : LabelMaps
        A disc without a level is the one above the uppermost vertebra.

    Returns
    -------
    LabelMaps
    tuple of str
        What the names rest on, what a person is asked, and what is unusual.

    Raises
    ------
    MapError
        As `name_instances`.
    """
    named = name_instances(_whole_vertebrae(maps), maps.subregions, maps.grid)
    levels = named.naming.levels
    strays = [each for each in _presacral(maps.vertebrae) if each.id not in named.numbers]
    kept = replace(maps, vertebrae=_without(maps.vertebrae, strays))
    mapping = {number: each.id for number, each in zip(named.numbers, levels, strict=True)}
    renamed = rename_levels(kept, mapping).maps
    said = (f"Left out as they lie outside the bone: {len(strays)} of the vertebrae.",) if strays else ()
    return _with_upper_disc(renamed, levels[0], named.naming.chain), (*named.naming.said, *said)


def names_checked(maps: LabelMaps) -> tuple[str, ...]:
    """Say where the names that a map brings along do not agree with the anchors in view, and what is unusual in it.

    Without an anchor there is nothing to check them by: the sizes of vertebrae are no reason to doubt a name.

    Parameters
    ----------
    maps : LabelMaps
    """
    own = _presacral(maps.vertebrae)
    unusual = [f"The map has a {each.name}: check that there is one." for each in own if each.name in ("T13", "L6")]
    try:
        named = name_instances(_whole_vertebrae(maps), maps.subregions, maps.grid)
    except SpineTwinError:
        # whole vertebrae whose bodies nobody knows, or pieces: what is wrong with these is said where they are looked at
        return tuple(unusual)
    given = [next(each for each in own if each.id == number) for number in named.numbers]
    return (*_disagreement(given, named.naming), *unusual, *named.transitional)


def _disagreement(given: Sequence[Level], naming: Naming) -> tuple[str, ...]:
    if not naming.anchors or tuple(given) == naming.levels:
        return ()
    anchors = " and ".join(naming.anchors)
    said = f"The map calls its vertebrae {_span(given)}; counted from what else is in view ({anchors}) they are "
    return (f"{said}{_span(naming.levels)}. The names of the map were kept: check them.",)


def _span(levels: Sequence[Level]) -> str:
    return levels[0].name if len(levels) == 1 else f"{levels[0].name} to {levels[-1].name}"


def _presacral(vertebrae: IntArray) -> list[Level]:
    return [each for each in levels_of(vertebrae) if is_presacral(each.id)]


def _whole_vertebrae(maps: LabelMaps) -> IntArray:
    """Return the vertebra map without discs, endplates and sacrum."""
    table = np.zeros(int(np.iinfo(maps.vertebrae.dtype).max) + 1, dtype=maps.vertebrae.dtype)
    numbers = [each.id for each in _presacral(maps.vertebrae)]
    table[numbers] = numbers
    return np.asarray(table[maps.vertebrae])


def _without(vertebrae: IntArray, levels: Sequence[Level]) -> IntArray:
    labels = [label for each in levels for label in (each.id, each.disc_id, each.endplate_id) if label is not None]
    return np.where(np.isin(vertebrae, labels), 0, vertebrae).astype(vertebrae.dtype) if labels else vertebrae


def _with_upper_disc(maps: LabelMaps, first: Level, chain: Chain) -> LabelMaps:
    """Give the disc above the uppermost vertebra to the level that would lie above it."""
    above = [each.disc_id for each in chain.levels if each.order < first.order]
    disc = (maps.subregions == SubregionId.DISC) & (maps.vertebrae == 0)
    if not disc.any() or not above or above[-1] is None:
        return maps
    return replace(maps, vertebrae=np.where(disc, above[-1], maps.vertebrae).astype(maps.vertebrae.dtype))


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
    last, ends_at_disc = len(numbers) - 1, _has_disc_below(float(centres[-1]), voxels, spine)
    return tuple(int(each) for each in numbers), tuple(
        Place(
            float(centres[row]),
            float(heights[row]),
            _TOLD if row else None,
            _TOLD if row < last or ends_at_disc else None,
            has_body=bool(with_body[number]),
        )
        for row, number in enumerate(numbers)
    )


def _has_disc_below(last: float, voxels: VoxelList, spine: Straightened) -> bool:
    """Say whether a disc lies below the last vertebra; where no disc is labelled at all, none is missing."""
    discs = spine.along[voxels.which((int(SubregionId.DISC),))]
    return not len(discs) or bool((discs > last).any())


def _heights(centres: FloatArray) -> FloatArray:
    """Return the distance of neighbouring middles at each, mm."""
    if len(centres) < 2:
        return np.full(len(centres), _USUAL_MM)
    return np.maximum(np.gradient(centres), 1.0)
