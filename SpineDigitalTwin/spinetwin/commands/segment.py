"""`spinetwin segment`: from an image to its label maps."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..jobs import backends
from ..segmentation.backends import TABLES
from ..segmentation.contrast import CONTRASTS
from .common import beside_the_bar, make_folder, path_of, progress_bar
from .remaining import Remaining

if TYPE_CHECKING:
    from .common import Steps


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    names = ("auto", *(each.describe().name for each in backends.BACKENDS))
    segment = steps.add_parser("segment", help="make label maps of an image, or take existing ones over")
    segment.add_argument("image", type=path_of, metavar="IMAGE", help="the image (NIfTI, NRRD, MHA); the maps get its grid")
    segment.add_argument("--out", type=path_of, required=True, metavar="DIR", help="folder for the maps and segmentation.json")
    segment.add_argument("--backend", choices=names, default="auto", help="what makes the maps (default: the best there is)")
    segment.add_argument(
        "--map",
        type=path_of,
        nargs="+",
        default=[],
        metavar="LABELS",
        help="label map to take over, or subregions and vertebrae",
    )
    segment.add_argument(
        "--table", default="", metavar="NAME", help=f"what its labels mean: {', '.join(TABLES)}, or a csv file of your own"
    )
    segment.add_argument(
        "--device", default="auto", metavar="DEVICE", help="what a network runs on: auto, cpu, cuda:0, mps (default: auto)"
    )
    segment.add_argument(
        "--contrast",
        default="",
        metavar="KIND",
        help=f"which kind of image it is: {', '.join(CONTRASTS)} (default: what its name, or the json file beside it, tells)",
    )
    segment.add_argument(
        "--lowest", default="", metavar="LEVEL", help="the lowest vertebra in view above the sacrum: names all (default: told)"
    )
    segment.add_argument("--offline", action="store_true", help="fetch nothing")
    segment.add_argument("--quiet", action="store_true", help="no progress bar")
    segment.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Segment, put the results in place all together, and say what came out."""
    from ..jobs.scratch import Scratch, sweep
    from ..jobs.segmenting import Asked, Audience, segment

    image, maps = arguments.image, tuple(arguments.map)
    options = arguments.table, arguments.device, arguments.offline, arguments.contrast, arguments.lowest
    asked = Asked(image, arguments.backend, maps, *options)
    warnings: list[str] = []
    make_folder(arguments.out)
    sweep(arguments.out)
    with progress_bar("segment", arguments.quiet) as show, Scratch(arguments.out) as scratch:
        progress = Remaining(show)
        note = _ignore if arguments.quiet else beside_the_bar
        audience = Audience(progress, warnings.append, note, progress.expect, progress.skip)
        done = segment(asked, scratch.folder, audience, arguments.out)
        paths = scratch.publish(done.files)
    print(done.summary)
    for each in warnings:
        print(f"Warning: {each}")
    for name, path in paths.items():
        print(f"{name.capitalize()}: {path}")
    return 0


def _ignore(_: str) -> None:
    pass
