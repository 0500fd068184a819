"""Where every vertebra stands: sagittal profile, scoliosis, spacing by the heights of bodies and discs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...geometry import FloatArray, Frame
from ..person.dimensions import Dimensions
from ..shape.places import body_of
from ..shape.variants import slip
from .coronal import Coronal, coronal_plane
from .parameters import SpineParameters, whole_column
from .sagittal import imbalance, sagittal_plane, stack


@dataclass(frozen=True)
class Posture:
    """How a column stands.

    Attributes
    ----------
    frames : mapping of level id to Frame
        Origin in the middle of the body, RAS mm; from the top.
    wedge : mapping of level id to float
        Lateral wedge of the body in degrees, positive where its left side is higher.
    """

    frames: Mapping[int, Frame]
    wedge: Mapping[int, float]


def posture(
    parameters: SpineParameters, rows: Mapping[int, Dimensions], changed: Mapping[int, Dimensions] | None = None
) -> Posture:
    """Return the posture of the whole column, its middle at the RAS origin.

    Parameters
    ----------
    parameters : SpineParameters
        Angles and levels.
    rows : mapping of level id to Dimensions
        The person; disc heights already include `parameters.spacing`.
    changed : mapping of level id to Dimensions, optional
        The person with what the variants change.

    Notes
    -----
    The curves of a scoliosis lean as a whole until C7 stands above S1 in the coronal plane too. Discs keep their shape when a
    body breaks: what lies above bends forward, and then the person leans back as a whole.
    """
    column = whole_column(parameters)
    names = [each.name for each in column]
    before, chain = ([person[each.id] for each in column] for person in (rows, changed or rows))
    tilt = sagittal_plane(parameters, names, before)
    broken = np.array([a.endplate_angle - b.endplate_angle for a, b in zip(before, chain, strict=True)])
    if broken.any():
        tilt = tilt + broken + 2 * (np.cumsum(broken[::-1])[::-1] - broken)
        tilt = tilt - imbalance(tilt, names, chain)
    behind = np.array([body_of(row).behind_middle for row in chain])
    coronal = _balanced(parameters, names, chain, behind, tilt)
    turns = _turns(tilt, coronal)
    centres = _centres(turns, chain, behind) + _slips(parameters, names, chain, turns)
    centres -= centres.mean(axis=0)
    frames = {
        each.id: Frame(centre, np.ascontiguousarray(turn.T), "phantom")
        for each, centre, turn in zip(column, centres, turns, strict=True)
    }
    return Posture(frames, {each.id: float(wedge) for each, wedge in zip(column, coronal.wedge, strict=True)})


def _centres(turns: FloatArray, chain: list[Dimensions], behind: FloatArray) -> FloatArray:
    """Where the middles of the bodies lie, (n, 3) mm: what stands in one line are their centroids.

    A body that is hollow behind has its centroid `behind` the middle of its depth, (n,) mm, more so in the chest; with the
    middles in line the spine would seem to lean against its vertebrae where that changes.
    """
    return stack(turns[:, :, 2], chain) + behind[:, None] * turns[:, :, 1]


def _slips(parameters: SpineParameters, names: list[str], chain: list[Dimensions], turns: FloatArray) -> FloatArray:
    """How far every body lies away from where it would be without spondylolisthesis, (n, 3) mm."""
    moved = np.zeros((len(names), 3))
    for each in parameters.variants:
        if each.kind == "listhesis":
            below = names.index(each.level) + 1
            angle = np.radians(chain[below].endplate_angle)
            forward = np.cos(angle) * turns[below, :, 1] + np.sin(angle) * turns[below, :, 2]
            moved[:below] += slip(each, chain[below]) * forward
    return moved


def _balanced(
    parameters: SpineParameters, names: list[str], chain: list[Dimensions], behind: FloatArray, tilt: FloatArray
) -> Coronal:
    """Coronal plane with C7 above S1, by the secant method (the offset is all but linear in the common lean)."""
    c7 = names.index("C7")

    def offset(shift: float) -> float:
        turns = _turns(tilt, coronal_plane(parameters.curves, names, shift))
        return float(_centres(turns, chain, behind)[c7, 0])

    low, high = 0.0, 1.0
    before, now = offset(low), offset(high)
    while parameters.curves and abs(now) > 1e-9 and now != before:
        low, high = high, high - now * (high - low) / (now - before)
        before, now = now, offset(high)
    return coronal_plane(parameters.curves, names, high)


def _turns(tilt: FloatArray, coronal: Coronal) -> FloatArray:
    return np.array([_turn(*angles) for angles in zip(tilt, coronal.lean, coronal.axial, strict=True)])


def _turn(tilt: float, lean: float, axial: float) -> FloatArray:
    """Rotation whose columns are right, anterior, superior: axial first, then forward tilt, then to the right."""
    t, c, a = np.radians([tilt, lean, axial])
    around_s = np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])
    around_r = np.array([[1, 0, 0], [0, np.cos(t), np.sin(t)], [0, -np.sin(t), np.cos(t)]])
    around_a = np.array([[np.cos(c), 0, np.sin(c)], [0, 1, 0], [-np.sin(c), 0, np.cos(c)]])
    return np.asarray(around_a @ around_r @ around_s)
