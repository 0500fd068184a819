"""How long the stages of an import take on one core: the rows of import_seconds.csv, for maps of some size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...anatomy.tables import read_table
from ..course import Part
from .protocol import Effort, Request

_ROWS = {row["stage"]: row for row in read_table("import_seconds.csv", __package__)}
_MILLION = 1e6
LOOK, TRANSLATE, TELL_APART, CHECK = "look", "translate", "tell apart", "check names"
"""Parts of the work."""


@dataclass(frozen=True)
class ImportSeconds:
    """Seconds of each stage.

    Attributes
    ----------
    look : tuple of float
        For each map.
    translate : float
    tell_apart : float
        Vertebrae from each other, or their bodies from their arches.
    check : float
        The names that a map brings along.
    labelled : int
        Voxels that the fullest map labels.
    """

    look: tuple[float, ...]
    translate: float
    tell_apart: float
    check: float
    labelled: int

    @property
    def effort(self) -> Effort:
        """All of it."""
        parts = {LOOK: sum(self.look), TRANSLATE: self.translate, TELL_APART: self.tell_apart, CHECK: self.check}
        return Effort(tuple(Part(name, seconds) for name, seconds in parts.items()), self.labelled)

    def looked(self, maps: int) -> float:
        """Return the fraction of looking that is done when some of the maps are looked at."""
        return sum(self.look[:maps]) / max(sum(self.look), 1e-9)


def import_seconds(request: Request) -> ImportSeconds:
    """Return what taking over the maps of a request takes."""
    kinds = {source.kind for source in request.sources}
    labelled = max((int(np.count_nonzero(source.array)) for source in request.sources), default=0)
    voxels = int(np.prod(request.grid.shape))
    look = tuple(_seconds("look", source.array.size, 0) for source in request.sources)
    if "vertebrae" not in kinds:
        return ImportSeconds(
            look, _seconds("translate subregions", voxels, labelled), _seconds("separate", voxels, labelled), 0.0, labelled
        )
    # a map of subregions tells the bodies already
    apart = 0.0 if "subregions" in kinds else _seconds("bodies", voxels, labelled)
    counts = request.table is not None and request.table.counts
    check = 0.0 if counts else _seconds("check names", voxels, labelled)
    return ImportSeconds(look, _seconds("translate vertebrae", voxels, labelled), apart, check, labelled)


def _seconds(stage: str, voxels: int, labelled: int) -> float:
    row = _ROWS[stage]
    return (float(row["per_million_voxels"]) * voxels + float(row["per_million_labelled"]) * labelled) / _MILLION
