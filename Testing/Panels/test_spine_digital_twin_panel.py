"""The panel Spine Digital Twin: pressed, typed into, looked at; the scene cleared in the middle."""

import time

import numpy as np
import pytest
from spinetwin.phantom import Curve, SpineParameters, make_spine


@pytest.fixture(scope="session")
def spine_maps():
    """A bent thoracolumbar spine with its sacrum."""
    spine = make_spine(SpineParameters(levels="T10-S1", curves=(Curve(30.0, apex="L1"),)))
    return spine.voxelise(spine.grid(1.5, "LPS", margin_mm=6))


@pytest.fixture
def twin(panel):
    from SpineDigitalTwin import SpineDigitalTwinWidget

    widget = panel(SpineDigitalTwinWidget, 460, 1180)
    widget.enter()
    return widget


@pytest.fixture
def nodes(host, spine_maps):
    """The two maps in the scene."""
    from SpineDigitalTwinLib import volumes

    grid = spine_maps.grid
    return (
        volumes.addSubregions("Patient 1, subregions", spine_maps.subregions, grid),
        volumes.addVertebrae("Patient 1, vertebrae", spine_maps.vertebrae, grid),
    )


@pytest.fixture
def shown(host, twin, nodes):
    """The panel with both maps chosen and shown."""
    twin.ui.subregionsSelector.setCurrentNode(nodes[0])
    twin.ui.vertebraeSelector.setCurrentNode(nodes[1])
    settle(host)
    twin.ui.showButton.click()
    settle(host, until=lambda: not twin.panel.labels.busy)
    return twin


def settle(host, seconds=60.0, until=lambda: True):
    """Let the event loop run until something is true."""
    end = time.monotonic() + seconds
    for _ in range(5):
        host.app.processEvents()
    while not until() and time.monotonic() < end:
        host.app.processEvents()
        time.sleep(0.002)
    assert until(), "it took too long"
    for _ in range(5):
        host.app.processEvents()


def names(widget):
    table = widget.ui.levelTable
    return [table.item(row, 0).text() for row in range(table.rowCount)]


def choose(widget, name):
    widget.ui.levelTable.setCurrentCell(names(widget).index(name), 0)


class TestEmpty:
    def test_every_button_says_what_is_missing(self, twin, screenshot):
        ui = twin.ui
        for button in (ui.showButton, ui.openPOIButton, ui.exportButton):
            assert button.enabled is False
            assert button.text == "Choose the subregion map and the vertebra map"
        assert ui.levelsHint.text == "Choose the subregion map and the vertebra map"
        assert ui.lookFrame.enabled is False
        screenshot(twin.parent, "SpineDigitalTwin-empty.png")

    def test_sections_are_numbered_from_the_top(self, twin):
        ui = twin.ui
        sections = (ui.dataSection, ui.labelMapsSection, ui.levelsSection, ui.poiSection, ui.exportSection)
        assert [each.text.split()[0] for each in sections] == ["1", "2", "3", "4", "5"]

    def test_every_widget_that_is_used_says_what_it_does(self, twin):
        kinds = ("QPushButton", "QToolButton", "QComboBox", "QCheckBox", "QSpinBox", "qMRMLNodeComboBox", "ctkSliderWidget")
        ours = [each for kind in kinds for each in twin.parent.findChildren(kind) if each.name and not each.name.startswith("qt_")]
        silent = [each.name for each in ours if not each.toolTip]
        assert len(ours) > 25
        assert silent == []
