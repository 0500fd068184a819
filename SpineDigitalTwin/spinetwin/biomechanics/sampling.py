"""How far the loads spread when what they rest on is uncertain."""

from __future__ import annotations

import numpy as np

from ..errors import ParameterError
from .drawing import Draw
from .model import MultibodyModel
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
    draw = Draw(model, spread)
    drawn = [loads(draw(generator), task, settings, start=start) for _ in range(samples)]
    ends = {name: np.percentile([getattr(each, name) for each in drawn], _ENDS, axis=0) for name in _NAMES}
    low, high = ({name: pair[end] for name, pair in ends.items()} for end in (0, 1))
    return Interval(samples, low, high, spread)
