"""Section Biomechanics of the panel: open, filled in, and with loads."""

import pytest
from made_columns import made_pois
from slicerhost.loads import choose
from slicerhost.waiting import settle

OTHERS = ("dataSection", "segmentSection", "labelMapsSection", "levelsSection", "poiSection", "measureSection")


@pytest.fixture(scope="session")
def points():
    return made_pois(curve_mm=12.0)


@pytest.fixture
def opened(twin, host):
    """The panel with section Biomechanics open and the others closed, as high as somebody can scroll."""
    for name in OTHERS:
        getattr(twin.ui, name).collapsed = True
    twin.ui.loadsSection.collapsed = False
    twin.parent.resize(460, 1750)
    settle(host)
    return twin


@pytest.fixture
def filled(opened, host, points):
    """The same with points in the scene and a person in the form."""
    from SpinePOILib import pointnodes

    pointnodes.show(points)
    choose(opened, host, sexBox=1, heightBox=168.0, weightBox=64.0)
    return opened


@pytest.fixture
def computed(filled, host):
    """The same with loads, the interval left for later."""
    filled.ui.loadsButton.click()
    settle(host)
    return filled
