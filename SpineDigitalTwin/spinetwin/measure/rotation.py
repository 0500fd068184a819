"""How vertebrae are turned and shifted against the pelvis, or against what stands for it.

References
----------
Wu G et al. (2002) ISB recommendation on definitions of joint coordinate system ... part I: ankle, hip, and spine.
J Biomech 35:543-548.
O'Brien MF et al. (2008) Radiographic Measurement Manual. Spinal Deformity Study Group.
"""

from __future__ import annotations

import numpy as np

from ..anatomy import PointId, level
from ..geometry import FloatArray, Frame
from .curves import ScolioticCurve
from .landmarks import Landmarks
from .planes import View
from .results import MissingInput


def axial_rotation(frame: Frame, reference: Frame) -> float:
    """Return the rotation of a vertebra about its own superior axis, degrees, positive with its front to the right.

    The third angle of the joint coordinate system of the ISB (flexion about the right axis of the reference, axial rotation
    about the superior axis of the vertebra, lateral bending about the axis between). It depends on the right axis of the
    reference only, so that the slope of the sacrum has no part in it.
    """
    return float(np.degrees(np.arctan2(frame.anterior @ reference.right, frame.right @ reference.right)))


def lateral_tilt(frame: Frame, reference: Frame) -> float:
    """Return how far a vertebra leans to the right against the reference, degrees (the second angle, see `axial_rotation`)."""
    return float(np.degrees(np.arcsin(np.clip(frame.superior @ reference.right, -1.0, 1.0))))


def rotation_uncertainty(spine: Landmarks, key: int, spread: float) -> float | None:
    """Return the standard deviation of the axial rotation, degrees, for points that are uncertain by `spread` mm.

    The sideways uncertainty of the two centroids that make the posterior axis, over the distance between them; None where
    these are not placed.
    """
    if (key, PointId.ARCH) not in spine.points or (key, PointId.BODY) not in spine.points:
        return None
    lever = float(
        np.linalg.norm(np.mean(spine.point(key, PointId.ARCH) - spine.point(key, PointId.BODY), axis=tuple(_draws(spine))))
    )
    return float(np.degrees(np.sqrt(2.0) * spread / max(lever, 1.0)))


def _draws(spine: Landmarks) -> range:
    """Leading axes of the points."""
    return range(next(iter(spine.points.values())).ndim - 1)


def apical_translation(spine: Landmarks, curve: ScolioticCurve, view: View) -> tuple[FloatArray, str]:
    """Return the distance (...) of a curve's apex from its plumb line, mm, positive to the right, and the line's name.

    The plumb line of a thoracic apex (T2 to T11) goes through C7, that of a lower one is the central sacral vertical line.
    Where that level is not seen the line goes through the nearest end of what is seen, and its name says so.
    """
    seen = [key for key in spine.levels if _has_centre(spine, key)]
    thoracic = level(curve.apex).order <= level("T11").order
    wanted = level("C7" if thoracic else "S1").id
    through = wanted if wanted in seen else (seen[0] if thoracic else seen[-1])
    name = f"plumb line of {level(through).name}" if thoracic else f"vertical line through {level(through).name}"
    return np.asarray(view.offset(spine.centre(curve.apex)) - view.offset(spine.centre(through))), name


def _has_centre(spine: Landmarks, key: int) -> bool:
    try:
        spine.centre(key)
    except MissingInput:
        return False
    return True


def coronal_balance(spine: Landmarks, view: View) -> FloatArray:
    """Return how far (...) C7 stands to the right of the central sacral vertical line, mm.

    Raises
    ------
    MissingInput
        If either is not seen.
    """
    return np.asarray(view.offset(spine.centre(level("C7").id)) - view.offset(spine.centre(level("S1").id)))
