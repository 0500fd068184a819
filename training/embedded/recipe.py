"""Everything that decides what the embedded network learns: change a number here, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field

from spinetwin.phantom import RandomSpec

LABELS = (0, 26, 41, 42, 43, 44, 45, 46, 47, 48, 49, 60, 61, 62, 100)
"""Subregion label of each output channel."""

MIRRORED = {43: 44, 44: 43, 45: 46, 46: 45, 47: 48, 48: 47}
"""Labels that change places when left and right do."""


@dataclass(frozen=True)
class Recipe:
    """How the network is made and trained.

    Attributes
    ----------
    seed : int
        Of the weights, of every pair and of every choice among them.
    pairs : RandomSpec
        What the procedural images vary in.
    patch : (3,) tuple of int
        Voxels that the network sees at once, cut from a pair; each a multiple of 16.
    widths : tuple of int
        Channels at half, quarter, ... resolution.
    steps, batch : int
        Number of updates of the weights, and patches in each.
    reuse : float
        How many patches are cut from a pair, on average.
    ring : int
        Pairs that patches are cut from at any time; the oldest leaves when a new one comes.
    rate, decay : float
        Highest learning rate and weight decay of AdamW.
    warm_up : float
        Share of the steps over which the learning rate rises; afterwards it falls along a cosine.
    memory : float
        How slowly the weights that are kept follow those that are trained: their average over 1 / (1 - memory) steps.
    held_out : int
        Pairs that are never trained on and are looked at on the way.
    """

    seed: int = 7
    pairs: RandomSpec = field(
        default_factory=lambda: RandomSpec(
            shape=(128, 128, 64),
            spacing=1.5,
            orientation="PIR",
            cobb=60.0,
            wander=(20.0, 70.0, 10.0),
            thickness=5.0,
            modalities=("t2w", "t2w", "t1w"),
            strange=0.3,
            lateral=0.8,
            noise=0.04,
        )
    )
    patch: tuple[int, int, int] = (96, 112, 48)
    widths: tuple[int, ...] = (32, 64, 80, 112)
    steps: int = 12000
    batch: int = 1
    reuse: float = 8.0
    ring: int = 96
    rate: float = 2e-3
    decay: float = 1e-4
    warm_up: float = 0.05
    memory: float = 0.998
    held_out: int = 6
