"""How well a network does on films that it is not trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from spinetwin.xray.networks.model import chances
from spinetwin.xray.networks.spots import spotted

from .recipe import BONE_MM
from .samples import Float32, Sample, seen

Run = Callable[[Float32], tuple[Float32, Float32, Float32]]
"""Takes what is put into the network (2, rows, columns) and returns scores, offsets and thickness."""

_OWN_MM = 12.0
"""A vertebra that was found is the one whose centre lies nearest, and at most so far."""

_SEEN_MM = 2.0
"""Least thickness of bone that belongs to the mask of Dice."""


@dataclass(frozen=True)
class Look:
    """What was measured; pixels of about a millimetre.

    Attributes
    ----------
    found, invented : float
        Share of the visible vertebrae that were found; vertebrae that are none, against all visible ones.
    frontal, lateral : float
        Mean distance of the landmarks of vertebrae that were found.
    dice : float
        Of the masks of bone.
    """

    found: float
    invented: float
    frontal: float
    lateral: float
    dice: float


def look(run: Run, samples: Sequence[Sample]) -> Look:
    """Let a network look at films."""
    count = hits = invented = 0
    away: dict[bool, list[np.ndarray]] = {False: [], True: []}
    both = sizes = 0.0
    for each in samples:
        heat, offsets, bone = run(seen(each))
        vertebrae = spotted(chances(heat), offsets)
        count += int(each.visible[:, 0].sum())
        for vertebra in vertebrae:
            apart = np.linalg.norm(each.centres - vertebra.centre, axis=1)
            nearest = int(apart.argmin()) if len(apart) else 0
            if not len(apart) or apart[nearest] > _OWN_MM:
                invented += 1
            elif each.visible[nearest, 0]:
                hits += 1
                wrong = np.linalg.norm(vertebra.marks - each.marks[nearest], axis=1)
                away[each.lateral].append(wrong[each.visible[nearest, 1:]])
        made, truth = bone[0] * BONE_MM > _SEEN_MM, each.bone > _SEEN_MM
        both, sizes = both + 2.0 * float((made & truth).sum()), sizes + float(made.sum() + truth.sum())
    frontal, lateral = (float(np.concatenate(away[view]).mean()) if away[view] else float("nan") for view in (False, True))
    return Look(hits / max(count, 1), invented / max(count, 1), frontal, lateral, both / max(sizes, 1.0))
