"""The column itself: canal, cord and roots, discs, vertebrae, and the small things between them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...anatomy import level as level_of
from ...geometry import Grid
from ..shape.distances import Array, Triple, ellipse, rounded_max
from ..shape.gaps import CanalPiece, DiscShape
from ..shape.parts import JOINT_GAP, Joint
from ..shape.solids import Box
from ..shape.vertebra import VertebraShape
from ..spine import Spine
from ..voxels import Block, block_of, sample_solid
from .canvas import Canvas
from .contrast import tissue_id
from .lattice import Patch, patch

CORTEX = (0.7, 1.2)
"""Thickness of the compact bone around the body and around the posterior parts, mm."""

ENDPLATE = 1.0
"""Thickness of an endplate, mm, as in `Spine.voxelise`."""

FAT_AROUND_CANAL = 6.0
"""How far the fat of the epidural space and of the foramina reaches, mm."""

FAT_BEHIND_SAC = 2.0
"""Thickness of the epidural fat behind the thecal sac, mm."""

LIGAMENT = 0.7
"""Thickness of the longitudinal ligaments, mm."""

FLAVUM = 3.0
"""Thickness of the ligamenta flava, mm."""

DURA = 0.6
"""Thickness of what lies between the wall of the canal and the fluid, mm."""

ROOTS = 14
"""Roots of the cauda equina that are drawn."""

ROOT_RADIUS = 0.6
"""Their radius, mm."""

SOFTNESS = {1: 1.5, 2: 2.5, 3: 4.5, 4: 7.0, 5: 7.0}
"""Width in mm over which a nucleus turns into its annulus, by Pfirrmann grade."""

CLEFTS = (2, 3)
"""Grades in which a dark band crosses the nucleus."""


def paint_column(canvas: Canvas, spine: Spine, grid: Grid, grades: Callable[[int], int]) -> None:
    """Paint everything from the canal to the bones; `grades` tells the Pfirrmann grade of the disc below a level."""
    for key, piece in spine.canal.items():
        paint_surroundings(canvas, piece, spine.shapes[key], block_of(grid, spine.frames[key]))
    for key, piece in spine.canal.items():
        paint_canal(canvas, piece, spine.shapes[key], block_of(grid, spine.frames[key]))
    for key, disc in spine.discs.items():
        paint_disc(canvas, disc, block_of(grid, spine.frames[key]), grades(key))
    for key, shape in spine.shapes.items():
        whole = block_of(grid, spine.frames[key])
        paint_joints(canvas, shape, whole)
        paint_vertebra(canvas, shape, whole)


def paint_surroundings(canvas: Canvas, piece: CanalPiece, shape: VertebraShape, whole: Block) -> None:
    """Paint the fat around the canal, the ligamenta flava, the ligaments along the bodies."""
    (low, high), reach = piece.box, FAT_AROUND_CANAL + 3.0
    wide = (low[0] - reach, low[1] - reach, low[2]), (high[0] + reach, high[1] + reach, high[2])

    def fat(x: Array, y: Array, z: Array) -> Array:
        return np.asarray(np.maximum(piece.distance(x, y, z) - FAT_AROUND_CANAL, _beyond(piece, z)))

    def flavum(x: Array, y: Array, z: Array) -> Array:
        wall = piece.distance(x, y, z)
        behind = y - (shape.canal.front - 0.55 * shape.canal.depth)
        shell = np.maximum(np.maximum(wall - FLAVUM, -wall), _beyond(piece, z))
        return np.asarray(np.maximum(shell, np.maximum(behind, 5.0 - np.abs(x))))

    canvas.paint(patch(whole, wide, fat, canvas.reach), tissue_id("fat"))
    if level_of(shape.level).region != "sacral":
        canvas.paint(patch(whole, wide, flavum, canvas.reach), tissue_id("flavum"))
    if level_of(shape.level).name not in ("C1", "C2"):
        _paint_ligaments(canvas, piece, shape, whole)


def _beyond(piece: CanalPiece, z: Array) -> Array:
    """How far a height lies above or below a piece of the canal."""
    return np.asarray(np.maximum(piece.heights[0] - z, z - piece.heights[-1]))


def _paint_ligaments(canvas: Canvas, piece: CanalPiece, shape: VertebraShape, whole: Block) -> None:
    body, half = shape.body, 0.3 * shape.row.body_width
    box = (-half, -body.depth / 2 - 3.0, piece.heights[0]), (half, body.depth / 2 + 3.0, piece.heights[-1])

    def ligaments(x: Array, y: Array, z: Array) -> Array:
        along = np.maximum(body.side(x, y, z) - LIGAMENT, _beyond(piece, z))
        return np.asarray(np.maximum(np.maximum(along, np.abs(x) - half), 3.0 - np.abs(y)))

    canvas.paint(patch(whole, box, ligaments, canvas.reach), tissue_id("ligament"))


def paint_canal(canvas: Canvas, piece: CanalPiece, shape: VertebraShape, whole: Block) -> None:
    """Paint the thecal sac with cord or cauda equina."""
    sacral = level_of(shape.level).region == "sacral"

    def sac(x: Array, y: Array, z: Array) -> Array:
        middle, depth = (np.interp(z, piece.heights, row).astype(z.dtype) for row in (piece.y, piece.depth))
        fat = FAT_BEHIND_SAC * np.clip((middle - y) / depth, 0.0, 1.0) ** 2
        wall = piece.distance(x, y, z) + DURA + fat
        return np.asarray(wall + np.clip((4.0 - z) * 0.2, 0.0, 6.0)) if sacral else np.asarray(wall)

    canvas.paint(patch(whole, piece.box, sac, canvas.reach), tissue_id("csf"))
    if max(piece.cord) > 0:
        canvas.paint(patch(whole, piece.box, piece.cord_distance, canvas.reach), tissue_id("cord"))
    if min(piece.cord) < 0.5:
        canvas.paint(patch(whole, piece.box, _roots(piece, sac), canvas.reach), tissue_id("nerve_root"))


def _roots(piece: CanalPiece, sac: Callable[[Array, Array, Array], Array]) -> Callable[[Array, Array, Array], Array]:
    """Return the distance to the roots of the cauda equina: a crescent of threads in the back of the sac."""

    def distance(x: Array, y: Array, z: Array) -> Array:
        at_x, at_y, a, b = (
            np.interp(z, piece.heights, row).astype(z.dtype) for row in (piece.x, piece.y, piece.width, piece.depth)
        )
        u, v, nearest = (x - at_x) / a, (y - at_y) / b, np.full(z.shape, 9.0, dtype=z.dtype)
        for n in range(ROOTS):
            side = -0.78 + 1.56 * n / (ROOTS - 1)
            back = -0.25 - 0.45 * ((n * 0.618) % 1.0) + 0.35 * side**2 + 0.05 * np.sin(z * (0.11 + 0.01 * n) + n)
            np.minimum(nearest, (a * (u - side)) ** 2 + (b * (v - back)) ** 2, out=nearest)
        return np.asarray(np.maximum(np.sqrt(nearest) - ROOT_RADIUS, sac(x, y, z)))

    return distance


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
    for side in (1.0, -1.0):
        point = (side * shape.superior.point[0], *shape.superior.point[1:])
        normal = (side * shape.superior.normal[0], *shape.superior.normal[1:])
        joint, r = Joint(point, normal), 0.17 * shape.row.body_width
        low, high = (tuple(at + sign * r for at in point) for sign in (-1, 1))
        canvas.paint(patch(whole, _box(low, high), _slit(joint, r), canvas.reach), tissue_id("synovial_fluid"))


def _box(low: tuple[float, ...], high: tuple[float, ...]) -> Box:
    first: Triple = (low[0], low[1], low[2])
    second: Triple = (high[0], high[1], high[2])
    return first, second


def _slit(joint: Joint, radius: float) -> Callable[[Array, Array, Array], Array]:
    def distance(x: Array, y: Array, z: Array) -> Array:
        u, v, w = x - joint.point[0], y - joint.point[1], z - joint.point[2]
        off = u * joint.normal[0] + v * joint.normal[1] + w * joint.normal[2]
        ball = np.sqrt(u * u + v * v + w * w) - radius
        return np.asarray(np.maximum(np.abs(off) - JOINT_GAP / 2, ball))

    return distance


def paint_vertebra(canvas: Canvas, shape: VertebraShape, whole: Block) -> None:
    """Paint compact bone, the cancellous bone within it, and the basivertebral vein."""
    block, solid = sample_solid(shape, whole)
    if 0 in block.shape:
        return
    canvas.paint(Patch(block.where, solid), tissue_id("cortical_bone"))
    _, y, _ = block.coordinates()
    behind = np.clip((shape.canal.front - y) * 0.25, 0.0, 1.0)
    canvas.paint(Patch(block.where, solid + (CORTEX[0] + (CORTEX[1] - CORTEX[0]) * behind)), tissue_id("cancellous_bone"))
    if level_of(shape.level).region in ("thoracic", "lumbar"):
        _paint_vein(canvas, shape, whole)


def _paint_vein(canvas: Canvas, shape: VertebraShape, whole: Block) -> None:
    back, length = -0.5 * shape.row.body_depth + shape.body.hollow * 0.7, 0.22 * shape.row.body_depth

    def vein(x: Array, y: Array, z: Array) -> Array:
        along = np.clip((y - back) / length, 0.0, 1.0)
        section = ellipse(x, z, 6.0 - 4.0 * along, 1.6 - 1.0 * along)
        return np.asarray(np.maximum(section, np.maximum(back - y, y - back - length)))

    canvas.paint(
        patch(whole, _box((-7.0, back, -3.0), (7.0, back + length, 3.0)), vein, canvas.reach), tissue_id("venous_plexus")
    )
