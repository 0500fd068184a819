"""Planes that angles are measured in.

A radiograph shows angles in the plane of its film; in three dimensions the plane has to be named. Every plane here holds the
upward direction of the scanner: nobody knows where a lying person's vertical is, and the report says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..anatomy import level
from ..geometry import FloatArray, Frame

_UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class View:
    """A plane of projection.

    Attributes
    ----------
    name : str
        For people.
    across, up : (3,) arrays
        Perpendicular unit vectors in the plane, RAS: to the patient's right (or front, in a sagittal plane) and upwards.
    """

    name: str
    across: FloatArray
    up: FloatArray

    def tilt(self, normals: FloatArray) -> FloatArray:
        """Return by how many degrees directions (..., 3) lean towards `across` in this plane."""
        return np.asarray(np.degrees(np.arctan2(normals @ self.across, normals @ self.up)))

    def offset(self, points: FloatArray) -> FloatArray:
        """Return the position (...) of points (..., 3) along `across`, mm."""
        return np.asarray(points @ self.across)

    def height(self, points: FloatArray) -> FloatArray:
        """Return the position (...) of points (..., 3) along `up`, mm."""
        return np.asarray(points @ self.up)


def image_coronal() -> View:
    """Return the coronal plane of the scanner."""
    return View("coronal plane of the image", np.array([1.0, 0.0, 0.0]), _UP)


def patient_coronal(reference: Frame) -> View:
    """Return the upright plane through the right axis of the sacrum, or of what stands for it."""
    return View("patient's coronal plane", _upright(reference.right), _UP)


def patient_sagittal(reference: Frame) -> View:
    """Return the upright plane perpendicular to the patient's coronal plane; `across` is to the front."""
    right = _upright(reference.right)
    return View("patient's sagittal plane", np.cross(_UP, right), _UP)


def turned(view: View, angle: float) -> View:
    """Return a plane turned about the upward direction by `angle` degrees."""
    a = np.radians(angle)
    across = view.across * np.cos(a) + np.cross(view.up, view.across) * np.sin(a)
    return View(f"plane of maximum curvature ({angle:+.0f} degrees)", across, view.up)


def reference_frame(frames: dict[int, Frame]) -> tuple[int, Frame]:
    """Return the level that stands for the pelvis, and its axes: the lowest one whose axes are known."""
    key = max(frames, key=lambda each: level(each).order)
    return key, frames[key]


def _upright(right: FloatArray) -> FloatArray:
    across = right - (right @ _UP) * _UP
    return np.asarray(across / np.linalg.norm(across))
