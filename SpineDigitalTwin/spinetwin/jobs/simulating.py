"""The step of the loads: what `spinetwin simulate` writes, from the same function."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..biomechanics.settings import LIGAMENT_SETS, RHYTHMS, TABLE, TEMPLATES
from ..biomechanics.tasks import TASKS
from ..commands.simulate import NUMBERS, add, headline, simulate_into
from ..commands.simulate_exports import EXPORTS, OLDEST
from ..errors import ParameterError
from ..io.multibody import is_model
from .job import Done, Job
from .options import OptionReader, number, one_of, whole_number
from .output import Output

OPTIONAL = ("measurements", "compare", "surfaces")
"""Inputs that may be left out; options of the command have the same names. Of the surfaces one file is given, and those beside
it are taken, too."""

MOST_SAMPLES = 10_000

_NEEDED = ("sex", "height_cm", "weight_kg")

_FOLDER = "simulated"


def _within(name: str) -> OptionReader:
    return number(float(TABLE[name]["low"]), float(TABLE[name]["high"]))


OPTIONS: dict[str, OptionReader] = {
    "sex": one_of(("f", "m")),
    "height_cm": number(0, 1000),
    "weight_kg": number(0, 1000),
    "task": one_of(tuple(TASKS)),
    "samples": whole_number(0, MOST_SAMPLES),
    **{name: _within(name) for name in NUMBERS},
    "ligaments": one_of(LIGAMENT_SETS),
    "rhythm": one_of(RHYTHMS),
    "template": one_of(TEMPLATES),
    "age": number(0, OLDEST),
}
"""As the options of the command; `simulation` takes two more: the formats of `export`, and a name with which files begin."""

_OF_SUBJECT = "_osim_info.json"


def simulation(job: Job, folder: Path, output: Output) -> Done:
    """Build the model of a person from points, and write it and its loads; files begin with the name, if one is given."""
    made = folder / _FOLDER
    made.mkdir()
    name = str(job.options.get("name", ""))
    simulated = simulate_into(_arguments(job, made, f"{name or 'mesh'}_"), output.progress("simulate"))
    files = {path.name: path.rename(folder / _named(path.name, name)) for path in sorted(made.iterdir())}
    return Done(files, headline(simulated.found))


def _named(file: str, name: str) -> str:
    """Return a file's name that begins with a name; whose a subject's file is stays behind `sub-`, where its readers look."""
    if not name or file.startswith(f"{name}_"):
        return file
    if file.endswith(_OF_SUBJECT):
        return f"sub-{name.removeprefix('sub-')}{_OF_SUBJECT}"
    return f"{name}_{file}"


def formats(value: object) -> list[str]:
    """Take a list of formats of other programs, or "all" of them."""
    if value == "all":
        return list(EXPORTS)
    if isinstance(value, list) and all(each in EXPORTS for each in value):
        return [str(each) for each in value]
    raise ValueError(f'must be "all", or a list with any of {", ".join(EXPORTS)}')


def _arguments(job: Job, folder: Path, meshes: str) -> argparse.Namespace:
    """Return what the command would be told: whatever it is not told has the same default for both.

    Results of a step are files and no folders, so that meshes lie beside the model, which names them as they are called there;
    their names begin with `meshes`.
    """
    for name in () if is_model(job.inputs["points"]) else _NEEDED:
        if name not in job.options:
            raise ParameterError(f"The step {job.step} needs the option {name}.", "Nobody can guess it.")
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    words = ["simulate", str(job.inputs["points"]), "--out", str(folder)]
    for name in OPTIONAL:
        words += [f"--{name}", str(job.inputs[name])] if name in job.inputs else []
    for name in OPTIONS:
        words += [f"--{name.replace('_', '-')}", str(job.options[name])] if name in job.options else []
    words += ["--export", *job.options["export"]] if job.options.get("export") else []
    arguments = parser.parse_args(words)
    arguments.meshes = meshes
    return arguments
