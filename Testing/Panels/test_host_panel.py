"""The host runs a module: its .ui file loads, parameters are bound, nodes are chosen, buttons pressed."""

import sys
from pathlib import Path

import pytest


@pytest.fixture
def toy(host, monkeypatch, panel):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "Hosts" / "toy"))
    monkeypatch.delitem(sys.modules, "Toy", raising=False)
    from Toy import ToyWidget

    yield panel(ToyWidget, 360, 420)
    del sys.modules["Toy"]


def test_parameters_show_in_the_widgets(toy):
    ui = toy.ui
    shown = ui.nameEdit.text, ui.countBox.value, ui.sizeBox.value, ui.brightBox.checked, ui.sideBox.currentText
    assert shown == ("spine", 3, 1.5, True, "Right")


def test_what_is_typed_is_in_the_scene(toy, host):
    toy.ui.nameEdit.text = "neck"
    toy.ui.countBox.value = 7
    toy.ui.brightBox.checked = False
    toy.ui.sideBox.currentIndex = 0
    node = host.mrmlScene.GetSingletonNode("Toy", "vtkMRMLScriptedModuleNode")
    assert [node.GetParameter(each) for each in ("name", "count", "bright", "side")] == ["neck", "7", "False", "LEFT"]
    toy.ui.applyButton.click()
    assert toy.ui.resultLabel.text == "neck 7"
    assert toy.pressed == 1


def test_what_is_set_in_the_scene_is_shown(toy):
    toy.parameters.name = "back"
    toy.parameters.size = 2.25
    assert (toy.ui.nameEdit.text, toy.ui.sizeBox.value) == ("back", 2.25)
    with pytest.raises(TypeError):
        toy.parameters.count = 1.5
    with pytest.raises(ValueError, match="name"):
        toy.parameters.name = None


def test_a_node_is_chosen_and_removed(toy, host):
    assert toy.ui.volumeSelector.currentNode() is None
    volume = host.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "image")
    assert toy.parameters.volume is None, "a node that comes later is not chosen by itself"
    toy.ui.volumeSelector.setCurrentNode(volume)
    assert toy.parameters.volume is volume
    host.mrmlScene.RemoveNode(volume)
    assert toy.ui.volumeSelector.currentNode() is None
    assert toy.parameters.volume is None


def test_a_section_is_folded(toy, host):
    assert toy.ui.more.collapsed is True
    assert toy.ui.pathEdit.visible is False
    toy.ui.more.collapsed = False
    assert toy.ui.pathEdit.visible is True
    toy.ui.more.click()
    assert toy.ui.more.collapsed is True


def test_the_picture_shows_the_panel(toy, tmp_path):
    path = tmp_path / "toy.png"
    assert toy.parent.grab().save(str(path))
    assert path.read_bytes().startswith(b"\x89PNG")
    image = toy.parent.grab().toImage()
    colours = {image.pixel(x, y) for x in range(0, image.width(), 5) for y in range(0, image.height(), 5)}
    assert len(colours) > 5


def test_after_the_scene_was_cleared_the_selector_is_empty(toy, host):
    volume = host.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "image")
    toy.ui.volumeSelector.setCurrentNode(volume)
    host.mrmlScene.Clear(False)
    assert toy.ui.volumeSelector.currentNode() is None
    assert toy.ui.volumeSelector.currentNodeID == ""
