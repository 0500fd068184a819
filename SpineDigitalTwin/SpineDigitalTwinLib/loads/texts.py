"""What the table of the loads holds, and what is said of a result. Knows no Qt and no scene."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from slicer.i18n import tr as _

if TYPE_CHECKING:
    from spinetwin.biomechanics import Interval, Loads
    from spinetwin.biomechanics.results import PastLoads

Value = str | int | float
"""Of a cell; numbers are sorted as numbers."""


def titles(kept: PastLoads | None) -> list[str]:
    """Return the titles of the columns; loads to compare with add what has changed since."""
    first = [
        "#",
        _("Joint"),
        _("Compres-\nsion N"),
        _("95 %\nN"),
        _("Shear\nfwd. N"),
        _("Shear\nright N"),
        _("Moment\nNm"),
        _("Passive\n%"),
    ]
    return first if kept is None else [*first, _("Change of\ncompr. N"), _("Change of\nshear N")]


def rows(found: Loads, spread: Interval | None, kept: PastLoads | None) -> list[list[Value]]:
    """Return a row for each joint from the head down, numbered so that any order can be left again."""
    from spinetwin.anatomy import level

    names = [level(key).name for key in found.levels]
    made = []
    for number, at in enumerate(reversed(range(len(names))), start=1):
        share = float(found.passive_share[at])
        row: list[Value] = [
            number,
            f"{names[at]}/{names[at - 1] if at else 'S1'}",
            round(float(found.compression[at])),
            "" if spread is None else f"{spread.low['compression'][at]:.0f} – {spread.high['compression'][at]:.0f}",
            round(float(found.shear_anterior[at])),
            round(float(found.shear_right[at])),
            round(-float(found.demand[at, 0]), 1) + 0.0,
            "" if math.isnan(share) else round(100 * share),
        ]
        if kept is not None:
            row += [_change(found, kept, name, at) for name in ("compression", "shear_anterior")]
        made.append(row)
    return made


def _change(found: Loads, kept: PastLoads, name: str, at: int) -> Value:
    was = before(kept, name, found.levels[at])
    return "" if was is None else round(float(getattr(found, name)[at]) - was)


def before(kept: PastLoads, name: str, level: int) -> float | None:
    """Return one of the kept forces below a level, N; None for a level that was not there."""
    return float(getattr(kept, name)[kept.levels.index(level)]) if level in kept.levels else None


def text(titles: Sequence[str], rows: Sequence[Sequence[Value]]) -> str:
    """Return a table as a spreadsheet takes it from the clipboard: tabs between columns."""
    lines = [[title.replace("-\n", "").replace("\n", " ") for title in titles], *([str(each) for each in row] for row in rows)]
    return "".join("\t".join(line) + "\n" for line in lines)


def verdict(found: Loads) -> str:
    """Say why a result is not to be trusted, one reason a line; "" when it is."""
    return "\n".join(
        _("Not to be trusted: {reason}").format(reason=each.text) for each in found.findings if each.severity == "red"
    )


def notes(found: Loads, bands: Sequence[str]) -> str:
    """Say what to know of a result and of the grey bands."""
    said = [each.text for each in found.findings if each.severity != "red"]
    if found.in_thorax.any():
        said.append(_("Joints between ribs are pale."))
    if bands:
        said.append(_("Grey bands: {sources}.").format(sources="; ".join(dict.fromkeys(bands))))
    return " ".join(said)


def about(found: Loads, at: str) -> str:
    """Say what loads are that are kept, and when that was."""
    return _("{task}, kept at {time}").format(task=found.task.label or found.task.name, time=at)


def compared(found: Loads, kept: PastLoads) -> str:
    """Say what is compared with, and where compression has changed most."""
    from spinetwin.anatomy import level

    about = _("Compared with: {about}.") if kept.trusted else _("Compared with: {about}, not to be trusted.")
    about = about.format(about=kept.about)
    changes = {
        key: float(found.compression[at]) - was
        for at, key in enumerate(found.levels)
        if (was := before(kept, "compression", key)) is not None
    }
    if not changes:
        return _("{about} No joint is in both.").format(about=about)
    most = max(changes, key=lambda key: abs(changes[key]))
    return _("{about} Compression changed most below {level}: by {newtons} N.").format(
        about=about, level=level(most).name, newtons=f"{changes[most]:+.0f}"
    )
