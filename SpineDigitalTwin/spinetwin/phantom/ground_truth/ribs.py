"""True places of the ribs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..spine import Spine
from .record import RibTruth


def rib_truths(spine: Spine, key: int) -> Mapping[str, RibTruth]:
    """Return what is known of the ribs of a level by side; nothing where it has none."""
    place = spine.frames[key].to_ras
    return MappingProxyType(
        {
            rib.side: RibTruth(
                head=place(rib.axis[0]),
                tubercle=None if rib.tubercle is None else place(rib.tubercle),
                end=place(rib.axis[-1]),
                length=rib.length,
            )
            for rib in spine.ribs.get(key, ())
        }
    )
