"""What the truth of a phantom is made of: plain data, which files hold and tests compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...geometry import FloatArray, Frame

RULE_SETS = ("paper", "tptbox")
"""Rule sets whose true points are known."""

Points = Mapping[tuple[int, int], FloatArray]


@dataclass(frozen=True)
class GroundTruth:
    """Everything that is known of a phantom.

    Attributes
    ----------
    frames : mapping of level id to Frame
        True axes of every level; the origin is the centroid of its body, RAS mm.
    points : mapping of rule set to mapping of (level id, point id) to (3,) array
        RAS mm; a point that does not exist has no key.
    parameters : mapping of str
        What the phantom was made with, as numbers, texts, lists and mappings: enough to make it again.
    """

    frames: Mapping[int, Frame]
    points: Mapping[str, Points]
    parameters: Mapping[str, Any] = field(default_factory=dict)
