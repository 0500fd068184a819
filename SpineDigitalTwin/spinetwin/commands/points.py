"""`spinetwin points`: the points of interest there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..anatomy import POINTS

if TYPE_CHECKING:
    from .common import Steps


def add(steps: Steps) -> None:
    """Tell the parser about the step."""
    points = steps.add_parser("points", help="list the points of interest with their ids and families")
    points.set_defaults(run=lambda _: run())


def run() -> int:
    """Print every point."""
    for point in POINTS:
        print(f"{point.id:4d}  {point.name:50s} {point.family}")
    return 0
