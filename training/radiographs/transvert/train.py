"""Train TransVert on radiographs of made-up persons: ``make train-transvert``.

One stage of the recipe after the other, each from the weights of the one before. It may be stopped at any time and goes on
where it was. Beside the weights each stage keeps ``log.csv``: losses on the way, and Dice on samples that are never trained on.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import torch
from common.checkpoint import read_checkpoint, read_kept, write_checkpoint
from common.learner import Learner, one_cycle
from common.loop import train_stages
from common.options import options_for

from .measuring import dice_by_region, soft_dice, tensors_of
from .network import Discriminator, TransVert
from .recipe import STAGES, Recipe
from .samples import HELD_OUT, Sample, batches, samples_of

LOOK_EVERY = 250


def network_of(recipe: Recipe) -> TransVert:
    """Return the network of a recipe, untrained."""
    return TransVert(recipe.flat, recipe.fused, recipe.deep, recipe.attention, recipe.centroid)


class Training:
    """The network, its adversary, their optimisers and how far they are.

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
        self.network, self.judge = network_of(recipe).to(device), Discriminator(recipe.judge).to(device)
        if before is not None:
            self.judge.load_state_dict(read_kept(before, self.network, device)["judge"])
        self.learner = Learner(self.network, recipe, lambda optimiser: one_cycle(optimiser, recipe))
        self.judging = torch.optim.AdamW(self.judge.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
        folder.mkdir(parents=True, exist_ok=True)
        self.step = read_checkpoint(folder, recipe, device, self._parts)

    @property
    def _parts(self) -> dict[str, object]:
        """Return all that changes on the way, by its name in the file."""
        return {**self.learner.parts, "judge": self.judge, "judging": self.judging}

    def save(self) -> None:
        """Write all that is needed to go on, or nothing."""
        write_checkpoint(self.folder, self.recipe, self.step, self._parts)

    def take(self, samples: Sequence[Sample]) -> dict[str, float]:
        """Take one step and return its losses."""
        self.network.train()
        frontal, lateral, truth = tensors_of(samples, self.device)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.short):
            odds = self.network(frontal, lateral)
        odds = odds.float()
        made = odds.sigmoid()
        losses = {"near": (made - truth).abs().mean()}
        if self.recipe.entropy:
            losses["entropy"] = torch.nn.functional.binary_cross_entropy_with_logits(odds, truth)
        if self.recipe.overlap:
            losses["overlap"] = 1.0 - soft_dice(made, truth)
        if self.recipe.adversary:
            self._judge(made.detach(), truth)
            with torch.autocast(self.device, torch.bfloat16, enabled=self.short):
                seen = self.judge(made)
            losses["adversary"] = ((seen.float() - 1.0) ** 2).mean()
        total = sum(getattr(self.recipe, name) * value for name, value in losses.items())
        self.learner.step(total)
        self.step += 1
        return {name: value.item() for name, value in losses.items()}

    def _judge(self, made: torch.Tensor, truth: torch.Tensor) -> None:
        """Teach the adversary what is true and what is made (least squares)."""
        with torch.autocast(self.device, torch.bfloat16, enabled=self.short):
            true, false = self.judge(truth), self.judge(made)
        self.judging.zero_grad(set_to_none=True)
        (((true.float() - 1.0) ** 2).mean() + (false.float() ** 2).mean()).backward()
        self.judging.step()

    @cached_property
    def _held_out(self) -> list[Sample]:
        pairs = range(HELD_OUT, HELD_OUT + self.recipe.held_out)
        return [each for number in pairs for each in samples_of(self.recipe, number)]

    def look(self) -> dict[str, float]:
        """Return the mean Dice of the samples that are held out, by region of the spine."""
        found = dice_by_region(self.learner.kept, self._held_out, self.device)
        return {f"dice_{region}": round(value, 4) for region, value in found.items()}


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
    parser = options_for(__doc__, "transvert")
    parser.add_argument("--steps", type=int, help="instead of the recipe's")
    parser.add_argument("--batch", type=int, help="instead of the recipe's")
    return parser.parse_args()


if __name__ == "__main__":
    main()
