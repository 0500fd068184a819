"""Train the network of the radiographs on random people: ``make train-landmarks``, or this module with options.

It may be stopped at any time and goes on where it was. Beside the weights it keeps ``log.csv``: the parts of the loss, and how
far landmarks are found from the truth on films that are never trained on.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from functools import cached_property
from pathlib import Path

import torch
from common.checkpoint import read_checkpoint, write_checkpoint
from common.learner import Learner
from common.loop import train
from common.options import options_for
from spinetwin.xray.landmarks import LANDMARKS

from .held_out import look
from .losses import parts
from .network import FilmNet
from .recipe import RECIPE, Recipe
from .samples import HELD_OUT, Batch, Float32, batches, pair

LOOK_EVERY = 100


class Training:
    """The network, its optimiser and how far they are.

    Parameters
    ----------
    recipe : Recipe
    folder : Path
        Where weights and log are kept, and found again.
    device : str
        "cpu" or "cuda".
    short : bool
        Whether convolutions calculate with 16 bits: faster on a GPU, and on processors that are made for it.
    """

    def __init__(self, recipe: Recipe, folder: Path, device: str, short: bool) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.folder, self.device, self.short = recipe, folder, device, short
        self.title: dict[str, str] = {}
        self.network = film_net(recipe).to(device, memory_format=torch.channels_last)
        self.learner = Learner(self.network, recipe, lambda optimiser: torch.optim.lr_scheduler.LambdaLR(optimiser, self._rate))
        folder.mkdir(parents=True, exist_ok=True)
        self.step = read_checkpoint(folder, recipe, device, self.learner.parts)

    def _rate(self, step: int) -> float:
        """Return the share of the highest rate at a step."""
        return min((step + 1) / self.recipe.warm_up, 1.0, (self.recipe.steady / max(step, 1)) ** 0.5)

    def save(self) -> None:
        """Write all that is needed to go on, or nothing."""
        write_checkpoint(self.folder, self.recipe, self.step, self.learner.parts)

    def take(self, batch: Batch) -> dict[str, float]:
        """Take one step and return the parts of its loss."""
        films, truth = batch
        self.network.train()
        seen = torch.from_numpy(films).to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.short):
            found = self.network(seen)
        wrong = parts(found, {key: torch.from_numpy(each).to(self.device) for key, each in truth.items()})
        self.learner.step(torch.stack([self.recipe.weights[key] * each for key, each in wrong.items()]).sum())
        self.step += 1
        return {key: each.item() for key, each in wrong.items()}

    @cached_property
    def _held_out(self) -> list:
        return [each for number in range(self.recipe.held_out) for each in pair(self.recipe, HELD_OUT + number)]

    @torch.no_grad()
    def look(self) -> dict[str, float]:
        """Look at the films that are held out."""
        self.learner.kept.eval()

        def run(film: Float32) -> tuple[Float32, Float32, Float32]:
            with torch.autocast(self.device, torch.bfloat16, enabled=self.short):
                found = self.learner.kept(torch.from_numpy(film[None]).to(self.device, memory_format=torch.channels_last))
            heat, offsets, bone = (each[0].float().cpu().numpy() for each in found)
            return heat, offsets, bone

        found = dataclasses.asdict(look(run, self._held_out))
        return {name: round(value, 3) for name, value in found.items()}


def film_net(recipe: Recipe) -> FilmNet:
    """Return the untrained network of a recipe."""
    return FilmNet(recipe.widths, recipe.decoder, len(LANDMARKS))


def main() -> None:
    """Train until the steps, or the time, are at their end."""
    options = _options()
    torch.set_num_threads(options.threads)
    training = Training(RECIPE, options.out, options.device, options.short)
    coming = batches(RECIPE, training.step, options.workers)
    train(training, coming, options.steps, time.monotonic() + 60 * options.minutes, LOOK_EVERY)


def _options() -> argparse.Namespace:
    parser = options_for(__doc__, "landmarks-model")
    parser.add_argument("--steps", type=int, default=30000, help="stop after so many in all")
    return parser.parse_args()


if __name__ == "__main__":
    main()
