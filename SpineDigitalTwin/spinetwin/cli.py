"""The command line: each subcommand is one step of the way of the data."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from . import __version__, commands
from .anatomy import POINTS, parse_levels, parse_points
from .errors import SpineTwinError
from .poi.rules import RULE_SETS


def main(argv: Sequence[str] | None = None) -> int:
    """Run `spinetwin`.

    Returns
    -------
    int
        0 when the work is done, 1 when it cannot be done (one sentence on standard error), 2 for a wrong command line.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a terminal that knows few letters must not stop the work after it is done
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args(argv)
    try:
        code = int(arguments.run(arguments))
        sys.stdout.flush()
    except SpineTwinError as error:
        print(f"spinetwin: {error}", file=sys.stderr)
    except BrokenPipeError:
        # whoever read the output has seen enough (`spinetwin points | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f" with {error.filename}" if error.filename else ""
        print(f"spinetwin: The system refused to go on{where}: {error.strerror or error}.", file=sys.stderr)
    except MemoryError:
        print(
            "spinetwin: There is not enough memory for these images. Crop them to the spine, or free memory.", file=sys.stderr
        )
    except KeyboardInterrupt:
        print("spinetwin: Stopped; nothing half-written was left behind.", file=sys.stderr)
        return 130
    else:
        return code
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="spinetwin", description="From a segmented spine to points of interest.")
    parser.add_argument("--version", action="version", version=f"spinetwin {__version__}")
    steps = parser.add_subparsers(title="steps", required=True, metavar="STEP")
    _add_poi(steps)
    _add_check(steps)
    _add_convert(steps)
    _add_demo(steps)
    points = steps.add_parser("points", help="list the points of interest with their ids and families")
    points.set_defaults(run=_points)
    return parser


def _path(text: str) -> Path:
    """Read a file name; an empty one, such as a shell makes of an unset variable, would mean the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the name is empty")
    return Path(text)


def _add_poi(steps: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    poi = steps.add_parser("poi", help="compute points of interest from label maps")
    poi.add_argument("--subregions", type=_path, required=True, metavar="MAP", help="subregion map (NIfTI, NRRD, MHA)")
    poi.add_argument("--vertebrae", type=_path, required=True, metavar="MAP", help="vertebra map on the same grid")
    poi.add_argument("--out", type=_path, required=True, help="OUT.mrk.json for 3D Slicer, .json for TPTBox, or .csv")
    poi.add_argument("--rules", choices=RULE_SETS, default=RULE_SETS[0], help="rule set (default: %(default)s)")
    poi.add_argument("--levels", metavar="LIST", help="only these levels, such as T1-L5")
    poi.add_argument("--only", metavar="NAMES", help="only these points: ids, names or families, joined by commas")
    poi.add_argument("--report", type=_path, metavar="DIR", help="also write pictures and an html page into this folder")
    poi.add_argument("--quiet", action="store_true", help="no progress bar")
    poi.set_defaults(run=_poi)


def _add_check(steps: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = steps.add_parser("check", help="tell what two label maps hold and what looks wrong")
    check.add_argument("subregions", type=_path, help="subregion map")
    check.add_argument("vertebrae", type=_path, help="vertebra map")
    check.set_defaults(run=lambda arguments: commands.check(arguments.subregions, arguments.vertebrae))


def _add_convert(steps: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    convert = steps.add_parser("convert", help="convert points between .mrk.json, .mkr.json, TPTBox .json and .csv")
    convert.add_argument("source", type=_path, metavar="IN")
    convert.add_argument("target", type=_path, metavar="OUT")
    convert.add_argument("--to", choices=("lps", "ras", "voxel"), help="coordinates to write (default: those usual for OUT)")
    convert.add_argument("--like", type=_path, metavar="IMAGE", help="the image whose voxels `--to voxel` means")
    convert.set_defaults(
        run=lambda arguments: commands.convert(arguments.source, arguments.target, arguments.to, arguments.like)
    )


def _add_demo(steps: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    demo = steps.add_parser("demo", help="compute and show the points of a generated scoliotic spine; needs no file")
    demo.add_argument("--out", type=_path, default=Path("demo"), metavar="DIR", help="folder for the results (default: demo)")
    demo.add_argument("--quiet", action="store_true", help="no progress bar")
    demo.set_defaults(run=lambda arguments: commands.demo(arguments.out, quiet=arguments.quiet))


def _poi(arguments: argparse.Namespace) -> int:
    levels = None if arguments.levels is None else parse_levels(arguments.levels)
    only = None if arguments.only is None else parse_points(arguments.only)
    return commands.poi(
        arguments.subregions,
        arguments.vertebrae,
        arguments.out,
        rules=arguments.rules,
        levels={level.id for level in levels} if levels else None,
        only={point.id for point in only} if only else None,
        report=arguments.report,
        quiet=arguments.quiet,
    )


def _points(_: argparse.Namespace) -> int:
    for point in POINTS:
        print(f"{point.id:4d}  {point.name:50s} {point.family}")
    return 0
