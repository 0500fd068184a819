"""The loop around the steps of a training: when it looks at what is held out, when it is saved, and when it ends."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

SAVE_S = 120.0
"""Seconds after which a training is saved again."""


class Training(Protocol):
    """A network, its optimiser and how far they are.

    Attributes
    ----------
    title : dict of str to str
        What the lines of the log begin with: the name of a stage, or nothing.
    network : torch.nn.Module
    device : str
    folder : Path
        Where weights and log are kept, and found again.
    step : int
        Steps that were taken.
    """

    title: dict[str, str]
    network: torch.nn.Module
    device: str
    folder: Path
    step: int

    def take(self, batch: Any) -> dict[str, float]:  # noqa: ANN401 - what a step is given, each training knows of its own
        """Take one step and return the parts of its loss."""

    def look(self) -> dict[str, float]:
        """Return how well the network does on what is held out."""

    def save(self) -> None:
        """Write all that is needed to go on, or nothing."""


Batches = Generator[Any, None, None]
"""What the steps are given, from the next one on; closing it ends the processes that make it."""


def train(training: Training, batches: Batches, steps: int, end: float, look_every: int) -> bool:
    """Take steps until so many are taken in all, as long as there is time (on the monotonic clock); return whether they are."""
    size = sum(each.numel() for each in training.network.parameters()) / 1e6
    name = "".join(f"{each}: " for each in training.title.values())
    print(f"{name}{size:.2f} M parameters on {training.device}, step {training.step} of {steps}", flush=True)
    losses: list[dict[str, float]] = []
    begun, saved = training.step, time.monotonic()
    try:
        while training.step < steps and time.monotonic() < end:
            losses.append(training.take(next(batches)))
            if training.step % look_every == 0:
                _tell(training, losses)
                losses.clear()
            if time.monotonic() > saved + SAVE_S:
                training.save()
                saved = time.monotonic()
    finally:
        batches.close()
        if training.step > begun:
            training.save()
    if losses:
        _tell(training, losses)
    return training.step >= steps


def train_stages(
    folders: Iterable[tuple[Any, Path]],
    begin: Callable[[Any, Path, Path | None], Training],
    batches: Callable[[Any, int], Batches],
    end: float,
    look_every: int,
) -> None:
    """Train stage after stage until all are, or the time is, at their end.

    Parameters
    ----------
    folders : iterable of (recipe, Path)
        The stages, and where each is kept.
    begin : callable
        Takes recipe, folder, and the folder of the stage before, and returns a training.
    batches : callable
        Takes recipe and step, and returns what the steps from this one on are given.
    end : float
        On the monotonic clock.
    look_every : int
    """
    before: Path | None = None
    for recipe, folder in folders:
        training = begin(recipe, folder, before)
        if not train(training, batches(recipe, training.step), recipe.steps, end, look_every):
            return
        before = folder


def _tell(training: Training, losses: list[dict[str, float]]) -> None:
    """Print and log how well the network does."""
    row: dict[str, object] = {**training.title, "step": training.step}
    row |= {name: round(float(np.mean([each[name] for each in losses])), 5) for name in losses[0]}
    row |= training.look()
    print(" ".join(f"{key}={value}" for key, value in row.items()), flush=True)
    log = training.folder / "log.csv"
    new = not log.exists()
    with log.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, row)
        if new:
            writer.writeheader()
        writer.writerow(row)
