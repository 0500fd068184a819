"""The subcommands, one module each: `add` tells the parser about it, `run` does it in terms of the library."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .common import Steps

STEPS = (
    "segment",
    "rename",
    "poi",
    "xray",
    "shape-model",
    "measure",
    "simulate",
    "evaluate",
    "check",
    "convert",
    "demo",
    "phantom",
    "points",
    "install",
    "weights",
    "worker",
)
"""In the order of the help text; the module of each has its name."""

__all__ = ["STEPS", "add_step"]


def add_step(steps: Steps, name: str) -> None:
    """Tell the parser about one subcommand; its module is loaded only then."""
    import_module(f".{name.replace('-', '_')}", __package__).add(steps)
