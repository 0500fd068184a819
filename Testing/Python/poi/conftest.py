"""Vertebrae made of boxes: their points are known by arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from spinetwin.geometry import Grid, LabelMaps

Box = tuple[tuple[float, float, float], tuple[float, float, float]]

# In the vertebra's own axes: mm to the right, to the front, up.
LOW, HIGH = (-42, -62, -24), (42, 18, 20)
BODY: Box = ((-20, -15, -12), (20, 15, 12))
PARTS: dict[int, list[Box]] = {
    49: [BODY],
    41: [
        ((-12, -24, 0), (-8, -15, 8)),
        ((8, -24, 0), (12, -15, 8)),
        ((-12, -36, -6), (12, -30, 6)),
        ((-12, -30, 0), (-8, -24, 8)),
        ((8, -30, 0), (12, -24, 8)),
    ],
    42: [((-2, -60, -10), (2, -36, 2))],
    43: [((-40, -32, -2), (-12, -26, 4))],
    44: [((12, -32, -2), (40, -26, 4))],
    45: [((-16, -34, 8), (-8, -26, 18))],
    46: [((8, -34, 8), (16, -26, 18))],
    47: [((-14, -40, -22), (-8, -34, -6))],
    48: [((8, -40, -22), (14, -34, -6))],
}


@dataclass
class BoxSpine:
    """Levels at given places with given rotations (rows right, anterior, superior)."""

    centres: dict[int, tuple[float, float, float]]
    rotation: np.ndarray = field(default_factory=lambda: np.eye(3))
    parts: dict[int, dict[int, list[Box]]] = field(default_factory=dict)
    canal: bool = True

    def maps(self, spacing=(1.0, 1.0, 1.0), axes=None, margin=6.0, low=None, high=None) -> LabelMaps:
        axes = np.eye(3) if axes is None else np.asarray(axes, dtype=float)
        extent = self._extent()
        low = extent.min(0) - margin if low is None else np.array(low, float)
        high = extent.max(0) + margin if high is None else np.array(high, float)
        corners = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T @ axes.T
        spacing = np.array(spacing)
        shape = np.ceil((corners.max(0) - corners.min(0)) / spacing).astype(int)
        affine = np.eye(4)
        affine[:3, :3] = axes.T * spacing
        affine[:3, 3] = (corners.min(0) + spacing / 2) @ axes
        grid = Grid(tuple(shape), affine)
        subregions = np.zeros(grid.shape, np.uint8)
        vertebrae = np.zeros(grid.shape, np.uint8)
        for level, centre in self.centres.items():
            block = self._block(grid, np.array(centre))
            local = grid.to_ras(np.stack(np.mgrid[block], -1)) @ self.rotation.T - np.array(centre)
            across, ahead, up = (np.ascontiguousarray(each) for each in np.moveaxis(local, -1, 0))
            if self.canal:
                tube = (np.abs(across) < 8) & (np.abs(ahead + 22.5) < 7) & (vertebrae[block] == 0)
                subregions[block][tube] = 61
            for label, boxes in self.parts.get(level, PARTS).items():
                for (left, back, bottom), (right, front, top) in boxes:
                    inside = (across > left) & (across < right) & (ahead > back) & (ahead < front) & (up > bottom) & (up < top)
                    subregions[block][inside] = label
                    vertebrae[block][inside] = level
        return LabelMaps(grid, subregions, vertebrae)

    def _extent(self) -> np.ndarray:
        corners = np.array(np.meshgrid(*zip(LOW, HIGH, strict=True))).reshape(3, -1).T
        return np.concatenate([(corners + np.array(centre)) @ self.rotation for centre in self.centres.values()])

    def _block(self, grid: Grid, centre: np.ndarray) -> tuple[slice, ...]:
        corners = np.array(np.meshgrid(*zip(LOW, HIGH, strict=True))).reshape(3, -1).T
        ijk = grid.to_ijk((corners + centre) @ self.rotation)
        low = np.clip(np.floor(ijk.min(0)).astype(int), 0, None)
        return tuple(slice(a, b) for a, b in zip(low, np.minimum(np.ceil(ijk.max(0)).astype(int) + 1, grid.shape), strict=True))


@pytest.fixture
def three() -> BoxSpine:
    """L2, L3, L4 straight above each other, 34 mm apart."""
    return BoxSpine({21: (0, 0, 34), 22: (0, 0, 0), 23: (0, 0, -34)})


@pytest.fixture
def box_spine() -> type[BoxSpine]:
    return BoxSpine


@pytest.fixture
def box_parts() -> dict[int, list[Box]]:
    return {label: list(boxes) for label, boxes in PARTS.items()}


def turned(axis: tuple[float, float, float], degrees: float) -> np.ndarray:
    """Rows right, anterior, superior of a vertebra turned about a RAS axis."""
    from scipy.spatial.transform import Rotation

    unit = np.array(axis) / np.linalg.norm(axis)
    return Rotation.from_rotvec(np.radians(degrees) * unit).as_matrix().T


@pytest.fixture
def turn():
    return turned
