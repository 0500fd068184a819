"""`spinetwin phantom`: a made-up spine, its label maps and image, and everything that is true of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..anatomy import level
from ..errors import ParameterError
from .common import make_folder, path_of, progress_bar
from .phantom_films import FilmSet, film_set, write_films
from .phantom_leftovers import SURFACE_FOLDER, SURFACES, TRUTHS, refuse_leftovers
from .phantom_options import add_options, measured_of, scan_of, spine_of
from .phantom_scan import LABELS, Scan

if TYPE_CHECKING:
    from ..geometry import Grid, LabelMaps
    from ..geometry.surfaces import Surface
    from ..phantom import Fit, GroundTruth, Spine
    from ..poi import PoiSet
    from .common import Progress, Steps
    from .phantom_options import Measured

USUAL_SEED = 0
"""Of the noise, where no seed was given."""


@dataclass(frozen=True)
class Extras:
    """What is written on request, or left out: closed surfaces ("vtp", "stl" or ""), muscles, two radiographs, the truth."""

    surfaces: str = ""
    muscles: bool = False
    films: bool = False
    truth: bool = True

    def __post_init__(self) -> None:
        if self.surfaces not in ("", *SURFACES):
            raise ParameterError(f"Surfaces are written as {' or '.join(SURFACES)}, not as {self.surfaces!r}.")
        if (self.surfaces or self.films) and find_spec("vtkmodules") is None:
            what = "Surfaces" if self.surfaces else "Radiographs"
            raise ParameterError(f"{what} need VTK, which is not installed.", "Install it with: pip install vtk.")


@dataclass(frozen=True)
class Results:
    """Everything that will be written: volumes and surfaces by file name, and the truth (None where nobody wants it)."""

    grid: Grid
    volumes: Mapping[str, npt.NDArray[Any]]
    surfaces: Mapping[str, Surface]
    truth: GroundTruth | None
    films: FilmSet | None = None


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    phantom = steps.add_parser("phantom", help="make a spine whose points, angles and dimensions are known exactly")
    phantom.add_argument("--out", type=path_of, required=True, metavar="DIR", help="folder for the results")
    phantom.add_argument("--surfaces", metavar="FORMAT", help="also write closed surfaces: vtp or stl (needs VTK)")
    phantom.add_argument("--quiet", action="store_true", help="no progress bar")
    phantom.add_argument(
        "--no-truth", action="store_true", help="leave truth.json and truth.mrk.json out, which take longer than the label maps"
    )
    phantom.add_argument("--muscles", action="store_true", help="also write a map of the muscles around the spine")
    phantom.add_argument(
        "--films", action="store_true", help="also write two calibrated radiographs to try `spinetwin xray` on (needs VTK)"
    )
    add_options(phantom)
    phantom.set_defaults(run=_asked)


def _asked(arguments: argparse.Namespace) -> int:
    scan, measured = scan_of(arguments), measured_of(arguments)
    spine = spine_of(arguments, measured)
    made_of = {
        "seed": arguments.seed,
        "spine": _said(spine),
        "measured": None if measured is None else _plain(measured),
        **({} if spine.fit is None else {"measured_fit": _fitted(spine.fit)}),
        "scan": asdict(scan),
    }
    if spine.fit is not None and spine.fit.outliers:
        print(f"Warning: {_left_out(spine.fit)}", file=sys.stderr)
    extras = Extras(arguments.surfaces or "", arguments.muscles, arguments.films, not arguments.no_truth)
    return run(spine, scan, arguments.out, made_of=made_of, extras=extras, quiet=arguments.quiet)


_UNSAID = ("degeneration", "grades", "ribs")
"""Parameters that a file names only where they were asked for."""


def _said(spine: Spine) -> dict[str, Any]:
    """Return what a spine was asked to be; of a measured one nothing of its posture."""
    from ..phantom.posture.parameters import DESCRIBED

    usual = type(spine.parameters)()
    return {
        name: value
        for name, value in asdict(spine.parameters).items()
        if (name not in _UNSAID or getattr(spine.parameters, name) != getattr(usual, name))
        and (name not in DESCRIBED or spine.fit is None)
    }


def _fitted(fit: Fit) -> dict[str, Any]:
    """Return how well a posture meets the measured centres."""
    return {
        "size": fit.size,
        "residuals_mm": {level(key).name: away for key, away in fit.residuals.items()},
        "levels_left_out": [level(key).name for key in fit.outliers],
    }


def _left_out(fit: Fit) -> str:
    """Name the levels that a posture does not follow."""
    each = ", ".join(f"{level(key).name} ({fit.residuals[key]:.0f} mm)" for key in fit.outliers)
    return f"these measured centres lie so far from a smooth column that they were left out: {each}."


def _plain(measured: Measured) -> dict[str, list[list[float] | None]]:
    """Return body centre, left and right pedicle by level name, None for a point that is missing."""
    return {
        level(key).name: [row.tolist() if np.isfinite(row).all() else None for row in points]
        for key, points in measured.items()
    }


def run(
    spine: Spine, scan: Scan, out: Path, *, made_of: dict[str, Any], extras: Extras | None = None, quiet: bool = False
) -> int:
    """Look at a spine, compute its truth, write everything into `out` and say where.

    `made_of` is what the truth file keeps to make the spine again; its "seed" also rules the noise of the image. Nothing is
    written before everything is computed, and every file is written whole or not at all.
    """
    from ..jobs.phantom_memory import check_phantom_memory

    extras = extras or Extras()
    grid = scan.grid(spine)
    scan.check(spine)
    check_phantom_memory(grid, scan.modality)
    make_folder(out)
    refuse_leftovers(out, _kinds(scan, extras))
    with progress_bar("phantom", quiet) as progress:
        results = _computed(spine, scan, grid, made_of, extras, progress)
    refuse_leftovers(out, _kinds(scan, extras), results.surfaces)
    for path in _written(results, out):
        print(path)
    return 0


def _kinds(scan: Scan, extras: Extras) -> set[str]:
    """Return which of the results that not every run has this one has, as `leftovers` names them."""
    asked = {
        "image": scan.modality != LABELS,
        "muscles": extras.muscles,
        "truth": extras.truth,
        "surfaces": bool(extras.surfaces),
        "films": extras.films,
    }
    return {kind for kind, wanted in asked.items() if wanted}


def _computed(spine: Spine, scan: Scan, grid: Grid, made_of: dict[str, Any], extras: Extras, progress: Progress) -> Results:
    from ..phantom import MUSCLES, ground_truth, muscle_map

    progress(0.0, "label maps")
    maps = spine.voxelise(grid, scan.endplates, scan.convention)
    volumes: dict[str, npt.NDArray[Any]] = {"subregions": maps.subregions, "vertebrae": maps.vertebrae}
    levels = visible_levels(maps, spine)
    progress(0.1, "image")
    image = scan.image(spine, grid, np.random.default_rng((made_of.get("seed") or USUAL_SEED, 1)))
    if image is not None:
        volumes["image"] = image
    if extras.muscles:
        volumes["muscles"] = muscle_map(spine, grid)
        made_of = {**made_of, "muscles": {str(label): name for label, name in MUSCLES.items()}}
    progress(0.4, "truth")
    truth = ground_truth(spine, levels, made_of) if extras.truth else None
    progress(0.9, "surfaces")
    meshes = _meshes(spine, levels, extras.surfaces) if extras.surfaces else {}
    progress(0.95, "films")
    films = film_set(spine, np.random.default_rng((made_of.get("seed") or USUAL_SEED, 2))) if extras.films else None
    progress(1.0, "done")
    return Results(grid, volumes, meshes, truth, films)


def _meshes(spine: Spine, levels: tuple[int, ...], ending: str) -> dict[str, Surface]:
    from ..phantom.surfaces import surfaces

    return {f"{name}.{ending}": mesh for name, mesh in surfaces(spine, levels)}


def visible_levels(maps: LabelMaps, spine: Spine) -> tuple[int, ...]:
    """Return the levels of which at least a part lies in the image, from the top."""
    found = set(np.flatnonzero(np.bincount(maps.vertebrae.ravel())).tolist())
    return tuple(key for key in spine.shapes if key in found)


def _written(results: Results, out: Path) -> Iterator[Path]:
    """Write one file after the other and yield its path."""
    from ..io import write_pois, write_volume
    from ..io.surfaces import write_surface
    from ..io.truth import write_truth

    for name, volume in results.volumes.items():
        write_volume(out / f"{name}.nii.gz", volume, results.grid)
        yield out / f"{name}.nii.gz"
    if results.truth:
        complete, points = (out / name for name in TRUTHS)
        write_truth(complete, results.truth)
        yield complete
        write_pois(points, _as_pois(results.truth))
        yield points
    if results.surfaces:
        make_folder(out / SURFACE_FOLDER)
    for name, surface in results.surfaces.items():
        write_surface(out / SURFACE_FOLDER / name, surface)
        yield out / SURFACE_FOLDER / name
    if results.films:
        yield from write_films(results.films, out)


def _as_pois(truth: GroundTruth, rules: str = "paper") -> PoiSet:
    from ..poi import Poi, PoiSet, Status

    return PoiSet.of(
        Poi(key, poi, Status.OK, (float(at[0]), float(at[1]), float(at[2])), source=f"phantom, {rules}")
        for (key, poi), at in truth.points[rules].items()
    )
