"""Marks for points, whiskers for frames, and figures that need no display."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..anatomy import point
from ..geometry import FloatArray
from ..poi import Poi, Status
from . import colours

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 100


def new_figure(width: int, height: int) -> Figure:
    """Return an empty white matplotlib figure of `width` x `height` pixels, drawn in memory."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG file."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None}, pil_kwargs={"compress_level": 4})
    return stream.getvalue()


def points_of(pixels: float) -> float:
    """Return a length of so many pixels in typographic points."""
    return pixels * 72.0 / DPI


def kind(poi: Poi) -> str:
    """Return which mark a placed point gets: edited, suspect or ok."""
    if poi.edited:
        return "edited"
    return "suspect" if poi.status is Status.SUSPECT else "ok"


_SHAPES = {"ok": ("o", 1.0), "suspect": ("^", 1.35), "edited": ("D", 1.15)}
_FACES = {"suspect": colours.SUSPECT, "edited": colours.EDITED}


def draw_points(
    axes: Axes, pois: Sequence[Poi], x: FloatArray, y: FloatArray, size: float, hidden: npt.NDArray[np.bool_] | None = None
) -> None:
    """Mark placed points at (x, y).

    A dot in the colour of its family is ok, an amber triangle is suspect, a magenta diamond was edited. What lies behind
    the surface is faint. `size` is the width of a dot in pixels.
    """
    behind = np.zeros(len(pois), dtype=bool) if hidden is None else hidden
    groups: dict[tuple[str, str, bool], list[int]] = {}
    for index, poi in enumerate(pois):
        groups.setdefault((kind(poi), point(poi.id).family, bool(behind[index])), []).append(index)
    ranks = {"ok": 0, "suspect": 1, "edited": 2}
    for (mark, family, faint), members in groups.items():
        shape, scale = _SHAPES[mark]
        axes.scatter(
            x[members],
            y[members],
            s=points_of(size * scale * (0.8 if faint else 1.0)) ** 2,
            marker=shape,
            c=_FACES.get(mark, colours.FAMILIES[family]),
            edgecolors=colours.OUTLINE,
            linewidths=points_of(0.05 * size if faint else 0.14 * size),
            alpha=0.28 if faint and mark == "ok" else 0.5 if faint else 1.0,
            zorder=(4 if faint else 6) + 0.1 * ranks[mark],
        )


def legend_handles(pois: Sequence[Poi], size: float, *, faint: bool) -> list[Artist]:
    """Return what a legend explains: only the marks that occur among these points."""
    from matplotlib.lines import Line2D

    def handle(mark: str, face: str, label: str, alpha: float = 1.0) -> Artist:
        shape, scale = _SHAPES[mark]
        return Line2D(
            [],
            [],
            linestyle="none",
            marker=shape,
            markersize=points_of(size * scale),
            markerfacecolor=face,
            markeredgecolor=colours.OUTLINE,
            markeredgewidth=points_of(0.14 * size),
            alpha=alpha,
            label=label,
        )

    kinds = {kind(poi) for poi in pois}
    families = {point(poi.id).family for poi in pois if kind(poi) == "ok"}
    handles = [handle("ok", colour, name) for name, colour in colours.FAMILIES.items() if name in families]
    handles += [handle(mark, _FACES[mark], mark) for mark in ("suspect", "edited") if mark in kinds]
    if faint and pois:
        handles.append(handle("ok", colours.FAMILIES["frame"], "behind the surface", 0.35))
    return handles


def axis_handles(width: float) -> list[Artist]:
    """Return the legend of the whiskers."""
    from matplotlib.lines import Line2D

    names = ("right", "anterior", "superior")
    return [
        Line2D([], [], color=colour, linewidth=points_of(width), label=name)
        for name, colour in zip(names, colours.AXES, strict=True)
    ]


def draw_whiskers(axes: Axes, starts: Sequence[FloatArray], ends: Sequence[FloatArray], width: float) -> None:
    """Draw frames: `starts` are (2,) picture positions, `ends` (3, 2) those of the tips right, anterior, superior."""
    from matplotlib.collections import LineCollection

    for index, colour in enumerate(colours.AXES):
        lines = [np.array([start, tips[index]]) for start, tips in zip(starts, ends, strict=True)]
        for line_colour, line_width, order in (("white", 2.2 * width, 5.0), (colour, width, 5.1)):
            axes.add_collection(
                LineCollection(lines, colors=line_colour, linewidths=points_of(line_width), zorder=order, capstyle="round"),
                autolim=False,
            )
