"""Digitally reconstructed radiographs of closed surfaces: the way of each ray through bone, and how it changes.

The surfaces are projected and rasterised (`rasterise`), by compiled loops where numba is installed. Bone is homogeneous: what a
film shows of it is an affine function of the way through it (Beer and Lambert), whose factors are fitted film by film.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from types import ModuleType

import numpy as np

from ..errors import ParameterError
from ..geometry import FloatArray
from ..geometry.surfaces import Surface
from . import rasterise, rasterise_loops
from .cameras import Camera


@lru_cache(maxsize=1)
def engine() -> ModuleType:
    """Return the module that rasterises: compiled loops where numba is installed, else numpy."""
    return rasterise_loops if find_spec("numba") is not None else rasterise


@dataclass(frozen=True)
class Patch:
    """A rectangle of a film.

    Attributes
    ----------
    first : (int, int)
        Its first column and row.
    values : (rows, columns, ...) array
    """

    first: tuple[int, int]
    values: FloatArray

    @property
    def where(self) -> tuple[slice, slice]:
        """Its place in an array (rows, columns) of the whole film."""
        (column, row), (rows, columns) = self.first, self.values.shape[:2]
        return slice(row, row + rows), slice(column, column + columns)


def path_lengths(camera: Camera, surfaces: Iterable[Surface], using: ModuleType | None = None) -> FloatArray:
    """Return how far the ray of each pixel runs inside the surfaces, (rows, columns), mm; overlapping ones count each.

    Parameters
    ----------
    camera : Camera
    surfaces : iterable of Surface
        Closed, RAS mm. A cone camera sees them exactly (corners on a lattice of 1/65536 pixel); a slot scanner bends straight
        edges, which is left out: less than a micrometre over a triangle of a millimetre.
    using : module, optional
        `rasterise` or `rasterise_loops`; the faster one at hand if left out.

    Raises
    ------
    ParameterError
        If a surface reaches behind the source.
    """
    total, shapes = np.zeros(camera.size[::-1]), list(surfaces)
    if not shapes:
        return total
    projected, part = _seen(camera, np.concatenate([each.vertices for each in shapes]))
    depths, reference, way = np.zeros(part.camera.size[::-1]), float(projected[:, 2].mean()), (using or engine()).add_depths
    for each, there in zip(shapes, np.split(projected, np.cumsum([len(each.vertices) for each in shapes])[:-1]), strict=True):
        way(there, each.triangles, camera.handedness, reference, depths)
    total[Patch(part.first, depths).where] = depths * part.camera.ray_lengths()
    return total


@dataclass(frozen=True)
class Inside:
    """A part of a bone that is less dense.

    Attributes
    ----------
    surface : Surface
        Closed, RAS mm, within the bone's.
    velocities : (n, 3, p) array
        How its vertices move with each parameter.
    share : float
        What a mm through it adds to a mm through the bone: negative where it is less dense.
    """

    surface: Surface
    velocities: FloatArray
    share: float


def path_derivative(
    camera: Camera,
    surface: Surface,
    velocities: FloatArray,
    using: ModuleType | None = None,
    inside: Sequence[Inside] = (),
) -> Patch:
    """Return how the way inside a surface changes with parameters, on the rectangle of the film that the surface covers.

    Parameters
    ----------
    camera : Camera
    surface : Surface
        Closed, RAS mm.
    velocities : (n, 3, p) array
        How its vertices move with each of p parameters, mm for a unit.
    using : module, optional
        As in `path_lengths`.
    inside : sequence of Inside
        Parts of it that count otherwise.

    Returns
    -------
    Patch
        Values (rows, columns, p); mm for a unit of the parameter. Rays that graze the surface (less than 3 degrees) have a
        smaller derivative than the true one, which has no bound.
    """
    projected, part = _seen(camera, surface.vertices)
    columns, rows = part.camera.size
    out = np.zeros((rows, columns, velocities.shape[2]))
    if out.size:
        directions, way = part.camera.all_rays()[1], (using or engine()).add_derivative
        way(projected, surface.triangles, camera.handedness, surface.normals, directions, velocities, out)
        for each in inside:
            there, shown = project(part.camera, each.surface.vertices), camera.handedness * each.share
            way(there, each.surface.triangles, shown, each.surface.normals, directions, each.velocities, out)
        out *= part.camera.ray_lengths()[:, :, None]
    return Patch(part.first, out)


def path_forces(camera: Camera, surface: Surface, weights: FloatArray, using: ModuleType | None = None) -> FloatArray:
    """Return how a weighted sum over the film of the way inside a surface changes with its vertices, (n, 3).

    Parameters
    ----------
    camera : Camera
    surface : Surface
        Closed, RAS mm.
    weights : (rows, columns) array
        Of the film's pixels.
    using : module, optional
        As in `path_lengths`.
    """
    projected, part = _seen(camera, surface.vertices)
    out, (columns, rows), (left, top) = np.zeros(surface.vertices.shape), part.camera.size, part.first
    if columns and rows:
        heavy = weights[top : top + rows, left : left + columns] * part.camera.ray_lengths()
        directions, way = part.camera.all_rays()[1], (using or engine()).add_forces
        way(projected, surface.triangles, camera.handedness, surface.normals, directions, heavy, out)
    return out


def project(camera: Camera, vertices: FloatArray) -> FloatArray:
    """Return column, row and depth (n, 3) of vertices of bones (n, 3).

    Raises
    ------
    ParameterError
        If one lies behind the source.
    """
    projected = camera.project(vertices)
    if not (projected[:, 2] > 1.0).all():
        raise ParameterError("A bone lies at or behind the X-ray source.", "Check the distances of the geometry.")
    return projected


@dataclass(frozen=True)
class _Part:
    """The rectangle of a film that bones cover: its first column and row, and its camera."""

    first: tuple[int, int]
    camera: Camera


def _seen(camera: Camera, vertices: FloatArray) -> tuple[FloatArray, _Part]:
    """Return column, row and depth of every vertex on the part of the film that they cover, and that part."""
    projected = project(camera, vertices)
    limits = np.array(camera.size)
    low = np.clip(np.floor(projected[:, :2].min(axis=0)).astype(int), 0, limits)
    high = np.clip(np.ceil(projected[:, :2].max(axis=0)).astype(int) + 1, low, limits)
    projected[:, :2] -= low
    (left, top), (columns, rows) = low, high - low
    first = int(left), int(top)
    return projected, _Part(first, camera.cropped(first, (int(columns), int(rows))))
