"""What the variants of a spine amount to, measured on the finished shapes and poses rather than taken from the parameters.

References
----------
Genant HK et al. (1993) Vertebral fracture assessment using a semiquantitative technique. J Bone Miner Res 8:1137-1148
(mild from 20 %, moderate from 25 %, severe from 40 %).
Meyerding HW (1932) Spondylolisthesis. Surg Gynecol Obstet 54:371-377 (quarters of the depth of the body below).
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np

from ...anatomy import level
from ...anatomy.subregions import SubregionId as Sub
from ...geometry import FloatArray
from ..posture.parameters import whole_column
from ..shape.nearby import nearby
from ..shape.solids import Body
from ..shape.variants import Variant
from ..shape.vertebra import VertebraShape
from ..spine import Spine
from .columns import last_exit
from .quadrature import part_moments
from .record import VariantTruth
from .search import answered

GENANT = (0.20, 0.25, 0.40)
"""Loss of height from which a fracture is mild, moderate, severe."""


def variant_truths(spine: Spine) -> tuple[VariantTruth, ...]:
    """Return every variant of the spine; one whose levels are not built has nothing measured."""
    return tuple(
        VariantTruth(each, MappingProxyType(_MEASURES[each.kind](spine, each) if _is_built(spine, each) else {}))
        for each in spine.parameters.variants
    )


def _is_built(spine: Spine, variant: Variant) -> bool:
    if not variant.level:
        return True
    pair = variant.kind in ("listhesis", "block")
    return level(variant.level).id in spine.shapes and (not pair or _below(spine, variant) in spine.shapes)


def _below(spine: Spine, variant: Variant) -> int:
    names = [each.name for each in whole_column(spine.parameters)]
    return level(names[names.index(variant.level) + 1]).id


def _shape(spine: Spine, variant: Variant) -> VertebraShape:
    return spine.shapes[level(variant.level).id]


def rim_normal(body: Body, superior: bool) -> FloatArray:
    """Return the normal (3,), towards the head, of the plane through four points near the rim of an endplate, body's frame."""
    a, b = 0.45 * body.width, 0.45 * body.depth
    x, y, z = np.array([a, -a, 0.0, 0.0]), np.array([0.0, 0.0, b, -b]), np.zeros(4)
    heights = -body.above(x, y, z) if superior else body.below(x, y, z)
    slope = (heights[0] - heights[1]) / (2 * a), (heights[2] - heights[3]) / (2 * b)
    normal = np.array([-slope[0], -slope[1], 1.0])
    return np.asarray(normal / np.linalg.norm(normal))


def _genant(loss: float) -> float:
    return float(np.searchsorted(GENANT, loss + 1e-9, side="right"))


def _wedge(spine: Spine, variant: Variant) -> dict[str, float]:
    shape = _shape(spine, variant)
    front, back = shape.body.height_at(1), shape.body.height_at(-1)
    plates = [rim_normal(shape.body, superior) for superior in (True, False)]
    lean = [float(np.degrees(np.arctan2(normal[1], normal[2]))) for normal in plates]
    return {
        "height_front_mm": front,
        "height_back_mm": back,
        "front_to_back": front / back,
        "kyphosis_of_the_body_deg": lean[0] - lean[1],
        "genant_grade": _genant(variant.amount or 0.0),
    }


def _biconcave(spine: Spine, variant: Variant) -> dict[str, float]:
    middle, back = (_shape(spine, variant).body.height_at(place) for place in (0, -1))
    return {
        "height_middle_mm": middle,
        "height_back_mm": back,
        "middle_to_back": middle / back,
        "genant_grade": _genant(1.0 - middle / back),
    }


def _listhesis(spine: Spine, variant: Variant) -> dict[str, float]:
    """Slip along the endplate below: of the body, against where the axes of both would have it, and of its posterior wall."""
    upper, lower = level(variant.level).id, _below(spine, variant)
    above, below = spine.upright[upper], spine.upright[lower]
    rows = spine.shapes[upper].row, spine.shapes[lower].row
    normal = rim_normal(spine.shapes[lower].body, True)
    forward = np.array([0.0, normal[2], -normal[1]]) / np.hypot(normal[1], normal[2])
    disc = rows[0].disc_height / 2
    # without a slip the centroids of the bodies would stand in one line (posture/column.py)
    centroids = [
        frame.origin - spine.shapes[key].body.behind_middle * frame.anterior for frame, key in ((above, upper), (below, lower))
    ]
    unmoved = centroids[1] + (rows[1].height / 2 + disc) * below.superior + (rows[0].height / 2 + disc) * above.superior
    slip = float((centroids[0] - unmoved) @ below.axes.T @ forward)
    corner = below.to_local(above.to_ras(_corner(spine.shapes[upper], False)))
    percent = 100 * slip / rows[1].body_depth
    return {
        "slip_mm": slip,
        "slip_percent": percent,
        "meyerding_grade": float(np.ceil(percent / 25)),
        "step_behind_mm": float((corner - _corner(spine.shapes[lower], True)) @ forward),
    }


def _corner(shape: VertebraShape, superior: bool) -> FloatArray:
    """Posterior corner of the body in the midline, in the frame of the vertebra."""
    x, y, z = np.zeros(1), np.array([-shape.body.depth / 2]), np.zeros(1)
    height = -shape.body.above(x, y, z)[0] if superior else shape.body.below(x, y, z)[0]
    return np.array([0.0, y[0], height])


def _block(spine: Spine, variant: Variant) -> dict[str, float]:
    upper, lower = spine.upright[level(variant.level).id], spine.upright[_below(spine, variant)]
    bodies = spine.shapes[level(variant.level).id].body, spine.shapes[_below(spine, variant)].body
    bone = float(np.linalg.norm(upper.origin - lower.origin)) - bodies[0].height / 2 - bodies[1].height / 2
    return {"bone_between_mm": bone}


def _bifida(spine: Spine, variant: Variant) -> dict[str, float]:
    return {"gap_mm": _gap(_shape(spine, variant))}


def _gap(shape: VertebraShape) -> float:
    """Width in mm of the opening of the arch, where it is narrowest behind the canal."""
    low, high = shape.box
    y = np.arange(shape.canal.front - shape.canal.depth, low[1], -0.5)
    # at the height of the body: a sacrum goes on below its first arch
    z = np.arange(max(low[2] / 2, -0.4 * shape.row.height), high[2] / 2, 1.0)
    x = np.arange(0.05, high[0], 0.1)
    points = np.stack(np.meshgrid(x, y, z, indexing="ij"), axis=-1)
    bone = (nearby(shape).solid(points) < 0).any(axis=(1, 2))
    return float(2 * x[np.argmax(bone)] - 0.1)


def _laminectomy(spine: Spine, variant: Variant) -> dict[str, float]:
    return {"opening_mm": _gap(_shape(spine, variant))}


def _asymmetric(spine: Spine, variant: Variant) -> dict[str, float]:
    moments = part_moments(_shape(spine, variant))
    small, other = Sub.COSTAL_RIGHT, Sub.COSTAL_LEFT
    if variant.side == "left":
        small, other = other, small
    return {"transverse_process_volume_to_other_side": moments[small].volume / moments[other].volume}


def _osteophytes(spine: Spine, variant: Variant) -> dict[str, float]:
    shape = _shape(spine, variant)
    body = shape.body

    def own(p: FloatArray) -> FloatArray:
        return np.asarray(body.distance(*np.moveaxis(p, -1, 0)), dtype=np.float64)

    start = np.array([0.0, 0.0, body.height / 2 - 1.0])
    reach = [answered(inside, last_exit(start, (0, 1, 0)))[0] for inside in (nearby(shape).part(Sub.BODY_BORDER), own)]
    grown, bare = np.nan_to_num(reach)
    return {"lip_in_front_mm": float(grown - bare)}


def _count(spine: Spine, _: Variant) -> dict[str, float]:
    regions = [each.region for each in whole_column(spine.parameters)]
    return {"thoracic_levels": float(regions.count("thoracic")), "lumbar_levels": float(regions.count("lumbar"))}


_MEASURES: dict[str, Callable[[Spine, Variant], dict[str, float]]] = {
    "wedge": _wedge,
    "biconcave": _biconcave,
    "listhesis": _listhesis,
    "block": _block,
    "bifida": _bifida,
    "laminectomy": _laminectomy,
    "asymmetric-arch": _asymmetric,
    "osteophytes": _osteophytes,
    "T13": _count,
    "L6": _count,
    "four-lumbar": _count,
}
