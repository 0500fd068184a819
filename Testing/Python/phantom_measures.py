"""What tests measure on a phantom by routes of their own."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache, partial
from itertools import pairwise, product

import numpy as np
from scipy.spatial import cKDTree
from spinetwin.anatomy import PointId, level
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.measure.landmarks import INFERIOR_CORNERS, SUPERIOR_CORNERS
from spinetwin.phantom import Spine
from spinetwin.phantom.shape.part import Part
from spinetwin.phantom.shape.processes import Articular
from spinetwin.phantom.shape.solids import Body
from spinetwin.phantom.shape.vertebra import VertebraShape
from spinetwin.phantom.voxels import block_of, sample_solid


def _height(body: Body, up: bool, places: np.ndarray) -> np.ndarray:
    """Heights (n,) of an endplate above points (n, 2) of the body's middle plane, found by bisection."""
    inside, outside = np.zeros(len(places)), np.full(len(places), 40.0 if up else -40.0)
    for _ in range(60):
        z = (inside + outside) / 2
        within = (body.above if up else body.below)(places[:, 0], places[:, 1], z) < 0
        inside, outside = np.where(within, z, inside), np.where(within, outside, z)
    return inside


def plate_normal(body: Body, up: bool) -> np.ndarray:
    """Normal (towards the head, body's frame) of the plane through four points of an endplate's rim, found by bisection."""
    a, b = 0.45 * body.width, 0.45 * body.depth
    rim = np.array([[a, 0.0], [-a, 0.0], [0.0, b], [0.0, -b]])
    points = np.column_stack([rim, _height(body, up, rim)])
    normal = np.cross(points[0] - points[1], points[2] - points[3])
    return normal / np.linalg.norm(normal)


def body_landmarks(spine: Spine) -> dict[tuple[int, int], np.ndarray]:
    """Centres of the bodies and the corners of their endplates (RAS), found by bisection on the bodies alone."""
    found = {}
    for key, shape in spine.shapes.items():
        if level(key).name != "C1":
            body, frame = shape.body, spine.frames[key]
            found[key, PointId.BODY] = frame.origin
            for up, corners in ((True, SUPERIOR_CORNERS), (False, INFERIOR_CORNERS)):
                for ahead, points in zip((1.0, -1.0), (corners["front"], corners["back"]), strict=True):
                    rim = np.array([[side * 0.3 * body.width, ahead * 0.4 * body.depth] for side in (0.0, 1.0, -1.0)])
                    places = frame.to_ras(np.column_stack([rim, _height(body, up, rim)]))
                    found.update({(key, poi): place for poi, place in zip(points, places, strict=True)})
    return found


def plate_in_space(spine: Spine, name: str, up: bool) -> np.ndarray:
    """Normal of an endplate in RAS."""
    key = level(name).id
    return plate_normal(spine.shapes[key].body, up) @ spine.frames[key].axes


def cobb(spine: Spine, upper: str, lower: str) -> float:
    """Coronal angle between the upper endplate of one level and the lower one of another; positive: convex to the right."""
    first, last = plate_in_space(spine, upper, True), plate_in_space(spine, lower, False)
    return float(np.degrees(np.arctan2(last[0], last[2]) - np.arctan2(first[0], first[2])))


def sagittal(spine: Spine, name: str, up: bool) -> float:
    """Forward tilt of an endplate, degrees."""
    normal = plate_in_space(spine, name, up)
    return float(np.degrees(np.arctan2(normal[1], normal[2])))


def overlap(spine: Spine, spacing: float = 1.5) -> float:
    """Fraction of bone voxels that lie in two vertebrae."""
    grid = spine.grid(spacing)
    count = np.zeros(grid.shape, dtype=np.uint8)
    for key, shape in spine.shapes.items():
        block, solid = sample_solid(shape, block_of(grid, spine.frames[key]))
        count[block.where] += solid < 0
    return float((count > 1).sum() / (count > 0).sum())


def pair_overlaps(spine: Spine, names: Collection[str] = (), spacing: float = 1.0) -> dict[str, float]:
    """What two neighbours share against the smaller of both, by the name of the upper one; of all pairs or those named.

    Only the box in which both can lie is sampled, and each volume coarser, for it needs to be known to a percent.
    """
    volume = cache(partial(_volume, spine))
    found = {}
    for upper, lower in pairwise(spine.shapes):
        name = level(upper).name
        if not names or name in names:
            grid = _common_grid(spine, upper, lower, spacing)
            count = np.zeros(grid.shape, dtype=np.uint8)
            for key in (upper, lower):
                block, solid = sample_solid(spine.shapes[key], block_of(grid, spine.frames[key]))
                count[block.where] += solid < 0
            found[name] = float((count > 1).sum() * grid.voxel_volume / min(volume(upper), volume(lower)))
    return found


def _common_grid(spine: Spine, upper: int, lower: int, spacing: float) -> Grid:
    boxes = []
    for key in (upper, lower):
        corners = spine.frames[key].to_ras(list(product(*zip(*spine.shapes[key].box, strict=True))))
        boxes.append((corners.min(axis=0), corners.max(axis=0)))
    low, high = np.maximum(boxes[0][0], boxes[1][0]), np.minimum(boxes[0][1], boxes[1][1])
    affine = np.diag([spacing, spacing, spacing, 1.0])
    affine[:3, 3] = low
    i, j, k = (np.ceil(np.maximum(high - low, 0) / spacing).astype(int) + 1).tolist()
    return Grid((i, j, k), affine)


def _volume(spine: Spine, key: int) -> float:
    grid = spine.grid(2.0, levels=level(key).name)
    _, solid = sample_solid(spine.shapes[key], block_of(grid, spine.frames[key]))
    return float((solid < 0).sum() * grid.voxel_volume)


def disc_voids(spine: Spine, maps: LabelMaps) -> dict[int, float]:
    """Fraction of the voxels between the bodies of two neighbours, 1 mm or more inside both side walls, that is nothing at all.

    Read from the voxel map along lines parallel to the axis of the upper vertebra; by level id of the upper one.
    """
    voids = {}
    keys = list(spine.shapes)
    for upper, lower in pairwise(keys):
        if upper in spine.discs:
            x, y, z = np.meshgrid(np.arange(-26, 26.5), np.arange(-18, 18.5), np.arange(-36, 0, 0.5), indexing="ij")
            body, frame = spine.shapes[upper].body, spine.frames[upper]
            below = spine.frames[lower].to_local(frame.to_ras(np.stack([x, y, z], axis=-1)))
            walls = np.maximum(body.side(x, y, z), spine.shapes[lower].body.side(*np.moveaxis(below, -1, 0)))
            owner, label = _nearest(maps, frame.to_ras(np.stack([x, y, z], axis=-1)))
            bone = [(owner == key) & np.isin(label, (26, 49)) for key in (upper, lower)]
            between = np.maximum.accumulate(bone[1], axis=-1) & ~bone[1]
            between &= np.maximum.accumulate(bone[0][..., ::-1], axis=-1)[..., ::-1] & ~bone[0] & (walls < -1.0)
            voids[upper] = float((label[between] == 0).mean())
    return voids


def _nearest(maps: LabelMaps, ras: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ijk = np.clip(np.round(maps.grid.to_ijk(ras)).astype(int), 0, np.array(maps.grid.shape) - 1)
    return maps.vertebrae[tuple(np.moveaxis(ijk, -1, 0))], maps.subregions[tuple(np.moveaxis(ijk, -1, 0))]


def facet_gaps(spine: Spine, upper: int, lower: int) -> dict[str, float]:
    """Least distance in mm between the inferior process of one level and the superior process of the next, on each side.

    Found from the surfaces of both as sampled points, not from the joint the shapes were built with.
    """
    gaps = {}
    for side, above, below in (("left", 47, 45), ("right", 48, 46)):
        clouds = [surface(spine, upper, above), surface(spine, lower, below)]
        gaps[side] = float(np.min(cKDTree(clouds[0]).query(clouds[1])[0]))
    return gaps


def _part(shape: VertebraShape, label: int) -> Part:
    """The first part with a label; of a sacrum, whose parts all have one, its left (45) or right (46) articular process."""
    if shape.level == level("S1").id:
        return next(part for part in shape.parts if isinstance(part.solid, Articular) and part.mirrored == (label == 45))
    return next(part for part in shape.parts if part.subregion == label)


def surface(spine: Spine, key: int, label: int, spacing: float = 0.5) -> np.ndarray:
    """Points (n, 3) in RAS within a third of a mm of the surface of one part that is the surface of its vertebra."""
    shape = spine.shapes[key]
    part = _part(shape, label)
    low, high = part.box
    axes = [np.arange(a, b, spacing) for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    distance = part.distance(*points.T)
    near = np.abs(distance) < 0.3
    steps = 0.01 * np.eye(3)
    ahead, behind = ([part.distance(*(points[near] + sign * step).T) for step in steps] for sign in (1, -1))
    gradient = (np.array(ahead) - np.array(behind)).T / 0.02
    length = np.maximum(np.linalg.norm(gradient, axis=1, keepdims=True), 0.3)
    return spine.frames[key].to_ras(points[near] - distance[near, None] * gradient / length**2)
