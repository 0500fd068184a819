"""Maps are recognised by their labels, and what is missing is said in words."""

import numpy as np
import pytest
from slicerhost import spines
from spinetwin.anatomy import level
from spinetwin.geometry import Grid

L3 = level("L3").id


@pytest.fixture
def inputs(poi):
    from SpineDigitalTwinLib.maps import inputs

    return inputs


@pytest.fixture
def maps(poi, phantom):
    from SpineDigitalTwinLib.maps import volumes

    spine = phantom.maps
    return volumes.addSubregions("parts", spine.subregions, spine.grid), volumes.addVertebrae(
        "levels", spine.vertebrae, spine.grid
    )


def volume(slicer, labels, name="map", dtype=np.uint8):
    array = np.zeros((12, 12, 12), dtype)
    array.ravel()[: len(labels)] = labels
    return slicer.util.addVolumeFromArray(array, np.eye(4), name, "vtkMRMLLabelMapVolumeNode")


@pytest.mark.parametrize(
    ("labels", "kind", "text"),
    [
        ([41, 42, 43, 44, 45, 46, 47, 48, 49, 60, 61, 100], "subregions", "subregions: 12 parts, bodies as a whole, as in MR"),
        (
            [41, 42, 43, 49, 50],
            "subregions",
            "subregions: 5 parts, bodies with a shell, as in CT, no transverse process on the right, no canal",
        ),
        (
            [43, 44, 49, 61],
            "subregions",
            "subregions: 4 parts, bodies as a whole, as in MR, no arch, no spinous process",
        ),
        ([18, 19, 20, 22], "vertebrae", "vertebrae: T11 to L3"),
        ([22, 23, 122, 222], "vertebrae", "vertebrae: L3 to L4, discs, endplates"),
        ([22], "vertebrae", "vertebrae: L3"),
        ([19, 28, 20], "vertebrae", "vertebrae: T12 to L1"),
        ([], "", "is empty"),
        ([180, 190], "", "holds no label that is known here"),
    ],
)
def test_a_map_is_known_by_its_labels(poi, inputs, labels, kind, text):
    found = inputs.recognise(volume(poi, labels))
    assert (found.kind, found.text) == (kind, text)


def test_an_image_is_no_map(poi, inputs):
    rng = np.random.default_rng(1)
    image = poi.util.addVolumeFromArray(rng.normal(size=(9, 9, 9)), np.eye(4), "image", "vtkMRMLScalarVolumeNode")
    assert inputs.recognise(image).text == "looks like an image, not like a label map"
    negative = volume(poi, [-3, 22], dtype=np.int16)
    assert inputs.recognise(negative).kind == ""
    assert inputs.recognise(poi.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")).text == "is empty"
    assert inputs.recognise(None).text == ""


def test_a_large_map_is_recognised_from_a_sample(poi, inputs):
    array = np.zeros((250, 250, 250), np.uint8)
    array[40:80, 40:80, 40:80] = 22
    node = poi.util.addVolumeFromArray(array, np.eye(4), "large", "vtkMRMLLabelMapVolumeNode")
    assert inputs.recognise(node).text == "vertebrae: L3"


def test_what_is_missing_is_said(poi, inputs, maps):
    parts, levels = maps
    assert inputs.look(None, None).problem == "Choose the subregion map and the vertebra map"
    assert inputs.look(parts, None).problem == "Choose the vertebra map"
    assert inputs.look(None, levels).problem == "Choose the subregion map"
    assert inputs.look(parts, levels).problem == ""
    assert (
        inputs.look(levels, levels).problem == "levels holds levels, not the parts of vertebrae: choose another subregion map"
    )
    assert inputs.look(parts, parts).problem == "parts holds the parts of vertebrae, not levels: choose another vertebra map"
    assert inputs.look(parts, volume(poi, [22], "other")).problem == "The two maps do not lie on the same voxels"
    assert inputs.look(volume(poi, [], "nothing"), levels).problem == "nothing is empty"


def test_the_maps_of_the_scene_are_found(poi, inputs, phantom):
    assert inputs.guess() == (None, None)
    volume(poi, [22], "elsewhere")
    assert inputs.guess()[0] is None
    from SpineDigitalTwinLib.maps import volumes

    parts = volumes.addSubregions("parts", phantom.maps.subregions, phantom.maps.grid)
    levels = volumes.addVertebrae("levels", phantom.maps.vertebrae, phantom.maps.grid)
    volume(poi, [22], "later, elsewhere")
    assert inputs.guess() == (parts, levels)


def test_volumes_become_label_maps(inputs, maps, phantom):
    found = inputs.labelMaps(*maps)
    assert found.grid.same_place(phantom.maps.grid, 1e-6)
    assert (found.subregions == phantom.maps.subregions).all()
    assert (found.vertebrae == phantom.maps.vertebrae).all()


def test_segmentations_become_label_maps(poi, inputs, maps, phantom):

    parts, levels = maps
    segmented = spines.segmented(poi, "segmented parts", parts), spines.segmented(poi, "segmented levels", levels)
    assert inputs.recognise(segmented[0]).kind == "subregions"
    assert inputs.recognise(segmented[1]).text == "vertebrae: T11 to L4, discs"
    assert inputs.look(*segmented).problem == ""
    found = inputs.labelMaps(parts, segmented[1])
    assert (found.vertebrae == phantom.maps.vertebrae).all()


def test_two_segmentations_share_the_voxels_of_their_image(poi, inputs, maps, phantom):

    segmented = [spines.segmented(poi, f"segmented {node.GetName()}", node) for node in maps]
    found = inputs.labelMaps(*segmented)
    assert found.grid.same_place(phantom.maps.grid, 1e-6)
    assert (found.subregions == phantom.maps.subregions).all()
    for node in maps:
        poi.mrmlScene.RemoveNode(node)
    found = inputs.labelMaps(*segmented)
    assert found.grid.same_place(phantom.maps.grid, 1e-6), "the segmentations remember where the voxels of the image lay"
    assert (found.vertebrae == phantom.maps.vertebrae).all()


def elsewhere(phantom, poi, turned):
    """A subregion map on voxels of another size, turned, that reach beyond the other map; and where its voxels lie."""
    affine = np.eye(4)
    affine[:3, :3] = np.linalg.qr(np.array([[1, 0.2, 0.1], [-0.2, 1, 0.3], [0.05, -0.3, 1]]))[0] * 2.3 if turned else np.eye(3)
    whole = phantom.maps.grid
    centre = whole.to_ras((np.array(whole.shape) - 1) / 2)
    shape = (40, 44, 130)
    affine[:3, 3] = centre - affine[:3, :3] @ (np.array(shape) / 2) + 0.137
    array = np.zeros(shape[::-1], np.uint8)
    array[3:5] = 41
    node = poi.util.addVolumeFromArray(array, affine, "elsewhere", "vtkMRMLLabelMapVolumeNode")
    return node, Grid(shape, affine)


def nearest(phantom, grid):
    """Return what the vertebra map says at the voxel centres of a grid, one by one."""
    own = phantom.maps.grid
    ras = grid.to_ras(np.moveaxis(np.indices(grid.shape), 0, -1))
    ijk = own.to_ijk(ras)
    index = np.floor(ijk + 0.5).astype(int)
    inside = ((index >= 0) & (index < own.shape)).all(axis=-1)
    there = np.where(inside[..., None], index, 0)
    found = np.where(inside, phantom.maps.vertebrae[tuple(np.moveaxis(there, -1, 0))], 0)
    # a centre on the border between two voxels may go to either
    clear = (np.abs(ijk - np.rint(ijk)) < 0.499).all(axis=-1)
    return found, clear


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("moved", [False, True])
def test_a_segmentation_is_brought_onto_other_voxels_in_steps(poi, inputs, maps, phantom, turned, moved, monkeypatch):
    from SpineDigitalTwinLib.maps import resampledlayers, voxels

    monkeypatch.setattr(voxels, "_exported", None)
    monkeypatch.setattr(resampledlayers, "_STEP_VOXELS", 1 << 14)
    parts, grid = elsewhere(phantom, poi, turned)
    segmented = spines.segmented(poi, "levels", maps[1])
    if moved:
        # both under transforms of their own, which together change nothing
        for node, shift in ((parts, 5.25), (segmented, 5.25)):
            transform = poi.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
            matrix = np.eye(4)
            matrix[0, 3] = shift
            transform.SetMatrixTransformToParent(poi.util.vtkMatrixFromArray(matrix))
            node.SetAndObserveTransformNodeID(transform.GetID())
    steps, count = inputs.takingLabelMaps(parts, segmented), 0
    while True:
        try:
            next(steps)
            count += 1
        except StopIteration as end:
            found = end.value
            break
    assert count > 5
    assert found.grid.same_place(grid, 1e-6)
    wanted, clear = nearest(phantom, grid)
    assert np.count_nonzero(wanted) > 10_000
    assert (found.vertebrae == wanted)[clear].all()


@pytest.mark.parametrize("what", ["surfaces", "bent"])
def test_what_needs_more_than_resampling_is_left_to_the_application(poi, inputs, maps, phantom, what, monkeypatch):
    from SpineDigitalTwinLib.maps import voxels

    parts, grid = elsewhere(phantom, poi, True)
    segmented = spines.segmented(poi, "levels", maps[1])
    if what == "surfaces":
        segmented.GetSegmentation().CreateRepresentation("Closed surface")
        segmented.GetSegmentation().SetSourceRepresentationName("Closed surface")
        segmented.GetSegmentation().RemoveRepresentation("Binary labelmap")
    else:
        transform = poi.mrmlScene.AddNewNodeByClass("vtkMRMLBSplineTransformNode")
        transform.SetAndObserveTransformFromParent(poi.vtkOrientedBSplineTransform())
        segmented.SetAndObserveTransformNodeID(transform.GetID())
    exported = []
    answer = np.full(grid.shape, L3, np.uint16), grid
    monkeypatch.setattr(voxels, "_exported", lambda node, reference, _labels: exported.append((node, reference)) or answer)
    found = inputs.labelMaps(parts, segmented)
    assert exported == [(segmented, parts)]
    assert (found.vertebrae == L3).all()


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("L3", 22),
        ("vertebrae_L3", 22),
        ("L3 vertebra", 22),
        ("Vertebra T13", 28),
        ("L3 disc below", 122),
        ("Spinous process", 42),
        ("spinous_process", 42),
        ("Segment_41", 41),
        ("41", 41),
        ("liver", 0),
        ("L9", 0),
        ("ALL3", 0),
    ],
)
def test_segments_are_known_by_their_names(poi, inputs, name, label):
    node = poi.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    segment = node.GetSegmentation().AddEmptySegment("", name)
    assert inputs.segmentLabels(node) == {segment: label}


def test_leaving_nothing_behind(poi, inputs, maps):

    segmented = spines.segmented(poi, "segmented", maps[1])
    before = poi.mrmlScene.GetNumberOfNodes()
    inputs.labelMaps(maps[0], segmented)
    assert poi.mrmlScene.GetNumberOfNodes() == before


def test_maps_of_two_images_are_refused(poi, inputs, maps):
    from spinetwin.errors import MapError

    with pytest.raises(MapError, match="parts and other do not lie on the same voxels"):
        inputs.labelMaps(maps[0], volume(poi, [22], "other"))


# --- surfaces ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def surfaces(poi, pois):
    from SpinePOILib import pointnodes, surfaces

    pointnodes.show(pois)
    return surfaces.BoneSurfaces()


def outside(phantom, pois):
    """A place before the body of L3, and how far from its bone it is, from the voxels themselves."""
    place = np.array(pois[L3, 108].position) + 6.0 * pois.frames[L3].anterior
    voxels = phantom.maps.grid.to_ras(np.argwhere(phantom.maps.vertebrae == L3))
    return tuple(place.tolist()), float(np.linalg.norm(voxels - place, axis=1).min())


@pytest.mark.parametrize("segmented", [False, True])
def test_a_point_is_brought_to_the_nearest_bone_of_its_level(poi, surfaces, maps, phantom, pois, segmented):

    surfaces.use(spines.segmented(poi, "segmented", maps[1]) if segmented else maps[1])
    place, distance = outside(phantom, pois)
    found = surfaces.nearest(L3, place)
    moved = float(np.linalg.norm(np.subtract(found, place)))
    # the surface lies half a voxel outside the centres of the outermost voxels
    assert distance - 1.5 < moved < distance + 0.2
    assert surfaces.nearest(L3, found) == pytest.approx(found, abs=0.05)


def test_without_bone_a_point_stays(poi, surfaces, maps, phantom, pois):
    place, _ = outside(phantom, pois)
    assert not surfaces.available()
    assert surfaces.nearest(L3, place) == place
    surfaces.use(maps[1])
    assert surfaces.available()
    assert surfaces.nearest(L3, place) != place
    assert surfaces.nearest(level("C3").id, place) == place, "a level that the map does not have"
    poi.mrmlScene.RemoveNode(maps[1])
    assert surfaces.nearest(L3, place) == place, "the map was removed"
    assert not surfaces.available()


def test_a_changed_map_is_looked_at_again(poi, surfaces, maps, phantom, pois):
    surfaces.use(maps[1])
    place, _ = outside(phantom, pois)
    before = surfaces.nearest(L3, place)
    array = poi.util.arrayFromVolume(maps[1])
    array[array == L3] = 0
    poi.util.arrayFromVolumeModified(maps[1])
    assert surfaces.nearest(L3, place) == place != before


def test_the_grid_of_a_volume(poi):
    from SpineDigitalTwinLib.maps import voxels

    affine = np.array([[0.0, -2.0, 0.0, 5.0], [1.5, 0.0, 0.0, 6.0], [0.0, 0.0, 3.0, 7.0], [0.0, 0.0, 0.0, 1.0]])
    node = poi.util.addVolumeFromArray(np.zeros((3, 4, 5), np.uint8), affine, "map", "vtkMRMLLabelMapVolumeNode")
    assert voxels.gridOf(node) == Grid((5, 4, 3), affine)
