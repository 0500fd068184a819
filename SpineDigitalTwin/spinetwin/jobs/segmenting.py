"""The step from an image to its label maps, the same for the panel, the worker and the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..anatomy import level
from ..commands.label_tables import table_named
from ..errors import MapError
from ..segmentation.contrast import check_contrast, contrast_named, contrast_of
from ..segmentation.course import Course, Foretell, Laps, Rest, unheard
from .devices import refuse_absent_device
from .job import Done, Job
from .memory import free_memory
from .options import device
from .output import Output
from .person_names import answered
from .preflight import CHECK, READ, RUN, WRITE, effort_of, needs_of, refuse_too_large, stage_seconds
from .resuming import kept_segmentation, key_of, skipping
from .segmentation_report import REPORT, hash_of, report_of, summary_of, write_report
from .store import StageStore

if TYPE_CHECKING:
    from ..geometry import LabelMaps
    from ..segmentation.backends import Backend, Description, MappingTable, Request, Segmentation, Source

_CHOOSE, _SEGMENT = "choose", "segment"
"""Stages that are no part of what is foretold, or called otherwise there."""
_TRUSTED = 0.5
"""Below this confidence a level is one that a person should look at first."""

Progress = Callable[[float, str], None]
Say = Callable[[str], None]


def _ignore(_: object) -> None:
    pass


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
    device : str
        What a network is to run on: auto, cpu, cuda, cuda:0, mps.
    offline : bool
        Whether nothing may be fetched.
    contrast : str
        Which kind of image it is, any word for it; "" where that is not said.
    lowest : str
        What a person calls the lowest vertebra above the sacrum in view; "" where that is not said.
    """

    image: Path
    backend: str = "auto"
    maps: tuple[Path, ...] = ()
    table: str = ""
    device: str = "auto"
    offline: bool = False
    contrast: str = ""
    lowest: str = ""


@dataclass(frozen=True)
class Audience:
    """Who is told of what happens.

    Attributes
    ----------
    progress : callable
        Takes the fraction done and what is being worked on.
    warn : callable
        Takes each sentence that a person should know of the result.
    note : callable
        Takes a sentence on what will be done.
    expect : callable
        Takes the fraction done and what is still to be done; again whenever that is known better.
    skip : callable
        Takes a fraction that an earlier run has reached.
    """

    progress: Progress
    warn: Say
    note: Say = _ignore
    expect: Foretell = unheard
    skip: Callable[[float], None] = _ignore


def segmentation_step(job: Job, folder: Path, output: Output) -> Done:
    """Do a segmentation as a job."""
    maps = tuple(job.inputs[name] for name in ("map", "second_map") if name in job.inputs)
    table = str(job.inputs["table_file"]) if "table_file" in job.inputs else job.options.get("table", "")
    chosen = {name: job.options[name] for name in ("backend", "device", "offline", "contrast", "lowest") if name in job.options}
    progress = output.progress("segment")
    audience = Audience(progress, lambda text: output.log(text, "warning"), output.log, progress.expect, progress.skip)
    return segment(Asked(job.inputs["image"], maps=maps, table=table, **chosen), folder, audience, job.output)


def segment(asked: Asked, folder: Path, audience: Audience, keep: Path | None = None) -> Done:
    """Segment one image.

    Parameters
    ----------
    asked : Asked
    folder : Path
        Where subregions.nii.gz, vertebrae.nii.gz and segmentation.json are written, on the grid of the image.
    audience : Audience
    keep : Path or None
        Where stages that are finished wait for the next run, should this one be killed; None keeps nothing.

    Returns
    -------
    Done

    Raises
    ------
    SpineTwinError
        If it cannot be done.
    """
    from ..io.sidecar import read_sidecar
    from ..segmentation.backends import choose
    from .backends import BACKENDS, backend_named

    # what is no level is refused before anything takes long
    lowest = level(asked.lowest) if asked.lowest else None
    laps = Laps(READ)
    audience.progress(0.0, f"reading {asked.image.name}")
    sidecar = read_sidecar(asked.image)
    request = _request(asked, sidecar)
    hashes = [hash_of(path) for path in (asked.image, *asked.maps)]
    laps.begin(_CHOOSE)
    audience.progress(0.0, "looking for what can segment it")
    free = free_memory()

    def refuse(name: str) -> None:
        refuse_too_large(name, request.grid, asked.image.name, free, effort_of(backend_named(name), request))

    backend, why = choose(asked.backend, request, BACKENDS, refuse)
    about = backend.describe()
    refuse_absent_device(request.device, backend.available(request).devices, about.title)
    effort = effort_of(backend, request)
    needs = needs_of(about.name, request.grid, effort)
    seconds = stage_seconds(needs, request.grid, effort)
    # asking torch takes seconds, which are no part of the work
    audience.skip(0.0)
    course = Course(seconds.stages)
    if needs is not None:
        needs = replace(needs, seconds=seconds.total)
        audience.note(f"{about.name} needs {needs}.")
        audience.expect(0.0, (seconds.read, *seconds.backend, *seconds.after))
    audience.progress(course.at(READ, 1.0), f"{about.name}: {needs}" if needs else about.name)
    # the voxels are read now, where they are needed at all
    laps.begin(READ)
    warnings = _image_warnings(asked.image, request, sidecar, about)
    # a label map is taken over in seconds; keeping what was made of it would take as long
    key = key_of(about.name, repr((request.table, request.contrast.name)), hashes)
    store = StageStore(keep, key) if keep and about.reads_image else nullcontext()

    def foretold(done: float, rest: Rest) -> None:
        audience.expect(*course.renew(RUN, done, rest))

    with store as stages:
        request = replace(request, store=stages, foretell=foretold)
        laps.begin(_SEGMENT)
        found = _found(backend, request, audience, course)
        if about.reads_image and not found.confidence:
            raise MapError(f"No vertebra was found in {asked.image.name}.", "Is it an image of the spine?")
        found = answered(found, lowest) if lowest else found
        audience.progress(course.at(CHECK), "checking the maps")
        laps.begin(CHECK)
        warnings += [*found.warnings, *_findings(found.maps), *_doubts(found, asked.image.name)]
        for each in warnings:
            audience.warn(each)
        laps.begin(WRITE)
        files = _write_maps(found.maps, folder, audience.progress, course)
    chosen = {"name": about.name, "title": about.title, "why": why, "device": found.device}
    content = report_of(
        request,
        found,
        backend=chosen,
        inputs=dict(zip((each.name for each in (asked.image, *asked.maps)), hashes, strict=True)),
        seconds=laps.seconds,
        reused=request.stages.reused,
        warnings=warnings,
    )
    write_report(folder / REPORT, content)
    audience.progress(1.0, "done")
    return Done({**files, "report": folder / REPORT}, f"{summary_of(found)} by {about.name} ({why})")


def _request(asked: Asked, sidecar: Mapping[str, object]) -> Request:
    from ..io import read_grid, read_volume
    from ..segmentation.backends import Request

    grid = read_grid(asked.image)
    table = table_named(asked.table) if asked.table else None
    image = cache(lambda: read_volume(asked.image)[0])
    contrast = contrast_of(asked.image, contrast_named(asked.contrast) if asked.contrast else "", sidecar)
    return Request(image, grid, _sources(asked.maps, table), table, asked.image, device(asked.device), asked.offline, contrast)


def _found(backend: Backend, request: Request, audience: Audience, course: Course) -> Segmentation:
    """Let the backend work; what an earlier run has done already is told as such."""
    past = skipping(audience.progress, audience.skip, request.stages)

    def told(done: float, what: str) -> None:
        past(course.at(RUN, done), what)

    found = kept_segmentation(request, lambda: backend.run(request, told)) if request.store else backend.run(request, told)
    told(1.0, "the maps are there")
    return found


def _write_maps(maps: LabelMaps, folder: Path, progress: Progress, course: Course) -> dict[str, Path]:
    from ..io import write_label_map

    files = {}
    for number_done, (name, array) in enumerate((("subregions", maps.subregions), ("vertebrae", maps.vertebrae))):
        progress(course.at(WRITE, number_done / 2), "writing the maps")
        files[name] = folder / f"{name}.nii.gz"
        write_label_map(files[name], array, maps.grid)
    return files


def _image_warnings(path: Path, request: Request, sidecar: Mapping[str, object], about: Description) -> list[str]:
    """Look the image over; where only its grid matters, what it shows is not judged."""
    from ..segmentation.images import check_image, check_sidecar

    if not about.reads_image:
        return list(check_image(None, request.grid, path.name))
    of_image = check_image(request.image(), request.grid, path.name)
    return [*of_image, *check_contrast(request.contrast, about.made_for, path.name), *check_sidecar(sidecar, path.name)]


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


def _doubts(found: Segmentation, name: str) -> list[str]:
    """Say where nothing that was found is trusted: so it is on images of other parts of the body."""
    known = [value for value in found.confidence.values() if value is not None]
    if not known or max(known) >= _TRUSTED:
        return []
    return [f"No vertebra in {name} was found with confidence (at most {max(known):.2f}): is it an image of the spine?"]


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
