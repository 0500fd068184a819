"""The true angles of a spine, between its endplates as they are."""

from __future__ import annotations

import numpy as np

from ...anatomy import level
from ...geometry import FloatArray
from ..posture.coronal import end_vertebrae
from ..posture.parameters import whole_column
from ..shape.solids import Body
from ..spine import Spine

SAGITTAL = {
    "cervical lordosis": (("C7", False), ("C2", False)),
    "thoracic kyphosis": (("T1", True), ("T12", False)),
    "lumbar lordosis": (("S1", True), ("L1", True)),
}
"""Name, and the two endplates (level, whether the superior one): how much further forward the first one leans."""


def angles(spine: Spine) -> dict[str, float]:
    """Return the angles of the person as he or she stands, degrees; what needs a level that is not there is left out.

    Returns
    -------
    dict of str to float
        The sagittal angles, "sacral slope", "pelvic incidence" and "pelvic tilt" where the incidence was given, and for every
        curve "Cobb T5-T11" (between upper and lower end vertebra; positive where it points to the right). All are projected:
        on the sagittal or on the coronal plane of the person, as on a radiograph.
    """
    found = {}
    for name, (first, second) in SAGITTAL.items():
        if _has(spine, first[0], second[0]):
            found[name] = _forward(endplate_normal(spine, *first)) - _forward(endplate_normal(spine, *second))
    found.update(_pelvis(spine))
    names = [each.name for each in whole_column(spine.parameters)]
    for upper, _, lower in end_vertebrae(spine.parameters.curves, names):
        if _has(spine, names[upper], names[lower]):
            lean = [_to_the_right(endplate_normal(spine, *end)) for end in ((names[lower], False), (names[upper], True))]
            found[f"Cobb {names[upper]}-{names[lower]}"] = lean[0] - lean[1]
    return found


def _has(spine: Spine, *names: str) -> bool:
    return all(level(name).id in spine.shapes for name in names)


def _pelvis(spine: Spine) -> dict[str, float]:
    found: dict[str, float] = {}
    if _has(spine, "S1"):
        found["sacral slope"] = _forward(endplate_normal(spine, "S1", True))
        incidence = spine.parameters.pelvic_incidence
        if incidence is not None:
            found.update({"pelvic incidence": incidence, "pelvic tilt": incidence - found["sacral slope"]})
    return found


def endplate_normal(spine: Spine, name: str, superior: bool) -> FloatArray:
    """Return the normal (3,), towards the head, of an endplate of the upright person: of the plane through its rim."""
    key = level(name).id
    return np.asarray(rim_normal(spine.shapes[key].body, superior) @ spine.upright[key].axes)


def rim_normal(body: Body, superior: bool) -> FloatArray:
    """Return the normal (3,), towards the head, of the plane through four points near the rim of an endplate, body's frame."""
    a, b = 0.45 * body.width, 0.45 * body.depth
    x, y, z = np.array([a, -a, 0.0, 0.0]), np.array([0.0, 0.0, b, -b]), np.zeros(4)
    heights = -body.above(x, y, z) if superior else body.below(x, y, z)
    slope = (heights[0] - heights[1]) / (2 * a), (heights[2] - heights[3]) / (2 * b)
    normal = np.array([-slope[0], -slope[1], 1.0])
    return np.asarray(normal / np.linalg.norm(normal))


def _forward(normal: FloatArray) -> float:
    return float(np.degrees(np.arctan2(normal[1], normal[2])))


def _to_the_right(normal: FloatArray) -> float:
    return float(np.degrees(np.arctan2(normal[0], normal[2])))
