"""Films and landmarks that do not belong together, said before a fit is tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..anatomy import level as level_of
from ..errors import ParameterError
from ..geometry import FloatArray
from .drr import path_lengths
from .films import Film
from .fit import Fitted
from .landmarks import LANDMARKS, Landmarks
from .shapes import Posed, ShapeModel
from .triangulate import rigid, triangulate

_MOST_APART_MM = 15.0
_SIZES = (0.6, 1.6)
_MOST_UNLIKE_MM = 12.0
_COARSE_MM = 2.8
_CLEARLY = 0.4


def check_films(films: Sequence[Film]) -> None:
    """Refuse two films that are one.

    Raises
    ------
    ParameterError
        If both are the same picture, or one is empty.
    """
    for film in films:
        if np.ptp(film.values) == 0:
            raise ParameterError(f"The {film.view} film is empty: all its pixels are the same.", "Give another film.")
    first, second = films
    if first.values.shape == second.values.shape and np.array_equal(first.values, second.values):
        raise ParameterError("Both films are the same picture.", "Give a frontal and a lateral one.")


def check_landmarks(films: Sequence[Film], landmarks: Landmarks, models: Sequence[ShapeModel]) -> None:
    """Refuse landmarks whose rays do not meet, or that make vertebrae of an impossible size.

    Raises
    ------
    ParameterError
        With what is probably wrong: films swapped, wrong spacing, wrong offset.
    """
    _check_inside(films, landmarks)
    found = [_level(films, landmarks, model) for model in models]
    apart, ratio, unlike = np.median(np.array(found), axis=0)
    if apart > _MOST_APART_MM:
        raise ParameterError(
            f"The landmarks of the two films do not meet: their rays pass {apart:.0f} mm from each other.",
            "Are the films swapped, or is their geometry (spacing, distances, centre) another one?",
        )
    if not _SIZES[0] < ratio < _SIZES[1]:
        raise ParameterError(
            f"The landmarks make vertebrae {ratio:.2f} times the usual size.",
            "Check the size of the pixels, the distances, and that the films show the levels that were named.",
        )

    if unlike > _MOST_UNLIKE_MM:
        raise ParameterError(
            f"The landmarks lie {unlike:.0f} mm from those of a vertebra, however it is turned.",
            "Are the films swapped, or left and right, or the names of landmarks?",
        )


def _check_inside(films: Sequence[Film], landmarks: Landmarks) -> None:
    size = {film.view: film.camera.size for film in films}
    for (key, name, view), pixel in landmarks.seen.items():
        if view in size and not (-0.5 <= pixel[0] < size[view][0] and -0.5 <= pixel[1] < size[view][1]):
            raise ParameterError(
                f"The landmark {name} of {level_of(key).name} lies outside the {view} film.",
                f"It is at column {pixel[0]:g}, row {pixel[1]:g}; pixels are counted from 0.",
            )


def _level(films: Sequence[Film], landmarks: Landmarks, model: ShapeModel) -> tuple[float, float, float]:
    """Return by how many mm the rays of landmarks miss each other, their size and their distance from the mean vertebra's."""
    places, known, misses = [], [], []
    for name, views in landmarks.of_level(model.level).items():
        if all(film.view in views for film in films):
            point = triangulate([film.camera for film in films], [views[film.view] for film in films])
            places.append(point.position)
            known.append(model.landmarks[LANDMARKS.index(name)])
            misses.append(point.miss * films[0].pixel_mm)
    if len(places) < 2:
        return 0.0, 1.0, 0.0
    here, mean = np.array(places), np.array(known)
    rotation, shift = rigid(mean, here)
    unlike = np.sqrt(((mean @ rotation.T + shift - here) ** 2).sum(axis=1).mean())
    return float(np.median(misses)), _spread(here) / _spread(mean), float(unlike)


def _spread(points: FloatArray) -> float:
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum()))


def check_order(films: Sequence[Film], starts: Sequence[Posed]) -> None:
    """Refuse films of which each looks like what the other one should show.

    Raises
    ------
    ParameterError
        If so.
    """
    first, second = films
    if first.values.shape != second.values.shape:
        return
    given = [likeness(film, starts) for film in films]
    swapped = [likeness(replace(a, values=b.values), starts) for a, b in ((first, second), (second, first))]
    # films with inverted grey values are unlike what is rendered, whichever way round
    if sum(swapped) > max(sum(given), 0.0) + _CLEARLY:
        raise ParameterError(
            "The two films seem to be swapped: each shows what the landmarks say of the other.", "Give the frontal one first."
        )


def likeness(film: Film, vertebrae: Sequence[Posed]) -> float:
    """Return the correlation of a film with the rendered vertebrae around these, a slow background taken from both."""
    small = film.reduced(max(1, round(_COARSE_MM / film.pixel_mm)))
    path = path_lengths(small.camera, [each.surface for each in vertebrae])
    if not path.any():
        return 0.0
    rows, columns = (slice(int(each.min()), int(each.max()) + 1) for each in np.nonzero(path))
    made, seen = path[rows, columns], small.values[rows, columns]
    y, x = (each.ravel() for each in np.meshgrid(*[np.linspace(-1, 1, count) for count in made.shape], indexing="ij"))
    smooth = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    both = np.stack([made.ravel(), seen.ravel()], axis=1)
    left = both - smooth @ np.linalg.lstsq(smooth, both, rcond=None)[0]
    sizes = np.linalg.norm(left, axis=0)
    return float(left[:, 0] @ left[:, 1] / max(float(sizes[0] * sizes[1]), 1e-12))


def check_found(found: Fitted) -> None:
    """Refuse a fit in which bone is darker than its surroundings.

    Raises
    ------
    ParameterError
        If so, with the view.
    """
    for film, compared in zip(found.films, found.compared, strict=True):
        if compared.gain <= 0:
            raise ParameterError(
                f"On the {film.view} film bone is darker than what is around it.",
                "If its grey values are inverted, say bright = air in the geometry form; else it does not show these levels.",
            )
