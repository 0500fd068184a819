"""The exact answers: frames and points of interest of a phantom, from its continuous signed distances.

Nothing here looks at a voxel of a label map, and nothing is shared with the code that computes points from label maps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ...anatomy.subregions import SubregionId
from ...errors import ParameterError
from ...geometry import FloatArray, Frame
from ..spine import Spine
from .angles import angles
from .gaps import gap_points
from .levels import level_points
from .quadrature import part_moments


@dataclass(frozen=True)
class Truth:
    """What the phantom knows of itself.

    Attributes
    ----------
    frames : mapping of level id to Frame
        True axes; the origin is the centroid of the body (of the ring's dens axis for C1), RAS mm.
    points : mapping of (level id, point id) to (3,) array
        RAS mm. A point that does not exist (such as those of a body at C1) has no key.
    angles : mapping of str to float
        Degrees, as the person stands; see `spinetwin.phantom.ground_truth.angles`.
    """

    frames: Mapping[int, Frame]
    points: Mapping[tuple[int, int], FloatArray]
    angles: Mapping[str, float]


def truth(spine: Spine, rules: str = "paper") -> Truth:
    """Compute the true frames and points of a spine.

    Parameters
    ----------
    spine : Spine
        In any posture and place. Everything is computed in the vertebrae's own frames, so that turning the spine turns the
        answers exactly.
    rules : str
        Rule set; "paper" (Graf et al.) so far.

    Raises
    ------
    ParameterError
        If the rule set is unknown.
    """
    if rules != "paper":
        raise ParameterError(f"The phantom knows the true points of the rule set 'paper', not {rules!r}.")
    frames: dict[int, Frame] = {}
    points: dict[tuple[int, int], FloatArray] = {}
    for key, shape in spine.shapes.items():
        place = spine.frames[key]
        moments = part_moments(shape)
        body = moments.get(SubregionId.BODY_BORDER)
        origin = place.to_ras(body.centroid) if body else place.origin
        frames[key] = Frame(origin, place.axes, "phantom")
        local = {**level_points(shape), **gap_points(spine, key)}
        points.update({(key, poi): _fixed(place.to_ras(point)) for poi, point in sorted(local.items())})
    return Truth(MappingProxyType(frames), MappingProxyType(points), MappingProxyType(angles(spine)))


def _fixed(point: FloatArray) -> FloatArray:
    array = np.array(point, dtype=np.float64)
    array.setflags(write=False)
    return array
