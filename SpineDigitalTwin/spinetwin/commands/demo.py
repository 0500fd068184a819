"""`spinetwin demo`: everything at once, on a generated spine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .common import make_folder, path_of, progress_bar, report, summary

if TYPE_CHECKING:
    from ..geometry import LabelMaps
    from ..phantom import Spine
    from .common import Steps


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    demo = steps.add_parser("demo", help="compute and show the points of a generated scoliotic spine; needs no file")
    demo.add_argument("--out", type=path_of, default=Path("demo"), metavar="DIR", help="folder for the results (default: demo)")
    demo.add_argument("--quiet", action="store_true", help="no progress bar")
    demo.add_argument(
        "--from-image",
        action="store_true",
        help="begin with an image of its lumbar part, and segment it with the embedded network",
    )
    demo.set_defaults(run=lambda arguments: run(arguments.out, quiet=arguments.quiet, from_image=arguments.from_image))


def run(out: Path, *, quiet: bool = False, from_image: bool = False) -> int:
    """Make a scoliotic spine, compute its points, write everything into `out` and say where.

    From an image, the maps are what the embedded network finds in it, and not the truth.
    """
    from ..io import write_label_map, write_pois
    from ..phantom import Curve, SpineParameters, make_spine
    from ..poi.compute import compute_pois

    make_folder(out)
    with progress_bar("spine", quiet) as progress:
        progress(0.0, "shape")
        spine = make_spine(SpineParameters(curves=(Curve(25.0),)))
        maps = None if from_image else spine.voxelise(spine.grid())
        progress(1.0, "done")
    maps = maps or _segmented(spine, out, quiet)
    with progress_bar("points", quiet) as progress:
        points = compute_pois(maps, progress=progress)
    write_label_map(out / "subregions.nii.gz", maps.subregions, maps.grid)
    write_label_map(out / "vertebrae.nii.gz", maps.vertebrae, maps.grid)
    write_pois(out / "spine.mrk.json", points)
    print(summary(points))
    print(f"Points for 3D Slicer: {out / 'spine.mrk.json'}")
    report(maps, points, out / "report", title="Generated spine, Cobb angle 25 degrees", quiet=quiet)
    return 0


def _segmented(spine: Spine, out: Path, quiet: bool) -> LabelMaps:
    """Take a T2w image of a spine, write it into `out`, and return what the embedded network makes of it."""
    from ..io import write_volume
    from ..phantom import ImageParameters, image_grid, render_image
    from ..segmentation.backends import EmbeddedBackend, Request, choose

    grid = image_grid(spine, "lumbar")
    with progress_bar("image", quiet) as progress:
        progress(0.0, "T2w")
        image = render_image(spine, grid, ImageParameters("t2w"), np.random.default_rng(0))
        write_volume(out / "image.nii.gz", image, grid)
        progress(1.0, "done")
    request = Request(lambda: image, grid)
    backend, _ = choose("embedded", request, (EmbeddedBackend(),))
    with progress_bar("segment", quiet) as progress:
        found = backend.run(request, progress)
    for each in found.warnings:
        print(f"Warning: {each}")
    return found.maps
