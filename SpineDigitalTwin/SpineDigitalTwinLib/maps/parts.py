"""What one segment stands for: a part of a level, by its labels in the two maps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from slicer.i18n import tr as _

if TYPE_CHECKING:
    from spinetwin.anatomy import Level

GREY = (0.7, 0.7, 0.7)


@dataclass(frozen=True, order=True)
class Part:
    """One part of one level.

    Attributes
    ----------
    vertebra : int
        Label in the vertebra map: of a level, of the disc below it, or of its endplates; 0 for none.
    subregion : int
        Label in the subregion map; 0 for none.
    """

    vertebra: int
    subregion: int


@cache
def _levels() -> dict[int, Level]:
    from spinetwin.anatomy import LEVELS

    found = {}
    for each in LEVELS:
        found.update({label: each for label in (each.id, each.disc_id, each.endplate_id, each.rib_id) if label is not None})
    return found


def levelOf(vertebra: int) -> Level | None:
    """Return the level that a label of the vertebra map belongs to, discs and endplates included."""
    return _levels().get(vertebra)


@cache
def groupOf(part: Part) -> str:
    """Return the group that a part is shown with; "posterior" for a vertebra whose part is not known."""
    from spinetwin.anatomy import SUBREGIONS, group_of

    known = {each.id for each in SUBREGIONS}
    return group_of(part.subregion) if part.subregion in known else "posterior"


@cache
def nameOf(part: Part, below: int | None = None) -> str:
    """Return what people read: "L3 spinous process", "L3/L4 disc", "Spinal canal".

    Parameters
    ----------
    part : Part
    below : int, optional
        Label of the next level below in the same map.
    """
    from spinetwin.anatomy import SUBREGIONS, SubregionId, short_name

    level = levelOf(part.vertebra)
    known = {each.id for each in SUBREGIONS}
    text = short_name(part.subregion) if part.subregion in known else _("part {label}").format(label=part.subregion)
    if level is None:
        return text.capitalize() if part.vertebra == 0 else f"{part.vertebra} {text}"
    if part.subregion == SubregionId.DISC:
        lower = levelOf(below) if below is not None else None
        return f"{level.name}/{lower.name} {text}" if lower else f"{level.name} {text}"
    return level.name if part.subregion in (0, SubregionId.SACRUM) else f"{level.name} {text}"


@cache
def colourOf(part: Part, *, byLevel: bool = False) -> tuple[float, float, float]:
    """Return the colour of a part: of the subregion, or of the level it belongs to."""
    from spinetwin.report import colours

    level = levelOf(part.vertebra)
    if byLevel and level is not None and groupOf(part) != "canal":
        return colours.rgb(colours.of_level(level.id))
    return colours.rgb(colours.of_subregion(part.subregion)) if part.subregion else GREY


def rank(part: Part) -> tuple[int, int]:
    """Return where a part stands in a list: levels from the top, then by subregion; what has no level comes last."""
    level = levelOf(part.vertebra)
    return (level.order if level else 1000, part.subregion)
