"""TransVert: from two orthogonal patches of radiographs to the vertebra between them, as a volume.

Each view has an encoder of its own, which sees the film and a disc at the middle of the vertebra, and relates distant places by
self-attention. A map of features is then drawn out along the axis it was projected on, by weights of its own for each
depth (that is what is anisotropic about it), and joined with that of the other view; from coarse to fine, at four resolutions.
Normalisation, rectifier and the steps between resolutions are those of the network in `training/embedded`.

References
----------
Bayat A, Sekuboyina A, Paetzold JC, et al. (2020) Inferring the 3D standing spine posture from 2D radiographs. MICCAI, 775-784.
Mao X, Li Q, Xie H, et al. (2017) Least squares generative adversarial networks. ICCV, 2794-2802.
Zhang H, Goodfellow I, Metaxas D, Odena A (2019) Self-attention generative adversarial networks. ICML, 7354-7363.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from spinetwin.xray.networks.blocks import SHOWN, SIDE
from torch import nn

HEADS = 4


def flat_layer(inside: int, outside: int, stride: int = 1) -> nn.Sequential:
    """Return convolution, normalisation and rectifier of maps."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, padding=1, bias=False),
        nn.InstanceNorm2d(outside, affine=True),
        nn.LeakyReLU(0.01, inplace=True),
    )


def deep_layer(inside: int, outside: int, side: int = 3) -> nn.Sequential:
    """Return convolution, normalisation and rectifier of volumes."""
    return nn.Sequential(
        nn.Conv3d(inside, outside, side, padding=side // 2, bias=False),
        nn.InstanceNorm3d(outside, affine=True),
        nn.LeakyReLU(0.01, inplace=True),
    )


class Attention(nn.Module):
    """Lets every place of a map look at every other one, and adds what it saw.

    Parameters
    ----------
    width : int
        Channels.
    side : int
        Rows and columns; each place has a learned address.
    """

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.address = nn.Parameter(0.02 * torch.randn(1, side * side, width))
        self.before = nn.LayerNorm(width)
        self.asked = nn.Linear(width, 3 * width)
        self.told = nn.Linear(width, width)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        """Return maps (n, width, side, side) of the same shape."""
        count, width, rows, columns = value.shape
        tokens = value.flatten(2).transpose(1, 2)
        asked = self.asked(self.before(tokens + self.address))
        query, key, content = asked.reshape(count, rows * columns, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        seen = nn.functional.scaled_dot_product_attention(query, key, content)
        told = self.told(seen.transpose(1, 2).reshape(count, rows * columns, width))
        return value + told.transpose(1, 2).reshape(count, width, rows, columns)


class Encoder(nn.Module):
    """Features of one view at four resolutions, from fine to coarse.

    Parameters
    ----------
    widths : sequence of int
        Channels at the resolution of the patch, half of it, and so on.
    attention : bool
        Whether the two coarsest maps have self-attention.
    """

    def __init__(self, widths: Sequence[int], attention: bool) -> None:
        super().__init__()
        self.first = nn.Sequential(flat_layer(SHOWN, widths[0]), flat_layer(widths[0], widths[0]))
        self.down = nn.ModuleList()
        for step, (above, width) in enumerate(pairwise(widths), start=1):
            looks = [Attention(width, SIDE >> step)] if attention and step >= len(widths) - 2 else []
            self.down.append(nn.Sequential(flat_layer(above, width, stride=2), flat_layer(width, width), *looks))

    def forward(self, seen: torch.Tensor) -> list[torch.Tensor]:
        """Return maps (n, width, side, side) of what is shown of a film (n, `SHOWN`, 64, 64)."""
        kept = [self.first(seen)]
        for step in self.down:
            kept.append(step(kept[-1]))
        return kept


class Fused(nn.Module):
    """Draws a map of each view out along its own axis, and lays both side by side.

    Parameters
    ----------
    inside, outside : int
        Channels of a map, and of the volume that becomes of it.
    side : int
        Places along each axis.
    """

    def __init__(self, inside: int, outside: int, side: int) -> None:
        super().__init__()
        self.outside, self.side = outside, side
        self.frontal, self.lateral = nn.Conv2d(inside, outside * side, 1), nn.Conv2d(inside, outside * side, 1)

    def forward(self, frontal: torch.Tensor, lateral: torch.Tensor) -> torch.Tensor:
        """Return volumes (n, 2 outside, i, j, k) of maps (n, inside, i, k) and (n, inside, j, k)."""
        shape = len(frontal), self.outside, self.side, self.side, self.side
        behind = self.frontal(frontal).reshape(shape).transpose(2, 3)
        beside = self.lateral(lateral).reshape(shape)
        return torch.cat([behind, beside], dim=1)


class TransVert(nn.Module):
    """The volume of a vertebra.

    Volumes begin at half resolution, where the finest maps count with the four pixels of each place as channels, and the last
    layer gives the eight voxels of each place their own odds: convolutions at full resolution would cost more than all others.

    Parameters
    ----------
    flat : sequence of int
        Channels of maps at full, half, ... resolution.
    fused, deep : sequence of int
        Channels of what becomes of each map, and of volumes, at half, a quarter, ... resolution.
    attention, centroid : bool
        Whether there is self-attention, and whether the disc at the middle is shown.
    """

    def __init__(
        self, flat: Sequence[int], fused: Sequence[int], deep: Sequence[int], attention: bool = True, centroid: bool = True
    ) -> None:
        super().__init__()
        self.centroid = centroid
        self.frontal, self.lateral = Encoder(flat, attention), Encoder(flat, attention)
        widths, sides = (4 * flat[0] + flat[1], *flat[2:]), [SIDE >> step for step in range(1, len(flat))]
        self.fuse = nn.ModuleList(Fused(*each) for each in zip(widths, fused, sides, strict=True))
        self.up = nn.ModuleList(nn.ConvTranspose3d(below, width, 2, 2) for width, below in pairwise(deep))
        self.join = nn.ModuleList(
            nn.Sequential(
                deep_layer(2 * of_maps + from_below, width, side=1), deep_layer(width, width), deep_layer(width, width)
            )
            for of_maps, width, from_below in zip(fused, deep, (*deep[:-1], 0), strict=True)
        )
        self.last = nn.ConvTranspose3d(deep[0], 1, 2, 2)

    def forward(self, frontal: torch.Tensor, lateral: torch.Tensor) -> torch.Tensor:
        """Return the logarithm of the odds that a voxel is bone, (n, 1, i, j, k).

        Parameters
        ----------
        frontal, lateral : (n, `SHOWN`, 64, 64) tensors
            What is shown of each film, the disc last, the frontal ones along right and superior, the lateral ones along
            anterior and superior.
        """
        maps = list(zip(self._maps(self.frontal, frontal), self._maps(self.lateral, lateral), strict=True))
        value = self.join[-1](self.fuse[-1](*maps[-1]))
        for step in reversed(range(len(self.up))):
            value = self.join[step](torch.cat([self.fuse[step](*maps[step]), self.up[step](value)], dim=1))
        return self.last(value)

    def _maps(self, encoder: nn.Module, seen: torch.Tensor) -> list[torch.Tensor]:
        """Return the maps of a view from half resolution on."""
        shown = seen if self.centroid else torch.cat([seen[:, :-1], torch.zeros_like(seen[:, -1:])], dim=1)
        fine, half, *others = encoder(shown)
        return [torch.cat([nn.functional.pixel_unshuffle(fine, 2), half], dim=1), *others]


class Discriminator(nn.Module):
    """Tells volumes of real vertebrae from those of the network, place by place.

    Parameters
    ----------
    widths : sequence of int
        Channels at half resolution, a quarter, and so on.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for above, width in pairwise((1, *widths)):
            layers += [nn.Conv3d(above, width, 4, 2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
        self.layers = nn.Sequential(*layers, nn.Conv3d(widths[-1], 1, 3, padding=1))

    def forward(self, volume: torch.Tensor) -> torch.Tensor:
        """Return how real places of volumes (n, 1, i, j, k) look: one if real, zero if not."""
        return self.layers(volume)
