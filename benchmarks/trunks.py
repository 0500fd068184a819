"""Trunks of phantoms for the benchmarks of loads: their points as files, their models, and what a load takes and makes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from spinetwin.anatomy import level
from spinetwin.biomechanics import TASKS, Loads, MultibodyModel, Person, Settings, Task, build_model, loads
from spinetwin.geometry import FloatArray
from spinetwin.io import read_pois, write_pois
from spinetwin.measure.frames import frames_from_points
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.phantom.ground_truth.truth import truth
from spinetwin.poi import Poi, PoiSet, Status

ROUNDS = 5
LEVELS = "T1-S1"
MAN, WOMAN = Person("m", 176.0, 70.0), Person("f", 165.0, 60.0)


def points_file(folder: Path, name: str, parameters: SpineParameters) -> Path:
    """Write the true points of a phantom and return the file."""
    spine = make_spine(parameters)
    found = truth(spine).points
    pois = [
        Poi(key, poi, Status.OK, (float(at[0]), float(at[1]), float(at[2])), source="phantom")
        for (key, poi), at in found.items()
    ]
    path = folder / f"{name}.mrk.json"
    write_pois(path, PoiSet.of(pois))
    return path


def model_of(path: Path, person: Person, settings: Settings | None = None, top: str = "T1") -> MultibodyModel:
    """Build the model that a file of points holds, or that of its levels from `top` down."""
    keys, positions = read_pois(path).positions()
    points: dict[tuple[int, int], FloatArray] = {
        key: at for key, at in zip(keys, positions, strict=True) if level(key[0]).order >= level(top).order
    }
    return build_model(points, frames_from_points(points), person, settings)


def least(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the least CPU time of some work, s."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def at(found: Loads, name: str = "L4") -> float:
    """Return the compression below a level, N."""
    return float(found.compression[found.levels.index(level(name).id)])


def compression(model: MultibodyModel, task: Task | str, name: str = "L4", settings: Settings | None = None) -> float:
    """Return the compression below a level in a task or a known one, N."""
    return at(loads(model, TASKS[task] if isinstance(task, str) else task, settings), name)


def reds(found: Loads) -> int:
    """Return how many gates say not to trust a result."""
    return sum(each.severity == "red" for each in found.findings)
