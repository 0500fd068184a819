"""Images of phantoms whose grey values tell the subregions, as a network that has learnt them would see them."""

from pathlib import Path

import fabricated_models
import numpy as np
from spinetwin.segmentation.two_phase.labels import subregions_of


def channels(maps):
    """Return the label of phase 1 of every voxel."""
    numbers = {name: number for number, name in enumerate(fabricated_models.NAMES, start=1)}
    table = np.zeros(256, dtype=np.uint8)
    for label, subregion in subregions_of(numbers, Path()).items():
        table[subregion] = label
    return table[maps.subregions]


def grey(maps):
    """Return an image in which the labels of phase 1 are steps of 50."""
    return 100.0 + 50.0 * channels(maps)
