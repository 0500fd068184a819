"""Where the column of bodies is cut into vertebrae: at its discs and gaps, and where bodies are fused by their usual height."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...anatomy import SubregionId
from ...geometry import FloatArray
from .centreline import Straightened
from .voxels import BODY, Mask, Rows, VoxelList

HEIGHT_TO_WIDTH = 0.97
"""Distance of neighbouring body centres against the square root of the area of a body across the spine: 0.92 (thoracolumbar)
to 1.07 (cervical) for the mean dimensions of the literature that the phantom collects."""

_SPREAD_FIRST, _SPREAD_SECOND = 0.22, 0.14
"""Standard deviation of the logarithm of a height against the expected one, before and after looking at the neighbours."""
_PRICE = 4.0
"""What a cut costs where nothing speaks for it, in half squared standard deviations; it earns as much where all does."""
_DENS_WIDTH = 0.85
"""A first piece that has less than this part of its area at its top may be C2."""
_NEAR = 18.0
_ARCH_PRICE = 1.5
"""What a vertebra with no arch, and each arch too many, costs."""
_BESIDE_ARCH = 8.0
"""What a cut that is not seen costs in addition right beside the middle of an arch, twice as much as it costs at a quarter."""
_LEAST_ARCH = 0.05
"""A smaller piece of an arch, in cubes as high as a vertebra, is not counted."""
_ONE_ARCH = 0.45
"""Pieces of arches nearer than this part of a height belong to one arch."""
_SEEN = 0.5
"""Evidence from which on a cut counts as seen."""
_STEEPEST = 0.7
"""Steepest disc against the line, as a tangent."""
_LEAST_AREA = 40.0
"""Nothing narrower than this is a vertebral body, square mm."""
_FLOOR = 0.04
"""Less area than this part of a usual body is no body at all."""


@dataclass(frozen=True)
class Profile:
    """The column of bodies and discs, millimetre by millimetre.

    Attributes
    ----------
    start : float
        Where it begins, in mm along the line.
    body, whole : (n,) arrays
        Area across the line of bodies, and of bodies, discs and endplates, square mm.
    evidence : (n,) array
        How much speaks for a gap between two vertebrae here, 0 to 1.
    height : (n,) array
        Distance of neighbouring body centres expected here, mm.
    arches : (a,) array
        Middles of the arches along the line, mm from `start`.
    """

    start: float
    body: FloatArray
    whole: FloatArray
    evidence: FloatArray
    height: FloatArray
    arches: FloatArray


@dataclass(frozen=True)
class Cut:
    """A surface between two neighbours: `along = middle + tilt_back * back + tilt_right * right`.

    Attributes
    ----------
    middle : float
        Where it crosses the line, mm.
    tilt_back, tilt_right : float
        Slopes.
    evidence : float
        How clearly it is seen in the map, 0 (guessed from heights) to 1 (a disc across the whole column).
    """

    middle: float
    tilt_back: float
    tilt_right: float
    evidence: float

    def below(self, spine: Straightened, rows: Mask | slice = slice(None)) -> Mask:
        """Say of voxels whether they lie below the cut."""
        return np.asarray(
            spine.along[rows] > self.middle + self.tilt_back * spine.back[rows] + self.tilt_right * spine.right[rows]
        )


def profile_of(voxels: VoxelList, spine: Straightened, column: Mask) -> Profile:
    """Measure the column along its line."""
    body = column & voxels.which(BODY)
    gap = column & ~body
    low, count = _extent(spine.along[column], voxels.grid.voxel_volume)

    def area(mask: Mask) -> FloatArray:
        at = np.floor(spine.along[mask] - low).astype(int)
        at = at[(at >= 0) & (at < count)]
        volume = np.bincount(at, minlength=count) * voxels.grid.voxel_volume
        return np.convolve(np.pad(volume.astype(np.float64), 1, mode="edge"), np.ones(3) / 3, mode="valid")

    bone, between = area(body), area(gap)
    whole = bone + between
    usual = _running_percentile(whole, _NEAR, 70.0)
    height = HEIGHT_TO_WIDTH * np.sqrt(np.maximum(usual, _LEAST_AREA))
    dip = 1.0 - bone / np.maximum(_lower_shoulder(bone, 0.6 * height), 1e-9)
    share = between / np.maximum(np.maximum(whole, _FLOOR * usual), 1e-9)
    arches = _arches(voxels, spine, low, height)
    return Profile(low, bone, whole, np.clip(np.maximum(dip, share), 0.0, 1.0), height, arches)


def _arches(voxels: VoxelList, spine: Straightened, low: float, height: FloatArray) -> FloatArray:
    """Return the middles of the arches beside the column, mm from its beginning."""
    piece = voxels.pieces(np.where(voxels.labels == int(SubregionId.ARCH), 1, 0))
    count = np.bincount(piece)
    middle = np.bincount(piece, spine.along) / np.maximum(count, 1) - low
    at = np.clip(middle.astype(int), 0, len(height) - 1)
    large = (count * voxels.grid.voxel_volume > _LEAST_ARCH * height[at] ** 3) & (middle > 0) & (middle < len(height))
    large[0] = False
    found: list[float] = []
    for place in np.sort(middle[large]):
        if not found or place - found[-1] > _ONE_ARCH * height[int(place)]:
            found.append(float(place))
    return np.array(found)


def _extent(along: FloatArray, voxel_volume: float) -> tuple[float, int]:
    """Return where the column begins, mm, and over how many millimetres it is more than speckles."""
    low = float(along.min())
    area = np.bincount((along - low).astype(int)) * voxel_volume
    solid = np.flatnonzero(np.convolve(area, np.ones(3) / 3, mode="same") >= _LEAST_AREA)
    if not len(solid):
        return low, len(area)
    return low + float(solid[0]), int(solid[-1] - solid[0]) + 1


def _running_percentile(values: FloatArray, reach: float, percent: float) -> FloatArray:
    padded = np.pad(values, int(reach), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * int(reach) + 1)
    return np.asarray(np.nanpercentile(windows, percent, axis=1))


def _lower_shoulder(values: FloatArray, reach: FloatArray) -> FloatArray:
    """Return the lower one of the largest values at either side: what a dip is measured against."""
    result = np.empty_like(values)
    for at, width in enumerate(reach.astype(int)):
        result[at] = min(values[max(0, at - width) : at + 1].max(), values[at : at + width + 1].max())
    return result


def find_cuts(voxels: VoxelList, spine: Straightened, column: Mask) -> list[Cut]:
    """Cut the column.

    The places are those that together cost least: each cut earns what speaks for it, each vertebra between two cuts pays
    for the difference of its height from the expected one. The expected height follows from the width of the column, and
    in a second pass from the neighbours that are clearly separated. A disc tilts the cut through it; the others lie between.

    Returns
    -------
    list of Cut
        From the top; empty where the column holds one vertebra at most.
    """
    profile = profile_of(voxels, spine, column)
    places = _cheapest(profile, profile.height, _SPREAD_FIRST)
    height = profile.height * _correction(profile, places)
    places = _cheapest(profile, height, _SPREAD_SECOND)
    gaps = np.flatnonzero(column & ~voxels.which(BODY))
    return _tilted(places, profile, height, gaps, voxels.grid.voxel_volume, spine)


def _cheapest(profile: Profile, height: FloatArray, spread: float) -> list[int]:
    """Return the best places of cuts, by dynamic programming over the last cut."""
    count = len(height)
    price = _price(profile, height)
    arches = np.searchsorted(profile.arches, np.arange(count + 1))
    volume = np.concatenate([[0.0], np.cumsum(profile.body)])
    best, before = np.full(count + 1, np.inf), np.full(count + 1, -1)
    for at in range(count + 1):
        here = min(at, count - 1)
        first = max(0, int(at - 2.0 * height[here]))
        best[at], before[at] = _end_cost(volume, height, 0, at, spread), -1
        starts = np.arange(first, at)
        if not len(starts):
            continue
        if at == count:
            pieces = np.array([_end_cost(volume, height, int(each), at, spread) for each in starts])
        else:
            pieces = 0.5 * (np.log((at - starts) / height[(at + starts) // 2]) / spread) ** 2
            pieces += _ARCH_PRICE * np.abs(arches[at] - arches[starts] - 1.0)
        costs = best[starts] + pieces + price[starts]
        cheapest = int(np.argmin(costs))
        if costs[cheapest] < best[at]:
            best[at], before[at] = costs[cheapest], starts[cheapest]
    places, at = [], count
    while before[at] >= 0:
        at = int(before[at])
        places.append(at)
    return places[::-1]


def _price(profile: Profile, height: FloatArray) -> FloatArray:
    """Return the price of a cut at each millimetre; one that is not seen should at least lie between two arches."""
    price = _PRICE * (1.0 - 2.0 * profile.evidence)
    if not len(profile.arches):
        return np.asarray(price)
    off = np.abs(np.arange(len(height))[:, None] - profile.arches).min(axis=1) / height
    return np.asarray(price + (1.0 - profile.evidence) * _BESIDE_ARCH * np.maximum(0.5 - off, 0.0))


def _end_cost(volume: FloatArray, height: FloatArray, first: int, last: int, spread: float) -> float:
    """Cost of the first or last piece: it may be cut off by the image, so only excess volume counts, and less below a dens."""
    if last <= first:
        return 0.0
    usual = float(height[min((first + last) // 2, len(height) - 1)])
    length = (volume[last] - volume[first]) / (usual / HEIGHT_TO_WIDTH) ** 2
    excess = max(0.0, float(np.log(max(length, 1e-9) / usual)))
    allowed = 2.0 * spread if first == 0 and _bears_dens(volume, usual, last) else spread
    return float(0.5 * (excess / allowed) ** 2)


def _bears_dens(volume: FloatArray, height: float, last: int) -> bool:
    """Say whether the first piece, down to `last`, is narrower at its top than a body is."""
    top, low, high = int(0.4 * height), last - int(0.2 * height), last - int(0.8 * height)
    if high <= top:
        return False
    return bool(volume[top] / top < _DENS_WIDTH * (volume[low] - volume[high]) / (low - high))


def _correction(profile: Profile, places: list[int]) -> FloatArray:
    """Return by how much vertebrae are higher than expected, from those between two cuts that are seen."""
    pairs = [
        (upper, lower) for upper, lower in pairwise(places) if min(profile.evidence[upper], profile.evidence[lower]) > _SEEN
    ]
    if not pairs:
        return np.ones_like(profile.height)
    middles = np.array([(upper + lower) / 2 for upper, lower in pairs])
    ratios = np.array([(lower - upper) / profile.height[(upper + lower) // 2] for upper, lower in pairs])
    steady = np.array([np.median(ratios[max(0, at - 1) : at + 2]) for at in range(len(ratios))])
    return np.asarray(np.interp(np.arange(len(profile.height)), middles, steady))


def _tilted(
    places: list[int], profile: Profile, height: FloatArray, gap: Rows, voxel_volume: float, spine: Straightened
) -> list[Cut]:
    """Fit a plane to the disc at each cut; a cut without one is tilted as its neighbours are."""
    along = spine.along[gap]
    fits = []
    for place in places:
        middle = profile.start + place + 0.5
        near = gap[np.abs(along - middle) < 0.45 * height[place]]
        enough = len(near) * voxel_volume > 0.03 * height[place] ** 3
        fits.append(_plane(spine, near) if enough else None)
    known = [(place, fit) for place, fit in zip(places, fits, strict=True) if fit is not None]
    return [
        _cut(profile.start + place + 0.5, float(profile.evidence[place]), fit, place, known)
        for place, fit in zip(places, fits, strict=True)
    ]


def _cut(middle: float, evidence: float, fit: FloatArray | None, place: int, known: list[tuple[int, FloatArray]]) -> Cut:
    if fit is not None:
        return Cut(float(fit[0]), float(fit[1]), float(fit[2]), evidence)
    if not known:
        return Cut(middle, 0.0, 0.0, evidence)
    at = [each for each, _ in known]
    back, right = (float(np.interp(place, at, [found[row] for _, found in known])) for row in (1, 2))
    return Cut(middle, back, right, evidence)


def _plane(spine: Straightened, rows: Rows) -> FloatArray:
    """Fit `along = a + b back + c right` to voxels of a disc, twice, the second time without outliers."""
    design = np.column_stack([np.ones(len(rows)), spine.back[rows], spine.right[rows]])
    values, kept = spine.along[rows], np.ones(len(rows), dtype=bool)
    fit: FloatArray = np.zeros(3)
    for _ in range(2):
        fit = np.asarray(np.linalg.lstsq(design[kept], values[kept], rcond=None)[0], dtype=np.float64)
        off = np.abs(values - design @ fit)
        kept = off <= max(3.0 * float(np.median(off)), 1e-6)
    return np.asarray(np.concatenate([fit[:1], np.clip(fit[1:], -_STEEPEST, _STEEPEST)]))
