"""Procedural spines with exact ground truth.

>>> from spinetwin.phantom import SpineParameters, make_spine
>>> spine = make_spine(SpineParameters(levels="L2-L4"))
>>> maps = spine.voxelise(spine.grid(spacing=2.0))
"""

from .grids import Spacing
from .ground_truth.record import Angles, CurveAngle, GroundTruth, Sizes
from .ground_truth.truth import Truth, ground_truth, truth
from .image.field_of_view import FIELDS_OF_VIEW, image_grid
from .image.parameters import ImageParameters
from .image.randomise import RandomSpec, training_pair
from .image.render import render_image
from .person.dimensions import Dimensions, dimensions
from .person.sampling import sample_person
from .posture.lenke import LENKE_TYPES, lenke_curves
from .posture.parameters import Curve, SpineParameters
from .shape.vertebra import VertebraShape
from .spine import Spine, make_spine

__all__ = [
    "FIELDS_OF_VIEW",
    "LENKE_TYPES",
    "Angles",
    "Curve",
    "CurveAngle",
    "Dimensions",
    "GroundTruth",
    "ImageParameters",
    "RandomSpec",
    "Sizes",
    "Spacing",
    "Spine",
    "SpineParameters",
    "Truth",
    "VertebraShape",
    "dimensions",
    "ground_truth",
    "image_grid",
    "lenke_curves",
    "make_spine",
    "render_image",
    "sample_person",
    "training_pair",
    "truth",
]
