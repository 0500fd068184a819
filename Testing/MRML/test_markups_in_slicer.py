"""What we write is opened, shown and saved again by 3D Slicer's own markups, and comes back."""

import os
import sys

import pytest
from spinetwin.anatomy import level, point
from spinetwin.io import read_pois, write_pois
from spinetwin.io.description import REMOVED, describe
from spinetwin.io.markups import SUSPECT_COLOR, level_color
from spinetwin.poi import Poi, PoiSet, Status
from spinetwin.poi.model import EDITED

slicer = pytest.importorskip("slicer", reason="needs 3D Slicer's modules: pip install slicer-core")
if not hasattr(slicer, "vtkSlicerMarkupsLogic"):
    pytest.skip("this `slicer` has no markups", allow_module_level=True)

L3, T13 = level("L3").id, level("T13").id


def sample():
    points = [
        Poi(L3, 101, Status.OK, (1.123456789012345, -3.5, 88.125), source="paper 1"),
        Poi(L3, 102, Status.SUSPECT, (1 / 3, -2.0, 1e3), "the ray; left\nthe \\image → é", "paper 1"),
        Poi(L3, 103, Status.MISSING, None, "no spinous process", "paper 1"),
        Poi(L3, 104, Status.OK, (4.0, 5.0, 6.0), source=EDITED, computed=(1.0, 2.0, 3.0)),
        Poi(T13, 250, Status.OK, (0.1, 0.2, 0.3), source="tptbox 1"),
    ]
    return PoiSet.of(points)


@pytest.fixture(autouse=True)
def _quiet(capfd):
    """Slicer logs about a selection node that only the application has."""
    yield
    sys.stdout.flush()
    capfd.readouterr()


@pytest.fixture
def scene():
    scene = slicer.vtkMRMLScene()
    selection = slicer.vtkMRMLSelectionNode()
    selection.SetSingletonTag("Singleton")
    scene.AddNode(selection)
    interaction = slicer.vtkMRMLInteractionNode()
    interaction.SetSingletonTag("Singleton")
    scene.AddNode(interaction)
    yield scene
    scene.Clear(True)


def load(scene, path):
    logic = slicer.vtkSlicerMarkupsLogic()
    logic.SetMRMLScene(scene)
    ids = logic.LoadMarkups(os.fspath(path), path.name.split(".")[0], None)
    assert ids, f"Slicer refused {path}"
    # the answer names only the first of several lists
    found = scene.GetNodesByClass("vtkMRMLMarkupsFiducialNode")
    found.UnRegister(scene)
    return [found.GetItemAsObject(row) for row in range(found.GetNumberOfItems())]


def save(node, path):
    storage = slicer.vtkMRMLMarkupsJsonStorageNode()
    storage.SetFileName(os.fspath(path))
    assert storage.WriteData(node)
    return path


@pytest.fixture
def nodes(scene, tmp_path):
    write_pois(tmp_path / "all.mrk.json", sample())
    return load(scene, tmp_path / "all.mrk.json")


@pytest.mark.parametrize(("suffix", "space"), [(".mrk.json", "lps"), (".mrk.json", "ras"), (".mkr.json", "lps")])
def test_every_list_opens_as_it_was_meant(scene, tmp_path, suffix, space):
    write_pois(tmp_path / f"all{suffix}", sample(), space=space)
    points = sample()
    nodes = load(scene, tmp_path / f"all{suffix}")
    assert [node.GetName() for node in nodes] == ["T13", "L3"]
    for node, key in zip(nodes, (T13, L3), strict=True):
        assert node.GetNumberOfControlPoints() == len(points.of_level(key))
        assert node.GetFixedNumberOfControlPoints()
        assert not node.GetLocked()
        display = node.GetDisplayNode()
        assert display.GetSelectedColor() == pytest.approx(level_color(key))
        assert display.GetColor() == pytest.approx(SUSPECT_COLOR)
        assert not display.GetUseGlyphScale()
        assert display.GetGlyphSize() == pytest.approx(2.0)
        for row, poi in enumerate(points.of_level(key)):
            assert node.GetNthControlPointID(row) == f"{poi.level}-{poi.id}"
            assert node.GetNthControlPointLabel(row) == (point(poi.id).label if poi.id < 250 else "point 250")
            assert node.GetNthControlPointDescription(row) == describe(poi)
            assert bool(node.GetNthControlPointSelected(row)) == (poi.status is not Status.SUSPECT)
            defined = node.GetNthControlPointPositionStatus(row) == node.PositionDefined
            assert defined == (poi.position is not None)
            if poi.position is not None:
                assert tuple(node.GetNthControlPointPositionWorld(row)) == pytest.approx(poi.position, abs=1e-9)


def test_saved_by_slicer_and_read_back(nodes, tmp_path):
    paths = [save(node, tmp_path / f"{node.GetName()}.mrk.json") for node in nodes]
    assert read_pois(*paths).points == sample().points
    again = tmp_path / "again.mrk.json"
    write_pois(again, read_pois(*paths))
    assert again.read_bytes() == (tmp_path / "all.mrk.json").read_bytes()


def test_edits_in_slicer_are_noticed(nodes, tmp_path):
    node, points = nodes[1], sample()
    node.SetNthControlPointPositionWorld(0, 7.0, 8.0, 9.0)
    node.SetNthControlPointPositionWorld(2, 1.5, 2.5, 3.5)
    node.UnsetNthControlPointPosition(1)
    node.SetNthControlPointPositionWorld(3, 4.5, 5.0, 6.0)
    found = read_pois(save(node, tmp_path / "renamed by hand.mrk.json"))
    assert found[L3, 101] == points[L3, 101].moved_to((7.0, 8.0, 9.0))
    assert found[L3, 102] == Poi(L3, 102, Status.MISSING, None, REMOVED, EDITED, points[L3, 102].position)
    assert found[L3, 103] == points[L3, 103].moved_to((1.5, 2.5, 3.5))
    assert found[L3, 104] == points[L3, 104].moved_to((4.5, 5.0, 6.0))


def test_a_list_made_in_slicer(scene, tmp_path):
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "L3")
    node.AddControlPointWorld(1.0, 2.0, 3.0)
    node.SetNthControlPointLabel(0, "spinous process")
    found = read_pois(save(node, tmp_path / "L3.mrk.json"))
    assert [poi.position for poi in found] == [(1.0, 2.0, 3.0)]
    assert found.levels == (L3,)
