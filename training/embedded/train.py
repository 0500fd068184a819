"""Train the embedded network on procedural spines: ``make embedded-model``, or this file with options.

It may be stopped at any time and goes on where it was. Beside the weights it keeps ``log.csv``: loss on the way, and Dice of
each label on pairs that are never trained on.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import os
import time
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from network import SpineNet, loss
from pairs import HELD_OUT, Channels, Image, Patches, pair
from recipe import LABELS, STAGES, Recipe

LOOK_EVERY = 500
SAVE_S = 120.0


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
        self.recipe, self.folder, self.device, self.short, self.step = recipe, folder, device, short, 0
        self.network = SpineNet(recipe.widths, len(LABELS)).to(device)
        if before is not None:
            self._begin_with(before / self._file.name)
        self.kept = torch.optim.swa_utils.AveragedModel(self.network, avg_fn=self._followed)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, recipe.rate, total_steps=recipe.steps + 1, pct_start=recipe.warm_up
        )
        folder.mkdir(parents=True, exist_ok=True)
        if self._file.exists():
            self._load()

    def _followed(self, kept: torch.Tensor, trained: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
        """Return where kept weights go when the trained ones have moved; faster as long as few steps have been taken."""
        memory = min(self.recipe.memory, (1 + int(steps)) / (10 + int(steps)))
        return memory * kept + (1.0 - memory) * trained

    def _begin_with(self, file: Path) -> None:
        """Take the weights that another stage kept."""
        kept = torch.optim.swa_utils.AveragedModel(self.network)
        kept.load_state_dict(torch.load(file, map_location=self.device, weights_only=True)["kept"])
        self.network.load_state_dict(kept.module.state_dict())

    @property
    def _file(self) -> Path:
        return self.folder / "training.pt"

    def _load(self) -> None:
        state = torch.load(self._file, map_location=self.device, weights_only=True)
        if state["recipe"] != repr(self.recipe):
            raise SystemExit(f"{self._file} was trained by another recipe; choose another folder, or remove it.")
        self.network.load_state_dict(state["network"])
        self.kept.load_state_dict(state["kept"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.step = state["step"]

    def save(self) -> None:
        """Write all that is needed to go on, or nothing."""
        state = {
            "recipe": repr(self.recipe),
            "step": self.step,
            "network": self.network.state_dict(),
            "kept": self.kept.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }
        torch.save(state, self._file.with_suffix(".part"))
        self._file.with_suffix(".part").replace(self._file)

    def take(self, images: np.ndarray, channels: np.ndarray) -> float:
        """Take one step and return its loss."""
        self.network.train()
        with torch.autocast(self.device, torch.bfloat16, enabled=self.short):
            scores = self.network(torch.from_numpy(images).to(self.device))
        value = loss(scores.float(), torch.from_numpy(channels).to(self.device))
        self.optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.schedule.step()
        self.kept.update_parameters(self.network)
        self.step += 1
        return value.item()

    @cached_property
    def _held_out(self) -> list[tuple[Image, Channels]]:
        return [pair(self.recipe, HELD_OUT + number) for number in range(self.recipe.held_out)]

    @torch.no_grad()
    def dice(self) -> dict[int, float]:
        """Return the Dice of each label on the pairs that are held out, all their voxels taken together."""
        self.kept.eval()
        hits, sizes = np.zeros(len(LABELS)), np.zeros(len(LABELS))
        for image, truth in self._held_out:
            with torch.autocast(self.device, torch.bfloat16, enabled=self.short):
                scores = self.kept(torch.from_numpy(image[None, None]).to(self.device))
            found = scores[0].argmax(dim=0).cpu().numpy()
            hits += np.bincount(found[found == truth], minlength=len(LABELS))
            sizes += np.bincount(found.ravel(), minlength=len(LABELS)) + np.bincount(truth.ravel(), minlength=len(LABELS))
        return dict(zip(LABELS, 2 * hits / np.maximum(sizes, 1), strict=True))


def main() -> None:
    """Train stage after stage until all are, or the time is, at their end."""
    options = _options()
    torch.set_num_threads(options.threads)
    end = time.monotonic() + 60 * options.minutes
    before: Path | None = None
    for stage in STAGES:
        given = {name: value for name, value in vars(options).items() if name in ("steps", "batch") and value}
        recipe, folder = dataclasses.replace(stage, **given), options.out / stage.name
        training = Training(recipe, folder, options.device, options.short, before)
        size = sum(each.numel() for each in training.network.parameters()) / 1e6
        print(f"{recipe.name}: {size:.2f} M parameters on {options.device}, step {training.step} of {recipe.steps}", flush=True)
        train(training, options.workers, end)
        if training.step < recipe.steps:
            return
        before = folder


def train(training: Training, workers: int, end: float) -> None:
    """Take the steps that are left, as long as there is time (on the monotonic clock)."""
    recipe = training.recipe
    if training.step >= recipe.steps:
        return
    patches, saved = Patches(recipe, training.step, workers), time.monotonic()
    losses: list[float] = []
    try:
        while training.step < recipe.steps and time.monotonic() < end:
            losses.append(training.take(*patches.batch(training.step)))
            if training.step % LOOK_EVERY == 0:
                _tell(training, losses)
                losses.clear()
            if time.monotonic() > saved + SAVE_S:
                training.save()
                saved = time.monotonic()
    finally:
        training.save()
        patches.close()
    if losses:
        _tell(training, losses)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("embedded-model"), help="folder of weights and log")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", choices=("cpu", "cuda"))
    parser.add_argument(
        "--short",
        action=argparse.BooleanOptionalAction,
        default=torch.cuda.is_available(),
        help="calculate with 16 bits: faster on a GPU and on a processor with AMX",
    )
    parser.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 2) // 2), help="processes that make pairs")
    parser.add_argument(
        "--threads", type=int, default=max(1, (os.cpu_count() or 2) // 2), help="threads of the network on a CPU"
    )
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after this time; the same command goes on")
    parser.add_argument("--steps", type=int, help="instead of the recipes'")
    parser.add_argument("--batch", type=int, help="instead of the recipes'")
    return parser.parse_args()


def _tell(training: Training, losses: list[float]) -> None:
    """Print and log how well the network does."""
    row = {"stage": training.recipe.name, "step": training.step, "loss": round(float(np.mean(losses)), 4)}
    row |= {f"dice_{label}": round(value, 3) for label, value in training.dice().items() if label}
    print(" ".join(f"{key}={value}" for key, value in row.items()), flush=True)
    log = training.folder / "log.csv"
    new = not log.exists()
    with log.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, row)
        if new:
            writer.writeheader()
        writer.writerow(row)


if __name__ == "__main__":
    main()
