"""One view as a picture: the shaded bone with points, frames, level names, sides and a scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..anatomy import level
from ..geometry import FloatArray
from . import colours, marks
from .render import DepthMap, shade
from .scene import Scene

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCALE_MM = 50.0
_WHISKER_MM = 13.0
_HIDDEN_MM = 2.5
"""A point this far behind the nearest surface is drawn faint."""


def draw_view(depth_map: DepthMap, scene: Scene) -> bytes:
    """Return the picture of one view as a PNG file.

    Parameters
    ----------
    depth_map : DepthMap
        The bone as seen from this side.
    scene : Scene
        Points, frames and level centres in RAS mm.
    """
    rows, columns = depth_map.canvas.shape
    text = float(np.clip(0.015 * rows, 17.0, 30.0))
    left, side, above = int(3.2 * text), int(1.2 * text), int(3.4 * text)
    handles = _legend(scene, text)
    wide = max(columns, int(18 * text))
    side += (wide - columns) // 2
    below = int((3.0 + 1.45 * ((len(handles) + 1) // 2)) * text)
    width, height = left + 2 * side + columns, above + rows + below
    figure = marks.new_figure(width, height)
    axes = figure.add_axes(((left + side) / width, below / height, columns / width, rows / height))
    axes.set_axis_off()
    axes.imshow(shade(depth_map), interpolation="none", aspect="auto", zorder=0)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    _frames(axes, depth_map, scene, text)
    _points(axes, depth_map, scene)
    _level_names(axes, depth_map, scene, text, -side - 0.35 * left)
    _title_and_sides(figure, depth_map, text, left, height)
    _scale(axes, depth_map, text)
    if not scene.centres and not len(scene.pois):
        axes.text(columns / 2, rows / 2, "There is no vertebra to draw.", ha="center", fontsize=marks.points_of(text))
    if handles:
        figure.legend(
            handles=handles,
            loc="lower center",
            ncols=2,
            frameon=False,
            fontsize=marks.points_of(0.8 * text),
            labelcolor=colours.INK,
            borderaxespad=0.4,
            labelspacing=0.35,
            columnspacing=1.4,
        )
    return marks.png(figure)


def dot_size(pixel: float) -> float:
    """Return the width of a dot in pixels: 2 mm, but always to be seen."""
    return float(np.clip(2.0 / pixel, 7.0, 11.0))


def _legend(scene: Scene, text: float) -> list[Artist]:
    return marks.legend_handles(scene.drawn, 0.5 * text, faint=True) + (marks.axis_handles(0.2 * text) if scene.frames else [])


def _points(axes: Axes, depth_map: DepthMap, scene: Scene) -> None:
    column, row, towards = depth_map.canvas.project(scene.positions)
    shown = np.flatnonzero(depth_map.canvas.holds(column, row))
    hidden = depth_map.surface_at(column[shown], row[shown]) - towards[shown] > _HIDDEN_MM
    pois = [scene.drawn[index] for index in shown]
    marks.draw_points(axes, pois, column[shown], row[shown], dot_size(depth_map.canvas.pixel), hidden)


def _frames(axes: Axes, depth_map: DepthMap, scene: Scene, text: float) -> None:
    starts, ends = [], []
    for frame in scene.frames.values():
        tips = frame.origin + _WHISKER_MM * frame.axes
        column, row, _ = depth_map.canvas.project(np.vstack([frame.origin, tips]))
        ends.append(np.column_stack([column, row])[1:])
        starts.append(np.array([column[0], row[0]]))
    marks.draw_whiskers(axes, starts, ends, max(0.10 * text, 2.0))


def _level_names(axes: Axes, depth_map: DepthMap, scene: Scene, text: float, x: float) -> None:
    if not scene.centres:
        return
    column, row, _ = depth_map.canvas.project(np.array(list(scene.centres.values())))
    places = spread(row, 1.05 * text)
    for key, name_row, mark_row, mark_column in zip(scene.centres, places, row, column, strict=True):
        if not 0 <= mark_row < depth_map.canvas.shape[0]:
            continue
        own = np.flatnonzero(depth_map.level[int(mark_row)] == key)
        end = own[0] if len(own) else mark_column
        axes.plot([x + 1.2 * text, end], [name_row, mark_row], color="#b3b9c0", linewidth=0.8, zorder=1, clip_on=False)
        axes.text(
            x,
            name_row,
            level(key).name,
            ha="center",
            va="center",
            fontsize=marks.points_of(text),
            color=colours.INK,
            fontweight="bold",
        )


def spread(places: FloatArray, gap: float) -> FloatArray:
    """Move positions (n,) apart until neighbours, in their own order, are `gap` apart; as little as one pass can."""
    order = np.argsort(places, kind="stable")
    moved = places[order].astype(np.float64)
    for index in range(1, len(moved)):
        moved[index] = max(moved[index], moved[index - 1] + gap)
    moved -= (moved - places[order]).mean() if len(moved) else 0.0
    result = np.empty_like(moved)
    result[order] = moved
    return result


def _title_and_sides(figure: Figure, depth_map: DepthMap, text: float, left: float, height: float) -> None:
    view = depth_map.canvas.view
    middle = left / figure.bbox.width + (1.0 - left / figure.bbox.width) / 2
    top = 1.0 - 0.9 * text / height
    figure.text(middle, top, view.title, ha="center", va="center", fontsize=marks.points_of(text), color=colours.INK)
    reach = max(7.0 * text, depth_map.canvas.shape[1] / 2 - text) / figure.bbox.width
    letters: Sequence[tuple[float, str]] = ((middle - reach, view.left_letter), (middle + reach, view.right_letter))
    for x, letter in letters:
        figure.text(
            x,
            top,
            letter,
            ha="center",
            va="center",
            fontsize=marks.points_of(1.35 * text),
            fontweight="bold",
            color=colours.INK,
        )


def _scale(axes: Axes, depth_map: DepthMap, text: float) -> None:
    rows, columns = depth_map.canvas.shape
    half = SCALE_MM / depth_map.canvas.pixel / 2
    x, y = (columns - 1) / 2, rows - 1 + 0.9 * text
    axes.plot([x - half, x + half], [y, y], color=colours.INK, linewidth=marks.points_of(0.18 * text), clip_on=False)
    axes.text(
        x,
        y + 0.35 * text,
        f"{SCALE_MM:.0f} mm",
        ha="center",
        va="top",
        fontsize=marks.points_of(0.8 * text),
        color=colours.INK,
    )
