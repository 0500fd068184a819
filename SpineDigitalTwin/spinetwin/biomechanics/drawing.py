"""Models that may be as true as a given one: its points, masses and strengths drawn anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..geometry import FloatArray
from .column import joint_axes, trunk_axes
from .model import MultibodyModel
from .results import Spread


class Draw:
    """Draws models around one.

    Each point is drawn once, whatever rests on it: two fascicles, a ligament and a joint that share a point move together.
    A vertebra is turned as its drawn points turn it, and the masses that hang on it go along with its centre.

    Parameters
    ----------
    model : MultibodyModel
        In the imaged posture.
    spread : Spread
    """

    def __init__(self, model: MultibodyModel, spread: Spread) -> None:
        self._model, self._spread = model, spread
        parts = (model.origins, model.joints, model.muscles.points, model.ligaments.points)
        self._shapes = [part.shape for part in parts]
        points = np.concatenate([part.reshape(-1, 3) for part in parts])
        unique, which = np.unique(points, axis=0, return_inverse=True)
        self._count, self._which = len(unique), which.ravel()
        self._lever = _Levers(model)

    def __call__(self, generator: np.random.Generator) -> MultibodyModel:
        """Return another model.

        Parameters
        ----------
        generator : numpy.random.Generator
        """
        model, spread = self._model, self._spread
        steps = spread.point_mm * generator.standard_normal((self._count, 3))
        origins, joints, paths, strands = self._parts(steps[self._which])
        turns = self._lever.turns(origins, strands)
        axes = np.einsum("bij,bkj->bki", turns, model.axes)
        masses, muscles, ligaments = model.masses, model.muscles, model.ligaments
        return replace(
            model,
            origins=model.origins + origins,
            axes=axes,
            joints=model.joints + joints,
            joint_axes=joint_axes(axes),
            trunk=trunk_axes(model.origins + origins, axes),
            masses=replace(
                masses,
                points=masses.points + origins[masses.owners],
                kg=masses.kg * _factors(masses.kg, spread.mass, generator),
            ),
            muscles=replace(
                muscles,
                points=muscles.points + paths,
                pcsa_mm2=muscles.pcsa_mm2 * _factors(muscles.pcsa_mm2, spread.strength, generator),
            ),
            ligaments=replace(ligaments, points=ligaments.points + strands),
            shoulders=model.shoulders + origins[model.shoulder_owner],
        )

    def _parts(self, steps: FloatArray) -> list[FloatArray]:
        """Return steps of all points as those of origins, joints, muscles and ligaments."""
        ends = np.cumsum([int(np.prod(shape[:-1])) for shape in self._shapes])[:-1]
        return [part.reshape(shape) for part, shape in zip(np.split(steps, ends), self._shapes, strict=True)]


class _Levers:
    """Points of each body about their middle, which turn it when they move: its centre and the ends of its ligaments."""

    def __init__(self, model: MultibodyModel) -> None:
        bodies = len(model.origins)
        self._owners = np.concatenate([np.arange(bodies), model.ligaments.owners.ravel()])
        points = np.concatenate([model.origins, model.ligaments.points.reshape(-1, 3)])
        counts = np.bincount(self._owners, minlength=bodies)[:, None]
        middles = self._sum(points) / counts
        self._arms = points - middles[self._owners]
        squares = (self._arms**2).sum(axis=1)[:, None, None] * np.eye(3) - self._arms[:, :, None] * self._arms[:, None, :]
        # of points on one line, what would turn about it is left out
        self._inverse = np.linalg.pinv(self._sum(squares), rcond=1e-6, hermitian=True)

    def _sum(self, values: FloatArray) -> FloatArray:
        """Add what belongs to each body."""
        total = np.zeros((int(self._owners.max()) + 1, *values.shape[1:]))
        np.add.at(total, self._owners, values)
        return total

    def turns(self, origins: FloatArray, strands: FloatArray) -> FloatArray:
        """Return the rotations (b, 3, 3) that steps of centres (b, 3) and of strands (s, 2, 3) make, to the first order."""
        from scipy.spatial.transform import Rotation

        steps = np.concatenate([origins, strands.reshape(-1, 3)])
        moments = self._sum(np.cross(self._arms, steps))
        return np.asarray(Rotation.from_rotvec(np.einsum("bij,bj->bi", self._inverse, moments)).as_matrix())


def _factors(values: FloatArray, deviation: float, generator: np.random.Generator) -> FloatArray:
    return np.exp(deviation * generator.standard_normal(values.shape))
