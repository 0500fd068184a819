"""How the vertebrae of one level differ between people, from straight spines to scoliotic ones.

Dimensions, the wedge of the body and the places of the facet joints vary together: in a curve the joints of one side move up
as those of the other move down, and the body grows into a wedge. People are drawn from the procedural spine, with curves; what
a person differs by beyond that, joint by joint, is `model_settings.csv`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..anatomy import level as level_of
from ..anatomy.tables import read_table
from ..geometry import FloatArray
from ..phantom import Curve, Dimensions, SpineParameters, VertebraShape, make_spine
from ..phantom.shape.part import Joint
from ..phantom.shape.places import default_joint

SETTINGS = {row["name"]: float(row["value"]) for row in read_table("model_settings.csv", __package__)}

_SEED = 20190409
_USUAL, _RARE = ("C3-T12", "L1-L5"), ("T13", "L6")
_APICES = ("T8", "T9", "T10", "T11", "T12", "L1", "L2", "L3")
_JOINTS, _WAYS = ("superior", "inferior"), ("right", "anterior", "superior", "turn")
_NOT_SHAPE = ("level", "disc_front", "disc_back")


@dataclass(frozen=True)
class Variation:
    """How the vertebrae of a level vary.

    Attributes
    ----------
    changed : tuple of VertebraShape
        The usual vertebra with one quantity after the other more by one standard deviation, then less by it.
    correlation : (k, k) array
        Of the k quantities.
    """

    changed: tuple[VertebraShape, ...]
    correlation: FloatArray


def usual_shape(level: int) -> VertebraShape:
    """Return the vertebra of the mean adult, C3 to L6."""
    return make_spine(SpineParameters(levels=_levels(level))).shapes[level]


def variation_of(usual: VertebraShape) -> Variation:
    """Return how the vertebrae of the level of the usual one vary."""
    people = [shapes[usual.level] for shapes in _people(_levels(usual.level))]
    names = [
        name for name in vars(usual.row) if name not in _NOT_SHAPE and len({getattr(each.row, name) for each in people}) > 1
    ]
    values = np.array([_quantities(each, names) for each in people])
    own = np.array([0.0] * len(names) + [SETTINGS["wedge_sd"]] + 4 * [*3 * [SETTINGS["joint_sd"]], SETTINGS["joint_turn_sd"]])
    away = values - _quantities(usual, names)
    # people of all sizes are drawn about the mean one; curves go about the straight spine
    away[:, : len(names)] -= away[:, : len(names)].mean(axis=0)
    spread = away.T @ away / len(away) + np.diag(own**2)
    sd = np.sqrt(np.diag(spread))
    steps = np.diag(sd)
    changed = tuple(_changed(usual, names, sign * step) for step in steps for sign in (1, -1))
    return Variation(changed, spread / np.outer(sd, sd))


def _levels(level: int) -> str:
    """Return the levels to build so that this one, which few people have, is among them."""
    rare = level_of(level).name
    return ",".join([_USUAL[0], *([rare] if rare == _RARE[0] else []), _USUAL[1], *([rare] if rare == _RARE[1] else [])])


@lru_cache(maxsize=3)
def _people(levels: str) -> tuple[Mapping[int, VertebraShape], ...]:
    """Draw people with curves from none to `most_cobb`."""
    rng = np.random.default_rng(_SEED)
    return tuple(make_spine(_posture(levels, rng), rng).shapes for _ in range(int(SETTINGS["draws"])))


def _posture(levels: str, rng: np.random.Generator) -> SpineParameters:
    cobb, apex, side = rng.uniform(0.0, SETTINGS["most_cobb"]), _APICES[rng.integers(len(_APICES))], rng.integers(2)
    lordosis, kyphosis = rng.normal(50.0, SETTINGS["lordosis_sd"]), rng.normal(40.0, SETTINGS["kyphosis_sd"])
    curve = Curve(float(cobb), apex, ("right", "left")[side])
    return SpineParameters(levels, lordosis=float(lordosis), kyphosis=float(kyphosis), curves=(curve,))


def _quantities(shape: VertebraShape, names: list[str]) -> FloatArray:
    """Return dimensions, wedge, and by how much both pairs of joints differ from those of a straight spine.

    Of a pair first what both sides have in common, then by how much the right one has more of it: mm along `_WAYS`, degrees.
    """
    values = [np.array([*(getattr(shape.row, name) for name in names), shape.alteration.wedge])]
    right = shape.superior, shape.inferior
    for above, pair in zip((True, False), zip(right, shape.left or right, strict=True), strict=True):
        straight = default_joint(shape.row, above)
        one, other = (_beside(joint, straight) for joint in pair)
        values += [(one + other) / 2, (one - other) / 2]
    return np.concatenate(values)


def _beside(joint: Joint, straight: Joint) -> FloatArray:
    """Return by how much a joint lies elsewhere, mm, and is turned about the long axis of the vertebra, degrees."""
    (a, b, _), (c, d, _) = straight.normal, joint.normal
    turn = np.degrees(np.arctan2(a * d - b * c, a * c + b * d))
    return np.append(np.subtract(joint.point, straight.point), turn)


def _changed(shape: VertebraShape, names: list[str], by: FloatArray) -> VertebraShape:
    """Return a shape whose quantities differ by so much (`_quantities`)."""
    wedge, joints = float(by[len(names)]), by[len(names) + 1 :].reshape(2, 2, len(_WAYS))
    row = replace(shape.row, **{name: getattr(shape.row, name) + float(more) for name, more in zip(names, by, strict=False)})
    right, left = (
        tuple(_displaced(_followed(shape, row, which == 0), joints[which, 0] + sign * joints[which, 1]) for which in range(2))
        for sign in (1, -1)
    )
    alteration = replace(shape.alteration, wedge=shape.alteration.wedge + wedge)
    return VertebraShape(row, right[0], right[1], (left[0], left[1]) if joints[:, 1].any() else None, alteration)


def _followed(shape: VertebraShape, row: Dimensions, above: bool) -> Joint:
    """Return a joint moved by as much as that of a straight spine moves with the dimensions."""
    joint = shape.superior if above else shape.inferior
    new, old = default_joint(row, above), default_joint(shape.row, above)
    x, y, z = np.array(joint.point) + new.point - np.array(old.point)
    normal = np.array(joint.normal) + new.normal - np.array(old.normal)
    a, b, c = normal / np.linalg.norm(normal)
    return Joint((float(x), float(y), float(z)), (float(a), float(b), float(c)), new.curve)


def _displaced(joint: Joint, by: FloatArray) -> Joint:
    """Return a joint moved along the axes, mm, and turned about the long axis of the vertebra, degrees."""
    x, y, z = (float(value + more) for value, more in zip(joint.point, by, strict=False))
    cos, sin = float(np.cos(np.radians(by[3]))), float(np.sin(np.radians(by[3])))
    a, b, c = joint.normal
    return Joint((x, y, z), (cos * a - sin * b, sin * a + cos * b, c), joint.curve)
