"""Procedural spines with exact ground truth.

>>> from spinetwin.phantom import SpineParameters, make_spine
>>> spine = make_spine(SpineParameters(levels="L2-L4"))
>>> maps = spine.voxelise(spine.grid(spacing=2.0))
"""

from .grids import Spacing
from .ground_truth.truth import Truth, truth
from .image.field_of_view import FIELDS_OF_VIEW, image_grid
from .image.parameters import ImageParameters
from .image.randomise import RandomSpec, training_pair
from .image.render import render_image
from .image.scene import muscle_map, tissue_map
from .person.dimensions import Dimensions, dimensions, sample_person
from .posture.parameters import Curve, SpineParameters
from .shape.vertebra import VertebraShape
from .spine import Spine, make_spine

__all__ = [
    "FIELDS_OF_VIEW",
    "Curve",
    "Dimensions",
    "ImageParameters",
    "RandomSpec",
    "Spacing",
    "Spine",
    "SpineParameters",
    "Truth",
    "VertebraShape",
    "dimensions",
    "image_grid",
    "make_spine",
    "muscle_map",
    "render_image",
    "sample_person",
    "tissue_map",
    "training_pair",
    "truth",
]
