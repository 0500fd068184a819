"""Published normal values by level, for grey bands and for doubts; ``norms.csv`` names the source of each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ..anatomy import level
from ..anatomy.tables import read_table
from .results import Measurements


@dataclass(frozen=True)
class Norm:
    """Mean and standard deviation of adults at one level, and where they come from."""

    mean: float
    sd: float
    source: str


def _read() -> dict[str, Mapping[int, Norm]]:
    norms: dict[str, dict[int, Norm]] = {}
    for row in read_table("norms.csv", __package__):
        norm = Norm(float(row["mean"]), float(row["sd"]), row["source"])
        norms.setdefault(row["quantity"], {})[level(row["level"]).id] = norm
    return {name: MappingProxyType(each) for name, each in norms.items()}


_NORMS = _read()


def norms_of(quantity: str) -> Mapping[int, Norm]:
    """Return the normal values of a quantity by level id; empty where none are known."""
    return _NORMS.get(quantity, MappingProxyType({}))


_CHECKED = {"body_height_back": "high", "endplate_depth_superior": "deep"}
_USUAL = (0.7, 1.4)
"""Sizes of a person over the mean of adults: beyond, the image's header is likelier to be wrong than the person so built."""

_FEWEST = 3


def doubtful_sizes(found: Measurements) -> tuple[str, ...]:
    """Say, as sentences, where bodies are throughout much smaller or larger than those of adults.

    Many files carry a wrong slice distance; then every length along one axis is wrong by the same factor.
    """
    doubts = []
    for name, word in _CHECKED.items():
        norms = norms_of(name)
        seen = [(each.value, norms.get(each.level or 0)) for each in found.of(name)]
        ratios = [value / norm.mean for value, norm in seen if value is not None and norm is not None]
        middle = float(np.median(ratios)) if len(ratios) >= _FEWEST else 1.0
        if not _USUAL[0] < middle < _USUAL[1]:
            doubts.append(
                f"bodies are {middle:.2f} times as {word} as those of adults at the same levels ({len(ratios)} levels): "
                "the spacing in the header may be wrong, or the person is a child"
            )
    return tuple(doubts)
