"""`spinetwin convert`: points from one format to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ParameterError
from .common import count, path_of

if TYPE_CHECKING:
    from .common import Steps


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    convert = steps.add_parser("convert", help="convert points between .mrk.json, .mkr.json, TPTBox .json and .csv")
    convert.add_argument("source", type=path_of, metavar="IN")
    convert.add_argument("target", type=path_of, metavar="OUT")
    convert.add_argument("--to", choices=("lps", "ras", "voxel"), help="coordinates to write (default: those usual for OUT)")
    convert.add_argument("--like", type=path_of, metavar="IMAGE", help="the image whose voxels `--to voxel` means")
    convert.set_defaults(run=lambda arguments: run(arguments.source, arguments.target, arguments.to, arguments.like))


def run(source: Path, target: Path, space: str | None, like: Path | None) -> int:
    """Read points from one format and write them in another."""
    from ..io import read_pois, read_volume, write_pois

    if space == "voxel" and like is None:
        raise ParameterError("Voxel coordinates need an image.", "Name it with --like IMAGE.")
    points = read_pois(source)
    write_pois(target, points, space=space, like=read_volume(like)[1] if like else None)
    print(f"{count(points.levels, 'level')}, {count(points, 'point')}: {target}")
    return 0
