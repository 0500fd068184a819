"""Train TransVert and its ablations side by side on the same samples, for few steps: ``make transvert-ablations``.

It may be stopped at any time and goes on where it was. Each is exported into a folder of its own, where
``benchmarks/xray_transvert.py --networks`` finds it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from common.loop import SAVE_S
from common.options import options_for

from .export import stages_in_words, write
from .recipe import ABLATED, ABLATIONS, Recipe
from .samples import EVALUATED, batches, samples_of
from .train import Training

TELL_EVERY = 50


def main() -> None:
    """Train all until the steps, or the time, are at their end; then export them."""
    parser = options_for(__doc__, "transvert-ablations")
    parser.add_argument("--steps", type=int, default=ABLATED.steps, help="of each network")
    parser.add_argument("--pairs", type=int, default=25, help="pairs of films to measure on")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    recipe = replace(ABLATED, steps=options.steps)
    trainings = {
        name: Training(replace(recipe, **left_out), options.out / name, options.device, options.short)
        for name, left_out in ABLATIONS.items()
    }
    if side_by_side(recipe, list(trainings.values()), options.workers, time.monotonic() + 60 * options.minutes):
        _export(recipe, trainings, options.out, options.pairs)


def side_by_side(recipe: Recipe, trainings: Sequence[Training], workers: int, end: float) -> bool:
    """Give the same samples to all trainings; return whether they have taken all steps."""
    step = min(each.step for each in trainings)
    coming, saved = batches(recipe, step, workers), time.monotonic()
    try:
        while step < recipe.steps and time.monotonic() < end:
            samples = next(coming)
            # those that were saved later than the others wait for them
            losses = {each.folder.name: each.take(samples)["overlap"] for each in trainings if each.step == step}
            step += 1
            if step % TELL_EVERY == 0:
                print(f"step={step} " + " ".join(f"{name}={value:.4f}" for name, value in losses.items()), flush=True)
            if time.monotonic() > saved + SAVE_S:
                _save(trainings)
                saved = time.monotonic()
    finally:
        coming.close()
        _save(trainings)
    return step >= recipe.steps


def _save(trainings: Sequence[Training]) -> None:
    for each in trainings:
        each.save()


def _export(recipe: Recipe, trainings: dict[str, Training], out: Path, pairs: int) -> None:
    samples = [each for number in range(pairs) for each in samples_of(recipe, EVALUATED + number)]
    for name, training in trainings.items():
        trained = stages_in_words([recipe], {"step": training.step})
        described = write(training.learner.kept.module.cpu(), out / name, trained, samples, f"{pairs} pairs")
        print(f"{name}: {described['trained']}, Dice {described['dice']}", flush=True)


if __name__ == "__main__":
    main()
