"""A picture of what a reconstruction rests on: each film beside its rendering, with the outlines of the vertebrae."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..anatomy import level
from ..io import atomic_write
from ..io.markups import level_color
from ..xray.drr import path_lengths

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..xray.compare import Compared
    from ..xray.films import Film
    from ..xray.fit import Fitted

_DPI = 110
_INCHES = 4.2


def draw_films(path: Path, found: Fitted) -> None:
    """Draw both films, their renderings, and what is left between them, as a png.

    Parameters
    ----------
    path : Path
        Where the picture goes.
    found : Fitted

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3 * _INCHES, 2 * _INCHES), layout="constrained")
    rows = figure.subplots(2, 3)
    for row, film, compared in zip(rows, found.films, found.compared, strict=True):
        _draw_view(row, film, compared, found)
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=_DPI, format="png")
    with atomic_write(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def _draw_view(row: np.ndarray, film: Film, compared: Compared, found: Fitted) -> None:
    shown = np.argwhere(compared.counted > 0)
    (top, left), (bottom, right) = shown.min(axis=0), shown.max(axis=0)
    seen, made = film.values, compared.gain * compared.path + compared.behind
    inside = seen[compared.counted > 0]
    low, high = np.percentile(inside, [1, 99.5])
    titles = (f"{film.view} film", "rendered, on the fitted background", "film less rendering")
    pictures = (seen, made, np.where(compared.counted > 0, -compared.residual * compared.gain, 0.0))
    for axes, title, picture in zip(row, titles, pictures, strict=True):
        limits = {"vmin": low, "vmax": high} if picture is not pictures[2] else {"vmin": low - high, "vmax": high - low}
        axes.imshow(picture, cmap="gray", **limits)
        axes.set(title=title, xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[])
        if picture is seen:
            _draw_outlines(axes, film, found)


def _draw_outlines(axes: Axes, film: Film, found: Fitted) -> None:
    for each in found.vertebrae:
        colour = level_color(each.model.level)
        path = path_lengths(film.camera, [each.surface])
        axes.contour(path > 0, levels=[0.5], colors=[colour], linewidths=0.9)
        column, row = film.camera.project(each.frame.origin)[:2]
        axes.text(column, row, level(each.model.level).name, color=colour, ha="center", va="center", fontsize=8)
