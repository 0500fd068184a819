"""The steps of the way of the data that run in the background: a new one is a row of `STEPS`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..anatomy import level as level_of
from ..anatomy import parse_levels, parse_points
from ..commands.measure import MOST_DRAWS
from ..errors import MapError, ParameterError
from ..poi.rules import RULE_SETS
from ..segmentation.contrast import contrast_named
from .events import LevelReady
from .installing import installation
from .job import Done, Job, Step
from .maps import import_map
from .measuring import OPTIONAL, measurements
from .offers import grid_option, offered_backends
from .options import device, number, one_of, text, three_numbers, whole_number, yes_or_no
from .output import Output
from .phantom_memory import check_phantom_memory
from .segmentation_report import levels_open
from .segmenting import segmentation_step
from .simulating import OPTIONAL as MEASURED
from .simulating import OPTIONS as OF_SIMULATION
from .simulating import formats, simulation
from .weights.steps import WEIGHTS_STEPS
from .xraying import FILMS, OF_FILMS, film_landmarks, xray
from .xraying import INPUTS as MARKED_FILMS
from .xraying import OPTIONAL as BESIDE_FILMS
from .xraying import OPTIONS as OF_XRAY

if TYPE_CHECKING:
    from ..geometry import Frame
    from ..poi import PoiSet


# half of the time goes by before the first level of a whole spine is ready
_PREPARED = 0.5


def points_of_interest(job: Job, folder: Path, output: Output) -> Done:
    """Compute the points of two label maps; every level is written and announced as soon as it is ready."""
    from ..commands.common import read_maps, summary, warnings_of
    from ..io import write_pois
    from ..poi.compute import compute_pois
    from ..poi.model import LEVELS_UNVERIFIED

    progress = output.progress("poi")
    progress(0.0, "reading the maps")
    names = [job.inputs[key].name for key in ("subregions", "vertebrae")]
    maps = read_maps(job.inputs["subregions"], job.inputs["vertebrae"])
    unverified = job.options.get("unverified", False) or levels_open(job.inputs["vertebrae"])
    single = folder / "levels"
    single.mkdir()

    def told(points: PoiSet) -> PoiSet:
        return points.with_unverified_levels() if unverified else points

    def announce(points: PoiSet) -> None:
        (key,) = points.levels
        path = single / f"{level_of(key).name}.mrk.json"
        write_pois(path, told(points))
        output.emit(LevelReady(level_of(key).name, str(path), _matrix(points.frames.get(key))))

    progress(_PREPARED / 2, "checking the maps")
    try:
        for warning in warnings_of(maps):
            output.log(warning, "warning")
        points = compute_pois(
            maps,
            job.options.get("rules", RULE_SETS[0]),
            levels=job.options.get("levels"),
            only=job.options.get("only"),
            progress=lambda fraction, level: progress(_PREPARED + (1 - _PREPARED) * fraction, level),
            ready=announce,
        )
    except MapError as error:
        raise MapError(f"{' with '.join(names)}: {error.message}", error.hint) from error
    if unverified:
        output.log(LEVELS_UNVERIFIED, "warning")
    write_pois(folder / "points.mrk.json", told(points))
    return Done({"points": folder / "points.mrk.json"}, summary(points))


def _matrix(frame: Frame | None) -> list[list[float]]:
    """Return the 4x4 matrix from mm along right, anterior and superior to RAS mm, as lists; empty without a frame."""
    if frame is None:
        return []
    rows = [[*map(float, axes), float(origin)] for axes, origin in zip(frame.axes.T, frame.origin, strict=True)]
    return [*rows, [0.0, 0.0, 0.0, 1.0]]


def sample_spine(job: Job, folder: Path, output: Output) -> Done:
    """Make the label maps of a spine from its description, and an image if one is wanted, with nothing downloaded."""
    import numpy as np

    from ..io import write_label_map
    from ..io.limits import MAX_VOXELS
    from ..phantom import Curve, ImageParameters, Spacing, SpineParameters, image_grid, make_spine, render_image

    progress = output.progress("sample")
    options = job.options
    curves = (Curve(options["cobb"]),) if options.get("cobb") else ()
    person = np.random.default_rng(options["seed"]) if "seed" in options else None
    progress(0.0, "shaping the vertebrae")
    spine = make_spine(SpineParameters(levels=options.get("levels", "C1-S1"), curves=curves), person)
    spacing = Spacing(*options.get("spacing", (1.0, 1.0, 1.0)))
    orientation = options.get("orientation", "LPS")
    part = options.get("part")
    grid = (
        image_grid(spine, part, spacing, orientation)
        if part
        else spine.grid(spacing, orientation, margin_mm=options.get("margin", 8.0))
    )
    if np.prod(grid.shape, dtype=float) > MAX_VOXELS:
        raise ParameterError(f"A sample of {' x '.join(map(str, grid.shape))} voxels is too large.", "Choose larger voxels.")
    check_phantom_memory(grid, options.get("modality", "labels"))
    progress(0.1, "filling the voxels")
    maps = spine.voxelise(grid, options.get("endplates", False))
    files = {}
    arrays = [("subregions", maps.subregions, 0.8), ("vertebrae", maps.vertebrae, 0.9)]
    if "modality" in options:
        progress(0.4, "drawing the image")
        chance = np.random.default_rng(options.get("seed", 0))
        arrays.append(("image", render_image(spine, grid, ImageParameters(modality=options["modality"]), chance), 0.7))
    for name, array, fraction in sorted(arrays, key=lambda each: each[2]):
        progress(fraction, f"writing the {name}")
        files[name] = folder / f"{name}.nii.gz"
        write_label_map(files[name], array, grid)
    progress(1.0, "done")
    return Done(files, f"A spine of {len(spine.levels)} levels on {' x '.join(map(str, grid.shape))} voxels")


def export_maps(job: Job, folder: Path, output: Output) -> Done:
    """Write a pair of label maps under other names, in another format."""
    from ..io import read_label_map, write_label_map

    progress = output.progress("export")
    name, form, files = job.options.get("name", "spine"), job.options.get("format", ".nii.gz"), {}
    for number_done, kind in enumerate(("subregions", "vertebrae")):
        progress(number_done / 2, f"writing the {kind}")
        array, grid = read_label_map(job.inputs[kind])
        files[kind] = folder / f"{name}_{kind}{form}"
        write_label_map(files[kind], array, grid)
    progress(1.0, "done")
    return Done(files, " and ".join(path.name for path in files.values()))


def _file_name(value: object) -> str:
    name = text(value)
    if any(each in name for each in '/\\:*?"<>|') or name.startswith("."):
        raise ValueError("must be a plain file name")
    return name


def _level_ids(value: object) -> frozenset[int]:
    return frozenset(each.id for each in parse_levels(text(value)))


def _point_ids(value: object) -> frozenset[int]:
    return frozenset(each.id for each in parse_points(text(value)))


_MODALITIES = ("t1w", "t2w")
"""Images that a file of label maps can hold: CT has negative values."""

STEPS: Mapping[str, Step] = {
    "import": Step(("map",), import_map),
    "segment": Step(
        ("image",),
        segmentation_step,
        {"backend": text, "table": text, "device": device, "offline": yes_or_no, "contrast": contrast_named, "lowest": text},
        ("map", "second_map", "table_file"),
    ),
    "install": Step((), installation, {"backend": text}),
    "backends": Step((), offered_backends, {"grid": grid_option, "device": device, "image": text, "contrast": contrast_named}),
    "poi": Step(
        ("subregions", "vertebrae"),
        points_of_interest,
        {"rules": one_of(RULE_SETS), "levels": _level_ids, "only": _point_ids, "unverified": yes_or_no},
    ),
    "measure": Step(("points",), measurements, {"draws": whole_number(0, MOST_DRAWS)}, OPTIONAL),
    "simulate": Step(("points",), simulation, {**OF_SIMULATION, "export": formats, "name": _file_name}, MEASURED),
    "film_landmarks": Step(FILMS, film_landmarks, OF_FILMS, ("geometry",)),
    "xray": Step(MARKED_FILMS, xray, OF_XRAY, BESIDE_FILMS),
    "sample": Step(
        (),
        sample_spine,
        {
            "levels": text,
            "cobb": number(0, 80),
            "spacing": three_numbers(0.1, 20),
            "orientation": text,
            "seed": whole_number(0, 2**32 - 1),
            "margin": number(0, 100),
            "modality": one_of(_MODALITIES),
            "part": text,
            "endplates": yes_or_no,
        },
    ),
    "export": Step(
        ("subregions", "vertebrae"), export_maps, {"name": _file_name, "format": one_of((".nii.gz", ".nii", ".nrrd", ".mha"))}
    ),
    **WEIGHTS_STEPS,
}
"""By the name that a job file gives."""
