"""The step of the measurements: what `spinetwin measure` writes, from the same function, and the endplates that it saw."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..commands.measure import add, check, measure_into, say_changes, say_count
from ..io.endplates import write_endplates
from ..measure.known import KnownPlates
from .job import Done, Job
from .output import Output

OPTIONAL = ("subregions", "vertebrae", "before")
"""Inputs that may be left out; options of the command have the same names."""

_FILES = {
    "measurements": "measurements.json",
    "table": "measurements.csv",
    "report": "measurements.html",
    "spine": "spine.png",
    "profiles": "profiles.png",
    "changes": "changes.csv",
    "endplates": "endplates.json",
}


def measurements(job: Job, folder: Path, output: Output) -> Done:
    """Measure a spine from its points, and from its label maps and an earlier study where these are given."""
    arguments = _arguments(job, folder)
    check(arguments)
    written = measure_into(folder, arguments, output.progress("measure"))
    write_endplates(folder / _FILES["endplates"], KnownPlates.of(written.subject))
    said = [say_count(written.found), *([] if written.changes is None else [say_changes(written.changes)])]
    files = {name: folder / file for name, file in _FILES.items() if (folder / file).is_file()}
    return Done(files, "; ".join(said))


def _arguments(job: Job, folder: Path) -> argparse.Namespace:
    """Return what the command would be told: whatever it is not told has the same default for both."""
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    words = ["measure", str(job.inputs["points"]), "--out", str(folder)]
    for name in OPTIONAL:
        words += [f"--{name}", str(job.inputs[name])] if name in job.inputs else []
    words += ["--draws", str(job.options["draws"])] if "draws" in job.options else []
    return parser.parse_args(words)
