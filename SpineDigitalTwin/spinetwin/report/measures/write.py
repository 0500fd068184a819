"""Writing the report of measurements: one html page that needs no other file, its pictures beside it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import WriteError
from ...io.atomic import atomic_write, write_text
from ...measure.results import Measurement, Measurements
from ...measure.table import QUANTITIES, Quantity
from ...poi.model import LEVELS_UNVERIFIED
from ..figures import can_draw, figure_of
from ..frame import NUMBERS, framed
from .numbers import said
from .profiles import draw_profiles
from .spine import draw_spine

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ...measure.subject import Subject

PAGE = "measurements.html"
_POSTURES = {
    False: "Measured lying down: angles and balance of posture differ from those of a standing person.",
    True: "Measured standing, on vertebrae that radiographs have placed.",
}
_DPI = 110
_GROUPS = {
    "scoliosis": "Scoliosis",
    "sagittal": "Sagittal profile",
    "body": "Vertebral bodies",
    "disc": "Discs and slips",
    "canal": "Canal",
    "posterior": "Pedicles and facet joints",
    "curve": "The curve of the spine",
    "volume": "Volumes",
    "muscle": "Muscles",
}


def write_measures_report(subject: Subject, found: Measurements, folder: Path, *, title: str) -> Path:
    """Write the page, and with matplotlib spine.png and profiles.png, into a folder that exists.

    Parameters
    ----------
    subject : Subject
        What was measured.
    found : Measurements
        Its measurements.
    folder : Path
        Where the files go.
    title : str
        Heading of the page; any text.

    Returns
    -------
    Path
        The html page.

    Raises
    ------
    WriteError
        If the folder cannot be written.
    """
    if not folder.is_dir():
        raise WriteError(f"Cannot write the report: there is no folder {folder}.", "Create it first.")
    pictures = {"spine": _png(draw_spine(subject)), "profiles": _png(draw_profiles(found))} if can_draw() else {}
    for name, picture in pictures.items():
        with atomic_write(folder / f"{name}.png") as temporary:
            temporary.write_bytes(picture)
    page = framed(
        __package__,
        NUMBERS,
        title,
        heading=escape(title),
        posture=escape(_conditions(subject)),
        spine=figure_of(pictures.get("spine"), "The spine from the front and from the right, with the lines of its angles."),
        profiles=figure_of(pictures.get("profiles"), "Profiles along the levels, the band of normal values in grey."),
        headlines="\n".join(_curve_rows(found)),
        tables="\n".join(_group_table(found, group, heading) for group, heading in _GROUPS.items()),
        missing=_missing(found),
    )
    write_text(folder / PAGE, page)
    return folder / PAGE


def _conditions(subject: Subject) -> str:
    posture = _POSTURES[subject.standing]
    return f"{posture} {LEVELS_UNVERIFIED}" if subject.unverified else posture


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return buffer.getvalue()


def _curve_rows(found: Measurements) -> Iterator[str]:
    numbers = [each.curve for each in found.of("cobb_patient") if each.curve is not None and not each.missing]
    if not numbers:
        yield '<tr><td colspan="6">No curve of 10 degrees or more.</td></tr>'
    for number in numbers:
        names = ("curve_ends", "curve_apex", "curve_side", "cobb_patient", "apical_rotation", "apical_translation")
        cells = (found.get(name, curve=number) for name in names)
        yield "<tr>" + "".join(f"<td>{_value(each)}</td>" for each in cells) + "</tr>"


def _value(measured: Measurement | None) -> str:
    return escape(said(measured))


def _group_table(found: Measurements, group: str, heading: str) -> str:
    """Return one table of a group: quantities down, or levels down and quantities across where there are levels."""
    quantities = [each for each in QUANTITIES if each.group == group and any(not m.missing for m in found.of(each.name))]
    single = [each for each in quantities if all(m.level is None for m in found.of(each.name))]
    by_level = [each for each in quantities if each not in single]
    if group == "muscle":
        names = dict.fromkeys(m.part for each in by_level for m in found.of(each.name) if m.part)
        parts = [_level_table(Measurements(tuple(m for m in found if m.part == name)), by_level) for name in names]
    else:
        parts = [_single_table(found, single), _level_table(found, by_level)]
    body = "\n".join(part for part in parts if part)
    return f"<details open><summary><h2>{heading}</h2></summary>\n{body}\n</details>" if body else ""


def _single_table(found: Measurements, quantities: Sequence[Quantity]) -> str:
    rows = [
        f'<tr><th scope="row" title="{escape(each.definition)}">{escape(each.label)}</th><td>{escape(measured.where)}</td>'
        f"<td>{_value(measured)}</td><td>{escape(measured.reason)}</td></tr>"
        for each in quantities
        for measured in found.of(each.name)
        if not measured.missing
    ]
    if not rows:
        return ""
    head = "<tr><th>Quantity</th><th>Where</th><th>Value</th><th>Note</th></tr>"
    return f'<div class="scroll"><table><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table></div>'


def _level_table(found: Measurements, quantities: Sequence[Quantity]) -> str:
    columns = [
        (each, side, part)
        for each in quantities
        for (side, part), _ in groupby(sorted({(m.side, m.part) for m in found.of(each.name)}))
    ]
    levels = list(dict.fromkeys(m.level for each in quantities for m in found.of(each.name) if m.level is not None))
    if not columns or not levels:
        return ""
    heads = "".join(
        f'<th title="{escape(each.definition)}">{escape(" ".join((each.label, side, part.replace("_", " "))).strip())}</th>'
        for each, side, part in columns
    )
    rows = "".join(
        f'<tr><th scope="row">{_level_name(key)}</th>'
        + "".join(f"<td>{_value(found.get(each.name, key, side, part=part))}</td>" for each, side, part in columns)
        + "</tr>"
        for key in levels
    )
    return f'<div class="scroll"><table><thead><tr><th>Level</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _level_name(key: int) -> str:
    from ...anatomy import level

    return level(key).name


def _missing(found: Measurements) -> str:
    reasons: dict[str, int] = {}
    for each in found:
        if each.missing:
            reasons[each.reason] = reasons.get(each.reason, 0) + 1
    if not reasons:
        return "<p>Nothing is missing.</p>"
    return "<ul>" + "".join(f"<li>{number} missing: {escape(reason)}</li>" for reason, number in reasons.items()) + "</ul>"
