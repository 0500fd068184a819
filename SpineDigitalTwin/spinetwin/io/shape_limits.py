"""What a file of shapes may claim about itself before it is believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ReadError
from ..geometry import IntArray
from .limits import DAMAGED

MOST_BYTES = 1 << 30
MOST_VERTICES = 200_000
MOST_NUMBERS = 1 << 27
MOST_MM = 10_000.0


def check_file(path: Path) -> None:
    """Refuse what is no file, or too large for a shape.

    Raises
    ------
    ReadError
        If so.
    """
    try:
        size = path.stat().st_size if path.is_file() else -1
    except OSError as error:
        raise ReadError(f"Cannot open {path}: {error.strerror or error}.", "Check the name.") from error
    if size < 0:
        raise ReadError(f"There is no file {path}.", "Check the name.")
    if size > MOST_BYTES:
        raise ReadError(f"{path.name} is too large for the shape of a vertebra.", "Decimate it.")


def check_count(name: str, what: str, count: int, most: int = MOST_VERTICES) -> int:
    """Return how many there are, once that is believable.

    Raises
    ------
    ReadError
        If there are none, or more than any vertebra has.
    """
    if not 0 < count <= most:
        raise ReadError(f"{name} claims to hold {count} {what}; from 1 to {most} are believed.", DAMAGED)
    return count


def check_finite(name: str, values: npt.NDArray[Any]) -> None:
    """Refuse what is no number.

    Raises
    ------
    ReadError
        If so.
    """
    if not np.isfinite(values).all():
        raise ReadError(f"{name} holds values that are no numbers.", "Save it again.")


def check_places(name: str, places: npt.NDArray[Any]) -> None:
    """Refuse vertices that do not lie in a body.

    Raises
    ------
    ReadError
        If so.
    """
    check_finite(name, places)
    if places.size and float(np.abs(places).max()) > MOST_MM:
        raise ReadError(f"{name} has vertices more than {MOST_MM / 1000:g} m away.", "Save it in mm.")


def check_triangles(name: str, triangles: IntArray, vertices: int) -> None:
    """Refuse triangles of vertices that are not there.

    Raises
    ------
    ReadError
        If so.
    """
    if not len(triangles) or triangles.min() < 0 or triangles.max() >= vertices:
        raise ReadError(f"{name} has no triangles, or some of vertices that it lacks.", DAMAGED)
