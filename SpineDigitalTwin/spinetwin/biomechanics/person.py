"""Whose spine it is: what masses and muscle areas are scaled by."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import ParameterError

_POSSIBLE = {"height_cm": (80.0, 230.0, "stature", "cm"), "weight_kg": (10.0, 300.0, "weight", "kg")}


@dataclass(frozen=True)
class Person:
    """Sex and size of a person.

    Attributes
    ----------
    sex : str
        "f" or "m".
    height_cm, weight_kg : float
        Stature and body mass.

    Raises
    ------
    ParameterError
        If the sex is another word, or a size is impossible.
    """

    sex: str
    height_cm: float
    weight_kg: float

    def __post_init__(self) -> None:
        if self.sex not in ("f", "m"):
            raise ParameterError(
                f"The sex must be f or m, not {self.sex!r}.", "Masses and muscle areas are known for these two."
            )
        for name, (low, high, word, unit) in _POSSIBLE.items():
            value = getattr(self, name)
            if not math.isfinite(value) or not low <= value <= high:
                raise ParameterError(f"The {word} must be between {low:g} and {high:g} {unit}, not {value:g}.")
