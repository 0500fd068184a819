"""How two label maps overlap: every pair of labels counted in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...errors import MapError
from ...geometry import IntArray

_MOST_LABELS = 1000


@dataclass(frozen=True)
class Joint:
    """How often each pair of labels meets.

    Attributes
    ----------
    first, second : (p,), (r,) arrays of int
        Labels that occur, in rising order.
    counts : (g, p, r) array of int64
        Voxels of each group with these two labels.
    """

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]

    def overlap(self, labels: frozenset[int]) -> npt.NDArray[np.int64]:
        """Return (g, 3) counts of voxels that have one of these labels: in the first map, in the second, in both."""
        first, second = np.isin(self.first, sorted(labels)), np.isin(self.second, sorted(labels))
        return np.stack(
            [
                self.counts[:, first].sum(axis=(1, 2)),
                self.counts[:, :, second].sum(axis=(1, 2)),
                self.counts[:, first][:, :, second].sum(axis=(1, 2)),
            ],
            axis=1,
        )


def joint(first: IntArray, second: IntArray, groups: npt.NDArray[np.uint8] | None = None) -> Joint:
    """Count the pairs of labels of two arrays of n voxels.

    Parameters
    ----------
    first, second : (n,) arrays of non-negative integers
    groups : (n,) array of uint8, optional
        Counted separately; without it all voxels are group 0.
    """
    labels = [np.flatnonzero(np.bincount(each)) for each in (first, second)]
    if max(len(each) for each in labels) > _MOST_LABELS:
        raise MapError(f"A map holds more than {_MOST_LABELS} labels: it seems to be an image.", "Give a label map.")
    ranks = []
    for each, present in zip((first, second), labels, strict=True):
        table = np.zeros(int(present.max(initial=0)) + 1, dtype=np.int64)
        table[present] = np.arange(len(present))
        ranks.append(table[each])
    number = 1 if groups is None else int(groups.max(initial=0)) + 1
    code = ranks[0] * len(labels[1]) + ranks[1]
    if groups is not None:
        code += groups.astype(np.int64) * (len(labels[0]) * len(labels[1]))
    shape = (number, len(labels[0]), len(labels[1]))
    counts = np.bincount(code, minlength=int(np.prod(shape))).reshape(shape)
    return Joint(labels[0], labels[1], counts)


def dice(first: float, second: float, both: float) -> float | None:
    """Return the Dice coefficient of two sets of voxels, or None where both are empty.

    Examples
    --------
    >>> dice(10, 10, 5), dice(10, 0, 0), dice(0, 0, 0)
    (0.5, 0.0, None)
    """
    return 2.0 * float(both) / float(first + second) if first + second else None
