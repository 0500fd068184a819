"""Vertebrae from a subregion map alone, without a network.

>>> from spinetwin.phantom import SpineParameters, make_spine
>>> from spinetwin.segmentation.separation import separate_vertebrae
>>> spine = make_spine(SpineParameters(levels="L3-S1"))
>>> maps = spine.voxelise(spine.grid(spacing=2.0))
>>> separation = separate_vertebrae(maps.subregions, maps.grid)
>>> [str(each) for each in separation.levels]
['L3 1.00', 'L4 1.00', 'L5 1.00']
>>> separation.naming.anchors
('sacrum',)
"""

from .confidence import LevelConfidence
from .naming import Anchors, Naming, name_levels
from .separate import Separation, separate_vertebrae
from .sides import SideReport, exchange_sides, sides_put_right

__all__ = [
    "Anchors",
    "LevelConfidence",
    "Naming",
    "Separation",
    "SideReport",
    "exchange_sides",
    "name_levels",
    "separate_vertebrae",
    "sides_put_right",
]
