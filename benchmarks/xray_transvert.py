"""Vertebrae as volumes from two radiographs: the network TransVert beside the shapes that are fitted; prints two tables.

Every vertebra is compared in its block of 64 x 64 x 64 voxels of 1.5 mm with the exact surface of the phantom. The first table
is of films that were made by marching rays through voxels, of persons that no network was trained on: nothing of it is shared
with the training but the family of shapes. The second is of the radiographs of the training, with seeds that were never used,
and has the ablations, all of them trained side by side for the same few steps (``make transvert-ablations``): ``--networks``
names the folder of all. It needs the folder `training` beside this one. Dice, and the Hausdorff distance between both sets of
voxels, mm.
Run ``python benchmarks/xray_transvert.py [--seed N] [--persons N] [--pairs N] [--networks DIR]``.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt
from spinetwin.anatomy import level
from spinetwin.errors import ParameterError
from spinetwin.geometry.surfaces import Surface
from spinetwin.jobs.standing_models import kept_model
from spinetwin.phantom import Curve, SpineParameters, make_spine
from spinetwin.phantom.surfaces import usual_spacing, vertebra_surface
from spinetwin.xray.films import Film
from spinetwin.xray.fit import Fitted, fit, start_poses
from spinetwin.xray.networks.blocks import EDGE_MM, SIDE, Block, block_around, filled
from spinetwin.xray.networks.model import FOLDER
from spinetwin.xray.networks.volumes import WEIGHTS, VolumeNetwork, open_network, volume_of
from spinetwin.xray.synthetic import FilmLook, clicked_landmarks, films_of, usual_cameras

Mask = npt.NDArray[np.bool_]

FIELDS = ("T2-T7", "T7-T12", "L1-L5")
"""Levels on the films of the persons, in turn."""
MOST_COBB = 50.0
INSTALLED = "TransVert, as it is installed"
ABLATIONS = ("whole", "no-adversary", "no-attention", "no-centroid")
"""Trained for few steps: the network of the paper, and what it is without some part."""
SHAPES = "fitted shapes, voxelised"
REGIONS = ("thoracic", "lumbar")
_WORDS = {"whole": "few steps: whole", "no-adversary": "few steps: without the adversary"}
_WORDS |= {"no-attention": "few steps: no self-attention", "no-centroid": "few steps: no disc at the middle"}


@dataclass(frozen=True)
class Row:
    """How well one vertebra was found by one setup."""

    setup: str
    region: str
    dice: float
    hausdorff: float


def dice_of(found: Mask, right: Mask) -> float:
    """Return twice what both have, over what either has."""
    return 2.0 * float((found & right).sum()) / max(float(found.sum() + right.sum()), 1.0)


def hausdorff_of(found: Mask, right: Mask) -> float:
    """Return the largest distance of a voxel of either set from the other set, mm."""
    if not found.any() or not right.any():
        return float("inf")
    ways = (distance_transform_edt(~a, EDGE_MM)[b].max() for a, b in ((found, right), (right, found)))
    return float(max(ways))


def row_of(setup: str, key: int, found: Mask, right: Mask) -> Row:
    """Return the row of one vertebra."""
    return Row(setup, level(key).region, dice_of(found, right), hausdorff_of(found, right))


def on_grid(block: Block, surface: Surface) -> Mask:
    """Return which voxels of a block, all of 1.5 mm, lie in a surface."""
    return filled(block.grid().to_ijk(surface.vertices), surface.triangles)


def seen_on_grid(films: Sequence[Film], key: int, body: npt.ArrayLike, block: Block, network: VolumeNetwork) -> Mask:
    """Return which voxels of a block, all of 1.5 mm, a network sees as bone."""
    places = block.grid().to_ras(np.stack(np.meshgrid(*[np.arange(SIDE)] * 3, indexing="ij"), axis=-1))
    try:
        return np.asarray(volume_of(films, key, body, network.run).odds_at(places) > 0)
    except ParameterError:
        return np.zeros((SIDE, SIDE, SIDE), bool)


def persons(seed: int, count: int, network: VolumeNetwork | None) -> Iterator[Row]:
    """Yield rows of persons whose films are made of voxels."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        field = FIELDS[number % len(FIELDS)]
        curves = (Curve(float(rng.uniform(5.0, MOST_COBB)), apex="L2" if field == "L1-L5" else "T8"),) if number % 2 else ()
        spine = make_spine(SpineParameters(levels=field, curves=curves), rng)
        spine = spine.transformed(np.eye(3), -np.mean([frame.origin for frame in spine.frames.values()], axis=0))
        cameras = usual_cameras()
        films, marks = films_of(spine, cameras, FilmLook(), rng), clicked_landmarks(spine, cameras, rng)
        fitted = fit(films, start_poses(films, marks, [kept_model(key) for key in spine.shapes]), marks)
        truths = {
            key: vertebra_surface(shape, usual_spacing(shape)).placed(spine.frames[key]) for key, shape in spine.shapes.items()
        }
        yield from _rows_of_person(films, fitted, truths, network)


def _rows_of_person(
    films: tuple[Film, Film], fitted: Fitted, truths: dict[int, Surface], network: VolumeNetwork | None
) -> Iterator[Row]:
    for start, posed in zip(fitted.starts, fitted.vertebrae, strict=True):
        key, body = start.model.level, start.frame.origin
        block = block_around((films[0].camera, films[1].camera), body)
        right = on_grid(block, truths[key])
        yield row_of(SHAPES, key, on_grid(block, posed.surface), right)
        if network is not None:
            yield row_of(INSTALLED, key, seen_on_grid(films, key, body, block, network), right)


def held_out(pairs: int, networks: dict[str, VolumeNetwork]) -> Iterator[Row]:
    """Yield rows of radiographs like those of the training."""
    samples = importlib.import_module("radiographs.transvert.samples")
    recipe = importlib.import_module("radiographs.transvert.recipe").STAGES[-1]
    for number in range(pairs):
        for sample in samples.samples_of(recipe, samples.EVALUATED + number):
            for setup, network in networks.items():
                yield row_of(setup, sample.level, network.run(sample.shown[None])[0] > 0, sample.truth)


def opened(folder: Path) -> dict[str, VolumeNetwork]:
    """Return the installed network, and those of a folder, by setup."""
    found = {INSTALLED: open_network()} if (FOLDER / WEIGHTS).exists() else {}
    return found | {name: open_network(folder / name) for name in ABLATIONS if (folder / name / WEIGHTS).exists()}


def table(title: str, rows: Sequence[Row], setups: Sequence[str]) -> None:
    """Print mean Dice and Hausdorff distance of each setup, by region."""
    print(f"\n{title}")
    print(f"{'':34}" + "".join(f"{region:>10} Dice  Hausdorff" for region in (*REGIONS, "all")))
    for setup in setups:
        mine = [row for row in rows if row.setup == setup]
        if not mine:
            print(f"{_WORDS.get(setup, setup):34}not trained")
            continue
        cells = []
        for region in (*REGIONS, "all"):
            some = [row for row in mine if region in ("all", row.region)]
            dice, far = ((np.mean([getattr(row, name) for row in some]) if some else np.nan) for name in ("dice", "hausdorff"))
            cells.append(f"{dice:15.4f}{far:8.1f} mm")
        print(f"{_WORDS.get(setup, setup):34}{''.join(cells)}   ({len(mine)} vertebrae)")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2_000_000_000)
    parser.add_argument("--persons", type=int, default=6, help="of the first table")
    parser.add_argument("--pairs", type=int, default=25, help="pairs of films of the second table")
    parser.add_argument("--networks", type=Path, default=Path("transvert-ablations"), help="folder of the ablations")
    options = parser.parse_args()
    networks, start = opened(options.networks), time.process_time()
    rows = list(persons(options.seed, options.persons, networks.get(INSTALLED)))
    table(f"Films made of voxels, {options.persons} persons, landmarks clicked to 1 mm", rows, (INSTALLED, SHAPES))
    training = Path(__file__).resolve().parents[1] / "training"
    if networks and training.is_dir():
        sys.path.insert(0, str(training))
        rows = list(held_out(options.pairs, networks))
        title = f"Radiographs like those of the training, {options.pairs} pairs, their own perspective"
        table(title, rows, (INSTALLED, *ABLATIONS))
    print(f"\n{time.process_time() - start:.0f} CPU-s")


if __name__ == "__main__":
    main()
