"""How far the loads of a whole trunk are from those of OpenSim and MuJoCo in the same model, and how long each takes.

Prints one row for each spine, task, passive tissue and engine: the largest difference of a force in a joint under the same
forces of the muscles, of a moment there, and of a force between the two optima; CPU seconds of the whole solution here, and of
the other engine to load the file, for its lever arms and reactions, and for the optimum of these lever arms by the solver here.
Install the engines first (``spinetwin install opensim``, and mujoco); run ``python benchmarks/cross_check.py``.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from spinetwin.biomechanics import TASKS, MultibodyModel, Settings, loads
from spinetwin.jobs.engines.cross_check import ENGINES, cross_check
from spinetwin.phantom import Curve, SpineParameters
from trunks import LEVELS, MAN, least, model_of, points_file

TASKS_COMPARED = ("standing", "flexion-60", "lifting-20kg")
TISSUES = {
    "all": Settings(),
    "no ligaments": Settings(ligaments="none"),
    "no discs": Settings(disc_stiffness=0.0),
    "none": Settings(ligaments="none", disc_stiffness=0.0, muscle_stiffness=0.0),
}
"""What resists beside active muscles: discs (the bushings of OpenSim), ligaments and resting muscles, or some of them."""

COBB = 45.0


def compare(name: str, model: MultibodyModel, task: str, tissue: str, engine: str) -> None:
    """Print one row."""
    settings = TISSUES[tissue]
    found = loads(model, TASKS[task], settings)
    ours = least(lambda: loads(model, TASKS[task], settings), 2)
    checked = cross_check(model, found, engine, lambda _, __: None)
    differences = f"{checked.force_difference:9.1e} {checked.moment_difference:9.1e} {checked.optimum_difference:9.1e}"
    seconds = " ".join(f"{checked.seconds[each]:7.3f}" for each in ("load", "given", "optimum"))
    largest = checked.ours[:, 0].max()
    print(f"{name:9s} {task:13s} {tissue:12s} {engine:8s} {largest:8.0f} {differences} {ours:7.3f} {seconds}", flush=True)


def main() -> None:
    """Make the phantoms and print the table."""
    names = f"{'spine':9s} {'task':13s} {'tissue':12s} {'engine':8s} {'N':>8s}"
    print(f"{'':45s} {'largest':>8s} {'difference of':^29s} {'CPU seconds':^31s}")
    print(
        f"{names} {'force N':>9s} {'moment Nm':>9s} {'optimum N':>9s} {'here':>7s} {'load':>7s} {'given':>7s} {'optimum':>7s}"
    )
    with TemporaryDirectory() as folder:
        straight = SpineParameters(LEVELS, sex="m", height_cm=MAN.height_cm)
        bent = SpineParameters(LEVELS, sex="m", height_cm=MAN.height_cm, curves=(Curve(COBB),))
        for name, parameters in (("straight", straight), (f"Cobb {COBB:.0f}", bent)):
            model = model_of(points_file(Path(folder), name, parameters), MAN)
            for task in TASKS_COMPARED:
                for tissue in TISSUES:
                    for engine in ENGINES:
                        compare(name, model, task, tissue, engine)


if __name__ == "__main__":
    main()
