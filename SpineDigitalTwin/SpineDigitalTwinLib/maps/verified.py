"""Whether a person has confirmed the names of the levels: what a program has named is not verified until then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import slicer

LEVELS = "SpineDigitalTwin.levels"
REPORT = "SpineDigitalTwin.segmentation"
"""Attributes of a vertebra map, saved with the scene: who vouches for its names, and how it was made."""

_UNVERIFIED, _CONFIRMED = "unverified", "confirmed"


def mark(vertebrae: slicer.vtkMRMLLabelMapVolumeNode, report: Mapping[str, Any]) -> None:
    """Note that a program has made a map and named its levels."""
    vertebrae.SetAttribute(LEVELS, _UNVERIFIED)
    vertebrae.SetAttribute(REPORT, json.dumps(report))


def confirm(vertebrae: slicer.vtkMRMLLabelMapVolumeNode) -> None:
    """Note that a person has looked at the names of the levels, and that they are right."""
    vertebrae.SetAttribute(LEVELS, _CONFIRMED)


def isOpen(vertebrae: slicer.vtkMRMLLabelMapVolumeNode | None) -> bool:
    """Say whether a program has named the levels, and nobody has confirmed it."""
    return vertebrae is not None and vertebrae.GetAttribute(LEVELS) == _UNVERIFIED
