"""Writing an evaluation: tables for other programs, everything as json, and one html page that needs no other file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

from ... import __version__
from ...geometry import PartialMaps
from ...io.atomic import atomic_write, write_text
from ...segmentation.evaluation import MEASURES, CaseScores, Cell, Row, Table, tables
from ...segmentation.evaluation.structures import Structure
from ..figures import figure_of
from ..frame import NUMBERS, framed
from ..marks import png
from .names import name_of
from .pictures import pictures

PAGE = "evaluation.html"
FORMAT = "spinetwin evaluation"
FORMAT_VERSION = 1
_WORST_MATCHES = 12


@dataclass(frozen=True)
class Evaluation:
    """Everything that was compared.

    Attributes
    ----------
    prediction, reference, second : str
        What they are called; `second` is "" without one.
    scores, against : tuple of CaseScores
        Of the prediction, and of the second one.
    notes : tuple of str
        What a person should know: cases without a partner, maps that were resampled.
    """

    prediction: str
    reference: str
    scores: tuple[CaseScores, ...]
    second: str = ""
    against: tuple[CaseScores, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[Table, ...]:
        """The numbers over all cases."""
        return tables(self.scores, self.against)


Worst = Sequence[tuple[str, Structure, float]]


def write_evaluation(
    found: Evaluation, folder: Path, worst: Worst, maps_of: Mapping[str, tuple[PartialMaps, PartialMaps]]
) -> Path:
    """Write the tables, cases.csv, matches.csv, evaluation.json, the pictures and the page into a folder that exists.

    Parameters
    ----------
    found : Evaluation
    folder : Path
    worst : sequence of (case, structure, Dice)
        What is drawn.
    maps_of : mapping of str to (prediction, reference)
        The maps of these cases.

    Returns
    -------
    Path
        The html page.

    Raises
    ------
    WriteError
        If the folder cannot be written.
    """
    summed = found.tables
    for table in summed:
        write_text(folder / f"{table.name}.csv", _csv(_table_lines(table, found)))
    write_text(folder / "cases.csv", _csv(_case_lines(found)))
    write_text(folder / "matches.csv", _csv(_match_lines(found)))
    write_text(folder / "evaluation.json", json.dumps(_content(found, summed), indent=1, allow_nan=False) + "\n")
    figures = []
    for number, (caption, figure) in enumerate(pictures(worst, dict(maps_of)), start=1):
        drawn = png(figure)
        with atomic_write(folder / f"worst_{number}.png") as temporary:
            temporary.write_bytes(drawn)
        figures.append(f"<h3>{escape(caption)}</h3>{figure_of(drawn, caption)}")
    write_text(folder / PAGE, _page(found, summed, figures))
    return folder / PAGE


def _csv(lines: Iterable[Sequence[object]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(["" if cell is None else cell for cell in line] for line in lines)
    return buffer.getvalue()


def _table_lines(table: Table, found: Evaluation) -> Iterable[Sequence[object]]:
    """Yield the rows of a table: mean, sd and n of each measure, the same of the second prediction, and p."""
    sides = ["", *(["second_"] if found.second else [])]
    heads = [f"{side}{measure}_{part}" for side in sides for measure in table.measures for part in ("mean", "sd", "n")]
    yield ["name", "region", *heads, *([f"p_{measure}" for measure in table.measures] if found.second else [])]
    for row in table.rows:
        cells = [each[measure] for each in (row.cells, *([row.against] if found.second else [])) for measure in table.measures]
        numbers = [part for cell in cells for part in (cell.mean, cell.sd, cell.n)]
        yield [row.name, row.region, *numbers, *([row.p.get(measure) for measure in table.measures] if found.second else [])]


_INSTANCE_NUMBERS = ("matched", "invented", "missed", "renamed", "rq", "sq", "pq", "dice", "assd")
_STRUCTURE_NUMBERS = ("dice", "assd", "predicted_mm3", "reference_mm3", "note")


def _sides(found: Evaluation) -> list[tuple[str, tuple[CaseScores, ...]]]:
    return [(found.prediction, found.scores), *([(found.second, found.against)] if found.second else [])]


def _case_lines(found: Evaluation) -> Iterable[Sequence[object]]:
    numbers = ("matched", "invented", "missed", "renamed", "rq", "sq", "pq", *_STRUCTURE_NUMBERS)
    yield ["prediction", "case", "kind", "name", "region", *numbers]
    for side, scores in _sides(found):
        for case in scores:
            for each in case.structures:
                yield [side, case.name, "structure", each.structure, each.region, *(getattr(each, n, None) for n in numbers)]
            for one in case.instances:
                yield [side, case.name, "instances", one.family, one.region, *(getattr(one, n, None) for n in numbers)]


def _match_lines(found: Evaluation) -> Iterable[Sequence[object]]:
    yield ["prediction", "case", "family", "reference", "predicted", "iou", "dice", "assd"]
    for side, scores in _sides(found):
        for case in scores:
            for each in case.matches:
                names = (name_of(each.reference), name_of(each.predicted))
                yield [side, case.name, each.family, *names, each.iou, each.dice, each.assd]


def _content(found: Evaluation, summed: Sequence[Table]) -> dict[str, object]:
    return {"format": FORMAT, "version": FORMAT_VERSION, "spinetwin": __version__, **asdict(found)} | {
        "tables": [asdict(table) for table in summed]
    }


def _page(found: Evaluation, summed: Sequence[Table], figures: Sequence[str]) -> str:
    second = f" and {found.second}" if found.second else ""
    title = f"{found.prediction}{second} against {found.reference}"
    return framed(
        __package__,
        NUMBERS,
        title,
        heading=escape(title),
        summary=escape(f"{len(found.scores)} case{'' if len(found.scores) == 1 else 's'} compared."),
        notes="".join(f"<li>{escape(each)}</li>" for each in found.notes),
        tables="\n".join(_table(table, found) for table in summed if table.rows),
        pictures="\n".join(figures) or "<p>Every structure is the same in both.</p>",
        matches=_worst_matches(found),
    )


def _table(table: Table, found: Evaluation) -> str:
    sides = [found.prediction, found.second] if found.second else [found.prediction]
    span = len(table.measures)
    by_region = any(row.region for row in table.rows)
    top = "".join(f'<th colspan="{span}">{escape(side)}</th>' for side in sides)
    top += f'<th colspan="{span}">p (Wilcoxon)</th>' if found.second else ""
    heads = "".join(f"<th>{MEASURES[measure]}</th>" for measure in table.measures) * (len(sides) + bool(found.second))
    first = "<th></th>" + ("<th></th>" if by_region else "")
    second = "<th>What</th>" + ("<th>Region</th>" if by_region else "")
    rows = "".join(_row(row, table, found, by_region=by_region) for row in table.rows)
    return (
        f'<h2>{table.title}</h2><div class="scroll"><table><thead><tr>{first}{top}</tr><tr>{second}{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(row: Row, table: Table, found: Evaluation, *, by_region: bool) -> str:
    sides = [(row.cells, len(found.scores)), *([(row.against, len(found.against))] if found.second else [])]
    cells = [_cell(side[measure], measure, cases) for side, cases in sides for measure in table.measures]
    if found.second:
        cells += [_p(row.p.get(measure)) for measure in table.measures]
    region = f"<td>{row.region}</td>" if by_region else ""
    return f'<tr><th scope="row">{escape(row.title)}</th>{region}' + "".join(f"<td>{each}</td>" for each in cells) + "</tr>"


def _cell(cell: Cell, measure: str, cases: int) -> str:
    """Write mean and spread, and how many cases have a value where not all do."""
    if cell.mean is None:
        return "–"
    digits = 2 if measure == "assd" else 3
    spread = "" if cell.sd is None else f" ± {cell.sd:.{digits}f}"
    return f"{cell.mean:.{digits}f}{spread}" + (f" <small>(n = {cell.n})</small>" if cell.n < cases else "")


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return "&lt; 0.001" if value < 0.001 else f"{value:.3f}"


def _worst_matches(found: Evaluation) -> str:
    """Return the instances that were missed, invented, renamed or worst drawn."""
    every = [(each.dice, case.name, row, each) for case in found.scores for row, each in enumerate(case.matches)]
    lines = []
    for _, case, _, each in sorted(every, key=lambda one: one[:3])[:_WORST_MATCHES]:
        what = "missed" if each.predicted is None else "invented" if each.reference is None else ""
        what = what or ("another name" if each.reference != each.predicted else "")
        cells = (case, name_of(each.reference), name_of(each.predicted), f"{each.dice:.3f}", what)
        lines.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    if not lines:
        return "<p>There are no vertebra maps on both sides.</p>"
    head = "<tr><th>Case</th><th>Reference</th><th>Prediction</th><th>Dice</th><th>Note</th></tr>"
    return f'<div class="scroll"><table><thead>{head}</thead><tbody>{"".join(lines)}</tbody></table></div>'
