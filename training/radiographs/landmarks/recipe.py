"""Everything that decides what the network learns: change a number here, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field

from radiographs.data import RadiographSpec

BONE_MM = 50.0
"""Thickness of bone that the decomposition calls 1."""


@dataclass(frozen=True)
class Recipe:
    """How the network is made and trained.

    One network sees both views, told apart by a constant channel: bone looks alike on both, each step teaches the same
    weights, and one file of half the size is shipped. Two networks would have cost twice the steps.

    Attributes
    ----------
    seed : int
        Of the weights, of every pair of films and of every choice among them.
    films : RadiographSpec
        What the films vary in.
    widths : tuple of int
        Channels at a quarter, an eighth, ... of the resolution.
    decoder : tuple of int
        Channels of each of the two decoders, at a sixteenth, an eighth and a quarter.
    spread : float
        Standard deviation of the spots of the heatmaps, cells.
    batch : int
        Films in a step.
    reuse : float
        How often a film is seen, on average.
    ring : int
        Pairs of films that batches are drawn from at any time; the oldest leaves when a new one comes.
    rate, decay : float
        Highest learning rate and weight decay of AdamW.
    warm_up, steady : int
        Steps over which the rate rises; steps after which it falls as one over their root, so that training may end anywhere.
    memory : float
        How slowly the weights that are kept follow those that are trained: their average over 1 / (1 - memory) steps.
    weights : mapping of str to float
        Of the parts of the loss: 1 - NCC and L2 of the decomposition, focal loss of the heatmaps, L1 of the offsets (cells).
    held_out : int
        Pairs that are never trained on and are looked at on the way.
    """

    seed: int = 11
    films: RadiographSpec = field(default_factory=RadiographSpec)
    widths: tuple[int, ...] = (32, 48, 64, 64)
    decoder: tuple[int, ...] = (48, 32, 32)
    spread: float = 1.2
    batch: int = 8
    reuse: float = 4.0
    ring: int = 160
    rate: float = 2e-3
    decay: float = 1e-4
    warm_up: int = 200
    steady: int = 1500
    memory: float = 0.998
    weights: dict[str, float] = field(default_factory=lambda: {"ncc": 0.5, "l2": 5.0, "focal": 1.0, "offsets": 0.1})
    held_out: int = 16


RECIPE = Recipe()
