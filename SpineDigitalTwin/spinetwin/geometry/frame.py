"""A vertebra's own axes, and directions written the way anatomists write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .grid import FloatArray

# signs along (right, anterior, superior)
_LETTERS = {"R": (1, 0, 0), "L": (-1, 0, 0), "A": (0, 1, 0), "P": (0, -1, 0), "S": (0, 0, 1), "I": (0, 0, -1)}
_TERM = re.compile(r"(?:(\d*\.?\d+)\s*)?([RLAPSI])")


def direction_coefficients(text: str) -> FloatArray:
    """Read a direction such as ``"I + 0.2 P"``.

    Returns
    -------
    (3,) array
        Unit vector along (right, anterior, superior).

    Raises
    ------
    ValueError
        If the text is not a sum of weighted letters R L A P S I.

    Examples
    --------
    >>> direction_coefficients("S").tolist()
    [0.0, 0.0, 1.0]
    """
    total = np.zeros(3)
    for part in text.split("+"):
        term = _TERM.fullmatch(part.strip())
        if term is None:
            raise ValueError(f"not a direction: {text!r}")
        total += float(term[1] or 1.0) * np.array(_LETTERS[term[2]], dtype=np.float64)
    length = float(np.linalg.norm(total))
    if length == 0.0:
        raise ValueError(f"a direction of length zero: {text!r}")
    return total / length


@dataclass(frozen=True)
class Frame:
    """Position and axes of one vertebra.

    Attributes
    ----------
    origin : (3,) array
        RAS mm; the centroid of the vertebral body (what stands for it where there is none).
    axes : (3, 3) array
        Rows are the unit vectors right, anterior, superior in RAS; right-handed.
    source : str
        How the axes were found, for people: "spline and arch", "neighbour C2", ...
    """

    origin: FloatArray
    axes: FloatArray
    source: str = ""

    @property
    def right(self) -> FloatArray:
        """Unit vector to the patient's right, (3,), RAS."""
        return np.asarray(self.axes[0])

    @property
    def anterior(self) -> FloatArray:
        """Unit vector to the front of the vertebra, (3,), RAS."""
        return np.asarray(self.axes[1])

    @property
    def superior(self) -> FloatArray:
        """Unit vector along the spine towards the head, (3,), RAS."""
        return np.asarray(self.axes[2])

    def direction(self, text: str) -> FloatArray:
        """Return the RAS unit vector (3,) of a direction such as ``"I + 0.2 P"`` in this frame."""
        return direction_coefficients(text) @ self.axes

    def to_local(self, ras: npt.ArrayLike) -> FloatArray:
        """Map RAS mm (..., 3) to mm along right, anterior, superior from the origin."""
        return (np.asarray(ras, dtype=np.float64) - self.origin) @ self.axes.T

    def to_ras(self, local: npt.ArrayLike) -> FloatArray:
        """Map mm along right, anterior, superior (..., 3) back to RAS mm."""
        return np.asarray(local, dtype=np.float64) @ self.axes + self.origin


_FLAT = 0.5
"""Three measured axes of which one is so much shorter than another span no space to speak of."""


def nearest_frame(origin: FloatArray, rows: FloatArray, source: str) -> Frame | None:
    """Return the frame whose axes are nearest to three measured ones, because points in files are rounded and moved.

    Parameters
    ----------
    origin : (3,) array
        RAS mm.
    rows : (3, 3) array
        Right, anterior and superior, of about the same length.
    source : str
        How they were found, for people.

    Returns
    -------
    Frame or None
        None where they lie nearly in a plane, or are mirrored.

    Examples
    --------
    >>> import numpy as np
    >>> nearest_frame(np.zeros(3), np.diag([9.9, 10.0, 10.1]), "points").axes.round(12).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    >>> nearest_frame(np.zeros(3), np.diag([-10.0, 10.0, 10.0]), "points") is None
    True
    """
    left, sizes, right = np.linalg.svd(rows)
    if sizes[-1] < _FLAT * sizes[0] or np.linalg.det(rows) <= 0:
        return None
    return Frame(origin, left @ right, source)
