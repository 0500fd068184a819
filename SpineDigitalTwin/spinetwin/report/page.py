"""The html page: one file that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from string import Template

from .. import __version__
from ..anatomy import level
from ..poi import PoiSet, Status
from ..poi.model import LEVELS_UNVERIFIED
from .tables import Finding, LevelRow, findings, level_ranges, level_rows, sources
from .views import VIEWS


def render_page(title: str, pois: PoiSet, pictures: Mapping[str, bytes], close_up_level: int | None, outside: int = 0) -> str:
    """Return the report as html.

    Parameters
    ----------
    title : str
        Heading; any text.
    pois : PoiSet
        The points.
    pictures : mapping of name to PNG bytes
        The three views and "canal".
    close_up_level : int or None
        Level id of the close-up.
    outside : int
        How many points lie outside the pictures.
    """
    template = Template(resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    shown = "" if close_up_level is None else f" at {level(close_up_level).name}"
    return template.substitute(
        title=escape(title),
        summary=escape(_summary(pois)),
        counts=_counts(pois),
        views="\n".join(
            _figure(view.name, pictures[view.name], f"{view.title}: shaded vertebrae with their points of interest.")
            for view in VIEWS
        ),
        views_note=escape(_views_note(outside)),
        close_up_title=escape(f"The canal{shown}"),
        close_up=_figure("canal", pictures["canal"], f"Axial and sagittal cuts{shown} with the points near them."),
        findings=_findings_table(findings(pois)),
        levels=_levels_table(level_rows(pois)),
        origin=escape(_origin(pois)),
    )


def _summary(pois: PoiSet) -> str:
    if not len(pois):
        return "No points of interest."
    count = len(pois.levels)
    levels = "1 level" if count == 1 else f"{count} levels"
    return f"{level_ranges(pois.levels, pois.levels)}: {levels}, {len(pois)} points of interest."


def _counts(pois: PoiSet) -> str:
    numbers = {"ok": pois.count(Status.OK), "suspect": pois.count(Status.SUSPECT), "missing": pois.count(Status.MISSING)}
    numbers["edited"] = sum(poi.edited for poi in pois)
    return "\n".join(
        f'<li class="{name}"><b>{number}</b> {name}</li>' for name, number in numbers.items() if number or name != "edited"
    )


def _views_note(outside: int) -> str:
    note = "Select a picture to enlarge it. Whiskers are the axes of a vertebra: red right, green anterior, blue superior."
    return f"{note} Points outside the pictures: {outside}." if outside else note


def _figure(name: str, picture: bytes, text: str) -> str:
    data = base64.b64encode(picture).decode("ascii")
    image = f'<img src="data:image/png;base64,{data}" alt="{escape(text)}">'
    return f'<figure id="picture-{name}"><a href="#picture-{name}">{image}</a></figure>'


def _table(caption: str, heads: Sequence[tuple[str, str]], rows: Iterable[str]) -> str:
    head = "".join(f'<th scope="col"{_class(css)}>{text}</th>' for text, css in heads)
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    table = f'<table aria-label="{caption}">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>'
    return f'<div class="scroll">{table}</div>'


def _class(css: str) -> str:
    return f' class="{css}"' if css else ""


def _findings_table(rows: Sequence[Finding]) -> str:
    if not rows:
        return "<p>Every point is ok.</p>"
    heads = (("Levels", ""), ("Points", ""), ("Status", ""), ("Reason", ""), ("Number", "number"))
    cells = (
        f'<th scope="row">{escape(row.levels)}</th><td>{escape("; ".join(row.points))}</td>'
        f'<td class="status {row.status}">{row.status}</td><td class="reason">{escape(row.reason)}</td>'
        f'<td class="number">{row.count}</td>'
        for row in rows
    )
    return _table("Everything that is not ok", heads, cells)


def _levels_table(rows: Sequence[LevelRow]) -> str:
    if not rows:
        return "<p>No level has points.</p>"
    numbers = ("ok", "suspect", "missing", "edited")
    heads = (("Level", ""), *((name, "number") for name in numbers), ("Frame", ""))
    cells = (
        f'<th scope="row">{escape(row.name)}</th>'
        + "".join(_number(getattr(row, name), name) for name in numbers)
        + f"<td>{escape(row.frame)}</td>"
        for row in rows
    )
    return _table("Level by level", heads, cells)


def _number(number: int, name: str) -> str:
    return f'<td class="number {name if number else "zero"}">{number}</td>'


def _origin(pois: PoiSet) -> str:
    rules = ", ".join(sources(pois))
    origin = f"spinetwin {__version__}. Rule set: {rules}." if rules else f"spinetwin {__version__}."
    return f"{origin} {LEVELS_UNVERIFIED}" if pois.unverified else origin
