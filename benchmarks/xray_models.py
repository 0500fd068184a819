"""Two radiographs reconstructed with shape models built from other people's label maps, beside the procedural one.

All on phantoms. The people of the models are voxelised to 1 mm and go through everything that `spinetwin shape-model` does;
those on the films are others of the same family, so that this tells what a few people's label maps are worth, and nothing of
real films. Films have marrow, soft tissue and noise, the second camera stands half a degree and one per cent from where the fit
is told (`xray.HARD`). Run ``python benchmarks/xray_models.py [--models DIR | --people N --vertices N] [--films N]``; DIR is
what `spinetwin shape-model` wrote.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from spinetwin.cli import main as spinetwin
from spinetwin.io import write_label_map
from spinetwin.jobs.shape_models import stored_models
from spinetwin.jobs.standing_models import kept_model
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.xray.fit import fit, start_poses
from spinetwin.xray.shapes import ShapeModel
from spinetwin.xray.stages import STAGES
from spinetwin.xray.trust import agreements
from xray import FEW, HARD, LEVELS, Case, errors_of, films_for
from xray_sweep import person

_FIRST_SEED = 1000
_COBB = 10.0


def build(folder: Path, people: int, vertices: int) -> Path:
    """Build models of made-up people through the command, and say what it took."""
    begun = time.process_time()
    for number in range(people):
        spine = make_spine(SpineParameters(levels=LEVELS), np.random.default_rng(_FIRST_SEED + number))
        grid = spine.grid(1.0, margin_mm=6.0)
        maps, mine = spine.voxelise(grid), folder / "people" / f"p{number:02d}"
        mine.mkdir(parents=True)
        write_label_map(mine / "subregions.nii.gz", maps.subregions, grid)
        write_label_map(mine / "vertebrae.nii.gz", maps.vertebrae, grid)
    print(f"{people} people made: {time.process_time() - begun:.0f} CPU-s", flush=True)
    begun, out = time.process_time(), folder / "models"
    asked = ["--levels", LEVELS, "--vertices", str(vertices), "--out", str(out), "--quiet"]
    spinetwin(["shape-model", str(folder / "people"), *asked])
    print(f"Models built: {time.process_time() - begun:.0f} CPU-s", flush=True)
    return out


def compare(models: Path, films: int) -> None:
    """Print a row for each model and number of modes: mean / Hausdorff over all levels of all people."""
    kinds: dict[str, Callable[[int], ShapeModel]] = {"procedural": kept_model, "built": stored_models(models).model}
    loaded: dict[tuple[str, int], ShapeModel] = {}
    found: dict[tuple[str, int], list[tuple[float, ...]]] = {}
    for seed in range(films):
        rng = np.random.default_rng(seed)
        spine = person(_COBB, rng)
        case = Case("", spine, HARD, azimuth=0.5, magnified=1.01)
        seen, marks = films_for(case, rng)
        for kind, model_of in kinds.items():
            for key in spine.shapes:
                loaded.setdefault((kind, key), model_of(key))
            starts = start_poses(seen, marks, [loaded[kind, key] for key in spine.shapes])
            for modes, stages in ((14, FEW), (40, STAGES)):
                begun = time.process_time()
                done = fit(seen, starts, marks, stages, calibrate=True)
                took, errors = time.process_time() - begun, errors_of(spine, done)
                flagged = sum(bool(each.reasons) for each in agreements(done, seen, marks))
                numbers = errors.mean.mean(), errors.hausdorff.mean(), errors.cobb, errors.turn.mean(), flagged, took
                found.setdefault((kind, modes), []).append(tuple(float(each) for each in numbers))
    print(f"{'model':12s} modes    mean / max   Cobb  axial  flagged   CPU-s   ({films} people, five levels each)")
    for (kind, modes), rows in sorted(found.items(), reverse=True):
        mean, most, cobb, turn, flagged, took = np.mean(rows, axis=0)
        print(f"{kind:12s} {modes:5d}  {mean:5.2f} / {most:4.1f}  {cobb:5.2f}  {turn:5.2f}  {flagged:7.1f}  {took:6.1f}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, metavar="DIR")
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--vertices", type=int, default=5000, help="of a model")
    parser.add_argument("--films", type=int, default=4)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(asked.models or build(Path(folder), asked.people, asked.vertices), asked.films)


if __name__ == "__main__":
    main()
