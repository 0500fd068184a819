"""Two-phase segmentation with networks of one's own: subregions first, then vertebrae around each body.

Möller et al., "SPINEPS: automatic whole spine segmentation of T2-weighted MR images using a two-phase approach to multi-class
semantic and instance segmentation", European Radiology 2024 (doi:10.1007/s00330-024-11155-y). Only the two networks need torch
or ONNX Runtime; all else takes them as functions.
"""

from .pipeline import Networks, TwoPhase, segment

__all__ = ["Networks", "TwoPhase", "segment"]
