"""Computing from the panel: a real worker, levels that appear, and every way a run can end."""

import sys
import time

import pytest
from spinetwin.anatomy import level
from spinetwin.poi.model import UNVERIFIED

T11, L2, L3, L4 = (level(each).id for each in ("T11", "L2", "L3", "L4"))


@pytest.fixture
def spin(host):
    """Let the event loop run until something is so."""

    def until(condition, seconds=120):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen"
            host.app.processEvents()
            time.sleep(0.002)

    return until


@pytest.fixture
def ready(spinepoi, maps, host, monkeypatch):
    """The panel with its maps chosen, and a worker that finds its Python."""
    spinepoi.panel.compute._worker._interpreter = sys.executable
    spinepoi.enter()
    host.app.processEvents()
    return spinepoi


def levels(host):
    from SpinePOILib import pointnodes

    return [level(key).name for key in pointnodes.nodes()]


def test_an_empty_scene_says_what_is_missing(spinepoi, host):
    host.app.processEvents()
    assert spinepoi.ui.computeButton.enabled is False
    assert spinepoi.ui.computeButton.text == "Choose the subregion map and the vertebra map"
    assert spinepoi.ui.saveButton.text == "No points to save yet"
    assert spinepoi.ui.saveButton.enabled is False
    assert spinepoi.ui.undoButton.enabled is False


def test_the_maps_of_the_scene_are_chosen_and_recognised(ready):
    assert ready.ui.subregionsSelector.currentNode().GetName() == "Spine, subregions"
    assert ready.ui.subregionsFound.text == "subregions: 12 parts, bodies as a whole, as in MR"
    assert ready.ui.vertebraeFound.text == "vertebrae: T11 to L4, discs"
    assert ready.ui.computeButton.enabled is True
    assert ready.ui.computeButton.text == "Compute points"


def test_the_button_names_the_mistake(ready, maps, host):
    ready.ui.vertebraeSelector.setCurrentNode(maps.subregions)
    host.app.processEvents()
    assert ready.ui.computeButton.enabled is False
    assert "choose another vertebra map" in ready.ui.computeButton.text
    ready.ui.vertebraeSelector.setCurrentNode(maps.vertebrae)
    host.app.processEvents()
    assert ready.ui.computeButton.enabled is True


def test_points_of_levels_that_a_program_has_named_say_so_until_a_person_confirms(ready, maps, host, spin):
    from SpineDigitalTwinLib.maps import verified

    def computed():
        ready.ui.computeButton.click()
        spin(lambda: not ready.panel.compute.busy)
        found = [poi for poi in ready.panel.session.pois() if poi.position is not None]
        assert found
        return {UNVERIFIED in poi.source for poi in found}

    verified.mark(maps.vertebrae, {})
    assert computed() == {True}
    verified.confirm(maps.vertebrae)
    assert computed() == {False}


def test_computing_shows_level_after_level(ready, host, spin, pois):
    seen = []
    ready.panel.session.listen(lambda _change: seen.append(len(levels(host))))
    ready.ui.computeButton.click()
    assert ready.ui.computeButton.text == "Computing..."
    assert ready.ui.computeButton.enabled is False
    assert ready.ui.progressFrame.visible is True
    assert ready.ui.subregionsSelector.enabled is False
    spin(lambda: not ready.panel.compute.busy)
    host.app.processEvents()
    assert levels(host) == ["T11", "T12", "L1", "L2", "L3", "L4"]
    assert 1 <= min(count for count in seen if count) < 6, "before all were there"
    assert ready.ui.progressFrame.visible is False
    assert ready.ui.statusLabel.text.startswith("6 levels")
    assert ready.ui.computeButton.text == "Compute again"
    assert ready.panel.session.level == T11
    from SpinePOILib import pointnodes

    found = pointnodes.readAll()
    assert list(found.points) == list(pois.points)
    moved = [
        key
        for key, each in pois.points.items()
        if each.position and max(abs(a - b) for a, b in zip(each.position, found[key].position, strict=True)) > 1e-3
    ]
    assert moved == []


def test_computing_again_keeps_edits_and_asks_before(ready, host, spin):
    from SpinePOILib import pointnodes

    ready.ui.computeButton.click()
    spin(lambda: not ready.panel.compute.busy)
    host.app.processEvents()
    assert ready.ui.keepEditsBox.visible is False
    ready.panel.session.choose(L3)
    ready.panel.session.select([101])
    host.app.processEvents()
    host.util.findChild(ready.parent, "nudgeRButton").click()
    host.app.processEvents()
    assert ready.ui.keepEditsBox.visible is True
    assert ready.ui.keepEditsBox.text == "Keep my edited points (1)"
    edited = pointnodes.readAll()[L3, 101]
    ready.ui.computeButton.click()
    spin(lambda: not ready.panel.compute.busy)
    assert pointnodes.readAll()[L3, 101].position == edited.position
    ready.ui.keepEditsBox.checked = False
    asked = []
    ready.panel.compute.mayDiscard = lambda count: asked.append(count)
    ready.ui.computeButton.click()
    assert (asked, ready.panel.compute.busy) == ([1], False), "whoever says no keeps everything"
    assert pointnodes.readAll()[L3, 101].position == edited.position
    ready.panel.compute.mayDiscard = lambda _count: True
    ready.ui.computeButton.click()
    spin(lambda: not ready.panel.compute.busy)
    assert not pointnodes.readAll()[L3, 101].edited


def test_cancelling_leaves_the_scene_as_it_was(ready, host, spin, pois):
    from SpinePOILib import pointnodes

    ready.panel.session.replace(pois)
    before = pointnodes.readAll().points
    ready.ui.computeButton.click()
    ready.ui.cancelButton.click()
    spin(lambda: not ready.panel.compute.busy)
    assert pointnodes.readAll().points == before
    assert ready.ui.statusLabel.text == "Cancelled; nothing was changed."
    ready.ui.computeButton.click()
    spin(lambda: ready.panel.compute._worker.busy)
    ready.ui.cancelButton.click()
    start = time.monotonic()
    spin(lambda: not ready.panel.compute.busy)
    assert time.monotonic() - start < 5
    assert pointnodes.readAll().points == before
    assert ready.ui.computeButton.enabled is True


def test_a_program_that_does_not_start_ends_in_a_sentence(ready, host, spin):
    ready.panel.compute._worker._interpreter = "/no/such/python"
    ready.ui.computeButton.click()
    spin(lambda: not ready.panel.compute.busy)
    host.app.processEvents()
    assert "could not be started" in ready.ui.statusLabel.text
    assert ready.ui.diagnosticsButton.visible is True
    ready.ui.diagnosticsButton.click()
    import qt

    assert "/no/such/python" in qt.QApplication.clipboard().text()
    assert ready.ui.computeButton.enabled is True


def test_maps_that_the_rules_refuse_end_in_a_sentence(ready, host, spin, maps):
    array = host.util.arrayFromVolume(maps.subregions)
    array[array > 0] = 42
    host.util.arrayFromVolumeModified(maps.subregions)
    array = host.util.arrayFromVolume(maps.vertebrae)
    array[:] = array[::-1]
    host.util.arrayFromVolumeModified(maps.vertebrae)
    ready.ui.computeButton.click()
    spin(lambda: not ready.panel.compute.busy)
    host.app.processEvents()
    assert ready.ui.statusLabel.text
    assert ready.ui.statusLabel.text.endswith(".")
    assert levels(host) == []


def test_the_scene_is_closed_in_the_middle_of_a_run(ready, host, spin):
    ready.ui.computeButton.click()
    spin(lambda: ready.panel.compute._worker.busy)
    host.mrmlScene.Clear(False)
    spin(lambda: not ready.panel.compute.busy)
    host.app.processEvents()
    assert levels(host) == []
    assert ready.ui.computeButton.text == "Choose the subregion map and the vertebra map"
    assert ready.ui.levelTable.rowCount == 0


def test_a_removed_map_is_noticed(ready, host, maps):
    host.mrmlScene.RemoveNode(maps.vertebrae)
    host.app.processEvents()
    assert ready.ui.computeButton.text == "Choose the vertebra map"
    assert ready.ui.surfaceBox.enabled is False


def test_the_panel_goes_away_in_the_middle_of_a_run(ready, host, spin):
    ready.ui.computeButton.click()
    spin(lambda: ready.panel.compute._worker.busy)


def test_typing_a_name_does_not_read_the_maps_again(ready, host, maps, monkeypatch):
    from SpineDigitalTwinLib.maps import inputs

    looked = []
    recognise = inputs.recognise
    monkeypatch.setattr(inputs, "recognise", lambda node: looked.append(node) or recognise(node))
    ready.ui.readerEdit.text = "somebody"
    host.app.processEvents()
    assert looked == []
    ready.ui.vertebraeSelector.setCurrentNode(None)
    assert looked


def test_a_map_that_was_changed_meanwhile_is_looked_at_again(ready, host, maps):
    host.util.arrayFromVolume(maps.vertebrae)[:] = 0
    host.util.arrayFromVolumeModified(maps.vertebrae)
    ready.exit()
    ready.enter()
    host.app.processEvents()
    assert ready.ui.computeButton.text == "Spine, vertebrae is empty"


def test_the_module_says_who_and_what_it_is(host):
    import types
    from pathlib import Path

    from SpinePOI import SpinePOI

    parent = types.SimpleNamespace()
    SpinePOI(parent)
    assert parent.title == "Spine POI"
    assert parent.categories == ["Quantification"]
    assert "Graf et al." in parent.acknowledgementText
    assert parent.helpText
    import SpinePOI as module

    icon = (Path(module.__file__).parent / "Resources" / "Icons" / "SpinePOI.png").read_bytes()
    assert int.from_bytes(icon[16:20]) == int.from_bytes(icon[20:24]) == 128
