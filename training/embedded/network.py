"""A small 3D U-Net: most of its work is done at half resolution, so that a processor without a GPU can run it.

The design follows Ronneberger O et al. 2015 (U-Net) and Isensee F et al. 2021 (nnU-Net: instance normalisation, leaky
rectifier, strided convolutions in place of pooling). The input is one grey value per voxel, the output one score per label.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


def layer(inside: int, outside: int, stride: int = 1) -> nn.Sequential:
    """Return convolution, normalisation and rectifier."""
    return nn.Sequential(
        nn.Conv3d(inside, outside, 3, stride, padding=1, bias=False),
        nn.InstanceNorm3d(outside, affine=True),
        nn.LeakyReLU(0.01, inplace=True),
    )


class SpineNet(nn.Module):
    """Scores of labels for every voxel.

    Parameters
    ----------
    widths : sequence of int
        Channels at full, half, quarter, ... resolution.
    labels : int
        Number of output channels.
    """

    def __init__(self, widths: Sequence[int], labels: int) -> None:
        super().__init__()
        full, *deeper = widths
        self.first = layer(1, full)
        self.down = nn.ModuleList(
            nn.Sequential(layer(above, width, stride=2), layer(width, width))
            for above, width in zip(widths[:-1], deeper, strict=True)
        )
        self.raise_ = nn.ModuleList(
            nn.ConvTranspose3d(below, width, 2, 2) for width, below in zip(widths[-2::-1], widths[:0:-1], strict=True)
        )
        self.join = nn.ModuleList(layer(2 * width, width) for width in widths[-2::-1])
        self.last = nn.Conv3d(full, labels, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return scores (n, labels, i, j, k) of images (n, 1, i, j, k); sides are multiples of 2 ** (len(widths) - 1)."""
        kept = [self.first(image)]
        for step in self.down:
            kept.append(step(kept[-1]))
        value = kept.pop()
        for up, join in zip(self.raise_, self.join, strict=True):
            value = join(torch.cat([up(value), kept.pop()], dim=1))
        return self.last(value)


def loss(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return cross-entropy plus one minus the mean soft Dice of the labels that are there.

    Parameters
    ----------
    scores : (n, c, i, j, k) tensor
    labels : (n, i, j, k) tensor of int64
        Channel that is right.
    """
    entropy = nn.functional.cross_entropy(scores, labels)
    shares = scores.softmax(dim=1)
    truth = nn.functional.one_hot(labels, scores.shape[1]).movedim(-1, 1)
    space = (0, 2, 3, 4)
    both, size, there = (shares * truth).sum(space), shares.sum(space) + truth.sum(space), truth.sum(space) > 0
    dice = (2 * both + 1.0) / (size + 1.0)
    there[0] = False
    return entropy + 1.0 - dice[there].mean() if there.any() else entropy
