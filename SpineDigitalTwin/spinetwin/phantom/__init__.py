"""Procedural spines with exact ground truth.

>>> from spinetwin.phantom import SpineParameters, make_spine
>>> spine = make_spine(SpineParameters(levels="L2-L4"))
>>> maps = spine.voxelise(spine.grid(spacing=2.0))
"""

from .grids import Spacing
from .ground_truth.record import Angles, CurveAngle, GroundTruth, RibTruth, Sizes, VariantTruth
from .ground_truth.truth import Truth, ground_truth, truth
from .image.field_of_view import FIELDS_OF_VIEW, image_grid, levels_of_view
from .image.parameters import ImageParameters
from .image.randomise import RandomSpec, training_pair
from .image.render import render_image
from .image.scene import muscle_map, tissue_map
from .image.soft_tissue import MUSCLES
from .person.dimensions import Dimensions, dimensions
from .person.factors import FACTORS, factor_person
from .person.sampling import sample_person
from .posture.fit import Fit, fit_posture
from .posture.grades import DiscGrade, parse_grade
from .posture.lenke import LENKE_TYPES, lenke_curves
from .posture.parameters import Curve, SpineParameters
from .shape.variants import VARIANT_KINDS, Variant, VariantKind, parse_variant
from .shape.vertebra import VertebraShape
from .spine import Spine, make_spine

__all__ = [
    "FACTORS",
    "FIELDS_OF_VIEW",
    "LENKE_TYPES",
    "MUSCLES",
    "VARIANT_KINDS",
    "Angles",
    "Curve",
    "CurveAngle",
    "Dimensions",
    "DiscGrade",
    "Fit",
    "GroundTruth",
    "ImageParameters",
    "RandomSpec",
    "RibTruth",
    "Sizes",
    "Spacing",
    "Spine",
    "SpineParameters",
    "Truth",
    "Variant",
    "VariantKind",
    "VariantTruth",
    "VertebraShape",
    "dimensions",
    "factor_person",
    "fit_posture",
    "ground_truth",
    "image_grid",
    "lenke_curves",
    "levels_of_view",
    "make_spine",
    "muscle_map",
    "parse_grade",
    "parse_variant",
    "render_image",
    "sample_person",
    "tissue_map",
    "training_pair",
    "truth",
]
