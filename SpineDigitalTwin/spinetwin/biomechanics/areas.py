"""Muscles as strong as they were measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from .model import MultibodyModel

ERECTOR = ("longissimus", "iliocostalis", "spinalis")
GROUPS = {
    "multifidus": ("multifidus",),
    "erector_spinae": ERECTOR,
    "deep_back_muscles": ("multifidus", *ERECTOR),
    "psoas": ("psoas",),
    "quadratus_lumborum": ("quadratus_lumborum",),
}
"""Which groups of fascicles a measured muscle holds."""

LEAST, MOST = 0.25, 4.0
"""Ends of the factors that are believed."""


def with_measured_areas(model: MultibodyModel, areas: Mapping[tuple[str, str, int], float]) -> MultibodyModel:
    """Scale the fascicles of a group and side so that they fill the areas that were measured.

    The factor is the mean, over the levels that were measured, of the measured cross-section over the sum of the table's areas
    of the fascicles that pass there. Image-based pipelines take the anatomical cross-section for the physiological one, as is
    done here; both differ where fibres run askew.

    Parameters
    ----------
    model : MultibodyModel
    areas : mapping of (muscle, "left" or "right", level id) to float
        Cross-section at the disc below the level, mm2; muscles of `GROUPS`, others are not used.

    Returns
    -------
    MultibodyModel
        With a note for each muscle that was scaled, or whose factor is beyond belief.
    """
    pcsa = model.muscles.pcsa_mm2.copy()
    notes = []
    for muscle, side in dict.fromkeys((name, side) for name, side, _ in areas if name in GROUPS):
        chosen = _of_group(model, muscle, side)
        factors = [
            area / float(pcsa[passing].sum())
            for (name, at_side, key), area in areas.items()
            if (name, at_side) == (muscle, side) and key in model.levels and (passing := chosen & _passes(model, key)).any()
        ]
        if not factors:
            continue
        factor, label = float(np.mean(factors)), f"{muscle.replace('_', ' ')} {side}"
        if not LEAST <= factor <= MOST:
            notes.append(f"The measured area of the {label} is {factor:.2f} times the usual one and was not believed.")
            continue
        pcsa[chosen] *= factor
        notes.append(f"The {label} is as strong as its measured area: {factor:.2f} times the usual one.")
    return replace(model, muscles=replace(model.muscles, pcsa_mm2=pcsa), notes=(*model.notes, *notes))


def _of_group(model: MultibodyModel, muscle: str, side: str) -> npt.NDArray[np.bool_]:
    pairs = zip(model.muscles.groups, model.muscles.sides, strict=True)
    return np.array([group in GROUPS[muscle] and at == side for group, at in pairs])


def _passes(model: MultibodyModel, key: int) -> npt.NDArray[np.bool_]:
    """Tell which fascicles pass the joint below a level."""
    joint = model.levels.index(key)
    return np.asarray((model.muscles.owners.min(axis=1) <= joint) & (model.muscles.owners.max(axis=1) > joint))
