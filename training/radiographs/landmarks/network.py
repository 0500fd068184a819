"""A small high-resolution network with two decoders that help each other: one finds bone, the other landmarks.

The encoder keeps a quarter, an eighth, a sixteenth and a thirty-second of the resolution side by side and lets them exchange
what they know after each stage (Sun K et al. 2019, HRNet). Two decoders go up from there, and three feature-fusion modules give
each what it needs of the other (Yu et al., two-task network). All is written here: torchvision is not needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional


def convolution(inside: int, outside: int, stride: int = 1, side: int = 3) -> nn.Sequential:
    """Return convolution and normalisation."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, side, stride, padding=side // 2, bias=False),
        nn.BatchNorm2d(outside),
    )


def layer(inside: int, outside: int, stride: int = 1, side: int = 3) -> nn.Sequential:
    """Return convolution, normalisation and rectifier."""
    return nn.Sequential(*convolution(inside, outside, stride, side), nn.ReLU(inplace=True))


def larger(value: Tensor, factor: int) -> Tensor:
    """Return an image with so many times the rows and columns."""
    return functional.interpolate(value, scale_factor=float(factor), mode="bilinear", align_corners=False)


class Block(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.both = nn.Sequential(layer(width, width), convolution(width, width))

    def forward(self, value: Tensor) -> Tensor:
        """Return an image of the same shape."""
        return functional.relu(value + self.both(value))


class Exchange(nn.Module):
    """Adds to each resolution what the others know."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.ways = nn.ModuleList(
            nn.ModuleList(_way(widths, source, target) for source in range(len(widths))) for target in range(len(widths))
        )

    def forward(self, values: list[Tensor]) -> list[Tensor]:
        """Return an image for each resolution."""
        found = []
        for target, ways in enumerate(self.ways):
            total = values[target]
            for source, way in enumerate(ways):
                if source != target:
                    sent = way(values[source])
                    total = total + (larger(sent, 2 ** (source - target)) if source > target else sent)
            found.append(functional.relu(total))
        return found


def _way(widths: Sequence[int], source: int, target: int) -> nn.Module:
    """Return what takes one resolution's channels to another's, and down to its size; going up is left to `larger`."""
    if source == target:
        return nn.Identity()
    if source > target:
        return convolution(widths[source], widths[target], side=1)
    steps = [layer(widths[source], widths[source], stride=2) for _ in range(target - source - 1)]
    return nn.Sequential(*steps, convolution(widths[source], widths[target], stride=2))


class Encoder(nn.Module):
    """Images at several resolutions, the finest a quarter of the film's."""

    def __init__(self, channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.first = nn.Sequential(layer(channels, widths[0], stride=2), layer(widths[0], widths[0], stride=2))
        self.begin = nn.Sequential(Block(widths[0]), Block(widths[0]))
        self.open = nn.ModuleList(layer(above, width, stride=2) for above, width in pairwise(widths))
        self.stages = nn.ModuleList(
            nn.ModuleList(nn.Sequential(Block(width), Block(width)) for width in widths[:count])
            for count in range(2, len(widths) + 1)
        )
        self.exchanges = nn.ModuleList(Exchange(widths[:count]) for count in range(2, len(widths) + 1))

    def forward(self, film: Tensor) -> list[Tensor]:
        """Return the images, the finest first."""
        values = [self.begin(self.first(film))]
        for opening, stage, exchange in zip(self.open, self.stages, self.exchanges, strict=True):
            values.append(opening(values[-1]))
            values = exchange([blocks(value) for blocks, value in zip(stage, values, strict=True)])
        return values


class Fusion(nn.Module):
    """Gives each of two images what it needs of both."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.common = layer(2 * width, width, side=1)
        self.gates = nn.Conv2d(2 * width, 2 * width, 1)

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Return both images with what was added to them."""
        both = torch.cat([first, second], dim=1)
        common = self.common(both)
        mine, yours = torch.sigmoid(self.gates(both)).chunk(2, dim=1)
        return first + mine * common, second + yours * common


class FilmNet(nn.Module):
    """Heatmaps, offsets and thickness of bone from a film.

    Parameters
    ----------
    widths, decoder : sequence of int
        As in `Recipe`.
    landmarks : int
        Of a vertebra.
    """

    def __init__(self, widths: Sequence[int], decoder: Sequence[int], landmarks: int) -> None:
        super().__init__()
        self.encoder = Encoder(2, widths)
        lower = [widths[-1], *decoder[:-1]]
        sizes = list(zip(lower, widths[-2::-1], decoder, strict=True))
        self.bone, self.marks = (
            nn.ModuleList(layer(below + beside, width) for below, beside, width in sizes) for _ in range(2)
        )
        self.fusions = nn.ModuleList(Fusion(width) for width in decoder)
        self.thickness = nn.Sequential(layer(decoder[-1], 32), nn.Conv2d(32, 16, 1), nn.PixelShuffle(4))
        self.heat = nn.Sequential(layer(decoder[-1], 32), nn.Conv2d(32, 1 + landmarks, 1))
        self.offsets = nn.Sequential(layer(decoder[-1], 48), nn.Conv2d(48, 2 * landmarks, 1))
        # spots are rare: a network that says so from the start is not held up by learning it
        nn.init.constant_(self.heat[-1].bias, -4.0)

    def forward(self, film: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Look at films.

        Parameters
        ----------
        film : (n, 2, rows, columns) tensor
            Local contrast, and 0 everywhere on a frontal, 1 on a lateral film; rows and columns are multiples of 32.

        Returns
        -------
        (n, 1 + landmarks, rows / 4, columns / 4), (n, 2 landmarks, rows / 4, columns / 4) and (n, 1, rows, columns) tensors
            Scores (logits) of a vertebra's centre and of each landmark; where landmarks lie from the centre, cells (column
            and row of each); thickness of bone, in units of `BONE_MM`.
        """
        values = self.encoder(film)
        bone = marks = values[-1]
        for beside, first, second, fusion in zip(values[-2::-1], self.bone, self.marks, self.fusions, strict=True):
            bone, marks = (way(torch.cat([larger(each, 2), beside], dim=1)) for way, each in ((first, bone), (second, marks)))
            bone, marks = fusion(bone, marks)
        return self.heat(marks), self.offsets(marks), self.thickness(bone)
