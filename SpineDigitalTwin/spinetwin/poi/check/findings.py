"""What `check_maps` tells: a finding, the content of a level, and the report that holds both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["note", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One thing that a person should know: how bad it is, the level it concerns (None: all), and a sentence."""

    severity: Severity
    level: int | None
    text: str


@dataclass(frozen=True)
class LevelContent:
    """What the maps hold of one level.

    Attributes
    ----------
    level : int
        Level id.
    subregions : tuple of int
        Subregion labels inside this level.
    missing : tuple of int
        Bony subregions that a whole vertebra of this level would have too (the body counts as one, `SubregionId.BODY`).
    touches_border : bool
        Whether the level reaches the edge of the image, and may be cut off there.
    volume : float
        Cubic mm.
    """

    level: int
    subregions: tuple[int, ...]
    missing: tuple[int, ...]
    touches_border: bool
    volume: float

    @property
    def complete(self) -> bool:
        """Whether every bony part is there."""
        return not self.missing


@dataclass(frozen=True)
class MapReport:
    """The result of `check_maps`: levels from the top, and findings."""

    levels: tuple[LevelContent, ...]
    findings: tuple[Finding, ...]

    @property
    def usable(self) -> bool:
        """Whether points can be computed and trusted: no finding is an error."""
        return not any(finding.severity == "error" for finding in self.findings)
