"""`spinetwin xray`: the standing vertebrae from a frontal and a lateral radiograph, and landmarks that were clicked on both."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..anatomy import level as level_of
from ..errors import ParameterError
from .common import count, make_folder, path_of, progress_bar

if TYPE_CHECKING:
    from ..anatomy import Level
    from ..poi import PoiSet
    from ..xray.films import Film
    from ..xray.fit import Fitted
    from ..xray.landmarks import Landmarks
    from ..xray.trust import Agreement
    from .common import Progress, Steps

_RARE = ("T13", "L6")
"""Levels that a range includes, but few people have."""


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    xray = steps.add_parser("xray", help="reconstruct the standing spine from two radiographs")
    xray.add_argument("frontal", type=path_of, metavar="FRONTAL", help="frontal film: DICOM, or a picture")
    xray.add_argument("lateral", type=path_of, metavar="LATERAL", help="lateral film")
    xray.add_argument(
        "--landmarks", type=path_of, required=True, metavar="FILE", help="csv: view, level, landmark, column, row"
    )
    xray.add_argument("--geometry", type=path_of, metavar="FILE", help="json form, for what the films do not say")
    xray.add_argument("--sdd", type=float, metavar="MM", help="distance from the source to the film")
    xray.add_argument("--sod", type=float, metavar="MM", help="distance from the source to the middle of the patient")
    xray.add_argument("--pixel", type=float, metavar="MM", help="size of a pixel at the film")
    xray.add_argument("--slot-scan", action="store_true", help="source and slot move along the body together")
    xray.add_argument("--levels", metavar="LEVELS", help="such as T12-L5 (default: all that have landmarks)")
    xray.add_argument("--calibrate", action="store_true", help="refine where the second source was from the landmarks")
    xray.add_argument("--out", type=path_of, required=True, metavar="DIR", help="folder for the results")
    xray.add_argument("--quiet", action="store_true", help="no progress bar")
    xray.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Reconstruct, write surfaces, points, json and picture, and say what not to trust."""
    from ..io.film_forms import read_landmarks

    landmarks = read_landmarks(arguments.landmarks)
    levels = _levels(arguments.levels, landmarks)
    films = _calibrated(_films(arguments), landmarks) if arguments.calibrate else _films(arguments)
    make_folder(arguments.out)
    with progress_bar("xray", arguments.quiet) as progress:
        found, judged = _reconstructed(films, landmarks, levels, progress)
        _write(arguments.out, films, found, judged)
    for film in films:
        print(f"Pixels of the {film.view} film: {film.spacing}")
    for each in judged:
        for reason in each.reasons:
            print(f"Do not trust {level_of(each.level).name}: {reason}")
    trusted = sum(not each.reasons for each in judged)
    print(f"{count(judged, 'level')} standing, {trusted} to be trusted: {arguments.out / 'points.mrk.json'}")
    return 0


def _levels(text: str | None, landmarks: Landmarks) -> tuple[Level, ...]:
    from ..anatomy.levels import parse_levels

    if not text:
        return tuple(level_of(key) for key in landmarks.levels)
    wanted = parse_levels(text)
    missing = [each.name for each in wanted if each.id not in landmarks.levels and each.name not in _RARE]
    if missing:
        raise ParameterError(f"{landmarks.source} has no landmarks of {', '.join(missing)}.", "Click them, or choose --levels.")
    return tuple(each for each in wanted if each.id in landmarks.levels)


def _films(arguments: argparse.Namespace) -> tuple[Film, Film]:
    from ..io.film_forms import read_geometry
    from ..io.films import read_film
    from ..xray.checks import check_films
    from ..xray.landmarks import VIEWS

    forms = {} if arguments.geometry is None else read_geometry(arguments.geometry)
    options: Mapping[str, float | None] = {
        "source_detector_mm": arguments.sdd,
        "source_patient_mm": arguments.sod,
        "pixel_mm": arguments.pixel,
    }
    said = {name: value for name, value in options.items() if value is not None}
    films = []
    for view, path in zip(VIEWS, (arguments.frontal, arguments.lateral), strict=True):
        picture = read_film(path)
        setup = replace(picture.setup, kind="slot") if arguments.slot_scan else picture.setup
        setup = setup.with_form(said, "the command line")
        if view in forms:
            setup = setup.with_form(forms[view], f"the entry {view} of {arguments.geometry.name}")
        films.append(replace(picture, setup=setup).film(view))
    check_films(films)
    return films[0], films[1]


def _calibrated(films: tuple[Film, Film], landmarks: Landmarks) -> tuple[Film, Film]:
    import numpy as np

    from ..xray.calibrate import QUANTITIES, refine

    keys = sorted({(key, name) for key, name, _ in landmarks.seen})
    both = [(key, name) for key, name in keys if all((key, name, film.view) in landmarks.seen for film in films)]
    pixels = np.array([[landmarks.seen[(*each, film.view)] for film in films] for each in both]).reshape(-1, 2, 2)
    refined = refine([film.camera for film in films], pixels, pixel_sd=1.0 / films[0].pixel_mm)
    for name, change, spread in zip(QUANTITIES, refined.change, refined.sd, strict=True):
        print(f"Calibration of the lateral film, {name}: {change:+.2f} ± {spread:.2f}")
    return films[0], replace(films[1], camera=refined.camera)


def _reconstructed(
    films: tuple[Film, Film], landmarks: Landmarks, levels: tuple[Level, ...], progress: Progress
) -> tuple[Fitted, tuple[Agreement, ...]]:
    from ..xray.checks import check_found, check_landmarks, check_order
    from ..xray.fit import fit, start_poses
    from ..xray.shapes import shape_model
    from ..xray.trust import agreements

    models = []
    for number, each in enumerate(levels):
        progress(0.5 * number / len(levels), f"shapes of {each.name}")
        models.append(shape_model(each.id))
    starts = start_poses(films, landmarks, models)
    check_landmarks(films, landmarks, models)
    check_order(films, starts)
    found = fit(films, starts, landmarks, progress=lambda fraction, what: progress(0.5 + 0.4 * fraction, what))
    check_found(found)
    return found, agreements(found, films, landmarks)


def _write(folder: Path, films: tuple[Film, Film], found: Fitted, judged: tuple[Agreement, ...]) -> None:
    from ..io import write_pois
    from ..io.standing import write_standing
    from ..io.surfaces import write_surface
    from ..report.films import draw_films

    make_folder(folder / "surfaces")
    for each in found.vertebrae:
        write_surface(folder / "surfaces" / f"{level_of(each.model.level).name}.vtp", each.surface)
    write_pois(folder / "points.mrk.json", _points(found, judged))
    write_standing(folder / "xray.json", films, judged, {each.model.level: each.frame for each in found.vertebrae})
    draw_films(folder / "films.png", found)


def _points(found: Fitted, judged: tuple[Agreement, ...]) -> PoiSet:
    from ..poi import Poi, PoiSet, Status

    points = []
    for vertebra, said in zip(found.vertebrae, judged, strict=True):
        status, reason = (Status.SUSPECT, said.reasons[0]) if said.reasons else (Status.OK, "")
        for poi, at in vertebra.points.items():
            place = float(at[0]), float(at[1]), float(at[2])
            points.append(Poi(vertebra.model.level, poi, status, place, reason, source="radiographs, standing"))
    return PoiSet.of(points, {each.model.level: each.frame for each in found.vertebrae})
