"""The published SPINEPS with its own weights, in its own environment.

Möller et al. 2024, "SPINEPS: automatic whole spine segmentation of T2-weighted MR images using a two-phase approach to
multi-class semantic and instance segmentation", https://github.com/Hendrik-code/spineps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...anatomy import SubregionId
from ...errors import MapError, ParameterError, ProgramError
from ...geometry import Grid, IntArray
from ...geometry.resampling import resampled_labels
from ...segmentation.backends import Availability, Description, Effort, Request, Segmentation, Source, Stages, table_of
from ...segmentation.backends.mapping import Entry, MappingTable, mapped
from ...segmentation.backends.protocol import Progress
from ...segmentation.contrast import CONTRASTS, USUAL
from ...segmentation.course import Course, Part
from ...segmentation.instance_naming import named_anew
from ...segmentation.two_phase.instances import CutoutSettings
from ..environments import Environment, Program, environment_for, fetched, install
from ..weights import Store, Weights, weights_for
from .ear import Ear
from .judging import judged
from .running import (
    NO_NETWORK,
    PATIENCE_S,
    availability,
    compiled_in,
    device_for,
    gpu_variables,
    name_of,
    run_heard,
    taken_over,
    verified,
    workplace,
)
from .seconds import cutout_seconds, fixed_part, megabytes_in, network_part

NAME = "spineps"
TITLE = "SPINEPS"
_TABLE = "spineps"
_STAGE = "spineps-semantic"
_CASE = "sub-case"
_ORIENTATION = "PIR"
_OUT = "derivatives_seg"
_CHECK, _LOAD, _PREPARE, _TIDY, _CLEAN, _END, _TAKE_OVER = "check", "load", "prepare", "tidy", "clean", "end", "take over"
_SEMANTIC, _INSTANCE = "semantic", "instance"
"""Parts of the work."""
_STEP = 0.9
"""From one window of the semantic network to the next, as a share of a window: what the published weights ask for."""
_DISC_ABOVE = 101
"""Its label of a disc above the uppermost vertebra, which it calls 2: that of the level before."""
_BETWEEN_BODIES_MM = 35.0
"""Height of a vertebra and its disc."""


class SpinepsBackend:
    """Runs SPINEPS.

    Parameters
    ----------
    root : Path, optional
        The program's own folder, with environments and weights; default `home()`.
    patience_s : float
        Seconds of silence that are a hang.
    """

    def __init__(self, root: Path | None = None, patience_s: float = PATIENCE_S) -> None:
        self._root = root
        self._patience_s = patience_s

    def describe(self) -> Description:
        """Say what it is."""
        download_mb, fetches = fetched(NAME, self._root)
        return Description(
            NAME,
            TITLE,
            "subregions and vertebrae of sagittal MR, as published; the weights are fetched or imported on request",
            download_mb,
            licence="Apache-2.0",
            fetches=fetches,
            made_for=tuple(each for each in CONTRASTS if _needed(each)),
        )

    def available(self, request: Request) -> Availability:
        """Say what of environment and weights is missing for the contrast of this image."""
        needed = self.weights(request)
        if not needed:
            return Availability(False, f"SPINEPS has no weights for {request.contrast.name} images.")
        return availability(NAME, needed, self._root)

    def weights(self, request: Request) -> tuple[Weights, ...]:
        """Return the weights for the contrast of this image, semantic and instance; none if one of them is not published."""
        return _needed(request.contrast.name or USUAL)

    def install(self, folder: Path, progress: Progress) -> None:
        """Make its environment below a folder; the weights are asked for by themselves (`weights`)."""
        install(NAME, progress, root=folder)

    def effort(self, request: Request) -> Effort:
        """Return what it will take, by what its networks have to compute; a map that is given need not be predicted."""
        weights = [Store(self._root).place(each.name) for each in self.weights(request)]
        grid, megabytes = request.grid, megabytes_in(weights)
        given = any(each.kind == "subregions" for each in request.sources)
        semantic = network_part(_SEMANTIC, weights[0], grid, _ORIENTATION, _STEP, _SEMANTIC)
        height = float(np.abs(grid.ijk_to_ras[2, :3] * np.array(grid.shape)).max())
        bodies = max(1, round(height / _BETWEEN_BODIES_MM))
        return Effort(
            (
                fixed_part(NAME, _CHECK, grid, megabytes),
                fixed_part(NAME, _LOAD, grid, megabytes),
                fixed_part(NAME, _PREPARE, grid),
                *(() if given else (semantic,)),
                fixed_part(NAME, _TIDY, grid),
                Part(_INSTANCE, bodies * cutout_seconds(weights[1], CutoutSettings().size), _INSTANCE),
                fixed_part(NAME, _CLEAN, grid),
                fixed_part(NAME, _END, grid),
                fixed_part(NAME, _TAKE_OVER, grid),
            )
        )

    def run(self, request: Request, progress: Progress) -> Segmentation:
        """Segment; a map of subregions that the request brings along is taken over instead of predicting it."""
        contrast = request.contrast.name or USUAL
        needed = _needed(contrast)
        if not needed:
            raise ParameterError(f"SPINEPS has no weights for {contrast} images.", "Choose another backend.")
        environment = environment_for(NAME, self._root)
        device = device_for(request.device, environment, TITLE)
        course = Course(self.effort(request).rest)
        progress(0.0, "checking the weights")
        hashes = verified(needed, self._root)
        warnings = [] if request.contrast.name else [_taken_for(contrast, name_of(request))]
        with workplace(self._root) as place:
            image = _prepared(request, place, contrast)
            raw = _KeptMap(request.stages, _raw_map(place, contrast), " ".join(sorted(hashes.values())))
            progress(course.at(_LOAD), "starting SPINEPS")

            def tell(part: str, done: float, what: str) -> None:
                if part == _INSTANCE:
                    raw.keep()
                progress(course.at(part, done), what)

            ear = Ear(NAME, tell)
            program = _program(image, needed, environment, request, device, Store(self._root))
            run_heard(TITLE, program, ear, name_of(request), self._patience_s)
            progress(course.at(_TAKE_OVER), "reading the maps")
            found = _maps(place, request, ear.reasons)
        progress(course.at(_TAKE_OVER, 0.5), "comparing with the separation")
        named, names = named_anew(found.maps)
        maps, confidence, doubts = judged(named)
        warnings += [*found.warnings, *names, *(f"SPINEPS says: {each}." for each in ear.reasons), *doubts]
        versions = {**environment.versions("SPINEPS", "TPTBox", "torch"), "table": _TABLE, "contrast": contrast}
        progress(1.0, "done")
        return Segmentation(maps, confidence, tuple(warnings), versions, hashes, device, course.seconds)


def _taken_for(contrast: str, name: str) -> str:
    return f"Nothing tells the contrast of {name}; it was taken for {contrast} (`--contrast` says another one)."


def _needed(contrast: str) -> tuple[Weights, ...]:
    """Return the weights for a contrast, semantic and instance; none if one of them is not published."""
    found = weights_for(NAME, "semantic", contrast), weights_for(NAME, "instance", contrast)
    return tuple(each for each in found if each is not None) if None not in found else ()


def _prepared(request: Request, place: Path, contrast: str) -> Path:
    """Write the image under a name that SPINEPS understands, and beside it what it need not predict."""
    from ...io import write_label_map, write_volume

    data = place / "data"
    data.mkdir()
    image = data / f"{_CASE}_{contrast}.nii.gz"
    write_volume(image, request.image(), request.grid)
    given = next((each for each in request.sources if each.kind == "subregions"), None)
    if given is not None:
        table = request.table or table_of(_TABLE)
        labels = mapped(_on_grid(given, request.grid), table.of_kind("subregions"), "subregion")
        raw = _raw_map(place, contrast)
        raw.parent.mkdir(parents=True)
        write_label_map(raw, labels, request.grid)
    return image


def _raw_map(place: Path, contrast: str) -> Path:
    """Return where SPINEPS puts the semantic map, and takes one over that is there."""
    return place / "data" / _OUT / f"output_raw_{contrast}" / f"{_CASE}_mod-{contrast}_seg-spine-raw_msk.nii.gz"


class _KeptMap:
    """The file of the semantic map: the one that an earlier run has kept, or else the one that this run makes and then keeps.

    Parameters
    ----------
    stages : Stages
    path : Path
        Where it is; a map of a person that lies there already is neither exchanged nor kept.
    of : str
        The hashes of the weights.
    """

    def __init__(self, stages: Stages, path: Path, of: str) -> None:
        self._stages, self._path, self._of = stages, path, of
        kept = None if path.exists() else stages.found(_STAGE, of=of)
        if kept is not None:
            path.parent.mkdir(parents=True)
            path.write_bytes(kept["content"].tobytes())
        self._wanted = not path.exists()

    def keep(self) -> None:
        """Keep it, once; SPINEPS has written all of it before the second phase begins."""
        if self._wanted and self._path.exists():
            self._wanted = False
            self._stages.keep(_STAGE, {"content": np.frombuffer(self._path.read_bytes(), np.uint8)}, of=self._of)


def _on_grid(source: Source, grid: Grid) -> IntArray:
    return source.array if source.grid.same_place(grid) else resampled_labels(source.array, source.grid, grid)


def _program(
    image: Path, needed: tuple[Weights, ...], environment: Environment, request: Request, device: str, store: Store
) -> Program:
    semantic, instance = (store.place(each.name) for each in needed)
    arguments = ["sample", "--input", str(image), "--model-semantic", str(semantic), "--model-instance", str(instance)]
    # levels are named by `named_anew`; mirroring would exchange left and right
    arguments += ["--model-labeling", "none", "--no-tta", "--derivative-name", _OUT]
    if device == "cpu":
        arguments.append("--cpu")
    variables = {
        **NO_NETWORK,
        **gpu_variables(request.device),
        **compiled_in(image.parent.parent),
        "SPINEPS_SEGMENTOR_MODELS": str(store.folder / NAME),
        "SPINEPS_NO_CITATION_REMINDER": "1",
    }
    return environment.program("spineps.entrypoint", tuple(arguments), variables, image.parent)


def _counting_table() -> MappingTable:
    """Return the table of its labels; without a network that names them, SPINEPS counts vertebrae from C2 at the top."""
    table = table_of(_TABLE)
    disc_above = Entry("vertebrae", _DISC_ABOVE, int(SubregionId.DISC), 0, whole=False)
    return replace(table, entries=(*table.entries, disc_above), counts=True)


def _maps(place: Path, request: Request, reasons: Sequence[str]) -> Segmentation:
    """Read what was made."""
    words = {"subregions": "spine", "vertebrae": "vert"}
    paths = {kind: next((place / "data" / _OUT).glob(f"**/*_seg-{word}_msk.nii.gz"), None) for kind, word in words.items()}
    found = {kind: path for kind, path in paths.items() if path is not None}
    if len(found) < len(paths):
        raise ProgramError(f"SPINEPS ended without maps for {name_of(request)}.", "Its own messages tell more.")
    try:
        return taken_over(found, _counting_table(), request)
    except MapError as error:
        why = f": {reasons[-1]}" if reasons else ""
        raise MapError(f"SPINEPS found no vertebra in {name_of(request)}{why}.", "Is it an image of the spine?") from error
