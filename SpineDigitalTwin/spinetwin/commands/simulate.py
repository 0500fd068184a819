"""`spinetwin simulate`: from points of interest to the loads of the spine."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..anatomy import level
from ..errors import ParameterError
from .common import make_folder, path_of, progress_bar
from .simulate_exports import add_exports, check_exports, compare, export

if TYPE_CHECKING:
    from ..biomechanics import Interval, Loads, MultibodyModel, Settings, Task
    from ..biomechanics.measured import Place
    from ..biomechanics.results import PastLoads
    from ..geometry import FloatArray
    from .common import Progress, Steps


NUMBERS = (
    "strength",
    "activation_floor",
    "power",
    "pelvis_share",
    "posture_give",
    "abdominal_pressure",
    "disc_stiffness",
    "muscle_stiffness",
    "flavum_tension",
)
"""Settings that are options."""

_OF_PERSON = ("sex", "height_cm", "weight_kg")


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    simulate = steps.add_parser("simulate", help="build a multibody model from points and compute its loads (research use)")
    simulate.add_argument(
        "points", type=path_of, metavar="POIS", help="points of interest: .mrk.json, .json, .csv; or a model: .spinembs.json"
    )
    simulate.add_argument("--sex", metavar="SEX", help="f or m; a model has its person, points need one")
    simulate.add_argument("--height-cm", type=float, metavar="CM", help="stature")
    simulate.add_argument("--weight-kg", type=float, metavar="KG", help="body mass")
    simulate.add_argument(
        "--task", default="standing", metavar="TASK", help="a known task, or a JSON file (default: %(default)s)"
    )
    simulate.add_argument("--measurements", type=path_of, metavar="DIR", help="folder of `spinetwin measure`: muscle areas")
    simulate.add_argument("--samples", type=int, default=0, metavar="N", help="models drawn for the interval (default: none)")
    simulate.add_argument(
        "--compare", type=path_of, metavar="DIR", help="results of another `spinetwin simulate`, for the report"
    )
    simulate.add_argument("--out", type=path_of, required=True, metavar="DIR", help="folder for the results")
    simulate.add_argument("--quiet", action="store_true", help="no progress bar")
    _add_settings(simulate)
    add_exports(simulate)
    simulate.set_defaults(run=run)


def _add_settings(simulate: argparse.ArgumentParser) -> None:
    from ..biomechanics.settings import LIGAMENT_SETS, RHYTHMS, TABLE, TEMPLATES

    options = simulate.add_argument_group("settings of the model")
    for name in NUMBERS:
        row = TABLE[name]
        unit = "" if row["unit"] == "1" else f", {row['unit']}"
        text = f"{row['meaning']}, {row['low']} to {row['high']}{unit} (default: {row['value']})"
        options.add_argument(f"--{name.replace('_', '-')}", type=float, metavar="X", help=text)
    options.add_argument("--ligaments", metavar="SET", help=f"{', '.join(LIGAMENT_SETS)} (default: {LIGAMENT_SETS[0]})")
    shared = f"how lumbar joints share a flexion: {', '.join(RHYTHMS)} (default: {RHYTHMS[0]})"
    options.add_argument("--rhythm", metavar="NAME", help=shared)
    placed = f"how pelvis, ribs and sternum are placed: {', '.join(TEMPLATES)} (default: {TEMPLATES[0]})"
    options.add_argument("--template", metavar="WAY", help=placed)


@dataclass(frozen=True)
class Simulated:
    """What came out of a simulation, beside the files.

    Attributes
    ----------
    found : Loads
    spread : Interval or None
        None where no samples were asked for.
    compared : list of str
        What to say of the comparison with another engine; empty where none was asked for.
    """

    found: Loads
    spread: Interval | None
    compared: list[str]


def run(arguments: argparse.Namespace) -> int:
    """Build the model, compute its loads, write everything and say the most asked for."""
    with progress_bar("simulate", arguments.quiet) as progress:
        made = simulate_into(arguments, progress)
    from ..biomechanics.results import RESEARCH_USE

    findings = [f"{_SAID[each.severity]}: {each.text}" for each in made.found.findings]
    for line in (RESEARCH_USE, *_headlines(made.found, made.spread), *made.compared, *findings):
        print(line)
    print(f"Results: {arguments.out}")
    return 0


def simulate_into(arguments: argparse.Namespace, progress: Progress) -> Simulated:
    """Build the model that the arguments ask for, compute its loads, and write everything into their folder, made if need be.

    Raises
    ------
    SpineTwinError
        If a file, a number or the column is impossible.
    """
    from ..biomechanics import interval, loads

    task = task_of(arguments.task)
    past = None if arguments.compare is None else past_of(arguments.compare)
    if arguments.samples:
        _check_samples(arguments.samples)
    model, settings = _model_and_settings(arguments, progress)
    make_folder(arguments.out)
    progress(0.2, "loads")
    found = loads(model, task, settings)
    progress(0.3, "interval")
    spread = interval(model, task, settings, samples=arguments.samples, around=found) if arguments.samples else None
    progress(0.8, "files")
    _write(arguments.out, model, found, spread, past, title=arguments.points.name)
    export(arguments, model, found)
    compared = compare(arguments, model, found, lambda done, what: progress(0.9 + 0.1 * done, what))
    progress(1.0, "done")
    return Simulated(found, spread, compared)


def headline(found: Loads) -> str:
    """Say in one line what was computed, and whether it is to be trusted."""
    at = int(found.compression.argmax())
    most = f"compression {found.compression[at]:.0f} N below {level(found.levels[at]).name}"
    red = [each.text for each in found.findings if each.severity == "red"]
    return f"{found.task.label or found.task.name}, at most {most}" + (f"; not to be trusted: {red[0]}" if red else "")


_SAID = {"red": "Not to be trusted", "note": "Note"}


def task_of(text: str) -> Task:
    """Return a known task by its name, or the one in a file.

    Raises
    ------
    ParameterError
        If it is neither, with the names of the known ones.
    """
    from ..biomechanics import TASKS
    from ..io.loads import read_task

    if text in TASKS:
        return TASKS[text]
    if text.lower().endswith(".json"):
        return read_task(Path(text))
    raise ParameterError(f"There is no task {text!r}.", f"Choose one of {', '.join(TASKS)}, or give a JSON file.")


def past_of(folder: Path) -> PastLoads:
    """Return the loads in the folder of an earlier simulation.

    Raises
    ------
    ReadError
        If it holds none.
    """
    from ..io.loads import read_loads

    path = folder / "loads.json" if folder.is_dir() else folder
    return read_loads(path, path.resolve().parent.name)


def _settings_of(arguments: argparse.Namespace, usual: Settings) -> Settings:
    """Return settings as the arguments change them."""
    names = (*NUMBERS, "ligaments", "rhythm", "template")
    return replace(usual, **{name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None})


def _check_samples(samples: int) -> None:
    if not 2 <= samples <= 10_000:
        raise ParameterError(f"The number of samples must be between 2 and 10000, not {samples}.", "200 are enough.")


def _model_and_settings(arguments: argparse.Namespace, progress: Progress) -> tuple[MultibodyModel, Settings]:
    """Read the model that is given, or build the one of the points that are given; the file of a model has its settings."""
    from ..biomechanics import Settings
    from ..io.multibody import is_model, read_model_and_settings

    if not is_model(arguments.points):
        settings = _settings_of(arguments, Settings())
        check_exports(arguments, settings)
        return _built(arguments, settings, progress), settings
    _check_leaves_built(arguments)
    progress(0.0, "model")
    model, settings = read_model_and_settings(arguments.points)
    settings = _settings_of(arguments, settings)
    check_exports(arguments, settings)
    return model, settings


def _check_leaves_built(arguments: argparse.Namespace) -> None:
    """Refuse what would have to build a model anew."""
    told = next((name for name in (*_OF_PERSON, "measurements", "template") if getattr(arguments, name) is not None), None)
    if told is not None:
        raise ParameterError(
            f"{arguments.points.name} holds a model that is built already, which --{told.replace('_', '-')} cannot change.",
            "Leave it out, or give the points of interest.",
        )


def _built(arguments: argparse.Namespace, settings: Settings, progress: Progress) -> MultibodyModel:
    from ..biomechanics import Person, build_model, with_measured_areas, with_measured_centroids
    from ..io import read_pois
    from ..measure.frames import frames_from_points
    from ..poi import Status
    from ..poi.model import LEVELS_UNVERIFIED

    lacking = [f"--{name.replace('_', '-')}" for name in _OF_PERSON if getattr(arguments, name) is None]
    if lacking:
        raise ParameterError(f"A model of points needs {' and '.join(lacking)}.", "Masses and muscles are scaled by them.")
    person = Person(arguments.sex, arguments.height_cm, arguments.weight_kg)
    progress(0.0, "points")
    areas, centroids = ({}, {}) if arguments.measurements is None else measured_muscles(arguments.measurements)
    pois = read_pois(arguments.points)
    keys, positions = pois.positions()
    points = dict(zip(keys, positions, strict=True))
    suspect = {poi.key for poi in pois if poi.status is Status.SUSPECT}
    progress(0.1, "model")
    model = build_model(points, frames_from_points(points), person, settings, suspect=suspect)
    if pois.unverified:
        model = replace(model, notes=(*model.notes, LEVELS_UNVERIFIED))
    return with_measured_centroids(with_measured_areas(model, areas), centroids) if areas else model


def measured_muscles(folder: Path) -> tuple[dict[Place, float], dict[Place, FloatArray]]:
    """Return areas (mm2) and centroids (right, front; mm) of muscles in a folder of `spinetwin measure`.

    Raises
    ------
    ParameterError
        If no muscle was measured.
    """
    from ..io.measurements import read_measurements

    found = read_measurements(folder / "measurements.json" if folder.is_dir() else folder)
    areas = found.muscle_areas()
    if not areas:
        raise ParameterError(
            f"{folder} holds no muscle areas.", "Measure with a map of the muscles (--muscles), or leave --measurements out."
        )
    return areas, found.muscle_centroids()


def _write(
    folder: Path, model: MultibodyModel, found: Loads, spread: Interval | None, past: PastLoads | None, *, title: str
) -> None:
    from ..io.loads import write_loads, write_loads_table
    from ..io.multibody import write_model
    from ..report.figures import can_draw
    from ..report.loads import draw_loads, write_loads_report

    write_model(folder / "model.spinembs.json", model, found.settings)
    write_loads(folder / "loads.json", model, found, spread)
    write_loads_table(folder / "loads.csv", found, spread)
    if can_draw():
        draw_loads(folder / "loads.png", model, found, spread)
    write_loads_report(folder, model, found, spread, past, title=title)


def _headlines(found: Loads, spread: Interval | None) -> list[str]:
    lines = [f"Task: {found.task.label or found.task.name}"]
    for at in reversed(range(len(found.levels))):
        if found.in_thorax[at]:
            continue
        ends = "" if spread is None else f" ({spread.low['compression'][at]:.0f} to {spread.high['compression'][at]:.0f})"
        shear = f"shear {found.shear_anterior[at]:.0f} N forward, {found.shear_right[at]:.0f} N to the right"
        lines.append(f"Below {level(found.levels[at]).name}: compression {found.compression[at]:.0f}{ends} N, {shear}")
    return lines
