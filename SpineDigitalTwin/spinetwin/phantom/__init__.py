"""Procedural spines with exact ground truth.

>>> from spinetwin.phantom import SpineParameters, make_spine
>>> spine = make_spine(SpineParameters(levels="L2-L4"))
>>> maps = spine.voxelise(spine.grid(spacing=2.0))
"""

from .grids import Spacing
from .ground_truth.truth import Truth, truth
from .person.dimensions import Dimensions, dimensions
from .person.sampling import sample_person
from .posture.lenke import LENKE_TYPES, lenke_curves
from .posture.parameters import Curve, SpineParameters
from .shape.vertebra import VertebraShape
from .spine import Spine, make_spine

__all__ = [
    "LENKE_TYPES",
    "Curve",
    "Dimensions",
    "Spacing",
    "Spine",
    "SpineParameters",
    "Truth",
    "VertebraShape",
    "dimensions",
    "lenke_curves",
    "make_spine",
    "sample_person",
    "truth",
]
