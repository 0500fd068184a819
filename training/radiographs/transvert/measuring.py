"""How well a network fills the blocks of samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from spinetwin.anatomy import level

from .samples import Sample


def tensors_of(samples: Sequence[Sample], device: str = "cpu") -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return frontal and lateral films with discs (n, 3, 64, 64), and the truth (n, 1, 64, 64, 64)."""
    shown = torch.from_numpy(np.stack([each.shown for each in samples])).to(device)
    truth = torch.from_numpy(np.stack([each.truth for each in samples]))
    return shown[:, 0], shown[:, 1], truth[:, None].to(device, torch.float32)


def soft_dice(made: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Return the mean Dice of volumes (n, 1, 64, 64, 64) whose voxels are bone with some probability."""
    axes = (1, 2, 3, 4)
    return (2 * (made * truth).sum(axes) / (made.sum(axes) + truth.sum(axes))).mean()


@torch.no_grad()
def dice_by_region(network: torch.nn.Module, samples: Sequence[Sample], device: str = "cpu") -> dict[str, float]:
    """Return the mean Dice of samples, by region of the spine; a region without samples is left out."""
    network.eval()
    found: dict[str, list[float]] = {}
    for sample in samples:
        frontal, lateral, truth = tensors_of([sample], device)
        inside, right = network(frontal, lateral) > 0, truth > 0
        both = 2 * (inside & right).sum().item()
        found.setdefault(level(sample.level).region, []).append(both / (inside.sum() + right.sum()).item())
    return {region: float(np.mean(values)) for region, values in sorted(found.items())}
