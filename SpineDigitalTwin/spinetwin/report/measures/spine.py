"""The spine from the front and from the side, with the lines that its angles are measured between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...anatomy import PointId, level
from ...geometry import FloatArray
from ...measure.bodies import width
from ...measure.curves import ScolioticCurve, cobb
from ...measure.landmarks import Landmarks
from ...measure.planes import View
from ...measure.results import MissingInput
from ...measure.sagittal import angle_between
from ...measure.subject import Subject
from .. import colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT = 11.0
_MARGIN = 45.0
_CURVE_INK = "#b3261e"
_SAGITTAL_INK = "#1f5fd6"
_SAGITTAL = (
    ("Kyphosis", ("T1", "superior"), ("T12", "inferior"), -1.0),
    ("Lordosis", ("L1", "superior"), ("S1", "superior"), 1.0),
)
_LINE = 62.0
"""Length of the line that prolongs an endplate, mm."""


def draw_spine(subject: Subject) -> Figure:
    """Return a figure of the spine from the front (the patient's right on the left) and from the right side."""
    from matplotlib.figure import Figure

    bodies = {key: _outlines(subject.spine, key) for key in subject.column}
    bodies = {key: outlines for key, outlines in bodies.items() if outlines}
    if not bodies:
        return _nothing()
    everything = np.concatenate([np.concatenate(list(each.values())) for each in bodies.values()])
    figure = Figure(figsize=(9.0, _HEIGHT), layout="constrained")
    front, side = figure.subplots(1, 2, sharey=True)
    for axes, view, sign in ((front, subject.coronal, -1.0), (side, subject.sagittal, 1.0)):
        _frame(axes, view, sign, everything)
        for key, outlines in bodies.items():
            _draw_body(axes, view, sign, key, outlines)
    for curve in _curves(subject):
        _draw_cobb(front, subject, curve)
    for angle in _SAGITTAL:
        _draw_sagittal(side, subject, *angle)
    _letters(front, "R", "L", "from the front")
    _letters(side, "P", "A", "from the right")
    return figure


def _nothing() -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 2.0))
    figure.text(0.5, 0.5, "No vertebral body has its corners: there is nothing to draw.", ha="center", va="center")
    return figure


def _curves(subject: Subject) -> tuple[ScolioticCurve, ...]:
    try:
        return subject.curves
    except MissingInput:
        return ()


def _outlines(spine: Landmarks, key: int) -> dict[str, FloatArray]:
    """Return corners (4, 3) of a body seen from the front and from the side; of a sacrum its endplate alone."""
    try:
        upper = spine.plate(key, "superior")
        right = spine.frame(key).right * _half_width(spine, key)
    except MissingInput:
        return {}
    if (key, PointId.BODY) not in spine.points:
        return {
            "coronal": np.stack([upper.centre - right, upper.centre + right]),
            "sagittal": np.stack([upper.front, upper.back]),
        }
    try:
        lower = spine.plate(key, "inferior")
    except MissingInput:
        return {}
    across = [upper.centre - right, upper.centre + right, lower.centre + right, lower.centre - right]
    return {"coronal": np.stack(across), "sagittal": np.stack([upper.front, upper.back, lower.back, lower.front])}


def _half_width(spine: Landmarks, key: int) -> float:
    try:
        return float(width(spine, key)) / 2
    except MissingInput:
        return 20.0


def _frame(axes: Axes, view: View, sign: float, everything: FloatArray) -> None:
    x, y = sign * view.offset(everything), view.height(everything)
    axes.set_aspect("equal")
    axes.set_xlim(x.min() - _MARGIN, x.max() + _MARGIN)
    axes.set_ylim(y.min() - 15.0, y.max() + 15.0)
    axes.set_axis_off()


def _draw_body(axes: Axes, view: View, sign: float, key: int, outlines: dict[str, FloatArray]) -> None:
    outline = outlines["coronal" if sign < 0 else "sagittal"]
    x, y = sign * view.offset(outline), view.height(outline)
    if len(outline) > 2:
        axes.fill(x, y, facecolor=colours.of_level(key), edgecolor=colours.OUTLINE, linewidth=0.8)
        axes.text(x.mean(), y.mean(), level(key).name, ha="center", va="center", fontsize=6.5, color=colours.INK)
    else:
        axes.plot(x, y, color=colours.OUTLINE, linewidth=2.0)
        axes.text(x.mean(), y.mean() - 6.0, level(key).name, ha="center", va="top", fontsize=6.5, color=colours.INK)


def _draw_cobb(axes: Axes, subject: Subject, curve: ScolioticCurve) -> None:
    """Prolong the end plates to the concave side, where their lines meet, and write the angle between them."""
    view = subject.coronal
    ends = [(curve.upper, "superior"), (curve.lower, "inferior")]
    concave = -1.0 if curve.side == "right" else 1.0
    tips = [_prolong(axes, subject.spine, view, -1.0, end, concave, _CURVE_INK) for end in ends]
    angle = float(cobb(subject.spine, curve, view))
    x, y = np.mean(tips, axis=0)
    axes.text(
        x, y, f"{angle:.0f}°", ha="center", va="center", fontsize=12, color=_CURVE_INK, weight="bold",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip


def _draw_sagittal(
    axes: Axes, subject: Subject, name: str, upper: tuple[str, str], lower: tuple[str, str], sign: float
) -> None:
    try:
        angle = sign * float(angle_between(subject.spine, upper, lower, subject.sagittal))
    except MissingInput:
        return
    ends = [(level(key).id, side) for key, side in (upper, lower)]
    outwards = 1.0 if name == "Kyphosis" else -1.0
    tips = [_prolong(axes, subject.spine, subject.sagittal, 1.0, end, outwards, _SAGITTAL_INK) for end in ends]
    x, y = np.mean(tips, axis=0)
    axes.text(
        x, y, f"{name}\n{angle:.0f}°", ha="center", va="center", fontsize=9.5, color=_SAGITTAL_INK, weight="bold",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip


def _prolong(
    axes: Axes, spine: Landmarks, view: View, sign: float, end: tuple[int, str], towards: float, ink: str
) -> tuple[float, float]:
    """Draw the line of an endplate from its centre and return where it ends, in the figure's coordinates."""
    plate = spine.plate(*end)
    tilt = np.radians(float(view.tilt(plate.normal)))
    x, y = float(view.offset(plate.centre)), float(view.height(plate.centre))
    # the line of a plate is perpendicular to its normal, which leans by `tilt` towards `across`
    stop = x + towards * _LINE * np.cos(tilt), y - towards * _LINE * np.sin(tilt)
    axes.plot([sign * x, sign * stop[0]], [y, stop[1]], color=ink, linewidth=1.4)
    return sign * stop[0], float(stop[1])


def _letters(axes: Axes, left: str, right: str, title: str) -> None:
    for x, letter in ((0.02, left), (0.98, right)):
        axes.text(
            x, 0.985, letter, transform=axes.transAxes, ha="center", va="top", fontsize=12, color=colours.INK, weight="bold"
        )
    axes.set_title(title, fontsize=11, color=colours.INK)
