"""The axes of a vertebra from its mask alone, the same way for real bones and for those of the phantom.

Upwards: first along the neighbours, then square to the endplates; in the neck half way between the two. The median plane: where
the mask is its own mirror image.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage
from spinetwin.anatomy import level
from spinetwin.geometry import FloatArray, Frame
from spinetwin.geometry.fields import SURFACE, MaskField

STEP = 0.5
"""Edge of the cubes that are measured, mm."""

_COARSE = 1.0
"""Edge of the cubes that the axes are found with, mm."""

_MARGIN = 3.0
_SMALLEST_CANAL = 70.0
"""Square mm: smaller holes are transverse foramina."""

_SMALLEST_BODY = 80.0
"""Square mm: smaller pieces of a median section are no body."""

LOW_BODIES, NECK = ("C3", "C4", "C5", "C6", "C7"), 0.5
"""Bodies so low that osteophytes, a lip and voxels of 1.5 mm turn their endplates by up to 20 degrees against the column; and
the share that the direction along the neighbours has in their axes. With the endplates alone C3 of one person looked forwards,
and its spinous process pointed down."""

_CELL = 2.0
_REACH = 60.0

Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Bone:
    """A vertebra in its own axes.

    Attributes
    ----------
    name : str
        Level.
    frame : Frame
        Right, anterior, superior; its origin, in the middle of the body, has the index `centre`.
    inside : (x, y, z) array of bool
        Cubes of `step` mm.
    centre : (3,) array of int
        Index of the origin.
    volume : float
        Cubic mm, from the mask itself.
    step : float
        Edge of the cubes, mm.
    """

    name: str
    frame: Frame
    inside: Mask
    centre: np.ndarray
    volume: float
    step: float = STEP

    @cached_property
    def canal(self) -> Mask:
        """The canal in each axial section that is closed around it; seen from above where none is."""
        found = np.zeros_like(self.inside)
        for z in range(self.inside.shape[2]):
            found[:, :, z] = largest_hole(self.inside[:, :, z], self.step)
        if not found.any():
            found[:, :, self.centre[2]] = largest_hole(self.inside.any(axis=2), self.step)
        return found

    def extent(self, axis: int, of: Mask | None = None) -> tuple[float, float]:
        """Return the lowest and highest mm along an axis, of the bone or of a part of it."""
        mask = self.inside if of is None else of
        where = np.nonzero(mask.any(axis=tuple(n for n in range(3) if n != axis)))[0]
        return (where[0] - 0.5 - self.centre[axis]) * self.step, (where[-1] + 0.5 - self.centre[axis]) * self.step

    def index(self, mm: float, axis: int) -> int:
        """Return the index of a position along an axis."""
        return int(np.clip(round(mm / self.step) + self.centre[axis], 0, self.inside.shape[axis] - 1))

    def run(self, axis: int, at: tuple[float, float, float]) -> tuple[float, float] | None:
        """Return the ends, in mm, of the run of bone along an axis through a point, or None if the point lies outside."""
        place = [self.index(mm, n) for n, mm in enumerate(at)]
        line = self.inside[tuple(slice(None) if n == axis else place[n] for n in range(3))]
        if not line[place[axis]]:
            return None
        stops = np.nonzero(~line)[0]
        low, high = stops[stops < place[axis]][-1], stops[stops > place[axis]][0]
        return (low + 0.5 - self.centre[axis]) * self.step, (high - 0.5 - self.centre[axis]) * self.step


def largest_hole(section: Mask, step: float) -> Mask:
    """Return the largest hole of an axial section, empty where it has none of the size of a canal."""
    holes, count = ndimage.label(ndimage.binary_fill_holes(section) & ~section)
    if not count:
        return np.zeros_like(section)
    sizes = np.bincount(holes.ravel())[1:]
    return np.asarray((holes == 1 + sizes.argmax()) & (sizes.max() * step**2 > _SMALLEST_CANAL))


def bones(masks: dict[int, MaskField]) -> dict[int, Bone]:
    """Give every mask of one person its axes."""
    keys = sorted((key for key in masks if level(key).region != "sacral"), key=lambda key: level(key).order)
    points = {key: masks[key].grid.to_ras(np.argwhere(masks[key].values > SURFACE)) for key in keys}
    centres = [points[key].mean(axis=0) for key in keys]
    found = {}
    for place, key in enumerate(keys):
        along = centres[max(place - 1, 0)] - centres[min(place + 1, len(keys) - 1)]
        found[key] = _bone(level(key).name, masks[key], points[key], along)
    return found


def _bone(name: str, mask: MaskField, points: FloatArray, along: FloatArray) -> Bone:
    if name == "C1":  # a ring has no endplates: it is lowest along the spine
        flat = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][2]
        return _cubes(name, mask, points, _median_frame(points, flat * np.sign(flat @ along)), STEP)
    bone = _centred(_cubes(name, mask, points, _median_frame(points, along)), mask, points)
    kept = NECK * along / np.linalg.norm(along) if name in LOW_BODIES else np.zeros(3)
    for _ in range(3):
        up = _slope_of_dens(bone) if name == "C2" else _slope_of_endplates(bone)
        normal = up @ bone.frame.axes / np.linalg.norm(up)
        frame = _median_frame(points, kept + (1.0 - NECK * (name in LOW_BODIES)) * normal, bone.frame.anterior)
        bone = _centred(_cubes(name, mask, points, frame), mask, points)
    return _centred(bone, mask, points, STEP)


def _median_frame(points: FloatArray, up: FloatArray, front: FloatArray | None = None) -> Frame:
    """Axes with the given upward direction whose median plane best mirrors the points (n, 3) onto themselves.

    The front is about where `front` points or, without it, where the bone is nearer to the centroid: body and canal lie there,
    and the spinous process reaches far.
    """
    superior = up / np.linalg.norm(up)
    side = np.cross([0.0, 1.0, 0.0], superior)
    side /= np.linalg.norm(side)
    axes = np.array([side, np.cross(superior, side), superior])
    origin = points.mean(axis=0)
    local = (points - origin)[:: max(1, len(points) // 6000)] @ axes.T
    best = (-1.0, 0.0, 0.0)
    about = 0.0
    if front is not None:
        about = float(np.degrees(np.arctan2(-(front @ axes[0]), front @ axes[1])))
    for angles in (np.arange(-90.0, 90.0, 4.0) if front is None else np.arange(-8.0, 8.1, 4.0), np.arange(-4.0, 4.1, 0.5)):
        centre = best[1] if best[0] > 0.0 else about
        best = max(_mirrored(local, centre + angle) for angle in angles)
    _, angle, shift = best
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turned = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    depth = local @ turned[1]
    if depth.max() > -depth.min() if front is None else front @ (turned[1] @ axes) < 0:
        turned, shift = turned * [[-1.0], [-1.0], [1.0]], -shift
    return Frame(origin + shift * turned[0] @ axes, turned @ axes, "mask")


def _mirrored(local: FloatArray, angle: float) -> tuple[float, float, float]:
    """Likeness of the bone, seen from above, with its mirror image at an angle; the angle; where the mirror stands, mm."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    across, ahead = local[:, 0] * c + local[:, 1] * s, local[:, 1] * c - local[:, 0] * s
    edges = np.arange(-_REACH, _REACH + _CELL / 2, _CELL)
    seen = ndimage.gaussian_filter(np.histogram2d(across, ahead, (edges, edges))[0], 0.7)
    score, shift = max((float((np.roll(seen, -n, 0) * np.roll(seen, -n, 0)[::-1]).sum()), n) for n in range(-4, 5))
    return score, angle, shift * _CELL


def _cubes(name: str, mask: MaskField, points: FloatArray, frame: Frame, step: float = _COARSE) -> Bone:
    """Resample a mask along axes."""
    local = frame.to_local(points)
    low = np.floor((local.min(axis=0) - _MARGIN) / step).astype(int)
    high = np.ceil((local.max(axis=0) + _MARGIN) / step).astype(int)
    to_voxels = mask.grid.ras_to_ijk[:3, :3] @ frame.axes.T
    offset = mask.grid.to_ijk(frame.to_ras(low * step))
    values = ndimage.affine_transform(mask.values, to_voxels * step, offset, output_shape=tuple(high - low + 1), order=1)
    return Bone(name, frame, values > SURFACE, -low, len(points) * mask.grid.voxel_volume, step)


def _centred(bone: Bone, mask: MaskField, points: FloatArray, step: float = _COARSE) -> Bone:
    """Move the origin to the middle of the body (C2: as high above its lower edge as in other necks)."""
    section = np.argwhere(_median_section(bone))
    y, z = section.mean(axis=0)
    if bone.name == "C2":  # the dens would carry the middle upwards
        z = section[:, 1].min() + 9.0 / bone.step
    middle = np.array([0.0, (y - bone.centre[1]) * bone.step, (z - bone.centre[2]) * bone.step])
    return _cubes(bone.name, mask, points, Frame(bone.frame.to_ras(middle), bone.frame.axes, "mask"), step)


def _median_section(bone: Bone) -> Mask:
    """Section of the body with the median plane: of its pieces, which the canal parts, the foremost."""
    x = bone.centre[0]
    pieces, count = ndimage.label(bone.inside[x - 1 : x + 2].sum(axis=0) >= 2)
    sizes = np.bincount(pieces.ravel())
    large = [n for n in range(1, count + 1) if sizes[n] * bone.step**2 > _SMALLEST_BODY]
    return np.asarray(pieces == max(large, key=lambda n: np.nonzero(pieces == n)[0].mean()))


def body_walls(bone: Bone) -> tuple[float, float]:
    """Front and back of the body in the midline, at half its height, mm."""
    found = bone.run(1, (0.0, 0.0, 0.0))
    return (found[1], found[0]) if found else (0.0, 0.0)


def body_middle(bone: Bone) -> tuple[float, float, float]:
    """Depth of the middle of the body in the midline, and the heights of its endplates there, mm."""
    y = sum(body_walls(bone)) / 2
    low, high = bone.run(2, (0.0, y, 0.0)) or (0.0, 0.0)
    return y, low, high


def _slope_of_endplates(bone: Bone) -> FloatArray:
    """Return the normal of the plane half way between the endplates."""
    front, back = body_walls(bone)
    y, depth = (front + back) / 2, front - back
    rows = []
    for dx in np.linspace(-0.3, 0.3, 7) * depth:
        for dy in np.linspace(-0.32, 0.32, 9) * depth:
            column = bone.run(2, (dx, y + dy, 0.0))
            if column:
                rows.append((dx, dy, (column[0] + column[1]) / 2, column[1] - column[0]))
    samples = np.array(rows)
    lengths = samples[:, 3]
    samples = samples[np.abs(lengths - np.median(lengths)) < 0.3 * np.median(lengths)]  # not those that meet an arch or a rim
    across, ahead, _ = np.linalg.lstsq(np.column_stack([samples[:, :2], np.ones(len(samples))]), samples[:, 2], rcond=None)[0]
    return np.array([-across, -ahead, 1.0])


def _slope_of_dens(bone: Bone) -> FloatArray:
    """Direction of the middle of body and dens in the median plane."""
    y, z = np.argwhere(_median_section(bone)).T
    heights = np.unique(z)
    middles = [y[z == each].mean() for each in heights]
    return np.array([0.0, float(np.polyfit(heights, middles, 1)[0]), 1.0])
