"""A template bent onto a vertebra: radial basis functions between matched places, from coarse to fine, then onto its surface.

Places are matched both ways: from the template alone nothing would pull it out to the end of a process that is longer than its
own. Landmarks that both have are matched too.

References
----------
Carr JC et al. (2001) Reconstruction and representation of 3D objects with radial basis functions. SIGGRAPH, 67-76.
Wahba G (1990) Spline models for observational data. SIAM (smoothing).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...anatomy.tables import read_table
from ...geometry import FloatArray, IntArray
from ...geometry.surfaces import Surface
from ..correspondence import displacements, vertex_normals
from .icp import icp
from .landmark_frames import landmark_frame
from .matching import Cloud, onto_plane
from .specimens import Specimen

STAGES = tuple((int(row["places"]), float(row["smoothing"])) for row in read_table("bending.csv", __package__))
"""How many places of the template steer it, and how stiff it is: smoothing of the spline, mm."""

_REACH_MM = 6.0
"""How far a place of one vertebra may lie from that of another: laminae and processes differ by more than most of the bone."""


@dataclass(frozen=True)
class Template:
    """What is bent: a surface, and where its landmarks lie (7, 3), nan where not known."""

    surface: Surface
    landmarks: FloatArray

    @cached_property
    def cloud(self) -> Cloud:
        """Its vertices and where they face."""
        return Cloud(self.surface.vertices, vertex_normals(self.surface))

    def bent_onto(self, specimen: Specimen) -> FloatArray:
        """Return where the vertices (n, 3) lie on a vertebra, in the frame of that one."""
        pose = laid_over(self, specimen.cloud, specimen.landmarks)
        bent = bend(self, specimen.cloud, specimen.landmarks, pose)
        surface = Surface(bent.moved(self.surface.vertices), self.surface.triangles)
        return np.asarray(surface.vertices + displacements(surface, [specimen.solid])[0])


Pose = tuple[FloatArray, FloatArray]
"""A rotation (3, 3) and a shift (3,): there = here @ R.T + t."""


@dataclass(frozen=True)
class Bend:
    """How space moves with a template: rigidly, and then by a smooth function."""

    pose: Pose
    spline: Callable[[FloatArray], FloatArray]

    def moved(self, points: FloatArray) -> FloatArray:
        """Return where points (k, 3) of the template's frame go; nan stays nan."""
        start = points @ self.pose[0].T + self.pose[1]
        known = np.isfinite(start).all(axis=1)
        if known.any():
            start[known] += self.spline(start[known])
        return start


def laid_over(template: Template, target: Cloud, landmarks: FloatArray) -> Pose:
    """Return the pose of a template over a surface: that of their landmark frames, then of closest points."""
    mine, theirs = landmark_frame(template.landmarks), landmark_frame(landmarks)
    rotation, shift = np.eye(3), np.zeros(3)
    if mine is not None and theirs is not None:
        rotation = theirs.axes.T @ mine.axes
        shift = theirs.origin - rotation @ mine.origin
    some = template.cloud.some(template.cloud.spread)
    turn, step = icp(Cloud(some.points @ rotation.T + shift, some.normals @ rotation.T), target)
    return turn @ rotation, turn @ shift + step


def bend(template: Template, target: Cloud, landmarks: FloatArray, pose: Pose) -> Bend:
    """Return how a template is bent onto a surface, whose landmarks are (7, 3), nan where not known."""
    start = template.surface.vertices @ pose[0].T + pose[1]
    marks = template.landmarks @ pose[0].T + pose[1]
    known = np.isfinite(marks + landmarks).all(axis=1)
    now = start
    for count, smoothing in STAGES:
        here = Cloud(now, vertex_normals(Surface(now, template.surface.triangles)))
        steered, places = _matched(here, target, template.cloud.spread[:count], target.spread[:count])
        sources = np.concatenate([start[steered], marks[known]])
        spline = _spline(sources, np.concatenate([places, landmarks[known]]) - sources, smoothing)
        now = start + spline(start)
    return Bend(pose, spline)


def _matched(here: Cloud, target: Cloud, steered: IntArray, back: IntArray) -> tuple[IntArray, FloatArray]:
    """Return vertices of the template (k,), each once, and the places (k, 3) where they belong."""
    found, good = target.nearest(here.some(steered), _REACH_MM)
    forward = onto_plane(here.points[steered[good]], target, found[good])
    nearest, fits = here.nearest(target.some(back), _REACH_MM)
    pulling, pulled = target.points[back[fits]], nearest[fits]
    # only across the surface: which of the vertices along it is nearest is chance
    outward = here.points[pulled] + pulling - onto_plane(pulling, here, pulled)
    vertices = np.concatenate([steered[good], pulled])
    places = np.concatenate([forward, outward])
    unique, inverse, times = np.unique(vertices, return_inverse=True, return_counts=True)
    mean = np.zeros((len(unique), 3))
    np.add.at(mean, inverse, places)
    return unique, mean / times[:, None]


def _spline(sources: FloatArray, moves: FloatArray, smoothing: float) -> Callable[[FloatArray], FloatArray]:
    """Return a smoothing spline (kernel r, which is the biharmonic one of space)."""
    from scipy.interpolate import RBFInterpolator

    spline: Callable[[FloatArray], FloatArray] = RBFInterpolator(sources, moves, kernel="linear", smoothing=smoothing, degree=1)
    return spline
