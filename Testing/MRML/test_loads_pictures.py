"""What a person sees of the loads in 3D: muscles by activation, ligaments by strain; drawn for the documentation too."""

import numpy as np
import pytest
from slicerhost.spines import segmented
from spinetwin.biomechanics import TASKS, Person, Settings
from spinetwin.phantom import Curve, SpineParameters, make_spine
from spinetwin.poi import compute_pois


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="T4-S1", curves=(Curve(30.0, apex="L1"),)))
    return spine.voxelise(spine.grid(2.5, "LPS", margin_mm=4))


@pytest.fixture
def bent(host, maps):
    """The loads of the phantom, bent forward."""
    from SpineDigitalTwinLib.loads import answers

    positions = {poi.key: np.array(poi.position) for poi in compute_pois(maps) if poi.position is not None}
    question = answers.Question(Person("f", 168, 64), TASKS["flexion-60-10kg"], Settings())
    return answers.answer(question, positions)


def red(pixels):
    """Count the pixels that are as red as busy muscles."""
    r, g, b = (pixels[..., each].astype(float) for each in range(3))
    return int(((r > 90) & (g < 0.35 * r) & (b < 0.45 * r)).sum())


def teal(pixels):
    """Count the pixels that are of the colours of stretched ligaments."""
    r, g, b = (pixels[..., each].astype(float) for each in range(3))
    return int(((g > 60) & (r < 0.6 * g) & (b < 1.1 * g)).sum())


def test_muscles_and_ligaments_in_3d(host, threeDView, maps, bent, picture):
    from SpineDigitalTwinLib.loads import tubes
    from SpineDigitalTwinLib.maps import volumes

    threeDView.window.SetSize(640, 720)
    threeDView.node.SetBackgroundColor(1.0, 1.0, 1.0)
    threeDView.node.SetBackgroundColor2(1.0, 1.0, 1.0)
    tubes.showLigaments(bent.model, bent.found)
    threeDView.look("P")
    camera = threeDView.renderer.GetActiveCamera()
    camera.Azimuth(-35)
    camera.Elevation(10)
    without = threeDView.pixels().copy()
    assert teal(without) > 200, "the strands between the processes are stretched when the trunk is bent"
    bone = segmented(host, "Bone", volumes.addVertebrae("levels", maps.vertebrae, maps.grid))
    bone.CreateClosedSurfaceRepresentation()
    tubes.showMuscles(bent.model, bent.found, tubes.groups())
    # as the application has it: what the legends say is white
    threeDView.node.SetBackgroundColor(0.757, 0.765, 0.910)
    threeDView.node.SetBackgroundColor2(0.455, 0.471, 0.745)
    camera.Zoom(0.9)
    threeDView.renderer.ResetCameraClippingRange()
    assert red(threeDView.pixels()) > red(without) + 2000
    threeDView.png(picture("SpineDigitalTwin-muscles.png"))
