"""Sizes of a vertebral body and of the disc below it, from their corner points.

References
----------
Genant HK et al. (1993) Vertebral fracture assessment using a semiquantitative technique. J Bone Miner Res 8:1137-1148.
Meyerding HW (1932) Spondylolisthesis. Surg Gynecol Obstet 54:371-377.
Frobin W et al. (1997) Precision measurement of disc height, vertebral height and sagittal plane displacement.
Clin Biomech 12 Suppl 1.
"""

from __future__ import annotations

import numpy as np

from ..anatomy import PointId
from ..geometry import FloatArray
from .landmarks import Landmarks, Plate
from .results import MissingInput

_PLACES = ("front", "middle", "back")
"""Where heights are measured, in the median plane."""

GENANT = ((0.20, "none (grade 0)"), (0.25, "mild (grade 1)"), (0.40, "moderate (grade 2)"))
"""Height lost, up to which a grade goes; beyond the last it is severe."""

_NO_SLIP = 0.05

MEYERDING = (0.25, 0.50, 0.75, 1.0)
"""Slip as a part of the endplate's depth, up to which grades 1 to 4 go; beyond it is ptosis (grade 5)."""


def height(spine: Landmarks, key: int, where: str) -> FloatArray:
    """Return the height (...) of a body at its "front", "middle" or "back", in the median plane, mm."""
    return _length(spine.rim(key, "superior", where) - spine.rim(key, "inferior", where))


def depth(spine: Landmarks, key: int, side: str) -> FloatArray:
    """Return the front-to-back size (...) of the "superior" or "inferior" endplate in the median plane, mm."""
    return _length(spine.rim(key, side, "front") - spine.rim(key, side, "back"))


def width(spine: Landmarks, key: int) -> FloatArray:
    """Return the side-to-side size (...) of the body at mid height, mm."""
    return _length(spine.point(key, PointId.MUSCLE_BODY_RIGHT) - spine.point(key, PointId.MUSCLE_BODY_LEFT))


def height_ratio(spine: Landmarks, key: int, first: str, second: str) -> FloatArray:
    """Return the height (...) at one place over that at another."""
    return np.asarray(height(spine, key, first) / height(spine, key, second))


def concavity(spine: Landmarks, key: int, side: str) -> FloatArray:
    """Return how deep (...) the middle of an endplate lies inside the plane of its corners, mm."""
    plate = spine.plate(key, side)
    middle = spine.rim(key, side, "middle")
    inwards = -1.0 if side == "superior" else 1.0
    return np.asarray(inwards * ((middle - plate.centre) * plate.normal).sum(axis=-1))


def height_lost(spine: Landmarks, key: int) -> FloatArray:
    """Return how much lower (...) the lowest of the three heights is than the highest, as a part of the latter."""
    heights = np.stack([height(spine, key, where) for where in _PLACES])
    return np.asarray(1.0 - heights.min(axis=0) / heights.max(axis=0))


def genant_grade(spine: Landmarks, key: int) -> str:
    """Return the semiquantitative grade of a deformity by the part of the height that is lost."""
    lost = float(np.mean(height_lost(spine, key)))
    return next((name for limit, name in GENANT if lost < limit), "severe (grade 3)")


def wedge(spine: Landmarks, key: int) -> FloatArray:
    """Return the angle (...) by which the endplates of a body open to the back in its own sagittal plane, degrees."""
    return _opening(spine, key, (key, "inferior"), (key, "superior"), "anterior") * -1.0


def lateral_wedge(spine: Landmarks, key: int) -> FloatArray:
    """Return the angle (...) by which the endplates of a body open to the right in its own coronal plane, degrees."""
    return _opening(spine, key, (key, "inferior"), (key, "superior"), "right")


def disc_height(spine: Landmarks, upper: int, lower: int, where: str) -> FloatArray:
    """Return the height (...) of the disc between two levels at its "front", "middle" or "back", mm.

    Between the rims, or the middles, of the endplates that face it, along the mean of their normals.
    """
    above, below = spine.plate(upper, "inferior"), spine.plate(lower, "superior")
    axis = above.normal + below.normal
    axis = axis / np.linalg.norm(axis, axis=-1, keepdims=True)
    ends = {
        "front": (above.front, below.front),
        "middle": (_middle(spine, upper, "inferior", above), _middle(spine, lower, "superior", below)),
        "back": (above.back, below.back),
    }
    first, second = ends[where]
    return np.asarray(((first - second) * axis).sum(axis=-1))


def _middle(spine: Landmarks, key: int, side: str, plate: Plate) -> FloatArray:
    """Return the middle of an endplate (...): as fitted, its own point, or the centre of its plane."""
    try:
        return spine.rim(key, side, "middle")
    except MissingInput:
        return plate.centre


def disc_wedge(spine: Landmarks, upper: int, lower: int) -> FloatArray:
    """Return the angle (...) by which a disc opens to the front in the sagittal plane of the vertebra above, degrees."""
    return _opening(spine, upper, (lower, "superior"), (upper, "inferior"), "anterior")


def slip(spine: Landmarks, upper: int, lower: int) -> FloatArray:
    """Return how far (...) the upper body lies in front of the lower one along the lower one's endplate, mm.

    Between the posterior corners that face each other, on the line of the lower vertebra's superior endplate.
    """
    plate = spine.plate(lower, "superior")
    ahead = plate.front - plate.back
    ahead = ahead / np.linalg.norm(ahead, axis=-1, keepdims=True)
    return np.asarray(((spine.plate(upper, "inferior").back - plate.back) * ahead).sum(axis=-1))


def meyerding_grade(spine: Landmarks, upper: int, lower: int) -> str:
    """Return the grade of a slip in quarters of the lower endplate's depth; a slip below a twentieth is none."""
    part = abs(float(np.mean(slip(spine, upper, lower) / depth(spine, lower, "superior"))))
    return "none" if part < _NO_SLIP else f"grade {1 + sum(part > limit for limit in MEYERDING)}"


def _length(way: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(way, axis=-1))


def _opening(spine: Landmarks, key: int, first: tuple[int, str], second: tuple[int, str], towards: str) -> FloatArray:
    """Return by how much more (...) the second plate leans towards a direction of the vertebra than the first, degrees."""
    frame = spine.frame(key)
    across = getattr(frame, towards)
    leans = [
        np.degrees(np.arctan2(plate.normal @ across, plate.normal @ frame.superior))
        for plate in (spine.plate(*first), spine.plate(*second))
    ]
    return np.asarray(leans[0] - leans[1])
