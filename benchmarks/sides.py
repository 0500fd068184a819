"""The programs that are compared, behind one face: from two NIfTI files to points and axes in RAS mm."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from scenes import Scene
from spinetwin.anatomy import POINTS
from spinetwin.io import read_label_maps
from spinetwin.poi.compute import compute_pois

Key = tuple[int, int]
Vector = np.ndarray

# The endplates: the reference looks for labels of 300 and more in a map of uint8 and stops (maps of uint16 fare no better).
CRASHING = {52, 53}
WANTED = tuple(each.id for each in POINTS if each.id not in CRASHING)
BODY, POSTERIOR, INFERIOR, RIGHT = 50, 128, 129, 130


@dataclass(frozen=True)
class Answer:
    """Points by (level id, point id), the axes of every level as rows right, anterior, superior, and the CPU seconds."""

    points: Mapping[Key, Vector]
    axes: Mapping[int, Vector]
    seconds: float


Side = Callable[[Scene], Answer]


def ours(rules: str, scene: Scene) -> Answer:
    """Compute all points with spinetwin; reading the files is not timed."""
    maps = read_label_maps(scene.subregions, scene.vertebrae)
    start = time.process_time()
    found = compute_pois(maps, rules)
    seconds = time.process_time() - start
    points = {poi.key: np.array(poi.position) for poi in found if poi.position is not None}
    axes = {level: frame.axes for level, frame in found.frames.items() if (level, BODY) in points}
    return Answer(points, axes, seconds)


def reference(scene: Scene) -> Answer:
    """Compute the same points with TPTBox; reading the files is not timed."""
    with silence():
        from TPTBox import NII, calc_poi_from_subreg_vert
        from TPTBox.core.vert_constants import Location

        subregions, vertebrae = NII.load(scene.subregions, seg=True), NII.load(scene.vertebrae, seg=True)
        wanted = [each for each in Location if each.value in WANTED]
        start = time.process_time()
        found = calc_poi_from_subreg_vert(vertebrae, subregions, subreg_id=wanted, verbose=False)
        seconds = time.process_time() - start
        placed = {(level, point): np.array(where) for level, point, where in found.to_global(itk_coords=False).items()}
    points = {key: where for key, where in placed.items() if key[0] < 100 and key[1] in WANTED}
    levels = {level for level, _ in points if all((level, each) in points for each in (BODY, POSTERIOR, INFERIOR, RIGHT))}
    return Answer(points, {level: _axes(points, level) for level in levels}, seconds)


def _axes(points: Mapping[Key, Vector], level: int) -> Vector:
    """Return the axes that the reference leaves as three points 10 mm from the body."""
    ways = [points[level, each] - points[level, BODY] for each in (RIGHT, POSTERIOR, INFERIOR)]
    right, posterior, inferior = (way / np.linalg.norm(way) for way in ways)
    return np.array([right, -posterior, -inferior])


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Keep the reference's log out of the tables; it writes one whatever `verbose` says."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


SPINETWIN: Side = cache(partial(ours, "paper"))
SAME_RULES: Side = cache(partial(ours, "tptbox"))
REFERENCE: Side = cache(reference)
