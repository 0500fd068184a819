"""Label maps as segments: names, colours, standard codes, surfaces, presets; in any geometry, through files and scenes."""

import numpy as np
import pytest
import vtk
from spinetwin.geometry import Grid, LabelMaps


@pytest.fixture(scope="module")
def maps():
    """A lumbar phantom in a coarse grid."""
    from spinetwin.phantom import SpineParameters, make_spine

    spine = make_spine(SpineParameters(levels="L2-S1"))
    return spine.voxelise(spine.grid(1.5, "LPS", margin_mm=4))


@pytest.fixture
def lib(host):
    """The glue, imported with the host in place."""
    import types

    from SpineDigitalTwinLib.maps import segments, surfaces, visibility

    return types.SimpleNamespace(segments=segments, surfaces=surfaces, visibility=visibility)


@pytest.fixture
def node(lib, maps):
    return lib.segments.show(maps, "spine")


def segment_named(node, name):
    segmentation = node.GetSegmentation()
    return segmentation.GetSegment(segmentation.GetSegmentIdBySegmentName(name))


def voxels_of(host, maps, node, name):
    """Return the voxels of a segment as Slicer itself exports them, as an (i, j, k) array of bool."""
    volume = host.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    ids = vtk.vtkStringArray()
    ids.InsertNextValue(node.GetSegmentation().GetSegmentIdBySegmentName(name))
    whole = host.vtkSegmentation.EXTENT_REFERENCE_GEOMETRY
    host.modules.segmentations.logic().ExportSegmentsToLabelmapNode(node, ids, volume, None, whole)
    return host.util.arrayFromVolume(volume).T > 0, volume


def test_one_segment_for_each_part_of_each_level_from_the_top(node):
    segmentation = node.GetSegmentation()
    names = [segmentation.GetNthSegment(n).GetName() for n in range(segmentation.GetNumberOfSegments())]
    assert names[0] == "L2 vertebral arch"
    assert {"L3 spinous process", "L3 transverse process left", "L3 vertebral body", "L3/L4 disc", "L5/S1 disc"} <= set(names)
    assert names.index("L3/L4 disc") < names.index("L4 vertebral body")
    assert names.index("L5/S1 disc") + 1 == names.index("S1") < names.index("Spinal canal")


@pytest.mark.parametrize(
    ("name", "pair"), [("L3 vertebral body", (22, 49)), ("L4/L5 disc", (123, 100)), ("Spinal canal", (0, 61))]
)
def test_voxels_are_those_of_the_maps(host, maps, node, name, pair):
    voxels, _ = voxels_of(host, maps, node, name)
    assert np.array_equal(voxels, (maps.vertebrae == pair[0]) & (maps.subregions == pair[1]))


def oblique(turn_deg, spacing, mirrored):
    turn = np.deg2rad(turn_deg)
    first = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    second = np.array([[1, 0, 0], [0, np.cos(turn / 2), -np.sin(turn / 2)], [0, np.sin(turn / 2), np.cos(turn / 2)]])
    affine = np.eye(4)
    affine[:3, :3] = first @ second @ np.diag([-1.0 if mirrored else 1.0, 1.0, 1.0]) @ np.diag(spacing)
    affine[:3, 3] = 12.25, -33.5, 801.125
    return affine


def signed_volume(surface):
    from vtkmodules.util.numpy_support import vtk_to_numpy

    points = vtk_to_numpy(surface.GetPoints().GetData()).astype(float)
    triangles = vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    a, b, c = (points[triangles[:, n]] - points.mean(axis=0) for n in range(3))
    return np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6


@pytest.mark.parametrize("mirrored", [False, True])
def test_oblique_volumes_lie_where_they_are(host, lib, mirrored):
    affine = oblique(27.0, (0.7, 0.9, 3.1), mirrored)
    vertebrae = np.zeros((30, 24, 12), np.uint8)
    vertebrae[5:21, 6:18, 3:9] = 22
    maps = LabelMaps(Grid(vertebrae.shape, affine), np.where(vertebrae, 49, 0).astype(np.uint8), vertebrae)
    node = lib.segments.show(maps, "oblique")
    voxels, volume = voxels_of(host, maps, node, "L3 vertebral body")
    assert np.array_equal(voxels, vertebrae > 0)
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    assert np.abs(host.util.arrayFromVTKMatrix(matrix) - affine).max() < 1e-6
    list(lib.surfaces.make(node))
    surface = segment_named(node, "L3 vertebral body").GetRepresentation("Closed surface")
    bounds = np.array(surface.GetBounds()).reshape(3, 2)
    corners = maps.grid.to_ras(np.array(np.meshgrid([4.5, 20.5], [5.5, 17.5], [2.5, 8.5])).reshape(3, -1).T)
    assert np.abs(bounds[:, 0] - corners.min(axis=0)).max() < 3
    assert np.abs(bounds[:, 1] - corners.max(axis=0)).max() < 3
    share = signed_volume(surface) / (np.count_nonzero(vertebrae) * maps.grid.voxel_volume)
    assert 0.75 < share < 1.05, "outward normals, and nearly the volume of the voxels"


class TestCodes:
    def test_of_a_part(self, node):
        entry = segment_named(node, "L3 superior articular process left").GetTerminology().split("~")
        assert entry == [
            "Segmentation category and type - DICOM master list",
            "SCT^123037004^Anatomical Structure",
            "SCT^317665004^Superior articular process of vertebra",
            "SCT^7771000^Left",
            "Anatomic codes - DICOM master list",
            "SCT^36470004^L3 vertebra",
            "^^",
        ]

    def test_of_a_disc(self, node):
        assert "SCT^84020006^L4/L5 disc" in segment_named(node, "L4/L5 disc").GetTerminology()

    def test_slicer_reads_every_one(self, host, node):
        logic, segmentation = host.modules.terminologies.logic(), node.GetSegmentation()
        for segment_id in segmentation.GetSegmentIDs():
            text = segmentation.GetSegment(segment_id).GetTerminology()
            entry = host.vtkSlicerTerminologyEntry()
            assert logic.DeserializeTerminologyEntry(text, entry)
            assert entry.GetCategoryObject().GetCodeValue() == "123037004"
            assert entry.GetTypeObject().GetCodeMeaning()
            assert logic.SerializeTerminologyEntry(entry) == text


class TestColours:
    def test_by_part_and_by_level(self, lib, node):
        from spinetwin.report import colours

        body = segment_named(node, "L3 vertebral body")
        assert np.allclose(body.GetColor(), colours.rgb(colours.of_subregion(49)), atol=1e-6)
        lib.segments.colourByLevel(node, True)
        assert np.allclose(body.GetColor(), colours.rgb(colours.of_level(22)), atol=1e-6)
        assert segment_named(node, "L4 vertebral body").GetColor() != body.GetColor()
        lib.segments.colourByLevel(node, False)
        assert np.allclose(body.GetColor(), colours.rgb(colours.of_subregion(49)), atol=1e-6)


class TestVisibility:
    def shown(self, node):
        display, segmentation = node.GetDisplayNode(), node.GetSegmentation()
        ids = segmentation.GetSegmentIDs()
        return {segmentation.GetSegment(each).GetName() for each in ids if display.GetSegmentVisibility(each)}

    def test_presets(self, lib, node):
        lib.visibility.show(node, "bodies")
        assert self.shown(node) == {"L2 vertebral body", "L3 vertebral body", "L4 vertebral body", "L5 vertebral body", "S1"}
        lib.visibility.show(node, "discs")
        assert self.shown(node) == {"L2/L3 disc", "L3/L4 disc", "L4/L5 disc", "L5/S1 disc"}
        lib.visibility.show(node, "posterior")
        assert "L3 spinous process" in self.shown(node)
        assert not any("body" in each or "disc" in each for each in self.shown(node))
        lib.visibility.show(node)
        assert len(self.shown(node)) == node.GetSegmentation().GetNumberOfSegments()

    def test_one_level_with_its_disc(self, lib, node):
        lib.visibility.show(node, level=22)
        assert {each.split()[0] for each in self.shown(node)} == {"L3", "L3/L4"}


class TestSurfaces:
    def test_are_made_in_small_steps_and_decimated(self, lib, node):
        fractions = list(lib.surfaces.make(node))
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1.0
        assert len(fractions) == 1 + node.GetSegmentation().GetNumberOfSegments(), "one look at where parts lie comes first"
        body = segment_named(node, "L3 vertebral body").GetRepresentation("Closed surface")
        assert 100 < body.GetNumberOfCells() < 3000

    def test_only_missing_ones_are_made(self, lib, node):
        list(lib.surfaces.make(node))
        assert list(lib.surfaces.make(node)) == []

    def test_a_segment_removed_meanwhile_does_no_harm(self, lib, node):
        steps = lib.surfaces.make(node)
        next(steps)
        node.GetSegmentation().RemoveSegment(node.GetSegmentation().GetNthSegmentID(3))
        list(steps)

    def test_are_seen(self, lib, node, threeDView):
        list(lib.surfaces.make(node))
        empty = threeDView.pixels().copy()
        threeDView.look("P")
        full = (threeDView.pixels() != empty).any(axis=2).mean()
        lib.visibility.show(node, "discs")
        assert full > 0.03
        assert 0 < (threeDView.pixels() != empty).any(axis=2).mean() < full


def test_a_saved_segmentation_still_knows_what_its_segments_stand_for(host, lib, node, tmp_path):
    path = str(tmp_path / "spine.seg.nrrd")
    assert host.util.saveNode(node, path)
    loaded = host.util.loadSegmentation(path)
    assert sorted(lib.segments.parts(loaded).values()) == sorted(lib.segments.parts(node).values())
    assert segment_named(loaded, "L3/L4 disc").GetTerminology() == segment_named(node, "L3/L4 disc").GetTerminology()


def test_a_saved_scene_comes_back(host, lib, node, tmp_path):
    before = sorted(lib.segments.parts(node).values())
    path = str(tmp_path / "spine.mrb")
    host.util.saveScene(path)
    host.mrmlScene.Clear(False)
    host.util.loadScene(path)
    found = host.util.getNodesByClass("vtkMRMLSegmentationNode")
    assert [sorted(lib.segments.parts(each).values()) for each in found] == [before]


def test_labels_that_nobody_knows_are_shown_too(host, lib):
    vertebrae = np.zeros((6, 6, 6), np.uint8)
    subregions = np.zeros((6, 6, 6), np.uint8)
    vertebrae[:2], subregions[:2] = 22, 0
    vertebrae[2:4], subregions[2:4] = 0, 42
    vertebrae[4:], subregions[4:] = 22, 77
    node = lib.segments.show(LabelMaps(Grid((6, 6, 6), np.eye(4)), subregions, vertebrae), "odd")
    names = {node.GetSegmentation().GetNthSegment(n).GetName() for n in range(3)}
    assert names == {"L3", "Spinous process", "L3 part 77"}


def test_spine_poi_takes_the_maps_and_not_what_shows_them(host, lib, maps):
    from SpineDigitalTwinLib.maps import inputs, volumes

    subregions = volumes.addSubregions("subregions", maps.subregions, maps.grid)
    vertebrae = volumes.addVertebrae("vertebrae", maps.vertebrae, maps.grid)
    node = lib.segments.show(maps, "spine")
    assert inputs.guess() == (subregions, vertebrae)
    labels = {node.GetSegmentation().GetSegment(each).GetName(): label for each, label in inputs.segmentLabels(node).items()}
    assert (labels["L3 spinous process"], labels["L3/L4 disc"], labels["Spinal canal"]) == (22, 122, 0)
    assert np.array_equal(inputs.labelMaps(subregions, node).vertebrae, maps.vertebrae)
