"""Pictures of the loads: compression and shear of every joint, and the model with its muscles at work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...anatomy import level
from ...anatomy.tables import read_table
from ...biomechanics.model import MultibodyModel
from ...biomechanics.posture import placed, pose_of
from ...biomechanics.results import RESEARCH_USE, Interval, Loads, PastLoads
from ...io import atomic_write
from ..marks import png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...geometry import FloatArray

_SIZE, _DPI = (13.0, 7.5), 110
_BARS_SIZE, _MODEL_SIZE = (12.0, 6.4), (11.0, 7.6)
_BAR, _THORAX, _BAND, _BONE, _RED = "#1f5fd6", "#9db4dd", "#c9ced6", "#6b6f76", "#b3261e"
_PALE_RED, _PAST = "#e0a29d", "#e08214"
_FORCES = {
    "compression": "Compression, N",
    "shear_anterior": "Shear forward, N",
    "shear_right": "Shear to the right, N",
}
_FULL = 1.0
"""Activation that has the strongest colour."""

PUBLISHED = read_table("published_bands.csv", "spinetwin.biomechanics")
"""Published bands of compression by upper level and task."""


def draw_loads(path: Path, model: MultibodyModel, found: Loads, spread: Interval | None = None) -> None:
    """Draw the loads of one task as a png.

    Parameters
    ----------
    path : Path
        Where the picture goes.
    model : MultibodyModel
        In the imaged posture.
    found : Loads
    spread : Interval, optional
        Adds the interval of 95 % to the bars.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    compression, shear, side, front = figure.subplots(1, 4, width_ratios=(3, 2.2, 3, 2.4))
    _bars(compression, found, spread, "compression", _FORCES["compression"])
    _bands(compression, found)
    _legend(compression)
    _bars(shear, found, spread, "shear_anterior", _FORCES["shear_anterior"])
    _views(side, front, model, found)
    figure.suptitle(f"{found.task.label or found.task.name}\n{_verdict(found)}", color="black" if found.trusted else _RED)
    with atomic_write(path) as temporary:
        temporary.write_bytes(png(figure))


def draw_bars(found: Loads, spread: Interval | None = None, past: PastLoads | None = None) -> bytes:
    """Return a png of compression and both shears of every joint, with the interval, published bands and a past result."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_BARS_SIZE, dpi=_DPI, layout="constrained")
    panels = figure.subplots(1, len(_FORCES), sharey=True, width_ratios=(3, 2, 2))
    for axes, (name, title) in zip(panels, _FORCES.items(), strict=True):
        _bars(axes, found, spread, name, title)
        if past is not None:
            _past(axes, found, past, name)
    _bands(panels[0], found)
    _legend(panels[0])
    if not found.trusted:
        figure.suptitle(_verdict(found), color=_RED, fontsize=10)
    return png(figure)


def draw_model(model: MultibodyModel, found: Loads) -> bytes:
    """Return a png of the model in the task from the right and from the front, muscles coloured by their activation."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

    figure = Figure(figsize=_MODEL_SIZE, dpi=_DPI, layout="constrained")
    side, front = figure.subplots(1, 2)
    _views(side, front, model, found)
    figure.colorbar(ScalarMappable(cmap=colormaps["YlOrRd"]), ax=[side, front], label="activation", shrink=0.5)
    return png(figure)


def _views(side: Axes, front: Axes, model: MultibodyModel, found: Loads) -> None:
    posed = placed(model, pose_of(model, found.task, found.settings))
    _model(side, posed, found, model.trunk[1], "From the right", "PA")
    _model(front, posed, found, -model.trunk[0], "From the front", "RL")


def _verdict(found: Loads) -> str:
    red = [each.text for each in found.findings if each.severity == "red"]
    return "\n".join([RESEARCH_USE, *(f"Not to be trusted: {text}" for text in red[:3])])


def _bars(axes: Axes, found: Loads, spread: Interval | None, name: str, title: str) -> None:
    """Draw one bar for each joint, the highest on top; joints between ribs are pale; red bars are not to be trusted."""
    heights = np.arange(len(found.levels))
    values = getattr(found, name)
    strong, pale = (_BAR, _THORAX) if found.trusted else (_RED, _PALE_RED)
    axes.barh(heights, values, color=[pale if held else strong for held in found.in_thorax], height=0.7)
    if spread is not None:
        ends = np.array([values - spread.low[name], spread.high[name] - values])
        axes.errorbar(values, heights, xerr=np.maximum(ends, 0.0), fmt="none", ecolor="black", capsize=2, linewidth=0.8)
    axes.axvline(0.0, color="black", linewidth=0.6)
    names = [level(key).name for key in found.levels]
    axes.set_yticks(heights, [f"{above}/{below}" for above, below in zip(names, ["S1", *names], strict=False)])
    axes.set_title(title)
    axes.spines[["top", "right"]].set_visible(False)


def _bands(axes: Axes, found: Loads) -> None:
    """Mark what was found in people, or in other models of the same task."""
    names = [level(key).name for key in found.levels]
    for row in PUBLISHED:
        if row["task"] == found.task.name and row["level"] in names:
            low, high, at = float(row["low_n"]), float(row["high_n"]), names.index(row["level"])
            axes.barh(at, high - low, left=low, height=1.0, color=_BAND, zorder=0, label="published")


def _legend(axes: Axes) -> None:
    """Explain what is marked, in the corner of the highest joints, whose bars are short."""
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="upper right", frameon=False)


def _past(axes: Axes, found: Loads, past: PastLoads, name: str) -> None:
    """Mark the same joints of a result of before."""
    values = dict(zip(past.levels, getattr(past, name), strict=True))
    both = [(values[key], at) for at, key in enumerate(found.levels) if key in values]
    if both:
        axes.plot(*np.array(both).T, "D", color=_PAST, markeredgecolor="white", markersize=6, label=past.about)


def _model(axes: Axes, posed: MultibodyModel, found: Loads, across: FloatArray, title: str, ends: str) -> None:
    """Draw joints, bodies and fascicles, seen against `across` x up; `ends` are the sides of the person in it."""
    from matplotlib import colormaps
    from matplotlib.collections import LineCollection

    up = np.array([0.0, 0.0, 1.0])
    plane = np.stack([across, up], axis=1)
    paths = posed.muscles.points @ plane
    order = np.argsort(found.activations)
    shown = np.clip(found.activations[order] / _FULL, 0.0, 1.0)
    colours = colormaps["YlOrRd"](0.15 + 0.85 * shown)
    axes.add_collection(LineCollection(list(paths[order]), colors=colours, linewidths=0.4 + 1.8 * shown))
    bodies = posed.origins @ plane
    axes.plot(*bodies.T, "s", color=_BONE, markersize=7)
    axes.plot(*(posed.joints @ plane).T, "-", color="black", linewidth=1.2)
    axes.plot(*(posed.masses.points @ plane).T, "o", color="none", markeredgecolor=_BONE, markersize=3)
    axes.set_aspect("equal")
    axes.autoscale_view()
    for letter, at in zip(ends, (0.02, 0.98), strict=True):
        axes.text(at, 0.5, letter, transform=axes.transAxes, ha="center", color=_BONE, weight="bold")
    axes.set_title(f"{title}; red: activation 1")
    axes.axis("off")
