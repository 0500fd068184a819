"""Axes of a vertebra from its landmarks alone, so that two of them can be laid over each other."""

from __future__ import annotations

import numpy as np

from ...geometry import FloatArray, Frame, nearest_frame
from ..landmarks import LANDMARKS

_UP = ("superior_endplate", "inferior_endplate")
_ACROSS = (("transverse_right", "transverse_left"), ("pedicle_right", "pedicle_left"))


def landmark_frame(landmarks: FloatArray) -> Frame | None:
    """Return the frame of a vertebra: up from endplate to endplate, right along its transverse processes and pedicles.

    Parameters
    ----------
    landmarks : (7, 3) array
        mm; nan where one is not known.

    Returns
    -------
    Frame or None
        Its origin lies between the endplates. None where the endplates, or both pairs of landmarks at the sides, are not known.
    """
    place = dict(zip(LANDMARKS, landmarks, strict=True))
    top, bottom = (place[name] for name in _UP)
    across = [place[right] - place[left] for right, left in _ACROSS if np.isfinite(place[right] + place[left]).all()]
    if not across or not np.isfinite(top + bottom).all():
        return None
    up = (top - bottom) / np.linalg.norm(top - bottom)
    right = np.mean([each / np.linalg.norm(each) for each in across], axis=0)
    right = right / np.linalg.norm(right)
    front = np.cross(up, right)
    return nearest_frame((top + bottom) / 2, np.stack([right, front / np.linalg.norm(front), up]), "landmarks")
