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
    from SpineDigitalTwinLib import loadsanswer

    positions = {poi.key: np.array(poi.position) for poi in compute_pois(maps) if poi.position is not None}
    question = loadsanswer.Question(Person("f", 168, 64), TASKS["flexion-60-10kg"], Settings(), {})
    return loadsanswer.answer(question, positions)


def white(view):
    view.window.SetSize(640, 720)
    view.node.SetBackgroundColor(1.0, 1.0, 1.0)
    view.node.SetBackgroundColor2(1.0, 1.0, 1.0)


def test_muscles_and_ligaments_in_3d(host, threeDView, maps, bent, picture):
    from SpineDigitalTwinLib import loadstubes, volumes

    bone = segmented(host, "Bone", volumes.addVertebrae("levels", maps.vertebrae, maps.grid))
    bone.CreateClosedSurfaceRepresentation()
    white(threeDView)
    loadstubes.showMuscles(bent.model, bent.found, loadstubes.groups())
    loadstubes.showLigaments(bent.model, bent.found)
    threeDView.look("P")
    camera = threeDView.renderer.GetActiveCamera()
    camera.Azimuth(-35)
    camera.Elevation(10)
    camera.Zoom(1.35)
    threeDView.renderer.ResetCameraClippingRange()
    threeDView.png(picture("SpineDigitalTwin-muscles.png"))
    loadstubes.hide(loadstubes.MUSCLES)
    threeDView.png(picture("SpineDigitalTwin-ligaments.png"))
