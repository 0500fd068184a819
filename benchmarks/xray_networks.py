"""The network that finds landmarks and bones on radiographs, in the layout of the tables of Yu et al.; films are synthetic.

Films come from the generator that the network was trained with, from seeds that it never saw; how well it does on films of
patients is not measured here. The second part takes films of phantoms whose rays are marched through voxels, which share no
renderer with the training, and goes from the films alone to standing vertebrae, as `spinetwin xray --auto` does.
Run ``python benchmarks/xray_networks.py [--pairs N] [--model DIR] [--record]``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from spinetwin.anatomy import level as level_of
from spinetwin.errors import SpineTwinError
from spinetwin.geometry import FloatArray
from spinetwin.jobs.standing_models import kept_model
from spinetwin.phantom import Curve, SpineParameters, make_spine
from spinetwin.xray.films import Film
from spinetwin.xray.landmarks import LANDMARKS, VIEWS, Landmarks
from spinetwin.xray.networks.contrast import network_input
from spinetwin.xray.networks.finding import found_landmarks
from spinetwin.xray.networks.model import DESCRIPTION, FOLDER, Description, Run, open_network, read_description
from spinetwin.xray.networks.reading import Reading, reading_of
from spinetwin.xray.networks.spots import spotted
from spinetwin.xray.standing import reconstruct

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))
from radiographs.data import View, radiographs
from radiographs.landmarks.recipe import RECIPE
from radiographs.landmarks.samples import EVALUATED

RATES_MM = (2.0, 4.0, 6.0)
OWN_MM = 12.0
"""A vertebra that was found is the one whose centre lies nearest, and at most so far."""

SEEN_MM = 2.0
"""Least thickness of bone that belongs to a mask."""

_ENDPLATES = [LANDMARKS.index(f"{side}_endplate") for side in ("superior", "inferior")]
_PHANTOMS = ((), (Curve(25, apex="L2", half_length=3),), (Curve(45, apex="L1", half_length=3),))


@dataclass(frozen=True)
class Measured:
    """What was measured on one film.

    Attributes
    ----------
    away : (n, 7) array
        Distance of every landmark of a vertebra that was found, mm; NaN where the film does not show it.
    visible, invented : int
        Vertebrae on the film; vertebrae that were found where none is.
    dice, psnr, ssim : float
        Of the decomposition.
    """

    away: FloatArray
    visible: int
    invented: int
    dice: float
    psnr: float
    ssim: float


def measured(view: View, name: str, run: Run, description: Description) -> Measured:
    """Let the network look at one film of the generator."""
    film = Film(name, view.film.astype(np.float64), view.camera)
    reading = reading_of(film, description.pixel_mm)
    heat, offsets, bone = run(network_input(reading.values, lateral=name == "lateral"))
    centres = view.landmarks[:, _ENDPLATES].mean(axis=1)
    rows, columns = view.film.shape
    place = np.rint(centres).astype(int)
    held = np.clip(place, 0, (columns - 1, rows - 1))
    shown = ((place >= 0) & (place < (columns, rows))).all(axis=1) & view.open[held[:, 1], held[:, 0]]
    away, invented = [], 0
    for each in spotted(heat, offsets):
        apart = np.linalg.norm(centres - reading.on_film(each.centre), axis=1) * film.pixel_mm
        nearest = int(apart.argmin())
        if apart[nearest] > OWN_MM:
            invented += 1
        elif shown[nearest]:
            wrong = np.linalg.norm(reading.on_film(each.marks) - view.landmarks[nearest], axis=1) * film.pixel_mm
            away.append(np.where(view.visible[nearest], wrong, np.nan))
    truth = (view.bone * view.open).astype(np.float64)
    return Measured(
        np.array(away).reshape(-1, len(LANDMARKS)), int(shown.sum()), invented, *likeness(_on_film(bone, reading), truth)
    )


def _on_film(image: np.ndarray, reading: Reading) -> FloatArray:
    """Return an image of the network's pixels on those of the film, whose columns and rows run the same way."""
    from scipy.ndimage import affine_transform

    step = 1.0 / reading.film_px[::-1]
    return affine_transform(image.astype(np.float64), step, 0.5 * step - 0.5, output_shape=reading.size[::-1], order=1)


def likeness(found: FloatArray, truth: FloatArray) -> tuple[float, float, float]:
    """Return Dice of the masks, peak signal-to-noise ratio and structural similarity of two images of thickness, mm."""
    from scipy.ndimage import gaussian_filter

    mine, yours = found > SEEN_MM, truth > SEEN_MM
    dice = 2.0 * float((mine & yours).sum()) / max(float(mine.sum() + yours.sum()), 1.0)
    top = float(truth.max())
    psnr = 10.0 * float(np.log10(top**2 / max(float(((found - truth) ** 2).mean()), 1e-12)))
    a, b = (gaussian_filter(each, 1.5) for each in (found, truth))
    aa, bb, ab = (gaussian_filter(x * y, 1.5) for x, y in ((found, found), (truth, truth), (found, truth)))
    low, contrast = (0.01 * top) ** 2, (0.03 * top) ** 2
    alike = (2 * a * b + low) * (2 * (ab - a * b) + contrast) / ((a**2 + b**2 + low) * (aa - a**2 + bb - b**2 + contrast))
    return dice, psnr, float(alike.mean())


def row_of(away: FloatArray) -> dict[str, float]:
    """Return mean distance and success rates of landmarks, those that no film shows left out."""
    known = away[~np.isnan(away)]
    if not known.size:
        return {"mean_mm": float("nan"), **{f"within_{rate:g}_mm": float("nan") for rate in RATES_MM}}
    return {"mean_mm": float(known.mean()), **{f"within_{rate:g}_mm": float((known <= rate).mean()) for rate in RATES_MM}}


def on_generated_films(run: Run, description: Description, pairs: int) -> dict[str, dict[str, float]]:
    """Print and return the tables of landmarks and decomposition."""
    films: dict[str, list[Measured]] = {view: [] for view in VIEWS}
    for number in range(pairs):
        made = radiographs(np.random.default_rng([RECIPE.seed, EVALUATED + number]), RECIPE.films)
        for view in VIEWS:
            films[view].append(measured(made.views[view], view, run, description))
    summary: dict[str, dict[str, float]] = {}
    print(f"Landmarks on {pairs} pairs of synthetic films never trained on (distances on the film, at the patient)")
    print(f"{'view':9s}{'landmark':20s}{'mean mm':>9s}" + "".join(f"{f'<= {rate:g} mm':>10s}" for rate in RATES_MM))
    for view, found in films.items():
        away = np.concatenate([each.away for each in found])
        for name, column in [*zip(LANDMARKS, away.T, strict=True), ("all", away)]:
            row = row_of(column)
            rates = "".join(f"{100 * row[f'within_{rate:g}_mm']:9.1f}%" for rate in RATES_MM)
            print(f"{view:9s}{name:20s}{row['mean_mm']:9.2f}{rates}")
        visible = sum(each.visible for each in found)
        summary[view] = row_of(away) | {
            "vertebrae_found": len(away) / max(visible, 1),
            "vertebrae_invented": sum(each.invented for each in found) / max(visible, 1),
        }
        summary[view] |= {name: float(np.mean([getattr(each, name) for each in found])) for name in ("dice", "psnr", "ssim")}
    print(f"\n{'view':9s}{'found':>8s}{'invented':>10s}{'Dice':>8s}{'PSNR':>8s}{'SSIM':>8s}   (decomposition)")
    for view, row in summary.items():
        shares = f"{100 * row['vertebrae_found']:7.1f}%{100 * row['vertebrae_invented']:9.1f}%"
        print(f"{view:9s}{shares}{row['dice']:8.3f}{row['psnr']:8.1f}{row['ssim']:8.3f}")
    return summary


def on_phantom_films(run: Run, description: Description) -> None:
    """Print, for phantoms whose films are marched through voxels, how near the landmarks and the vertebrae of L1 to L5 come."""
    from spinetwin.commands.phantom_films import film_set
    from xray import errors_of

    levels = [level_of(f"L{number}").id for number in range(1, 6)]
    print("\nFilms alone, phantoms of whole spines, marched through voxels: L1 to L5")
    print(
        f"{'curve':12s}{'levels':>11s}{'frontal mm':>12s}{'lateral mm':>12s}{'mean / max mm':>16s}{'flagged':>9s}{'CPU-s':>8s}"
    )
    for seed, curves in enumerate(_PHANTOMS):
        rng = np.random.default_rng(seed)
        spine = make_spine(SpineParameters(levels="C3-S1", curves=curves), rng)
        made = film_set(spine, rng)
        name = f"Cobb {curves[0].cobb:g}" if curves else "straight"
        begun = time.process_time()
        try:
            found = found_landmarks(made.films, run, description, levels[-1])
            there = [key for key in levels if key in found.levels]
            standing = reconstruct(made.films, found, there, kept_model)
        except SpineTwinError as error:
            print(f"{name:12s}  {error}")
            continue
        seconds = time.process_time() - begun
        errors = errors_of(spine, standing.found)
        near = "".join(
            f"{_mean_mm(found, made.landmarks, view, film, there):12.2f}" for view, film in zip(VIEWS, made.films, strict=True)
        )
        apart = f"{errors.mean.mean():.2f} / {errors.hausdorff.mean():.1f}"
        flagged = sum(bool(each.reasons) for each in standing.judged)
        print(
            f"{name:12s}{len(there):6d} of 5{near}{apart:>16s}{flagged:4d} of {len(standing.judged)}{seconds:8.1f}", flush=True
        )


def _mean_mm(found: Landmarks, truth: Landmarks, view: str, film: Film, levels: Sequence[int]) -> float:
    """Return the mean distance of the landmarks of some levels on one film, mm at the patient."""
    apart = [
        float(np.linalg.norm(at - truth.seen[key, name, each])) * film.pixel_mm
        for (key, name, each), at in found.seen.items()
        if each == view and key in levels
    ]
    return float(np.mean(apart)) if apart else float("nan")


def record(folder: Path, summary: dict[str, dict[str, float]], pairs: int) -> None:
    """Write what was measured into the description beside the weights."""
    path = folder / DESCRIPTION
    content = json.loads(path.read_text(encoding="utf-8"))
    rounded = {view: {name: round(value, 4) for name, value in row.items()} for view, row in summary.items()}
    content["measured"] = {"on": f"{pairs} pairs of synthetic radiographs never trained on", **rounded}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=100, help="pairs of films of the generator")
    parser.add_argument("--model", type=Path, default=FOLDER, help="folder of the weights (default: those of the package)")
    parser.add_argument("--record", action="store_true", help="write the result beside the weights")
    asked = parser.parse_args()
    description = read_description(asked.model)
    run = open_network(description, asked.model)
    print(f"Trained {description.trained}")
    summary = on_generated_films(run, description, asked.pairs)
    if asked.record:
        record(asked.model, summary, asked.pairs)
    on_phantom_films(run, description)


if __name__ == "__main__":
    main()
