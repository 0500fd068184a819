"""Phase 2: around each body the vertebra above, that one and the one below, and all of them fused into one map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from ...anatomy.tables import read_table
from ...errors import MapError
from ...geometry import FloatArray, Grid, IntArray, bounds
from ...geometry.resampling import resampled_labels
from ..cutouts import BELOW, Cutout, FusedVertebra, fuse_cutouts
from .orientation import Turn, respaced

Labels = npt.NDArray[np.uint8]
Fraction = Callable[[float], None]
InstanceRun = Callable[[Labels], IntArray]
"""Takes the classes of a cutout (i, j, k), and returns 1 above, 2 centre, 3 below, 0 elsewhere."""

CLASSES = {int(row["subregion"]): int(row["class"]) for row in read_table("instance_classes.csv", __package__)}
"""What the instance network sees of each subregion."""

OFFSET = 1
"""Added to the classes for nnU-Net, which would cut off borders of 0 and with them the middle that tells the centre."""

_CUTOUT = (248, 304, 64)
_SPACING = (0.75, 0.75, 1.65)


@dataclass(frozen=True)
class CutoutSettings:
    """How the instance network wants its cutouts; the defaults are those of the published network.

    Attributes
    ----------
    size : (3,) tuple of int
        Voxels.
    spacing : (3,) tuple of float
        Their edges, mm.
    orientation : str
        Where the indices grow to.
    """

    size: tuple[int, int, int] = _CUTOUT
    spacing: tuple[float, float, float] = _SPACING
    orientation: str = "PIR"


@dataclass(frozen=True)
class Instances:
    """Vertebrae as the network tells them from each other.

    Attributes
    ----------
    map : (i, j, k) array of uint8
        1, 2, ... from the top, on the grid of the subregions.
    vertebrae : tuple of FusedVertebra
        How each was fused.
    """

    map: Labels
    vertebrae: tuple[FusedVertebra, ...]

    @property
    def record(self) -> FloatArray:
        """How each was fused, as numbers (n, 3): label, predictions, agreement."""
        return np.array([(each.label, each.predictions, each.agreement) for each in self.vertebrae], dtype=np.float64)

    @classmethod
    def from_record(cls, labels: Labels, record: FloatArray) -> Self:
        """Return what `record` tells."""
        return cls(labels, tuple(FusedVertebra(int(label), int(count), float(share)) for label, count, share in record))


def find_instances(
    subregions: IntArray, grid: Grid, centres: FloatArray, run: InstanceRun, settings: CutoutSettings, progress: Fraction
) -> Instances:
    """Tell the vertebrae of a subregion map from each other.

    Parameters
    ----------
    subregions : (i, j, k) array
    grid : Grid
        Of the map; any storage order, spacing and obliqueness.
    centres : (n, 3) array
        Middle of each body, RAS mm, from the top.
    run : callable
        The network.
    settings : CutoutSettings
    progress : callable
        Takes the fraction done.

    Raises
    ------
    MapError
        If there is no body, or the network returns another shape, other labels, or nothing.
    """
    if not len(centres):
        raise MapError("No middle of a vertebral body was found, around which the instance network could look.")
    working = working_grid(subregions, grid, settings)
    classes = _classes(resampled_labels(subregions, grid, working))
    cutouts = []
    for done, centre in enumerate(working.to_ijk(centres), start=1):
        start = start_of(centre, settings.size)
        cutouts.append(Cutout(start, _checked(run(cut(classes, start, settings.size)), settings.size)))
        progress(done / len(centres))
    fused, vertebrae = fuse_cutouts(cutouts, working.shape)
    if not vertebrae:
        raise MapError("The instance network found no vertebra around any body.", "Was it trained on cutouts of this kind?")
    return Instances(np.asarray(resampled_labels(fused, working, grid), dtype=np.uint8), vertebrae)


def centres_of(vertebrae: IntArray, body: npt.NDArray[np.bool_], grid: Grid, order: Sequence[int]) -> FloatArray:
    """Return the middle of the body of each vertebra that has one, RAS mm, (n, 3).

    Parameters
    ----------
    vertebrae : (i, j, k) array
    body : (i, j, k) array of bool
    grid : Grid
    order : sequence of int
        Labels of vertebrae, from the top.
    """
    index, numbers = np.argwhere(body), vertebrae[body]
    middles = [index[numbers == key].mean(axis=0) for key in order if (numbers == key).any()]
    return grid.to_ras(np.array(middles).reshape(-1, 3))


def start_of(centre: FloatArray, size: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return the first voxel of the cutout around a place; negative where it reaches beyond the image."""
    i, j, k = (round(at) - wide // 2 for at, wide in zip(centre.tolist(), size, strict=True))
    return i, j, k


def cut(array: npt.NDArray[np.uint8], start: tuple[int, int, int], size: tuple[int, int, int]) -> Labels:
    """Return a block of an array, padded with 0 beyond its borders."""
    result = np.zeros(size, dtype=array.dtype)
    source, target = [], []
    for first, wide, count in zip(start, size, array.shape, strict=True):
        low, high = max(first, 0), min(first + wide, count)
        if high <= low:
            return result
        source.append(slice(low, high))
        target.append(slice(low - first, high - first))
    result[tuple(target)] = array[tuple(source)]
    return result


def working_grid(subregions: IntArray, grid: Grid, settings: CutoutSettings) -> Grid:
    """Return a grid of the network's spacing and orientation around all that it sees."""
    turn = Turn.to(settings.orientation, grid)
    table = np.zeros(256, dtype=bool)
    table[list(CLASSES)] = True
    seen = np.argwhere(table[turn.turned(subregions)])
    first, last = bounds(seen)
    i, j, k = (int(each) for each in last - first + 1)
    return respaced(turn.grid(grid).crop(first, (i, j, k)), settings.spacing)


def _classes(subregions: IntArray) -> Labels:
    table = np.zeros(256, dtype=np.uint8)
    for subregion, number in CLASSES.items():
        table[subregion] = number
    return np.asarray(table[subregions])


def _checked(labels: IntArray, size: tuple[int, int, int]) -> IntArray:
    found = np.asarray(labels)
    if found.shape != size:
        raise MapError(f"The instance network returned shape {found.shape} for a cutout of shape {size}.")
    if found.max(initial=0) > BELOW or found.min(initial=0) < 0:
        raise MapError(
            f"The instance network returned the label {int(found.max())}; it has 1 above, 2 in the centre and 3 below.",
            "It is no network for the second phase.",
        )
    return np.asarray(found, dtype=np.uint8)
