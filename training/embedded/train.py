"""Train the embedded network on procedural spines: ``make embedded-model``, or this module with options.

One stage of the recipe after the other, each from the weights of the one before. It may be stopped at any time and goes on
where it was. Beside the weights each stage keeps ``log.csv``: loss on the way, and Dice of each label on pairs that are never
trained on. The weights of the package were trained on one core with AMX: ``make embedded-model
TRAINING_ARGS="--short --threads 1"``.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from common.checkpoint import read_checkpoint, read_kept, write_checkpoint
from common.learner import Learner, one_cycle
from common.loop import train_stages
from common.options import options_for

from .network import SpineNet, loss
from .pairs import HELD_OUT, Batch, Channels, Image, batches, pair
from .recipe import LABELS, STAGES, Recipe

LOOK_EVERY = 500


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
    before : Path, optional
        Folder of the stage whose weights this one begins with.
    """

    def __init__(self, recipe: Recipe, folder: Path, device: str, short: bool, before: Path | None = None) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.folder, self.device, self.short = recipe, folder, device, short
        self.title = {"stage": recipe.name}
        self.network = spine_net(recipe).to(device)
        if before is not None:
            read_kept(before, self.network, device)
        self.learner = Learner(self.network, recipe, lambda optimiser: one_cycle(optimiser, recipe))
        folder.mkdir(parents=True, exist_ok=True)
        self.step = read_checkpoint(folder, recipe, device, self.learner.parts)

    def save(self) -> None:
        """Write all that is needed to go on, or nothing."""
        write_checkpoint(self.folder, self.recipe, self.step, self.learner.parts)

    def take(self, batch: Batch) -> dict[str, float]:
        """Take one step and return its loss."""
        images, channels = batch
        self.network.train()
        with torch.autocast(self.device, torch.bfloat16, enabled=self.short):
            scores = self.network(torch.from_numpy(images).to(self.device))
        value = loss(scores.float(), torch.from_numpy(channels).to(self.device))
        self.learner.step(value)
        self.step += 1
        return {"loss": value.item()}

    @cached_property
    def _held_out(self) -> list[tuple[Image, Channels]]:
        return [pair(self.recipe, HELD_OUT + number) for number in range(self.recipe.held_out)]

    @torch.no_grad()
    def look(self) -> dict[str, float]:
        """Return the Dice of each label but the background on the pairs that are held out, all their voxels taken together."""
        self.learner.kept.eval()
        hits, sizes = np.zeros(len(LABELS)), np.zeros(len(LABELS))
        for image, truth in self._held_out:
            with torch.autocast(self.device, torch.bfloat16, enabled=self.short):
                scores = self.learner.kept(torch.from_numpy(image[None, None]).to(self.device))
            found = scores[0].argmax(dim=0).cpu().numpy()
            hits += np.bincount(found[found == truth], minlength=len(LABELS))
            sizes += np.bincount(found.ravel(), minlength=len(LABELS)) + np.bincount(truth.ravel(), minlength=len(LABELS))
        dice = zip(LABELS, 2 * hits / np.maximum(sizes, 1), strict=True)
        return {f"dice_{label}": round(value, 3) for label, value in dice if label}


def spine_net(recipe: Recipe) -> SpineNet:
    """Return the untrained network of a recipe."""
    return SpineNet(recipe.widths, len(LABELS))


def main() -> None:
    """Train stage after stage until all are, or the time is, at their end."""
    options = _options()
    torch.set_num_threads(options.threads)
    given = {name: value for name, value in vars(options).items() if name in ("steps", "batch") and value}
    train_stages(
        ((dataclasses.replace(stage, **given), options.out / stage.name) for stage in STAGES),
        lambda recipe, folder, before: Training(recipe, folder, options.device, options.short, before),
        lambda recipe, step: batches(recipe, step, options.workers),
        time.monotonic() + 60 * options.minutes,
        LOOK_EVERY,
    )


def _options() -> argparse.Namespace:
    parser = options_for(__doc__, "embedded-model")
    parser.add_argument("--steps", type=int, help="instead of the recipes'")
    parser.add_argument("--batch", type=int, help="instead of the recipes'")
    return parser.parse_args()


if __name__ == "__main__":
    main()
