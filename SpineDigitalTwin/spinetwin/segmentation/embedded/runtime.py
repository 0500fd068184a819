"""What runs the network: ONNX Runtime in this Python, or whatever else gives its answer."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

from ...errors import ParameterError
from ...geometry import Grid
from ..course import Course, Rest
from .lattice import Labels
from .network import Description, Look, Seen, open_network, read_description, segment
from .seconds import AGAIN, FIRST, embedded_seconds, look_part

Tell = Callable[[float, Rest], None]
"""Takes the fraction of looking that is done, and what remains of it where that is known better than before."""

_LACKING = "it needs onnxruntime, which this Python lacks. Install it: pip install onnxruntime"


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

    def subregions(self, image: npt.NDArray[Any], grid: Grid, model: Path, tell: Tell) -> tuple[Labels, str]:
        """Return the subregion of every voxel, and the version of ONNX Runtime."""
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

    def subregions(self, image: npt.NDArray[Any], grid: Grid, model: Path, tell: Tell) -> tuple[Labels, str]:
        """Return the subregion of every voxel, and the version of ONNX Runtime.

        Raises
        ------
        ParameterError
            If ONNX Runtime or the model cannot be loaded.
        """
        description = read_description(model)
        network = open_network(model)
        return segment(image, grid, network.run, description, _teller(grid, description, tell)), network.version


def _teller(grid: Grid, description: Description, tell: Tell) -> Seen:
    """Return what follows the looks of the network, and tells how far all of it is; when the second begins, it is counted."""
    course = Course(embedded_seconds(grid, description).looking)

    def seen(look: Look, done: float) -> None:
        rest: Rest = ()
        if look.again and not done:
            _, rest = course.renew(AGAIN, 0.0, (look_part(look),))
        tell(course.at(AGAIN if look.again else FIRST, done), rest)

    return seen
