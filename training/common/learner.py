"""What learns in every training: a network, its optimiser, and the average of its weights on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch

_MOST_SLOPE = 5.0

Schedule = torch.optim.lr_scheduler.LRScheduler


class Rates(Protocol):
    """How fast is learned.

    Attributes
    ----------
    rate, decay : float
        Highest learning rate and weight decay of AdamW.
    memory : float
        How slowly the weights that are kept follow those that are trained: their average over 1 / (1 - memory) steps.
    """

    rate: float
    decay: float
    memory: float


class Cycle(Rates, Protocol):
    """How fast is learned where there is an end: the rate rises over a share of the steps, and falls along a cosine."""

    steps: int
    warm_up: float


def one_cycle(optimiser: torch.optim.Optimizer, recipe: Cycle) -> Schedule:
    """Return the schedule of a recipe that has an end."""
    return torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.steps + 1, pct_start=recipe.warm_up)


class Learner:
    """Takes the steps of a network.

    Parameters
    ----------
    network : torch.nn.Module
    recipe : Rates
    schedule : callable
        Takes the optimiser, and returns the schedule of its rate.
    """

    def __init__(self, network: torch.nn.Module, recipe: Rates, schedule: Callable[[torch.optim.Optimizer], Schedule]) -> None:
        self.network, self._memory = network, recipe.memory
        self.kept = torch.optim.swa_utils.AveragedModel(network, avg_fn=self._followed, use_buffers=True)
        self._optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
        self._schedule = schedule(self._optimiser)

    @property
    def parts(self) -> dict[str, object]:
        """Return all that changes on the way, by its name in the file."""
        return {"network": self.network, "kept": self.kept, "optimiser": self._optimiser, "schedule": self._schedule}

    def step(self, loss: torch.Tensor) -> None:
        """Move the weights down the slope of a loss, and those that are kept after them."""
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _MOST_SLOPE)
        self._optimiser.step()
        self._schedule.step()
        self.kept.update_parameters(self.network)

    def _followed(self, kept: torch.Tensor, trained: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
        """Return where kept weights go when the trained ones have moved; faster as long as few steps have been taken."""
        memory = min(self._memory, (1 + int(steps)) / (10 + int(steps)))
        return memory * kept + (1.0 - memory) * trained if kept.is_floating_point() else trained
