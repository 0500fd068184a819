"""Points that arrive level by level while a worker computes, joined with what a person has done, or taken back as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import pointnodes

if TYPE_CHECKING:
    from spinetwin.geometry import Frame, LabelMaps
    from spinetwin.poi import PoiSet

    from .session import Session

MAPS = ("subregions", "vertebrae")

_BORDER_VOXELS = 1


def cropped(maps: LabelMaps) -> LabelMaps:
    """Return the block of the maps that holds labels, with a border where there is one: less to write and to read.

    The border tells cut vertebrae from whole ones: only a level that reaches the edge of the image reaches that of the block.
    """
    from spinetwin.segmentation import flat

    held = flat.occupied_block(maps.subregions, maps.vertebrae)
    # maps without labels are written, too: the worker says what is wrong with them
    ends = [(each.start, max(each.stop, each.start + 1)) for each in held]
    i, j, k = (
        slice(max(low - _BORDER_VOXELS, 0), min(high + _BORDER_VOXELS, count))
        for (low, high), count in zip(ends, maps.grid.shape, strict=True)
    )
    return flat.cropped(maps, (i, j, k))


def writeMaps(maps: LabelMaps, folder: Path) -> dict[str, Path]:
    """Write the maps for a worker, unpacked, because packing takes longer than computing; returns the files by name."""
    from spinetwin.io import write_label_map

    block = cropped(maps)
    files = {name: folder / f"{name}.nii" for name in MAPS}
    for name, path in files.items():
        write_label_map(path, getattr(block, name), block.grid)
    return files


class Computation:
    """One run: levels appear as they are ready; when it fails or is cancelled, everything is as before.

    Parameters
    ----------
    session : Session
    keepEdits : bool
        Whether points that a person has placed or confirmed stay.
    """

    def __init__(self, session: Session, *, keepEdits: bool = True) -> None:
        self._session = session
        self._keepEdits = keepEdits
        self._before = session.pois()
        self._rules = {level: node.GetAttribute(pointnodes.RULES) for level, node in pointnodes.nodes().items()}
        self._frames: dict[int, Frame] = {}
        self._shown: set[int] = set()

    def levelReady(self, path: str | Path, matrix: Sequence[Sequence[float]]) -> None:
        """Show the level of a file; one that cannot be read any more comes with the result.

        Parameters
        ----------
        path : path
            As the worker announced it.
        matrix : 4 lists of 4 floats, or empty
            From mm along right, anterior and superior of the vertebra to RAS mm.
        """
        from spinetwin.errors import ReadError
        from spinetwin.io import read_pois
        from spinetwin.poi import PoiSet

        try:
            found = read_pois(path)
        except ReadError:
            return  # the worker was quicker than this application and has tidied up; `finish` brings all levels
        (level,) = found.levels
        if matrix:
            self._frames[level] = _frame(matrix)
        self._show(PoiSet(found.points, {level: self._frames[level]} if level in self._frames else {}))

    def finish(self, found: PoiSet) -> None:
        """Show the levels of the result that are not there yet; levels that it lacks go, other than edits that are kept."""
        from spinetwin.poi import PoiSet

        rest = [poi for poi in found if poi.level not in self._shown]
        if rest:
            self._show(PoiSet.of(rest, {key: frame for key, frame in self._frames.items() if key not in self._shown}))
        with self._session.edits.ownWork():
            pointnodes.remove([level for level in pointnodes.nodes() if level not in found.levels and not self._keeps(level)])

    def revert(self) -> None:
        """Put everything back as it was before the run."""
        if self._shown:
            self._session.replace(self._before, computed=self._verdicts(), only=True)

    def _show(self, new: PoiSet) -> None:
        from spinetwin.poi import PoiSet
        from spinetwin.poi.merge import merge

        old = PoiSet.of(poi for level in new.levels for poi in self._before.of_level(level))
        self._session.replace(merge(old, new, keep_edits=self._keepEdits), computed=new)
        self._shown.update(new.levels)

    def _verdicts(self) -> PoiSet:
        from spinetwin.poi import PoiSet

        return PoiSet.of(poi for level, text in self._rules.items() for poi in pointnodes.rulesIn(level, text).values())

    def _keeps(self, level: int) -> bool:
        return self._keepEdits and any(poi.edited for poi in self._before.of_level(level))


def _frame(matrix: Sequence[Sequence[float]]) -> Frame:
    from spinetwin.geometry import Frame

    rows = np.array(matrix, dtype=np.float64)
    return Frame(rows[:3, 3], rows[:3, :3].T, "worker")
