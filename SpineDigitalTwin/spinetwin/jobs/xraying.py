"""The step of the radiographs: what `spinetwin xray` writes, from the same function."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..commands.xray import PICTURE, POINTS, REPORT, SURFACES, add, headline, reconstruct_into
from ..commands.xray_volumes import MAP
from .job import Done, Job
from .options import OptionReader, number, text, yes_or_no
from .output import Output

INPUTS = ("frontal", "lateral", "landmarks")
OPTIONAL = ("geometry", "shape_from", "shape_model")
"""Inputs that may be left out; options of the command have the same names. The patient's own points lie beside their maps."""

_MOST_MM = 10_000.0
_FOLDER = "standing"

OPTIONS: dict[str, OptionReader] = {
    "sdd": number(0, _MOST_MM),
    "sod": number(0, _MOST_MM),
    "pixel": number(0, _MOST_MM),
    "levels": text,
    "slot_scan": yes_or_no,
    "calibrate": yes_or_no,
    "transvert": yes_or_no,
}
"""As the options of the command."""


def xray(job: Job, folder: Path, output: Output) -> Done:
    """Reconstruct the standing vertebrae of two films; a surface is a file with the name of its level."""
    made = folder / _FOLDER
    done = reconstruct_into(made, _arguments(job, made), output.progress("xray"))
    for line in done.said:
        output.log(line, "info")
    files = {"points": made / POINTS, "report": made / REPORT}
    files |= {"picture": made / PICTURE} if (made / PICTURE).exists() else {}
    files |= {"transvert": made / MAP} if (made / MAP).exists() else {}
    files |= {path.stem: path for path in sorted((made / SURFACES).iterdir())}
    return Done(files, ". ".join([headline(done.standing), *done.refined]))


def _arguments(job: Job, folder: Path) -> argparse.Namespace:
    """Return what the command would be told: whatever it is not told has the same default for both."""
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    words = ["xray", str(job.inputs["frontal"]), str(job.inputs["lateral"]), "--out", str(folder)]
    for name in ("landmarks", *OPTIONAL):
        words += [f"--{name.replace('_', '-')}", str(job.inputs[name])] if name in job.inputs else []
    for name, value in job.options.items():
        if value is not False:
            words += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    return parser.parse_args(words)
