"""The panel Spine POI, and a spine for it."""

import types

import pytest
from slicerhost import spines


@pytest.fixture(scope="session")
def phantom():
    """A short, bent spine with its label maps."""
    return spines.bent()


@pytest.fixture(scope="session")
def pois(phantom):
    """Its points."""
    return phantom.pois


@pytest.fixture
def spinepoi(panel):
    """The panel, entered."""
    from SpinePOI import SpinePOIWidget

    widget = panel(SpinePOIWidget, 460, 1150)
    widget.enter()
    return widget


@pytest.fixture
def maps(host, phantom):
    """The maps of the spine, as nodes."""
    from SpineDigitalTwinLib.maps import volumes

    maps = phantom.maps
    return types.SimpleNamespace(
        subregions=volumes.addSubregions("Spine, subregions", maps.subregions, maps.grid),
        vertebrae=volumes.addVertebrae("Spine, vertebrae", maps.vertebrae, maps.grid),
    )


@pytest.fixture
def shown(spinepoi, host, pois):
    """The panel with points and L3 chosen."""
    spinepoi.panel.session.replace(pois)
    spinepoi.panel.session.choose(22)
    host.app.processEvents()
    return spinepoi


@pytest.fixture
def press(shown, host):
    """Return a function that presses a button by its name and lets the panel follow."""

    def do(name):
        host.util.findChild(shown.parent, name).click()
        host.app.processEvents()

    return do
