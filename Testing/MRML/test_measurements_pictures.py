"""What a person sees of the Cobb lines: the spine from the front in 3D; drawn for the documentation too."""

import numpy as np
import pytest
from slicerhost.spines import segmented
from spinetwin.phantom import Curve, SpineParameters, make_spine
from spinetwin.poi import compute_pois

INK = np.array([0.702, 0.149, 0.118])


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="T4-L4", curves=(Curve(42.0, apex="T9"),)))
    return spine.voxelise(spine.grid(2.5, "LPS", margin_mm=4))


def red(pixels):
    """Say which pixels are mostly of the colour of the lines."""
    r, g, b = (pixels[..., each].astype(float) for each in range(3))
    return (r > 120) & (g < 0.55 * r) & (b < 0.55 * r)


def test_lines_and_angle_in_3d(host, threeDView, maps, picture):
    from SpineDigitalTwinLib.maps import volumes
    from SpineDigitalTwinLib.measures import lines, live

    bone = segmented(host, "Bone", volumes.addVertebrae("levels", maps.vertebrae, maps.grid))
    bone.CreateClosedSurfaceRepresentation()
    points = {poi.key: np.array(poi.position) for poi in compute_pois(maps) if poi.position is not None}
    threeDView.window.SetSize(480, 720)
    threeDView.node.SetBackgroundColor(1.0, 1.0, 1.0)
    threeDView.node.SetBackgroundColor2(1.0, 1.0, 1.0)
    threeDView.look("A")
    before = red(threeDView.pixels()).sum()
    figures = live.figures(points)
    lines.show(figures)
    threeDView.look("A")
    threeDView.renderer.GetActiveCamera().Zoom(1.5)
    threeDView.png(picture("SpineDigitalTwin-cobb.png"))
    assert red(threeDView.pixels()).sum() > before + 500
    for figure in figures:
        x, y = threeDView.pixel(figure.lines[0][1])
        height = threeDView.pixels().shape[0]
        near = threeDView.pixels()[height - round(y) - 4 : height - round(y) + 4, round(x) - 4 : round(x) + 4]
        assert red(near).any(), "a line ends where it should"
