"""The column itself: canal, discs, joints, vertebrae."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...anatomy import level as level_of
from ...geometry import Grid
from ..shape.distances import Array, Triple, ellipse, rounded_max
from ..shape.gaps import DiscShape
from ..shape.part import JOINT_GAP, Joint
from ..shape.processes import bent, facet_axes
from ..shape.ribs import Rib
from ..shape.solids import Box
from ..shape.vertebra import VertebraShape
from ..spine import Spine
from ..voxels import Block, block_of, rib_pieces, sample_solid
from .canal import paint_sac, paint_surroundings, stretch_of
from .canvas import Canvas
from .contrast import tissue_id
from .lattice import Patch, lattice, patch

CORTEX = (0.7, 1.2)
"""Thickness of the compact bone around the body and around the posterior parts, mm."""

RIB_CORTEX = 0.9
"""Thickness of the compact bone of a rib, mm (local maxima 1.4 on the pleural side, less elsewhere; Holcombe 2019)."""

BONE_STEP = 1.6
"""Distance of the points at which bones are evaluated, mm: their smallest fillets are hardly rounder than that."""

ENDPLATE = 1.0
"""Thickness of an endplate, mm, as in `Spine.voxelise`."""

SOFTNESS = {1: 1.5, 2: 2.5, 3: 4.5, 4: 7.0, 5: 7.0}
"""Width in mm over which a nucleus turns into its annulus, by Pfirrmann grade."""

CLEFTS = (2, 3)
"""Grades in which a dark band crosses the nucleus."""


def paint_column(canvas: Canvas, spine: Spine, grid: Grid, grades: Callable[[int], int]) -> None:
    """Paint everything from the canal to the bones; `grades` tells the Pfirrmann grade of the disc below a level."""
    blocks = {key: block_of(grid, frame) for key, frame in spine.frames.items()}
    pieces = [stretch_of(piece, spine.shapes[key], blocks[key], canvas.reach) for key, piece in spine.canal.items()]
    canals = [each for each in pieces if each is not None]
    for each in canals:
        paint_surroundings(canvas, each)
    for each in canals:
        paint_sac(canvas, each)
    for key, disc in spine.discs.items():
        paint_disc(canvas, disc, blocks[key], grades(key))
    for key, pair in spine.ribs.items():
        for rib in pair:
            paint_rib(canvas, rib, blocks[key])
    # all joints before any bone, because the bone above a joint belongs to another level than its fluid
    for key, shape in spine.shapes.items():
        paint_joints(canvas, shape, blocks[key])
    for key, shape in spine.shapes.items():
        paint_vertebra(canvas, shape, blocks[key])


def paint_disc(canvas: Canvas, disc: DiscShape, whole: Block, grade: int) -> None:
    """Paint endplates, annulus and nucleus."""
    block = whole.within(disc.box, canvas.reach)
    if 0 in block.shape:
        return
    x, y, z = block.coordinates()
    u, v, w = disc.seen_from_below(x, y, z)
    above, below = disc.upper.below(x, y, z), disc.lower.above(u, v, w)
    side = 0.5 * (disc.upper.side(x, y, z) + disc.lower.side(u, v, w))
    plates = -np.minimum(above, below)
    ring = 0.2 * disc.upper.depth
    shifted = side + 0.12 * np.clip(y, -ring, ring) + ring
    nucleus = rounded_max(shifted, plates + ENDPLATE + 0.4, 4.0)
    annulus, core = tissue_id(f"annulus_{grade}"), tissue_id(f"nucleus_{grade}")
    canvas.paint(Patch(block.where, rounded_max(side, plates, 0.3)), tissue_id("endplate"))
    canvas.paint(Patch(block.where, rounded_max(side, plates + ENDPLATE, 0.3)), annulus)
    canvas.paint(Patch(block.where, nucleus), core, edge=SOFTNESS[grade])
    if grade in CLEFTS:
        band = np.maximum(0.5 * np.abs(above - below) - 0.45, nucleus + 3.0)
        canvas.paint(Patch(block.where, band), annulus, edge=2.4)


def paint_joints(canvas: Canvas, shape: VertebraShape, whole: Block) -> None:
    """Paint the fluid and cartilage between the facets."""
    if level_of(shape.level).name == "C1":
        return
    r = 0.155 * shape.row.body_width
    for joint in (shape.facet_joint(above=True, side=side) for side in (1.0, -1.0)):
        low, high = (tuple(at + sign * r for at in joint.point) for sign in (-1, 1))
        canvas.paint(patch(whole, _box(low, high), _slit(joint, r), canvas.reach), tissue_id("synovial_fluid"))


def _box(low: tuple[float, ...], high: tuple[float, ...]) -> Box:
    first: Triple = (low[0], low[1], low[2])
    second: Triple = (high[0], high[1], high[2])
    return first, second


def _slit(joint: Joint, radius: float) -> Callable[[Array, Array, Array], Array]:
    def distance(x: Array, y: Array, z: Array) -> Array:
        across = facet_axes(joint.normal)[0]
        u, v, w = x - joint.point[0], y - joint.point[1], z - joint.point[2]
        off = u * joint.normal[0] + v * joint.normal[1] + w * joint.normal[2]
        sideways = u * across[0] + v * across[1] + w * across[2]
        off = bent(off, sideways, joint.curve, radius)
        ball = np.sqrt(u * u + v * v + w * w) - radius
        return np.asarray(np.maximum(np.abs(off) - JOINT_GAP / 2, ball))

    return distance


def paint_rib(canvas: Canvas, rib: Rib, whole: Block) -> None:
    """Paint the compact bone of a rib and the marrow within it."""
    for where, distance in rib_pieces(rib, whole, canvas.reach):
        canvas.paint(Patch(where, distance), tissue_id("cortical_bone"))
        canvas.paint(Patch(where, distance + RIB_CORTEX), tissue_id("cancellous_bone"))


def paint_vertebra(canvas: Canvas, shape: VertebraShape, whole: Block) -> None:
    """Paint compact bone, the cancellous bone within it, and the basivertebral vein."""
    block = whole.within(shape.box, 0.0)
    if 0 in block.shape:
        return
    nodes = lattice(block, BONE_STEP)
    held, solid = sample_solid(shape, nodes.block)
    nodes = nodes.part(held.where)
    _, y, _ = held.coordinates()
    behind = np.clip((shape.canal.front - y) * 0.25, 0.0, 1.0)
    within = solid + (CORTEX[0] + (CORTEX[1] - CORTEX[0]) * behind)
    canvas.paint(nodes.stretch(solid, canvas.reach), tissue_id("cortical_bone"))
    canvas.paint(nodes.stretch(within, canvas.reach), tissue_id("cancellous_bone"))
    if level_of(shape.level).region in ("thoracic", "lumbar"):
        _paint_vein(canvas, shape, whole)


def _paint_vein(canvas: Canvas, shape: VertebraShape, whole: Block) -> None:
    back, length = -0.5 * shape.row.body_depth + shape.body.recess, 0.22 * shape.row.body_depth

    def vein(x: Array, y: Array, z: Array) -> Array:
        along = np.clip((y - back) / length, 0.0, 1.0)
        section = ellipse(x, z, 6.0 - 4.0 * along, 1.6 - 1.0 * along)
        return np.asarray(np.maximum(section, np.maximum(back - y, y - back - length)))

    canvas.paint(
        patch(whole, _box((-7.0, back, -3.0), (7.0, back + length, 3.0)), vein, canvas.reach), tissue_id("venous_plexus")
    )
