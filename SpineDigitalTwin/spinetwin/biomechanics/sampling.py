"""How far the loads spread when what they rest on is uncertain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import ParameterError
from ..geometry import FloatArray
from .model import MultibodyModel, Muscles
from .results import Interval, Loads, Spread
from .settings import Settings
from .solution import loads
from .tasks import Task

_NAMES = ("compression", "shear_anterior", "shear_right")
_ENDS = (2.5, 97.5)
_MOST = 10_000


def interval(
    model: MultibodyModel,
    task: Task,
    settings: Settings | None = None,
    *,
    samples: int = 200,
    spread: Spread | None = None,
    generator: np.random.Generator | None = None,
    around: Loads | None = None,
) -> Interval:
    """Compute the loads of many models that are all possible, and between what ends 95 percent of them lie.

    Parameters
    ----------
    samples : int
        2 to 10,000.
    spread : Spread, optional
    generator : numpy.random.Generator, optional
        Seeded with 0 if left out.
    around : Loads, optional
        The result of the model itself, to start from.

    Raises
    ------
    ParameterError
        If the number of samples is impossible.
    """
    if not 2 <= samples <= _MOST:
        raise ParameterError(f"The number of samples must be between 2 and {_MOST}, not {samples}.")
    settings, spread = settings or Settings(), spread or Spread()
    generator = generator or np.random.default_rng(0)
    start = (around or loads(model, task, settings)).multipliers
    drawn = [loads(_drawn(model, spread, generator), task, settings, start=start) for _ in range(samples)]
    ends = {name: np.percentile([getattr(each, name) for each in drawn], _ENDS, axis=0) for name in _NAMES}
    low, high = ({name: pair[end] for name, pair in ends.items()} for end in (0, 1))
    return Interval(samples, low, high, spread)


def _drawn(model: MultibodyModel, spread: Spread, generator: np.random.Generator) -> MultibodyModel:
    """Draw joint centres, attachments, masses and strengths anew."""
    muscles, masses, ligaments = model.muscles, model.masses, model.ligaments
    return replace(
        model,
        joints=model.joints + spread.point_mm * generator.standard_normal(model.joints.shape),
        masses=replace(masses, kg=masses.kg * _factors(masses.kg, spread.mass, generator)),
        muscles=replace(
            muscles,
            points=muscles.points + spread.point_mm * _path_steps(muscles, generator),
            pcsa_mm2=muscles.pcsa_mm2 * _factors(muscles.pcsa_mm2, spread.strength, generator),
        ),
        ligaments=replace(
            ligaments, points=ligaments.points + spread.point_mm * generator.standard_normal(ligaments.points.shape)
        ),
    )


def _factors(values: FloatArray, deviation: float, generator: np.random.Generator) -> FloatArray:
    return np.exp(deviation * generator.standard_normal(values.shape))


def _path_steps(muscles: Muscles, generator: np.random.Generator) -> FloatArray:
    """Draw a step for every point of the paths; the points that only fill a row up stay on the end of their path."""
    steps = generator.standard_normal(muscles.points.shape)
    same = (muscles.points[:, 1:] == muscles.points[:, :-1]).all(axis=-1)
    for at in range(1, steps.shape[1]):
        steps[:, at] = np.where(same[:, at - 1, None], steps[:, at - 1], steps[:, at])
    return steps
