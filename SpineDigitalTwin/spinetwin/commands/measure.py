"""`spinetwin measure`: from points and label maps to numbers."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ParameterError
from ..measure.results import Measurement, Measurements
from .common import Progress, count, make_folder, path_of, progress_bar
from .measure_inputs import add_inputs, check_inputs, read_subject, title_of

if TYPE_CHECKING:
    from ..measure.changes import Change
    from ..measure.subject import Subject
    from .common import Steps

MOST_DRAWS = 100_000

_HEADLINES = (
    "cobb_patient",
    "kyphosis_t4_t12",
    "lordosis_l1_s1",
    "sacral_slope",
    "pelvic_incidence",
    "coronal_balance",
    "sagittal_vertical_axis",
)
"""Quantities that are said on the screen."""


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    measure = steps.add_parser("measure", help="measure curves, angles, heights and areas")
    add_inputs(measure)
    measure.add_argument(
        "--draws", type=int, default=200, metavar="N", help="draws for the uncertainty (default: %(default)s; 0: none)"
    )
    measure.add_argument(
        "--before", type=path_of, metavar="MEASUREMENTS", help="measurements.json of an earlier study: adds changes.csv"
    )
    measure.add_argument("--out", type=path_of, required=True, metavar="DIR", help="folder for the results")
    measure.add_argument("--quiet", action="store_true", help="no progress bar")
    measure.set_defaults(run=run)


@dataclass(frozen=True)
class Written:
    """What came out of a study, beside the files.

    Attributes
    ----------
    subject : Subject
    found : Measurements
    warnings : tuple of str
        What a person should know of the inputs and of sizes that are doubtful, as sentences.
    changes : tuple of Change or None
        Against the earlier study; None where there is none.
    """

    subject: Subject
    found: Measurements
    warnings: tuple[str, ...]
    changes: tuple[Change, ...] | None


def run(arguments: argparse.Namespace) -> int:
    """Measure, write json, table and report, and say the most asked for."""
    check(arguments)
    folder: Path = arguments.out
    make_folder(folder)
    with progress_bar("measure", arguments.quiet) as progress:
        written = measure_into(folder, arguments, progress)
    for line in (*(f"Warning: {each}" for each in written.warnings), *headlines(written.found)):
        print(line)
    if written.changes is not None:
        print(f"{say_changes(written.changes)}: {folder / 'changes.csv'}")
    print(f"{say_count(written.found)}: {folder / 'measurements.csv'}")
    print(f"Report: {(folder / 'measurements.html').resolve()}")
    return 0


def check(arguments: argparse.Namespace) -> None:
    """Refuse what does not belong together, before anything is read.

    Raises
    ------
    ParameterError
        With what to do.
    """
    check_inputs(arguments)
    if not 0 <= arguments.draws <= MOST_DRAWS:
        raise ParameterError(f"The number of draws must be between 0 and {MOST_DRAWS}, not {arguments.draws}.")


def measure_into(folder: Path, arguments: argparse.Namespace, progress: Progress) -> Written:
    """Read a study, measure it, and write measurements.json, measurements.csv, the report, and changes.csv if asked for.

    Parameters
    ----------
    folder : Path
        Where the files go; it exists.
    arguments : argparse.Namespace
        Of the command, checked.
    progress : callable
        Takes the fraction done and what is being worked on.

    Raises
    ------
    SpineTwinError
        If a file cannot be read or written.
    """
    from ..io.measurements import read_measurements, write_changes, write_measurements, write_measurements_table
    from ..measure.changes import changes
    from ..measure.compute import measure
    from ..measure.norms import doubtful_sizes
    from ..report.measures import write_measures_report

    progress(0.0, "reading")
    before = None if arguments.before is None else read_measurements(arguments.before)
    subject, warnings = read_subject(arguments)
    progress(0.3, "measuring")
    found = measure(subject, draws=arguments.draws)
    progress(0.6, "report")
    write_measures_report(subject, found, folder, title=title_of(arguments))
    write_measurements(folder / "measurements.json", found, about=(arguments.points or arguments.vertebrae).name)
    write_measurements_table(folder / "measurements.csv", found)
    different = None if before is None else changes(before, found)
    if different is not None:
        write_changes(folder / "changes.csv", different)
    progress(1.0, "done")
    return Written(subject, found, (*warnings, *doubtful_sizes(found)), different)


def say_changes(different: tuple[Change, ...]) -> str:
    """Say how many quantities changed, and how many of them by more than their uncertainty."""
    return f"{count(different, 'change')}, {sum(bool(each.sure) for each in different)} beyond the uncertainty"


def say_count(found: Measurements) -> str:
    """Say how many measurements there are, and how many of them are missing."""
    return f"{count(found, 'measurement')}, {sum(each.missing for each in found)} missing with a reason"


def headlines(found: Measurements) -> list[str]:
    """Say what is asked for most."""
    lines = []
    for name in _HEADLINES:
        lines += [_headline(found, each) for each in found.of(name) if each.value is not None]
    return lines


def _headline(found: Measurements, measured: Measurement) -> str:
    from ..measure.table import label_of

    value = f"{measured.value:.1f}" + ("" if measured.uncertainty is None else f" ± {measured.uncertainty:.1f}")
    text = f"{label_of(measured.name)}: {value} {measured.unit}"
    if measured.curve is None:
        return text
    ends, apex, side = (found.get(name, curve=measured.curve) for name in ("curve_ends", "curve_apex", "curve_side"))
    words = [f"{ends.text}" if ends else "", f"apex {apex.text}" if apex else "", f"to the {side.text}" if side else ""]
    return f"{text} ({', '.join(word for word in words if word)})"
