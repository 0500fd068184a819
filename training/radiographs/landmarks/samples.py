"""The stream of films that the network is trained on, and what it shall say of each.

Pair n depends on the seed and n alone, and batch n on the seed, n and the pairs then in the ring, so that a training that was
broken off goes on as if it had not been.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
import numpy.typing as npt
from common.ahead import Ring
from spinetwin.xray.landmarks import LANDMARKS, VIEWS
from spinetwin.xray.networks.contrast import local_contrast, network_input
from spinetwin.xray.networks.finding import MIRRORED
from spinetwin.xray.networks.spots import STRIDE

from radiographs.data import View, radiographs

from .recipe import BONE_MM, Recipe

Float32 = npt.NDArray[np.float32]
Batch = tuple[Float32, dict[str, Float32]]

HELD_OUT = 1_000_000_000
"""Number of the first pair that is never trained on."""

EVALUATED = 2_000_000_000
"""Number of the first pair that a finished network is measured on; nothing is chosen by them."""

_ENDPLATES = [LANDMARKS.index(f"{side}_endplate") for side in ("superior", "inferior")]


@dataclass(frozen=True)
class Sample:
    """One film as the network sees it, and its truth.

    Attributes
    ----------
    lateral : bool
    film : (rows, columns) array of float16
        Local contrast.
    bone : (rows, columns) array of float16
        Thickness of all vertebrae, mm.
    centres : (n, 2) array of float32
        Column and row of the middle of each body.
    marks : (n, 7, 2) array of float32
        Of its landmarks.
    visible : (n, 8) array of bool
        Whether centre and landmarks lie on the film, where the shutters left it open.
    """

    lateral: bool
    film: npt.NDArray[np.float16]
    bone: npt.NDArray[np.float16]
    centres: Float32
    marks: Float32
    visible: npt.NDArray[np.bool_]


def pair(recipe: Recipe, number: int) -> tuple[Sample, Sample]:
    """Return the frontal and the lateral film of a pair."""
    made = radiographs(np.random.default_rng([recipe.seed, number]), recipe.films)
    frontal, lateral = (sample(made.views[view], lateral=view == "lateral") for view in VIEWS)
    return frontal, lateral


def sample(view: View, *, lateral: bool) -> Sample:
    """Return a film as the network sees it."""
    centres = view.landmarks[:, _ENDPLATES].mean(axis=1)
    rows, columns = view.film.shape
    place = np.rint(centres).astype(int)
    inside = ((place >= 0) & (place < (columns, rows))).all(axis=-1)
    held = np.clip(place, 0, (columns - 1, rows - 1))
    seen = inside & view.open[held[:, 1], held[:, 0]]
    return Sample(
        lateral,
        local_contrast(view.film).astype(np.float16),
        (view.bone * view.open).astype(np.float16),
        centres.astype(np.float32),
        view.landmarks.astype(np.float32),
        np.concatenate([seen[:, None], view.visible], axis=1),
    )


def flipped(given: Sample) -> Sample:
    """Return the film of the mirror image of a person: on a frontal film right and left change places.

    A lateral film of the mirror image, its source on the other side, shows the same; so it stays as it is.
    """
    if given.lateral:
        return given
    width = given.film.shape[1]
    turn, shift = np.array([-1.0, 1.0], np.float32), np.array([width - 1.0, 0.0], np.float32)
    visible = given.visible[:, [0, *(1 + each for each in MIRRORED)]]
    return replace(
        given,
        film=given.film[:, ::-1],
        bone=given.bone[:, ::-1],
        centres=given.centres * turn + shift,
        marks=given.marks[:, list(MIRRORED)] * turn + shift,
        visible=visible,
    )


def targets(given: Sample, spread: float) -> dict[str, Float32]:
    """Return what the network shall say: heatmaps, offsets, where these are known, and thickness of bone."""
    rows, columns = (size // STRIDE for size in given.film.shape)
    count = given.marks.shape[1]
    cells = (np.concatenate([given.centres[:, None], given.marks], axis=1) + 0.5) / STRIDE - 0.5
    heat = np.zeros((1 + count, rows, columns), np.float32)
    offsets, known = np.zeros((2, 2 * count, rows, columns), np.float32)
    for places, visible in zip(cells, given.visible, strict=True):
        for channel in np.flatnonzero(visible):
            _spot(heat[channel], places[channel], spread)
        if visible[0]:
            # neighbours of the centre learn too: the peak that is found may be one of them
            near = _near(places[0], 1, (rows, columns))
            y, x = np.mgrid[near]
            for mark in np.flatnonzero(visible[1:]):
                offsets[2 * mark, *near], offsets[2 * mark + 1, *near] = places[1 + mark, 0] - x, places[1 + mark, 1] - y
                known[2 * mark : 2 * mark + 2, *near] = 1.0
    return {"heat": heat, "offsets": offsets, "known": known, "bone": given.bone[None].astype(np.float32) / BONE_MM}


def _spot(image: Float32, place: Float32, spread: float) -> None:
    """Draw a spot around a place; the nearest cell is 1, as the focal loss wants it."""
    near = _near(place, int(np.ceil(3 * spread)), image.shape)
    y, x = np.mgrid[near]
    away = (x - place[0]) ** 2 + (y - place[1]) ** 2
    image[near] = np.maximum(image[near], np.exp(-away / (2 * spread**2)))
    image[_near(place, 0, image.shape)] = 1.0


def _near(place: Float32, reach: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Return the cells that lie at most so far from a place, across and along."""
    rows, columns = shape
    column, row = (int(np.clip(np.rint(each), 0, most - 1)) for each, most in zip(place, (columns, rows), strict=True))
    return (
        slice(max(row - reach, 0), min(row + reach + 1, rows)),
        slice(max(column - reach, 0), min(column + reach + 1, columns)),
    )


def seen(given: Sample) -> Float32:
    """Return what is put into the network, (2, rows, columns)."""
    return network_input(given.film.astype(np.float32), lateral=given.lateral)


def batches(recipe: Recipe, start: int, workers: int) -> Generator[Batch, None, None]:
    """Yield what is put into the network (n, 2, rows, columns) and what it shall say, for each step from `start` on."""
    ring = Ring(pair, recipe, start, workers, ahead=4, of_a_pair=len(VIEWS))
    with closing(ring):
        for step in count(start):
            yield batch(recipe, step, ring.at(step))


def batch(recipe: Recipe, step: int, made: Sequence[tuple[Sample, Sample]]) -> Batch:
    """Return the films of a step, drawn from pairs, and what is to be said of them."""
    rng = np.random.default_rng([recipe.seed, step, 1])
    drawn = [_drawn(made, rng, number % 2) for number in range(recipe.batch)]
    wanted = [targets(each, recipe.spread) for each in drawn]
    return np.stack([seen(each) for each in drawn]), {key: np.stack([each[key] for each in wanted]) for key in wanted[0]}


def _drawn(made: Sequence[tuple[Sample, Sample]], rng: np.random.Generator, view: int) -> Sample:
    given = made[rng.integers(len(made))][view]
    return flipped(given) if rng.random() < 0.5 else given
