"""Profiles along the spine: one small plot per quantity, the levels from top to bottom, with the normal band in grey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...anatomy import level
from ...measure.norms import Norm, norms_of
from ...measure.results import Measurement, Measurements
from .. import colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INKS = ("#1f5fd6", "#b3261e", "#35785f")
_BAND = "#c9ced6"


@dataclass(frozen=True)
class Profile:
    """One plot.

    Attributes
    ----------
    title : str
        With its unit.
    lines : mapping of legend to quantity name
        What is drawn; the band is that of the first one.
    sides : tuple of str
        Sides of a quantity that has two.
    parts : tuple of str
        Muscles of a quantity that has many.
    """

    title: str
    lines: Mapping[str, str]
    sides: tuple[str, ...] = ("",)
    parts: tuple[str, ...] = ("",)


PROFILES = (
    Profile("Axial rotation, deg", {"": "axial_rotation"}),
    Profile("Body height, mm", {"front": "body_height_front", "behind": "body_height_back"}),
    Profile("Disc height, mm", {"front": "disc_height_front", "behind": "disc_height_back"}),
    Profile("Segmental angle, deg", {"": "segmental_angle"}),
    Profile("Slip, mm", {"": "slip"}),
    Profile("Canal width, mm", {"": "canal_width"}),
    Profile("Pedicle width, mm", {"": "pedicle_width"}, ("left", "right")),
    Profile("Facet orientation, deg", {"": "facet_orientation"}, ("left", "right")),
    Profile("Psoas or iliopsoas, mm²", {"": "muscle_area"}, ("left", "right"), ("psoas", "iliopsoas")),
    Profile("Erector spinae or all deep, mm²", {"": "muscle_area"}, ("left", "right"), ("erector_spinae", "deep_back_muscles")),
    Profile("Multifidus, mm²", {"": "muscle_area"}, ("left", "right"), ("multifidus",)),
    Profile("Quadratus lumborum, mm²", {"": "muscle_area"}, ("left", "right"), ("quadratus_lumborum",)),
)


def draw_profiles(found: Measurements) -> Figure:
    """Return a figure with every profile that has at least two values."""
    from matplotlib.figure import Figure

    chosen = [each for each in PROFILES if _longest(found, each) > 1]
    rows = max(1, -(-len(chosen) // 4))
    figure = Figure(figsize=(12.0, 5.6 * rows), layout="constrained")
    for place, profile in enumerate(chosen):
        axes = figure.add_subplot(rows, 4, place + 1)
        _draw(axes, found, profile)
    if not chosen:
        figure.text(0.5, 0.5, "too few levels for a profile", ha="center", va="center")
    return figure


def _values(found: Measurements, profile: Profile, name: str, side: str) -> list[Measurement]:
    return [
        each
        for each in found.of(name)
        if each.value is not None and each.side == side and each.level is not None and each.part in profile.parts
    ]


def _longest(found: Measurements, profile: Profile) -> int:
    return max(len(_values(found, profile, name, side)) for name in profile.lines.values() for side in profile.sides)


def _draw(axes: Axes, found: Measurements, profile: Profile) -> None:
    lines = [(legend or side, name, side) for legend, name in profile.lines.items() for side in profile.sides]
    shown = {legend: _values(found, profile, name, side) for legend, name, side in lines}
    keys = _between(found, profile, {each.level for values in shown.values() for each in values if each.level is not None})
    _draw_band(axes, keys, norms_of(next(iter(profile.lines.values()))))
    for ink, (legend, values) in zip(_INKS, shown.items(), strict=False):
        # a level without a value leaves a gap in the line
        numbers, spread = np.full(len(keys), np.nan), np.zeros(len(keys))
        for each in values:
            if each.level is not None and each.value is not None:
                place = keys.index(each.level)
                numbers[place], spread[place] = each.value, 2 * (each.uncertainty or 0.0)
        axes.errorbar(
            numbers, range(len(keys)), xerr=spread, color=ink, marker="o", markersize=3.5, linewidth=1.2, label=legend or None
        )
    axes.set_yticks(range(len(keys)), [level(key).name for key in keys], fontsize=8)
    axes.invert_yaxis()
    axes.set_title(profile.title, fontsize=10, color=colours.INK)
    axes.grid(axis="x", color="#e4e7eb")
    axes.spines[["top", "right"]].set_visible(False)
    if len(lines) > 1:
        axes.legend(fontsize=8, frameon=False)


def _between(found: Measurements, profile: Profile, seen: set[int]) -> list[int]:
    """Return the levels that were asked for from the first to the last one that is seen, those without a value too."""
    asked = {each.level for name in profile.lines.values() for each in found.of(name) if each.level is not None}
    orders = [level(key).order for key in seen]
    return sorted(
        (key for key in asked | seen if min(orders) <= level(key).order <= max(orders)), key=lambda key: level(key).order
    )


def _draw_band(axes: Axes, keys: Sequence[int], norms: Mapping[int, Norm]) -> None:
    """Fill mean plus and minus two standard deviations, level by level."""
    places = [place for place, key in enumerate(keys) if key in norms]
    if len(places) < 2:
        return
    mean = np.array([norms[keys[place]].mean for place in places])
    reach = 2 * np.array([norms[keys[place]].sd for place in places])
    axes.fill_betweenx(places, mean - reach, mean + reach, color=_BAND, alpha=0.6, linewidth=0)
