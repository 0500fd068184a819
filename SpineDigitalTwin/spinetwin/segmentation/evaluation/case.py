"""One predicted segmentation beside its reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ...geometry import Grid, IntArray, PartialMaps
from .distances import SurfaceDistances, average_distance, surface_distances, symmetric_mean
from .instances import InstanceScore, Match, match_instances, score_instances
from .overlap import Joint, dice, joint
from .regions import regions_of
from .structures import FAMILIES, REGIONS, STRUCTURES, Structure, membership

Box = tuple[slice, slice, slice]

ABSENT_FROM_BOTH = "in neither map"
ABSENT_FROM_REFERENCE = "not in the reference"
ABSENT_FROM_PREDICTION = "not in the prediction"


@dataclass(frozen=True)
class StructureScore:
    """How well one structure was drawn.

    Attributes
    ----------
    structure : str
        A name of `STRUCTURES`.
    region : str
        cervical, thoracic or lumbar; "" for the whole image.
    dice : float or None
        0 where one map lacks the structure; None where both do.
    assd : float or None
        Average symmetric surface distance in mm; None where a map lacks the structure.
    predicted_mm3, reference_mm3 : float
        Volumes.
    note : str
        Which map lacks it.
    """

    structure: str
    region: str
    dice: float | None
    assd: float | None
    predicted_mm3: float
    reference_mm3: float
    note: str = ""


@dataclass(frozen=True)
class CaseScores:
    """All numbers of one case; whole images first, then the regions."""

    name: str
    structures: tuple[StructureScore, ...]
    instances: tuple[InstanceScore, ...]
    matches: tuple[Match, ...]


def score_case(name: str, prediction: PartialMaps, reference: PartialMaps) -> CaseScores:
    """Compare the maps that both sides have; they must be on one grid.

    Structures come from the subregion maps, or, where one side has none, from the vertebra maps as far as those show them.
    """
    if prediction.grid.shape != reference.grid.shape:
        raise ValueError("the maps are on different grids")
    box = _foreground(prediction, reference)
    grid = reference.grid.crop([each.start for each in box], _shape(box))
    ours, theirs = _cropped(prediction, box), _cropped(reference, box)
    wanted = np.zeros(grid.shape, dtype=bool)
    for array in (*ours, *theirs):
        if array is not None:
            wanted |= array > 0
    regions = None if theirs[1] is None else regions_of(theirs[1], wanted, grid)
    structures: list[StructureScore] = []
    for field, mine, right in zip(("subregions", "labels"), ours, theirs, strict=True):
        if mine is None or right is None:
            continue
        comparison = _Comparison(mine, right, wanted, regions, grid)
        done = {each.structure for each in structures}
        for each in STRUCTURES:
            labels: frozenset[int] = getattr(each, field)
            if labels and each.name not in done:
                structures += comparison.structure(each, labels)
    matches, instances = _instances(ours[1], theirs[1], wanted, grid)
    order = [each.name for each in STRUCTURES]
    structures.sort(key=lambda each: (("", *REGIONS).index(each.region), order.index(each.structure)))
    return CaseScores(name, tuple(structures), instances, matches)


def _foreground(*maps: PartialMaps) -> Box:
    """Return the box of all that is labelled in any map, at least one voxel."""
    low = np.array(maps[0].grid.shape)
    high = np.zeros(3, dtype=int)
    for each in maps:
        for array in (each.subregions, each.vertebrae):
            if array is None or not array.any():
                continue
            for axis in range(3):
                inside = np.flatnonzero(array.any(axis=tuple({0, 1, 2} - {axis})))
                low[axis], high[axis] = min(low[axis], inside[0]), max(high[axis], inside[-1] + 1)
    if not high.any():
        return slice(0, 1), slice(0, 1), slice(0, 1)
    first, second, third = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return first, second, third


def _shape(box: Box) -> tuple[int, int, int]:
    first, second, third = (each.stop - each.start for each in box)
    return first, second, third


def _cropped(maps: PartialMaps, box: Box) -> tuple[IntArray | None, IntArray | None]:
    subregions, vertebrae = (None if array is None else array[box] for array in (maps.subregions, maps.vertebrae))
    return subregions, vertebrae


def _instances(
    ours: IntArray | None, theirs: IntArray | None, wanted: npt.NDArray[np.bool_], grid: Grid
) -> tuple[tuple[Match, ...], tuple[InstanceScore, ...]]:
    if ours is None or theirs is None:
        return (), ()
    comparison = _Comparison(ours, theirs, wanted, None, grid)
    matches = {each.name: match_instances(each, comparison.counts, comparison.pair) for each in FAMILIES}
    scores = tuple(score_instances(family, matches[family.name], region) for region in ("", *REGIONS) for family in FAMILIES)
    return tuple(match for found in matches.values() for match in found), scores


class _Comparison:
    """Two arrays of one kind, counted once and cut out as often as needed."""

    def __init__(
        self,
        ours: IntArray,
        theirs: IntArray,
        wanted: npt.NDArray[np.bool_],
        regions: npt.NDArray[np.uint8] | None,
        grid: Grid,
    ) -> None:
        self._arrays = ours, theirs
        self._regions = regions
        self._grid = grid
        self._boxes = tuple(ndimage.find_objects(each.astype(np.int32)) for each in (ours, theirs))
        groups = None if regions is None else regions[wanted]
        self.counts: Joint = joint(ours[wanted], theirs[wanted], groups)

    def structure(self, structure: Structure, labels: frozenset[int]) -> Iterator[StructureScore]:
        """Score a structure in the whole image, and in each region where the reference has any of it."""
        counts = self.counts.overlap(labels)
        found = self._distances(labels) if counts.sum(axis=0)[:2].all() else None
        yield self._score(structure.name, "", counts.sum(axis=0), _mean_distance(found))
        for code, region in enumerate(REGIONS, start=1):
            if code < len(counts) and counts[code, 1]:
                yield self._score(structure.name, region, counts[code], self._mean_distance_in(found, code))

    def pair(self, predicted: int, reference: int) -> float | None:
        """Return the surface distance of two instances in mm."""
        ours, theirs, corner = self._masks(frozenset([predicted]), frozenset([reference]))
        return average_distance(ours, theirs, self._grid.crop(corner, _three(ours.shape)))

    def _score(self, name: str, region: str, counts: npt.NDArray[np.int64], assd: float | None) -> StructureScore:
        ours, theirs, both = (int(each) for each in counts)
        notes = {(False, False): ABSENT_FROM_BOTH, (True, False): ABSENT_FROM_REFERENCE, (False, True): ABSENT_FROM_PREDICTION}
        volume = self._grid.voxel_volume
        note = notes.get((ours > 0, theirs > 0), "")
        return StructureScore(name, region, dice(ours, theirs, both), assd, ours * volume, theirs * volume, note)

    def _masks(
        self, ours: frozenset[int], theirs: frozenset[int]
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
        """Cut both masks out of one box around them, with its corner."""
        boxes = [
            found[label - 1]
            for found, labels in zip(self._boxes, (ours, theirs), strict=True)
            for label in labels
            if label <= len(found) and found[label - 1] is not None
        ]
        corner = np.array([min(box[axis].start for box in boxes) for axis in range(3)])
        end = [max(box[axis].stop for box in boxes) for axis in range(3)]
        box = tuple(slice(int(a), int(b)) for a, b in zip(corner, end, strict=True))
        first, second = (membership(labels)[array[box]] for array, labels in zip(self._arrays, (ours, theirs), strict=True))
        return first, second, corner

    def _distances(self, labels: frozenset[int]) -> tuple[SurfaceDistances, npt.NDArray[np.int64]]:
        ours, theirs, corner = self._masks(labels, labels)
        return surface_distances(ours, theirs, self._grid.crop(corner, _three(ours.shape))), corner

    def _mean_distance_in(self, found: tuple[SurfaceDistances, npt.NDArray[np.int64]] | None, code: int) -> float | None:
        if found is None or self._regions is None:
            return None
        distances, corner = found
        ours, theirs = (self._regions[tuple((each + corner).T)] == code for each in (distances.first, distances.second))
        return symmetric_mean(distances.to_second[ours], distances.to_first[theirs])


def _mean_distance(found: tuple[SurfaceDistances, npt.NDArray[np.int64]] | None) -> float | None:
    return None if found is None else symmetric_mean(found[0].to_second, found[0].to_first)


def _three(shape: tuple[int, ...]) -> tuple[int, int, int]:
    first, second, third = shape
    return first, second, third
