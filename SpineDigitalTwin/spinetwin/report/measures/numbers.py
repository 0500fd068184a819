"""Numbers as people read them: as many digits as mean something, with the sign of the unit."""

from __future__ import annotations

from ...measure.results import Measurement

_DIGITS = {"1": 3, "1/mm": 5, "mm2": 0, "mm3": 0}
_SIGNS = {"deg": "°", "1": "", "mm2": " mm²", "mm3": " mm³", "1/mm": " /mm"}
NOTHING = "–"


def number(value: float, unit: str) -> str:
    """Return a number with the digits of its unit; never "-0.0"."""
    text = f"{value:.{_DIGITS.get(unit, 1)}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def sign(unit: str) -> str:
    """Return what stands behind a number, with the blank before it where there is one."""
    return _SIGNS.get(unit, f" {unit}")


def said(measured: Measurement | None) -> str:
    """Return a value with its uncertainty and unit, a word, or a dash for what is missing."""
    if measured is None or measured.missing:
        return NOTHING
    if measured.value is None:
        return measured.text
    spread = "" if measured.uncertainty is None else f" ± {number(measured.uncertainty, measured.unit)}"
    return f"{number(measured.value, measured.unit)}{spread}{sign(measured.unit)}"
