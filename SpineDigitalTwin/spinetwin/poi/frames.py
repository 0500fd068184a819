"""The frame of every vertebra: superior along the spine, posterior towards its own arch.

Graf et al., "Rule-based Key-Point Extraction for MR-Guided Biomechanical Digital Twins of the Spine", section on vertebra
orientation. Where a level lacks what the rule needs, the next best source is used and the frame's `source` names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..anatomy import level as level_of
from ..geometry import FloatArray, Frame, Grid, IntArray
from ..geometry.curves import spline_tangents
from .voxels import BODY, POSTERIOR, LevelVoxels, Part, SpineVoxels

_CELL_MM = 0.4
# Cells begin here, in cells, so that no voxel edge of an upright grid falls on a cell edge, where rounding would decide.
_OFF_THE_LATTICE = 0.318309886
_PATIENT_SUPERIOR = np.array([0.0, 0.0, 1.0])
_PATIENT_ANTERIOR = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class LevelFrame:
    """A frame, and why it should be looked at (empty when there is no doubt)."""

    frame: Frame
    doubt: str = ""


@dataclass(frozen=True)
class _Axis:
    vector: FloatArray
    source: str
    doubt: str = ""


def vertebra_frames(spine: SpineVoxels) -> dict[int, LevelFrame]:
    """Compute the frame of every level of a spine, in anatomical order.

    Returns
    -------
    dict of level id to LevelFrame
        One for each level that has at least one voxel.
    """
    bodies = {level: part for level, voxels in spine.levels.items() if (part := voxels.part(BODY))}
    superior = _superior_axes(bodies, spine.grid)
    frames: dict[int, LevelFrame] = {}
    for level in bodies:
        anterior = _own_anterior(spine.levels[level], bodies[level], superior[level].vector)
        if anterior is not None:
            frames[level] = _join(bodies[level].centroid, superior[level], anterior)
    complete = dict(frames)
    for level, voxels in spine.levels.items():
        if level in complete:
            continue
        if level in bodies:
            anterior = _borrowed_anterior(level, complete, spine, bodies[level].centroid)
            frames[level] = _join(bodies[level].centroid, superior[level], anterior)
        else:
            frames[level] = _frame_without_body(level, voxels, complete)
    return {level: frames[level] for level in spine.levels}


def _join(origin: FloatArray, superior: _Axis, anterior: _Axis) -> LevelFrame:
    """Make a right-handed frame; the superior axis stays, the anterior one is made orthogonal to it."""
    up = superior.vector
    front = anterior.vector - (anterior.vector @ up) * up
    front = front / np.linalg.norm(front)
    source = superior.source if superior.source == anterior.source else f"{superior.source} and {anterior.source}"
    doubt = "; ".join(filter(None, (superior.doubt, anterior.doubt)))
    return LevelFrame(Frame(origin, np.stack([np.cross(front, up), front, up]), source), doubt)


# --- superior ---------------------------------------------------------------------------------------------------------


def _superior_axes(bodies: Mapping[int, Part], grid: Grid) -> dict[int, _Axis]:
    """Return the superior axis of each level with a body: from the spline, or from the body's own shape."""
    whole = [level for level, body in bodies.items() if not body.cut]
    knots = whole if len(whole) >= 2 else list(bodies)
    if len(knots) < 2:
        return {level: _axis_of_body(body, grid) for level, body in bodies.items()}
    centroids = np.array([bodies[level].centroid for level in knots])
    tangents = -spline_tangents(centroids)
    few = "line through two bodies" if len(knots) == 2 else "spline"
    doubt = "the axis rests on bodies cut by the border of the image" if len(whole) < 2 and len(bodies) > 2 else ""
    axes = dict(zip(knots, (_Axis(tangent, few) for tangent in tangents), strict=True))
    for level, body in bodies.items():
        if level not in axes:
            nearest = int(np.linalg.norm(centroids - body.centroid, axis=1).argmin())
            axes[level] = _Axis(
                tangents[nearest], f"spline at {level_of(knots[nearest]).name}", "the body is cut by the border"
            )
    return {
        level: axis if level in whole or axis.doubt else _Axis(axis.vector, axis.source, doubt) for level, axis in axes.items()
    }


def _axis_of_body(body: Part, grid: Grid) -> _Axis:
    """Find the superior axis of a lone body from its own endplates.

    Starting from the axis of its least extent, planes are fitted to the upper and to the lower surface of the central part
    of the body, and the mean of their normals becomes the axis, until it rests.
    """
    points = grid.to_ras(body.voxels) - body.centroid
    axis = np.asarray(np.linalg.eigh(points.T @ points)[1][:, 0])
    for _ in range(6):
        axis = _mean_endplate_normal(points, axis)
    if axis @ _PATIENT_SUPERIOR < 0:
        axis = -axis
    return _Axis(axis, "own endplates")


def _mean_endplate_normal(points: FloatArray, axis: FloatArray) -> FloatArray:
    across = _plane_basis(axis)
    flat, height = points @ across.T, points @ axis
    central = np.linalg.norm(flat, axis=1) < np.sqrt((flat**2).sum(axis=1).mean())
    flat, height = flat[central], height[central]
    columns, column = np.unique(np.floor(flat / 2.0), axis=0, return_inverse=True)
    top = np.full(len(columns), -np.inf)
    bottom = np.full(len(columns), np.inf)
    np.maximum.at(top, column.ravel(), height)
    np.minimum.at(bottom, column.ravel(), height)
    design = np.column_stack([columns * 2.0 + 1.0, np.ones(len(columns))])
    slopes = [np.linalg.lstsq(design, surface, rcond=None)[0][:2] for surface in (top, bottom)]
    normal = axis - np.mean(slopes, axis=0) @ across
    return np.asarray(normal / np.linalg.norm(normal))


def _plane_basis(axis: FloatArray) -> FloatArray:
    """Return two unit vectors, rows of (2, 3), that span the plane normal to `axis`."""
    helper = np.eye(3)[np.abs(axis).argmin()]
    first = np.cross(axis, helper)
    first = first / np.linalg.norm(first)
    return np.stack([first, np.cross(axis, first)])


# --- posterior --------------------------------------------------------------------------------------------------------


def _own_anterior(voxels: LevelVoxels, body: Part, superior: FloatArray) -> _Axis | None:
    """Return the direction away from this vertebra's own arch and spinous process, projected along `superior`."""
    arch = voxels.part(POSTERIOR)
    if arch is None:
        return None
    centre = _shadow_centre(arch, voxels.grid, superior)
    anterior = body.centroid - centre
    if np.linalg.norm(anterior - (anterior @ superior) * superior) < 1.0:
        return None
    return _Axis(anterior, "arch", "the arch is cut by the border of the image" if arch.cut else "")


def _shadow_centre(part: Part, grid: Grid, axis: FloatArray) -> FloatArray:
    """Return a point (3,), RAS mm, over the geometric centre of the shadow that `part` throws along `axis`.

    The shadow is painted on fine cells of the plane, the shadow of one voxel at the place of each. What the voxel centres
    lose by being rounded to cells is given back as a mean, so that the alignment of voxels and cells does not matter.
    """
    across = _plane_basis(axis)
    to_plane = across @ grid.ijk_to_ras[:3, :3] / _CELL_MM
    flat = (part.voxels - grid.to_ijk(part.centroid)) @ to_plane.T + _OFF_THE_LATTICE
    cells = np.rint(flat).astype(np.int64)
    lost = (flat - cells).mean(axis=0) - _OFF_THE_LATTICE
    painted = (cells[:, None] + _shadow_of_voxel(to_plane)).reshape(-1, 2)
    low = painted.min(axis=0)
    size = painted.max(axis=0) - low + 1
    shadow = np.zeros(int(size.prod()), dtype=bool)
    shadow[(painted - low) @ (size[1], 1)] = True
    dark = np.flatnonzero(shadow)
    centre = np.array([(dark // size[1]).mean(), (dark % size[1]).mean()]) + low + lost
    return np.asarray(part.centroid + centre * _CELL_MM @ across)


def _shadow_of_voxel(to_plane: FloatArray) -> IntArray:
    """Return the cells (m, 2), around its own, that the shadow of a single voxel covers."""
    counts = np.maximum(np.ceil(2 * np.linalg.norm(to_plane, axis=0)).astype(int), 1)
    steps = [(np.arange(n) + 0.5) / n - 0.5 for n in counts]
    samples = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3) @ to_plane.T
    return np.unique(np.rint(samples).astype(np.int64), axis=0)


def _borrowed_anterior(level: int, complete: Mapping[int, LevelFrame], spine: SpineVoxels, origin: FloatArray) -> _Axis:
    """Return the anterior direction of a level without an arch: its neighbours', the canal's side, the patient's."""
    neighbours = _neighbours(level, complete)
    if neighbours:
        mean = np.mean([complete[each].frame.anterior for each in neighbours], axis=0)
        return _Axis(mean, "neighbour " + ", ".join(level_of(each).name for each in neighbours), "the vertebra has no arch")
    canal = spine.grid.to_ras(spine.canal.voxels)
    near = canal[np.linalg.norm(canal - origin, axis=1) < 40.0]
    if len(near) and np.linalg.norm(near.mean(axis=0) - origin) > 1.0:
        return _Axis(origin - near.mean(axis=0), "spinal canal", "the vertebra has no arch")
    return _Axis(_PATIENT_ANTERIOR, "patient axes", "the vertebra has no arch and no neighbour that could lend its direction")


def _neighbours(level: int, complete: Mapping[int, LevelFrame]) -> list[int]:
    """Return the nearest level above and the nearest below that have a frame of their own."""
    order = level_of(level).order
    above = [each for each in complete if level_of(each).order < order]
    below = [each for each in complete if level_of(each).order > order]
    return above[-1:] + below[:1]


def _frame_without_body(level: int, voxels: LevelVoxels, complete: Mapping[int, LevelFrame]) -> LevelFrame:
    """Return the frame of a level that has no body, C1 first of all: its neighbours' axes around its own middle."""
    origin = voxels.grid.to_ras(voxels.voxels.mean(axis=0))
    neighbours = _neighbours(level, complete)
    if not neighbours:
        patient = Frame(origin, np.eye(3), "patient axes")
        return LevelFrame(patient, "the vertebra has no body and no neighbour that could lend its frame")
    name = "neighbour " + ", ".join(level_of(each).name for each in neighbours)
    superior = np.mean([complete[each].frame.superior for each in neighbours], axis=0)
    anterior = np.mean([complete[each].frame.anterior for each in neighbours], axis=0)
    return _join(origin, _Axis(superior / np.linalg.norm(superior), name), _Axis(anterior, name))
