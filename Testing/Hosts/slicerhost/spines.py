"""Spines that tests of both tiers put into the scene."""

from __future__ import annotations

import functools
import types

from spinetwin.phantom import Curve, SpineParameters, make_spine
from spinetwin.poi import compute_pois


@functools.cache
def bent():
    """Return a short, bent spine with its label maps, and its points: `spine`, `maps`, `pois`."""
    spine = make_spine(SpineParameters(levels="T11-L4", curves=(Curve(25.0, apex="L1"),)))
    maps = spine.voxelise(spine.grid(1.5))
    return types.SimpleNamespace(spine=spine, maps=maps, pois=compute_pois(maps))


def segmented(slicer, name, labels):
    """Add a segmentation with one segment for each label of a label map volume, as Slicer's own import makes it."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(labels)
    slicer.modules.segmentations.logic().ImportLabelmapToSegmentationNode(labels, node)
    return node
