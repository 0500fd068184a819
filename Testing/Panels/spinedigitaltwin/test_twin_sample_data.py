"""The sample spines: made on this machine, on Slicer's list, right as nodes."""

import sys
import types
from typing import ClassVar

import numpy as np
import pytest
from slicerhost.waiting import settle


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
def sources(on_the_host, host, monkeypatch):
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


@pytest.fixture
def maker(sources):
    """The object behind the buttons."""
    found = sources[0].customDownloader.__self__
    yield found
    found.close()


@pytest.fixture
def press(host, sources, maker):
    """Press a button of the Sample Data module, and wait; returns what came into the scene, by class."""

    def do(name):
        source = next(each for each in sources if each.sampleName == name)
        assert source.customDownloader(source) is None
        assert maker.busy, "a button returns at once"
        assert volumes_of(host) == {}, "what it makes comes later"
        settle(host, 120, until=lambda: not maker.busy)
        return volumes_of(host)

    return do


def volumes_of(host):
    nodes = [*host.util.getNodesByClass("vtkMRMLScalarVolumeNode"), *host.util.getNodesByClass("vtkMRMLSegmentationNode")]
    return {node.GetName(): node for node in nodes}


def test_the_list_has_the_three_samples_with_pictures(sources):
    from pathlib import Path

    assert [each.sampleName for each in sources] == ["Straight spine", "Scoliotic spine", "Lumbar spine, T2w"]
    assert {each.category for each in sources} == {"Spine Digital Twin"}
    for each in sources:
        assert Path(each.thumbnail).read_bytes().startswith(b"\x89PNG")


def test_a_button_puts_the_spine_into_the_scene(host, press):
    found = press("Straight spine")
    assert set(found) == {"Straight spine, subregions", "Straight spine, vertebrae", "Straight spine, segments"}
    labels = set(np.unique(host.util.arrayFromVolume(found["Straight spine, subregions"])))
    assert labels == {0, 26, *range(41, 50), 60, 61, 100}
    colours = found["Straight spine, vertebrae"].GetDisplayNode().GetColorNode()
    assert colours.GetColorName(22) == "L3"
    assert colours.GetColorName(122) == "L3 disc below"
    segmentation = found["Straight spine, segments"].GetSegmentation()
    segments = [segmentation.GetNthSegment(n) for n in range(segmentation.GetNumberOfSegments())]
    assert {"C1 vertebral arch", "T8 vertebral body", "L5/S1 disc", "S1"} <= {each.GetName() for each in segments}
    assert all(each.GetRepresentation("Closed surface") for each in segments)
    parameters = host.mrmlScene.GetSingletonNode("SpineDigitalTwin", "vtkMRMLScriptedModuleNode")
    chosen = {role: parameters.GetNodeReference(role) for role in ("subregions", "vertebrae", "segmentation")}
    assert chosen == {
        role: found[f"Straight spine, {name}"]
        for role, name in zip(chosen, ("subregions", "vertebrae", "segments"), strict=True)
    }


@pytest.mark.usefixtures("small_samples")
def test_a_second_press_waits_for_nobody(host, sources, maker, monkeypatch):
    said = []
    monkeypatch.setattr(host.util, "showStatusMessage", lambda text, *_: said.append(text))
    sources[2].customDownloader(sources[2])
    sources[0].customDownloader(sources[0])
    assert said == ["Making Lumbar spine, T2w...", "Lumbar spine, T2w is still being made"]
    settle(host, 120, until=lambda: not maker.busy)
    assert said[-1] == "Lumbar spine, T2w: ready"
    assert any("shaping the vertebrae" in each for each in said), "the status bar says what is done"
    assert not any("Straight" in each for each in volumes_of(host))


@pytest.mark.usefixtures("small_samples")
def test_a_scene_that_is_closed_stays_empty(host, sources, maker):
    sources[2].customDownloader(sources[2])
    settle(host)
    host.mrmlScene.Clear(False)
    settle(host, until=lambda: not maker.busy)
    assert volumes_of(host) == {}


def test_a_failure_is_one_sentence(host, sources, maker, monkeypatch):
    from SpineDigitalTwinLib.data import sampledata

    said = []
    monkeypatch.setattr(host.util, "errorDisplay", said.append)
    monkeypatch.setattr(sampledata.Sample, "options", lambda _self: {"levels": "Q9"})
    sources[0].customDownloader(sources[0])
    settle(host, until=lambda: not maker.busy)
    (text,) = said
    assert "'Q9'" in text
    assert volumes_of(host) == {}


def test_the_scoliotic_spine_bends_to_the_patients_right(host, press):
    vertebrae = press("Scoliotic spine")["Scoliotic spine, vertebrae"]
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


def test_the_lumbar_image_lies_where_its_labels_lie(host, press):
    found = press("Lumbar spine, T2w")
    image, subregions = found["Lumbar spine, T2w"], found["Lumbar spine, T2w, subregions"]
    first, second = (host.util.arrayFromVTKMatrix(_ijk_to_ras(host, node)) for node in (image, subregions))
    assert np.abs(first - second).max() < 1e-9
    assert sorted(np.round(image.GetSpacing(), 6)) == [0.75, 0.75, 3.3]
    assert min(image.GetImageData().GetDimensions()) < 25, "sagittal slices, not the whole width of the person"
    values, labels = host.util.arrayFromVolume(image).astype(float), host.util.arrayFromVolume(subregions)
    assert np.median(values[labels == 61]) > 1.5 * np.median(values[labels == 49]), "cerebrospinal fluid is bright in T2w"
