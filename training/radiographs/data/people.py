"""Random people: where their vertebrae stand, and what these look like."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from spinetwin.anatomy import level as level_of
from spinetwin.anatomy import levels_between
from spinetwin.geometry import FloatArray, Frame
from spinetwin.geometry.surfaces import Surface
from spinetwin.jobs.standing_models import kept_model
from spinetwin.phantom import Curve, Dimensions, SpineParameters, sample_person
from spinetwin.phantom.person.dimensions import DIMENSIONS
from spinetwin.phantom.posture.column import posture
from spinetwin.xray.pose import rotation_of
from spinetwin.xray.shapes import Posed, ShapeModel

from .spec import RadiographSpec

_MOST_SCORE = 2.5
_LUMBAR, _THORACIC = ("T12", "L1", "L2", "L3"), ("T6", "T7", "T8")
_SIDES = ("left", "right")
_DISC = ("disc_front", "disc_back")


@dataclass(frozen=True)
class Person:
    """Where a person's vertebrae stand, upright and around the origin.

    Attributes
    ----------
    rows : mapping of level id to Dimensions
    frames : mapping of level id to Frame
        RAS mm.
    """

    rows: dict[int, Dimensions]
    frames: dict[int, Frame]

    def stretch(self, key: int) -> FloatArray:
        """Return the size (3,) of a vertebra against the mean, along right, anterior, superior."""
        row, mean = self.rows[key], DIMENSIONS[key]
        return np.array([row.body_width / mean.body_width, row.body_depth / mean.body_depth, row.height / mean.height])

    def moved(self, rotation: FloatArray, about: FloatArray) -> Person:
        """Return the person turned about a point, which then is the origin."""
        frames = {
            key: Frame(rotation @ (frame.origin - about), frame.axes @ rotation.T, frame.source)
            for key, frame in self.frames.items()
        }
        return replace(self, frames=frames)


@dataclass(frozen=True)
class Vertebra:
    """One vertebra of a person.

    Attributes
    ----------
    level : int
        Level id.
    frame : Frame
        Where it stands, RAS mm.
    surface, marrow : Surface
        Of the bone, and of the marrow of its body, RAS mm.
    landmarks : (7, 3) array
        In the order of `spinetwin.xray.landmarks.LANDMARKS`, RAS mm.
    """

    level: int
    frame: Frame
    surface: Surface
    marrow: Surface
    landmarks: FloatArray


def person(rng: np.random.Generator, spec: RadiographSpec) -> Person:
    """Draw somebody who stands before a film; the level between `spec.top` and `spec.bottom` that is drawn is the origin."""
    rows = sample_person(rng)
    discs = rng.uniform(*spec.discs)
    rows = {key: row.scaled(discs, _DISC) for key, row in rows.items()}
    parameters = SpineParameters(
        lordosis=rng.uniform(*spec.lordosis), kyphosis=rng.uniform(*spec.kyphosis), curves=_curves(rng, spec)
    )
    standing = Person(rows, dict(posture(parameters, rows).frames))
    middle = [each.id for each in levels_between(level_of(spec.top), level_of(spec.bottom)) if each.id in standing.frames]
    about = standing.frames[middle[rng.integers(len(middle))]].origin
    turn = np.radians([*rng.uniform(-spec.leaning, spec.leaning, 2), rng.uniform(-spec.turned, spec.turned)])
    return standing.moved(rotation_of(turn), about)


def _curves(rng: np.random.Generator, spec: RadiographSpec) -> tuple[Curve, ...]:
    if rng.random() > spec.scoliotic:
        return ()
    side, half_length = int(rng.integers(2)), int(rng.integers(2, 5))
    curves = [
        Curve(
            rng.uniform(*spec.cobb),
            apex=str(rng.choice(apices)),
            side=_SIDES[side ^ place],
            half_length=half_length,
            axial_coupling=rng.uniform(*spec.coupling),
        )
        for place, apices in enumerate((_THORACIC, _LUMBAR))
    ]
    return tuple(curves) if rng.random() < 0.5 else (curves[1],)


def vertebrae(someone: Person, rng: np.random.Generator, spec: RadiographSpec, reach: float) -> tuple[Vertebra, ...]:
    """Draw the shapes of a person's vertebrae whose centres lie at most `reach` mm above or below the origin, from the top."""
    found = []
    for each in levels_between(level_of(spec.first), level_of(spec.last)):
        # drawn for every level, so that what falls on the film does not change the others
        scores = np.random.default_rng(rng.integers(2**63))
        if each.id in someone.frames and abs(someone.frames[each.id].origin[2]) < reach:
            found.append(_vertebra(someone, each.id, scores, spec))
    return tuple(found)


@cache
def _model(key: int) -> ShapeModel:
    return kept_model(key)


def _vertebra(someone: Person, key: int, rng: np.random.Generator, spec: RadiographSpec) -> Vertebra:
    model = _model(key)
    scores = np.clip(rng.normal(0.0, spec.shape_sd, model.count), -_MOST_SCORE, _MOST_SCORE)
    frame = someone.frames[key]
    posed = Posed(model, scores, frame)
    stretch = someone.stretch(key)
    marks = model.landmarks + model.landmark_modes @ scores
    surface, marrow = (Surface(each.vertices * stretch, each.triangles).placed(frame) for each in (posed.shape, posed.core))
    return Vertebra(key, frame, surface, marrow, frame.to_ras(marks * stretch))
