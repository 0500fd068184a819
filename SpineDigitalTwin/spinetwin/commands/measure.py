"""`spinetwin measure`: from points and label maps to numbers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ParameterError
from ..measure.results import Measurement, Measurements
from .common import count, make_folder, path_of, progress_bar, read_maps

if TYPE_CHECKING:
    from ..measure.subject import Subject
    from ..poi import PoiSet
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
    measure.add_argument(
        "points", type=path_of, metavar="POINTS", help=".mrk.json, .json or .csv, such as `spinetwin poi` writes"
    )
    measure.add_argument(
        "--subregions", type=path_of, metavar="MAP", help="subregion map: adds areas, widths, volumes and facets"
    )
    measure.add_argument("--vertebrae", type=path_of, metavar="MAP", help="vertebra map on the same grid")
    measure.add_argument(
        "--femoral-heads",
        type=float,
        nargs=6,
        metavar=("LX", "LY", "LZ", "RX", "RY", "RZ"),
        help="centres of the left and right femoral head, RAS mm: adds pelvic incidence and tilt",
    )
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
    from ..io import read_pois
    from ..io.measurements import read_measurements, write_changes, write_measurements, write_measurements_table
    from ..measure.changes import changes
    from ..measure.compute import measure
    from ..report.measures import write_measures_report

    if (arguments.subregions is None) != (arguments.vertebrae is None):
        raise ParameterError("The two label maps belong together.", "Give both --subregions and --vertebrae, or neither.")
    if not 0 <= arguments.draws <= 100_000:
        raise ParameterError(f"The number of draws must be between 0 and 100000, not {arguments.draws}.")
    make_folder(arguments.out)
    points = read_pois(arguments.points)
    before = None if arguments.before is None else read_measurements(arguments.before)
    with progress_bar("measure", arguments.quiet) as progress:
        progress(0.0, "reading")
        subject = _subject(points, arguments)
        progress(0.3, "measuring")
        found = measure(subject, draws=arguments.draws)
        progress(0.6, "report")
        page = write_measures_report(subject, found, arguments.out, title=arguments.points.name.split(".")[0])
        progress(1.0, "done")
    write_measurements(arguments.out / "measurements.json", found, about=arguments.points.name)
    write_measurements_table(arguments.out / "measurements.csv", found)
    for line in headlines(found):
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


def _subject(points: PoiSet, arguments: argparse.Namespace) -> Subject:
    from ..measure.frames import frames_from_points
    from ..measure.subject import Subject
    from ..poi import Status

    maps = None if arguments.subregions is None else read_maps(arguments.subregions, arguments.vertebrae)
    heads = None if arguments.femoral_heads is None else np.array(arguments.femoral_heads).reshape(2, 3)
    placed = {poi.key: np.array(poi.position) for poi in points if poi.position is not None}
    suspect = frozenset(poi.key for poi in points if poi.status is Status.SUSPECT)
    edited = frozenset(poi.key for poi in points if poi.edited)
    return Subject.of(placed, frames_from_points(placed), suspect=suspect, edited=edited, maps=maps, heads=heads)


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
