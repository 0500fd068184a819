"""Connected pieces of posterior subregions, and the parting of those that have grown together across vertebrae."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...anatomy.tables import read_table
from ...geometry import FloatArray, IntArray
from .bodies import Place
from .centreline import Straightened
from .voxels import POSTERIOR, Mask, Numbers, Rows, VoxelList


@dataclass(frozen=True)
class Usual:
    """Where a subregion sits on its vertebra, a row of ``posterior_places.csv``; in distances of neighbouring bodies.

    Attributes
    ----------
    height : float
        Of its middle below the middle of the body.
    spread : float
        Standard deviation of that.
    length : float
        From its upper to its lower end.
    longest : float
        A piece that is longer along the spine belongs to two vertebrae.
    """

    height: float
    spread: float
    length: float
    longest: float


USUAL = {
    int(row["label"]): Usual(*(float(row[column]) for column in ("height", "spread", "length", "longest")))
    for row in read_table("posterior_places.csv", __package__)
}

_TRIMMED = (3.0, 97.0)
_MODELS = 3
_WINDOW = 0.3
_LEAST_VOXELS = 10


@dataclass(frozen=True)
class Pieces:
    """Connected pieces of posterior subregions; row 0 stands for no piece.

    Attributes
    ----------
    of_voxel : (n,) array of int32
        The piece of each voxel.
    label : (p,) array
        Subregion.
    volume : (p,) array
        Cubic mm.
    along, back, right : (p,) arrays
        Mean coordinates, mm.
    upper, lower : (p,) arrays
        Where it begins and ends along the line, mm.
    border : (p,) array
        Mean height of its voxels at the border of the image, mm; NaN without any.
    """

    of_voxel: Numbers
    label: IntArray
    volume: FloatArray
    along: FloatArray
    back: FloatArray
    right: FloatArray
    upper: FloatArray
    lower: FloatArray
    border: FloatArray


def posterior_pieces(voxels: VoxelList, spine: Straightened, places: tuple[Place, ...]) -> Pieces:
    """Return the connected pieces of every posterior subregion, each within one vertebra."""
    labels = np.where(voxels.which(POSTERIOR), voxels.labels, 0).astype(np.int32)
    whole = _measured(voxels.pieces(labels), voxels, spine)
    parts = _parts(whole, spine, places)
    if not parts.any():
        return whole
    return _measured(voxels.pieces(whole.of_voxel * (int(parts.max()) + 1) + parts), voxels, spine)


def _measured(of_voxel: Numbers, voxels: VoxelList, spine: Straightened) -> Pieces:
    count = np.bincount(of_voxel)
    label = np.zeros(len(count), dtype=np.int64)
    label[of_voxel] = voxels.labels
    label[0] = 0

    def mean(values: FloatArray, rows: Mask | slice = slice(None)) -> FloatArray:
        total = np.bincount(of_voxel[rows], values[rows], len(count))
        number = np.bincount(of_voxel[rows], minlength=len(count))
        return np.asarray(np.divide(total, number, out=np.full(len(count), np.nan), where=number > 0))

    upper, lower = np.full(len(count), np.inf), np.full(len(count), -np.inf)
    inside = of_voxel > 0
    np.minimum.at(upper, of_voxel[inside], spine.along[inside])
    np.maximum.at(lower, of_voxel[inside], spine.along[inside])
    upper[0] = lower[0] = 0.0
    return Pieces(
        of_voxel,
        label,
        np.asarray(count * voxels.grid.voxel_volume, dtype=np.float64),
        mean(spine.along),
        mean(spine.back),
        mean(spine.right),
        upper,
        lower,
        mean(spine.along, voxels.at_border),
    )


def _parts(pieces: Pieces, spine: Straightened, places: tuple[Place, ...]) -> Numbers:
    """Return for each voxel the part of its piece, 0 where the piece stays whole."""
    order = np.argsort(pieces.of_voxel, kind="stable")
    ends = np.searchsorted(pieces.of_voxel[order], np.arange(len(pieces.label) + 1))
    rows = [order[ends[name] : ends[name + 1]] for name in range(len(pieces.label))]
    lengths = np.zeros(len(rows))
    for name in range(1, len(rows)):
        if len(rows[name]) >= _LEAST_VOXELS:
            low, high = np.percentile(spine.along[rows[name]], _TRIMMED)
            lengths[name] = (high - low) / _nearest(places, float(pieces.along[name])).height
    parts = np.zeros(len(pieces.of_voxel), dtype=np.int32)
    limits = np.array([USUAL[label].longest if label in USUAL else np.inf for label in pieces.label.tolist()])
    for name in np.flatnonzero(lengths > limits).tolist():
        alike = (pieces.label == pieces.label[name]) & (lengths > 0) & (lengths <= limits)
        clean = np.flatnonzero(alike)
        nearest = clean[np.argsort(np.abs(pieces.along[clean] - pieces.along[name]))[:_MODELS]]
        slope = float(np.median([_slope(spine, rows[each]) for each in nearest])) if len(nearest) else 0.0
        parts[rows[name]] = _cut_apart(int(pieces.label[name]), rows[name], slope, spine, places)
    return parts


def _nearest(places: tuple[Place, ...], along: float) -> Place:
    return min(places, key=lambda place: abs(place.centre - along))


def _slope(spine: Straightened, rows: Rows) -> float:
    """Return how steeply a piece falls towards its end."""
    back, along = spine.back[rows], spine.along[rows]
    spread = back.var()
    return float(((back - back.mean()) * (along - along.mean())).mean() / spread) if spread > 0 else 0.0


def _cut_apart(label: int, rows: Rows, slope: float, spine: Straightened, places: tuple[Place, ...]) -> Numbers:
    """Cut a piece between the vertebrae that it reaches over, where it is narrowest; the cuts fall as its neighbours do."""
    height = spine.along[rows] - slope * (spine.back[rows] - spine.back[rows].mean())
    low, high = np.percentile(height, _TRIMMED)
    middles = [(place.centre + USUAL[label].height * place.height, place.height) for place in places]
    inside = [(middle, size) for middle, size in middles if low - 0.1 * size < middle < high + 0.1 * size]
    part = np.ones(len(rows), dtype=np.int32)
    for (upper, size), (lower, _) in pairwise(inside):
        part += height > _narrowest(height, (upper + lower) / 2, _WINDOW * size)
    return part


def _narrowest(height: FloatArray, middle: float, window: float) -> float:
    """Return the height near the middle where a piece has least voxels; the middle itself where all are alike."""
    edges = np.linspace(middle - window, middle + window, 16)
    counts = np.histogram(height, edges)[0].astype(np.float64)
    centres = (edges[1:] + edges[:-1]) / 2
    usual = max(counts.mean(), 1.0)
    return float(centres[np.argmin(counts / usual + 0.5 * ((centres - middle) / window) ** 2)])
