"""Bodies of vertebrae that a map knows as one label each: found from their shape, in any orientation.

Seen along the spine, a vertebra is a ring: its canal is the largest hole of its shadow, and its body the thick part in front of
that hole. Nothing is asked of the storage order, nor of how the vertebra is tilted or turned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..anatomy import level
from ..anatomy.subregions import SubregionId as Sub
from ..geometry import FloatArray, Frame, Grid, LabelMaps
from ..geometry.curves import spline_tangents
from ..geometry.fields import MaskField, field_of_voxels
from ..geometry.grid import IntArray
from .results import MissingInput

_STEP = 1.5
"""Distance of the lattice on which a vertebra is looked at, mm."""

_MARGIN = 3.0
_STRIP = 4.0
"""Half the width of the strip in the middle of the canal where the back wall of the body is looked for, mm."""

_BETWEEN = 0.7
"""Part of the canal's half width within which no pedicle begins."""

_NARROWEST_CANAL = 60.0
"""Smallest shadow of a canal, mm2; the holes of the transverse processes are smaller."""

_THINNEST = 0.6
"""What is thinner than this part of the thickest place in front of the canal is no body but a process."""

_CUT = 0.5
"""Part of its neighbours' size below which a vertebra is taken for cut."""

_KIN = 2.0
"""Levels over which neighbours lose their say about where anterior is."""

_ALIKE = 0.94
"""Cosine of the angle to what the neighbours say beyond which a level's own direction counts."""

_PASSES = 2
_FEWEST = 100
_DISC_LABEL = 100

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Wholes:
    """Maps made from a vertebra map.

    Attributes
    ----------
    maps : LabelMaps
        The bodies, and all that lies behind them as arch: the other parts are not told apart.
    lacks : mapping of level id to str
        Why a level has no body.
    bodies : tuple of int
        Levels whose body was found, from the top.
    """

    maps: LabelMaps
    lacks: Mapping[int, str]
    bodies: tuple[int, ...] = ()


def with_bodies(vertebrae: IntArray, grid: Grid) -> Wholes:
    """Find the bodies in a vertebra map.

    Parameters
    ----------
    vertebrae : (i, j, k) array of uint8 or uint16
        Level ids; discs (100 + id) are kept, other labels above 100 are dropped.
    grid : Grid
        Where the voxels lie.
    """
    voxels = _main_pieces(vertebrae)
    subregions = np.zeros(vertebrae.shape, dtype=np.uint8)
    kept = np.where((vertebrae > _DISC_LABEL) & (vertebrae < 2 * _DISC_LABEL), vertebrae, 0).astype(np.uint16)
    subregions[kept > 0] = Sub.DISC
    for key, each in voxels.items():
        kept[tuple(each.T)] = key
        subregions[tuple(each.T)] = Sub.SACRUM if level(key).region == "sacral" else Sub.ARCH
    seen, lacks = _seen(voxels, grid)
    ahead = _agreed({key: each.anterior for key, each in seen.items()})
    for key, first in seen.items():
        frame = _turned(first, first.origin, ahead[key], first.superior)
        try:
            subregions[tuple(voxels[key][body_voxels(voxels[key], grid, frame)].T)] = Sub.BODY_BORDER
        except MissingInput as lack:
            lacks[key] = str(lack)
    return Wholes(LabelMaps(grid, subregions, kept), lacks, tuple(key for key in seen if key not in lacks))


def _seen(voxels: Mapping[int, IntArray], grid: Grid) -> tuple[dict[int, Frame], dict[int, str]]:
    """Return rough axes of every vertebra that has a body, or why it has none."""
    frames, lacks = {}, {}
    ups = _upwards(voxels, grid)
    for key, each in voxels.items():
        if level(key).region == "sacral" or level(key).name == "C1":
            continue
        try:
            frames[key] = facing(each, grid, ups[key])
        except MissingInput as lack:
            lacks[key] = str(lack)
    return frames, lacks


def _agreed(anteriors: Mapping[int, FloatArray]) -> dict[int, FloatArray]:
    """Return the anterior directions (3,) with those replaced that differ much from what the other levels say.

    In the neck an articular pillar may be as thick as the body. Neighbours count more than distant levels.
    """
    orders = np.array([level(key).order for key in anteriors], dtype=np.float64)
    vectors = np.array(list(anteriors.values())).reshape(-1, 3)
    found = {}
    for key, own, order in zip(anteriors, vectors, orders, strict=True):
        others = np.exp(-np.abs(orders - order) / _KIN) @ vectors
        usual = others / max(float(np.linalg.norm(others)), 1e-9)
        found[key] = own if own @ usual > _ALIKE else usual
    return found


def _main_pieces(vertebrae: IntArray) -> dict[int, IntArray]:
    """Return the voxels (n, 3) of the largest piece of each level, from the top."""
    from scipy import ndimage

    found: dict[int, IntArray] = {}
    for label, box in enumerate(ndimage.find_objects(np.where(vertebrae < _DISC_LABEL, vertebrae, 0)), start=1):
        if box is None:
            continue
        pieces, count = ndimage.label(vertebrae[box] == label, np.ones((3, 3, 3)))
        largest = pieces == 1 if count == 1 else pieces == 1 + np.bincount(pieces.ravel())[1:].argmax()
        found[level(label).id] = np.argwhere(largest) + [each.start for each in box]
    return dict(sorted(found.items(), key=lambda each: level(each[0]).order))


def _upwards(voxels: Mapping[int, IntArray], grid: Grid) -> dict[int, FloatArray]:
    """Return the unit vectors (3,) along the spine; the patient's upward one where a single vertebra tells nothing.

    A vertebra that is much smaller than its neighbours is cut: its middle is off the spine and has no say.
    """
    keys, sizes = list(voxels), np.array([len(each) for each in voxels.values()])
    usual = np.array([np.median(sizes[max(n - 2, 0) : n + 3]) for n in range(len(keys))])
    whole = [key for key, large in zip(keys, sizes > _CUT * usual, strict=True) if large]
    if len(whole) < 2:
        return {key: np.array([0.0, 0.0, 1.0]) for key in keys}
    centres = np.array([grid.to_ras(voxels[key].mean(axis=0)) for key in whole])
    tangents = -spline_tangents(centres)
    orders = np.array([level(key).order for key in whole])
    return {key: tangents[int(np.abs(orders - level(key).order).argmin())] for key in keys}


def body_voxels(voxels: IntArray, grid: Grid, frame: Frame) -> Mask:
    """Say which voxels (n, 3) of one vertebra belong to its body; `frame` gives its rough axes (see `facing`).

    Raises
    ------
    MissingInput
        If no ring closes around its canal, or nothing lies in front of it.
    """
    field, points = field_of_voxels(voxels, grid), grid.to_ras(voxels)
    body = np.zeros(len(voxels), dtype=bool)
    for _ in range(_PASSES):
        body, canal = _in_front(frame, field, points)
        frame = _squared(frame, points[body], canal)
    return body


def _basis(up: FloatArray) -> FloatArray:
    """Return any right-handed axes (3, 3) whose last one is `up`."""
    helper = np.eye(3)[int(np.abs(up).argmin())]
    first = np.cross(helper, up)
    first = first / np.linalg.norm(first)
    return np.stack([first, np.cross(up, first), up])


@dataclass(frozen=True)
class _Lattice:
    """A vertebra sampled along the axes of a frame: cells (i, j, k) and the coordinate (3,) of the first, mm."""

    frame: Frame
    inside: Mask
    low: FloatArray

    def cells(self, points: FloatArray) -> IntArray:
        """Return the nearest cells (n, 3) of RAS points."""
        return np.rint((self.frame.to_local(points) - self.low) / _STEP).astype(np.int64)

    def coordinate(self, axis: int) -> FloatArray:
        """Return where the cells lie along an axis of the frame, mm."""
        return np.asarray(self.low[axis] + _STEP * np.arange(self.inside.shape[axis]))


def _lattice(frame: Frame, field: MaskField, points: FloatArray) -> _Lattice:
    local = frame.to_local(points)
    low, high = local.min(axis=0) - _MARGIN, local.max(axis=0) + _MARGIN
    ticks = [np.arange(a, b + _STEP, _STEP) for a, b in zip(low, high, strict=True)]
    nodes = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1)
    return _Lattice(frame, field.inside(frame.to_ras(nodes)), low)


def _canal(seen: _Lattice) -> IntArray:
    """Return the cells (n, 2) of the canal: the largest hole of the shadow along the superior axis.

    Where the canal is so narrow, or the axis so oblique, that the shadow closes, it is the hole that most axial slices have: a
    hollow endplate makes a hole too, but in few.
    """
    from scipy import ndimage

    shadow = seen.inside.any(axis=2)
    hole = _largest(ndimage.binary_fill_holes(shadow) & ~shadow)
    if hole.sum() * _STEP**2 < _NARROWEST_CANAL:
        slices = [ndimage.binary_fill_holes(each) & ~each for each in np.moveaxis(seen.inside, 2, 0)]
        hole = _longest(np.stack(slices, axis=2))
    if hole.sum() * _STEP**2 < _NARROWEST_CANAL:
        raise MissingInput("no ring of bone closes around the canal")
    return np.argwhere(hole)


def _longest(holes: Mask) -> Mask:
    """Return the shadow of the piece that lies in most slices along the last axis; all False where there is none."""
    from scipy import ndimage

    pieces, _ = ndimage.label(holes)
    boxes = ndimage.find_objects(pieces)
    shadows = [(pieces[box] == label).any(axis=2).sum() for label, box in enumerate(boxes, start=1)]
    lengths = [
        box[2].stop - box[2].start if shadow * _STEP**2 >= _NARROWEST_CANAL else 0
        for box, shadow in zip(boxes, shadows, strict=True)
    ]
    best = 1 + int(np.argmax(lengths)) if any(lengths) else -1
    return np.asarray((pieces == best).any(axis=2))


def _largest(mask: Mask) -> Mask:
    """Return the largest piece of a mask; all False where it is empty."""
    from scipy import ndimage

    pieces, count = ndimage.label(mask)
    return np.asarray(pieces == 1 + np.bincount(pieces.ravel())[1:].argmax()) if count else mask


def facing(voxels: IntArray, grid: Grid, up: FloatArray) -> Frame:
    """Return rough axes of a vertebra (n, 3): `up` (3,) along the spine, anterior from the canal to its thickest place.

    Raises
    ------
    MissingInput
        If the vertebra is too small, or no ring closes around its canal.
    """
    from scipy.ndimage import distance_transform_edt

    if len(voxels) < _FEWEST:
        raise MissingInput("too little of the vertebra is in the map")
    points = grid.to_ras(voxels)
    frame = Frame(points.mean(axis=0), _basis(up), "spine")
    seen = _lattice(frame, field_of_voxels(voxels, grid), points)
    thickness = distance_transform_edt(seen.inside)
    thickest = np.argwhere(thickness > 0.9 * thickness.max()).mean(axis=0)
    ahead = thickest[:2] - _canal(seen).mean(axis=0)
    if np.linalg.norm(ahead) < 1.0:
        raise MissingInput("the body does not stand out from the ring of bone")
    return _turned(frame, frame.to_ras(seen.low + _STEP * thickest), ahead @ frame.axes[:2], frame.superior)


def _turned(frame: Frame, origin: FloatArray, anterior: FloatArray, superior: FloatArray) -> Frame:
    flat = anterior - (anterior @ superior) * superior
    flat = flat / np.linalg.norm(flat)
    return Frame(origin, np.stack([np.cross(flat, superior), flat, superior]), frame.source)


def _in_front(frame: Frame, field: MaskField, points: FloatArray) -> tuple[Mask, FloatArray]:
    """Say which points (n, 3) lie in the thick part in front of the canal, and where the middle (3,) of the canal is."""
    from scipy import ndimage

    seen = _lattice(frame, field, points)
    canal = _canal(seen)
    x, y = seen.coordinate(0), seen.coordinate(1)
    middle = np.abs(x[canal[:, 0]] - x[canal[:, 0]].mean()) < _STRIP
    wall = float(y[canal[middle if middle.any() else slice(None), 1]].max()) + _STEP / 2
    # at the endplates the body may reach further back than where the ring closes; between the pedicles nothing else lies there
    between = np.ptp(x[canal[:, 0]]) / 2
    centre = np.array([x[canal[:, 0]].mean(), y[canal[:, 1]].mean()])
    ahead = seen.inside & _before(x[:, None, None], y[None, :, None], centre, between, wall)
    thickness = ndimage.distance_transform_edt(ahead)
    core = _largest(thickness > _THINNEST * thickness.max())
    if not core.any():
        raise MissingInput("there is no bone in front of the canal")
    # what the core's thickness reaches again, and a cell more for the voxels on the surface
    grown = ndimage.distance_transform_edt(~core) <= _THINNEST * thickness.max() * np.sqrt(2.0) + 1.0
    found = ndimage.binary_dilation(grown & ahead, np.ones((3, 3, 3)))
    local = frame.to_local(points)
    inside = found[tuple(seen.cells(points).T)] & _before(local[:, 0], local[:, 1], centre, between, wall)
    return np.asarray(inside), frame.to_ras(np.append(centre, 0.0))


def _before(x: FloatArray, y: FloatArray, canal: FloatArray, half_width: float, wall: float) -> Mask:
    """Say which places lie in front of a wall (mm), or between the pedicles in front of the middle (2,) of the canal."""
    return np.asarray((y > wall) | ((np.abs(x - canal[0]) < _BETWEEN * half_width) & (y > canal[1])))


def _squared(frame: Frame, body: FloatArray, canal: FloatArray) -> Frame:
    """Return the frame in the middle of a body (n, 3), superior normal to its flat ends, anterior away from the canal (3,)."""
    middle = body.mean(axis=0)
    local = (body - middle) @ frame.axes.T
    radius = 0.7 * np.sqrt((local[:, :2] ** 2).mean(axis=0))
    central = (np.abs(local[:, :2]) < 1.4 * radius).all(axis=1)
    slopes = [_slope(local[central], sign) for sign in (1.0, -1.0)]
    lean = np.mean(slopes, axis=0)
    superior = np.array([-lean[0], -lean[1], 1.0]) @ frame.axes
    return _turned(frame, middle, middle - canal, superior / np.linalg.norm(superior))


def _slope(local: FloatArray, sign: float) -> FloatArray:
    """Return the slope (2,) of the plane through the ends of columns of points (n, 3) at one end of a body."""
    columns = np.rint(local[:, :2] / (2 * _STEP)).astype(np.int64)
    _, which = np.unique(columns, axis=0, return_inverse=True)
    ends = np.full(which.max() + 1, -np.inf)
    np.maximum.at(ends, which.ravel(), sign * local[:, 2])
    counts = np.bincount(which.ravel())
    places = np.stack([np.bincount(which.ravel(), local[:, axis]) / counts for axis in (0, 1)], axis=1)
    design = np.column_stack([places, np.ones(len(places))])
    return np.asarray(np.linalg.lstsq(design, sign * ends, rcond=None)[0][:2])
