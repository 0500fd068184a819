"""Whether an image can be one of a spine that the methods are made for, before any of them runs.

What is looked at is what a header, a histogram, the name and the file beside the image tell; the limits are rows of
image_rules.csv and image_sidecar.csv, and the words that the names of other images hold rows of image_words.csv. Whether there
is a spine in the image only its segmentation tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..anatomy.tables import read_table
from ..errors import MapError
from ..geometry import FloatArray, Grid

_RULES = {row["rule"]: row for row in read_table("image_rules.csv", __package__)}
_WORDS = {row["word"]: row["meaning"] for row in read_table("image_words.csv", __package__)}
_SIDECAR = read_table("image_sidecar.csv", __package__)
_SAMPLE = 1 << 20
_ANISOTROPIC = 1.5
_DIRECTIONS = ("sagittal", "coronal", "axial")


def check_image(image: npt.NDArray[Any] | None, grid: Grid, name: str) -> tuple[str, ...]:
    """Look an image over.

    Parameters
    ----------
    image : (i, j, k) array of numbers, or None
        None where its values, and with them what kind of image it is, do not matter: then only the grid is looked at.
    grid : Grid
    name : str
        Of its file; the words in it are looked at too.

    Returns
    -------
    tuple of str
        What a person should know, as sentences.

    Raises
    ------
    MapError
        If there is no spine to find in it.
    """
    warnings = []
    of_values = () if image is None else (*_of_values(image), *_of_slices(grid))
    for rule, value in (*of_values, *_of_grid(grid)):
        row = _RULES[rule]
        said = row["message"].format(name=name, value=value)
        if row["severity"] == "error":
            raise MapError(said, row["hint"])
        warnings.append(" ".join(filter(None, (said, row["hint"]))))
    return (*warnings, *(() if image is None else _of_name(name)))


def _limit(rule: str) -> float:
    return float(_RULES[rule]["limit"])


def _of_values(image: npt.NDArray[Any]) -> Iterator[tuple[str, float]]:
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        yield "not_finite", float("nan")
        return
    low, high = float(image.min()), float(image.max())
    if low == high:
        yield "constant", low
    if low < _limit("ct"):
        yield "ct", low
    # a part is enough: an image has thousands of values
    values = np.unique(image.ravel(order="K")[:: max(1, image.size // _SAMPLE)])
    if len(values) <= _limit("labels") and low == 0 and (values == np.rint(values)).all():
        yield "labels", float(len(values))


def _of_grid(grid: Grid) -> Iterator[tuple[str, float]]:
    least = float(min(grid.shape))
    if least < _limit("flat"):
        yield "flat", least
    elif least < _limit("few_slices"):
        yield "few_slices", least
    height = _height(grid)
    if height < _limit("tiny"):
        yield "tiny", height
    elif height < _limit("short"):
        yield "short", height
    elif height > _limit("large"):
        yield "large", height
    order = np.argsort(grid.spacing)
    if grid.spacing[order[1]] > _limit("coarse"):
        yield "coarse", float(grid.spacing[order[1]])
    if grid.spacing[order[2]] > _limit("thick"):
        yield "thick", float(grid.spacing[order[2]])


def _of_slices(grid: Grid) -> Iterator[tuple[str, float]]:
    direction = slice_direction(grid)
    if direction in ("axial", "coronal"):
        yield direction, 0.0


def _height(grid: Grid) -> float:
    """Return the length in mm from head to feet of the array axis that runs that way most."""
    upright = np.abs(_axes(grid)[2]).argmax()
    return float(grid.shape[upright] * grid.spacing[upright])


def _axes(grid: Grid) -> FloatArray:
    """Return the directions of the array axes as columns of unit vectors in RAS."""
    return np.asarray(grid.ijk_to_ras[:3, :3] / grid.spacing)


def slice_direction(grid: Grid) -> str:
    """Return how the slices lie, "sagittal", "coronal" or "axial"; "" where voxels are about as long as wide."""
    order = np.argsort(grid.spacing)
    if grid.spacing[order[2]] < _ANISOTROPIC * grid.spacing[order[1]]:
        return ""
    return _DIRECTIONS[int(np.abs(_axes(grid)[:, order[2]]).argmax())]


def _of_name(name: str) -> Iterator[str]:
    words = re.split(r"[^a-z0-9]+", name.lower())
    for word, meaning in _WORDS.items():
        if word in words:
            yield f"By its name {name} is {meaning}; methods for sagittal T2w MR of the spine are not made for that."
            return


def check_sidecar(content: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Return what the scanner said of an image that the methods are not made for, as sentences.

    Parameters
    ----------
    content : mapping of str to anything
        Keys as BIDS has them, times in seconds; what is missing or of another type says nothing.
    name : str
        Of the image.
    """
    said = ((row, content.get(row["key"])) for row in _SIDECAR)
    return tuple(row["message"].format(name=name, value=_short(value)) for row, value in said if _strikes(row, value))


def _strikes(row: Mapping[str, str], value: object) -> bool:
    if row["test"] == "other_than":
        return isinstance(value, str) and value.strip() != "" and _letters(value) not in row["value"].split()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value < float(row["value"]) if row["test"] == "below" else value > float(row["value"])


def _letters(text: str) -> str:
    return re.sub(r"[^A-Z]", "", text.upper())


def _short(value: object) -> str:
    return " ".join(str(value).split())[:40]
