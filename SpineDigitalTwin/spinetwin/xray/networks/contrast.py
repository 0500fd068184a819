"""Films as the network sees them, whatever their brightness, contrast and soft tissue."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

_AROUND_PX = 41
"""Width of the neighbourhood that a pixel is compared with, averaged over twice: about as wide as a vertebra and its discs."""

_MOST = 4.0
_FLAT = 1e-3
"""Least spread of a neighbourhood, against that of the whole film."""


def local_contrast(film: npt.NDArray[Any], around_px: int = _AROUND_PX) -> Float32:
    """Return by how many standard deviations of its neighbourhood each pixel is brighter than that.

    Parameters
    ----------
    film : (rows, columns) array
        Larger where more is in the way of the rays; pixels of a millimetre at the patient.
    around_px : int
        Width of the neighbourhood.

    Returns
    -------
    (rows, columns) array of float32
        From -4 to 4. An affine change of the grey values changes nothing.
    """
    spread = float(film.std())
    values = np.asarray((film - film.mean()) / (spread if spread > 0 else 1.0), dtype=np.float32)
    above = values - _around(values, around_px)
    sd = np.sqrt(_around(above * above, around_px) + np.float32(_FLAT**2))
    return np.asarray(np.clip(above / sd, -_MOST, _MOST), dtype=np.float32)


def network_input(contrast: Float32, *, lateral: bool) -> Float32:
    """Return what the network sees of a film, (2, rows, columns): its local contrast, and 1 or 0: whether it is lateral."""
    return np.stack([contrast, np.full_like(contrast, float(lateral))])


def _around(image: Float32, width: int) -> Float32:
    from scipy.ndimage import uniform_filter

    return np.asarray(uniform_filter(uniform_filter(image, width, mode="nearest"), width, mode="nearest"))
