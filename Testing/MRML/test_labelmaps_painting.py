"""Corrections painted on segments, as Segment Editor paints: taken into the label maps and back, and refused where wrong."""

import numpy as np
import pytest
import vtk
from spinetwin.errors import MapError, ParameterError

L1, L2 = 20, 21
BODY, SPINOUS = 49, 42


def paint(host, editor, name, voxels, *, overwrite=True):
    """Add voxels to a segment, or make them its only ones where it is new, with the call that Segment Editor uses."""
    node, grid = editor.segmentation, editor.maps().grid
    segment = node.GetSegmentation().GetSegmentIdBySegmentName(name) or node.GetSegmentation().AddEmptySegment("", name)
    image = host.vtkOrientedImageData()
    image.SetDimensions(*grid.shape)
    image.SetImageToWorldMatrix(host.util.vtkMatrixFromArray(grid.ijk_to_ras))
    image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
    from vtkmodules.util.numpy_support import vtk_to_numpy

    vtk_to_numpy(image.GetPointData().GetScalars())[:] = voxels.reshape(-1, order="F")
    logic = host.vtkSlicerSegmentationsModuleLogic
    others = [each for each in node.GetSegmentation().GetSegmentIDs() if each != segment] if overwrite else []
    # Segment Editor adds to a segment in this mode
    assert logic.SetBinaryLabelmapToSegment(image, node, segment, logic.MODE_MERGE_MASK, image.GetExtent(), False, others)


def block_around(maps, subregion, vertebra, size=2):
    """Return a small block of voxels at the middle of a part."""
    i, j, k = (
        int(each) for each in np.median(np.argwhere((maps.subregions == subregion) & (maps.vertebrae == vertebra)), axis=0)
    )
    voxels = np.zeros(maps.grid.shape, bool)
    voxels[i - size : i + size, j - size : j + size, k - size : k + size] = True
    return voxels


def arrays(host, editor):
    return [host.util.arrayFromVolume(node).T.copy() for node in (editor.subregions, editor.vertebrae)]


def test_what_was_painted_comes_into_both_maps_and_back(host, editor, points):
    from SpineDigitalTwinLib.maps import painting

    before, maps = arrays(host, editor), editor.maps()
    voxels = block_around(maps, BODY, L1)
    paint(host, editor, "L1 spinous process", voxels)
    painting.mark(editor.segmentation, True)
    assert editor.takeOver() == ()
    subregions, vertebrae = arrays(host, editor)
    assert (subregions[voxels] == SPINOUS).all()
    assert (vertebrae[voxels] == L1).all()
    assert np.array_equal(subregions[~voxels], before[0][~voxels]), "all else stays"
    assert np.array_equal(vertebrae, before[1])
    assert not painting.isCorrected(editor.segmentation)
    assert editor.undoName == "corrections of L1"
    assert points.outdated() == ["L1"]
    editor.undo()
    assert all(np.array_equal(*pair) for pair in zip(arrays(host, editor), before, strict=True))
    assert np.array_equal(painting.mapsOf(editor.segmentation, maps).maps.subregions, before[0]), (
        "the segments are as before, too"
    )
    assert points.outdated() == []
    editor.redo()
    assert np.array_equal(arrays(host, editor)[0], subregions)
    assert points.outdated() == ["L1"]


def test_a_part_may_grow_beyond_all_others(host, editor):
    shape = editor.maps().grid.shape
    voxels = np.zeros(shape, bool)
    voxels[:2, :2, :2] = True
    paint(host, editor, "L2 vertebral body", voxels)
    editor.takeOver()
    subregions, vertebrae = arrays(host, editor)
    assert (subregions[voxels] == BODY).all()
    assert (vertebrae[voxels] == L2).all()


def test_of_two_segments_that_overlap_the_painted_one_counts(host, editor):
    from SpineDigitalTwinLib.maps import layers

    voxels = block_around(editor.maps(), BODY, L1)
    paint(host, editor, "L2 vertebral body", voxels, overwrite=False)
    assert len(layers.of(editor.segmentation)) == 2, "Slicer keeps both"
    editor.takeOver()
    subregions, vertebrae = arrays(host, editor)
    assert (vertebrae[voxels] == L2).all()
    assert (subregions[voxels] == BODY).all()
    assert editor.undoName == "corrections of L1, L2"


def test_the_voxels_of_a_removed_segment_are_background(host, editor):
    node, maps = editor.segmentation, editor.maps()
    assert ((maps.vertebrae == 22) & (maps.subregions == SPINOUS)).any()
    segment = node.GetSegmentation().GetSegmentIdBySegmentName("L3 spinous process")
    node.GetSegmentation().RemoveSegment(segment)
    editor.takeOver()
    gone = (maps.vertebrae == 22) & (maps.subregions == SPINOUS)
    assert not gone.any(), "the maps are views of the nodes"
    editor.undo()
    assert ((editor.maps().vertebrae == 22) & (editor.maps().subregions == SPINOUS)).any()


def test_a_segment_of_somebody_else_is_named_and_stays(host, editor):
    voxels = np.zeros(editor.maps().grid.shape, bool)
    voxels[:3, :3, :3] = True
    paint(host, editor, "Screw", voxels, overwrite=False)
    before = arrays(host, editor)
    assert editor.takeOver() == ("Screw",)
    assert all(np.array_equal(*pair) for pair in zip(arrays(host, editor), before, strict=True))
    assert editor.undoName == "", "nothing has changed"
    editor.merge(L1)
    found = editor.segmentation.GetSegmentation()
    screw = found.GetSegmentIdBySegmentName("Screw")
    image = host.vtkOrientedImageData()
    assert editor.segmentation.GetBinaryLabelmapRepresentation(screw, image)
    from SpineDigitalTwinLib.maps import sharedmap

    assert np.count_nonzero(sharedmap.voxelsOf(image)) == 27


def test_what_would_be_lost_is_refused(host, editor):
    from SpineDigitalTwinLib.maps import painting

    paint(host, editor, "L1 spinous process", block_around(editor.maps(), BODY, L1))
    painting.mark(editor.segmentation, True)
    before = arrays(host, editor)
    with pytest.raises(ParameterError, match="would be lost") as caught:
        editor.merge(L1)
    assert "Take them over first" in caught.value.hint
    assert all(np.array_equal(*pair) for pair in zip(arrays(host, editor), before, strict=True))
    editor.shift(1)
    assert painting.isCorrected(editor.segmentation), "other names lose nothing"
    editor.takeOver()
    assert editor.undoName == "corrections of L2"
    editor.merge(L2)


def test_segments_on_other_voxels_are_refused(host, editor):
    from SpineDigitalTwinLib.maps import layers

    (layer,) = layers.of(editor.segmentation)
    layer.image.SetSpacing(3.0, 2.0, 2.0)
    with pytest.raises(MapError, match="do not lie on the voxels of the label maps"):
        editor.takeOver()
    assert editor.undoName == ""


def test_computing_again_ends_the_doubt_and_undo_begins_another(host, editor, points):
    paint(host, editor, "L1 spinous process", block_around(editor.maps(), BODY, L1))
    editor.takeOver()
    paint(host, editor, "L1 spinous process", block_around(editor.maps(), BODY, L1, 3))
    editor.takeOver()
    assert points.outdated() == ["L1"]
    editor.undo()
    assert points.outdated() == ["L1"], "one of the two corrections is still there"
    points.show(points.readAll())
    assert points.outdated() == []
    editor.undo()
    assert points.outdated() == ["L1"], "the points are those of the corrected maps"
    editor.redo()
    assert points.outdated() == []
