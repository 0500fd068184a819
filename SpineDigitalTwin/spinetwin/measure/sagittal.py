"""Angles and distances in the patient's sagittal plane.

References
----------
O'Brien MF et al. (2008) Radiographic Measurement Manual. Spinal Deformity Study Group.
Legaye J et al. (1998) Pelvic incidence. Eur Spine J 7:99-103.
Protopsaltis T et al. (2014) The T1 pelvic angle. J Bone Joint Surg Am 96:1631-1640.
"""

from __future__ import annotations

import numpy as np

from ..anatomy import level
from ..geometry import FloatArray
from .landmarks import Landmarks
from .planes import View
from .results import MissingInput

FEMORAL_HEADS = ("femoral_head_left", "femoral_head_right")


def angle_between(spine: Landmarks, upper: tuple[str, str], lower: tuple[str, str], view: View) -> FloatArray:
    """Return by how many degrees (...) the lower plate leans forward of the upper one; positive is lordosis.

    Parameters
    ----------
    upper, lower : (level name, "superior" or "inferior")
        The plates.
    view : View
        A sagittal plane, `across` to the front.

    Raises
    ------
    MissingInput
        If a plate is not known.
    """
    normals = [spine.plate(level(name).id, side).normal for name, side in (upper, lower)]
    return np.asarray(view.tilt(normals[1]) - view.tilt(normals[0]))


def sacral_slope(spine: Landmarks, view: View) -> FloatArray:
    """Return the angle (...) of the sacral endplate against the horizontal, degrees."""
    return view.tilt(spine.plate(level("S1").id, "superior").normal)


def sagittal_vertical_axis(spine: Landmarks, view: View) -> FloatArray:
    """Return how far (...) the centre of C7 lies in front of the posterior corner of the sacral endplate, mm."""
    return np.asarray(view.offset(spine.centre(level("C7").id)) - view.offset(spine.plate(level("S1").id, "superior").back))


def hip_axis(heads: FloatArray | None) -> FloatArray:
    """Return the middle (3,) between the femoral heads (2, 3).

    Raises
    ------
    MissingInput
        If they are not given.
    """
    if heads is None:
        raise MissingInput("the femoral heads are not given")
    return np.asarray(heads.mean(axis=0))


def pelvic_tilt(spine: Landmarks, heads: FloatArray | None, view: View) -> FloatArray:
    """Return the angle (...) between the vertical and the line from the hip axis to the sacral endplate; positive backwards."""
    way = spine.plate(level("S1").id, "superior").centre - hip_axis(heads)
    return np.asarray(-np.degrees(np.arctan2(view.offset(way), view.height(way))))


def pelvic_incidence(spine: Landmarks, heads: FloatArray | None, view: View) -> FloatArray:
    """Return the angle (...) between the normal of the sacral endplate and the line from its centre to the hip axis, degrees.

    Measured as itself, not as the sum of pelvic tilt and sacral slope: that they agree is a test.
    """
    plate = spine.plate(level("S1").id, "superior")
    down = hip_axis(heads) - plate.centre
    normal = -plate.normal
    cross = view.offset(normal) * view.height(down) - view.height(normal) * view.offset(down)
    dot = view.offset(normal) * view.offset(down) + view.height(normal) * view.height(down)
    return np.asarray(np.degrees(np.arctan2(cross, dot)))


def t1_pelvic_angle(spine: Landmarks, heads: FloatArray | None, view: View) -> FloatArray:
    """Return the angle (...) at the hip axis between the centre of T1 and that of the sacral endplate, degrees."""
    hip = hip_axis(heads)
    sacrum, chest = spine.plate(level("S1").id, "superior").centre - hip, spine.centre(level("T1").id) - hip
    lean = [np.degrees(np.arctan2(view.offset(way), view.height(way))) for way in (chest, sacrum)]
    return np.asarray(lean[0] - lean[1])
