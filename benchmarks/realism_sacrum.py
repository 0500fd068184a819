"""What a sacrum measures, from a binary mask alone, of real bones and of the phantom; and both in one picture.

A mask must stand upright with its median plane across x. In the median section the promontory is the foremost point, and the
highest point of the same piece is the back of the S1 endplate. The end lies where less than a share of the width is left: a
coccyx that has grown to the sacrum does not count.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from realism_picture import sides
from scipy import ndimage
from spinetwin.anatomy.tables import read_table
from spinetwin.geometry import FloatArray
from spinetwin.geometry.fields import SURFACE, MaskField

PUBLISHED = {
    row["name"]: (float(row["mean"]), float(row["sd"])) for row in read_table("sacrum_sources.csv", "spinetwin.phantom.shape")
}
"""Mean and standard deviation of a dimension, mm."""

END = 0.3
"""Share of the width below which a section belongs to the coccyx."""

_SLAB, _UNDER = 0.75, 2.5
"""Half the thickness of a section, and how far under the endplate its width is taken, mm."""

_ABOVE = 12.0
"""How far below the promontory the median section is looked at, mm: further down the first body may meet the crest."""


def sacral_dimensions(mask: MaskField) -> dict[str, float]:
    """Return width, length, depth of the front's hollow, size of the S1 endplate (mm) and volume without coccyx (ml)."""
    points = mask.grid.to_ras(np.argwhere(mask.values > SURFACE))
    points = points - [(points[:, 0].min() + points[:, 0].max()) / 2, 0.0, 0.0]
    promontory, corner = _endplate(points)
    local = _in_frame(points, promontory, corner)
    width = float(np.ptp(local[:, 0]))
    end = _end(local, width)
    front = _front(local, end)
    chord = front[-1] - front[0]
    normal = np.array([chord[1], -chord[0]]) / np.linalg.norm(chord)
    return {
        "volume": float((local[:, 2] > end).sum() * mask.grid.voxel_volume / 1000.0),
        "width": width,
        "length": float(np.linalg.norm(chord)),
        "hollow": float(np.abs((front - front[0]) @ normal).max()),
        "endplate width": _endplate_width(local, float(np.linalg.norm(promontory - corner))),
        "endplate depth": float(np.linalg.norm(promontory - corner)),
    }


def _endplate(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the front and the back (y, z) of the S1 endplate in the median section."""
    section = points[np.abs(points[:, 0]) < 1.0, 1:]
    section = section[section[:, 1] > section[section[:, 0].argmax(), 1] - _ABOVE]
    cells = np.round(section - section.min(axis=0)).astype(int)
    filled = np.zeros(cells.max(axis=0) + 1, dtype=bool)
    filled[tuple(cells.T)] = True
    pieces, _ = ndimage.label(filled)
    body = section[pieces[tuple(cells.T)] == pieces[tuple(cells[section[:, 0].argmax()])]]
    return body[body[:, 0] > body[:, 0].max() - 0.5].mean(axis=0), body[body[:, 1] > body[:, 1].max() - 0.5].mean(axis=0)


def _in_frame(points: FloatArray, promontory: FloatArray, corner: FloatArray) -> FloatArray:
    """Carry points (n, 3) into axes right, along the S1 endplate to the front and up, from its middle."""
    ahead = (promontory - corner) / np.linalg.norm(promontory - corner)
    flat = points[:, 1:] - (promontory + corner) / 2
    return np.column_stack([points[:, 0], flat @ ahead, flat @ [-ahead[1], ahead[0]]])


def _end(local: FloatArray, width: float) -> float:
    """Return the height of the lowest section that is broader than a coccyx."""
    heights = np.arange(local[:, 2].min(), -40.0, 1.0)
    broad = [np.ptp(local[np.abs(local[:, 2] - z) < _SLAB, 0]) > END * width for z in heights]
    return float(heights[int(np.argmax(broad))])


def _front(local: FloatArray, end: float) -> FloatArray:
    """Return the front in the median plane, (n, 2): from the promontory down."""
    middle = local[np.abs(local[:, 0]) < 1.0, 1:]
    heights = np.arange(-1.0, end, -1.0)
    return np.array([(middle[np.abs(middle[:, 1] - z) < _SLAB, 0].max(), z) for z in heights])


def _endplate_width(local: FloatArray, depth: float) -> float:
    """Return the run of bone through the midline, in front of the middle of the endplate: behind it the alae rise."""
    here = (np.abs(local[:, 2] + _UNDER) < _SLAB) & (np.abs(local[:, 1] - depth / 6) < 1.0)
    across = np.unique(np.floor(np.abs(local[here, 0])))
    gaps = np.nonzero(np.diff(across) > 1.5)[0]
    return 2.0 * float(across[gaps[0]] if len(gaps) else across[-1]) + 1.0


def print_sacrum(real: MaskField, population: MaskField, fitted: MaskField) -> None:
    """Print the dimensions of three sacra beside published ones."""
    theirs, mean, ours = (sacral_dimensions(each) for each in (real, population, fitted))
    print("\n| sacrum | real | population | fitted | published mean | SD | SD off the mean: real, population, fitted |")
    print("|---" * 7 + "|")
    for name, value in theirs.items():
        row = f"| {name} | {value:.1f} | {mean[name]:.1f} | {ours[name]:.1f} "
        if name not in PUBLISHED:
            print(row + "| | | |")
            continue
        middle, sd = PUBLISHED[name]
        off = ", ".join(f"{(each - middle) / sd:+.1f}" for each in (value, mean[name], ours[name]))
        print(row + f"| {middle:.1f} | {sd:.1f} | {off} |")


def draw_sacra(real: MaskField, phantom: MaskField, path: Path) -> None:
    """Write a picture of two sacra from the right, the front, behind and above."""
    sides([("real", real), ("phantom", phantom)], path)
