"""A person's own vertebrae, scanned lying, put where two films show them standing (``--shape-from``); prints a table.

The phantom lies with little lordosis and stands with more of it and a curve; bones are the same, joints follow the posture.
The scan is label maps and the points that the rules find on them, so that errors of those points count, too. Films have marrow,
soft tissue and noise; landmarks are clicked with a standard deviation of 1 mm at the patient. Distances are those of the points
that the command writes from the true points of the standing phantom; seconds are those of the whole command, from the start of
Python to the last file. Run ``python benchmarks/xray_own.py [--seed N]``.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from spinetwin.geometry import FloatArray, Grid
from spinetwin.io import read_pois, write_label_map, write_pois, write_volume
from spinetwin.io.film_forms import write_landmarks
from spinetwin.phantom import Curve, Spine, SpineParameters, make_spine, truth
from spinetwin.poi.compute import compute_pois
from spinetwin.xray.landmarks import VIEWS
from spinetwin.xray.synthetic import FilmLook, clicked_landmarks, films_of, usual_cameras

LYING_LORDOSIS, STANDING_LORDOSIS = 35.0, 62.0
STANDING_CURVE = Curve(26.0, apex="L2", half_length=2)
PIXEL_MM = 0.834


@dataclass(frozen=True)
class Case:
    """Which levels are scanned and filmed, how large the voxels are (mm), and how many pixels the films have each way."""

    levels: str
    spacing: float
    pixels: int


CASES = (Case("L1-L3", 1.0, 512), Case("T1-L5", 1.5, 768))


def lying_and_standing(levels: str, seed: int) -> tuple[Spine, Spine]:
    """Return the same vertebrae in both postures, the middle of the standing ones at the origin."""
    postures = (
        SpineParameters(levels=levels, lordosis=LYING_LORDOSIS),
        SpineParameters(levels=levels, lordosis=STANDING_LORDOSIS, curves=(STANDING_CURVE,)),
    )
    # one person has one seed; a curve wedges bodies, but those of a person are the same in both postures
    lying, standing = (make_spine(each, np.random.default_rng(seed)) for each in postures)
    standing = replace(standing, shapes=lying.shapes)
    return lying, standing.transformed(np.eye(3), -np.mean([each.origin for each in standing.frames.values()], axis=0))


def write_scan(folder: Path, spine: Spine, spacing: float) -> None:
    """Write label maps, and the points that the rules find on them."""
    grid = spine.grid(spacing, margin_mm=6.0)
    maps = spine.voxelise(grid)
    write_label_map(folder / "subregions.nii.gz", maps.subregions, grid)
    write_label_map(folder / "vertebrae.nii.gz", maps.vertebrae, grid)
    write_pois(folder / "lying.mrk.json", compute_pois(maps))


def write_films(folder: Path, spine: Spine, pixels: int, rng: np.random.Generator) -> None:
    """Write both films, and the landmarks as they were clicked."""
    cameras = usual_cameras(pixels, PIXEL_MM)
    for film in films_of(spine, cameras, FilmLook(), rng):
        picture = film.values.T[:, :, None].astype(np.float32)
        write_volume(folder / f"{film.view}.nii.gz", picture, Grid(picture.shape, np.eye(4)))
    write_landmarks(folder / "marks.csv", clicked_landmarks(spine, cameras, rng))


def posed(films: Path, scan: Path, out: Path) -> float:
    """Run the command, and return its CPU seconds."""
    geometry = ("--sdd", "1800", "--sod", "1500", "--pixel", f"{PIXEL_MM}")
    words = [*(str(films / f"{view}.nii.gz") for view in VIEWS), *geometry, "--landmarks", str(films / "marks.csv")]
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "spinetwin", "xray", *words, "--shape-from", str(scan), "--out", str(out), "--quiet"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime


def apart(points: Path, standing: Spine) -> FloatArray:
    """Return how far the points of a file are from the true ones, mm."""
    exact = truth(standing).points
    there = [poi for poi in read_pois(points) if poi.position and poi.key in exact]
    return np.array([np.linalg.norm(np.array(poi.position) - exact[poi.key]) for poi in there])


def main() -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    print(f"{'levels':8s}{'voxels':>8s}{'points':>8s}{'median':>8s}{'90 %':>7s}{'largest':>9s} mm{'CPU-s':>8s}")
    for case in CASES:
        rng = np.random.default_rng(asked.seed)
        lying, standing = lying_and_standing(case.levels, asked.seed)
        with tempfile.TemporaryDirectory() as folder:
            scan, films, out = (Path(folder) / name for name in ("scan", "films", "out"))
            for each in (scan, films):
                each.mkdir()
            write_scan(scan, lying, case.spacing)
            write_films(films, standing, case.pixels, rng)
            posed(films, scan, out)  # the first run also compiles
            seconds = posed(films, scan, out)
            away = apart(out / "points.mrk.json", standing)
        places = f"{np.median(away):8.2f}{np.percentile(away, 90):7.2f}{away.max():9.1f}"
        print(f"{case.levels:8s}{case.spacing:8.1f}{len(away):8d}{places}   {seconds:8.1f}", flush=True)


if __name__ == "__main__":
    main()
