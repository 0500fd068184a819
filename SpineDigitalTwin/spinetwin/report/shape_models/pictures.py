"""Curves of the quality of a shape model, and its first modes as shaded surfaces."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from ...geometry import FloatArray
from ...geometry.surfaces import Surface
from ...xray.correspondence import vertex_normals
from ...xray.model_builder.build import Built
from .. import colours
from ..marks import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CURVE, _BAND = "#1f5fd6", "#c9d8f2"
_SHOWN, _SD = 3, 2.0
_LIGHT = np.array([0.35, 0.45, 0.82])
_OUT, _IN, _BONE = np.array([0.84, 0.19, 0.15]), np.array([0.13, 0.40, 0.80]), np.array([0.93, 0.90, 0.83])

# where the eye is, and what is to the right and up in the picture, along right, anterior, superior
_VIEWS = (
    ("from the right", np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0])),
    ("from above", np.array([0, 0, 1.0]), np.array([1.0, 0, 0]), np.array([0, 1.0, 0])),
)


def draw_quality(found: Built) -> Figure:
    """Draw compactness, generality and specificity against the number of modes."""
    quality = found.quality
    figure = new_figure(1080, 330)
    figure.set_layout_engine("constrained")
    compact, general, specific = figure.subplots(1, 3)
    share = 100 * quality.compactness
    compact.plot(np.arange(1, len(share) + 1), share, "o-", color=_CURVE, markersize=4)
    compact.set_ylim(min(float(share[0]) - 5, 95), 101)
    _named(compact, "Compactness", "% of the variance", len(share))
    for axes, values, title in ((general, quality.generality, "Generality"), (specific, quality.specificity, "Specificity")):
        modes = np.arange(1, len(values) + 1)
        axes.fill_between(modes, values[:, 0] - values[:, 1], values[:, 0] + values[:, 1], color=_BAND, linewidth=0)
        axes.plot(modes, values[:, 0], "o-", color=_CURVE, markersize=4)
        axes.set_ylim(0, 1.15 * float(values.sum(axis=1).max(initial=0.1)))
        _named(axes, title, "mm", len(share))
    return figure


def _named(axes: Axes, title: str, unit: str, modes: int) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(title, fontsize=10, color=colours.INK)
    axes.set_xlabel("modes", fontsize=9)
    axes.set_ylabel(unit, fontsize=9)
    axes.set_xlim(0.5, max(modes, 2) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(labelsize=8)
    axes.grid(color="#e4e6e9", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def draw_modes(found: Built) -> Figure:
    """Draw the mean moved by two standard deviations of the first modes: red where it grows, blue where it shrinks."""
    model = found.model
    modes = min(_SHOWN, model.modes.shape[2])
    figure = new_figure(1080, 60 + 250 * modes)
    figure.set_layout_engine("constrained")
    panels = figure.subplots(modes, 2 * len(_VIEWS), squeeze=False)
    mean_normals = vertex_normals(model.mean)
    most = max(float(np.abs(_SD * np.einsum("ncm,nc->nm", model.modes[:, :, :modes], mean_normals)).max()), 1e-6)
    shown = {(mode, sign): _moved(found, mode, sign * _SD) for mode in range(modes) for sign in (-1.0, 1.0)}
    every = np.concatenate([each.vertices for each in shown.values()])
    for mode, row in enumerate(panels):
        for axes, (view, sign) in zip(row, product(_VIEWS, (-1.0, 1.0)), strict=True):
            surface = shown[mode, sign]
            grown = np.einsum("nc,nc->n", surface.vertices - model.mean.vertices, mean_normals) / most
            _draw_shaded(axes, surface, grown, view[1:])
            for limits, way in ((axes.set_xlim, view[2]), (axes.set_ylim, view[3])):
                limits(float((every @ way).min()) - 2, float((every @ way).max()) + 2)
            axes.set_title(f"mode {mode + 1}, {sign * _SD:+.0f} SD, {view[0]}", fontsize=9, color=colours.INK)
    figure.supxlabel(f"red: outwards of the mean, blue: inwards; full colour is {most:.1f} mm", fontsize=9, color=colours.INK)
    return figure


def _moved(found: Built, mode: int, score: float) -> Surface:
    """Return the mean moved by one mode."""
    return found.model.surface(score * np.eye(mode + 1)[mode])


def _draw_shaded(axes: Axes, surface: Surface, grown: FloatArray, view: Sequence[FloatArray]) -> None:
    """Draw the triangles that face the eye, the nearest last."""
    from matplotlib.collections import PolyCollection

    eye, across, up = view
    normals = surface.normals / np.maximum(np.linalg.norm(surface.normals, axis=1, keepdims=True), 1e-12)
    facing = np.flatnonzero(normals @ eye > 0)
    corners = surface.vertices[surface.triangles[facing]]
    order = np.argsort(corners.mean(axis=1) @ eye)
    flat = np.stack([corners @ across, corners @ up], axis=2)[order]
    light = _LIGHT[0] * across + _LIGHT[1] * up + _LIGHT[2] * eye
    shade = 0.35 + 0.65 * np.clip(normals[facing][order] @ (light / np.linalg.norm(light)), 0, 1)
    share = grown[surface.triangles[facing]].mean(axis=1)[order, None]
    colour = _BONE + np.clip(share, 0, 1) * (_OUT - _BONE) + np.clip(-share, 0, 1) * (_IN - _BONE)
    axes.add_collection(
        PolyCollection(list(flat), facecolors=np.clip(colour * shade[:, None], 0, 1), edgecolors="face", linewidths=0.2)
    )
    axes.set_aspect("equal")
    axes.set_axis_off()
