"""A template bent onto a vertebra: radial basis functions between matched places, from coarse to fine, then onto its surface.

Places are matched both ways: from the template alone nothing would pull it out to the end of a process that is longer than its
own. Landmarks that both have are matched too.

References
----------
Carr JC et al. (2001) Reconstruction and representation of 3D objects with radial basis functions. SIGGRAPH, 67-76.
Wahba G (1990) Spline models for observational data. SIAM (smoothing).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...geometry import FloatArray, IntArray
from ...geometry.surfaces import Surface
from ..correspondence import displacements, vertex_normals
from .icp import icp
from .landmark_frames import landmark_frame
from .matching import Cloud, onto_plane
from .specimens import Specimen

STAGES = ((150, 30.0), (400, 3.0), (800, 0.3), (800, 0.3))
"""How many places of the template steer it, and how stiff it is: smoothing of the spline, mm."""

_ICP_PLACES = 2000


@dataclass(frozen=True)
class Template:
    """What is bent: a surface, and where its landmarks lie (7, 3), nan where not known."""

    surface: Surface
    landmarks: FloatArray

    @cached_property
    def spread(self) -> IntArray:
        """Vertices in an order in which the first ones lie as far from each other as can be."""
        return farthest_first(self.surface.vertices, _ICP_PLACES)

    def bent_onto(self, specimen: Specimen) -> FloatArray:
        """Return where the vertices (n, 3) lie on a vertebra, in the frame of that one."""
        rotation, shift = self._laid_over(specimen)
        start = self.surface.vertices @ rotation.T + shift
        marks = self.landmarks @ rotation.T + shift
        target = Cloud(specimen.surface.vertices, specimen.normals)
        back = farthest_first(target.points, _ICP_PLACES)
        now, marks_now = start, marks
        for count, smoothing in STAGES:
            here = Cloud(now, vertex_normals(Surface(now, self.surface.triangles)))
            steered, places = _matched(here, target, self.spread[:count], back[:count])
            known = np.isfinite(marks_now + specimen.landmarks).all(axis=1)
            sources = np.concatenate([start[steered], marks[known]])
            moves = np.concatenate([places, specimen.landmarks[known]]) - sources
            now, marks_now = _bent(sources, moves, smoothing, start, marks)
        surface = Surface(now, self.surface.triangles)
        return np.asarray(now + displacements(surface, [specimen.solid])[0])

    def _laid_over(self, specimen: Specimen) -> tuple[FloatArray, FloatArray]:
        """Return the rotation and shift of landmark frames, and then of closest points."""
        mine, theirs = landmark_frame(self.landmarks), landmark_frame(specimen.landmarks)
        rotation, shift = np.eye(3), np.zeros(3)
        if mine is not None and theirs is not None:
            rotation = theirs.axes.T @ mine.axes
            shift = theirs.origin - rotation @ mine.origin
        normals = vertex_normals(self.surface) @ rotation.T
        moved = Cloud(self.surface.vertices @ rotation.T + shift, normals).some(self.spread)
        turn, step = icp(moved, Cloud(specimen.surface.vertices, specimen.normals))
        return turn @ rotation, turn @ shift + step


def farthest_first(points: FloatArray, count: int) -> IntArray:
    """Return up to `count` places of points (n, 3), each as far from those before as can be."""
    count = min(count, len(points))
    chosen = np.zeros(count, dtype=np.int64)
    chosen[0] = int(((points - points.mean(axis=0)) ** 2).sum(axis=1).argmax())
    away = np.full(len(points), np.inf)
    for place in range(1, count):
        step = points - points[chosen[place - 1]]
        away = np.minimum(away, np.einsum("nc,nc->n", step, step))
        chosen[place] = int(away.argmax())
    return chosen


def _matched(here: Cloud, target: Cloud, steered: IntArray, back: IntArray) -> tuple[IntArray, FloatArray]:
    """Return vertices of the template (k,), each once, and the places (k, 3) where they belong."""
    found, good = target.nearest(here.some(steered))
    forward = onto_plane(here.points[steered[good]], target, found[good])
    nearest, fits = here.nearest(target.some(back))
    vertices = np.concatenate([steered[good], nearest[fits]])
    places = np.concatenate([forward, target.points[back[fits]]])
    unique, inverse, times = np.unique(vertices, return_inverse=True, return_counts=True)
    mean = np.zeros((len(unique), 3))
    np.add.at(mean, inverse, places)
    return unique, mean / times[:, None]


def _bent(
    sources: FloatArray, moves: FloatArray, smoothing: float, vertices: FloatArray, marks: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return vertices and landmarks moved by a smoothing spline (kernel r, which is the biharmonic one of space)."""
    from scipy.interpolate import RBFInterpolator

    spline = RBFInterpolator(sources, moves, kernel="linear", smoothing=smoothing, degree=1)
    known = np.isfinite(marks).all(axis=1)
    moved = marks.copy()
    if known.any():
        moved[known] += spline(marks[known])
    return vertices + spline(vertices), moved
