"""Writing the report of loads: one html page that carries its pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from ...biomechanics.model import MultibodyModel
from ...biomechanics.results import RESEARCH_USE, Interval, Loads, PastLoads
from ...errors import WriteError
from ...io.atomic import write_text
from ...io.loads import said_person
from ..figures import can_draw, figure_of
from ..frame import TEXT, framed
from .pictures import PUBLISHED, draw_bars, draw_model
from .tables import comparison_table, joints_table, ligaments_table, muscles_table, settings_table

PAGE = "loads.html"


def write_loads_report(
    folder: Path,
    model: MultibodyModel,
    found: Loads,
    spread: Interval | None = None,
    past: PastLoads | None = None,
    *,
    title: str,
) -> Path:
    """Write the page into a folder that exists.

    Parameters
    ----------
    folder : Path
        Where loads.html goes.
    model : MultibodyModel
        In the imaged posture.
    found : Loads
    spread : Interval, optional
        Adds intervals of 95 %.
    past : PastLoads, optional
        Another result to compare with, such as that before a correction.
    title : str
        Whose loads they are; any text.

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
    page = framed(
        __package__,
        TEXT,
        f"Loads of {title}",
        heading=escape(f"Loads of {title}"),
        person=escape(said_person(model.person).capitalize()),
        task=escape(found.task.label or found.task.name),
        use=escape(RESEARCH_USE),
        gates=_gates(found),
        bars=figure_of(draw_bars(found, spread, past) if can_draw() else None, "Bars of compression and shear of every joint."),
        bars_note=escape(" ".join(_bars_notes(found, spread, past))),
        joints=joints_table(found, spread),
        comparison=_comparison(found, past),
        model=figure_of(
            draw_model(model, found) if can_draw() else None,
            "The model in the task from the right and from the front; busy muscles are red.",
        ),
        muscles=muscles_table(model, found),
        ligaments=ligaments_table(model, found),
        settings=settings_table(found.settings),
        notes=_list(each.text for each in found.findings if each.severity != "red") or "<p>Nothing.</p>",
    )
    write_text(folder / PAGE, page)
    return folder / PAGE


def _list(texts: Iterable[str]) -> str:
    entries = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{entries}</ul>" if entries else ""


def _gates(found: Loads) -> str:
    red = _list(each.text for each in found.findings if each.severity == "red")
    return f'<div class="gates red" role="alert"><b>Not to be trusted</b>{red}</div>' if red else ""


def _bars_notes(found: Loads, spread: Interval | None, past: PastLoads | None) -> Iterator[str]:
    yield "Each bar is a joint, the highest on top; pale bars lie between ribs, which carry the moments."
    if not found.trusted:
        yield "They are red because the result is not to be trusted."
    if spread is not None:
        yield f"Lines: 95 % of {spread.samples} models drawn with {spread.spread} (standard deviations)."
    if past is not None:
        yield f"Diamonds: {past.about}."
    for row in PUBLISHED:
        if row["task"] == found.task.name:
            yield f"Grey: {row['low_n']} to {row['high_n']} N below {row['level']}: {row['basis']} ({row['source']})."


def _comparison(found: Loads, past: PastLoads | None) -> str:
    if past is None:
        return ""
    person = f"; {past.person}" if past.person else ""
    doubt = "" if past.trusted else ' <span class="red">That result is not to be trusted.</span>'
    said = f"<p>{escape(past.about)}: {escape(past.task)}{escape(person)}.{doubt}</p>"
    heading = f'<h2 id="comparison">Compared with {escape(past.about)}</h2>'
    return f'<section aria-labelledby="comparison">\n{heading}\n{said}\n{comparison_table(found, past)}\n</section>'
