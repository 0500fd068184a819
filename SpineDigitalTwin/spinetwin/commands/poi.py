"""`spinetwin poi`: from label maps to points of interest."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from ..anatomy import parse_levels, parse_points
from ..errors import MapError
from ..poi.rules import RULE_SETS
from .common import details, need_folder, path_of, progress_bar, read_maps, summary, warnings_of
from .common import report as draw_report

if TYPE_CHECKING:
    from .common import Steps


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    poi = steps.add_parser("poi", help="compute points of interest from label maps")
    poi.add_argument("--subregions", type=path_of, required=True, metavar="MAP", help="subregion map (NIfTI, NRRD, MHA)")
    poi.add_argument("--vertebrae", type=path_of, required=True, metavar="MAP", help="vertebra map on the same grid")
    poi.add_argument("--out", type=path_of, required=True, help="OUT.mrk.json for 3D Slicer, .json for TPTBox, or .csv")
    poi.add_argument("--rules", choices=RULE_SETS, default=RULE_SETS[0], help="rule set (default: %(default)s)")
    poi.add_argument("--levels", metavar="LIST", help="only these levels, such as T1-L5")
    poi.add_argument("--only", metavar="NAMES", help="only these points: ids, names or families, joined by commas")
    poi.add_argument("--report", type=path_of, metavar="DIR", help="also write pictures and an html page into this folder")
    poi.add_argument("--quiet", action="store_true", help="no progress bar")
    poi.set_defaults(run=_asked)


def _asked(arguments: argparse.Namespace) -> int:
    levels = None if arguments.levels is None else parse_levels(arguments.levels)
    only = None if arguments.only is None else parse_points(arguments.only)
    return run(
        arguments.subregions,
        arguments.vertebrae,
        arguments.out,
        rules=arguments.rules,
        levels={level.id for level in levels} if levels else None,
        only={point.id for point in only} if only else None,
        report=arguments.report,
        quiet=arguments.quiet,
    )


def run(
    subregions: Path,
    vertebrae: Path,
    out: Path,
    *,
    rules: str = "paper",
    levels: Collection[int] | None = None,
    only: Collection[int] | None = None,
    report: Path | None = None,
    quiet: bool = False,
) -> int:
    """Compute the points of two label maps, write them, and draw the report when asked."""
    from ..io import check_points_name, write_pois
    from ..jobs.segmentation_report import levels_open
    from ..poi.compute import compute_pois
    from ..poi.model import LEVELS_UNVERIFIED

    check_points_name(out)
    need_folder(out)
    with progress_bar("points", quiet) as progress:
        maps = read_maps(subregions, vertebrae)
        try:
            warnings = [f"Warning: {text}" for text in warnings_of(maps)]
            points = compute_pois(maps, rules, levels=levels, only=only, progress=progress)
        except MapError as error:
            raise MapError(f"{subregions.name} with {vertebrae.name}: {error.message}", error.hint) from error
    if levels_open(vertebrae):
        points = points.with_unverified_levels()
        warnings.append(f"Warning: {LEVELS_UNVERIFIED}")
    write_pois(out, points)
    print(summary(points))
    for line in (*warnings, *details(points)):
        print(line)
    print(f"Points: {out}")
    if report is not None:
        draw_report(maps, points, report, title=out.name.split(".")[0], quiet=quiet)
    return 0
