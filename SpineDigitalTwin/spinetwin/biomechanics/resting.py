"""What resting muscles resist with when a posture makes them long.

The fascicles lengthen with their whole path, as if tendons did not give. Muscles without a law of their fibres shorten
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

from ..geometry import FloatArray
from .model import Muscles
from .settings import MM2_PER_CM2
from .tissues import USUAL, FibreLaw, Tissues


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


_NO_FIBRES = FibreLaw(1.0, 1.0, "")


def fibres_of(muscles: Muscles, tissues: Tissues = USUAL) -> Fibres:
    """Return the fibres of the fascicles of a model in the imaged posture, which is taken for upright."""
    laws = [tissues.fibres.get(group, _NO_FIBRES) for group in muscles.groups]
    lengths = path_lengths(muscles.points)
    optimal = np.minimum([law.optimal_mm for law in laws], lengths)
    slack = lengths + (1.0 - np.array([law.upright for law in laws])) * optimal
    return Fibres(np.array([law is not _NO_FIBRES for law in laws], dtype=np.bool_), optimal, slack)


def resting_tensions(muscles: Muscles, posed: FloatArray, tissues: Tissues = USUAL) -> FloatArray:
    """Return the tension (m,) of resting fascicles, N.

    Parameters
    ----------
    muscles : Muscles
        In the imaged posture.
    posed : (m, p, 3) array
        The points of their paths in another posture, RAS mm.
    tissues : Tissues, optional
    """
    fibres = fibres_of(muscles, tissues)
    lengths = 1.0 + (path_lengths(posed) - fibres.slack_mm) / np.maximum(fibres.optimal_mm, 1e-9)
    stress = np.interp(lengths, tissues.resting.lengths, tissues.resting.stresses)
    return np.asarray(np.where(fibres.known, stress * muscles.pcsa_mm2 / MM2_PER_CM2, 0.0))


def path_lengths(points: FloatArray) -> FloatArray:
    """Return the lengths (m,) of paths (m, p, 3)."""
    return np.asarray(np.linalg.norm(np.diff(points, axis=1), axis=-1).sum(axis=1))
