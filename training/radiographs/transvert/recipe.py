"""Everything that decides what TransVert learns: change a number here, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace

from radiographs.data import RadiographSpec

FILMS = RadiographSpec(first="C6", top="T2", bottom="L4")
"""The whole thoracic and lumbar spine, piece by piece."""


@dataclass(frozen=True)
class Recipe:
    """How the network is made and trained in one stage.

    Attributes
    ----------
    name : str
        Of the stage.
    seed : int
        Of the weights and of every sample.
    films : RadiographSpec
        What the films vary in.
    first, last : str
        Levels that are learned.
    of_a_pair : int
        Most vertebrae that are taken of a pair of films.
    mixed : int
        Number of steps whose samples are mixed, so that few in a step are of one pair.
    body_mm, shift_mm : float
        Error (standard deviation along each axis) with which the middle of a body is known, and by how much a block is
        moved at most, mm.
    flat, fused, deep : tuple of int
        Channels of the network (`network.TransVert`).
    judge : tuple of int
        Channels of the discriminator.
    attention, centroid : bool
        What ablations leave out.
    steps, batch : int
        Number of updates of the weights, and samples in each.
    near, entropy, overlap, adversary : float
        Weights of the losses: mean difference from the truth (L1), cross-entropy, one minus Dice, and that of the adversary
        (LSGAN).
    rate, decay : float
        Highest learning rate and weight decay of AdamW.
    warm_up : float
        Share of the steps over which the learning rate rises; afterwards it falls along a cosine.
    memory : float
        How slowly the weights that are kept follow those that are trained: their average over 1 / (1 - memory) steps.
    held_out : int
        Pairs of films that are never trained on and are looked at on the way.
    """

    name: str
    seed: int
    steps: int
    rate: float
    entropy: float
    overlap: float
    adversary: float
    near: float = 10.0
    films: RadiographSpec = FILMS
    first: str = "T1"
    last: str = "L5"
    of_a_pair: int = 8
    mixed: int = 16
    body_mm: float = 1.0
    shift_mm: float = 3.0
    flat: tuple[int, ...] = (16, 32, 64, 96)
    fused: tuple[int, ...] = (16, 24, 32)
    deep: tuple[int, ...] = (32, 48, 64)
    judge: tuple[int, ...] = (8, 16, 32)
    attention: bool = True
    centroid: bool = True
    batch: int = 4
    decay: float = 1e-4
    warm_up: float = 0.05
    memory: float = 0.995
    held_out: int = 8


SHAPES = Recipe("shapes", seed=11, steps=6000, rate=2e-3, entropy=10.0, overlap=1.0, adversary=0.0)
"""Cross-entropy beside the difference: where a sigmoid is sure of itself, the difference alone has no slope. Dice, because
little of a block is bone."""

FINER = replace(SHAPES, name="finer", seed=13, rate=1.5e-3)
"""The same again, on other people: the shapes went on to get better until their last step."""

STAGES = (SHAPES, FINER, replace(FINER, name="adversary", seed=12, steps=800, rate=5e-4, entropy=0.0, adversary=0.1))
"""Each goes on from the weights of the one before; the last has the losses of the paper, and Dice, which fell without it."""

ABLATED = replace(SHAPES, name="ablated", seed=14, steps=800, adversary=0.1)
"""All losses at once, for so few steps that four networks can be trained: what each part brings, not how far they come."""

ABLATIONS: dict[str, dict[str, float | bool]] = {
    "whole": {},
    "no-adversary": {"adversary": 0.0},
    "no-attention": {"attention": False},
    "no-centroid": {"centroid": False},
}
"""What is otherwise, by name."""
