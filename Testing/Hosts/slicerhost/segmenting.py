"""What tests do with section Segment of the panel."""

import numpy as np

from slicerhost.waiting import settle

SHIFT = 1000
"""What the vertebra of a voxel is multiplied with in an image that holds both maps."""


def image_of(host, maps, affine=None, name="Patient 1 T2w"):
    """Put an image into the scene whose values hold both maps."""
    values = maps.vertebrae.astype(np.int32) * SHIFT + maps.subregions
    affine = maps.grid.ijk_to_ras if affine is None else affine
    return host.util.addVolumeFromArray(np.ascontiguousarray(values.T), affine, name)


def known(twin, host):
    settle(host, 600, until=lambda: twin.panel.segment.chooser.offer is not None and not twin.panel.segment.chooser.busy)


def choose(twin, host, name):
    twin._parameters.backend = name
    settle(host)
    assert twin.panel.segment.chooser.offer.name == name


def ended(twin, host):
    panel = twin.panel
    settle(host, 600, until=lambda: not any(each.busy for each in (panel.segment, panel.background, panel.labels, panel.data)))


def run(twin, host):
    assert twin.ui.segmentButton.enabled, twin.ui.segmentButton.text
    twin.ui.segmentButton.click()
    ended(twin, host)


def running(twin, host):
    """Press, and wait until the backend is at work."""
    twin.ui.segmentButton.click()
    settle(host, 600, until=lambda: "an öccasional line of a library" in twin.ui.logText.plainText)


def idle(twin):
    ui = twin.ui
    return (ui.segmentButton.enabled, ui.segmentBar.visible, ui.segmentCancelButton.visible) == (True, False, False)


def maps_of(host):
    return host.util.getNodesByClass("vtkMRMLLabelMapVolumeNode")
