"""The steps of the radiographs: what `spinetwin xray` writes, and landmarks that its --auto finds, by the same functions."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..commands.xray import LANDMARKS, PICTURE, POINTS, REPORT, SURFACES, add, headline, reconstruct_into
from ..commands.xray_inputs import landmarks_by_network, read_films
from ..commands.xray_volumes import MAP
from .job import Done, Job
from .options import OptionReader, number, text, yes_or_no
from .output import Output

FILMS = ("frontal", "lateral")
INPUTS = (*FILMS, "landmarks")
OPTIONAL = ("geometry", "shape_from", "shape_model")
"""Inputs that may be left out; options of the command have the same names. The patient's own points lie beside their maps."""

_MOST_MM = 10_000.0
_FOLDER = "standing"

OF_FILMS: dict[str, OptionReader] = {
    "sdd": number(0, _MOST_MM),
    "sod": number(0, _MOST_MM),
    "pixel": number(0, _MOST_MM),
    "levels": text,
    "slot_scan": yes_or_no,
}
OPTIONS: dict[str, OptionReader] = {
    **OF_FILMS,
    "calibrate": yes_or_no,
    "transvert": yes_or_no,
    "landmarks_source": text,
    "lowest": text,
}
"""As the options of the command; without landmarks, those of the films."""

_READ = 0.2


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


def film_landmarks(job: Job, folder: Path, output: Output) -> Done:
    """Find landmarks on two films, for a person who looks at them before anything is reconstructed."""
    from ..io.film_forms import write_landmarks

    progress = output.progress("film_landmarks")
    progress(0.0, "reading the films")
    arguments = _arguments(job, folder)
    films = read_films(arguments)
    progress(_READ, "looking for vertebrae")
    landmarks, said = landmarks_by_network(films, arguments.levels)
    write_landmarks(folder / LANDMARKS, landmarks)
    progress(1.0, "done")
    return Done({"landmarks": folder / LANDMARKS}, said)


def _arguments(job: Job, folder: Path) -> argparse.Namespace:
    """Return what the command would be told: whatever it is not told has the same default for both."""
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    words = ["xray", *(str(job.inputs[view]) for view in FILMS), "--out", str(folder)]
    words += [] if "landmarks" in job.inputs else ["--auto"]
    for name in ("landmarks", *OPTIONAL):
        words += [f"--{name.replace('_', '-')}", str(job.inputs[name])] if name in job.inputs else []
    for name, value in job.options.items():
        if value is not False:
            words += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    return parser.parse_args(words)
