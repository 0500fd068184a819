"""`spinetwin phantom`: a made-up spine, its label maps, and everything that is true of it."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .common import make_folder, path_of, progress_bar
from .phantom_options import Scan, add_options, scan_of, spine_of

if TYPE_CHECKING:
    from ..geometry import LabelMaps
    from ..phantom import GroundTruth, Spine
    from .common import Steps


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    phantom = steps.add_parser("phantom", help="make a spine whose points, angles and dimensions are known exactly")
    phantom.add_argument("--out", type=path_of, required=True, metavar="DIR", help="folder for the results")
    phantom.add_argument("--quiet", action="store_true", help="no progress bar")
    add_options(phantom)
    phantom.set_defaults(run=_asked)


def _asked(arguments: argparse.Namespace) -> int:
    return run(spine_of(arguments), scan_of(arguments), arguments.out, seed=arguments.seed, quiet=arguments.quiet)


def run(spine: Spine, scan: Scan, out: Path, *, seed: int | None = None, quiet: bool = False) -> int:
    """Put a spine on the grid of a scan, compute its truth, write everything into `out` and say where."""
    grid = scan.grid(spine)
    make_folder(out)
    with progress_bar("phantom", quiet) as progress:
        progress(0.0, "label maps")
        maps = spine.voxelise(grid)
        progress(0.3, "truth")
        truth = _truth(spine, scan, seed, visible_levels(maps, spine))
        progress(0.9, "files")
        written = _write(maps, truth, out)
        progress(1.0, "done")
    for path in written:
        print(path)
    return 0


def visible_levels(maps: LabelMaps, spine: Spine) -> tuple[int, ...]:
    """Return the levels of which at least a part lies in the image, from the top."""
    found = set(np.flatnonzero(np.bincount(maps.vertebrae.ravel())).tolist())
    return tuple(key for key in spine.shapes if key in found)


def _truth(spine: Spine, scan: Scan, seed: int | None, levels: tuple[int, ...]) -> GroundTruth:
    from ..phantom import ground_truth

    return ground_truth(spine, levels, {"seed": seed, "spine": asdict(spine.parameters), "scan": asdict(scan)})


def _write(maps: LabelMaps, truth: GroundTruth, out: Path) -> list[Path]:
    from ..io import write_label_map, write_pois
    from ..io.truth import write_truth
    from ..poi import Poi, PoiSet, Status

    names = ("subregions.nii.gz", "vertebrae.nii.gz", "truth.json", "truth.mrk.json")
    subregions, vertebrae, exact, marks = (out / name for name in names)
    write_label_map(subregions, maps.subregions, maps.grid)
    write_label_map(vertebrae, maps.vertebrae, maps.grid)
    write_truth(exact, truth)
    points = [
        Poi(key, poi, Status.OK, (float(at[0]), float(at[1]), float(at[2])), source="phantom, paper")
        for (key, poi), at in truth.points["paper"].items()
    ]
    write_pois(marks, PoiSet.of(points))
    return [subregions, vertebrae, exact, marks]
