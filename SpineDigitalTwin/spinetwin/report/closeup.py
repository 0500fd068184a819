"""The close-up of one level: axial cuts of the canal at the flavum points, and a cut through the midline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..anatomy import POINTS, SubregionId, level, point, subregion
from ..errors import ParameterError
from ..geometry import FloatArray, Frame, LabelMaps
from ..poi import Poi, PoiSet
from . import colours, marks
from .scene import Scene
from .sections import Plane, Region, section

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FLAVUM = {
    end: frozenset(each.id for each in POINTS if each.name.startswith(f"ligamentum_flavum_{end}"))
    for end in ("superior", "inferior")
}
_CANAL = frozenset(each.id for each in POINTS if each.family == "canal and disc")
_PREFERRED = "L3"
_HALF_WIDTH_MM = 33.0
_NEAR_MM = 5.0
"""Points of the level further from a cut than this are not drawn in it, those further than half of it faint."""
_PIXELS_PER_MM = 7.0
_TEXT = 20.0
_LABEL = 0.75 * _TEXT
_NAMED = ("ligament", "canal and disc")
"""Families whose points are written beside."""


@dataclass(frozen=True)
class Panel:
    """One cut.

    Attributes
    ----------
    title : str
        For people.
    plane : Plane
        Where to cut.
    sides : tuple of 4 letters
        The patient's sides at the left, right, top and bottom.
    always : set of int
        Ids of points drawn however far from the cut they lie.
    letters_at : float
        Height of the left and right letters, 0 at the bottom and 1 at the top: where no labels are expected.
    """

    title: str
    plane: Plane
    sides: tuple[str, str, str, str]
    always: frozenset[int] = frozenset()
    letters_at: float = 0.05


def choose_level(scene: Scene, wanted: int | None) -> int | None:
    """Return the level to show: the wanted one; else L3, or else the middle one, of those with flavum points; else of all.

    Raises
    ------
    ParameterError
        If the wanted level is neither in the maps nor in the points.
    """
    if wanted is not None:
        if wanted not in scene.centres:
            raise ParameterError(f"There is no {level(wanted).name} to show a close-up of.", "Choose a level of these maps.")
        return wanted
    every = list(scene.centres)
    flavum = [key for key in every if _placed(scene.pois, key, _FLAVUM["superior"] | _FLAVUM["inferior"])]
    candidates = flavum or every
    preferred = level(_PREFERRED).id
    if preferred in candidates:
        return preferred
    return candidates[len(candidates) // 2] if candidates else None


def draw_close_up(maps: LabelMaps, scene: Scene, key: int | None) -> bytes:
    """Return the close-up of a level as a PNG file; a sentence where there is nothing to show."""
    if key is None:
        figure = marks.new_figure(700, 120)
        figure.text(0.5, 0.5, "There is no level to show a close-up of.", ha="center", va="center", color=colours.INK)
        return marks.png(figure)
    frame = scene.frames.get(key) or Frame(scene.centres[key], np.eye(3), "patient axes")
    return _draw(maps, scene, key, _panels(maps, scene.pois, key, frame))


def _placed(pois: PoiSet, key: int, ids: frozenset[int]) -> list[Poi]:
    return [poi for poi in pois.of_level(key) if poi.id in ids and poi.position is not None]


def _panels(maps: LabelMaps, pois: PoiSet, key: int, frame: Frame) -> list[Panel]:
    """Lay the cuts: axial ones look from the feet, the sagittal one from the left, as on a radiologist's screen."""
    low, high = _extent(maps, pois, key, frame)
    reach = min(max(-low[0], high[0]) + 4.0, _HALF_WIDTH_MM)
    depth = (float(low[1]) - 6.0, float(high[1]) + 4.0)
    panels = []
    for end, ids in _FLAVUM.items():
        found = [poi.position for poi in _placed(pois, key, ids) if poi.position is not None]
        if found:
            height = float(np.median(frame.to_local(found)[:, 2]))
            plane = _axial(frame, height, reach, depth)
            panels.append(Panel(f"Axial, at the {end} flavum points", plane, ("R", "L", "A", "P"), ids))
    if not panels:
        panels.append(Panel("Axial, through the centre of the body", _axial(frame, 0.0, reach, depth), ("R", "L", "A", "P")))
    sagittal = Plane(
        frame.origin, -frame.anterior, frame.superior, (-depth[1], -depth[0]), (float(low[2]) - 8.0, float(high[2]) + 8.0)
    )
    return [*panels, Panel("Sagittal, through the midline", sagittal, ("A", "P", "S", "I"), letters_at=0.94)]


def _axial(frame: Frame, height: float, reach: float, depth: tuple[float, float]) -> Plane:
    return Plane(frame.to_ras([0.0, 0.0, height]), -frame.right, frame.anterior, (-reach, reach), depth)


def _extent(maps: LabelMaps, pois: PoiSet, key: int, frame: Frame) -> tuple[FloatArray, FloatArray]:
    """Return the corners of the box around a level in its own frame, (3,) each, in mm; never more than 80 mm away."""
    voxels = np.argwhere(maps.vertebrae == key)[::7]
    positions = [poi.position for poi in pois.of_level(key) if poi.position is not None]
    local = frame.to_local(np.vstack([maps.grid.to_ras(voxels), np.reshape(positions, (-1, 3)), frame.origin[None]]))
    low, high = np.percentile(local, [0.2, 99.8], axis=0)
    return np.clip(low, -80.0, -8.0), np.clip(high, 8.0, 80.0)


def _draw(maps: LabelMaps, scene: Scene, key: int, panels: Sequence[Panel]) -> bytes:
    widths = [_PIXELS_PER_MM * (panel.plane.x_range[1] - panel.plane.x_range[0]) for panel in panels]
    heights = [_PIXELS_PER_MM * (panel.plane.y_range[1] - panel.plane.y_range[0]) for panel in panels]
    gap, above, below = 5.2 * _TEXT, 5.6 * _TEXT, 9.0 * _TEXT
    width = sum(widths) + gap * (len(panels) + 1)
    height = max(heights) + above + below
    figure = marks.new_figure(round(width), round(height))
    seen: set[int] = set()
    left = gap
    for panel, wide, high in zip(panels, widths, heights, strict=True):
        bottom = below + (max(heights) - high) / 2
        axes = figure.add_axes((left / width, bottom / height, wide / width, high / height))
        seen |= _draw_panel(axes, maps, scene, key, panel)
        left += wide + gap
    name = f"{level(key).name}, in the axes of the vertebra"
    figure.text(0.5, 1.0 - 1.2 * _TEXT / height, name, ha="center", va="center", fontsize=marks.points_of(1.25 * _TEXT),
                fontweight="bold", color=colours.INK)  # fmt: skip
    _draw_legend(figure, scene.drawn_of(key), seen)
    return marks.png(figure)


def _draw_panel(axes: Axes, maps: LabelMaps, scene: Scene, key: int, panel: Panel) -> set[int]:
    """Draw one cut and return the subregion labels seen in it."""
    plane = panel.plane
    x, y, regions = section(maps, key, plane)
    for region in regions:
        _draw_region(axes, x, y, region)
    axes.set_xlim(plane.x_range)
    axes.set_ylim(plane.y_range)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#c9ced4")
    axes.set_title(panel.title, fontsize=marks.points_of(0.95 * _TEXT), color=colours.INK, pad=marks.points_of(1.9 * _TEXT))
    _draw_sides(axes, panel.sides, panel.letters_at)
    _draw_scale(axes, plane)
    _draw_panel_points(axes, scene, key, panel)
    return {region.label for region in regions if region.own}


def _draw_region(axes: Axes, x: FloatArray, y: FloatArray, region: Region) -> None:
    if region.lead.max() <= 0.0:
        return
    colour = np.array(colours.rgb(colours.of_subregion(region.label)))
    fill = colour if region.own else 0.25 * colour + 0.75 * 0.93
    line = 0.55 * colour if region.own else 0.35 * colour + 0.65 * 0.8
    axes.contourf(x, y, region.lead, levels=[0.0, 2.0], colors=[tuple(fill)], zorder=1)
    axes.contour(x, y, region.lead, levels=[0.0], colors=[tuple(line)], linewidths=0.9, zorder=2)


def _draw_sides(axes: Axes, sides: tuple[str, str, str, str], height: float) -> None:
    places = ((-0.02, height, "right", "center"), (1.02, height, "left", "center"), (0.5, 1.01, "center", "bottom"),
              (0.5, -0.012, "center", "top"))  # fmt: skip
    for letter, (x, y, horizontal, vertical) in zip(sides, places, strict=True):
        axes.text(
            x,
            y,
            letter,
            transform=axes.transAxes,
            ha=horizontal,
            va=vertical,
            fontweight="bold",
            fontsize=marks.points_of(1.1 * _TEXT),
            color=colours.INK,
        )


def _draw_scale(axes: Axes, plane: Plane) -> None:
    x, y = plane.x_range[0] + 2.0, plane.y_range[0] + 2.0
    axes.plot([x, x + 10.0], [y, y], color=colours.INK, linewidth=marks.points_of(3.5), zorder=9)
    axes.text(x, y + 0.8, "10 mm", fontsize=marks.points_of(0.75 * _TEXT), color=colours.INK, zorder=9)


def _draw_panel_points(axes: Axes, scene: Scene, key: int, panel: Panel) -> None:
    placed = scene.drawn_of(key)
    x, y, off = panel.plane.project(np.reshape([poi.position for poi in placed], (-1, 3)))
    inside = (x > panel.plane.x_range[0]) & (x < panel.plane.x_range[1])
    inside &= (y > panel.plane.y_range[0]) & (y < panel.plane.y_range[1])
    always = np.array([poi.id in panel.always for poi in placed], dtype=bool)
    shown = np.flatnonzero(inside & (always | (np.abs(off) <= _NEAR_MM)))
    chosen = [placed[index] for index in shown]
    marks.draw_points(axes, chosen, x[shown], y[shown], 10.0, np.abs(off[shown]) > _NEAR_MM / 2)
    named = [index for index, poi in enumerate(chosen) if point(poi.id).family in _NAMED]
    texts = [short_label(chosen[index].id) for index in named]
    for text, (at_x, at_y) in zip(texts, label_places(x[shown], y[shown], named, texts), strict=True):
        axes.text(
            at_x,
            at_y,
            text,
            ha="center",
            va="center",
            fontsize=marks.points_of(_LABEL),
            color=colours.INK,
            zorder=8,
            bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.72},
        )


def label_places(x: FloatArray, y: FloatArray, named: Sequence[int], texts: Sequence[str]) -> list[tuple[float, float]]:
    """Find where the centres of labels go: beside their points, away from the middle, on no other label, on few points.

    Parameters
    ----------
    x, y : (n,) arrays
        All points, mm.
    named : sequence of int
        Which of them get a label.
    texts : sequence of str
        These labels.
    """
    middle = (float(np.median(x)), float(np.median(y))) if len(x) else (0.0, 0.0)
    high = 1.35 * _LABEL / _PIXELS_PER_MM
    taken: list[tuple[float, float, float]] = []
    for index, text in zip(named, texts, strict=True):
        wide = (0.56 * len(text) + 0.6) * _LABEL / _PIXELS_PER_MM
        outward = -1.0 if x[index] < middle[0] - 2.5 else 1.0
        upward = -1.0 if y[index] < middle[1] else 1.0
        best: tuple[float, float, float] = (np.inf, 0.0, 0.0)
        for rank, (right, up) in enumerate(
            ((outward, 0.0), (outward, upward), (outward, -upward), (-outward, 0.0), (-outward, upward), (0.0, 1.6 * upward))
        ):
            at_x, at_y = x[index] + right * (wide / 2 + 1.2), y[index] + up * high
            crossed = sum(abs(at_x - a) < (wide + b) / 2 and abs(at_y - c) < high for a, b, c in taken)
            covered = int(((np.abs(x - at_x) < wide / 2) & (np.abs(y - at_y) < high / 2)).sum())
            best = min(best, (10.0 * crossed + covered + 0.1 * rank, float(at_x), float(at_y)))
        taken.append((best[1], wide, best[2]))
    return [(at_x, at_y) for at_x, _, at_y in taken]


def short_label(key: int) -> str:
    """Return a point's label as it fits into a picture: ALL and PLL for the longitudinal ligaments."""
    label = point(key).label.removesuffix(", median")
    for long, short in (("anterior longitudinal ligament", "ALL"), ("posterior longitudinal ligament", "PLL"),
                        ("ligamentum flavum", "flavum")):  # fmt: skip
        label = label.replace(long, short)
    return label


def _draw_legend(figure: Figure, pois: Sequence[Poi], seen: set[int]) -> None:
    from matplotlib.patches import Patch

    handles: list[Artist] = [
        Patch(facecolor=colours.of_subregion(label), edgecolor="#666666", linewidth=0.6, label=subregion_label(label))
        for label in sorted(seen)
    ]
    handles += marks.legend_handles(pois, 9.0, faint=False)
    if handles:
        figure.legend(
            handles=handles,
            loc="lower center",
            ncols=5 if len(figure.axes) > 2 else 3,
            frameon=False,
            fontsize=marks.points_of(0.8 * _TEXT),
            labelcolor=colours.INK,
            columnspacing=1.4,
        )


def subregion_label(label: int) -> str:
    """Return what a subregion is called, for people; its number where anatomy does not know it."""
    try:
        meaning = subregion(label).meaning
    except ParameterError:
        return f"label {label}"
    if label == SubregionId.BODY:
        meaning = subregion(SubregionId.BODY_BORDER).meaning
    return re.sub(r"\s*\(.*?\)|[:;].*", "", meaning)
