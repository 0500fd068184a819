r"""Status and provenance of a point as one line that people read and programs parse.

Slicer keeps the description of a control point and drops unknown keys, so everything that is not a position travels here::

    ok; paper 1; computed 1.25 -3.5 88.125
    suspect: the ray left the image; paper 1; computed 1.25 -3.5 88.125
    missing: no spinous process; paper 1
    ok; edited; computed 1.25 -3.5 88.125

that is ``status[: reason]; source[; computed x y z]`` with the position that the rules gave, in RAS mm, whatever the coordinate
system of the file. A backslash, a semicolon and a line break inside a text are written ``\\``, ``\;`` and ``\n``.

The computed position is always there. A control point that lies elsewhere was moved by a person since: it comes back as edited.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from ..poi.model import EDITED, Poi, Position, Status

MOVED_MM = 1e-4
"""Nearer than this, a position is the computed one; some programs round when they write."""

REMOVED = "its position was removed by hand"
NOT_PLACED = "the file holds no position"

_ESCAPES = {"\\": "\\\\", ";": "\\;", "\n": "\\n", "\r": "\\r"}
_UNESCAPES = {"\\": "\\", ";": ";", "n": "\n", "r": "\r"}
_FIELD = re.compile(r"(?:[^\\;]|\\.)*")
_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
_COMPUTED = re.compile(rf"computed {_NUMBER} {_NUMBER} {_NUMBER}")


@dataclass(frozen=True)
class _Parsed:
    status: Status
    reason: str
    source: str
    computed: Position | None


def describe(poi: Poi) -> str:
    """Return the line for a point.

    Examples
    --------
    >>> describe(Poi(22, 101, Status.OK, (1.25, -3.5, 88.125), source="paper 1"))
    'ok; paper 1; computed 1.25 -3.5 88.125'
    """
    head = str(poi.status) + (f": {_escape(poi.reason)}" if poi.reason else "")
    computed = poi.computed if poi.edited else poi.position or poi.computed
    fields = [head, _escape(poi.source)]
    if computed is not None:
        fields.append("computed " + " ".join(repr(float(x)) for x in computed))
    return "; ".join(fields)


def restore(level: int, point: int, text: str, position: Position | None) -> Poi:
    """Make a point from its description and the place where a file has it now.

    Parameters
    ----------
    level, point : int
        Ids.
    text : str
        A description; one that a person wrote is kept as the reason of the point.
    position : (3,) tuple or None
        RAS mm.
    """
    found = _parse(text)
    if found is None:
        if position is None:
            return Poi(level, point, Status.MISSING, None, text or NOT_PLACED)
        return Poi(level, point, Status.OK, position, text)
    if position is None:
        if found.status is Status.MISSING:
            return Poi(level, point, Status.MISSING, None, found.reason, found.source, found.computed)
        return Poi(level, point, Status.MISSING, None, REMOVED, EDITED, found.computed)
    if found.source == EDITED and found.status is not Status.MISSING:
        return Poi(level, point, found.status, position, found.reason, EDITED, found.computed)
    if found.status is Status.MISSING or (found.computed and math.dist(position, found.computed) > MOVED_MM):
        return Poi(level, point, Status.OK, position, source=EDITED, computed=found.computed)
    return Poi(level, point, found.status, found.computed or position, found.reason, found.source)


def position_in(text: str) -> Position | None:
    """Return the computed position that a description holds, RAS mm; None where it has none or is no description."""
    found = _parse(text)
    return None if found is None or found.status is Status.MISSING else found.computed


def _escape(text: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _UNESCAPES.get(match[1], match[0]), text)


def _parse(text: str) -> _Parsed | None:
    fields = _split(text)
    head, colon, reason = fields[0].partition(": ")
    if head not in tuple(Status) or not 2 <= len(fields) <= 3:
        return None
    computed = None
    if len(fields) == 3:
        match = _COMPUTED.fullmatch(fields[2])
        if match is None:
            return None
        computed = float(match[1]), float(match[2]), float(match[3])
        if not all(map(math.isfinite, computed)):
            return None
    return _Parsed(Status(head), _unescape(reason) if colon else "", _unescape(fields[1]), computed)


def _split(text: str) -> list[str]:
    """Split at semicolons that are not escaped; one blank after each belongs to it."""
    fields, at = [], 0
    while True:
        match = _FIELD.match(text, at)
        end = match.end() if match else at
        fields.append(text[at:end])
        if end >= len(text) or text[end] != ";":
            return fields
        at = end + (2 if text[end + 1 : end + 2] == " " else 1)
