"""Laws of discs, ligaments and resting muscles as entries of JSON, with their units and sources, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..biomechanics.tissues import DiscLaw, FibreLaw, Law, RestingCurve, Tissues
from ..geometry import FloatArray

_UNITS = {True: "N per unit strain and mm of free length", False: "N per unit strain"}
"""Of the slopes of a ligament, by whether they are told per length."""

_Made = TypeVar("_Made")


def tissues_entry(tissues: Tissues) -> dict[str, Any]:
    """Return the laws of a model as JSON holds them."""
    return {
        "ligaments": [
            {
                "set": chosen,
                "ligament": name,
                "strains": law.strains.tolist(),
                "slopes": law.slopes.tolist(),
                "slopes_unit": _UNITS[law.per_length],
                "free_mm": law.free_mm,
                "failure_n": law.failure_n,
                "source": law.source,
            }
            for (chosen, name), law in tissues.ligaments.items()
        ],
        "discs": [
            {
                "region": region,
                "preload_n": law.preload_n.tolist(),
                "flexion_lateral_axial_nm_deg": law.stiffness.tolist(),
                "source": law.source,
            }
            for region, law in tissues.discs.items()
        ],
        "fibres": [
            {"group": group, "optimal_mm": law.optimal_mm, "upright": law.upright, "source": law.source}
            for group, law in tissues.fibres.items()
        ],
        "resting_curve": {
            "lengths_over_optimal": tissues.resting.lengths.tolist(),
            "stresses_n_cm2": tissues.resting.stresses.tolist(),
            "source": tissues.resting.source,
        },
    }


def tissues_in(entry: dict[str, Any]) -> Tissues:
    """Return the laws that an entry of JSON holds.

    Raises
    ------
    KeyError, TypeError, ValueError
        If something is missing, no number, or impossible.
    """
    return Tissues(
        _by(entry["ligaments"], lambda each: (str(each["set"]), str(each["ligament"])), _ligament),
        _by(entry["discs"], lambda each: str(each["region"]), _disc),
        _by(entry["fibres"], lambda each: str(each["group"]), _fibre),
        _resting(entry["resting_curve"]),
    )


def _by(entries: list[Any], key: Callable[[Any], Any], made: Callable[[Any], _Made]) -> dict[Any, _Made]:
    """Return what is made of entries by their key; twice the same one is impossible."""
    found = {key(each): made(each) for each in entries}
    if len(found) != len(entries):
        raise ValueError
    return found


def _ligament(entry: dict[str, Any]) -> Law:
    strains, slopes = _ascending(entry["strains"]), _numbers(entry["slopes"])
    per_length = {unit: which for which, unit in _UNITS.items()}[entry["slopes_unit"]]
    if strains[0] != 0.0 or slopes.shape != strains.shape or (slopes <= 0).any():
        raise ValueError
    return Law(per_length, strains, slopes, _number(entry["free_mm"]), _number(entry["failure_n"]), str(entry["source"]))


def _disc(entry: dict[str, Any]) -> DiscLaw:
    preloads, stiffness = _ascending(entry["preload_n"]), _numbers(entry["flexion_lateral_axial_nm_deg"])
    if stiffness.shape != (len(preloads), 3):
        raise ValueError
    return DiscLaw(preloads, stiffness, str(entry["source"]))


def _fibre(entry: dict[str, Any]) -> FibreLaw:
    optimal, upright = _number(entry["optimal_mm"]), _number(entry["upright"])
    if not optimal or not upright:
        raise ValueError
    return FibreLaw(optimal, upright, str(entry["source"]))


def _resting(entry: dict[str, Any]) -> RestingCurve:
    lengths, stresses = _ascending(entry["lengths_over_optimal"]), _numbers(entry["stresses_n_cm2"])
    if lengths.shape != stresses.shape:
        raise ValueError
    return RestingCurve(lengths, stresses, str(entry["source"]))


def _ascending(values: Any) -> FloatArray:
    found = _numbers(values)
    if found.ndim != 1 or not len(found) or (np.diff(found) <= 0).any():
        raise ValueError
    return found


def _number(value: Any) -> float:
    if np.ndim(value):
        raise ValueError
    return float(_numbers(value))


def _numbers(values: Any) -> FloatArray:
    """Take finite numbers from 0 up: no law has others."""
    found = np.array(values, dtype=np.float64)
    if not np.isfinite(found).all() or (found < 0).any():
        raise ValueError
    return found
