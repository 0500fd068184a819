"""Corrections of levels in the scene: maps, segments, colours and points change together, and come back together."""

import numpy as np
import pytest
from spinetwin.errors import ParameterError
from spinetwin.segmentation.chain import Chain


def segment_names(editor):
    segmentation = editor.segmentation.GetSegmentation()
    return {segmentation.GetNthSegment(n).GetName() for n in range(segmentation.GetNumberOfSegments())}


def state(host, editor):
    """Return everything that a correction may change."""
    from SpineDigitalTwinLib.maps import segments

    arrays = [host.util.arrayFromVolume(node).tobytes() for node in (editor.subregions, editor.vertebrae)]
    colours = editor.vertebrae.GetDisplayNode().GetColorNode()
    names = [colours.GetColorName(label) for label in editor.levels()]
    parts = sorted(segments.parts(editor.segmentation).values())
    return arrays, names, parts, segment_names(editor)


def test_a_shift_moves_maps_segments_and_points(host, editor, points):
    from SpineDigitalTwinLib.maps import surfaces

    list(surfaces.make(editor.segmentation))
    body = editor.segmentation.GetSegmentation().GetSegmentIdBySegmentName("L3 vertebral body")
    surface = editor.segmentation.GetSegmentation().GetSegment(body).GetRepresentation("Closed surface")
    nodes = points.nodes()
    editor.shift(1)
    assert editor.levels() == [20, 21, 22, 23, 24]
    segment = editor.segmentation.GetSegmentation().GetSegment(body)
    assert segment.GetName() == "L4 vertebral body"
    assert "L4 vertebra" in segment.GetTerminology()
    assert segment.GetRepresentation("Closed surface") is surface, "a new name needs no new surface"
    assert editor.vertebrae.GetDisplayNode().GetColorNode().GetColorName(24) == "L5"
    assert {level: node.GetName() for level, node in points.nodes().items()} == {21: "L2", 22: "L3"}
    assert points.nodes()[21] is nodes[20]
    assert [poi.position for poi in points.readAll()] == [(1.0, 2.0, 20.0), (1.0, 2.0, 21.0)]


def test_renaming_one_renumbers_the_chain(editor):
    editor.rename(19, 18)
    assert editor.levels() == [18, 19, 20, 21, 22]
    assert editor.undoName == "rename T12 to T11"


def test_a_thirteenth_thoracic_vertebra(editor):
    editor.recount(Chain(13), fromSacrum=False)
    assert editor.levels() == [19, 28, 20, 21, 22]
    assert {"T12/T13 disc", "T13 spinous process", "T13/L1 disc"} <= segment_names(editor)
    assert editor.chain == Chain(13)
    editor.undo()
    assert (editor.chain, editor.levels()) == (Chain(), [19, 20, 21, 22, 23])
    editor.redo()
    assert editor.chain == Chain(13)


def test_merge_and_undo_and_redo(host, editor, points):
    before = state(host, editor)
    editor.merge(20)
    assert editor.levels() == [19, 20, 21, 22]
    after = state(host, editor)
    assert after != before
    assert points.nodes() == {}, "the points of both pieces hold no longer"
    editor.undo()
    assert state(host, editor) == before
    assert sorted(points.nodes()) == [20, 21]
    assert (editor.undoName, editor.redoName) == ("", "merge L1 and L2")
    editor.redo()
    assert state(host, editor) == after


def test_split_along_the_slice(host, editor):
    from SpineDigitalTwinLib.levels.editing import cuttingPlane, jumpTo

    assert cuttingPlane() is None, "there is no slice view"
    red = host.vtkMRMLSliceNode()
    red.SetSingletonTag("Red")
    red.SetName("Red")
    red.SetLayoutName("Red")
    host.mrmlScene.AddNode(red)
    red.SetOrientation("Axial")
    before = state(host, editor)
    centre = jumpTo(editor.vertebrae, 21)
    point, normal = cuttingPlane()
    assert np.allclose(point, centre, atol=1e-6)
    assert np.allclose(np.abs(normal), [0, 0, 1])
    editor.split(21, (point, normal))
    assert editor.levels() == [19, 20, 21, 22, 23, 24]
    maps = editor.maps()
    upper, lower = (maps.grid.to_ras(np.argwhere(maps.vertebrae == label)) for label in (21, 22))
    assert upper[:, 2].min() >= point[2] > lower[:, 2].max()
    editor.undo()
    assert state(host, editor) == before


def test_what_is_not_possible_changes_nothing(host, editor):
    before = state(host, editor)
    for impossible in (
        lambda: editor.shift(2),
        lambda: editor.rename(19, 26),
        lambda: editor.merge(23),
        lambda: editor.split(23, (np.array([0, 0, 9999.0]), np.array([0, 0, 1.0]))),
    ):
        with pytest.raises(ParameterError):
            impossible()
        assert editor.undoName == ""
    assert state(host, editor) == before


def test_a_removed_segmentation_is_no_obstacle(host, editor):
    host.mrmlScene.RemoveNode(editor.segmentation)
    editor.shift(1)
    assert editor.levels() == [20, 21, 22, 23, 24]


def test_undo_without_corrections_does_nothing(host, editor):
    before = state(host, editor)
    editor.undo()
    editor.redo()
    assert state(host, editor) == before


def test_no_fifth_lumbar_vertebra_and_back(editor):
    editor.shift(1)
    editor.recount(Chain(12, 4), fromSacrum=True)
    assert editor.levels() == [19, 20, 21, 22, 23], "L5 became L4, and all above it moved along"
    editor.recount(Chain(12, 5), fromSacrum=True)
    assert editor.levels() == [20, 21, 22, 23, 24]


def test_surfaces_of_other_vertebrae_are_kept_when_two_are_merged(host, editor):
    from SpineDigitalTwinLib.maps import surfaces

    segmentation = editor.segmentation
    list(surfaces.make(segmentation))

    def surface(name):
        found = segmentation.GetSegmentation()
        return found.GetSegment(found.GetSegmentIdBySegmentName(name)).GetRepresentation("Closed surface")

    third, fourth, canal = (surface(name) for name in ("L3 vertebral body", "L4 spinous process", "Spinal canal"))
    editor.merge(20)
    assert surface("L2 vertebral body") is third
    assert surface("L3 spinous process") is fourth
    assert surface("Spinal canal") is canal
    assert surface("L1 vertebral body") is None
    made = len(list(surfaces.make(segmentation)))
    assert made == 1 + sum(name.startswith("L1") for name in segment_names(editor)), "one look at where parts lie comes first"


def test_a_whole_spine_is_closed_quickly(host, editor):
    """A scene is closed without touching the voxels for each segment: nothing is left to separate."""
    from SpineDigitalTwinLib.maps import segments

    segments.release(editor.segmentation)
    segmentation = editor.segmentation.GetSegmentation()
    assert not any(segmentation.GetSegment(each).GetRepresentation("Binary labelmap") for each in segmentation.GetSegmentIDs())
    host.mrmlScene.Clear(False)


def test_a_large_image_around_a_small_spine(host, lumbar_maps):
    """Only the block that holds labels is looked at; all else of the image stays, and so does its place."""
    from SpineDigitalTwinLib.levels.editing import LevelEditor, jumpTo
    from SpineDigitalTwinLib.maps import segments, volumes
    from spinetwin.geometry import LabelMaps

    before, after = (7, 20, 3), (30, 1, 9)
    borders = list(zip(before, after, strict=True))
    arrays = [np.pad(each, borders) for each in (lumbar_maps.subregions, lumbar_maps.vertebrae)]
    maps = LabelMaps(lumbar_maps.grid.crop([-each for each in before], arrays[0].shape), *arrays)
    nodes = volumes.addSubregions("a", maps.subregions, maps.grid), volumes.addVertebrae("b", maps.vertebrae, maps.grid)
    editor = LevelEditor(*nodes, segments.show(maps, "spine"))
    small = [each.stop - each.start for each in editor.block()]
    assert all(inner <= outer for inner, outer in zip(small, lumbar_maps.grid.shape, strict=True))
    from spinetwin.segmentation.levels import merge_levels

    editor.merge(20)
    expected = merge_levels(maps, 20, 21, editor.chain)
    now = editor.maps()
    assert np.array_equal(now.vertebrae, expected.maps.vertebrae)
    assert np.array_equal(now.subregions, expected.maps.subregions)
    from SpineDigitalTwinLib.maps import painting

    assert np.array_equal(painting.mapsOf(editor.segmentation, now).maps.vertebrae, now.vertebrae), (
        "segments lie where they lay"
    )
    centre = maps.grid.to_ras(np.argwhere(now.vertebrae == 22).mean(axis=0))
    assert np.allclose(jumpTo(nodes[1], 22, editor.block()), centre)
    editor.undo()
    assert np.array_equal(editor.maps().vertebrae, maps.vertebrae)
    assert np.array_equal(editor.maps().subregions, maps.subregions)


def test_a_map_that_somebody_else_changes_is_looked_at_again(host, editor):
    levels, block = editor.levels(), editor.block()
    array = host.util.arrayFromVolume(editor.vertebrae)
    array[0, 0, 0] = 1
    host.util.arrayFromVolumeModified(editor.vertebrae)
    assert editor.levels() == [1, *levels]
    assert [each.start for each in editor.block()] == [0, 0, 0] != [each.start for each in block]
