"""Grids, label maps, frames, curves and sub-voxel surfaces. Knows no other room of the house."""

from .frame import Frame, nearest_frame
from .grid import FloatArray, Grid, IntArray, bounds
from .labelmaps import LabelMaps, PartialMaps, label_boxes, label_counts, labels_in

__all__ = [
    "FloatArray",
    "Frame",
    "Grid",
    "IntArray",
    "LabelMaps",
    "PartialMaps",
    "bounds",
    "label_boxes",
    "label_counts",
    "labels_in",
    "nearest_frame",
]
