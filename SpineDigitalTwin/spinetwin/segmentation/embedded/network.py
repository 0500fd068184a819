"""The trained weights and how they are run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import ParameterError
from ...geometry import Grid
from ...networks import onnx_runtime_version, open_onnx
from ..separation.sides import PAIRS
from ..stages import Stages
from .lattice import Float32, Labels, Slab, lattice_of
from .second_look import FirstLook, logarithms, mean_of_looks, packed, unpacked
from .tiles import Run, slabs_of, windows

_LOW, _HIGH = 0.5, 99.5
"""Percentiles of the grey values that become 0 and 1, as in the pairs that the network was trained on."""
_LARGE = 1e30
_FIRST_LOOK = "embedded-first-look"
"""Name of the stage."""
_APART = 6.0
"""Distance over which grey values of an image of a person have something to do with each other, mm."""
_LEAST_CORRELATION = 0.25
"""Correlation over that distance below which an image is noise: phantoms of any contrast have 0.60 and more, white noise of
voxels up to 5 mm has 0.13 and less."""


@dataclass(frozen=True)
class Description:
    """What is to be known of the weights.

    Attributes
    ----------
    labels : tuple of int
        Subregion label of each channel.
    spacing : (3,) tuple of float
        Of the voxels that the network sees along posterior, inferior and right, mm.
    window : (3,) tuple of int
        Voxels that it sees at once.
    sha256 : str
        Of the file of weights.
    trained : str
        On what, in words.
    both_ways : bool
        Whether it looks at each window as it is and mirrored, too.
    second_look : float or None
        Edge of the voxels of a second look, where the first has seen something, against those of the first; None for no other.
    """

    labels: tuple[int, ...]
    spacing: tuple[float, float, float]
    window: tuple[int, int, int]
    sha256: str
    trained: str
    both_ways: bool = False
    second_look: float | None = None

    @property
    def finer(self) -> tuple[float, float, float]:
        """Spacing of the second look, mm."""
        first, second, third = (each * (self.second_look or 1.0) for each in self.spacing)
        return first, second, third


@dataclass(frozen=True)
class Measured:
    """How good the network was found to be: on what, and mean Dice by structure."""

    on: str
    dice: Mapping[str, float]

    def __str__(self) -> str:
        return f"{self.on}: {', '.join(f'{name} {value:.2f}' for name, value in self.dice.items())}"


@dataclass(frozen=True)
class Look:
    """One look of the network at an image, or at a part of it.

    Attributes
    ----------
    again : bool
        Whether it is the second one.
    runs : int
        How often the network runs.
    voxels : int
        Voxels of the image that its answer is brought to.
    """

    again: bool
    runs: int
    voxels: int


Seen = Callable[[Look, float], None]
"""Takes which look is on, and the fraction of it that is done: first 0."""


@dataclass(frozen=True)
class Network:
    """The network, ready to run, and the version of ONNX Runtime that runs it."""

    run: Run
    version: str


def read_description(folder: Path) -> Description:
    """Read ``model.json``, and make sure that the weights beside it are those that it describes.

    Raises
    ------
    ParameterError
        If either file is missing or damaged.
    """
    try:
        data = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        found = Description(
            tuple(int(each) for each in data["labels"]),
            (float(data["spacing"][0]), float(data["spacing"][1]), float(data["spacing"][2])),
            (int(data["window"][0]), int(data["window"][1]), int(data["window"][2])),
            str(data["sha256"]),
            str(data["trained"]),
            data.get("both_ways", False) is True,
            float(data["second_look"]) if data.get("second_look") else None,
        )
        weights = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise ParameterError(f"The embedded model is missing or damaged ({folder}).", "Install spinetwin again.") from error
    if weights != found.sha256:
        raise ParameterError(
            f"The weights of the embedded model are not what they should be ({folder}).", "Install spinetwin again."
        )
    return found


def read_measured(folder: Path) -> tuple[Measured, ...]:
    """Return what ``model.json`` says of measurements: nothing before they were made.

    Raises
    ------
    ParameterError
        If it is missing or damaged.
    """
    try:
        data = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        rows = data.get("measured", [])
        return tuple(Measured(str(row["on"]), {str(k): float(v) for k, v in row["dice"].items()}) for row in rows)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ParameterError(f"The embedded model is missing or damaged ({folder}).", "Install spinetwin again.") from error


def open_network(folder: Path) -> Network:
    """Return the network as a function of an image (i, j, k), run by ONNX Runtime on all cores of the CPU.

    Parameters
    ----------
    folder : Path
        That holds ``model.onnx``.

    Raises
    ------
    ParameterError
        If ONNX Runtime cannot be loaded.
    """
    session = open_onnx(folder / "model.onnx")
    name = session.get_inputs()[0].name

    def run(image: Float32) -> Float32:
        return np.asarray(session.run(None, {name: np.ascontiguousarray(image[None, None])})[0][0], dtype=np.float32)

    return Network(run, onnx_runtime_version())


def segment(
    image: npt.NDArray[Any],
    grid: Grid,
    run: Run,
    description: Description,
    progress: Seen | None = None,
    stages: Stages | None = None,
) -> Labels:
    """Return the subregion of every voxel of an image.

    Parameters
    ----------
    image : (i, j, k) array
        Grey values of any scale; what is no number, or infinite, counts as 0.
    grid : Grid
        Where it lies; left and right are taken from here.
    run : callable
        The network.
    description : Description
    progress : callable, optional
        See `Seen`; what the second look takes is known when it begins.
    stages : Stages, optional
        Where the first look is kept and found again, if there is a second one.

    Returns
    -------
    (i, j, k) array of uint8
        Empty where the image is noise: a network that knows nothing but spines sees one in that, too.
    """
    labels = np.array(description.labels, dtype=np.uint8)
    lattice = lattice_of(grid, description.spacing)
    image = _moderate(image)
    working = lattice.to_working(image)
    values = normalise(working, working)
    if is_noise(values, description.spacing):
        return np.zeros(image.shape, dtype=np.uint8)
    tell = progress or _unheard
    look = looks_at(grid, description)[0]
    counted = _counted(run, look.runs, partial(tell, look))
    seen = both_ways(counted, description.labels) if description.both_ways else counted
    slabs = _looked(values, seen, description)
    if description.second_look is None:
        return lattice.to_labels(slabs, labels)
    kept = stages or Stages(None)
    scores = kept.kept_all(_FIRST_LOOK, lambda: packed(FirstLook.of(lattice, slabs, labels)), of=description.sha256)
    first = unpacked(scores, lattice)
    found = np.zeros(image.shape, dtype=np.uint8)
    if first is not None:
        block = first.block(np.array(description.window) * description.finer / lattice.spacing)
        place = lattice.in_image(block)
        fine = lattice_of(grid.crop([each.start for each in place], found[place].shape), description.finer)
        values = normalise(fine.to_working(image[place]), working)
        # not mirrored: that would cost as much again, and gave discs 0.0005 more
        again = Look(True, _count_of_windows(fine.size, description.window), found[place].size)
        slabs = _looked(values, _counted(run, again.runs, partial(tell, again)), description)
        found[place] = fine.to_labels(mean_of_looks(first, fine, block, slabs), labels)
    return found


def _unheard(_: Look, __: float) -> None:
    """Take how far it is, where nobody listens."""


def _counted(run: Run, runs: int, progress: Callable[[float], None]) -> Run:
    """Return a network that tells which fraction of its runs is done: on a small image there are but two or three."""
    done = 0
    progress(0.0)

    def counted(image: Float32) -> Float32:
        nonlocal done
        found = run(image)
        done += 1
        progress(min(1.0, done / runs))
        return found

    return counted


def _looked(working: Float32, run: Run, description: Description) -> Iterator[Slab]:
    """Yield the logarithms of what the network sees in a working array."""
    return logarithms(slabs_of(working, run, description.window, len(description.labels)))


def looks_at(grid: Grid, description: Description) -> tuple[Look, ...]:
    """Return the first look at an image on a grid, and the second one, if there is one, at all of it.

    How much of it the first look leaves out is known when that is over: little, where it sees something in every corner.
    """
    ways = 2 if description.both_ways else 1
    voxels = int(np.prod(grid.shape))
    first = Look(False, ways * _count_of_windows(lattice_of(grid, description.spacing).size, description.window), voxels)
    if description.second_look is None:
        return (first,)
    return first, Look(True, _count_of_windows(lattice_of(grid, description.finer).size, description.window), voxels)


def _count_of_windows(size: Iterable[int], window: tuple[int, int, int]) -> int:
    return len(windows(tuple(max(wide, count) for wide, count in zip(window, size, strict=True)), window))


def _moderate(image: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return an image of numbers that single precision can hold."""
    if image.dtype.kind != "f":
        return image
    finite = np.where(np.isfinite(image), image, 0)
    most = float(np.abs(finite).max(initial=0.0))
    return np.asarray(finite if most < _LARGE else finite / most)


def normalise(image: Float32, whole: Float32) -> Float32:
    """Return grey values from 0 to 1 in the same way as those of the whole image: what is darkest and brightest is cut off."""
    low, high = (float(each) for each in np.percentile(whole, (_LOW, _HIGH)))
    return np.asarray(np.clip((image - low) / max(high - low, 1e-6), 0.0, 1.0), dtype=np.float32)


def both_ways(run: Run, labels: tuple[int, ...]) -> Run:
    """Return a network that looks at each window twice, as it is and mirrored, and gives the mean of its scores.

    What it sees in one of the two alone is rarely there: of pairs without a sacrum it invented one in every third.

    Parameters
    ----------
    run : callable
        The network; the last axis of its windows runs from left to right.
    labels : tuple of int
        Of its channels; of those that come in pairs, left and right change places.
    """
    partner = {one: other for pair in PAIRS for one, other in (pair, pair[::-1])}
    channels = [labels.index(partner.get(each, each)) for each in labels]

    def mean(image: Float32) -> Float32:
        return np.asarray((run(image) + run(image[:, :, ::-1])[channels, :, :, ::-1]) / 2, dtype=np.float32)

    return mean


def is_noise(working: Float32, spacing: tuple[float, float, float]) -> bool:
    """Say whether grey values that lie a little apart, behind or below each other, have nothing to do with each other.

    Parameters
    ----------
    working : (i, j, k) array
        Grey values, the first two axes in the sagittal plane.
    spacing : (3,) tuple of float
        Of its voxels, mm.
    """
    found = []
    for axis in (0, 1):
        steps = max(1, round(_APART / spacing[axis]))
        first, second = (np.delete(working, rows, axis) for rows in (np.s_[-steps:], np.s_[:steps]))
        if first.size and first.std() > 0 and second.std() > 0:
            found.append(float(np.corrcoef(first.ravel(), second.ravel())[0, 1]))
    return bool(found) and max(found) < _LEAST_CORRELATION
