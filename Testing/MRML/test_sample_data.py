"""The sample spines: made on this machine, on Slicer's list, right as nodes."""

import sys
import types
from typing import ClassVar

import numpy as np
import pytest


class SampleDataLogic:
    """Slicer's registration, with the checks it makes: as many file names and node names as addresses."""

    sources: ClassVar[list] = []

    @classmethod
    def registerCustomSampleDataSource(
        cls,
        category="Custom",
        sampleName=None,
        uris=None,
        fileNames=None,
        nodeNames=None,
        customDownloader=None,
        thumbnailFileName=None,
    ):
        assert isinstance(uris, str)
        assert isinstance(fileNames, str)
        assert isinstance(nodeNames, str)
        cls.sources.append(
            types.SimpleNamespace(
                category=category, sampleName=sampleName, customDownloader=customDownloader, thumbnail=thumbnailFileName
            )
        )


@pytest.fixture
def sources(host, monkeypatch):
    """What the Sample Data module lists after the application has started with our module."""
    registry = types.ModuleType("SampleData")
    registry.SampleDataLogic = type("SampleDataLogic", (SampleDataLogic,), {"sources": []})
    monkeypatch.setitem(sys.modules, "SampleData", registry)
    from SpineDigitalTwin import SpineDigitalTwin

    module = SpineDigitalTwin(types.SimpleNamespace())
    assert registry.SampleDataLogic.sources == [], "the list exists only after the start"
    host.app.connected["startupCompleted()"]()
    assert module.parent.acknowledgementText, "Slicer's generic module test wants one"
    return registry.SampleDataLogic.sources


def press(sources, name):
    source = next(each for each in sources if each.sampleName == name)
    return source.customDownloader(source)


def test_the_list_has_the_three_samples_with_pictures(sources):
    from pathlib import Path

    assert [each.sampleName for each in sources] == ["Straight spine", "Scoliotic spine", "Lumbar spine, T2w"]
    assert {each.category for each in sources} == {"Spine Digital Twin"}
    for each in sources:
        assert Path(each.thumbnail).read_bytes().startswith(b"\x89PNG")


def test_a_button_puts_the_spine_into_the_scene(host, sources):
    subregions, vertebrae, surfaces = press(sources, "Straight spine")
    names = [node.GetName() for node in (subregions, vertebrae, surfaces)]
    assert names == ["Straight spine, subregions", "Straight spine, vertebrae", "Straight spine, 3D"]
    assert all(host.mrmlScene.GetNodeByID(node.GetID()) is node for node in (subregions, vertebrae, surfaces))
    found = set(np.unique(host.util.arrayFromVolume(subregions)))
    assert found == {0, 26, *range(41, 50), 60, 61, 100}
    colours = vertebrae.GetDisplayNode().GetColorNode()
    assert colours.GetColorName(22) == "L3"
    assert colours.GetColorName(122) == "L3 disc below"
    segmentation = surfaces.GetSegmentation()
    segments = {segmentation.GetNthSegment(n).GetName() for n in range(segmentation.GetNumberOfSegments())}
    assert {"C1", "T8", "L5", "S1", "L5 disc below"} <= segments


def test_the_scoliotic_spine_bends_to_the_patients_right(host, sources):
    _, vertebrae, _ = press(sources, "Scoliotic spine")
    where = {}
    matrix = host.util.arrayFromVTKMatrix(_ijk_to_ras(host, vertebrae))
    array = host.util.arrayFromVolume(vertebrae)
    for name, label in (("T3", 10), ("T8", 15), ("L1", 20)):
        k, j, i = np.argwhere(array == label).mean(axis=0)
        where[name] = (matrix @ [i, j, k, 1.0])[:3]
    assert where["T8"][0] > max(where["T3"][0], where["L1"][0]) + 15
    assert where["T3"][2] > where["T8"][2] > where["L1"][2]


def _ijk_to_ras(host, node):
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return matrix


def test_the_lumbar_image_lies_where_its_labels_lie(host, sources):
    image, subregions, *_ = press(sources, "Lumbar spine, T2w")
    assert image.GetName() == "Lumbar spine, T2w"
    first, second = (host.util.arrayFromVTKMatrix(_ijk_to_ras(host, node)) for node in (image, subregions))
    assert np.abs(first - second).max() < 1e-9
    assert sorted(np.round(image.GetSpacing(), 6)) == [0.75, 0.75, 3.3]
    assert min(image.GetImageData().GetDimensions()) < 25, "sagittal slices, not the whole width of the person"
    values, labels = host.util.arrayFromVolume(image).astype(float), host.util.arrayFromVolume(subregions)
    assert np.median(values[labels == 61]) > 1.5 * np.median(values[labels == 49]), "cerebrospinal fluid is bright in T2w"


def test_an_unknown_sample_is_named(host, sources):
    from SpineDigitalTwinLib import sampledata

    with pytest.raises(ValueError, match="no sample 'hip'; there are: Straight spine"):
        sampledata.load("hip")
