"""The exact answers: frames and points of interest of a phantom, from its continuous signed distances.

Nothing here looks at a voxel of a label map, and nothing is shared with the code that computes points from label maps.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from ...anatomy.subregions import SubregionId
from ...errors import ParameterError
from ...geometry import FloatArray, Frame
from ..shape.vertebra import VertebraShape
from ..spine import Spine
from .angles import angles
from .arch_sizes import arch_sizes
from .endplates import endplates
from .gaps import gap_points
from .levels import level_points
from .quadrature import part_moments
from .record import GroundTruth
from .ribs import rib_truths
from .sizes import canal_sizes, landmarks, sizes
from .together import find
from .tptbox import attachments, extremes, tptbox_points
from .variants import variant_truths

_POINTS: Mapping[str, Callable[[VertebraShape], dict[int, FloatArray]]] = {"paper": level_points, "tptbox": tptbox_points}
"""What finds the points of one vertebra, by rule set."""


@dataclass(frozen=True)
class Truth:
    """What the phantom knows of itself.

    Attributes
    ----------
    frames : mapping of level id to Frame
        True axes; the origin is the centroid of the body (of the ring's dens axis for C1), RAS mm.
    points : mapping of (level id, point id) to (3,) array
        RAS mm. A point that does not exist (such as those of a body at C1) has no key.
    """

    frames: Mapping[int, Frame]
    points: Mapping[tuple[int, int], FloatArray]


def truth(spine: Spine, rules: str = "paper", levels: Collection[int] | None = None) -> Truth:
    """Compute the true frames and points of a spine.

    Parameters
    ----------
    spine : Spine
        In any posture and place. Everything is computed in the vertebrae's own frames, so that turning the spine turns the
        answers exactly.
    rules : str
        Rule set: "paper" (Graf et al.) or "tptbox" (what the reference implementation does, see `.tptbox`).
    levels : collection of int, optional
        Ids of the levels that are wanted; all of the spine if left out.

    Raises
    ------
    ParameterError
        If the rule set is unknown.
    """
    if rules not in _POINTS:
        raise ParameterError(
            f"The phantom knows no true points of a rule set {rules!r}.", f"Choose one of: {', '.join(_POINTS)}."
        )
    return _truths(spine, (rules,), levels)[rules]


def _truths(spine: Spine, rule_sets: Collection[str], levels: Collection[int] | None) -> dict[str, Truth]:
    """Return the truth by rule set; what lies between vertebrae is the same in all."""
    wanted = _wanted(spine, levels)
    frames = MappingProxyType({key: _frame(spine, key) for key in wanted})
    gaps = {key: gap_points(spine, key) for key in wanted}
    points: dict[str, dict[tuple[int, int], FloatArray]] = {rules: {} for rules in rule_sets}
    for rules, found in points.items():
        for key in wanted:
            local = {**_POINTS[rules](spine.shapes[key]), **gaps[key]}
            found.update({(key, poi): _fixed(spine.frames[key].to_ras(at)) for poi, at in sorted(local.items())})
    return {rules: Truth(frames, MappingProxyType(found)) for rules, found in points.items()}


def _wanted(spine: Spine, levels: Collection[int] | None) -> list[int]:
    return [key for key in spine.shapes if levels is None or key in levels]


def _search(shape: VertebraShape) -> None:
    """Search all that is known of one vertebra side by side."""
    find(shape, (extremes, attachments, endplates, landmarks, canal_sizes, arch_sizes))


def _frame(spine: Spine, key: int) -> Frame:
    place = spine.frames[key]
    body = part_moments(spine.shapes[key]).get(SubregionId.BODY_BORDER)
    return Frame(place.to_ras(body.centroid) if body else place.origin, place.axes, "phantom")


def ground_truth(
    spine: Spine, levels: Collection[int] | None = None, parameters: Mapping[str, Any] | None = None
) -> GroundTruth:
    """Compute everything that is known of a spine: points of both rule sets, angles, dimensions.

    Parameters
    ----------
    spine : Spine
        In any posture and place.
    levels : collection of int, optional
        Ids of the levels whose points and dimensions are wanted; the angles are always those of the whole spine.
    parameters : mapping, optional
        What the phantom was made with, to be kept with its truth.
    """
    for key in _wanted(spine, levels):
        _search(spine.shapes[key])
    found = _truths(spine, _POINTS, levels)
    frames = found["paper"].frames
    return GroundTruth(
        frames,
        MappingProxyType({rules: each.points for rules, each in found.items()}),
        angles(spine),
        MappingProxyType({key: sizes(spine, key) for key in frames}),
        variant_truths(spine),
        parameters or {},
        MappingProxyType({key: rib_truths(spine, key) for key in frames if key in spine.ribs}),
    )


def _fixed(point: FloatArray) -> FloatArray:
    array = np.array(point, dtype=np.float64)
    array.setflags(write=False)
    return array
