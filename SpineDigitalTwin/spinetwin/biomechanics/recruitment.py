"""Which muscles work, and how hard: the least sum of powers of the activations that balances all joints.

    minimise   sum a_i^p + sum w_j r_j^2   subject to   A a + r = b,   floor <= a <= 1

The dual has one variable per moment, is concave and once differentiable; a semismooth Newton method with a search along each
direction solves it in a few dozen small linear systems, whatever the number of muscles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import SpineTwinError
from ..geometry import FloatArray

_MOST_STEPS = 200
_MOST_TRIALS = 40
_TINY = 1e-14
_FLATTER = 0.05
"""Part of its first slope at which the search along a line ends."""


@dataclass(frozen=True)
class Recruitment:
    """The solution.

    Attributes
    ----------
    activations : (m,) array
    reserves : (k,) array
        Moments that no muscle could make, Nm.
    multipliers : (k,) array
        Dual variables; a start for a problem that is nearly the same.
    steps : int
        Newton steps that were taken.
    """

    activations: FloatArray
    reserves: FloatArray
    multipliers: FloatArray
    steps: int


@dataclass(frozen=True)
class _Problem:
    moments: FloatArray
    wanted: FloatArray
    power: float
    floor: float
    softness: FloatArray

    def respond(self, pull: FloatArray) -> FloatArray:
        """Return the activations (m,) that are best for given pulls, the moments of the muscles times the multipliers."""
        free = (np.maximum(pull, 0.0) / self.power) ** (1.0 / (self.power - 1.0))
        return np.clip(free, self.floor, 1.0)

    def gradient(self, multipliers: FloatArray, activations: FloatArray) -> FloatArray:
        """Return the imbalance (k,), Nm, which is the slope of the dual."""
        return np.asarray(self.wanted - self.moments @ activations - multipliers * self.softness)

    def newton(self, pull: FloatArray, activations: FloatArray, gradient: FloatArray) -> FloatArray:
        """Return the Newton step (k,); muscles at a bound do not give way."""
        inside = (activations > self.floor) & (activations < 1.0)
        slopes = np.where(inside, activations / np.maximum((self.power - 1.0) * pull, _TINY), 0.0)
        matrix = (self.moments * slopes) @ self.moments.T
        matrix[np.diag_indices_from(matrix)] += self.softness
        return np.asarray(np.linalg.solve(matrix, gradient))

    def length(self, at: FloatArray, pull: FloatArray, along: FloatArray, more: FloatArray) -> float:
        """Return how far to go along a direction, so that the dual, whose slope falls all the way, stops rising.

        `more` is what the direction adds to the pulls: a trial costs as much as there are muscles, whatever the joints.
        """
        constant, soft = float(along @ self.wanted), along * self.softness
        start, own = float(soft @ at), float(soft @ along)

        def slope(far: float) -> float:
            return constant - float(more @ self.respond(pull + far * more)) - start - far * own

        first = slope(0.0)
        low, high, low_slope, high_slope = 0.0, 1.0, first, slope(1.0)
        while high_slope > _FLATTER * first and high < 2.0**_MOST_TRIALS:
            low, low_slope, high = high, high_slope, 2.0 * high
            high_slope = slope(high)
        for _ in range(_MOST_TRIALS):
            if abs(high_slope) <= _FLATTER * first:
                return high
            middle = low + (high - low) * min(max(low_slope / (low_slope - high_slope), 0.1), 0.9)
            found = slope(middle)
            if abs(found) <= _FLATTER * first:
                return middle
            low, high, low_slope, high_slope = (
                (middle, high, found, high_slope) if found > 0 else (low, middle, low_slope, found)
            )
        return low or high


def recruit(
    moments: FloatArray,
    wanted: FloatArray,
    *,
    power: float = 3.0,
    floor: float = 0.0,
    weight: float | FloatArray = 10.0,
    start: FloatArray | None = None,
    tolerance: float = 1e-9,
) -> Recruitment:
    """Solve the problem above.

    Parameters
    ----------
    moments : (k, m) array
        Moment of each muscle at full activation, Nm.
    wanted : (k,) array
        Moment that muscles and reserves together must make, Nm.
    power : float
        Greater than 1.
    floor : float
        Least activation, in [0, 1).
    weight : float or (k,) array
        Cost of squared reserves, 1/(Nm)2; positive.
    start : (k,) array, optional
        Multipliers of a similar problem.
    tolerance : float
        Largest imbalance, in parts of the largest wanted moment (of 1 Nm at least).

    Raises
    ------
    SpineTwinError
        If it does not converge, which a finite problem always has.

    References
    ----------
    Crowninshield and Brand 1981 (cubed activations); Qi and Sun 1993 (semismooth Newton).
    """
    if not (np.isfinite(moments).all() and np.isfinite(wanted).all()):
        raise SpineTwinError("The muscles of this model have no finite lever arms.", "Check the points of interest.")
    softness = np.broadcast_to(0.5 / np.asarray(weight, dtype=np.float64), wanted.shape)
    problem = _Problem(moments, wanted, power, floor, softness)
    at = np.zeros(len(wanted)) if start is None else start
    limit = tolerance * max(1.0, float(np.abs(wanted).max(initial=0.0)))
    for steps in range(_MOST_STEPS):
        pull = moments.T @ at
        activations = problem.respond(pull)
        gradient = problem.gradient(at, activations)
        if np.abs(gradient).max(initial=0.0) <= limit:
            return Recruitment(activations, at * softness, at, steps)
        along = problem.newton(pull, activations, gradient)
        at = at + problem.length(at, pull, along, moments.T @ along) * along
    raise SpineTwinError("The muscles could not be balanced: the solution did not settle.", "Choose the power 2.")
