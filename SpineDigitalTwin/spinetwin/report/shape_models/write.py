"""Writing what is to be known of shape models: a table for other programs, and one html page that needs no other file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from ...anatomy import level as level_of
from ...io.atomic import write_text
from ...xray.model_builder.build import Built
from ..figures import can_draw, figure_of
from ..frame import NUMBERS, framed
from ..marks import png
from .pictures import draw_modes, draw_quality

PAGE, TABLE = "shape_models.html", "quality.csv"
_HEADS = ("level", "modes", "compactness", "generality_mm", "generality_se_mm", "specificity_mm", "specificity_se_mm")


def write_shape_report(folder: Path, title: str, built: Mapping[int, Built], notes: Sequence[str]) -> Path:
    """Write table and page into a folder that exists.

    Parameters
    ----------
    folder : Path
    title : str
        Any text.
    built : mapping of level id to Built
    notes : sequence of str
        What a person should know, as sentences.

    Returns
    -------
    Path
        The html page.

    Raises
    ------
    WriteError
        If the folder cannot be written.
    """
    write_text(folder / TABLE, _table(built))
    page = framed(
        __package__,
        NUMBERS,
        title,
        heading=escape(title),
        summary=escape(f"{len(built)} level{'' if len(built) == 1 else 's'}."),
        notes="".join(f"<li>{escape(each)}</li>" for each in notes),
        levels="\n".join(_section(key, each) for key, each in built.items()),
    )
    write_text(folder / PAGE, page)
    return folder / PAGE


def _rows(found: Built) -> list[list[str]]:
    """Return one row for each number of modes; empty cells where there is no value."""
    quality, rows = found.quality, []
    for place, share in enumerate(quality.compactness):
        cells = [str(place + 1), f"{share:.4f}"]
        for values in (quality.generality, quality.specificity):
            cells += [f"{each:.3f}" for each in values[place]] if place < len(values) else ["", ""]
        rows.append(cells)
    return rows


def _table(built: Mapping[int, Built]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_HEADS)
    for key, found in built.items():
        writer.writerows([level_of(key).name, *row] for row in _rows(found))
    return buffer.getvalue()


def _section(key: int, found: Built) -> str:
    name, model = level_of(key).name, found.model
    away = f"Registered to {found.away[:, 0].mean():.2f} mm on the mean, {found.away[:, 1].max():.1f} mm at most."
    said = f"{len(found.names)} people, {len(model.mean.vertices)} vertices, {model.modes.shape[2]} modes. {away}"
    heads = "".join(f"<th>{each}</th>" for each in ("Modes", "Compactness", "Generality", "", "Specificity", ""))
    body = "".join("<tr>" + "".join(f'<td class="number">{cell}</td>' for cell in row) + "</tr>" for row in _rows(found))
    curves = png(draw_quality(found)) if can_draw() else None
    modes = png(draw_modes(found)) if can_draw() else None
    return (
        f"<h2>{name}</h2><p>{said}</p>"
        + figure_of(curves, f"Compactness, generality and specificity of {name} against the number of modes.")
        + figure_of(modes, f"The first modes of {name}, two standard deviations either way.")
        + f'<details><summary>Numbers</summary><div class="scroll"><table><thead><tr>{heads}</tr></thead>'
        + f"<tbody>{body}</tbody></table></div></details>"
    )
