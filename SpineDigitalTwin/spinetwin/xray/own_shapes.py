"""The patient's own vertebrae, from label maps of an MR or CT, as shapes that no longer change: they only stand elsewhere.

A vertebra's surface is where the signed distance of its voxels passes zero; between thick slices the distance is interpolated,
not the labels.

References
----------
Raya SP, Udupa JK (1990) Shape-based interpolation of multidimensional objects. IEEE TMI 9:32-42.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..anatomy import level as level_of
from ..anatomy.subregions import SubregionId as Sub
from ..errors import ParameterError
from ..geometry import FloatArray, Frame, Grid, IntArray, LabelMaps, label_boxes
from ..geometry.frame import direction_coefficients
from ..geometry.surfaces import Surface, surface_of_samples
from ..poi import PoiSet
from ..poi.axes import frames_of
from .landmarks import LANDMARKS, PARTS, RIM_MM, ROWS, Landmarks
from .shapes import ShapeModel
from .stages import STAGES, Stage

RIGID_STAGES: tuple[Stage, ...] = tuple(replace(stage, modes=0) for stage in STAGES if stage.modes <= 14)
"""From coarse to fine as ever, but only poses may change."""

_NOT_BONE = (Sub.CORD, Sub.CANAL, Sub.DISC, Sub.RIB_LEFT, Sub.RIB_RIGHT)
_BODY = (Sub.BODY, Sub.BODY_BORDER, Sub.ENDPLATE_SUPERIOR, Sub.ENDPLATE_INFERIOR)
_MARGIN = 3
_SMOOTHED_VOXELS = 0.6
"""Standard deviation of a bell that takes the steps of the voxels away."""

_SPACING_MM = 1.4
"""Of the samples of a surface; an L3 then has about 10,000 vertices."""

_MIDDLE_MM, _AXIS_MM = 4.0, 1.5
"""How far from its middle the rear wall of a body is looked for, and from its axis the endplates, which are hollow."""

_PEDICLE_MM = (2.5, 5.5)
"""Behind the rear wall of the body the bone on either side of the canal is pedicle and nothing else."""

_STRAY = 0.1
"""Of the largest piece: smaller ones are slips of a segmentation. An arch without its pedicles is larger."""

_LEAST_VOXELS = 200
_MOST_APART_MM = 45.0
"""From the middle of a body to that of the whole vertebra: less than half of its length."""


@dataclass(frozen=True)
class OwnBone:
    """One of the patient's own vertebrae.

    Attributes
    ----------
    grid : Grid
        Of its voxels.
    frame : Frame
        Its own, lying; everything below is told in it, mm.
    distance : (i, j, k) array
        Signed distance at the voxels' centres, negative inside.
    box : pair of (3,) arrays
        Corners of its voxels' centres.
    landmarks : mapping of name to (3,) array
        Those that the maps show.
    points : mapping of point id to (3,) array
    """

    grid: Grid
    frame: Frame
    distance: FloatArray
    box: tuple[FloatArray, FloatArray]
    landmarks: Mapping[str, FloatArray]
    points: Mapping[int, FloatArray]

    def solid(self, points: FloatArray) -> FloatArray:
        """Return the signed distance at points (..., 3) of its frame, mm, negative inside."""
        from scipy.ndimage import map_coordinates

        places = self.grid.to_ijk(self.frame.to_ras(points))
        return np.asarray(map_coordinates(self.distance, np.moveaxis(places, -1, 0), order=1, mode="nearest"))

    def surface(self, spacing: float) -> Surface:
        """Return its surface, sampled every `spacing` mm along its axes."""
        low, high = self.box[0] - 2 * spacing, self.box[1] + 2 * spacing
        axes = [np.arange(a, b + spacing, spacing) for a, b in zip(low, high, strict=True)]
        return surface_of_samples(self.solid(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)), low, spacing)


@dataclass(frozen=True)
class OwnShapes:
    """What a patient's vertebrae are made of.

    Attributes
    ----------
    maps : LabelMaps
        Of the MR or CT.
    points : PoiSet
        Computed from them, and perhaps corrected; RAS mm, lying.
    frames : mapping of level id to Frame
        Of the lying vertebrae.
    boxes : mapping of level id to slices
        Where each lies in the maps.
    """

    maps: LabelMaps
    points: PoiSet
    frames: Mapping[int, Frame]
    boxes: Mapping[int, tuple[slice, ...]]

    @classmethod
    def of(cls, maps: LabelMaps, points: PoiSet) -> OwnShapes:
        """Gather what `model` needs."""
        return cls(maps, points, frames_of(points), label_boxes(maps.vertebrae))

    def model(self, key: int) -> ShapeModel:
        """Return the shape of a level, in the frame of its points, without any mode that changes it.

        Raises
        ------
        ParameterError
            If the maps or the points do not have the level.
        """
        bone = self.bone(key)
        surface = bone.surface(_SPACING_MM)
        marks = np.array([bone.landmarks.get(each, np.zeros(3)) for each in LANDMARKS])
        still = np.zeros((len(surface.vertices), 3, 1))
        return ShapeModel(key, surface, still, 1, marks, bone.points)

    def bone(self, key: int) -> OwnBone:
        """Return the bone of a level, in the frame of its points.

        Raises
        ------
        ParameterError
            As `model`.
        """
        voxels, frame = self._voxels(key), self.frames[key]
        placed = {poi.id: poi.position for poi in self.points.of_level(key) if poi.position is not None}
        points = {poi: frame.to_local(at) for poi, at in placed.items()}
        corners = voxels.of_bone()
        low, high = corners.min(axis=0), corners.max(axis=0)
        return OwnBone(voxels.grid, frame, _distance(voxels), (low, high), _landmarks(voxels), points)

    def _voxels(self, key: int) -> _Voxels:
        name = level_of(key).name
        if key not in self.boxes or key not in self.frames:
            raise ParameterError(f"The patient's own {name} is not in the label maps and points.", "Choose --levels.")
        voxels = _Voxels.of(self.maps, self.boxes[key], key, self.frames[key])
        if voxels.bone.sum() < _LEAST_VOXELS:
            raise ParameterError(f"The patient's own {name} has only {int(voxels.bone.sum())} voxels in the maps.")
        middle = voxels.of_bone().mean(axis=0)
        if np.linalg.norm(middle) > _MOST_APART_MM:
            raise ParameterError(
                f"The points of {name} lie {np.linalg.norm(middle):.0f} mm from its voxels in the label maps.",
                "Give points and maps of the same scan.",
            )
        return voxels

    def known(self, clicked: Landmarks) -> Landmarks:
        """Return the clicked landmarks less those whose place on the patient's own vertebra is not known.

        A tip that the border of the image has cut off is not. A level without a usable vertebra keeps its landmarks: `model`
        says what is wrong with it.
        """
        there = {key: self._known(key) for key in clicked.levels}
        return replace(clicked, seen={at: pixel for at, pixel in clicked.seen.items() if at[1] in there[at[0]]})

    def _known(self, key: int) -> Collection[str]:
        try:
            return _landmarks(self._voxels(key))
        except ParameterError:
            return LANDMARKS


@dataclass(frozen=True)
class _Voxels:
    """The voxels around one vertebra."""

    parts: IntArray
    bone: np.ndarray
    grid: Grid
    frame: Frame
    cut: tuple[tuple[bool, bool], ...]
    """Whether the box touches the first and the last voxels of the maps, along i, j, k."""

    @classmethod
    def of(cls, maps: LabelMaps, box: tuple[slice, ...], key: int, frame: Frame) -> _Voxels:
        parts = np.pad(maps.subregions[box], _MARGIN)
        bone = _without_strays(np.pad(maps.vertebrae[box] == key, _MARGIN) & ~np.isin(parts, _NOT_BONE))
        first = np.array([each.start for each in box]) - _MARGIN
        affine = maps.grid.ijk_to_ras.copy()
        affine[:3, 3] = maps.grid.to_ras(first)
        cut = tuple((each.start == 0, each.stop == size) for each, size in zip(box, maps.grid.shape, strict=True))
        return cls(parts, bone, Grid(parts.shape, affine), frame, cut)

    def of_bone(self) -> FloatArray:
        """Return the centres (n, 3) of all bone voxels, in the vertebra's frame."""
        return self.frame.to_local(self.grid.to_ras(np.argwhere(self.bone)))

    def of_parts(self, labels: Sequence[int]) -> FloatArray:
        """Return the centres (n, 3) of bone voxels of some parts, in the vertebra's frame."""
        return self.frame.to_local(self.grid.to_ras(np.argwhere(self.bone & np.isin(self.parts, labels))))

    def half(self, way: FloatArray) -> float:
        """Return half the size of a voxel along a direction of the vertebra's frame, mm."""
        return float(0.5 * np.abs(self.grid.ijk_to_ras[:3, :3].T @ (way @ self.frame.axes)).max())

    def at_border(self, labels: Sequence[int]) -> bool:
        """Whether a part reaches the border of the maps: what was beyond it is not known."""
        mine = self.bone & np.isin(self.parts, labels)
        for axis, (low, high) in enumerate(self.cut):
            along = np.asarray(mine.any(axis=tuple(each for each in range(3) if each != axis)))
            if (low and along[_MARGIN]) or (high and along[-_MARGIN - 1]):
                return True
        return False


def _without_strays(bone: np.ndarray) -> np.ndarray:
    """Return the voxels of the pieces that are not small beside the largest one."""
    from scipy.ndimage import label

    pieces, _ = label(bone, np.ones((3, 3, 3)))
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.asarray((sizes >= max(_STRAY * sizes.max(), 1))[pieces])


def _distance(voxels: _Voxels) -> FloatArray:
    """Return the signed distance of the bone at the voxels' centres, mm, negative inside, without the steps of voxels."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    size = voxels.grid.spacing
    away = distance_transform_edt(~voxels.bone, size) - distance_transform_edt(voxels.bone, size)
    return np.asarray(gaussian_filter(away, _SMOOTHED_VOXELS))


def _landmarks(voxels: _Voxels) -> dict[str, FloatArray]:
    """Return the landmarks that the maps show, each (3,) in the vertebra's frame, as `landmarks_of` defines them."""
    places = {name: _place(voxels, row["part"], direction_coefficients(row["direction"])) for name, row in ROWS.items()}
    return {name: at for name, at in places.items() if at is not None}


def _place(voxels: _Voxels, part: str, way: FloatArray) -> FloatArray | None:
    if part == "body":
        return _endplate(voxels, way)
    return _pedicle(voxels, float(way[0])) if part == "pedicle" else _tip(voxels, int(PARTS[part]), way)


def _tip(voxels: _Voxels, part: int, way: FloatArray) -> FloatArray | None:
    mine = voxels.of_parts([part])
    if not len(mine) or voxels.at_border([part]):
        return None
    half, reach = voxels.half(way), mine @ way
    return np.asarray(mine[reach > reach.max() - max(RIM_MM, half)].mean(axis=0) + half * way)


def _pedicle(voxels: _Voxels, side: float) -> FloatArray | None:
    """Return the middle of the bone beside the canal just behind the body."""
    body, bone = voxels.of_parts(_BODY), voxels.of_bone()
    middle = body[(np.abs(body[:, 0]) < _MIDDLE_MM) & (np.abs(body[:, 2]) < _MIDDLE_MM)]
    if not len(middle):
        return None
    behind, outer = middle[:, 1].min() - bone[:, 1], np.abs(body[:, 0]).max()
    low, high = _PEDICLE_MM
    mine = bone[(behind > low) & (behind < high) & (side * bone[:, 0] > 0) & (np.abs(bone[:, 0]) < outer)]
    return np.asarray(mine.mean(axis=0)) if len(mine) else None


def _endplate(voxels: _Voxels, way: FloatArray) -> FloatArray | None:
    """Return where the axis through the middle of the body leaves it."""
    body = voxels.of_parts(_BODY)
    middle = body[np.hypot(body[:, 0], body[:, 1]) < max(_AXIS_MM, 0.6 * voxels.grid.spacing.max())]
    return np.asarray((float((middle @ way).max()) + voxels.half(way)) * way) if len(middle) else None
