"""Writing radiographs as pictures that any program shows, and the form of their geometry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..geometry import FloatArray
from .atomic import atomic_write, write_text
from .texts import PathLike

_WHITE = 65535


def write_film_picture(path: PathLike, values: FloatArray) -> None:
    """Write a film (rows, columns) as a grey .png of 16 bits, least value black and greatest white.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    import SimpleITK as sitk

    low, high = float(values.min()), float(values.max())
    grey = np.round((values - low) * (_WHITE / max(high - low, 1e-12))).astype(np.uint16)
    with atomic_write(path) as temporary:
        sitk.WriteImage(sitk.GetImageFromArray(grey), str(temporary))


def write_geometry(path: PathLike, forms: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a form as `spinetwin.io.film_forms.read_geometry` reads it: the entries of a `Setup` for each view.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    write_text(path, json.dumps(forms, indent=1) + "\n")
