"""The child of a cross-check, in the environment of an engine: ``python -m ... JOB.json``.

It is a worker like any other, so that it has a heartbeat, and leaves nothing half-written.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...biomechanics.recruitment import recruit
from ...errors import ReadError, SpineTwinError
from ...geometry import FloatArray
from ..job import Done, Job, Step
from ..options import number
from ..output import Output
from ..worker import work
from .mujoco_engine import MujocoEngine
from .opensim_engine import OpenSimEngine
from .protocol import Engine

REACTIONS = "reactions"
"""What the result is called."""

_OPTIONS = {"power": number(2, 3), "floor": number(0, 0.2)}


def run_engine(open_engine: Callable[[Path], Engine], job: Job, folder: Path, output: Output) -> Done:
    """Let an engine compute what passes each joint: under given forces of the muscles, and under its own optimum."""
    progress = output.progress(job.step)
    progress(0.0, "reading the model")
    seconds, begun = {}, time.process_time()
    engine = _opened(open_engine, job.inputs["model"])
    told = json.loads(job.inputs["given"].read_text(encoding="utf-8"))
    forces = np.array([float(told["forces"][name]) for name in engine.muscles])
    seconds["load"], begun = time.process_time() - begun, time.process_time()
    progress(0.3, "lever arms")
    demand, columns = engine.demand(), engine.columns()
    progress(0.7, "forces in the joints")
    given = _balance(engine, demand, columns, forces)
    seconds["given"], begun = time.process_time() - begun, time.process_time()
    progress(0.8, "optimum")
    optimum = _balance(engine, demand, columns, _optimum(engine, demand, columns, told["weights"], job.options))
    seconds["optimum"] = time.process_time() - begun
    content = {"version": engine.version, "angles": list(engine.angles), "given": given, "optimum": optimum, "seconds": seconds}
    path = folder / f"{REACTIONS}.json"
    path.write_text(json.dumps(content, allow_nan=False) + "\n", encoding="utf-8")
    return Done({REACTIONS: path}, engine.version)


def _opened(open_engine: Callable[[Path], Engine], path: Path) -> Engine:
    try:
        return open_engine(path)
    except ImportError as error:
        raise SpineTwinError(f"The engine cannot be loaded: {error}.", "Install its environment again.") from error
    except (RuntimeError, ValueError) as error:
        said = " ".join(str(error).split())[:300]
        raise ReadError(f"The engine refuses {path.name}: {said}", "Export the model again.") from error


def _optimum(
    engine: Engine, demand: FloatArray, columns: FloatArray, weights: Mapping[str, float], options: Mapping[str, Any]
) -> FloatArray:
    """Return the forces (m,) of the least sum of powers; an angle without a weight, as the pelvis, is held from outside."""
    free = [at for at, name in enumerate(engine.angles) if name in weights]
    moments, weight = columns[free] * engine.strengths, np.array([weights[engine.angles[at]] for at in free])
    found = recruit(moments, demand[free], power=options["power"], floor=options["floor"], weight=weight)
    return found.activations * engine.strengths


def _balance(engine: Engine, demand: FloatArray, columns: FloatArray, forces: FloatArray) -> dict[str, Any]:
    held = demand - columns @ forces
    return {
        "forces": dict(zip(engine.muscles, forces.tolist(), strict=True)),
        "held": held.tolist(),
        "reactions": engine.reactions(forces, held).tolist(),
    }


def _opensim(job: Job, folder: Path, output: Output) -> Done:
    return run_engine(OpenSimEngine, job, folder, output)


def _mujoco(job: Job, folder: Path, output: Output) -> Done:
    return run_engine(MujocoEngine, job, folder, output)


STEPS: Mapping[str, Step] = {
    "opensim": Step(("model", "given"), _opensim, _OPTIONS),
    "mujoco": Step(("model", "given"), _mujoco, _OPTIONS),
}

if __name__ == "__main__":
    sys.exit(work(Path(sys.argv[1]), STEPS))
