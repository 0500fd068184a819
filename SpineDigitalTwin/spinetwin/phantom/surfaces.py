"""Closed surfaces of the vertebrae, discs and ribs of a phantom, from its continuous shapes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

import numpy as np

from ..anatomy import level as level_of
from ..geometry.surfaces import Surface, surface_of, surface_of_samples
from .shape.ribs import Rib
from .shape.solids import Box
from .shape.vertebra import FAR, VertebraShape
from .spine import Spine
from .voxels import Block, rib_pieces, sample

LARGEST_SPACING = 0.7
PER_WIDTH = 40
PER_DISC = 0.6
"""Samples of a vertebra lie a fortieth of the width of its body apart, at most 0.7 mm; those of a disc, whose edges are sharp,
less: edges that are cut off then cost less than half a percent of any volume."""


def surfaces(spine: Spine, levels: Collection[int] | None = None, finer: float = 1.0) -> Iterator[tuple[str, Surface]]:
    """Yield the name and the surface (RAS mm) of every vertebra ("L3"), disc ("L3-L4") and rib ("T8-rib-left"), from the top.

    Parameters
    ----------
    spine : Spine
        In any posture and place.
    levels : collection of int, optional
        Ids of the levels that are wanted, each with the disc below it; all if left out.
    finer : float
        Factor by which the samples lie closer than usual.

    Raises
    ------
    ParameterError
        If VTK is not installed.
    """
    below = dict(pairwise(spine.shapes))
    for key, shape in spine.shapes.items():
        if levels is not None and key not in levels:
            continue
        name, spacing = level_of(key).name, usual_spacing(shape) / finer
        yield name, vertebra_surface(shape, spacing).placed(spine.frames[key])
        if key in spine.discs:
            disc = spine.discs[key]
            surface = surface_of(disc.distance, *disc.box, PER_DISC * spacing)
            yield f"{name}-{level_of(below[key]).name}", surface.placed(spine.frames[key])
        for rib in spine.ribs.get(key, ()):
            yield f"{name}-rib-{rib.side}", rib_surface(rib, LARGEST_SPACING / finer).placed(spine.frames[key])


def usual_spacing(shape: VertebraShape) -> float:
    """Return the distance of samples, mm, at which the surface of a vertebra is smooth."""
    return min(LARGEST_SPACING, shape.body.width / PER_WIDTH)


def rib_surface(rib: Rib, spacing: float) -> Surface:
    """Return the surface of one rib in the frame of its vertebra, from samples `spacing` mm apart."""
    block = _block_around(rib.box, spacing)
    values = np.full(block.shape, FAR, dtype=np.float32)
    for where, distance in rib_pieces(rib, block, 2 * spacing):
        values[where] = distance
    return surface_of_samples(values, block.offset, spacing)


def _block_around(box: Box, spacing: float) -> Block:
    low, high = (np.array(corner) for corner in box)
    i, j, k = (np.ceil((high - low) / spacing).astype(int) + 3).tolist()
    return Block((0, 0, 0), (i, j, k), np.eye(3) * spacing, low - spacing)


def vertebra_surface(shape: VertebraShape, spacing: float) -> Surface:
    """Return the surface of one vertebra in its own frame, from samples `spacing` mm apart."""
    block = _block_around(shape.box, spacing)
    sampled = sample(shape, block)
    return surface_of_samples(sampled.solid, block.offset + spacing * np.array(sampled.block.start), spacing)
