"""A smooth warp of the template onto a person: what is known of the spine bends what is not seen beside it.

Landmarks are the points of interest of the vertebrae, and a few points of pelvis and ribs that the axes of their bones tell.
The warp is an affine map and a spline of the kernel -|x|, which bends least in space. It is smoothed, so that one wrong point
bends little, and linear in the landmarks of the person: placing the template is one product with a matrix that everybody
shares.

References
----------
Duchon 1977 (splines that minimise bending; in three dimensions the kernel is the distance); Bookstein 1989, IEEE Trans Pattern
Anal Mach Intell 11:567-585 (thin plates on landmarks); Wahba 1990, Spline Models for Observational Data, sections 1.3 and 4.2
(smoothing, and what is left out of it predicted by the rest).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import FloatArray

BELIEVED_MM = 12.0
"""How far a landmark may be from where the others predict it, in an adult. What is beyond does not bend the template; phantoms
with curves of 70 degrees need 11.4 mm (benchmarks/template_warp.py)."""

_ROUNDS = 4


@dataclass(frozen=True, eq=False)
class Warp:
    """The warp of given landmarks and points of the template onto any person.

    Attributes
    ----------
    placing : (q, n) array
        By which the landmarks of a person become the points of the template.
    smoothed : (n, n) array
        By which they become what the warp makes of the landmarks themselves.
    """

    placing: FloatArray
    smoothed: FloatArray

    def place(self, landmarks: FloatArray, size: float) -> FloatArray:
        """Return the points of the template (q, 3) on a person.

        Parameters
        ----------
        landmarks : (n, 3) array
            Of the person, mm.
        size : float
            Of the person over the template: what is believed grows with it.
        """
        return np.asarray(self.placing @ self._believed(landmarks, BELIEVED_MM * size))

    def surprise(self, landmarks: FloatArray) -> FloatArray:
        """Return how far landmarks (n, 3) are from where all others predict them (n,), mm."""
        return np.asarray(np.linalg.norm(landmarks - self._predicted(landmarks), axis=1))

    def _predicted(self, landmarks: FloatArray) -> FloatArray:
        """Return where the warp of all others has each landmark."""
        own = np.diag(self.smoothed)[:, None]
        return np.asarray((self.smoothed @ landmarks - own * landmarks) / (1.0 - own))

    def _believed(self, landmarks: FloatArray, most: float) -> FloatArray:
        """Draw landmarks nearer that lie too far from where all others predict them.

        What one that is far off makes of the predictions of its neighbours is gone after a few rounds.
        """
        believed = landmarks
        for _ in range(_ROUNDS):
            predicted = self._predicted(believed)
            off = landmarks - predicted
            far = np.linalg.norm(off, axis=1, keepdims=True)
            believed = np.where(far > most, predicted + off * (most / np.maximum(far, most)), landmarks)
        return believed


def warp_between(landmarks: FloatArray, points: FloatArray, smoothing: FloatArray) -> Warp:
    """Return the warp of a template.

    Parameters
    ----------
    landmarks : (n, 3) array
        Of the template, mm; not all of them in one plane.
    points : (q, 3) array
        Of the template, that shall go along.
    smoothing : (n,) array
        How little each landmark bends the warp, mm; with 0 it would be led exactly to that of the person. Positive.
    """
    count = len(landmarks)
    kernel = -_distances(landmarks, landmarks) + np.diag(smoothing)
    affine = _affine(landmarks)
    system = np.block([[kernel, affine], [affine.T, np.zeros((4, 4))]])
    wanted = np.concatenate([points, landmarks])
    terms = np.concatenate([-_distances(wanted, landmarks), _affine(wanted)], axis=1)
    found = np.linalg.solve(system, terms.T).T[:, :count]
    return Warp(found[: len(points)], found[len(points) :])


def _affine(points: FloatArray) -> FloatArray:
    return np.concatenate([np.ones((len(points), 1)), points], axis=1)


def _distances(here: FloatArray, there: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(here[:, None] - there[None], axis=-1))
