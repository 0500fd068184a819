"""What a worker says: one event a line, as a JSON object; both the writing and the reading side use these classes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Started:
    """The first event: which process does the work. It is not always the one that was started, see `spinetwin.jobs.tree`."""

    pid: int
    version: str


@dataclass(frozen=True)
class Heartbeat:
    """The process of the worker is alive, though its work may stand still.

    Attributes
    ----------
    quiet_s : float or None
        Seconds since it last said, or tried to say, anything else; None from a worker that does not tell.
    idle_s : float or None
        Seconds since it last used processor time.
    """

    quiet_s: float | None = None
    idle_s: float | None = None


@dataclass(frozen=True)
class Progress:
    """How far the work is: `fraction` in 0 to 1, `eta_s` seconds that remain, None while nobody can tell."""

    stage: str
    fraction: float
    message: str
    eta_s: float | None = None


@dataclass(frozen=True)
class Log:
    """A line for people who look for a cause; `severity` is info, warning, output (printed by a library) or traceback."""

    text: str
    severity: str = "info"


@dataclass(frozen=True)
class LevelReady:
    """One vertebra is done, long before the rest.

    Attributes
    ----------
    level : str
        Its name, such as L3.
    path : str
        Its points as .mrk.json. The file lives as long as the worker: who comes too late finds all levels in the result.
    frame : list of 4 lists of 4 floats
        4x4 matrix from mm along right, anterior and superior of the vertebra to RAS mm; empty where the level has no axes.
    """

    level: str
    path: str
    frame: list[list[float]] = field(default_factory=list)


@dataclass(frozen=True)
class Result:
    """The work is done: what was written, by name, and one line for people."""

    paths: Mapping[str, str]
    summary: str = ""


@dataclass(frozen=True)
class Failure:
    """The work cannot be done: `code` names the kind (a row of endings.csv), the rest is for people."""

    code: str
    message: str
    hint: str = ""


Event: TypeAlias = Started | Heartbeat | Progress | Log | LevelReady | Result | Failure

_CLASSES: Mapping[str, type[Event]] = {
    "started": Started,
    "heartbeat": Heartbeat,
    "progress": Progress,
    "log": Log,
    "level": LevelReady,
    "result": Result,
    "error": Failure,
}
_NAMES = {each: name for name, each in _CLASSES.items()}


def line_of(event: Event) -> bytes:
    """Return an event as one line with its end.

    Letters beyond ASCII are escaped: so a file name that is no valid Unicode, which Linux allows, survives the way too.
    """
    content = {"event": _NAMES[type(event)]} | asdict(event)
    return json.dumps(content, allow_nan=False).encode("ascii") + b"\n"


def event_of(line: str) -> Event:
    """Return the event of a line; a line that is none was printed by somebody else and becomes a `Log`."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return Log(line, "output")
    kind = _CLASSES.get(str(content.get("event"))) if isinstance(content, dict) else None
    if kind is None:
        return Log(line, "output")
    known = {each.name: content[each.name] for each in fields(kind) if each.name in content}
    try:
        fitting = all(_FITS[str(each.type)](known[each.name]) for each in fields(kind) if each.name in known)
        return kind(**known) if fitting else Log(line, "output")
    except TypeError:  # something is missing
        return Log(line, "output")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_row(value: object) -> bool:
    return isinstance(value, list) and len(value) == 4 and all(map(_is_number, value))


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "str": _is_text,
    "int": lambda value: _is_number(value) and value == int(value) > 0,
    "float": _is_number,
    "float | None": lambda value: value is None or _is_number(value),
    "list[list[float]]": lambda value: isinstance(value, list) and len(value) in (0, 4) and all(map(_is_row, value)),
    "Mapping[str, str]": lambda value: isinstance(value, dict) and all(map(_is_text, value.values())),
}
"""What may stand in a field, by the type that the field has above."""
