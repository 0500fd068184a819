"""A small 3D U-Net whose work begins at half resolution, so that a processor without a GPU can train and run it.

The design follows Ronneberger O et al. 2015 (U-Net) and Isensee F et al. 2021 (nnU-Net: instance normalisation, leaky
rectifier, strided convolutions in place of pooling). The input is one grey value per voxel, the output one score per label:
the first convolution halves the resolution, and the last layer gives the eight voxels of each place their own scores
(Shi W et al. 2016, sub-pixel convolution).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn


def layer(inside: int, outside: int, stride: int = 1, side: int = 3) -> nn.Sequential:
    """Return convolution, normalisation and rectifier."""
    return nn.Sequential(
        nn.Conv3d(inside, outside, side, stride, padding=1, bias=False),
        nn.InstanceNorm3d(outside, affine=True),
        nn.LeakyReLU(0.01, inplace=True),
    )


class SpineNet(nn.Module):
    """Scores of labels for every voxel.

    Parameters
    ----------
    widths : sequence of int
        Channels at half, quarter, ... resolution.
    labels : int
        Number of output channels.
    """

    def __init__(self, widths: Sequence[int], labels: int) -> None:
        super().__init__()
        self.first = nn.Sequential(layer(1, widths[0], stride=2, side=4), layer(widths[0], widths[0]))
        self.down = nn.ModuleList(
            nn.Sequential(layer(above, width, stride=2), layer(width, width)) for above, width in pairwise(widths)
        )
        self.up = nn.ModuleList(
            nn.ConvTranspose3d(below, width, 2, 2) for width, below in zip(widths[-2::-1], widths[:0:-1], strict=True)
        )
        self.join = nn.ModuleList(nn.Sequential(layer(2 * width, width), layer(width, width)) for width in widths[-2::-1])
        self.last = nn.ConvTranspose3d(widths[0], labels, 2, 2)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return scores (n, labels, i, j, k) of images (n, 1, i, j, k); sides are multiples of 2 ** len(widths)."""
        kept = [self.first(image)]
        for step in self.down:
            kept.append(step(kept[-1]))
        value = kept.pop()
        for up, join in zip(self.up, self.join, strict=True):
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
    logarithms = scores.log_softmax(dim=1)
    right = logarithms.gather(1, labels[:, None])
    flat, channels = labels.reshape(-1), scores.shape[1]
    both = torch.zeros(channels, device=scores.device).scatter_add(0, flat, right.exp().reshape(-1))
    count = torch.bincount(flat, minlength=channels)
    size = logarithms.exp().sum((0, 2, 3, 4)) + count
    there = count > 0
    there[0] = False
    dice = (2 * both + 1.0) / (size + 1.0)
    return 1.0 - right.mean() - dice[there].mean() if there.any() else -right.mean()
