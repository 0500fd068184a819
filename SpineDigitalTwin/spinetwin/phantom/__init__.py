"""Procedural spines with exact ground truth.

>>> from spinetwin.phantom import SpineParameters, make_spine
>>> spine = make_spine(SpineParameters(levels="L2-L4"))
>>> maps = spine.voxelise(spine.grid(spacing=2.0))
"""

from .grids import Spacing
from .ground_truth.truth import Truth, truth
from .person.dimensions import Dimensions, dimensions, sample_person
from .posture.fit import Fit, fit_posture
from .posture.lenke import LENKE_TYPES, lenke_curves
from .posture.parameters import Curve, SpineParameters
from .shape.variants import VARIANT_KINDS, Variant, VariantKind, parse_variant
from .shape.vertebra import VertebraShape
from .spine import Spine, make_spine

__all__ = [
    "LENKE_TYPES",
    "VARIANT_KINDS",
    "Curve",
    "Dimensions",
    "Fit",
    "Spacing",
    "Spine",
    "SpineParameters",
    "Truth",
    "Variant",
    "VariantKind",
    "VertebraShape",
    "dimensions",
    "fit_posture",
    "lenke_curves",
    "make_spine",
    "parse_variant",
    "sample_person",
    "truth",
]
