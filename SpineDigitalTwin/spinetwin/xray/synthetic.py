"""Films of a phantom, to try things out on: rays marched through voxels.

Nothing here is shared with the rendering that a fit uses: that one projects surfaces, this one adds up voxels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..anatomy.subregions import SubregionId
from ..geometry import FloatArray, Grid
from ..phantom import Spine
from .cameras import Camera, ConeCamera
from .films import Film
from .landmarks import LANDMARKS, VIEWS, Landmarks, landmarks_of

BONE_PER_MM = 0.05
"""Attenuation of compact bone at 70 keV, 1 / mm (NIST: 0.26 cm2/g at 1.92 g/cm3)."""

SOFT_PER_MM = 0.02
"""Attenuation of soft tissue there, 1 / mm (0.19 cm2/g at 1.05 g/cm3)."""

_CANCELLOUS = 0.6
_TRUNK = (150.0, 105.0)
_TRUNK_MIDDLE = 55.0
_CHUNK = 16


@dataclass(frozen=True)
class FilmLook:
    """How a film is made.

    Attributes
    ----------
    soft_tissue : bool
        Whether an elliptic trunk with a harder front wall lies around the spine.
    marrow : bool
        Whether the inside of the bodies is less dense than their shell.
    photons : float
        Of a pixel without a patient; their number is random. 0: no noise.
    voxel_mm : float
        Of the volume the rays run through.
    """

    soft_tissue: bool = True
    marrow: bool = True
    photons: float = 1e5
    voxel_mm: float = 1.0


def usual_cameras(pixels: int = 512, pixel_mm: float = 0.834, middle: float = 0.0) -> tuple[ConeCamera, ConeCamera]:
    """Return a frontal camera in front of the patient and a lateral one on the right, 1500 mm away, films at 1800 mm.

    Parameters
    ----------
    pixels : int
        Columns and rows.
    pixel_mm : float
        On the film.
    middle : float
        Height of both sources, mm RAS.
    """
    focal, centre = np.full(2, 1800.0 / pixel_mm), np.full(2, (pixels - 1) / 2)
    frontal = np.array([[-1.0, 0, 0], [0, 0, -1], [0, -1, 0]])
    lateral = np.array([[0.0, -1, 0], [0, 0, -1], [-1, 0, 0]])
    size = (pixels, pixels)
    sources = np.array([0.0, 1500.0, middle]), np.array([1500.0, 0.0, middle])
    first, second = (ConeCamera(at, axes, focal, centre, size) for at, axes in zip(sources, (frontal, lateral), strict=True))
    return first, second


def films_of(spine: Spine, cameras: tuple[Camera, Camera], look: FilmLook, rng: np.random.Generator) -> tuple[Film, Film]:
    """Take a frontal and a lateral film of a phantom.

    Parameters
    ----------
    spine : Spine
        Only its vertebrae and ribs are bone.
    cameras : pair of Camera
        Frontal and lateral.
    look : FilmLook
    rng : numpy.random.Generator
        Of the photons.
    """
    grid = spine.grid(look.voxel_mm, margin_mm=4.0)
    bone = _bone(spine, grid, look)
    frontal, lateral = (_film(view, bone, grid, camera, look, rng) for view, camera in zip(VIEWS, cameras, strict=True))
    return frontal, lateral


def _bone(spine: Spine, grid: Grid, look: FilmLook) -> FloatArray:
    maps = spine.voxelise(grid, convention="ct")
    dense = np.isin(maps.vertebrae, list(spine.shapes)) & (maps.subregions > 0) & (maps.subregions < SubregionId.CORD)
    bone = BONE_PER_MM * dense.astype(np.float64)
    return np.asarray(bone * np.where(maps.subregions == SubregionId.BODY, _CANCELLOUS, 1.0)) if look.marrow else bone


def _film(view: str, bone: FloatArray, grid: Grid, camera: Camera, look: FilmLook, rng: np.random.Generator) -> Film:
    total = march(bone, grid, camera, look.voxel_mm)
    if look.soft_tissue:
        total = total + SOFT_PER_MM * _through_trunk(camera)
    if look.photons:
        total = -np.log(np.maximum(rng.poisson(look.photons * np.exp(-total)), 0.5) / look.photons)
    return Film(view, total, camera, "made up")


def march(volume: FloatArray, grid: Grid, camera: Camera, step_mm: float) -> FloatArray:
    """Return the integral of a volume (i, j, k) along the ray of each pixel, (rows, columns), by steps of equal length."""
    from scipy.ndimage import map_coordinates

    ends = np.array(grid.shape) - 1.0
    corners = camera.project(grid.to_ras(np.array(np.meshgrid(*[(0.0, end) for end in ends])).reshape(3, -1).T))
    steps = np.arange(corners[:, 2].min(), corners[:, 2].max(), step_mm)
    low = np.clip(np.floor(corners[:, :2].min(axis=0)).astype(int), 0, camera.size)
    high = np.clip(np.ceil(corners[:, :2].max(axis=0)).astype(int) + 1, 0, camera.size)
    total = np.zeros(camera.size[::-1])
    for top in range(int(low[1]), int(high[1]), _CHUNK):
        seen = camera.cropped((int(low[0]), top), (int(high[0] - low[0]), min(_CHUNK, int(high[1]) - top)))
        origins, directions = seen.all_rays()
        places = grid.to_ijk(directions[:, :, None] * steps[:, None] + origins[:, :, None])
        sums = map_coordinates(volume, np.moveaxis(places, -1, 0), order=1, prefilter=False).sum(axis=-1)
        total[top : top + len(sums), low[0] : high[0]] = sums * step_mm * seen.ray_lengths()
    return total


def _through_trunk(camera: Camera) -> FloatArray:
    """Return the way of each ray through an elliptic cylinder along the body, mm."""
    origins, directions = camera.all_rays()
    scale = 1.0 / np.array(_TRUNK)
    start = (origins[..., :2] - np.array([0.0, _TRUNK_MIDDLE])) * scale
    way = directions[..., :2] * scale
    a, b, c = (way**2).sum(-1), (start * way).sum(-1), (start**2).sum(-1) - 1.0
    return np.asarray(2.0 * np.sqrt(np.maximum(b * b - a * c, 0.0)) / a * camera.ray_lengths())


def clicked_landmarks(
    spine: Spine, cameras: tuple[Camera, Camera], rng: np.random.Generator, click_mm: float = 1.0
) -> Landmarks:
    """Return where a person would click the landmarks of every vertebra, with a standard deviation of `click_mm`."""
    from ..phantom.surfaces import usual_spacing, vertebra_surface

    seen = {}
    for key, shape in spine.shapes.items():
        places = spine.frames[key].to_ras(landmarks_of(shape, vertebra_surface(shape, 2 * usual_spacing(shape)).vertices))
        for view, camera in zip(VIEWS, cameras, strict=True):
            spread = click_mm * camera.focal[0] / np.linalg.norm(camera.source)
            pixels = camera.project(places)[:, :2] + rng.normal(0.0, spread, (len(places), 2))
            seen.update({(key, name, view): pixel for name, pixel in zip(LANDMARKS, pixels, strict=True)})
    return Landmarks(seen, "phantom")
