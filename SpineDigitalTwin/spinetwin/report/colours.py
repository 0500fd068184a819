"""Every colour of the report in one place. Hues after Okabe and Ito (2008), safe for colour-blind readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..anatomy import LEVELS, SubregionId, level

_REGIONS: dict[str, tuple[str, str]] = {
    "cervical": ("#8fc1e3", "#bcdcf0"),
    "thoracic": ("#e6cb93", "#f3e4c2"),
    "lumbar": ("#cfa3c0", "#e5cadb"),
    "sacral": ("#93c9b3", "#bfe0d2"),
    "coccygeal": ("#c6c6c6", "#dedede"),
}
FAMILIES: dict[str, str] = {
    "ligament": "#009e73",
    "muscle": "#a8322a",
    "body": "#1d3f72",
    "process": "#5b4a3f",
    "canal and disc": "#35b3e6",
    "frame": "#777777",
}
"""Colour of the ok points of a family."""

SUSPECT = "#ffab00"
EDITED = "#e4007c"
AXES = ("#d62728", "#2ca02c", "#1f5fd6")
"""Right, anterior, superior."""
INK = "#22262b"
OUTLINE = "#14171a"

_SUBREGIONS: dict[int, str] = {
    SubregionId.SACRUM: "#93c9b3",
    SubregionId.ARCH: "#d9a066",
    SubregionId.SPINOUS: "#b5763f",
    SubregionId.COSTAL_LEFT: "#a9bf6b",
    SubregionId.COSTAL_RIGHT: "#8aa354",
    SubregionId.SUPERIOR_ARTICULAR_LEFT: "#c58fc0",
    SubregionId.SUPERIOR_ARTICULAR_RIGHT: "#a873a8",
    SubregionId.INFERIOR_ARTICULAR_LEFT: "#e5a5a5",
    SubregionId.INFERIOR_ARTICULAR_RIGHT: "#cf8686",
    SubregionId.BODY_BORDER: "#ecd6a4",
    SubregionId.BODY: "#ecd6a4",
    SubregionId.DENS: "#d9bd7a",
    SubregionId.ENDPLATE_SUPERIOR: "#6d7f99",
    SubregionId.ENDPLATE_INFERIOR: "#8698b0",
    SubregionId.CORD: "#f2d43d",
    SubregionId.CANAL: "#cfe6f5",
    SubregionId.ENDPLATE: "#7a8ca6",
    SubregionId.RIB_LEFT: "#d8cbb0",
    SubregionId.RIB_RIGHT: "#c6b797",
    SubregionId.DISC: "#9db4c0",
}


def of_subregion(label: int) -> str:
    """Return the colour of a subregion label; grey for one that anatomy does not know."""
    return _SUBREGIONS.get(label, "#bbbbbb")


def of_level(key: int) -> str:
    """Return the colour of a level: a hue for the region, light and dark in turn down the spine."""
    chosen = level(key)
    region = [each.id for each in LEVELS if each.region == chosen.region]
    return _REGIONS[chosen.region][region.index(key) % 2]


def regions_of(levels: Iterable[int]) -> Sequence[tuple[str, str]]:
    """Return (region, colour) of the regions that these levels belong to, from the top."""
    regions = {level(each).region for each in levels}
    return [(name, dark) for name, (dark, _) in _REGIONS.items() if name in regions]


def rgb(colour: str) -> tuple[float, float, float]:
    """Return red, green, blue from 0 to 1 of ``#rrggbb``."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255.0 for at in (1, 3, 5))
    return red, green, blue
