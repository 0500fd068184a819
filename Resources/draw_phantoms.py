"""Draw the pictures of docs/phantom.md: types of curves, and what is unusual; run `make pictures` after a change of shapes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from spinetwin.geometry import LabelMaps
from spinetwin.phantom import SpineParameters, lenke_curves, make_spine, parse_variant
from spinetwin.report.blocks import blocks
from spinetwin.report.render import DepthMap, add_blocks, shade
from spinetwin.report.views import VIEWS, Canvas, View

RESOURCES = Path(__file__).resolve().parent
_, RIGHT, BACK = VIEWS
DPI = 100

LENKE = range(1, 7)
COBB = 50.0

CUT = "the left half from the right"
VARIANTS: tuple[tuple[str, str, View | str], ...] = (
    ("wedge:L1", "T12-L2", RIGHT),
    ("biconcave:L1", "T12-L2", CUT),
    ("listhesis:L5:8", "L4-S1", RIGHT),
    ("osteophytes:L3:6", "L2-L4", RIGHT),
    ("block:C5", "C4-C7", RIGHT),
    ("laminectomy:L4", "L3-L5", BACK),
    ("bifida:L5:10", "L4-S1", BACK),
    ("asymmetric-arch:L4:0.5", "L3-L5", BACK),
)
"""The variant as on the command line, which levels are shown, and from where."""

Picture = npt.NDArray[np.uint8]


def main() -> None:
    """Write both pictures."""
    curves = [make_spine(SpineParameters(curves=lenke_curves(each, COBB))) for each in LENKE]
    pictures = [drawn(each.voxelise(each.grid(1.5)), BACK, 1.5, 2) for each in curves]
    gallery(pictures, [f"--lenke {each} --cobb {COBB:.0f}" for each in LENKE], 6, RESOURCES / "phantom-lenke.png")
    pictures = [variant(words, levels, view) for words, levels, view in VARIANTS]
    gallery(pictures, [f"--variant {each[0]}" for each in VARIANTS], 4, RESOURCES / "phantom-variants.png")


def variant(words: str, levels: str, view: View | str) -> Picture:
    """Return some levels of a spine with a variant, seen from one side."""
    spine = make_spine(SpineParameters(levels=levels, variants=(parse_variant(words),)))
    maps = spine.voxelise(spine.grid(0.8))
    return drawn(maps, view, 0.8, 2) if isinstance(view, View) else drawn(left_half(maps), RIGHT, 0.8, 2)


def left_half(maps: LabelMaps) -> LabelMaps:
    """Return what lies left of the plane in the middle."""
    left = maps.grid.to_ras(np.stack(np.indices(maps.grid.shape), axis=-1))[..., 0] < 0.0
    return LabelMaps(maps.grid, np.where(left, maps.subregions, 0), np.where(left, maps.vertebrae, 0))


def drawn(maps: LabelMaps, view: View, step: float, finer: int) -> Picture:
    """Return the bone of label maps, shaded, in the colours of the levels."""
    pieces = list(blocks(maps, step))
    low = np.min([each.origin for each in pieces], axis=0) * step
    high = np.max([each.origin + each.values.shape for each in pieces], axis=0) * step
    depth = DepthMap.empty(Canvas.around(view, low, high, step / finer))
    for each in pieces:
        add_blocks([depth], each, step, finer)
    return shade(depth)


def gallery(pictures: Sequence[Picture], titles: Sequence[str], columns: int, path: Path) -> None:
    """Write pictures in rows, each below its title."""
    rows = -(-len(pictures) // columns)
    high, wide = (max(each.shape[axis] for each in pictures) for axis in (0, 1))
    figure = Figure(figsize=(columns * wide / DPI, rows * (high + 30) / DPI), dpi=DPI, facecolor="white")
    axes = figure.subplots(rows, columns, squeeze=False, gridspec_kw={"wspace": 0.02, "hspace": 0.12})
    for place, picture, title in zip(axes.flat, pictures, titles, strict=True):
        place.imshow(picture, interpolation="antialiased")
        place.set_title(title, fontsize=9, family="monospace")
        place.set_axis_off()
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.94)
    figure.savefig(path, metadata={"Software": None})


if __name__ == "__main__":
    main()
