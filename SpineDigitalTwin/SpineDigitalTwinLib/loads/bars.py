"""Bars of compression and shear, joint by joint from the head down, as boxes, strokes and words. Knows no Qt and no scene."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from slicer.i18n import tr as _

from .texts import before

if TYPE_CHECKING:
    from spinetwin.biomechanics import Interval, Loads
    from spinetwin.biomechanics.results import PastLoads

ROW, HEAD, FOOT, NAMES = 17.0, 20.0, 18.0, 54.0
"""Pixels: height of a joint, of what stands above and below, width of the names."""

_GAP, _TICKS = 34.0, 4
_SHARES = (0.58, 0.42)
_INK, _PALE = "#1f5fd6", "#9db4dd"
_RED, _PALE_RED = "#b3261e", "#e0a29d"
_KEPT, _BAND, _TEXT, _GRID = "#c98a12", "#d5d9df", "#30343a", "#e4e6ea"
_WHISKER = "#101010"


@dataclass(frozen=True)
class Box:
    """A filled rectangle, pixels from the upper left corner."""

    left: float
    top: float
    width: float
    height: float
    ink: str


@dataclass(frozen=True)
class Stroke:
    """A line."""

    start: tuple[float, float]
    end: tuple[float, float]
    ink: str
    width: float = 1.0


@dataclass(frozen=True)
class Word:
    """A text within a rectangle; `align` is "left", "right" or "centre"."""

    left: float
    top: float
    width: float
    height: float
    text: str
    ink: str = _TEXT
    align: str = "left"


Shape = Box | Stroke | Word


@dataclass(frozen=True)
class _Scale:
    """From newtons to pixels."""

    low: float
    high: float
    left: float
    width: float

    def __call__(self, newtons: float) -> float:
        return self.left + self.width * (newtons - self.low) / (self.high - self.low)


def height(found: Loads) -> float:
    """Return how many pixels high the bars of a result are."""
    return HEAD + ROW * len(found.levels) + FOOT


def shapes(found: Loads, spread: Interval | None, kept: PastLoads | None, width: float) -> list[Shape]:
    """Return what is drawn, the hindmost first.

    Parameters
    ----------
    found : Loads
        Drawn red where they are not to be trusted.
    spread : Interval or None
        Whiskers of 95 %.
    kept : PastLoads or None
        Narrow bars below the others.
    width : float
        Pixels.
    """
    from spinetwin.anatomy import level

    names = [level(key).name for key in found.levels]
    drawn: list[Shape] = [
        Word(0, _top(found, row), NAMES - 6, ROW, f"{above}/{below}", align="right")
        for row, (above, below) in enumerate(zip(names, ["S1", *names], strict=False))
    ]
    room, left = width - NAMES - _GAP - 14, NAMES
    for (name, title), share in zip(_columns(), _SHARES, strict=True):
        bands = _bands(found) if name == "compression" else []
        scale = _scale(_reach(found, spread, kept, name, bands), left, share * room)
        drawn += _axis(found, scale, title)
        drawn += [Box(scale(low), _top(found, row), scale(high) - scale(low), ROW, _BAND) for row, low, high in bands]
        drawn += _bars(found, spread, kept, name, scale)
        left += share * room + _GAP
    return drawn


def _columns() -> tuple[tuple[str, str], ...]:
    return ("compression", _("Compression, N")), ("shear_anterior", _("Shear forward, N"))


def _top(found: Loads, row: int) -> float:
    """Return where the row of a joint begins; the lowest joint is row 0 and stands at the bottom."""
    return HEAD + ROW * (len(found.levels) - 1 - row)


def _bands(found: Loads) -> list[tuple[int, float, float]]:
    """Return row, low and high of what was published for this task, N."""
    from spinetwin.anatomy import level

    rows = {level(key).name: row for row, key in enumerate(found.levels)}
    return [(rows[each["level"]], float(each["low_n"]), float(each["high_n"])) for each in _published(found)]


def published(found: Loads) -> list[str]:
    """Return what each grey band is, for people: level, newtons, whether and of whom measured, and where they come from."""
    return [
        _("Grey below {level}: {low:.0f} to {high:.0f} N, {basis}: {source}").format(
            level=each["level"],
            low=float(each["low_n"]),
            high=float(each["high_n"]),
            basis=each["basis"],
            source=each["source"],
        )
        for each in _published(found)
    ]


def sources(found: Loads) -> list[str]:
    """Return where the grey bands come from; nothing where there are none."""
    return [f"{each['basis']}, {each['source']}" for each in _published(found)]


def _published(found: Loads) -> list[dict[str, str]]:
    """Return the rows of the table of published bands that are of this task and of levels that the model has."""
    from spinetwin.anatomy import level

    names = {level(key).name for key in found.levels}
    return [each for each in _table() if each["task"] == found.task.name and each["level"] in names]


@cache
def _table() -> list[dict[str, str]]:
    from spinetwin.anatomy.tables import read_table

    return list(read_table("published_bands.csv", "spinetwin.biomechanics"))


def _reach(
    found: Loads, spread: Interval | None, kept: PastLoads | None, name: str, bands: Sequence[tuple[int, float, float]]
) -> tuple[float, float]:
    values = [0.0, *getattr(found, name)]
    if spread is not None:
        values += [*spread.low[name], *spread.high[name]]
    if kept is not None:
        values += [each for key in found.levels if (each := before(kept, name, key)) is not None]
    values += [end for _row, *ends in bands for end in ends]
    return float(min(values)), float(max(values))


def _scale(reach: tuple[float, float], left: float, width: float) -> _Scale:
    low, high = reach
    step = _step(max(high - low, 1.0) / _TICKS)
    return _Scale(step * np.floor(low / step), step * max(np.ceil(high / step), np.floor(low / step) + 1), left, width)


def _step(rough: float) -> float:
    """Return the least of 1, 2, 5, 10, ... that is not below."""
    power = 10.0 ** np.floor(np.log10(rough))
    return float(next(each * power for each in (1, 2, 5, 10) if each * power >= rough * (1 - 1e-9)))


def _axis(found: Loads, scale: _Scale, title: str) -> Iterator[Shape]:
    top, bottom = HEAD, HEAD + ROW * len(found.levels)
    step = _step((scale.high - scale.low) / _TICKS)
    for tick in np.arange(np.ceil(scale.low / step), np.floor(scale.high / step) + 1) * step:
        at = scale(tick)
        yield Stroke((at, top), (at, bottom), _TEXT if tick == 0 else _GRID)
        yield Word(at - 30, bottom + 2, 60, FOOT - 2, f"{tick + 0.0:g}", align="centre")
    yield Word(scale.left, 0, scale.width, HEAD - 2, title)


def _bars(found: Loads, spread: Interval | None, kept: PastLoads | None, name: str, scale: _Scale) -> Iterator[Shape]:
    strong, pale = (_INK, _PALE) if found.trusted else (_RED, _PALE_RED)
    values = getattr(found, name)
    for row, (key, value, inThorax) in enumerate(zip(found.levels, values, found.in_thorax, strict=True)):
        top = _top(found, row)
        was = before(kept, name, key) if kept is not None else None
        if was is not None:
            yield _bar(scale, was, top + 0.66 * ROW, 0.24 * ROW, _KEPT)
        yield _bar(
            scale, float(value), top + 0.14 * ROW, (0.5 if was is not None else 0.72) * ROW, pale if inThorax else strong
        )
    if spread is not None:
        middle = (0.39 if kept is not None else 0.5) * ROW
        for row, ends in enumerate(zip(spread.low[name], spread.high[name], strict=True)):
            yield from _whisker(scale(float(ends[0])), scale(float(ends[1])), _top(found, row) + middle)


def _bar(scale: _Scale, value: float, top: float, high: float, ink: str) -> Box:
    left, right = sorted((scale(0.0), scale(value)))
    return Box(left, top, max(right - left, 1.0), high, ink)


def _whisker(low: float, high: float, middle: float) -> Iterator[Shape]:
    yield Stroke((low, middle), (high, middle), _WHISKER)
    for end in (low, high):
        yield Stroke((end, middle - 2.5), (end, middle + 2.5), _WHISKER)
