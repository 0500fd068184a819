"""Published normal values by level, for the grey bands of profiles; ``norms.csv`` names the source of each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..anatomy import level
from ..anatomy.tables import read_table


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
