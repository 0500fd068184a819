"""Real and phantom vertebrae side by side, shaded, each from the side, from above and from behind and above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from realism_axes import STEP, Bone
from scipy import ndimage
from spinetwin.anatomy import level
from spinetwin.geometry import Grid
from spinetwin.geometry.fields import MaskField
from spinetwin.report.blocks import Block
from spinetwin.report.render import DepthMap, add_blocks, shade
from spinetwin.report.views import VIEWS, Canvas, View

Picture = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]

FRONT, SIDE, BACK = VIEWS
TOP = View("top", "From above", (1, 0, 0), (0, 1, 0), (0, 0, 1), "L", "R")
LOOKS: tuple[tuple[View, float], ...] = ((SIDE, 0.0), (TOP, 0.0), (BACK, 38.0))
"""Direction of view, and by how many degrees the vertebra bows to the viewer."""

_LATTICE = 0.6
_FINER = 2
_HALF_SIZE = 56.0
_LARGE = 75.0
"""Half the width of a picture of a sacrum, mm."""

_SHIFT = np.array([0.0, 20.0, 0.0])
"""mm by which the body is moved to the front, so that body and processes fill the picture."""


def gallery(pairs: Iterable[tuple[str, Bone, Bone]], path: Path) -> None:
    """Write a picture: one row a level, the real one left and the phantom right in each of three views."""
    rows = [_row(name, real, phantom) for name, real, phantom in pairs]
    _save(np.concatenate(rows), path)


def _row(name: str, real: Bone, phantom: Bone) -> Picture:
    cells = []
    for view, bow in LOOKS:
        cells += [_titled(_drawn(bone, view, bow), f"{name} {who}") for bone, who in ((real, "real"), (phantom, "phantom"))]
    return np.concatenate(cells, axis=1)


def _drawn(bone: Bone, view: View, bow: float) -> Picture:
    angle = np.radians(bow)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), np.sin(angle)], [0, -np.sin(angle), np.cos(angle)]])
    affine = np.eye(4)
    affine[:3, :3] = turn * STEP
    affine[:3, 3] = turn @ (_SHIFT - bone.centre * STEP)
    canvas = Canvas.around(view, (-_HALF_SIZE,) * 3, (_HALF_SIZE,) * 3, _LATTICE / _FINER)
    return _shaded([_block(level(bone.name).id, bone.inside, Grid(bone.inside.shape, affine))], canvas)


def _block(key: int, mask: np.ndarray, grid: Grid) -> Block:
    """Carry a mask to the lattice of the pictures."""
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in mask.shape])).reshape(3, -1).T
    ras = grid.to_ras(corners)
    origin = np.floor(ras.min(axis=0) / _LATTICE).astype(np.int64) - 2
    last = np.ceil(ras.max(axis=0) / _LATTICE).astype(np.int64) + 2
    shape = tuple(last - origin + 1)
    smooth = ndimage.gaussian_filter(mask.astype(np.float32), 0.5 / grid.spacing)
    values = ndimage.affine_transform(
        smooth,
        grid.ras_to_ijk[:3, :3] * _LATTICE,
        grid.to_ijk(origin * _LATTICE),
        output_shape=shape,
        order=1,
    )
    return Block(key, origin, values)


def _shaded(blocks: Sequence[Block], canvas: Canvas) -> Picture:
    depth = DepthMap.empty(canvas)
    for each in blocks:
        add_blocks([depth], each, _LATTICE, _FINER)
    return shade(depth)


def column(persons: Sequence[tuple[str, dict[int, MaskField]]], path: Path) -> None:
    """Write a picture of whole spines from the right and from behind."""
    cells = []
    for view in (SIDE, BACK):
        for name, masks in persons:
            blocks = [_block(key, mask.values > 0.5, mask.grid) for key, mask in masks.items()]
            low = np.min([each.origin for each in blocks], axis=0) * _LATTICE
            high = np.max([each.origin + each.values.shape for each in blocks], axis=0) * _LATTICE
            cells.append(_titled(_shaded(blocks, Canvas.around(view, low, high, _LATTICE / _FINER)), name))
    tallest = max(len(each) for each in cells)
    padded = [np.pad(each, ((0, tallest - len(each)), (0, 20), (0, 0)), constant_values=255) for each in cells]
    _save(np.concatenate(padded, axis=1), path)


def sides(masks: Sequence[tuple[str, MaskField]], path: Path) -> None:
    """Write a picture: one row a bone that stands upright, from the right, the front, behind and above."""
    rows = []
    for name, mask in masks:
        middle = mask.grid.to_ras(np.argwhere(mask.values > 0.5)).mean(axis=0)
        affine = mask.grid.ijk_to_ras.copy()
        affine[:3, 3] -= middle
        block = _block(level("S1").id, mask.values > 0.5, Grid(mask.grid.shape, affine))
        canvases = [Canvas.around(view, (-_LARGE,) * 3, (_LARGE,) * 3, _LATTICE / _FINER) for view in (SIDE, FRONT, BACK, TOP)]
        rows.append(np.concatenate([_titled(_shaded([block], canvas), name) for canvas in canvases], axis=1))
    _save(np.concatenate(rows), path)


def _titled(picture: Picture, text: str) -> Picture:
    """Write a title into the upper left corner."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows, columns = picture.shape[:2]
    figure = Figure(figsize=(columns / 100, rows / 100), dpi=100)
    canvas = FigureCanvasAgg(figure)
    figure.figimage(picture)
    figure.text(0.02, 1.0 - 16.0 / rows, text, fontsize=9, va="center")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:rows, :columns, :3].copy()


def _save(picture: Picture, path: Path) -> None:
    from matplotlib.image import imsave

    path.parent.mkdir(parents=True, exist_ok=True)
    imsave(path, picture)
