"""The panel Spine Digital Twin, and a spine for it."""

import pytest
from slicerhost.waiting import settle
from spinetwin.phantom import Curve, SpineParameters, make_spine


@pytest.fixture(scope="session")
def spine_maps():
    """A bent thoracolumbar spine with its sacrum."""
    spine = make_spine(SpineParameters(levels="T10-S1", curves=(Curve(30.0, apex="L1"),)))
    return spine.voxelise(spine.grid(3.0, "LPS", margin_mm=4))


@pytest.fixture
def twin(panel):
    from SpineDigitalTwin import SpineDigitalTwinWidget

    widget = panel(SpineDigitalTwinWidget, 460, 1180)
    widget.enter()
    return widget


@pytest.fixture
def small_samples(host, monkeypatch):
    """Let every sample spine be three coarse vertebrae: the samples themselves have tests of their own."""
    from SpineDigitalTwinLib.data import sampledata

    monkeypatch.setattr(sampledata.Sample, "options", lambda _self: {"levels": "L3-L5", "spacing": [3.0, 3.0, 3.0]})


@pytest.fixture
def nodes(host, spine_maps):
    """The two maps in the scene."""
    from SpineDigitalTwinLib.maps import volumes

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
