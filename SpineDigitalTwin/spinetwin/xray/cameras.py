"""Where an X-ray film lies in space: cone-beam and slot-scan cameras.

Both map points of the patient to (column, row) of the film and to a depth, the way along the central direction from the source.
A pixel's centre has whole numbers. The axes of a camera may be left-handed: a film taken from behind is often shown mirrored.

References
----------
Hartley R, Zisserman A (2004) Multiple View Geometry, chapter 6 (cone beam is the pinhole camera, slot scanning the linear
pushbroom camera of section 6.4).
Groisser BN (2019) Geometry of the EOS radiographic scanner. arXiv:1904.06711.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from ..geometry import FloatArray, Frame


@dataclass(frozen=True)
class Camera(ABC):
    """What every film has.

    Attributes
    ----------
    source : (3,) array
        RAS mm; of a slot scanner, where the source passes while the middle row is exposed.
    axes : (3, 3) array
        Rows are unit vectors, RAS: along the columns, along the rows, and from the source to the film.
    focal : (2,) array
        Pixels of the film for a unit slope of the ray, along columns and rows; along the rows of a slot scanner pixels per mm.
    centre : (2,) array
        Column and row where the central ray meets the film.
    size : (int, int)
        Columns and rows.
    """

    source: FloatArray
    axes: FloatArray
    focal: FloatArray
    centre: FloatArray
    size: tuple[int, int]

    @cached_property
    def handedness(self) -> float:
        """1.0, or -1.0 for a film that is shown mirrored."""
        return float(np.sign(np.linalg.det(self.axes)))

    def scaled(self, factor: int) -> Camera:
        """Return the camera of the film whose pixels are the means of `factor` times `factor` pixels of this one."""
        width, height = self.size
        return replace(
            self,
            focal=self.focal / factor,
            centre=(self.centre - (factor - 1) / 2) / factor,
            size=(width // factor, height // factor),
        )

    def cropped(self, first: tuple[int, int], size: tuple[int, int]) -> Camera:
        """Return the camera of a rectangle of the film that begins at column and row `first`."""
        return replace(self, centre=self.centre - np.array(first), size=size)

    def seen_from(self, frame: Frame) -> Self:
        """Return the camera in the coordinates of a frame instead of RAS."""
        return replace(self, source=frame.to_local(self.source), axes=self.axes @ frame.axes.T)

    def _local(self, points: npt.ArrayLike) -> FloatArray:
        """Return points (..., 3) in the camera's axes, (3, ...): each coordinate in a piece, which is quicker to work on."""
        given = np.asarray(points, dtype=np.float64)
        local = self.axes @ given.reshape(-1, 3).T - (self.axes @ self.source)[:, None]
        return np.asarray(local.reshape(3, *given.shape[:-1]))

    @abstractmethod
    def project(self, points: npt.ArrayLike) -> FloatArray:
        """Map RAS mm (..., 3) to column, row and depth (..., 3); the depth is in mm and positive in front of the source."""

    @abstractmethod
    def derivative(self, points: npt.ArrayLike) -> FloatArray:
        """Return how column and row change with the point: (..., 2, 3), pixels a mm."""

    @abstractmethod
    def rays(self, pixels: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return where the rays of pixels (..., 2) begin, and their directions, both (..., 3), RAS.

        A direction is so long that its part along the central direction is 1: a point of depth z lies at origin + z direction.
        """

    @abstractmethod
    def ray_lengths(self) -> FloatArray:
        """Return how many mm of ray lie in a mm of depth, (rows, columns)."""

    def _slopes(self, way: int) -> FloatArray:
        """Slopes of the rays along the columns (0) or rows (1)."""
        return np.asarray((np.arange(self.size[way]) - self.centre[way]) / self.focal[way])

    def all_rays(self) -> tuple[FloatArray, FloatArray]:
        """Return origins and directions of every pixel, each (rows, columns, 3)."""
        width, height = self.size
        columns, rows = np.meshgrid(np.arange(width), np.arange(height))
        return self.rays(np.stack([columns, rows], axis=-1))


@dataclass(frozen=True)
class ConeCamera(Camera):
    """All rays come from one point."""

    def project(self, points: npt.ArrayLike) -> FloatArray:
        """See `Camera.project`."""
        across, along, depth = self._local(points)
        columns = self.focal[0] * across / depth + self.centre[0]
        rows = self.focal[1] * along / depth + self.centre[1]
        return _pieces(columns, rows, depth)

    def derivative(self, points: npt.ArrayLike) -> FloatArray:
        """See `Camera.derivative`."""
        local = np.moveaxis(self._local(points), 0, -1)
        depth = local[..., 2, None, None]
        slope = local[..., :2, None] / depth
        return np.asarray(self.focal[:, None] * (self.axes[:2] - slope * self.axes[2]) / depth)

    def rays(self, pixels: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """See `Camera.rays`."""
        slopes = (np.asarray(pixels, dtype=np.float64) - self.centre) / self.focal
        directions = slopes @ self.axes[:2] + self.axes[2]
        return np.broadcast_to(self.source, directions.shape), directions

    def ray_lengths(self) -> FloatArray:
        """See `Camera.ray_lengths`."""
        return np.sqrt(1.0 + self._slopes(0) ** 2 + self._slopes(1)[:, None] ** 2)


@dataclass(frozen=True)
class SlotCamera(Camera):
    """Source and slot move together along the rows: rays are parallel along the body and a fan across it."""

    def project(self, points: npt.ArrayLike) -> FloatArray:
        """See `Camera.project`."""
        across, along, depth = self._local(points)
        columns = self.focal[0] * across / depth + self.centre[0]
        return _pieces(columns, self.focal[1] * along + self.centre[1], depth)

    def derivative(self, points: npt.ArrayLike) -> FloatArray:
        """See `Camera.derivative`."""
        across, _, depth = (each[..., None] for each in self._local(points))
        columns = self.focal[0] * (self.axes[0] - across / depth * self.axes[2]) / depth
        return np.stack([columns, np.broadcast_to(self.focal[1] * self.axes[1], columns.shape)], axis=-2)

    def rays(self, pixels: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """See `Camera.rays`."""
        away = (np.asarray(pixels, dtype=np.float64) - self.centre) / self.focal
        directions = away[..., :1] * self.axes[0] + self.axes[2]
        return self.source + away[..., 1:] * self.axes[1], directions

    def ray_lengths(self) -> FloatArray:
        """See `Camera.ray_lengths`."""
        return np.repeat(np.sqrt(1.0 + self._slopes(0) ** 2)[None], self.size[1], axis=0)


def _pieces(*coordinates: FloatArray) -> FloatArray:
    """Return points (..., 3), each coordinate in a piece of memory."""
    together = np.stack(coordinates)
    return together.transpose(*range(1, together.ndim), 0)
