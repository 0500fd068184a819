"""Two things to paint on: grey values with soft edges, and labels with hard ones. Whatever is painted later lies on top."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from .contrast import Look
from .lattice import Patch

SLAB = 32768
"""Voxels painted at a time: what is computed of them stays in the fast memory of the processor."""


class Canvas(Protocol):
    """Takes regions one after the other."""

    @property
    def reach(self) -> float:
        """How far beyond the edge of a region its distance must be known, mm."""

    def paint(self, patch: Patch | None, tissue: int, muscle: int = 0, edge: float = 0.0) -> None:
        """Paint where the distance is negative; `edge` mm of further softness."""


class Labels:
    """Tissue ids and muscle ids of the voxel centres."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.tissues: npt.NDArray[np.uint8] = np.zeros(shape, dtype=np.uint8)
        self.muscles: npt.NDArray[np.uint8] = np.zeros(shape, dtype=np.uint8)

    reach = 0.01

    def paint(self, patch: Patch | None, tissue: int, muscle: int = 0, edge: float = 0.0) -> None:  # noqa: ARG002
        """Label the voxels whose centre lies inside."""
        if patch is None:
            return
        inside = patch.distance < 0
        np.copyto(self.tissues[patch.where], np.uint8(tissue), where=inside)
        np.copyto(self.muscles[patch.where], np.uint8(muscle), where=inside)


class Greys:
    """Grey values in which a voxel cut by an edge gets its share of both sides, and the tissue that has the larger share.

    Parameters
    ----------
    shape : tuple of int
        Of the voxels.
    width : float
        Size of a voxel, mm: over this width an edge goes from one side to the other.
    look : Look
        Grey values of the tissues.
    """

    def __init__(self, shape: tuple[int, ...], width: float, look: Look) -> None:
        self.values: npt.NDArray[np.float32] = np.full(shape, look.mean[0], dtype=np.float32)
        self.tissues: npt.NDArray[np.uint8] = np.zeros(shape, dtype=np.uint8)
        self._width = width
        self._mean = look.mean

    @property
    def reach(self) -> float:
        """How far beyond the edge of a region its distance must be known, mm."""
        return self._width

    def paint(self, patch: Patch | None, tissue: int, muscle: int = 0, edge: float = 0.0) -> None:  # noqa: ARG002
        """Mix in the grey value of a tissue by the share of each voxel that lies inside."""
        if patch is None or not patch.distance.size:
            return
        width, mean = max(self._width, edge), self._mean[tissue]
        values, tissues = self.values[patch.where], self.tissues[patch.where]
        step = max(SLAB // patch.distance[0].size, 1)
        for first in range(0, len(patch.distance), step):
            slab = slice(first, first + step)
            share = patch.distance[slab] * np.float32(-1.0 / width)
            share += np.float32(0.5)
            share.clip(0.0, 1.0, out=share)
            np.copyto(tissues[slab], np.uint8(tissue), where=share > 0.5)
            share *= mean - values[slab]
            values[slab] += share
