"""A picture of the loads: compression and shear of every joint, and the model with its muscles at work."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..anatomy import level
from ..anatomy.tables import read_table
from ..biomechanics.model import MultibodyModel
from ..biomechanics.posture import flexed, placed
from ..biomechanics.results import RESEARCH_USE, Interval, Loads
from ..io import atomic_write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..geometry import FloatArray

_SIZE, _DPI = (13.0, 7.5), 110
_BAR, _THORAX, _BAND, _BONE, _RED = "#1f5fd6", "#9db4dd", "#c9ced6", "#6b6f76", "#b3261e"
_FULL = 1.0
"""Activation that has the strongest colour."""

IN_VIVO = read_table("in_vivo.csv", "spinetwin.biomechanics")
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
    _bars(compression, found, spread, "compression", "Compression, N")
    _bands(compression, found)
    _bars(shear, found, spread, "shear_anterior", "Shear forward, N")
    posed = placed(model, flexed(model, found.task.trunk_flexion_deg, found.settings.pelvis_share))
    _model(side, posed, found, model.trunk[1], "From the right")
    _model(front, posed, found, -model.trunk[0], "From the front")
    figure.suptitle(f"{found.task.label or found.task.name}\n{_verdict(found)}", color="black" if found.trusted else _RED)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    with atomic_write(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def _verdict(found: Loads) -> str:
    red = [each.text for each in found.findings if each.severity == "red"]
    return "\n".join([RESEARCH_USE, *(f"Not to be trusted: {text}" for text in red[:3])])


def _bars(axes: Axes, found: Loads, spread: Interval | None, name: str, title: str) -> None:
    """Draw one bar for each joint, the highest on top; joints between ribs are pale."""
    heights = np.arange(len(found.levels))
    values = getattr(found, name)
    axes.barh(heights, values, color=[_THORAX if held else _BAR for held in found.in_thorax], height=0.7)
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
    for row in IN_VIVO:
        if row["task"] == found.task.name and row["level"] in names:
            low, high, at = float(row["low_n"]), float(row["high_n"]), names.index(row["level"])
            axes.barh(at, high - low, left=low, height=1.0, color=_BAND, zorder=0, label="published")
            axes.legend(loc="lower right", frameon=False)


def _model(axes: Axes, posed: MultibodyModel, found: Loads, across: FloatArray, title: str) -> None:
    """Draw joints, bodies and fascicles, seen against `across` x up; the busiest fascicles last."""
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
    axes.set_title(f"{title}; red: activation 1")
    axes.axis("off")
