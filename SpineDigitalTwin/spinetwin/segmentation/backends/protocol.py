"""What every backend can do, and what goes in and out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy.typing as npt

from ...geometry import Grid, IntArray, LabelMaps
from ..contrast import USUAL, Contrast
from ..course import Foretell, Rest, unheard
from ..stages import Stages

if TYPE_CHECKING:
    from .mapping import MappingTable

Progress = Callable[[float, str], None]
"""Takes the fraction done and what is being worked on."""


@dataclass(frozen=True)
class Description:
    """What people should know of a backend before they choose it.

    Attributes
    ----------
    name : str
        For the command line and files.
    title : str
        For people.
    makes : str
        What its maps hold and what they lack.
    download_mb : float
        What `install` would fetch now; 0 where nothing is.
    fetches : str
        What that is, and under which licences.
    licence : str
        Of its weights; "" where it has none.
    reads_image : bool
        Whether what it makes depends on the values of the image; else the image only gives the grid.
    made_for : tuple of str
        Contrasts of the images that it is made for, as `CONTRASTS`; none where any will do.
    """

    name: str
    title: str
    makes: str
    download_mb: float = 0.0
    licence: str = ""
    reads_image: bool = True
    fetches: str = ""
    made_for: tuple[str, ...] = (USUAL,)


CPU: tuple[str, ...] = ("cpu",)
"""The devices of what computes nowhere else."""


@dataclass(frozen=True)
class Availability:
    """Whether a backend can run on this computer for this request.

    Attributes
    ----------
    ready : bool
    reason : str
        Why (not), as a sentence.
    devices : tuple of str
        Where it can run now, as torch spells it: "cpu", "cuda:0", "mps".
    """

    ready: bool
    reason: str
    devices: tuple[str, ...] = CPU


@dataclass(frozen=True)
class Source:
    """A label map that exists already.

    Attributes
    ----------
    name : str
        Of its file.
    kind : str
        "subregions" or "vertebrae".
    array : (i, j, k) array of uint8 or uint16
        On its own grid.
    grid : Grid
    """

    name: str
    kind: str
    array: IntArray
    grid: Grid


@dataclass(frozen=True)
class Request:
    """What is to be segmented.

    Attributes
    ----------
    image : callable
        Reads the image, (i, j, k), when it is asked for: a backend that does not need it does not wait for it.
    grid : Grid
        Of the image, and of the result.
    sources : tuple of Source
        Label maps to take over.
    table : MappingTable or None
        What their labels mean.
    path : Path or None
        File of the image, for programs that read it themselves.
    device : str
        "auto", "cpu", "cuda:0", "mps": where a network runs.
    offline : bool
        Whether nothing may be fetched.
    contrast : Contrast
        Which kind of image it is, as far as anything tells.
    store : Path or None
        Folder where a backend may keep stages that are finished, to go on from there when the same request comes again.
        What is an array goes through `stages`.
    foretell : callable
        Told what remains of the work of a backend from some fraction on, whenever it is known better than before.
    """

    image: Callable[[], npt.NDArray[Any]]
    grid: Grid
    sources: tuple[Source, ...] = ()
    table: MappingTable | None = None
    path: Path | None = None
    device: str = "auto"
    offline: bool = False
    contrast: Contrast = field(default_factory=Contrast)
    store: Path | None = None
    foretell: Foretell = unheard

    @cached_property
    def stages(self) -> Stages:
        """The finished stages of this request, which survive a crash."""
        return Stages(self.store)


@dataclass(frozen=True)
class Segmentation:
    """What a backend has made.

    Attributes
    ----------
    maps : LabelMaps
        On the grid of the image.
    confidence : mapping of int to float or None
        By level id, from 0 to 1; None where the backend cannot know it.
    warnings : tuple of str
        What a person should know of this result.
    versions : mapping of str to str
        Of the programs and tables that took part.
    weights : mapping of str to str
        SHA-256 by file name.
    device : str
        Where it was computed, as torch spells it; never "auto".
    seconds : mapping of str to float
        That each part of the work took, in their order; of a part whose result an earlier run had kept, to read it.
    """

    maps: LabelMaps
    confidence: Mapping[int, float | None]
    warnings: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)
    device: str = "cpu"
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Effort:
    """What a request will take: the parts of the work of the backend, and voxels that its maps will label.

    Attributes
    ----------
    rest : sequence of Part
    labelled : int or None
        None where the backend cannot tell.
    memory : float or None
        Bytes at most; None where nothing but the size of the image tells.
    """

    rest: Rest
    labelled: int | None = None
    memory: float | None = None

    @property
    def seconds(self) -> float:
        """Of all parts."""
        return sum(each.seconds for each in self.rest)


@runtime_checkable
class Foretelling(Protocol):
    """A backend that tells from what it is given how long it will take, better than the size of the image does."""

    def effort(self, request: Request) -> Effort:
        """Return what a request will take; quick."""
        ...


class Backend(Protocol):
    """A way from an image to label maps."""

    def describe(self) -> Description:
        """Say what it is."""
        ...

    def available(self, request: Request) -> Availability:
        """Say whether it can run now, and where; without side effects.

        It is quick but for the first time that an environment has to be asked for its devices.
        """
        ...

    def install(self, folder: Path, progress: Progress) -> None:
        """Put what it needs into a private folder, on a person's request.

        Raises
        ------
        ReadError, WriteError
            If something cannot be fetched or stored.
        """
        ...

    def run(self, request: Request, progress: Progress) -> Segmentation:
        """Make the maps.

        Raises
        ------
        SpineTwinError
            If it cannot; nothing is left behind.
        """
        ...
