"""The whole picture, painted in order on any canvas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...geometry import Grid
from ..spine import Spine
from ..voxels import Block
from .canvas import Canvas, Labels
from .column import paint_column
from .curve import STEP, spine_curve
from .lattice import lattice
from .metal import Screw, paint_screws
from .soft_tissue import paint_structures, paint_surface, paint_trunk
from .viscera import Loop, paint_loops


@dataclass(frozen=True)
class Anatomy:
    """What a picture shows.

    Attributes
    ----------
    spine : Spine
        The spine.
    loops : tuple of Loop
        Bowel, drawn by chance.
    grades : callable
        Pfirrmann grade of the disc below a level id.
    screws : tuple of Screw
        Metal.
    """

    spine: Spine
    loops: tuple[Loop, ...]
    grades: Callable[[int], int]
    screws: tuple[Screw, ...] = ()


def paint(canvas: Canvas, anatomy: Anatomy, grid: Grid) -> None:
    """Paint a scene, background first."""
    curve = spine_curve(anatomy.spine)
    whole = Block((0, 0, 0), grid.shape, grid.ijk_to_ras[:3, :3], grid.ijk_to_ras[:3, 3])
    coarse, fine = lattice(whole, 2.0 * STEP), lattice(whole, STEP)
    skin = paint_trunk(canvas, curve, coarse, curve.course(grid, coarse))
    paint_loops(canvas, anatomy.loops, grid)
    paint_structures(canvas, curve, fine, curve.course(grid, fine))
    if curve.leans:
        paint_surface(canvas, coarse, skin)
    paint_column(canvas, anatomy.spine, grid, anatomy.grades)
    paint_screws(canvas, anatomy.screws, grid)


def tissue_map(spine: Spine, grid: Grid, grade: int = 2) -> npt.NDArray[np.uint8]:
    """Return the tissue at every voxel centre.

    Parameters
    ----------
    spine : Spine
        The spine.
    grid : Grid
        Any grid.
    grade : int
        Pfirrmann grade, 1-5, of the discs of which the spine itself says nothing.

    Returns
    -------
    array of uint8, shape of the grid
        Ids of ``contrast.csv``, 0 in air.
    """
    return _labels(spine, grid, grade).tissues


def muscle_map(spine: Spine, grid: Grid) -> npt.NDArray[np.uint8]:
    """Return the muscle at every voxel centre: labels of `MUSCLES`, 0 elsewhere."""
    return _labels(spine, grid, 2).muscles


def _labels(spine: Spine, grid: Grid, grade: int) -> Labels:
    canvas = Labels(grid.shape)
    paint(canvas, Anatomy(spine, (), lambda key: spine.parameters.grade(key) or grade), grid)
    return canvas
