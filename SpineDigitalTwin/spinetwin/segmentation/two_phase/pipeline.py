"""The two phases one after the other: grey values, subregions, instances, names, clean-up, and how far to trust each level."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ...geometry import FloatArray, Grid, IntArray, LabelMaps
from ..cleanup import CleanedInstances, clean_instances
from ..course import Course, Foretell, Part, Rest, unheard
from ..crosscheck import cross_check
from ..instance_naming import NamedInstances, name_instances
from ..separation import separate_vertebrae, sides_put_right
from ..separation.confidence import LevelConfidence
from ..separation.voxels import BODY
from ..stages import Arrays, Stages
from .grey import prepared
from .instances import CutoutSettings, InstanceRun, Instances, centres_of, find_instances
from .seconds import CLEAN, FUSE, GREY, INSTANCE, LABEL, LOAD, SEMANTIC, SEPARATE
from .semantic import SemanticRun, semantic_map

_ALONE = 0.5
"""Trust in a vertebra that only one cutout has shown: nothing agrees or disagrees with it."""
_FEW_UNASSIGNED = 0.01

Image = Callable[[], npt.NDArray[Any]]
Progress = Callable[[float, str], None]

_SOMEHOW = tuple(Part(name, 1.0) for name in (GREY, LOAD, SEMANTIC, LABEL, SEPARATE, INSTANCE, FUSE, CLEAN))
"""What parts there are, where nobody has told how long they take."""
Tell = Callable[[str, float, str], None]
"""Takes the part that is on, the fraction of it that is done, and what is being worked on."""


@dataclass(frozen=True)
class Networks:
    """Two trained networks, as functions, and what they expect.

    Attributes
    ----------
    semantic : callable
        Phase 1, see `SemanticRun`.
    subregions : mapping of int to int
        Subregion of each label of phase 1.
    instance : callable
        Phase 2, see `InstanceRun`.
    orientation : str
        Of the images of phase 1.
    bias_correction : bool
        Whether phase 1 wants images without bias field.
    cutouts : CutoutSettings
        What phase 2 looks at.
    semantic_hash, instance_hash : str
        Tell these weights and settings from others, for stages that are kept.
    parts : sequence of Part
        What each part of the work takes, as `phase_parts` foretells it.
    body_s : float
        Seconds that phase 2 takes around one body.
    """

    semantic: SemanticRun
    subregions: Mapping[int, int]
    instance: InstanceRun
    orientation: str = "PIR"
    bias_correction: bool = True
    cutouts: CutoutSettings = field(default_factory=CutoutSettings)
    semantic_hash: str = ""
    instance_hash: str = ""
    parts: Rest = _SOMEHOW
    body_s: float = 0.0


@dataclass(frozen=True)
class TwoPhase:
    """What both phases have made.

    Attributes
    ----------
    maps : LabelMaps
        On the grid of the image; disc below level n: 100 + n, endplates 200 + n.
    confidence : mapping of int to float
        By level id, 0 to 1: agreement of the cutouts, lowered where the separation of the subregions disagrees.
    warnings : tuple of str
    seconds : mapping of str to float
        That each part of the work took.
    """

    maps: LabelMaps
    confidence: Mapping[int, float]
    warnings: tuple[str, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)


def segment(
    image: Image,
    grid: Grid,
    networks: Networks,
    progress: Progress,
    stages: Stages | None = None,
    foretell: Foretell = unheard,
) -> TwoPhase:
    """Segment an image in two phases.

    Parameters
    ----------
    image : callable
        Reads the grey values (i, j, k), of any scale, when they are needed.
    grid : Grid
        Any storage order and obliqueness; left and right are taken from here.
    networks : Networks
    progress : callable
        Takes the fraction done and what is being worked on.
    stages : Stages, optional
        Where finished phases are kept and found again.
    foretell : callable, optional
        Told what remains when the bodies are counted.

    Raises
    ------
    ReadError, MapError
        If the image, or what a network says, cannot be used.
    """
    kept, course = stages or Stages(None), Course(networks.parts)

    def tell(part: str, done: float, what: str) -> None:
        progress(course.at(part, done), what)

    told = _subregions(image, grid, networks, tell, kept)
    tell(SEPARATE, 0.0, "separating the vertebrae of the subregion map")
    separated = separate_vertebrae(told, grid)
    subregions, exchanged = sides_put_right(told, separated.vertebrae, separated.sides)
    order = [each.level for each in separated.levels]
    centres = centres_of(separated.vertebrae, np.isin(subregions, BODY), grid, order)
    if networks.body_s:
        foretell(*course.renew(INSTANCE, 0.0, (Part(INSTANCE, len(centres) * networks.body_s, INSTANCE),)))
    instances = _instances(subregions, grid, centres, networks, tell, kept)
    tell(CLEAN, 0.0, "cleaning up and naming the vertebrae")
    named = name_instances(instances.map, subregions, grid)
    cleaned = clean_instances(named.vertebrae, subregions, grid)
    levels = cross_check(cleaned.vertebrae, separated.vertebrae, _agreement(instances, named))
    maps = LabelMaps(grid, subregions, np.asfortranarray(cleaned.vertebrae))
    progress(1.0, "done")
    said = (*exchanged, *_warnings(named, cleaned, levels))
    return TwoPhase(maps, {each.level: each.confidence for each in levels}, said, course.seconds)


def _subregions(image: Image, grid: Grid, networks: Networks, tell: Tell, stages: Stages) -> npt.NDArray[np.uint8]:
    def make() -> npt.NDArray[np.uint8]:
        tell(GREY, 0.0, "evening out the brightness" if networks.bias_correction else "scaling the grey values")
        values = prepared(image(), grid, bias_correction=networks.bias_correction)
        tell(LOAD, 0.0, "phase 1: loading the network")
        return semantic_map(
            values,
            grid,
            networks.semantic,
            networks.subregions,
            networks.orientation,
            lambda done: tell(SEMANTIC, done, "phase 1: subregions"),
        )

    return np.asarray(stages.kept("two-phase-semantic", make, shape=grid.shape, of=networks.semantic_hash), dtype=np.uint8)


def _instances(
    subregions: IntArray, grid: Grid, centres: FloatArray, networks: Networks, tell: Tell, stages: Stages
) -> Instances:
    def make() -> Arrays:
        found = find_instances(
            subregions,
            grid,
            centres,
            networks.instance,
            networks.cutouts,
            lambda done: tell(INSTANCE, done, f"phase 2: body {round(done * len(centres))} of {len(centres)}"),
        )
        return {"labels": found.map, "record": found.record}

    tell(INSTANCE, 0.0, f"phase 2: around {len(centres)} bodies")
    # what phase 1 has said goes in too
    of = f"{networks.semantic_hash} {networks.instance_hash}"
    kept = stages.kept_all("two-phase-instances", make, shapes={"labels": grid.shape}, of=of)
    return Instances.from_record(np.asarray(kept["labels"], dtype=np.uint8), np.asarray(kept["record"], dtype=np.float64))


def _agreement(instances: Instances, named: NamedInstances) -> dict[int, float]:
    """Return how far the cutouts agree on each level."""
    fused = {each.label: each for each in instances.vertebrae}
    return {
        level.id: fused[number].agreement if fused[number].predictions > 1 else _ALONE
        for level, number in zip(named.naming.levels, named.numbers, strict=True)
    }


def _warnings(named: NamedInstances, cleaned: CleanedInstances, levels: tuple[LevelConfidence, ...]) -> tuple[str, ...]:
    said = list(named.naming.said)
    count = int(np.count_nonzero(cleaned.vertebrae))
    if cleaned.unassigned > _FEW_UNASSIGNED * count:
        said.append(f"{cleaned.unassigned} voxels of bone belong to no vertebra: the instance network has missed them.")
    return (*said, *(f"{doubt[:1].upper()}{doubt[1:]}." for each in levels for doubt in each.doubts))
