"""What runs the network: ONNX Runtime in this Python, or whatever else gives its answer."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

from ...errors import ParameterError
from ...geometry import Grid
from ..course import Course, Rest
from ..stages import Stages
from .lattice import Labels
from .network import Look, Seen, open_network, read_description, segment
from .seconds import AGAIN, FIRST, embedded_seconds, look_part

Tell = Callable[[float, Rest], None]
"""Takes the fraction of looking that is done, and what remains of it where that is known better than before."""

_LACKING = "it needs onnxruntime, which this Python lacks. Install it: pip install onnxruntime"


@dataclass(frozen=True)
class Looked:
    """What came of letting the network look at an image.

    Attributes
    ----------
    labels : (i, j, k) array of uint8
        The subregion of every voxel.
    version : str
        Of ONNX Runtime.
    seconds : mapping of str to float
        That each part of looking took.
    """

    labels: Labels
    version: str
    seconds: Mapping[str, float] = field(default_factory=dict)


class Runtime(Protocol):
    """Lets the network look at an image."""

    def fetched(self) -> tuple[float, str]:
        """Say how many MB `install` would fetch now, and what."""
        ...

    def lacking(self) -> str:
        """Say what is missing, as a sentence; "" when nothing is."""
        ...

    def install(self, folder: Path, tell: Callable[[float, str], None]) -> None:
        """Put what is missing into a private folder."""
        ...

    def subregions(self, image: npt.NDArray[Any], grid: Grid, model: Path, tell: Tell, stages: Stages) -> Looked:
        """Return the subregion of every voxel; what is finished of it is kept among the stages."""
        ...


class RuntimeHere:
    """ONNX Runtime in this process."""

    def fetched(self) -> tuple[float, str]:
        """Return that it is nothing."""
        return 0.0, ""

    def lacking(self) -> str:
        """Say whether this Python lacks it."""
        return "" if importlib.util.find_spec("onnxruntime") else _LACKING

    def install(self, folder: Path, tell: Callable[[float, str], None]) -> None:
        """Refuse: this Python is a person's own.

        Raises
        ------
        ParameterError
            Where it is missing.
        """
        if self.lacking():
            raise ParameterError(f"The embedded network cannot run: {self.lacking()}")
        tell(1.0, f"nothing to install in {folder}")

    def subregions(self, image: npt.NDArray[Any], grid: Grid, model: Path, tell: Tell, stages: Stages) -> Looked:
        """Return the subregion of every voxel; the first look at the image is kept among the stages.

        Raises
        ------
        ParameterError
            If ONNX Runtime or the model cannot be loaded.
        """
        description = read_description(model)
        course = Course(embedded_seconds(grid, description).looking)
        network = open_network(model)
        labels = segment(image, grid, network.run, description, _teller(course, tell), stages)
        return Looked(labels, network.version, course.seconds)


def _teller(course: Course, tell: Tell) -> Seen:
    """Return what follows the looks of the network, and tells how far all of it is; when the second begins, it is counted."""

    def seen(look: Look, done: float) -> None:
        rest: Rest = ()
        if look.again and not done:
            _, rest = course.renew(AGAIN, 0.0, (look_part(look),))
        tell(course.at(AGAIN if look.again else FIRST, done), rest)

    return seen
