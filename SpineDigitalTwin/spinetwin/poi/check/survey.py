"""One pass over both maps: how many voxels each part of each level has, where its middle is, and the block it lies in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray, LabelMaps

Index = npt.NDArray[np.intp]

MAX_VALUES = 2000
"""More different values than this are an image, not labels."""
_BLOCK = 1 << 21
"""Voxels looked at together, to keep memory small."""


@dataclass(frozen=True)
class Part:
    """All voxels of one subregion in one level: how many, their mean index, and the block they lie in."""

    count: int
    centre: FloatArray
    low: Index
    high: Index


Parts = Mapping[tuple[int, int], Part]
"""By level and subregion label."""


def survey(maps: LabelMaps) -> Parts | None:
    """Collect every (vertebra label, subregion label) in one pass; None where there are too many to be labels."""
    order: Literal["F", "C"] = "F" if maps.subregions.flags.f_contiguous else "C"
    subregions, vertebrae = maps.subregions.ravel(order), maps.vertebrae.ravel(order)
    parts: dict[tuple[int, int], Part] = {}
    for start in range(0, subregions.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        at = np.flatnonzero((subregions[block] != 0) | (vertebrae[block] != 0)) + start
        if not at.size:
            continue
        pairs = vertebrae[at].astype(np.uint32)
        pairs <<= 16
        pairs |= subregions[at]
        values = _values(pairs)
        if len(values) + len(parts) > MAX_VALUES:
            return None
        index = np.array(np.unravel_index(at, maps.grid.shape, order=order))
        for value, part in zip(values.tolist(), _parts_of(pairs, values, index), strict=True):
            key = (value >> 16, value & 0xFFFF)
            parts[key] = _join([parts[key], part]) if key in parts else part
    return parts


def _parts_of(pairs: npt.NDArray[np.uint32], values: npt.NDArray[np.uint32], index: Index) -> Iterator[Part]:
    """Yield the part of every value (n,) among the pairs (m,) of voxels with index (3, m)."""
    rank = np.searchsorted(values, pairs).astype(np.uint16)
    by_rank = np.argsort(rank, kind="stable")
    starts = np.searchsorted(rank[by_rank], np.arange(len(values)))
    index = index[:, by_rank]
    counts = np.diff([*starts, len(pairs)])
    centres = (np.add.reduceat(index, starts, axis=1) / counts).T
    lows, highs = np.minimum.reduceat(index, starts, axis=1).T, np.maximum.reduceat(index, starts, axis=1).T
    for count, *rest in zip(counts.tolist(), centres, lows, highs, strict=True):
        yield Part(count, *rest)


def _join(parts: list[Part]) -> Part:
    count = sum(each.count for each in parts)
    centre = np.sum([each.centre * each.count for each in parts], axis=0) / count
    return Part(count, centre, np.min([each.low for each in parts], axis=0), np.max([each.high for each in parts], axis=0))


def _values(pairs: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Return the sorted different values; neighbouring voxels are mostly equal, so few need sorting."""
    changes = np.flatnonzero(np.diff(pairs)) + 1
    return np.unique(pairs[np.concatenate([[0], changes])])


def total(parts: Parts, level: int, labels: Iterable[int]) -> Part | None:
    """Join several subregions of one level."""
    found = [parts[level, label] for label in labels if (level, label) in parts]
    return _join(found) if found else None


def labels_of(parts: Parts, level: int) -> list[int]:
    """Return the subregion labels inside a level, from the smallest."""
    return sorted(label for each, label in parts if each == level and label)
