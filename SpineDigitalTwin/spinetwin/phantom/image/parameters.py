"""How an image is taken, in the words of a radiographer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from ...anatomy import level
from ...errors import ParameterError
from ..posture.grades import check_grade
from .contrast import MODALITIES


@dataclass(frozen=True)
class ImageParameters:
    """What an image shows and how well.

    Attributes
    ----------
    modality : str
        "t2w" or "t1w" (turbo spin echo at 1.5 T) or "ct".
    degeneration : int
        Pfirrmann grade, 1-5, of the discs of which the spine itself says nothing. It changes their signal and not their height,
        which belongs to the spine (`SpineParameters`).
    grades : mapping of level name to int
        Grades that single discs have in the image whatever the spine says, named by the level above, such as ``{"L4": 5}``.
    bias : float
        Shading of an MR by its coils behind the back: 0 none, 1 that of a spine coil.
    snr : float
        Signal of the bone marrow (in a CT: 1000 HU) over the standard deviation of the noise; infinite for none.
    slice_softness : float
        How far a slice reaches into its neighbours, as a share of the slice spacing; 0 for a sharp slice.
    gibbs : float
        Share of k-space left out along each in-plane axis of an MR, which makes edges ring; 0 for none.
    metal : tuple of str
        Levels that carry a pair of pedicle screws.
    """

    modality: str = "t2w"
    degeneration: int = 2
    grades: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    bias: float = 1.0
    snr: float = 25.0
    slice_softness: float = 0.15
    gibbs: float = 0.2
    metal: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.modality not in MODALITIES:
            raise ParameterError(f"An image is {', '.join(MODALITIES[:-1])} or {MODALITIES[-1]}, not {self.modality!r}.")
        for grade in (self.degeneration, *self.grades.values()):
            check_grade(grade)
        for name in (*self.grades, *self.metal):
            level(name)
        _within("The strength of the bias field", self.bias, 0.0, 2.0)
        _within("The softness of the slices", self.slice_softness, 0.0, 0.5)
        _within("The share of k-space left out", self.gibbs, 0.0, 0.7)
        if not self.snr >= 1.0:
            raise ParameterError(f"The signal-to-noise ratio must be at least 1, not {self.snr:g}.")
        object.__setattr__(self, "grades", MappingProxyType(dict(self.grades)))

    def grade(self, key: int, own: int | None = None) -> int:
        """Return the Pfirrmann grade that the disc below a level id has in the image; `own` is its grade in the spine."""
        named = {level(name).id: grade for name, grade in self.grades.items()}
        return named.get(key, self.degeneration if own is None else own)


def _within(what: str, value: float, low: float, high: float) -> None:
    if not (np.isfinite(value) and low <= value <= high):
        raise ParameterError(f"{what} must be between {low:g} and {high:g}, not {value:g}.")
