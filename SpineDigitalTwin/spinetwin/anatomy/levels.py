"""Vertebral levels: ids (compatible with TPTBox and SPINEPS), names and their order from the top."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ParameterError
from .tables import read_table


@dataclass(frozen=True)
class Level:
    """One vertebral level.

    Attributes
    ----------
    id : int
        Label value in a vertebra map.
    name : str
        The name people use: C1, T12, L3.
    order : int
        Rank from the top; T13 lies between T12 and L1 although its id does not.
    region : str
        cervical, thoracic, lumbar, sacral or coccygeal.
    disc_id, endplate_id : int or None
        Labels, in a vertebra map, of the disc below and of the endplates.
    rib_id : int or None
        Label, in a vertebra map, of its ribs.
    """

    id: int
    name: str
    order: int
    region: str
    disc_id: int | None
    endplate_id: int | None
    rib_id: int | None = None


def _optional(text: str) -> int | None:
    return int(text) if text else None


def _read() -> tuple[Level, ...]:
    return tuple(
        Level(
            id=int(row["label"]),
            name=row["name"],
            order=int(row["order_from_the_top"]),
            region=row["region"],
            disc_id=_optional(row["label_of_the_disc_below"]),
            endplate_id=_optional(row["label_of_its_endplates"]),
            rib_id=_optional(row["label_of_its_ribs"]),
        )
        for row in read_table("vertebrae.csv")
    )


LEVELS: tuple[Level, ...] = tuple(sorted(_read(), key=lambda level: level.order))
"""Every known level, top to bottom."""

_BY_ID = {level.id: level for level in LEVELS}
_BY_NAME = {level.name.upper(): level for level in LEVELS}


def level(key: int | str) -> Level:
    """Look a level up by id or by name.

    Raises
    ------
    ParameterError
        If there is no such level.

    Examples
    --------
    >>> level("L3").id, level(28).name
    (22, 'T13')
    """
    found = _BY_NAME.get(key.strip().upper()) if isinstance(key, str) else _BY_ID.get(int(key))
    if found is None:
        raise ParameterError(f"There is no vertebral level {key!r}.", "Levels are named C1 to C7, T1 to T13, L1 to L6, S1.")
    return found


def levels_between(first: Level, last: Level) -> tuple[Level, ...]:
    """Return the levels from `first` down to `last`, both included, in anatomical order."""
    if first.order > last.order:
        raise ParameterError(f"{first.name} lies below {last.name}.", "Give a range from the top down, such as T1-L5.")
    return tuple(each for each in LEVELS if first.order <= each.order <= last.order)


def parse_levels(text: str) -> tuple[Level, ...]:
    """Read a list such as ``"T1-L5,S1"``.

    Examples
    --------
    >>> [each.name for each in parse_levels("T12-L1, L5")]
    ['T12', 'T13', 'L1', 'L5']
    """
    chosen: set[Level] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        chosen.update(levels_between(level(first), level(last or first)))
    return tuple(sorted(chosen, key=lambda each: each.order))
