"""Volumes of the parts of a vertebra and of its discs, counted in voxels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from ..anatomy import SUBREGIONS, level
from ..anatomy.subregions import SubregionId
from .regions import Regions
from .results import Measurement
from .spread import volume_spread
from .table import Quantity

_PART_NAMES = {each.id: each.name for each in SUBREGIONS}
_UNTOLD = "the map does not tell the parts behind the body apart"


def volume_measurements(
    regions: Regions | None, levels: tuple[int, ...], quantity: Quantity, *, spread: bool
) -> Iterator[Measurement]:
    """Yield a quantity of every part of every level.

    Parameters
    ----------
    spread : bool
        Whether to say how far each may be off.
    """
    if regions is None:
        yield Measurement(quantity.name, None, quantity.unit, reason="there are no label maps")
        return
    for key in levels:
        yield from _VALUES[quantity.function](regions, quantity, key, spread)


def _part_volumes(regions: Regions, quantity: Quantity, key: int, spread: bool) -> Iterator[Measurement]:
    """Yield the volume of each part of a level."""
    spreads = _spreads(regions, key) if spread else {}
    for label, volume in regions.volumes(key).items():
        if regions.whole and label == SubregionId.ARCH:
            yield Measurement(quantity.name, None, quantity.unit, key, reason=_UNTOLD)
            continue
        part = _PART_NAMES.get(label, str(label))
        yield Measurement(quantity.name, volume, quantity.unit, key, part=part, uncertainty=spreads.get(label))


def _disc_volumes(regions: Regions, quantity: Quantity, key: int, spread: bool) -> Iterator[Measurement]:
    """Yield the volume of the disc below a level."""
    disc = level(key).disc_id or -1
    volume = sum(regions.volumes(disc).values())
    if volume:
        spreads = _spreads(regions, disc) if spread else {}
        total = float(np.sqrt(sum(each**2 for each in spreads.values()))) if spreads else None
        yield Measurement(quantity.name, volume, quantity.unit, key, uncertainty=total)


def _asymmetries(regions: Regions, quantity: Quantity, key: int, spread: bool) -> Iterator[Measurement]:
    """Yield by how much paired parts differ: right less left over their mean."""
    volumes = {_PART_NAMES.get(label, ""): volume for label, volume in regions.volumes(key).items()}
    spreads = {_PART_NAMES.get(label, ""): each for label, each in (_spreads(regions, key) if spread else {}).items()}
    for name, right in volumes.items():
        other = name.removesuffix("_right") + "_left"
        left = volumes.get(other)
        if name.endswith("_right") and left:
            mean = (right + left) / 2
            off = float(np.hypot(spreads[name], spreads[other])) / mean if spreads else None
            part = name.removesuffix("_right")
            yield Measurement(quantity.name, (right - left) / mean, quantity.unit, key, part=part, uncertainty=off)


def _spreads(regions: Regions, key: int) -> Mapping[int, float]:
    """Return the standard deviation of the volume of every part of a level, mm3, by label."""

    def counted() -> dict[int, float]:
        voxel = regions.maps.grid.voxel_volume
        return {label: volume_spread(faces, voxel) for label, faces in regions.faces(key).items()}

    return regions.remembered(("volume spreads", key), counted)


_VALUES: dict[str, Callable[[Regions, Quantity, int, bool], Iterator[Measurement]]] = {
    "part_volume": _part_volumes,
    "disc_volume": _disc_volumes,
    "volume_asymmetry": _asymmetries,
}
