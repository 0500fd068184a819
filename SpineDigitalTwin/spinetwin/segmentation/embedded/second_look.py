"""A second look, with finer voxels, where the first one has seen something: the mean of both says what is there.

Discs of the neck are two or three voxels of the first look thick. What a network sees in voxels a little finer than those of
its training differs by chance from what it sees in those, and the mean of both is nearer to the truth than either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray
from ..stages import Arrays
from .lattice import Box, Float32, Labels, Lattice, Slab, around, centred, interpolate, labelled

_FAINT = 1e-6
"""Added to every share before its logarithm is taken."""
_MARGIN_MM = 10.0

Float16 = npt.NDArray[np.float16]


@dataclass(frozen=True)
class FirstLook:
    """What the first look has seen.

    Attributes
    ----------
    lattice : Lattice
        Of the whole image.
    box : tuple of 3 slices
        Voxels of the working array that hold all that it has seen; elsewhere is background.
    scores : (c, i, j, k) array of float16
        Logarithms of the shares of each label in that box.
    """

    lattice: Lattice
    box: Box
    scores: Float16

    @classmethod
    def of(cls, lattice: Lattice, slabs: Iterable[Slab], labels: Labels) -> FirstLook | None:
        """Return what slabs of logarithms hold, without what is background around it; None where that is all."""
        kept = []
        for first, scores in slabs:
            box = around(labelled(scores, labels))
            if box is not None:
                i, j, k = box
                kept.append(((i, slice(j.start + first, j.stop + first), k), scores[:, i, j, k].astype(np.float16)))
        if not kept:
            return None
        starts, stops = (np.array([[getattr(each, end) for each in box] for box, _ in kept]) for end in ("start", "stop"))
        low, high = starts.min(axis=0), stops.max(axis=0)
        whole: Float16 = np.full((len(labels), *(high - low)), np.log(_FAINT), dtype=np.float16)
        whole[labels == 0] = 0.0
        for box, part in kept:
            i, j, k = (slice(each.start - begin, each.stop - begin) for each, begin in zip(box, low, strict=True))
            whole[:, i, j, k] = part
        i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        return cls(lattice, (i, j, k), whole)

    def block(self, least: FloatArray) -> Box:
        """Return the voxels of the image to look at again: all that was seen, a margin, and no less than a window.

        Parameters
        ----------
        least : (3,) array
            Extent of a window in voxels of the image, along the axes of the working array.

        Returns
        -------
        tuple of 3 slices
            Along the axes of the working array.
        """
        lattice, slices = self.lattice, []
        for axis, (each, size) in enumerate(zip(self.box, lattice.shape, strict=True)):
            ends = centred(lattice.size[axis], lattice.step[axis], size)[[each.start, each.stop - 1]]
            margin = _MARGIN_MM / lattice.spacing[axis]
            low, high = ends[0] - margin, ends[1] + margin
            more = max(0.0, (float(least[axis]) - (high - low)) / 2)
            slices.append(slice(max(0, int(low - more)), min(size, int(np.ceil(high + more)) + 1)))
        i, j, k = slices
        return i, j, k

    def at(self, fine: Lattice, block: Box, first: int, rows: int) -> Float32:
        """Return the logarithms at some rows of a finer working array that lies in a block of the image."""
        places = [self._places(fine, block, axis) for axis in range(3)]
        here = places[1][first : first + rows]
        # the rows that are wanted, and one more on each side
        low, high = (int(np.clip(each, 0, self.scores.shape[2] - 1)) for each in (here[0], here[-1] + 1))
        values: Float32 = self.scores[:, :, low : high + 1].astype(np.float32)
        for axis, at in enumerate((places[0], here - low, places[2]), start=1):
            values = interpolate(values, axis, at)
        return values

    def _places(self, fine: Lattice, block: Box, axis: int) -> FloatArray:
        """Return where the voxels of a finer working array lie in the box, along one axis."""
        coarse = self.lattice
        in_image = block[axis].start + centred(fine.size[axis], fine.step[axis], fine.shape[axis])
        middle, middle_of_image = (coarse.size[axis] - 1) / 2, (coarse.shape[axis] - 1) / 2
        return np.asarray((in_image - middle_of_image) / coarse.step[axis] + middle - self.box[axis].start)


def packed(first: FirstLook | None) -> Arrays:
    """Return what a first look has seen as arrays that can be kept; none for nothing."""
    if first is None:
        return {}
    return {"box": np.array([(each.start, each.stop) for each in first.box]), "scores": first.scores}


def unpacked(arrays: Arrays, lattice: Lattice) -> FirstLook | None:
    """Return the first look at an image with that lattice, of its arrays."""
    if not arrays:
        return None
    i, j, k = (slice(int(start), int(stop)) for start, stop in arrays["box"])
    return FirstLook(lattice, (i, j, k), arrays["scores"])


def logarithms(slabs: Iterable[Slab]) -> Iterator[Slab]:
    """Yield the logarithms of shares, in their own memory.

    Shares are nearly one or nothing on both sides of a border, and tell little of where it lies between two voxels; how their
    logarithms grow across it does.
    """
    for first, shares in slabs:
        shares += np.float32(_FAINT)
        yield first, np.log(shares, out=shares)


def mean_of_looks(seen: FirstLook, fine: Lattice, block: Box, slabs: Iterable[Slab]) -> Iterator[Slab]:
    """Yield the mean of both looks in the finer working array."""
    for first, scores in slabs:
        scores += seen.at(fine, block, first, scores.shape[2])
        scores *= np.float32(0.5)
        yield first, scores
