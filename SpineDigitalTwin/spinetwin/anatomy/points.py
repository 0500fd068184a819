"""Points of interest (POIs): ids (compatible with TPTBox), names, families and mirror partners.

What a point *is* (its rule) is a row of ``poi/rules``; this table only says what it is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ..errors import ParameterError
from .tables import read_table


class PointId(IntEnum):
    """The points that code asks for by name; every other point is only a row of the table.

    ALL and PLL are the anterior and posterior longitudinal ligaments.
    """

    ARCH = 41
    SPINOUS = 42
    SUPERIOR_ARTICULAR_LEFT = 45
    SUPERIOR_ARTICULAR_RIGHT = 46
    INFERIOR_ARTICULAR_LEFT = 47
    INFERIOR_ARTICULAR_RIGHT = 48
    BODY = 50
    CANAL = 61
    MUSCLE_BODY_LEFT = 84
    MUSCLE_BODY_RIGHT = 85
    DISC = 100
    ALL_SUPERIOR = 101
    PLL_SUPERIOR = 102
    ALL_INFERIOR = 103
    PLL_INFERIOR = 104
    BODY_SUPERIOR = 105
    BODY_POSTERIOR = 106
    BODY_INFERIOR = 107
    BODY_ANTERIOR = 108
    ALL_SUPERIOR_LEFT = 109
    PLL_SUPERIOR_LEFT = 110
    ALL_INFERIOR_LEFT = 111
    PLL_INFERIOR_LEFT = 112
    ALL_SUPERIOR_RIGHT = 117
    PLL_SUPERIOR_RIGHT = 118
    ALL_INFERIOR_RIGHT = 119
    PLL_INFERIOR_RIGHT = 120
    DIRECTION_POSTERIOR = 128
    DIRECTION_INFERIOR = 129
    DIRECTION_RIGHT = 130


@dataclass(frozen=True)
class PointName:
    """What one POI is called.

    Attributes
    ----------
    id : int
        Number used in every file format.
    name : str
        snake_case name for code and tables.
    label : str
        Readable label shown to people.
    family : str
        ligament, muscle, body, process, canal and disc, or frame.
    side : str
        left, right or median.
    mirror : int
        Id of the point on the other side (its own id for a median point).
    """

    id: int
    name: str
    label: str
    family: str
    side: str
    mirror: int


POINTS: tuple[PointName, ...] = tuple(
    PointName(int(row["id"]), row["name"], row["label"], row["family"], row["side"], int(row["mirror"]))
    for row in read_table("points_of_interest.csv")
)
_BY_ID = {each.id: each for each in POINTS}
_BY_NAME = {each.name: each for each in POINTS}


def point(key: int | str) -> PointName:
    """Look a POI up by id, by name, or by a number written as text.

    Raises
    ------
    ParameterError
        If there is no such point.

    Examples
    --------
    >>> point(81).name
    'muscle_insertion_spinous_process'
    """
    if isinstance(key, str) and not key.strip().isdecimal():
        found = _BY_NAME.get(key.strip().lower())
    else:
        found = _BY_ID.get(int(key))
    if found is None:
        raise ParameterError(f"There is no point of interest {key!r}.", "`spinetwin points` lists them.")
    return found


def parse_points(text: str) -> tuple[PointName, ...]:
    """Read a list of ids, names or families such as ``"101,muscle,body_superior_median"``."""
    chosen: dict[int, PointName] = {}
    for part in (each.strip() for each in text.split(",")):
        family = [each for each in POINTS if each.family == part.lower()]
        for each in family or [point(part)]:
            chosen[each.id] = each
    return tuple(chosen[key] for key in sorted(chosen))
