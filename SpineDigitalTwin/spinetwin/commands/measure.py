"""`spinetwin measure`: from points and label maps to numbers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..errors import ParameterError
from ..measure.results import Measurement, Measurements
from .common import count, make_folder, path_of, progress_bar
from .measure_inputs import add_inputs, check_inputs, read_subject, title_of

if TYPE_CHECKING:
    from .common import Steps

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


def run(arguments: argparse.Namespace) -> int:
    """Measure, write json, table and report, and say the most asked for."""
    from ..io.measurements import read_measurements, write_changes, write_measurements, write_measurements_table
    from ..measure.changes import changes
    from ..measure.compute import measure
    from ..measure.norms import doubtful_sizes
    from ..report.measures import write_measures_report

    check_inputs(arguments)
    if not 0 <= arguments.draws <= 100_000:
        raise ParameterError(f"The number of draws must be between 0 and 100000, not {arguments.draws}.")
    make_folder(arguments.out)
    before = None if arguments.before is None else read_measurements(arguments.before)
    with progress_bar("measure", arguments.quiet) as progress:
        progress(0.0, "reading")
        subject, warnings = read_subject(arguments)
        progress(0.3, "measuring")
        found = measure(subject, draws=arguments.draws)
        progress(0.6, "report")
        page = write_measures_report(subject, found, arguments.out, title=title_of(arguments))
        progress(1.0, "done")
    write_measurements(arguments.out / "measurements.json", found, about=(arguments.points or arguments.vertebrae).name)
    write_measurements_table(arguments.out / "measurements.csv", found)
    for line in (*(f"Warning: {each}" for each in (*warnings, *doubtful_sizes(found))), *headlines(found)):
        print(line)
    if before is not None:
        different = changes(before, found)
        write_changes(arguments.out / "changes.csv", different)
        beyond = sum(bool(each.sure) for each in different)
        print(f"{count(different, 'change')}, {beyond} beyond the uncertainty: {arguments.out / 'changes.csv'}")
    missing = sum(each.missing for each in found)
    print(f"{count(found, 'measurement')}, {missing} missing with a reason: {arguments.out / 'measurements.csv'}")
    print(f"Report: {page.resolve()}")
    return 0


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
