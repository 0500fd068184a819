"""Label maps over an image in a slice, and as surfaces in 3D, as people see them."""

import numpy as np
import pytest
from spinetwin.phantom import Curve, ImageParameters, Spacing, SpineParameters, make_spine, render_image

WHITE = (1.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def lumbar():
    """Image and label maps of a lumbar spine."""
    spine = make_spine(SpineParameters(levels="T12-S1"))
    grid = spine.grid(Spacing(3.3, 0.9, 0.9), "PIR", margin_mm=20)
    return render_image(spine, grid, ImageParameters(modality="t2w"), np.random.default_rng(1)), spine.voxelise(grid)


@pytest.fixture
def library(host):
    import types

    from SpineDigitalTwinLib.maps import segments, surfaces, visibility, volumes

    return types.SimpleNamespace(segments=segments, surfaces=surfaces, visibility=visibility, volumes=volumes)


def test_in_a_slice_over_the_image(lumbar, library, drawing, host, picture):
    from slicerhost.views import SliceView

    image, maps = lumbar
    node = library.volumes.addImage("T2w", image, maps.grid)
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().AutoWindowLevelOff()
    node.GetDisplayNode().SetWindowLevel(900, 450)
    view = SliceView(host, size=(500, 640))
    view.show(node)
    view.jump(maps.grid.to_ras(np.argwhere(maps.vertebrae == 22)).mean(axis=0))
    grey = view.pixels().astype(int)
    assert np.abs(grey - grey.mean(axis=2, keepdims=True)).max() < 2, "an image is grey"
    segmentation = library.segments.show(maps, "Lumbar spine")
    library.visibility.set2D(segmentation, fill=True, opacity=0.35)
    view.png(picture("LabelMaps-slice.png"))
    coloured = view.pixels().astype(int)
    share = (np.abs(coloured - coloured.mean(axis=2, keepdims=True)).max(axis=2) > 8).mean()
    assert 0.1 < share < 0.6
    library.visibility.show(segmentation, "discs")
    discs = view.pixels().astype(int)
    assert 0 < (np.abs(discs - discs.mean(axis=2, keepdims=True)).max(axis=2) > 8).mean() < share / 2


def test_in_3d(library, threeDView, host, picture):
    spine = make_spine(SpineParameters(levels="T4-S1", curves=(Curve(40.0),)))
    segmentation = library.segments.show(spine.voxelise(spine.grid(1.5, "LPS")), "Scoliotic spine")
    list(library.surfaces.make(segmentation))
    threeDView.node.SetBackgroundColor(*WHITE)
    threeDView.node.SetBackgroundColor2(*WHITE)
    threeDView.window.SetSize(420, 640)
    threeDView.look("P")
    threeDView.renderer.GetActiveCamera().Zoom(1.5)
    threeDView.png(picture("LabelMaps-3D.png"))
    drawn = (threeDView.pixels() != 255).any(axis=2)
    columns = np.flatnonzero(drawn.any(axis=0))
    assert drawn.mean() > 0.05
    # from behind the right of the patient is on the right: there the curve leaves the line of the sacrum
    assert columns.min() > 20
    rows = [np.flatnonzero(row).mean() for row in drawn if row.any()]
    assert max(rows) - np.median(rows[-20:]) > 20
