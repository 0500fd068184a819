"""Voxel grids around a spine, given the way a scanner protocol gives them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np

from ..errors import ParameterError
from ..geometry import FloatArray, Frame, Grid
from .shape.solids import Box

_AXES = {"R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "S": (2, 1), "I": (2, -1)}
MAX_VOXELS = 1e9
"""A whole spine at a third of a millimetre stays below this."""

_OBLIQUE_AXIS = (1.0, 0.7, 0.5)


@dataclass(frozen=True)
class Spacing:
    """Voxel size in mm by direction in the patient."""

    right: float = 1.0
    anterior: float = 1.0
    superior: float = 1.0

    def __post_init__(self) -> None:
        for value in (self.right, self.anterior, self.superior):
            if not (np.isfinite(value) and 0.1 <= value <= 20.0):
                raise ParameterError(f"Voxels must be between 0.1 and 20 mm, not {value:g}.")


def grid_around(
    boxes: Iterable[tuple[Frame, Box]], spacing: Spacing | float, orientation: str, oblique_deg: float, margin_mm: float
) -> Grid:
    """Return the smallest grid that holds all boxes, each given in its frame, with a margin; see `Spine.grid`."""
    if not (np.isfinite(margin_mm) and margin_mm >= 0 and np.isfinite(oblique_deg)):
        raise ParameterError("The margin of a grid and its oblique angle must be finite numbers, the margin not negative.")
    size = spacing if isinstance(spacing, Spacing) else Spacing(spacing, spacing, spacing)
    steps = _turn(oblique_deg) @ _steps(size, orientation)
    corners = np.concatenate([frame.to_ras(list(product(*zip(*box, strict=True)))) for frame, box in boxes])
    lengths = np.linalg.norm(steps, axis=0)
    along = corners @ (steps / lengths)
    low, high = along.min(axis=0) - margin_mm, along.max(axis=0) + margin_mm
    shape = np.ceil((high - low) / lengths).astype(int) + 1
    if np.prod(shape, dtype=np.float64) > MAX_VOXELS:
        raise ParameterError(
            f"A grid of {shape[0]} x {shape[1]} x {shape[2]} voxels is too large.", "Choose larger voxels or fewer levels."
        )
    affine = np.eye(4)
    affine[:3, :3] = steps
    affine[:3, 3] = (steps / lengths) @ low
    return Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)


def _steps(spacing: Spacing, orientation: str) -> FloatArray:
    letters = orientation.upper()
    if len(letters) != 3 or {_AXES.get(letter, (-1, 0))[0] for letter in letters} != {0, 1, 2}:
        raise ParameterError(f"An orientation is three letters such as RAS or PIR, not {orientation!r}.")
    steps = np.zeros((3, 3))
    for column, letter in enumerate(letters):
        axis, sign = _AXES[letter]
        steps[axis, column] = sign * (spacing.right, spacing.anterior, spacing.superior)[axis]
    return steps


def _turn(angle: float) -> FloatArray:
    """Rotation about a fixed oblique axis (Rodrigues)."""
    x, y, z = np.array(_OBLIQUE_AXIS) / np.linalg.norm(_OBLIQUE_AXIS)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    radians = np.radians(angle)
    return np.asarray(np.eye(3) + np.sin(radians) * cross + (1 - np.cos(radians)) * cross @ cross)
