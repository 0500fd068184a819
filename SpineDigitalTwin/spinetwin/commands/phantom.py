"""`spinetwin phantom`: a made-up spine, its label maps and image, and everything that is true of it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..anatomy import level
from ..errors import ParameterError
from .common import make_folder, path_of, progress_bar
from .phantom_options import add_options, measured_of, scan_of, spine_of
from .phantom_scan import Scan

if TYPE_CHECKING:
    from ..geometry import LabelMaps
    from ..geometry.surfaces import Surface
    from ..phantom import GroundTruth, Spine
    from ..poi import PoiSet
    from .common import Steps
    from .phantom_options import Measured

SURFACES = ("vtp", "stl")


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    phantom = steps.add_parser("phantom", help="make a spine whose points, angles and dimensions are known exactly")
    phantom.add_argument("--out", type=path_of, required=True, metavar="DIR", help="folder for the results")
    phantom.add_argument("--surfaces", metavar="FORMAT", help="also write closed surfaces: vtp or stl (needs VTK)")
    phantom.add_argument("--quiet", action="store_true", help="no progress bar")
    add_options(phantom)
    phantom.set_defaults(run=_asked)


def _asked(arguments: argparse.Namespace) -> int:
    if arguments.surfaces not in (None, *SURFACES):
        raise ParameterError(f"Surfaces are written as {' or '.join(SURFACES)}, not as {arguments.surfaces!r}.")
    scan, measured = scan_of(arguments), measured_of(arguments)
    spine = spine_of(arguments, measured)
    made_of = {
        "seed": arguments.seed,
        "spine": asdict(spine.parameters),
        "measured": None if measured is None else _plain(measured),
        "scan": asdict(scan),
    }
    return run(spine, scan, arguments.out, made_of=made_of, surfaces=arguments.surfaces, quiet=arguments.quiet)


def _plain(measured: Measured) -> dict[str, list[list[float] | None]]:
    """Return body centre, left and right pedicle by level name, None for a point that is missing."""
    return {
        level(key).name: [row.tolist() if np.isfinite(row).all() else None for row in points]
        for key, points in measured.items()
    }


def run(
    spine: Spine, scan: Scan, out: Path, *, made_of: dict[str, Any], surfaces: str | None = None, quiet: bool = False
) -> int:
    """Look at a spine, compute its truth, write everything into `out` and say where.

    `made_of` is what the truth file keeps to make the spine again; its "seed" also rules the noise of the image. Nothing is
    written before everything is computed, and every file is written whole or not at all.
    """
    from ..phantom import ground_truth

    grid = scan.grid(spine)
    make_folder(out)
    with progress_bar("phantom", quiet) as progress:
        progress(0.0, "label maps")
        maps = spine.voxelise(grid, convention=scan.convention)
        levels = visible_levels(maps, spine)
        progress(0.1, "image")
        image = scan.image(spine, grid, np.random.default_rng((made_of.get("seed") or 0, 1)))
        progress(0.4, "truth")
        truth = ground_truth(spine, levels, made_of)
        progress(0.9, "surfaces")
        meshes = _surfaces(spine, levels) if surfaces else {}
        progress(1.0, "done")
    for path in _written(out, maps, image, truth, {f"{name}.{surfaces}": mesh for name, mesh in meshes.items()}):
        print(path)
    return 0


def visible_levels(maps: LabelMaps, spine: Spine) -> tuple[int, ...]:
    """Return the levels of which at least a part lies in the image, from the top."""
    found = set(np.flatnonzero(np.bincount(maps.vertebrae.ravel())).tolist())
    return tuple(key for key in spine.shapes if key in found)


def _surfaces(spine: Spine, levels: tuple[int, ...]) -> dict[str, Surface]:
    from ..phantom.surfaces import surfaces

    return dict(surfaces(spine, levels))


def _written(
    out: Path, maps: LabelMaps, image: npt.NDArray[Any] | None, truth: GroundTruth, meshes: dict[str, Surface]
) -> Iterator[Path]:
    """Write one file after the other and yield its path."""
    from ..io import write_label_map, write_pois, write_volume
    from ..io.truth import write_truth

    write_label_map(out / "subregions.nii.gz", maps.subregions, maps.grid)
    yield out / "subregions.nii.gz"
    write_label_map(out / "vertebrae.nii.gz", maps.vertebrae, maps.grid)
    yield out / "vertebrae.nii.gz"
    if image is not None:
        write_volume(out / "image.nii.gz", image, maps.grid)
        yield out / "image.nii.gz"
    write_truth(out / "truth.json", truth)
    yield out / "truth.json"
    write_pois(out / "truth.mrk.json", _as_pois(truth))
    yield out / "truth.mrk.json"
    yield from _written_surfaces(out / "surfaces", meshes)


def _written_surfaces(folder: Path, meshes: dict[str, Surface]) -> Iterator[Path]:
    from ..io.surfaces import write_surface

    if meshes:
        make_folder(folder)
    for name, mesh in meshes.items():
        write_surface(folder / name, mesh)
        yield folder / name


def _as_pois(truth: GroundTruth, rules: str = "paper") -> PoiSet:
    from ..poi import Poi, PoiSet, Status

    return PoiSet.of(
        Poi(key, poi, Status.OK, (float(at[0]), float(at[1]), float(at[2])), source=f"phantom, {rules}")
        for (key, poi), at in truth.points[rules].items()
    )
