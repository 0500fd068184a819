"""`spinetwin xray`: the standing vertebrae from a frontal and a lateral radiograph, and landmarks that were clicked on both."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..anatomy import level as level_of
from ..report.figures import NOT_DRAWN, can_draw
from .common import Progress, count, make_folder, path_of, progress_bar
from .xray_inputs import (
    add_inputs,
    asked_lowest,
    calibrated,
    landmarks_on,
    names_of,
    read_films,
    read_shapes,
    wanted_levels,
)
from .xray_volumes import write_volumes

if TYPE_CHECKING:
    from ..jobs.shape_models import StoredModels
    from ..poi import PoiSet
    from ..xray.films import Film
    from ..xray.landmarks import Landmarks, LevelNames
    from ..xray.own_shapes import OwnShapes
    from ..xray.standing import Standing
    from .common import Steps

POINTS, REPORT, PICTURE, SURFACES = "points.mrk.json", "xray.json", "films.png", "surfaces"
"""What is written into the folder."""

LANDMARKS = "landmarks.csv"
"""What the network found is written here, to be corrected and given back with --landmarks."""

MODEL, OWN = "shape model", "the patient's own vertebrae"
"""Where the shapes come from, for people."""

_READ, _FOUND = 0.05, 0.9


@dataclass(frozen=True)
class Reconstructed:
    """What came out, beside the files.

    Attributes
    ----------
    standing : Standing
    said : list of str
        What a person should know, as sentences.
    refined : list of str
        By how much the second camera was refined from the landmarks, and how certain that is; the first of `said`.
    """

    standing: Standing
    said: list[str]
    refined: list[str]


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    xray = steps.add_parser("xray", help="reconstruct the standing spine from two radiographs")
    add_inputs(xray)
    xray.add_argument("--out", type=path_of, required=True, metavar="DIR", help="folder for the results")
    xray.add_argument(
        "--transvert", action="store_true", help="also vertebrae as a network sees them, trained on synthetic radiographs"
    )
    xray.add_argument("--quiet", action="store_true", help="no progress bar")
    xray.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Reconstruct, write surfaces, points, json and picture, and say what not to trust."""
    if arguments.auto and not (arguments.lowest or arguments.levels) and sys.stdin.isatty() and not arguments.quiet:
        arguments.lowest = asked_lowest(input)
    with progress_bar("xray", arguments.quiet) as progress:
        made = reconstruct_into(arguments.out, arguments, progress)
    for line in made.said:
        print(line)
    print(f"{headline(made.standing)}: {arguments.out / POINTS}")
    return 0


def reconstruct_into(folder: Path, arguments: argparse.Namespace, progress: Progress) -> Reconstructed:
    """Find the standing vertebrae that the arguments ask for, and write everything into a folder, made if need be.

    Raises
    ------
    SpineTwinError
        If a file cannot be used, or films and landmarks do not belong together; nothing is written then.
    """
    from ..io.film_forms import write_landmarks
    from ..jobs.external.film_network import volume_network_at_hand

    progress(0.0, "reading the films")
    read = read_films(arguments)
    landmarks, told = landmarks_on(read, arguments)
    levels = [each.id for each in wanted_levels(arguments.levels, landmarks)]
    names = names_of(read, landmarks, arguments)
    films, refined = calibrated(read, landmarks) if arguments.calibrate else (read, [])
    own, stored = read_shapes(arguments)
    network = volume_network_at_hand() if arguments.transvert else None

    def fitting(done: float, what: str) -> None:
        progress(_READ + (_FOUND - _READ) * done, what)

    standing = _standing(films, landmarks, levels, own, stored, fitting, calibrate=arguments.calibrate)
    make_folder(folder)
    progress(_FOUND, "files")
    origin = Origin(own, MODEL if stored is None else f"{MODEL} {stored.source}", landmarks.source, names)
    _write(folder, standing, origin)
    if arguments.auto:
        write_landmarks(folder / LANDMARKS, landmarks)
    filled = [] if network is None else write_volumes(folder, standing, network)
    progress(1.0, "done")
    carried = [] if stored is None else stored.said
    return Reconstructed(standing, [*refined, *told, *names.said, *carried, *filled, *_sentences(standing)], refined)


def headline(standing: Standing) -> str:
    """Say in one line how many vertebrae stand, and how many of them are to be trusted."""
    trusted = sum(not each.reasons for each in standing.judged)
    missing = f", {len(standing.left_out)} left out" if standing.left_out else ""
    return f"{count(standing.judged, 'level')} standing, {trusted} to be trusted{missing}"


def _sentences(standing: Standing) -> list[str]:
    spacings = [f"Pixels of the {film.view} film: {film.spacing}" for film in standing.films]
    undrawn = [] if can_draw() else [f"The films beside their renderings: {NOT_DRAWN}"]
    doubts = [f"Do not trust {level_of(each.level).name}: {reason}" for each in standing.judged for reason in each.reasons]
    return [*spacings, *undrawn, *doubts, *(f"No {level_of(key).name}: {reason}" for key, reason in standing.left_out.items())]


def _standing(
    films: tuple[Film, Film],
    landmarks: Landmarks,
    levels: Sequence[int],
    own: OwnShapes | None,
    stored: StoredModels | None,
    progress: Progress,
    *,
    calibrate: bool,
) -> Standing:
    from ..jobs.standing_models import kept_model
    from ..xray.own_shapes import RIGID_STAGES
    from ..xray.standing import reconstruct

    if own is None:
        model_of = kept_model if stored is None else stored.model
        return reconstruct(films, landmarks, levels, model_of, progress=progress, calibrate=calibrate)
    return reconstruct(films, own.known(landmarks), levels, own.model, RIGID_STAGES, progress, calibrate=calibrate)


@dataclass(frozen=True)
class Origin:
    """Where shapes, landmarks and names of a reconstruction come from.

    Attributes
    ----------
    own : OwnShapes, optional
        The patient's own vertebrae.
    model, landmarks : str
        What the shapes are where they are not the patient's own, and who set the landmarks.
    names : LevelNames
    """

    own: OwnShapes | None
    model: str
    landmarks: str
    names: LevelNames

    @property
    def shapes(self) -> str:
        """Where the shapes come from, for people."""
        return self.model if self.own is None else OWN


def _write(folder: Path, standing: Standing, origin: Origin) -> None:
    from ..io import write_pois
    from ..io.standing import write_standing
    from ..io.surfaces import write_surface
    from ..report.films import draw_films

    make_folder(folder / SURFACES)
    for each in standing.found.vertebrae:
        write_surface(folder / SURFACES / f"{level_of(each.model.level).name}.vtp", each.surface)
    write_pois(folder / POINTS, _points(standing, origin))
    frames = {each.model.level: each.frame for each in standing.found.vertebrae}
    made_of = {"shapes": origin.shapes, "landmarks": origin.landmarks}
    write_standing(folder / REPORT, standing.films, standing.judged, frames, standing.left_out, origin.names, made_of)
    if can_draw():
        draw_films(folder / PICTURE, standing.found)


def _points(standing: Standing, origin: Origin) -> PoiSet:
    """Return the points of the standing vertebrae; those of the patient's own keep what was said of them."""
    from ..poi import Poi, PoiSet, Status
    from ..poi.model import STANDING, UNVERIFIED

    points, own = [], origin.own
    ending = STANDING if origin.names.verified else f"{UNVERIFIED}, {STANDING}"
    for vertebra, judged in zip(standing.found.vertebrae, standing.judged, strict=True):
        for poi, at in vertebra.points.items():
            before = None if own is None else own.points[vertebra.model.level, poi]
            status, reason = (Status.OK, "") if before is None else (before.status, before.reason)
            if judged.reasons:
                status, reason = Status.SUSPECT, judged.reasons[0]
            source = f"{'radiographs' if before is None else before.source or 'points'}, {ending}"
            place = float(at[0]), float(at[1]), float(at[2])
            points.append(Poi(vertebra.model.level, poi, status, place, reason, source=source))
    return PoiSet.of(points, {each.model.level: each.frame for each in standing.found.vertebrae})
