"""How the vertebrae of one level differ: a mean surface and modes, each with a spread of one.

The first modes are anatomical. Each dimension of the procedural vertebra, and each place of a facet joint, is changed a little;
how the vertices follow, times how these vary together in people (`variation`), gives principal components. The rest is free:
smooth displacements of a Gaussian process, less what the anatomical modes can do already and what a rigid motion does.

References
----------
Luethi M, Gerig T, Jud C, Vetter T (2018) Gaussian process morphable models. IEEE TPAMI 40:1860-1873 (low-rank kernels).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from ..anatomy import level as level_of
from ..errors import ParameterError
from ..geometry import FloatArray, Frame, IntArray
from ..geometry.surfaces import Surface, surface_of
from ..phantom import VertebraShape
from ..phantom.ground_truth.levels import level_points
from .correspondence import displacements, template_of
from .landmarks import landmarks_of
from .variation import SETTINGS, usual_shape, variation_of

_FIRST, _LAST = "C3", "L6"
_HELD_BY = 8
"""How many vertices carry a point."""

_INDUCING = 250


@dataclass(frozen=True)
class Core:
    """The marrow inside a vertebral body, which weakens X-rays less than the bone around it.

    Attributes
    ----------
    mean : Surface
        In the vertebra's frame.
    modes : (n, 3, m) array
        As those of the vertebra.
    """

    mean: Surface
    modes: FloatArray


def _moved(mean: Surface, modes: FloatArray, scores: npt.ArrayLike) -> Surface:
    """Return a mean surface moved by its modes."""
    given = np.asarray(scores, dtype=np.float64)
    # one product of a matrix and a vector; of a stack of matrices it would be ten times slower
    whole = np.concatenate([given, np.zeros(modes.shape[2] - len(given))])
    return Surface(mean.vertices + (modes.reshape(-1, len(whole)) @ whole).reshape(-1, 3), mean.triangles)


@dataclass(frozen=True)
class ShapeModel:
    """The vertebrae of one level, in the vertebra's frame (mm along right, anterior, superior).

    Attributes
    ----------
    level : int
        Level id.
    mean : Surface
    modes : (n, 3, m) array
        How each vertex moves for one standard deviation of each mode, mm; the anatomical ones first.
    anatomical : int
        How many of them are anatomical.
    landmarks : (7, 3) array
        On the mean shape, in the order of `LANDMARKS`.
    points : mapping of point id to (3,) array
        Points of interest of the mean shape (rule set "paper").
    core : Core, optional
        The marrow of its body; without one the bone is taken for homogeneous.
    """

    level: int
    mean: Surface
    modes: FloatArray
    anatomical: int
    landmarks: FloatArray
    points: Mapping[int, FloatArray]
    core: Core | None = None

    @cached_property
    def landmark_modes(self) -> FloatArray:
        """How the landmarks of the mean shape move with the modes, (7, 3, m)."""
        return self.modes_of(self.landmarks)

    @property
    def count(self) -> int:
        """Number of modes."""
        return int(self.modes.shape[2])

    def surface(self, scores: npt.ArrayLike) -> Surface:
        """Return the shape with the given scores (up to m of them, standard deviations)."""
        return _moved(self.mean, self.modes, scores)

    def held(self, points: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the vertices (k, 8) that carry points (k, 3) of the mean shape, and their weights (k, 8)."""
        from scipy.spatial import cKDTree

        apart, vertices = cKDTree(self.mean.vertices).query(points, k=_HELD_BY)
        weights = 1.0 / np.maximum(apart, 0.1) ** 2
        return vertices, weights / weights.sum(axis=1, keepdims=True)

    def modes_of(self, points: FloatArray) -> FloatArray:
        """Return how points (k, 3) of the mean shape move with the modes, (k, 3, m)."""
        vertices, weights = self.held(points)
        return np.asarray(np.einsum("kv,kvcm->kcm", weights, self.modes[vertices]))

    def carried(self, points: FloatArray, scores: FloatArray) -> FloatArray:
        """Return where points (k, 3) of the mean shape lie on the shape with the given scores."""
        return np.asarray(points + self.modes_of(points)[:, :, : len(scores)] @ scores)


@dataclass(frozen=True)
class Posed:
    """One vertebra as it was found.

    Attributes
    ----------
    model : ShapeModel
    scores : (m,) array
        Standard deviations of its modes.
    frame : Frame
        Where it stands, RAS mm.
    """

    model: ShapeModel
    scores: FloatArray
    frame: Frame

    @cached_property
    def shape(self) -> Surface:
        """Its surface in its own frame."""
        return self.model.surface(self.scores)

    @cached_property
    def surface(self) -> Surface:
        """Its surface, RAS mm."""
        return self.shape.placed(self.frame)

    @cached_property
    def core(self) -> Surface | None:
        """The surface of the marrow of its body in its own frame, where the model has one."""
        return None if self.model.core is None else _moved(self.model.core.mean, self.model.core.modes, self.scores)

    @cached_property
    def landmarks(self) -> FloatArray:
        """Its landmarks (7, 3), RAS mm."""
        return self.frame.to_ras(self.model.landmarks + self.model.landmark_modes @ self.scores)

    @property
    def points(self) -> dict[int, FloatArray]:
        """Its points of interest, RAS mm."""
        places = self.model.carried(np.array(list(self.model.points.values())), self.scores)
        return dict(zip(self.model.points, self.frame.to_ras(places), strict=True))


@lru_cache(maxsize=32)
def shape_model(key: int | str) -> ShapeModel:
    """Build the model of a level, from C3 to L6. Takes about two seconds of a CPU, once.

    Raises
    ------
    ParameterError
        If the level is another one, or VTK is not installed.
    """
    here = level_of(key)
    if not level_of(_FIRST).order <= here.order <= level_of(_LAST).order:
        raise ParameterError(f"There is no shape model of {here.name}.", f"Choose levels from {_FIRST} to {_LAST}.")
    shape = usual_shape(here.id)
    template = template_of(shape, SETTINGS["vertex_spacing"])
    anatomical = _anatomical(template, shape)
    free = free_modes(template, anatomical, int(SETTINGS["free_modes"]))
    modes = np.concatenate([anatomical, free], axis=1).reshape(-1, 3, anatomical.shape[1] + free.shape[1])
    marks, points = landmarks_of(shape, template.vertices), level_points(shape)
    model = ShapeModel(here.id, template, np.ascontiguousarray(modes), anatomical.shape[1], marks, points)
    marrow = _marrow(shape)
    return replace(model, core=Core(marrow, model.modes_of(marrow.vertices)))


def _marrow(shape: VertebraShape) -> Surface:
    """Return the surface of what lies within the wall of the body, in the vertebra's frame."""
    wall, reach = SETTINGS["wall"], np.array([shape.row.body_width, shape.row.body_depth, shape.row.height])
    return surface_of(lambda x, y, z: shape.body.distance(x, y, z) + wall, -reach, reach, SETTINGS["core_spacing"])


def _anatomical(template: Surface, shape: VertebraShape) -> FloatArray:
    """Return the principal components (3 n, k) of how dimensions, wedge and joints vary."""
    variation = variation_of(shape)
    moves = displacements(template, variation.changed)
    slopes = (moves[0::2] - moves[1::2]).reshape(len(moves) // 2, -1).T / 2
    half = np.linalg.cholesky(variation.correlation + 1e-9 * np.eye(slopes.shape[1]))
    return _components(slopes @ half, int(SETTINGS["anatomical_modes"]))


def _components(moves: FloatArray, most: int) -> FloatArray:
    """Return the principal components of columns whose weights are independent and of variance one."""
    left, sizes, _ = np.linalg.svd(moves, full_matrices=False)
    kept = min(most, int((sizes > 1e-3 * sizes[0]).sum()))
    return np.asarray(left[:, :kept] * sizes[:kept])


def free_modes(template: Surface, taken: FloatArray, count: int) -> FloatArray:
    """Return so many modes (3 n, k) of a Gaussian process, without what other modes (3 n, j) and rigid motions do."""
    from scipy.spatial.distance import cdist

    points = template.vertices
    some = points[np.linspace(0, len(points) - 1, _INDUCING).astype(int)]

    def kernel(a: FloatArray, b: FloatArray) -> FloatArray:
        near = np.exp(-cdist(a, b, "sqeuclidean") / (2 * SETTINGS["free_length"] ** 2))
        return np.asarray(SETTINGS["free_sd"] ** 2 * near)

    values, vectors = np.linalg.eigh(kernel(some, some))
    best = np.argsort(values)[::-1][: 2 * count]
    scalar = kernel(points, some) @ (vectors[:, best] / np.sqrt(np.maximum(values[best], 1e-9)))
    moves = np.einsum("nk,cd->nckd", scalar, np.eye(3)).reshape(3 * len(points), -1)
    turns = np.stack([np.cross(unit, points).ravel() for unit in np.eye(3)], axis=1)
    shifts = np.tile(np.eye(3), (len(points), 1))
    known, _ = np.linalg.qr(np.concatenate([taken, turns, shifts], axis=1))
    return _components(moves - known @ (known.T @ moves), count)
