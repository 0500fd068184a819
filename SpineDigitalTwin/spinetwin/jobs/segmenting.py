"""The step from an image to its label maps, the same for the panel, the worker and the command line."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..anatomy import level
from ..commands.label_tables import table_named
from ..errors import MapError
from .job import Done, Job
from .output import Output
from .preflight import free_memory, refuse_too_large

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..geometry import Grid, LabelMaps
    from ..segmentation.backends import MappingTable, Request, Segmentation, Source

FORMAT = "spinetwin segmentation"
FORMAT_VERSION = 1
REPORT = "segmentation.json"

_READ, _RUN, _CHECK, _WRITE = 0.1, 0.7, 0.8, 1.0
"""Fractions of the work at which its stages end."""

Progress = Callable[[float, str], None]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What is to be segmented, in files.

    Attributes
    ----------
    image : Path
    backend : str
        A name, or "auto".
    maps : tuple of Path
        Label maps to take over: one, or subregions and vertebrae.
    table : str
        What their labels mean: the name of a table, or the path of a csv file; "" where it is not said.
    """

    image: Path
    backend: str = "auto"
    maps: tuple[Path, ...] = ()
    table: str = ""


@dataclass
class _Clock:
    """Seconds that each stage took, by name."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - begun, 3)


def segmentation_step(job: Job, folder: Path, output: Output) -> Done:
    """Do a segmentation as a job."""
    maps = tuple(job.inputs[name] for name in ("map", "second_map") if name in job.inputs)
    table = str(job.inputs["table_file"]) if "table_file" in job.inputs else job.options.get("table", "")
    asked = Asked(job.inputs["image"], job.options.get("backend", "auto"), maps, table)
    return segment(asked, folder, output.progress("segment"), lambda text: output.log(text, "warning"))


def segment(asked: Asked, folder: Path, progress: Progress, warn: Say) -> Done:
    """Segment one image.

    Parameters
    ----------
    asked : Asked
    folder : Path
        Where subregions.nii.gz, vertebrae.nii.gz and segmentation.json are written, on the grid of the image.
    progress : callable
        Takes the fraction done and what is being worked on.
    warn : callable
        Takes each sentence that a person should know.

    Returns
    -------
    Done

    Raises
    ------
    SpineTwinError
        If it cannot be done.
    """
    from ..io import read_grid, read_volume, write_label_map
    from ..segmentation.backends import Request, choose
    from .backends import BACKENDS

    clock = _Clock()
    progress(0.0, f"reading {asked.image.name}")
    with clock.stage("read"):
        grid = read_grid(asked.image)
        table = table_named(asked.table) if asked.table else None
        request = Request(cache(lambda: read_volume(asked.image)[0]), grid, _sources(asked.maps, table), table, asked.image)
    backend, why = choose(asked.backend, request, BACKENDS)
    name = backend.describe().name
    needs = refuse_too_large(name, grid, asked.image.name, free_memory())
    progress(_READ, f"{name}: {needs}" if needs else name)
    warnings = _image_warnings(asked.image, request, reads_image=backend.describe().reads_image)
    with clock.stage("segment"):
        found = backend.run(request, lambda done, what: progress(_READ + (_RUN - _READ) * done, what))
    if backend.describe().reads_image and not found.confidence:
        raise MapError(f"No vertebra was found in {asked.image.name}.", "Is it an image of the spine?")
    progress(_RUN, "checking the maps")
    with clock.stage("check"):
        warnings += [*found.warnings, *_findings(found.maps)]
    for each in warnings:
        warn(each)
    files = {"subregions": folder / "subregions.nii.gz", "vertebrae": folder / "vertebrae.nii.gz", "report": folder / REPORT}
    progress(_CHECK, "writing the maps")
    with clock.stage("write"):
        write_label_map(files["subregions"], found.maps.subregions, grid)
        progress((_CHECK + _WRITE) / 2, "writing the maps")
        write_label_map(files["vertebrae"], found.maps.vertebrae, grid)
    content = _report(asked, grid, found, warnings, clock.seconds)
    content["backend"] = {"name": name, "title": backend.describe().title, "why": why}
    _write_report(files["report"], content)
    progress(_WRITE, "done")
    return Done(files, f"{_summary(found)} by {name} ({why})")


def _image_warnings(path: Path, request: Request, *, reads_image: bool) -> list[str]:
    """Look the image over; where only its grid matters, what it shows is not judged."""
    from ..io.sidecar import read_sidecar
    from ..segmentation.images import check_image, check_sidecar

    if not reads_image:
        return list(check_image(None, request.grid, path.name))
    return [*check_image(request.image(), request.grid, path.name), *check_sidecar(read_sidecar(path), path.name)]


def _sources(paths: tuple[Path, ...], table: MappingTable | None) -> tuple[Source, ...]:
    """Read the label maps to take over; what is which is told by their table, their names or their labels."""
    from ..io import read_label_map
    from ..io.cases import kind_of_map, kind_of_name
    from ..segmentation.backends import Source

    sources = []
    for path in paths:
        array, grid = read_label_map(path)
        told = table.kinds[0] if table and len(table.kinds) == 1 else kind_of_name(path.name)
        sources.append(Source(path.name, told or kind_of_map(array), array, grid))
    return tuple(sources)


def _findings(maps: LabelMaps) -> list[str]:
    """Look the finished maps over; where vertebrae have no subregions, only their order can be checked."""
    from ..poi.check import check_maps
    from ..segmentation.backends.plausible import chain_order, lacking, say_lacking

    without, body_only = lacking(maps)
    said = list(say_lacking(without, body_only))
    if without:
        return [*said, *chain_order(maps)]
    # that a vertebra of which only the body is known lacks the rest is said once for all
    known = {level(name).id for name in body_only}
    findings = (each for each in check_maps(maps).findings if each.severity != "note")
    return [*said, *(each.text for each in findings if each.level not in known or " lacks: " not in each.text)]


def _report(asked: Asked, grid: Grid, found: Segmentation, warnings: list[str], seconds: Mapping[str, float]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "image": {
            "name": asked.image.name,
            "shape": list(grid.shape),
            "spacing_mm": [round(float(n), 6) for n in grid.spacing],
        },
        "backend": {},
        "versions": {"spinetwin": __version__, "python": platform.python_version(), **found.versions},
        "weights": dict(found.weights),
        "inputs": {path.name: _hash(path) for path in (asked.image, *asked.maps)},
        "seconds": dict(seconds),
        "levels": {level(key).name: {"confidence": value} for key, value in found.confidence.items()},
        "warnings": warnings,
    }


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _write_report(path: Path, content: Mapping[str, Any]) -> None:
    from ..io.atomic import write_text

    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _summary(found: Segmentation) -> str:
    names = [level(key).name for key in found.confidence]
    if not names:
        return "No vertebra"
    shown = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    return f"{len(names)} level{'' if len(names) == 1 else 's'} ({shown})"
