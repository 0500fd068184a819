"""Making the report of one spine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np

from ..errors import WriteError
from ..geometry import FloatArray, LabelMaps
from ..io.atomic import atomic_write
from ..poi import PoiSet
from .blocks import SURFACE, Block, blocks
from .closeup import choose_level, draw_close_up
from .overlay import draw_view
from .page import render_page
from .render import DepthMap, add_blocks
from .scene import Scene
from .views import VIEWS, Canvas

PAGE = "report.html"
_STEP_MM = 1.0
_MARGIN_MM = 4.0
_LONGEST_MM = 1500.0
_ROWS = 1500
"""Pictures are made about this many pixels high, within 3 to 6 pixels per mm."""

Progress = Callable[[float, str], None]


def write_report(
    maps: LabelMaps,
    pois: PoiSet,
    folder: Path,
    *,
    title: str,
    progress: Progress | None = None,
    close_up_level: int | None = None,
) -> Path:
    """Write the report of one spine: an html page that needs no other file, and its pictures beside it.

    The pictures are drawn by numpy alone: no display, no OpenGL, and the same pixels on every machine.

    Parameters
    ----------
    maps : LabelMaps
        The spine.
    pois : PoiSet
        Its points, placed or missing; may be empty.
    folder : Path
        Where report.html, front.png, right.png, back.png and canal.png go; made if it does not exist.
    title : str
        Heading of the page; any text.
    progress : callable, optional
        Called with a fraction from 0 to 1 and what is being done.
    close_up_level : int, optional
        Level id of the close-up; L3 or the middle level with flavum points unless given.

    Returns
    -------
    Path
        The html page.

    Raises
    ------
    WriteError
        If the folder cannot be written; nothing of the report is left there.
    ParameterError
        If `close_up_level` is not a level of this spine.
    """
    tell = progress or (lambda _fraction, _message: None)
    folder = Path(folder)
    tell(0.0, "reading the shapes of the vertebrae")
    pieces = list(blocks(maps, _STEP_MM))
    scene = Scene.of(pois, _centres(pieces))
    close_up = choose_level(scene, close_up_level)
    depth_maps = _depth_maps(pieces, pois, tell)
    pictures: dict[str, bytes] = {}
    for index, depth_map in enumerate(depth_maps):
        view = depth_map.canvas.view
        tell(0.5 + 0.13 * index, f"drawing the view {view.title[0].lower()}{view.title[1:]}")
        pictures[view.name] = draw_view(depth_map, scene)
    tell(0.88, "drawing the close-up of the canal")
    pictures["canal"] = draw_close_up(maps, scene, close_up)
    tell(0.96, "writing the page")
    page = render_page(title, pois, pictures, close_up, _outside(pois, depth_maps))
    _write(folder, {PAGE: page.encode("utf-8")} | {f"{name}.png": picture for name, picture in pictures.items()})
    tell(1.0, "report written")
    return folder / PAGE


def _centres(pieces: list[Block]) -> dict[int, FloatArray]:
    """Return the centre of each level's bone, RAS mm."""
    sums: dict[int, list[tuple[float, FloatArray]]] = {}
    for piece in pieces:
        inside = np.argwhere(piece.values >= SURFACE)
        if len(inside):
            centre = (inside.mean(axis=0) + piece.origin) * _STEP_MM
            sums.setdefault(piece.level, []).append((float(len(inside)), centre))
    return {
        level: np.average([centre for _, centre in parts], axis=0, weights=[weight for weight, _ in parts])
        for level, parts in sums.items()
    }


def _depth_maps(pieces: list[Block], pois: PoiSet, tell: Progress) -> list[DepthMap]:
    low, high = _bounds(pieces, pois)
    factor = int(np.clip(round(_ROWS / (high[2] - low[2])), 3, 6))
    result = [DepthMap.empty(Canvas.around(view, low, high, _STEP_MM / factor)) for view in VIEWS]
    for index, piece in enumerate(pieces):
        tell(0.25 + 0.25 * index / len(pieces), "shading the vertebrae")
        add_blocks(result, piece, _STEP_MM, factor)
    return result


def _bounds(pieces: list[Block], pois: PoiSet) -> tuple[FloatArray, FloatArray]:
    """Return the RAS box (mm) that the pictures show: all bone; all points where there is no bone."""
    if pieces:
        low = np.min([piece.origin for piece in pieces], axis=0) * _STEP_MM
        high = np.max([piece.origin + piece.values.shape for piece in pieces], axis=0) * _STEP_MM
    else:
        _, positions = pois.positions()
        positions = positions if len(positions) else np.zeros((1, 3))
        low, high = np.floor(positions.min(axis=0)) - 20.0, np.ceil(positions.max(axis=0)) + 20.0
    middle, half = (low + high) / 2, np.minimum((high - low) / 2 + _MARGIN_MM, _LONGEST_MM / 2)
    return np.floor(middle - half), np.ceil(middle + half)


def _outside(pois: PoiSet, depth_maps: list[DepthMap]) -> int:
    _, positions = pois.positions()
    shown = np.ones(len(positions), dtype=bool)
    for depth_map in depth_maps:
        column, row, _ = depth_map.canvas.project(positions)
        shown &= depth_map.canvas.holds(column, row)
    return int((~shown).sum())


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Write all files or none, the page in place after its pictures; folders made for them go again when it fails."""
    made: list[Path] = []
    try:
        made = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            for name, content in files.items():
                stack.enter_context(atomic_write(folder / name)).write_bytes(content)
    except (OSError, WriteError) as error:
        for each in made:
            with suppress(OSError):
                each.rmdir()
        if isinstance(error, WriteError):
            raise
        raise WriteError(
            f"The report cannot be written to {folder}: {error.strerror or error}.", "Choose a folder you may write."
        ) from error
