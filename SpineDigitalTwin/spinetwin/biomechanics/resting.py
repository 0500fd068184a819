"""What resting muscles resist with when a posture makes them long.

The fascicles lengthen with their whole path, as if tendons did not give. Muscles that are not in ``muscle_fibres.csv`` shorten
in flexion, or lie in front of the spine, and resist nothing.

References
----------
Thelen 2003, J Biomech Eng 125:70-77 (curve); Delp et al. 2001, J Biomech 34:371-375, and Ward et al. 2009, J Bone Joint Surg Am
91:176-185 (fascicles); Zwambag et al. 2014, J Orthop Res (sarcomeres of all muscles of the lumbar spine upright).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..anatomy.tables import read_table
from ..geometry import FloatArray
from .model import Muscles
from .settings import MM2_PER_CM2

_FIBRES = {row["group"]: row for row in read_table("muscle_fibres.csv", __package__)}
_CURVE = read_table("resting_curve.csv", __package__)

FIBRE_LENGTHS = np.array([float(row["fibre_length"]) for row in _CURVE])
"""Lengths of fibres, over the optimal one, between which the curve is straight; fibres are slack at the first."""

STRESSES = np.array([float(row["stress_n_cm2"]) for row in _CURVE])
"""N/cm2 at these lengths."""


@dataclass(frozen=True)
class Fibres:
    """Fibres of the fascicles of a model.

    Attributes
    ----------
    known : (m,) array of bool
        Whether a fascicle resists when it is long.
    optimal_mm : (m,) array
        Length at which they pull hardest, and from which on they resist; as long as the path where that is shorter.
    slack_mm : (m,) array
        Length of the path at which they begin to resist.
    """

    known: npt.NDArray[np.bool_]
    optimal_mm: FloatArray
    slack_mm: FloatArray


def fibres_of(muscles: Muscles) -> Fibres:
    """Return the fibres of the fascicles of a model in the imaged posture, which is taken for upright."""
    rows = [_FIBRES.get(group) for group in muscles.groups]
    lengths = path_lengths(muscles.points)
    optimal = np.array([float(row["optimal_length_mm"]) if row else 1.0 for row in rows])
    upright = np.array([float(row["upright_length"]) if row else 1.0 for row in rows])
    optimal = np.minimum(optimal, lengths)
    return Fibres(np.array([row is not None for row in rows], dtype=np.bool_), optimal, lengths + (1.0 - upright) * optimal)


def resting_tensions(muscles: Muscles, posed: FloatArray) -> FloatArray:
    """Return the tension (m,) of resting fascicles, N.

    Parameters
    ----------
    muscles : Muscles
        In the imaged posture.
    posed : (m, p, 3) array
        The points of their paths in another posture, RAS mm.
    """
    fibres = fibres_of(muscles)
    lengths = 1.0 + (path_lengths(posed) - fibres.slack_mm) / np.maximum(fibres.optimal_mm, 1e-9)
    stress = np.interp(lengths, FIBRE_LENGTHS, STRESSES)
    return np.asarray(np.where(fibres.known, stress * muscles.pcsa_mm2 / MM2_PER_CM2, 0.0))


def path_lengths(points: FloatArray) -> FloatArray:
    """Return the lengths (m,) of paths (m, p, 3)."""
    return np.asarray(np.linalg.norm(np.diff(points, axis=1), axis=-1).sum(axis=1))
