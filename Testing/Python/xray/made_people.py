"""A person who lies in a scanner and then stands before two films: the same bones in two postures."""

from dataclasses import replace

import numpy as np
from spinetwin.geometry import Grid
from spinetwin.io import write_label_map, write_pois, write_volume
from spinetwin.io.film_forms import write_landmarks
from spinetwin.phantom import Curve, Spacing, SpineParameters, make_spine
from spinetwin.poi.compute import compute_pois
from spinetwin.xray.synthetic import FilmLook, clicked_landmarks, films_of, usual_cameras

PIXELS, PIXEL_MM = 300, 0.9
LYING = {"lordosis": 35.0}
STANDING = {"lordosis": 62.0, "curves": (Curve(26.0, apex="L2", half_length=2),)}


def lying_and_standing(levels="L1-L3", seed=7):
    """Return the same vertebrae in both postures, the standing ones around the origin."""
    lying, standing = (
        make_spine(SpineParameters(levels=levels, **posture), np.random.default_rng(seed)) for posture in (LYING, STANDING)
    )
    # joints follow the posture; bones do not
    standing = replace(standing, shapes=lying.shapes)
    middle = np.mean([each.origin for each in standing.frames.values()], axis=0)
    return lying, standing.transformed(np.eye(3), -middle)


def write_scan(folder, spine, spacing=(1.0, 1.0, 1.0), points=True):
    """Write label maps, and perhaps points, of a lying person."""
    folder.mkdir(exist_ok=True)
    grid = spine.grid(Spacing(*spacing), "LPS", margin_mm=6.0)
    maps = spine.voxelise(grid)
    write_label_map(folder / "subregions.nii.gz", maps.subregions, grid)
    write_label_map(folder / "vertebrae.nii.gz", maps.vertebrae, grid)
    if points:
        write_pois(folder / "lying.mrk.json", compute_pois(maps))


def write_films(folder, spine, seed=4, click_mm=1.0, look=None):
    """Write films of a standing person and the landmarks that were clicked on them."""
    rng = np.random.default_rng(seed)
    cameras = usual_cameras(PIXELS, PIXEL_MM)
    folder.mkdir(exist_ok=True)
    for film in films_of(spine, cameras, look or FilmLook(voxel_mm=1.0), rng):
        write_picture(folder / f"{film.view}.nii.gz", film.values)
    write_landmarks(folder / "marks.csv", clicked_landmarks(spine, cameras, rng, click_mm))


def write_picture(path, values):
    write_volume(path, values.T[:, :, None].astype(np.float32), Grid((*values.T.shape, 1), np.eye(4)))


def command(folder, out, *more):
    """Return the words of a command on such films."""
    films = [str(folder / f"{view}.nii.gz") for view in ("frontal", "lateral")]
    geometry = ["--sdd", "1800", "--sod", "1500", "--pixel", str(PIXEL_MM)]
    return ["xray", *films, *geometry, "--landmarks", str(folder / "marks.csv"), "--out", str(out), "--quiet", *more]
