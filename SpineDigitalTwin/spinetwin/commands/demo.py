"""`spinetwin demo`: everything at once, on a generated spine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .common import make_folder, path_of, progress_bar, report, summary

if TYPE_CHECKING:
    from .common import Steps


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    demo = steps.add_parser("demo", help="compute and show the points of a generated scoliotic spine; needs no file")
    demo.add_argument("--out", type=path_of, default=Path("demo"), metavar="DIR", help="folder for the results (default: demo)")
    demo.add_argument("--quiet", action="store_true", help="no progress bar")
    demo.set_defaults(run=lambda arguments: run(arguments.out, quiet=arguments.quiet))


def run(out: Path, *, quiet: bool = False) -> int:
    """Make a scoliotic spine, compute its points, write everything into `out` and say where."""
    from ..io import write_label_map, write_pois
    from ..phantom import Curve, SpineParameters, make_spine
    from ..poi.compute import compute_pois

    make_folder(out)
    with progress_bar("spine", quiet) as progress:
        progress(0.0, "shape")
        spine = make_spine(SpineParameters(curves=(Curve(25.0),)))
        maps = spine.voxelise(spine.grid())
        progress(1.0, "done")
    with progress_bar("points", quiet) as progress:
        points = compute_pois(maps, progress=progress)
    write_label_map(out / "subregions.nii.gz", maps.subregions, maps.grid)
    write_label_map(out / "vertebrae.nii.gz", maps.vertebrae, maps.grid)
    write_pois(out / "spine.mrk.json", points)
    print(summary(points))
    print(f"Points for 3D Slicer: {out / 'spine.mrk.json'}")
    report(maps, points, out / "report", title="Generated spine, Cobb angle 25 degrees", quiet=quiet)
    return 0
