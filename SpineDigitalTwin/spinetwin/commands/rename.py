"""`spinetwin rename`: a person names the levels of a segmentation, and vouches for them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .common import path_of, read_maps

if TYPE_CHECKING:
    from .common import Steps


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    rename = steps.add_parser("rename", help="name the levels of a segmentation, or confirm their names")
    rename.add_argument("folder", type=path_of, metavar="DIR", help="what `spinetwin segment --out DIR` has written")
    rename.add_argument(
        "--lowest",
        required=True,
        metavar="LEVEL",
        help="the lowest vertebra in view above the sacrum, such as L5; the others follow. Its own name confirms all names",
    )
    rename.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Rename the map of vertebrae and its report, both or none; points that were computed before keep their names."""
    from ..anatomy import level
    from ..io import write_label_map
    from ..jobs.person_names import confirmed, read_report
    from ..jobs.scratch import Scratch, sweep
    from ..jobs.segmentation_report import REPORT, SUBREGIONS, VERTEBRAE, write_report
    from ..segmentation.levels import levels_of

    folder, lowest = arguments.folder, level(arguments.lowest)
    report = read_report(folder / REPORT)
    maps, content = confirmed(read_maps(folder / SUBREGIONS, folder / VERTEBRAE), report, lowest)
    sweep(folder)
    with Scratch(folder) as scratch:
        files = {"vertebrae": scratch.folder / VERTEBRAE, "report": scratch.folder / REPORT}
        write_label_map(files["vertebrae"], maps.vertebrae, maps.grid)
        write_report(files["report"], content)
        paths = scratch.publish(files)
    print(f"Confirmed by a person: {', '.join(each.name for each in levels_of(maps.vertebrae))}")
    print("Points that were computed before keep their levels, as unverified ones, until they are computed again.")
    for name, path in paths.items():
        print(f"{name.capitalize()}: {path}")
    return 0
