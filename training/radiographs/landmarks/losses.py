"""How wrong heatmaps, offsets and thickness of bone are (Yu et al.: 1 - NCC and L2; focal and L1 losses)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

_FAR, _NEAR = 2.0, 4.0


def unlikeness(found: Tensor, truth: Tensor) -> Tensor:
    """Return one minus the normalised cross-correlation of images (n, 1, rows, columns), their mean."""
    a, b = (each.flatten(1) - each.flatten(1).mean(dim=1, keepdim=True) for each in (found, truth))
    return 1.0 - ((a * b).sum(dim=1) / (a.norm(dim=1) * b.norm(dim=1) + 1e-3)).mean()


def focal(scores: Tensor, spots: Tensor) -> Tensor:
    """Return the focal loss of heatmaps (n, c, rows, columns), for each spot of the truth, whose middle is 1.

    References
    ----------
    Law H, Deng J (2018) CornerNet. ECCV (penalty-reduced focal loss).
    """
    hit, missed = functional.logsigmoid(scores), functional.logsigmoid(-scores)
    chance = hit.exp()
    middle = spots >= 1.0 - 1e-6
    right = torch.where(middle, (1.0 - chance) ** _FAR * hit, torch.zeros_like(hit))
    wrong = torch.where(middle, torch.zeros_like(hit), (1.0 - spots) ** _NEAR * chance**_FAR * missed)
    return -(right.sum() + wrong.sum()) / middle.sum().clamp(min=1)


def away(found: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Return the mean L1 distance of offsets (n, 2 k, rows, columns) where they are known (n, 2 k, rows, columns), cells."""
    return ((found - truth).abs() * known).sum() / known.sum().clamp(min=1)


def parts(found: tuple[Tensor, Tensor, Tensor], truth: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return each part of the loss by its name in `Recipe.weights`."""
    heat, offsets, bone = (each.float() for each in found)
    return {
        "ncc": unlikeness(bone, truth["bone"]),
        "l2": functional.mse_loss(bone, truth["bone"]),
        "focal": focal(heat, truth["heat"]),
        "offsets": away(offsets, truth["offsets"], truth["known"]),
    }
