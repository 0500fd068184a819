"""Procedural spines with exact ground truth.

>>> from spinetwin.phantom import SpineParameters, make_spine
>>> spine = make_spine(SpineParameters(levels="L2-L4"))
>>> maps = spine.voxelise(spine.grid(spacing=2.0))
"""

from .dimensions import Dimensions, dimensions, sample_person
from .grids import Spacing
from .posture import SpineParameters
from .spine import Spine, make_spine
from .truth import Truth, truth
from .vertebra import VertebraShape

__all__ = [
    "Dimensions",
    "Spacing",
    "Spine",
    "SpineParameters",
    "Truth",
    "VertebraShape",
    "dimensions",
    "make_spine",
    "sample_person",
    "truth",
]
