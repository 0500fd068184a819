"""Landmarks on two films without a click: found by a network, matched between the films, counted from below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...anatomy import Level
from ...anatomy import level as level_of
from ...errors import ParameterError
from ...geometry import FloatArray
from ..films import Film
from ..landmarks import LANDMARKS, Landmarks
from ..triangulate import triangulate
from .column import counted, matched
from .contrast import network_input
from .model import Description, Run
from .reading import Reading, reading_of
from .spots import Spotted, spotted

SOURCE = "a network trained on synthetic radiographs"
"""Who set the landmarks, for people; what is written says it."""

MIRRORED = tuple(
    LANDMARKS.index(name.replace("right", "left") if "right" in name else name.replace("left", "right")) for name in LANDMARKS
)
"""Place of the landmark that each becomes when right and left change places."""


@dataclass(frozen=True)
class _Seen:
    """A vertebra on a film as it was read: centre (2,) and landmarks (7, 2), pixels."""

    centre: FloatArray
    marks: FloatArray


def found_landmarks(films: Sequence[Film], run: Run, description: Description, lowest: int) -> Landmarks:
    """Find the landmarks of all vertebrae that both films show.

    Parameters
    ----------
    films : sequence of Film
        A frontal and a lateral one.
    run : callable
        The network.
    description : Description
    lowest : int
        Level id of the lowest vertebra that the network can see on both films; the others are counted from it.

    Raises
    ------
    ParameterError
        If the network sees no vertebra on both films.
    """
    first, second = (_seen(film, run, description) for film in films)
    pairs = matched(films, [each.centre for each in first], [each.centre for each in second])
    if not pairs:
        raise ParameterError(
            f"The network found {len(first)} vertebrae on the frontal film and {len(second)} on the lateral one, none on both.",
            "It knows lumbar spines of synthetic radiographs; click the landmarks (in a terminal, give them with --landmarks).",
        )
    cameras = [film.camera for film in films]
    places = np.array([triangulate(cameras, [first[i].centre, second[j].centre]).position for i, j in pairs])
    levels = counted(places, lowest)
    seen = {}
    # where the column is longer than there are levels, its top has none
    for level, pair in zip(levels, pairs[len(pairs) - len(levels) :], strict=True):
        for film, vertebra in zip(films, (first[pair[0]], second[pair[1]]), strict=True):
            seen.update({(level.id, name, film.view): at for name, at in zip(LANDMARKS, vertebra.marks, strict=True)})
    return Landmarks(seen, SOURCE, _remarks(films, (len(first), len(second)), pairs, levels))


def _remarks(
    films: Sequence[Film], counts: Sequence[int], pairs: Sequence[tuple[int, int]], levels: Sequence[Level]
) -> tuple[str, ...]:
    """Say what of the vertebrae on each film speaks against their names."""
    lower = [(film.view, count - 1 - last) for film, count, last in zip(films, counts, pairs[-1], strict=True)]
    said = [
        f"Below the lowest vertebra that both films show the network sees {more} more on the {view} film alone."
        for view, more in lower
        if more
    ]
    above = len(pairs) - len(levels)
    if above:
        many = f"{above} more than there are levels from {levels[0].name} to {levels[-1].name} were seen"
        said.append(f"{many}: the lowest one is another, or something else was taken for a vertebra.")
    return tuple(said)


def sentence(landmarks: Landmarks, lowest: int) -> str:
    """Say which levels were found, what that rests on, and what speaks against it."""
    names = [level_of(key).name for key in landmarks.levels]
    taken = f"The lowest vertebra was taken for {level_of(lowest).name}."
    return " ".join([f"Landmarks of {', '.join(names)} by {SOURCE}: look at them. {taken}", *landmarks.remarks])


def _seen(film: Film, run: Run, description: Description) -> list[_Seen]:
    """Return the vertebrae on a film, from the top."""
    reading = reading_of(film, description.pixel_mm)
    heat, offsets, _ = run(network_input(reading.values, lateral=film.view == "lateral"))
    return [_on_film(each, reading) for each in spotted(heat, offsets)]


def _on_film(found: Spotted, reading: Reading) -> _Seen:
    marks = found.marks[list(MIRRORED)] if reading.mirrored else found.marks
    return _Seen(reading.on_film(found.centre), reading.on_film(marks))
