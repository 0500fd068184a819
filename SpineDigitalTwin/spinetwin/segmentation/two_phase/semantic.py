"""Phase 1: the subregion of every voxel."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from ...errors import MapError
from ...geometry import FloatArray, Grid, IntArray
from .grey import Float32
from .orientation import Turn

Labels = npt.NDArray[np.uint8]
Fraction = Callable[[float], None]
SemanticRun = Callable[[Float32, FloatArray, Fraction], IntArray]
"""Takes grey values (i, j, k), the spacing in mm and what is told of the fraction done; returns a label for each voxel."""


def semantic_map(
    image: Float32, grid: Grid, run: SemanticRun, subregions: Mapping[int, int], orientation: str, progress: Fraction
) -> Labels:
    """Return the subregions that a network sees in an image.

    Parameters
    ----------
    image : (i, j, k) array
        Prepared grey values.
    grid : Grid
    run : callable
        The network, in its own orientation.
    subregions : mapping of int to int
        Subregion of each of its labels; 0 for none.
    orientation : str
        Of the images that it was trained on.
    progress : callable
        Takes the fraction done.

    Raises
    ------
    MapError
        If the network returns another shape, labels that were not announced, or nothing at all.
    """
    turn = Turn.to(orientation, grid)
    turned = turn.turned(image)
    labels = np.asarray(run(np.ascontiguousarray(turned), turn.grid(grid).spacing, progress))
    if labels.shape != turned.shape:
        raise MapError(f"The semantic network returned shape {labels.shape} for an image of shape {turned.shape}.")
    found = turn.back(_named(labels, subregions))
    if not found.any():
        raise MapError("The semantic network found nothing of a spine in the image.", "Was it trained on images of this kind?")
    return found


def _named(labels: IntArray, subregions: Mapping[int, int]) -> Labels:
    known = {0: 0, **subregions}
    strange = sorted(set(np.unique(labels).tolist()) - set(known))
    if strange:
        raise MapError(
            f"The semantic network returned the label {strange[0]}, and its dataset.json names {len(subregions)} labels.",
            "Its weights and its dataset.json do not belong together.",
        )
    table = np.zeros(max(known) + 1, dtype=np.uint8)
    for label, subregion in known.items():
        table[label] = subregion
    return np.asarray(table[labels])
