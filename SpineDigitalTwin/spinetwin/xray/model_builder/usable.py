"""From a stored model to one that a fit can use: its axes, landmarks, points and marrow, and modes for what nobody in it had.

What a file lacks is carried over from the procedural vertebra of the level, which is bent onto the mean of the model for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations, product

import numpy as np

from ...anatomy import level as level_of
from ...errors import ParameterError
from ...geometry import FloatArray
from ...geometry.surfaces import Surface
from ..correspondence import vertex_normals
from ..landmarks import LANDMARKS
from ..shapes import Core, ShapeModel, free_modes
from ..stages import STAGES
from .icp import icp
from .matching import Cloud, farthest_first
from .radial import Bend, Pose, Template, bend, laid_over
from .statistical import StatisticalModel

MODES = max(stage.modes for stage in STAGES)
"""A fit asks for so many; where a model has fewer, smooth free ones follow its own."""

_UNLIKE_MM = 4.0
"""A mean that stays further from the procedural vertebra than this, on the whole, is none of that level."""

_TRIED = 250


@dataclass(frozen=True)
class Usable:
    """A model for a fit.

    Attributes
    ----------
    model : ShapeModel
    carried : str
        What was carried over from the procedural vertebra, for people; "" if only the marrow was.
    """

    model: ShapeModel
    carried: str


def usable(stored: StatisticalModel, level: int, procedural: ShapeModel) -> Usable:
    """Prepare a stored model of a level.

    Parameters
    ----------
    stored : StatisticalModel
    level : int
        Level id; what the model says of it counts for nothing here.
    procedural : ShapeModel
        Of the level.

    Raises
    ------
    ParameterError
        If its mean is no vertebra of this kind, however it is turned.
    """
    template = Template(procedural.mean, procedural.landmarks)
    if stored.landmarks is None:
        stored = _in_own_frame(stored, template, level)
    marks: FloatArray = np.full((len(LANDMARKS), 3), np.nan) if stored.landmarks is None else stored.landmarks
    cloud = _cloud(stored.mean)
    bent = bend(template, cloud, marks, laid_over(template, cloud, marks))
    unknown = np.flatnonzero(np.isnan(marks).any(axis=1))
    marks = marks.copy()
    marks[unknown] = bent.moved(procedural.landmarks[unknown])
    points = dict(stored.points) or _carried(bent, procedural)
    taken = stored.modes[:, :, :MODES].reshape(-1, min(stored.modes.shape[2], MODES))
    modes = np.concatenate([taken, free_modes(stored.mean, taken, MODES - taken.shape[1])], axis=1)
    shaped = np.ascontiguousarray(modes.reshape(-1, 3, modes.shape[1]))
    model = ShapeModel(level, stored.mean, shaped, taken.shape[1], marks, points)
    if procedural.core is not None:
        marrow = replace(procedural.core.mean, vertices=bent.moved(procedural.core.mean.vertices))
        model = replace(model, core=Core(marrow, model.modes_of(marrow.vertices)))
    names = [LANDMARKS[place] for place in unknown]
    carried = ["landmarks" if len(names) == len(LANDMARKS) else ", ".join(names)] if names else []
    return Usable(model, " and ".join([*carried, *([] if stored.points else ["points"])]))


def _cloud(surface: Surface) -> Cloud:
    return Cloud(surface.vertices, vertex_normals(surface))


def _carried(bent: Bend, procedural: ShapeModel) -> dict[int, FloatArray]:
    places = bent.moved(np.array(list(procedural.points.values())))
    return dict(zip(procedural.points, places, strict=True))


def _in_own_frame(stored: StatisticalModel, template: Template, level: int) -> StatisticalModel:
    """Return a model whose axes nobody knows in those of the vertebra."""
    cloud = _cloud(stored.mean)
    rotation, shift = min(_poses(template, cloud), key=lambda pose: _unlike(template, cloud, pose))
    away = _unlike(template, cloud, (rotation, shift))
    if away > _UNLIKE_MM:
        raise ParameterError(
            f"The mean of the shape model of {level_of(level).name} stays {away:.0f} mm from a vertebra of that level.",
            "Is it another bone, or in another unit than mm?",
        )
    mean = Surface((stored.mean.vertices - shift) @ rotation, stored.mean.triangles)
    return replace(stored, mean=mean, modes=np.einsum("ncm,cd->ndm", stored.modes, rotation))


def _poses(template: Template, cloud: Cloud) -> Iterator[Pose]:
    """Yield what closest points make of the template turned along the axes of the file in each of the 24 ways."""
    some = template.cloud.some(template.cloud.spread[:_TRIED])
    few = cloud.some(farthest_first(cloud.points, 10 * _TRIED))
    away = few.points.mean(axis=0)
    middle = template.surface.vertices[template.cloud.spread].mean(axis=0)
    for axes in _turns():
        turned = Cloud((some.points - middle) @ axes.T + away, some.normals @ axes.T)
        rotation, shift = icp(turned, few)
        yield rotation @ axes, rotation @ (away - axes @ middle) + shift


def _turns() -> Iterator[FloatArray]:
    for order, signs in product(permutations(range(3)), product((1.0, -1.0), repeat=3)):
        axes = np.eye(3)[list(order)] * np.array(signs)[:, None]
        if np.linalg.det(axes) > 0:
            yield axes


def _unlike(template: Template, cloud: Cloud, pose: Pose) -> float:
    """Return how far the template stays from a surface on the mean, mm, both ways."""
    from scipy.spatial import cKDTree

    there = template.surface.vertices[template.cloud.spread[: 4 * _TRIED]] @ pose[0].T + pose[1]
    forth, back = cloud.tree.query(there)[0], cKDTree(there).query(cloud.points)[0]
    return float(max(forth.mean(), back.mean()))
