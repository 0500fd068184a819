"""What may stand in `Annotated[...]` beside the type of a parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Default:
    """The value of a parameter that was never set."""

    value: Any


@dataclass(frozen=True)
class Decimals:
    """How many decimals a spin box shows."""

    value: int


@dataclass(frozen=True)
class SingleStep:
    """By how much an arrow of a spin box changes the value."""

    value: float


@dataclass(frozen=True)
class Choice:
    """The values that are allowed."""

    choices: list[Any]

    def validate(self, value):
        if value not in self.choices:
            raise ValueError(f"{value!r} is none of {self.choices}")


@dataclass(frozen=True)
class Minimum:
    """The smallest value allowed."""

    minimum: float

    def validate(self, value):
        if value < self.minimum:
            raise ValueError(f"{value} is below {self.minimum}")


@dataclass(frozen=True)
class Maximum:
    """The largest value allowed."""

    maximum: float

    def validate(self, value):
        if value > self.maximum:
            raise ValueError(f"{value} is above {self.maximum}")


@dataclass(frozen=True)
class WithinRange:
    """The smallest and the largest value allowed."""

    minimum: float
    maximum: float

    def validate(self, value):
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"{value} is not within {self.minimum} and {self.maximum}")
