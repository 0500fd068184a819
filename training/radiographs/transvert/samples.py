"""The stream of samples that TransVert is trained on: some vertebrae of each pair of films.

A sample depends on the seed and its number alone, so that a training that was broken off goes on as if it had not been.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from common.ahead import made_ahead
from spinetwin.anatomy import level
from spinetwin.xray.films import Film
from spinetwin.xray.landmarks import VIEWS
from spinetwin.xray.networks.blocks import block_around, filled, shown_of

from radiographs.data import Radiographs, Vertebra, radiographs

from .recipe import Recipe

HELD_OUT = 1_000_000_000
"""Number of the first pair of films that is never trained on."""


EVALUATED = 2_000_000_000
"""Number of the first pair that a finished network is measured on; nothing is chosen by them."""


@dataclass(frozen=True)
class Sample:
    """What the network is shown of a vertebra, and the vertebra.

    Attributes
    ----------
    shown : (2, 3, 64, 64) array
        By view: the patch twice, and the disc.
    truth : (64, 64, 64) array
        Which voxels are inside.
    level : int
        Level id.
    """

    shown: npt.NDArray[np.float32]
    truth: npt.NDArray[np.bool_]
    level: int


def samples_of(recipe: Recipe, number: int) -> list[Sample]:
    """Return samples of a pair of films: so many as the recipe says, or all where fewer vertebrae are whole on both films."""
    rng = np.random.default_rng([recipe.seed, number])
    pair = radiographs(rng, recipe.films)
    films = tuple(Film(view, pair.views[view].film, pair.views[view].camera) for view in VIEWS)
    whole = whole_vertebrae(pair, recipe)
    chosen = rng.permutation(len(whole))[: recipe.of_a_pair]
    return [_sample(rng, recipe, (films[0], films[1]), whole[each]) for each in chosen]


def whole_vertebrae(pair: Radiographs, recipe: Recipe) -> list[Vertebra]:
    """Return the vertebrae to learn from: of the levels of the recipe, with all landmarks on both films."""
    first, last = level(recipe.first).order, level(recipe.last).order
    seen = np.all([pair.views[view].visible.all(axis=1) for view in VIEWS], axis=0)
    return [
        each for each, whole in zip(pair.vertebrae, seen, strict=True) if whole and first <= level(each.level).order <= last
    ]


def _sample(rng: np.random.Generator, recipe: Recipe, films: tuple[Film, Film], vertebra: Vertebra) -> Sample:
    body = vertebra.frame.origin + rng.normal(0.0, recipe.body_mm, 3)
    shift = rng.uniform(-recipe.shift_mm, recipe.shift_mm, 3)
    block = block_around((films[0].camera, films[1].camera), body, shift)
    truth = filled(block.voxels(vertebra.surface.vertices), vertebra.surface.triangles)
    return Sample(shown_of(films, block, body), truth, vertebra.level)


def mixed_batches(recipe: Recipe, number: int) -> list[list[Sample]]:
    """Return the samples of `recipe.mixed` steps, in an order in which vertebrae of one person rarely meet in a step."""
    found: list[Sample] = []
    wanted = recipe.mixed * recipe.batch
    pair = number * wanted
    while len(found) < wanted:
        found += samples_of(recipe, pair)
        pair += 1
    order = np.random.default_rng([recipe.seed, number]).permutation(wanted)
    return [[found[each] for each in step] for step in order.reshape(recipe.mixed, recipe.batch)]


def batches(recipe: Recipe, start: int, workers: int) -> Iterator[list[Sample]]:
    """Yield the samples of each step from `start` on, made by other processes ahead of time."""
    number, done = divmod(start, recipe.mixed)
    for steps in made_ahead(mixed_batches, recipe, number, workers, 2):
        yield from steps[done:]
        done = 0
