"""What `spinetwin xray` reads: two films with their geometry, clicked landmarks, and perhaps the patient's own vertebrae."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..anatomy import level as level_of
from ..errors import ParameterError, ReadError
from .common import path_of, read_maps

if TYPE_CHECKING:
    from ..anatomy import Level
    from ..jobs.shape_models import StoredModels
    from ..xray.films import Film
    from ..xray.landmarks import Landmarks, LevelNames
    from ..xray.own_shapes import OwnShapes

_RARE = ("T13", "L6")
"""Levels that a range includes, but few people have."""

_LOWEST = "L5"
"""What the lowest vertebra on films is taken for, if nobody says it."""

_POINTS = ("*.mrk.json", "*.mkr.json")


def add_inputs(xray: argparse.ArgumentParser) -> None:
    """Tell the parser about the files and what is said of them."""
    xray.add_argument("frontal", type=path_of, metavar="FRONTAL", help="frontal film: DICOM, or a picture")
    xray.add_argument("lateral", type=path_of, metavar="LATERAL", help="lateral film")
    marks = xray.add_mutually_exclusive_group(required=True)
    marks.add_argument("--landmarks", type=path_of, metavar="FILE", help="csv: view, level, landmark, column, row")
    marks.add_argument("--auto", action="store_true", help="landmarks by a network, trained on synthetic radiographs")
    xray.add_argument("--landmarks-source", metavar="TEXT", help="who set the landmarks, for the report (default: their file)")
    xray.add_argument(
        "--lowest", metavar="LEVEL", help="what the lowest vertebra with landmarks is: all names follow, and are confirmed"
    )
    xray.add_argument("--geometry", type=path_of, metavar="FILE", help="json form, for what the films do not say")
    xray.add_argument("--sdd", type=float, metavar="MM", help="distance from the source to the film")
    xray.add_argument("--sod", type=float, metavar="MM", help="distance from the source to the middle of the patient")
    xray.add_argument("--pixel", type=float, metavar="MM", help="size of a pixel at the film")
    xray.add_argument("--slot-scan", action="store_true", help="source and slot move along the body together")
    xray.add_argument("--levels", metavar="LEVELS", help="such as T12-L5 (default: all that have landmarks)")
    xray.add_argument("--calibrate", action="store_true", help="refine where the second source was from the landmarks")
    xray.add_argument(
        "--shape-from",
        type=path_of,
        metavar="MR_POIS",
        help="the patient's own vertebrae, lying: a folder with both label maps, or a file of points beside them",
    )
    xray.add_argument(
        "--shape-model",
        type=path_of,
        metavar="MODELS",
        help="shape models of your own: a file such as L3.h5, or a folder with one for each level",
    )


def wanted_levels(text: str | None, landmarks: Landmarks) -> tuple[Level, ...]:
    """Return the levels to look for, from the top: all with landmarks, or those of a text.

    Raises
    ------
    ParameterError
        If one of them has no landmarks.
    """
    from ..anatomy.levels import parse_levels

    if not text:
        return tuple(level_of(key) for key in landmarks.levels)
    wanted = parse_levels(text)
    missing = [each.name for each in wanted if each.id not in landmarks.levels and each.name not in _RARE]
    if missing:
        raise ParameterError(f"{landmarks.source} has no landmarks of {', '.join(missing)}.", "Click them, or choose --levels.")
    return tuple(each for each in wanted if each.id in landmarks.levels)


def read_films(arguments: argparse.Namespace) -> tuple[Film, Film]:
    """Read both films, and what the form and the options say of how they were taken.

    Raises
    ------
    SpineTwinError
        If a film or the form cannot be used.
    """
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


def landmarks_on(films: tuple[Film, Film], arguments: argparse.Namespace) -> tuple[Landmarks, list[str]]:
    """Return the landmarks of a file, or those that the network finds and what is to be said of them.

    Raises
    ------
    SpineTwinError
        If the file cannot be used, there is no network, or it finds nothing.
    """
    from ..io.film_forms import read_landmarks
    from ..xray.landmarks import renamed

    if not arguments.auto:
        given = read_landmarks(arguments.landmarks)
        named = given if arguments.lowest is None else renamed(given, given.levels[-1], _level_named(arguments.lowest))
        return replace(named, source=arguments.landmarks_source or given.source), []
    landmarks, said = landmarks_by_network(films, arguments.lowest or arguments.levels)
    return landmarks, [said]


def names_of(films: tuple[Film, Film], landmarks: Landmarks, arguments: argparse.Namespace) -> LevelNames:
    """Return what the names of the levels rest on: a person has confirmed them only where they say the lowest one."""
    from ..xray.landmarks import LevelNames
    from ..xray.level_names import hints_of

    lowest, hints = landmarks.levels[-1], hints_of(films, landmarks)
    name = level_of(lowest).name
    if arguments.lowest is not None:
        return LevelNames(lowest, f"a person has called the lowest vertebra {name}", True, hints)
    if arguments.auto:
        why = "the last one of --levels" if arguments.levels else "as nobody has said what it is"
        return LevelNames(lowest, f"the lowest vertebra that both films show was taken for {name}, {why}", False, hints)
    return LevelNames(
        lowest, f"they came with the landmarks ({landmarks.source}), the lowest of which are those of {name}", False, hints
    )


def _level_named(text: str) -> int:
    """Return the id of the one level that a text names."""
    from ..anatomy.levels import parse_levels

    found = parse_levels(text)
    if len(found) != 1:
        raise ParameterError(f"--lowest {text} is not one level.", "Give one, such as L4.")
    return found[0].id


def asked_lowest(answer: Callable[[str], str]) -> str:
    """Ask a person which vertebra is the lowest one on both films, until it is one.

    Parameters
    ----------
    answer : callable
        Takes a question and returns what was typed; "" means the usual one.
    """
    from ..anatomy.levels import parse_levels

    while True:
        said = (
            answer(f"Which is the lowest vertebra that both films show, such as L5, L4 or T12? [{_LOWEST}] ").strip() or _LOWEST
        )
        try:
            (found,) = parse_levels(said)
        except (ParameterError, ValueError):
            continue
        return found.name


def landmarks_by_network(films: tuple[Film, Film], levels: str | None) -> tuple[Landmarks, str]:
    """Return the landmarks that the network finds, counted from the lowest of some levels, and what is to be said of them.

    Raises
    ------
    SpineTwinError
        If the levels are none, there is no network, or it finds nothing.
    """
    from ..anatomy.levels import parse_levels
    from ..jobs.external.film_network import network_at_hand
    from ..xray.networks.finding import found_landmarks, sentence
    from ..xray.networks.model import read_description

    lowest = parse_levels(levels)[-1].id if levels else level_of(_LOWEST).id
    description = read_description()
    landmarks = found_landmarks(films, network_at_hand(description), description, lowest)
    return landmarks, sentence(landmarks, lowest)


def calibrated(films: tuple[Film, Film], landmarks: Landmarks) -> tuple[tuple[Film, Film], list[str]]:
    """Return the films with the second camera where the landmarks say it was, and by how much it moved, for people."""
    import numpy as np

    from ..xray.calibrate import QUANTITIES, refine, seen_on_both

    both = seen_on_both(landmarks, [film.view for film in films])
    pixels = np.array([[landmarks.seen[(*each, film.view)] for film in films] for each in both]).reshape(-1, 2, 2)
    refined = refine([film.camera for film in films], pixels, pixel_sd=1.0 / films[0].pixel_mm)
    said = [
        f"Calibration of the lateral film, {name}: {change:+.2f} ± {spread:.2f}"
        for name, change, spread in zip(QUANTITIES, refined.change, refined.sd, strict=True)
    ]
    return (films[0], replace(films[1], camera=refined.camera)), said


def read_shapes(arguments: argparse.Namespace) -> tuple[OwnShapes | None, StoredModels | None]:
    """Return the patient's own vertebrae, or shape models of one's own, where the arguments name some.

    Raises
    ------
    SpineTwinError
        If they cannot be used, or both were given.
    """
    from ..jobs.shape_models import stored_models

    if arguments.shape_from is not None and arguments.shape_model is not None:
        raise ParameterError("The patient's own vertebrae need no shape model.", "Give --shape-from or --shape-model.")
    own = None if arguments.shape_from is None else read_own_shapes(arguments.shape_from)
    return own, None if arguments.shape_model is None else stored_models(arguments.shape_model)


def read_own_shapes(given: Path) -> OwnShapes:
    """Read the patient's own vertebrae.

    Parameters
    ----------
    given : Path
        A folder with both label maps, such as `spinetwin segment` writes, and at most one .mrk.json file of points (without
        one they are computed); or a file of points, or one of the maps, in such a folder.

    Raises
    ------
    SpineTwinError
        If there is no pair of maps, more than one, or they cannot be used.
    """
    from ..io import POINT_SUFFIXES, read_pois
    from ..io.cases import find_cases
    from ..poi.compute import compute_pois
    from ..xray.own_shapes import OwnShapes

    folder = given.parent if given.is_file() else given
    pairs = [each for each in find_cases(folder).values() if set(each.files) == {"subregions", "vertebrae"}]
    if len(pairs) != 1:
        raise ReadError(
            f"{folder} holds {len(pairs)} pairs of label maps (subregions and vertebrae); one is needed.",
            "Points alone have no shape: give the folder of `spinetwin segment`, with the points in it.",
        )
    files = pairs[0].files
    maps = read_maps(files["subregions"], files["vertebrae"])
    file = given if given.name.lower().endswith(POINT_SUFFIXES) else points_in(folder)
    points = compute_pois(maps) if file is None else read_pois(file)
    if file is not None and points.standing:
        raise ReadError(f"The points of {file.name} stand already.", "Give those of the lying person, which lie in the maps.")
    return OwnShapes.of(maps, points)


def points_in(folder: Path) -> Path | None:
    """Return the file of points in a folder, if there is one.

    Raises
    ------
    ReadError
        If there are several.
    """
    found = sorted(path for pattern in _POINTS for path in folder.glob(pattern))
    if len(found) > 1:
        raise ReadError(
            f"{folder} holds {len(found)} files of points: {', '.join(each.name for each in found)}.",
            "Say which one: --shape-from FILE.",
        )
    return found[0] if found else None
