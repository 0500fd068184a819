"""`spinetwin check`: what two label maps hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..anatomy import level
from .common import path_of, read_maps

if TYPE_CHECKING:
    from .common import Steps


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    check = steps.add_parser("check", help="tell what two label maps hold and what looks wrong")
    check.add_argument("subregions", type=path_of, help="subregion map")
    check.add_argument("vertebrae", type=path_of, help="vertebra map")
    check.set_defaults(run=lambda arguments: run(arguments.subregions, arguments.vertebrae))


def run(subregions: Path, vertebrae: Path) -> int:
    """Print what two label maps hold; 1 when they cannot be used."""
    from ..poi.check import check_maps

    found = check_maps(read_maps(subregions, vertebrae))
    for content in found.levels:
        parts = "complete" if content.complete else "incomplete"
        border = ", reaches the border of the image" if content.touches_border else ""
        print(f"{level(content.level).name:4s} {content.volume / 1000:6.1f} cm³  {parts}{border}")
    for finding in found.findings:
        print(f"{finding.severity.capitalize()}: {finding.text}")
    print("The maps can be used." if found.usable else "The maps cannot be used as they are.")
    return 0 if found.usable else 1
