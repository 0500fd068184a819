"""Two calibrated radiographs of a phantom, to try `spinetwin xray` on: films, geometry and landmarks whose truth is known.

They lie in the coordinates of the phantom, so that what is reconstructed from them can be laid over its truth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..anatomy import level
from ..anatomy.subregions import SubregionId as Sub

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..geometry import FloatArray, Grid
    from ..phantom import Spine, VertebraShape
    from ..xray.cameras import Camera
    from ..xray.films import Film
    from ..xray.landmarks import Landmarks

FOLDER = "films"

_SOURCE_DETECTOR_MM, _SOURCE_PATIENT_MM, _PIXEL_MM = 1800.0, 1500.0, 1.0
_PHOTONS = 1e5
"""That reach a pixel without a patient."""

_BONE_MM = 1.25
"""Voxels of the bones."""

_TRUNK_MM, _TRUNK_REACH = 8.0, 200.0
"""Voxels of the soft tissue, and how far it is followed around the spine."""

_RIM = 40.0
"""Left free around the spine, mm on the film."""


@dataclass(frozen=True)
class FilmSet:
    """A frontal and a lateral film, the form of their geometry, and the landmarks on both, exact to the pixel's fraction."""

    films: tuple[Film, Film]
    forms: Mapping[str, Mapping[str, Any]]
    landmarks: Landmarks


def film_set(spine: Spine, rng: np.random.Generator) -> FilmSet:
    """Take both films of a phantom as it stands; `rng` rules their noise."""
    from scipy.ndimage import gaussian_filter

    from ..phantom import tissue_map
    from ..xray.landmarks import VIEWS
    from ..xray.setups import Setup, camera_of
    from ..xray.synthetic import FilmLook, clicked_landmarks, films_of

    forms = {}
    cameras: list[Camera] = []
    for view in VIEWS:
        form, size = _framed(spine, view)
        setup = Setup().with_form(form, "the phantom")
        forms[view] = form
        cameras.append(camera_of(setup, view, size))
    pair = cameras[0], cameras[1]
    bones = films_of(spine, pair, FilmLook(soft_tissue=False, photons=0.0, voxel_mm=_BONE_MM), rng)
    around = spine.grid(_TRUNK_MM, margin_mm=_TRUNK_REACH)
    trunk = gaussian_filter((tissue_map(spine, around) > 0).astype(np.float64), 0.5)
    first, second = (replace(film, values=_developed(film, trunk, around, rng)) for film in bones)
    whole = replace(spine, shapes={key: shape for key, shape in spine.shapes.items() if _has_landmarks(shape)})
    return FilmSet((first, second), forms, clicked_landmarks(whole, pair, rng, click_mm=0.0))


def _developed(film: Film, trunk: FloatArray, grid: Grid, rng: np.random.Generator) -> FloatArray:
    """Return a film of bones with the soft tissue of the trunk and the noise of its photons, (rows, columns)."""
    from ..xray.synthetic import SOFT_PER_MM, march

    total = film.values + SOFT_PER_MM * march(trunk, grid, film.camera, _TRUNK_MM)
    return np.asarray(-np.log(np.maximum(rng.poisson(_PHOTONS * np.exp(-total)), 0.5) / _PHOTONS))


def _has_landmarks(shape: VertebraShape) -> bool:
    """Return whether a vertebra has a body of the usual form and a spinous process: C3 to L6, not after a laminectomy."""
    return level(shape.level).name not in ("C1", "C2") and {Sub.BODY_BORDER, Sub.SPINOUS} <= set(shape.subregions)


def _framed(spine: Spine, view: str) -> tuple[dict[str, Any], tuple[int, int]]:
    """Return the geometry of a film that the whole spine falls on, and its columns and rows."""
    from ..xray.setups import Setup, camera_of

    form: dict[str, Any] = {
        "source_detector_mm": _SOURCE_DETECTOR_MM,
        "source_patient_mm": _SOURCE_PATIENT_MM,
        "pixel_mm": _PIXEL_MM,
        "centre_px": [0.0, 0.0],
    }
    camera = camera_of(Setup().with_form(form, "the phantom"), view, (1, 1))
    seen = camera.project(_corners(spine))[:, :2]
    rim = _RIM / _PIXEL_MM
    low, high = np.floor(seen.min(axis=0) - rim), np.ceil(seen.max(axis=0) + rim)
    columns, rows = (high - low).astype(int).tolist()
    return {**form, "centre_px": (-low).tolist()}, (columns, rows)


def _corners(spine: Spine) -> FloatArray:
    """Return the corners (n, 3) of the boxes around all vertebrae, RAS mm."""
    found = []
    for key, shape in spine.shapes.items():
        corners = np.array(np.meshgrid(*np.array(shape.box).T)).reshape(3, -1).T
        found.append(spine.frames[key].to_ras(corners))
    return np.concatenate(found)


def write_films(made: FilmSet, out: Path) -> Iterator[Path]:
    """Write everything that `spinetwin xray` wants into a folder, and yield the path of each file."""
    from ..io.film_forms import write_landmarks
    from ..io.film_pictures import write_film_picture, write_geometry
    from .common import make_folder

    make_folder(out / FOLDER)
    for film in made.films:
        write_film_picture(out / FOLDER / f"{film.view}.png", film.values)
        yield out / FOLDER / f"{film.view}.png"
    write_geometry(out / FOLDER / "geometry.json", made.forms)
    yield out / FOLDER / "geometry.json"
    write_landmarks(out / FOLDER / "landmarks.csv", made.landmarks)
    yield out / FOLDER / "landmarks.csv"
