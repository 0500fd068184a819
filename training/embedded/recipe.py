"""Everything that decides what the embedded network learns: change a number here, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spinetwin.phantom import RandomSpec, Spacing

LABELS = (0, 26, 41, 42, 43, 44, 45, 46, 47, 48, 49, 60, 61, 62, 100)
"""Subregion label of each output channel."""

MIRRORED = {43: 44, 44: 43, 45: 46, 46: 45, 47: 48, 48: 47}
"""Labels that change places when left and right do."""


COARSE_PAIRS = RandomSpec(
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
"""The same voxels along all axes: what is where."""

FINE_PAIRS = replace(
    COARSE_PAIRS,
    shape=(112, 176, 64),
    spacing=Spacing(right=1.25, anterior=1.5, superior=1.0),
    wander=(14.0, 50.0, 10.0),
    thickness=5.1,
    worn=0.4,
    rudiments=0.6,
)
"""Thin along the spine, where discs and endplates are; slices as thick as those of a clinical scan."""


@dataclass(frozen=True)
class Recipe:
    """How the network is made and trained in one stage.

    Attributes
    ----------
    name : str
        Of the stage.
    seed : int
        Of the weights, of every pair and of every choice among them.
    pairs : tuple of RandomSpec
        What the procedural images vary in; taken in turn.
    thinned : int
        Slices of a pair, along its last axis, that become one of the network's.
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
    narrow : float
        Share of patches that are an image of fewer slices than the network sees: their borders go on.
    rate, decay : float
        Highest learning rate and weight decay of AdamW.
    warm_up : float
        Share of the steps over which the learning rate rises; afterwards it falls along a cosine.
    memory : float
        How slowly the weights that are kept follow those that are trained: their average over 1 / (1 - memory) steps.
    held_out : int
        Pairs that are never trained on and are looked at on the way.
    """

    name: str
    seed: int
    pairs: tuple[RandomSpec, ...]
    patch: tuple[int, int, int]
    steps: int
    rate: float
    thinned: int = 1
    widths: tuple[int, ...] = (32, 64, 80, 112)
    batch: int = 1
    reuse: float = 8.0
    ring: int = 96
    narrow: float = 0.0
    decay: float = 1e-4
    warm_up: float = 0.05
    memory: float = 0.998
    held_out: int = 6

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Size of the network's voxels along posterior, inferior and right, mm."""
        voxel = self.pairs[0].voxel
        return voxel.anterior, voxel.superior, voxel.right * self.thinned


STAGES = (
    Recipe("coarse", seed=7, pairs=(COARSE_PAIRS,), patch=(96, 112, 48), steps=12000, rate=2e-3),
    Recipe(
        "fine",
        seed=8,
        pairs=(
            FINE_PAIRS,
            replace(FINE_PAIRS, first="L3", wander=(14.0, 50.0, 40.0)),
            FINE_PAIRS,
            replace(FINE_PAIRS, last="T3", wander=(14.0, 40.0, 20.0)),
        ),
        thinned=2,
        patch=(96, 144, 32),
        steps=12000,
        reuse=10.0,
        narrow=0.5,
        rate=1.5e-3,
    ),
)
"""Each goes on from the weights of the one before."""
