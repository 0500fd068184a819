"""A real mouse on real views: a drag moves the point and only that."""

import types

import numpy as np
import pytest
from spinetwin.anatomy import level

L2, L3 = level("L2").id, level("L3").id


@pytest.fixture
def scene(views, poi, pois):
    from SpinePOILib import display, edits, navigation, pointnodes

    nodes = pointnodes.show(pois)
    history = edits.Edits()
    display.activate(L3)
    navigation.jumpToVertebra(pois.frames[L3], pois[L3, 81].position)
    # from the side, so that no two points near the tip of the spinous process lie behind each other
    navigation.look3D(pois.frames[L3], "P + 0.6 R + 0.4 S", 250.0)
    every = (views.red, views.yellow, views.green, views.three)
    for view in every:
        view.render()
        display.guard(view.displayableManagerByClassName("vtkMRMLMarkupsDisplayableManager"))
    yield types.SimpleNamespace(
        nodes=nodes, edits=history, read=pointnodes.readAll, pois=pois, views=views, every=every, navigation=navigation
    )
    history.close()


def moved(scene):
    found = scene.read()
    return [key for key, each in scene.pois.points.items() if found[key].position != each.position]


@pytest.mark.parametrize("name", ["red", "yellow", "green", "three"])
def test_a_drag_moves_the_point_and_only_that(scene, name):
    scene.views.drag(getattr(scene.views, name), scene.pois[L3, 81].position, by=(-24, 18))
    assert moved(scene) == [(L3, 81)]
    found = scene.read()[L3, 81]
    assert found.edited
    assert found.computed == scene.pois[L3, 81].position
    assert np.linalg.norm(np.subtract(found.position, found.computed)) > 2.0
    assert scene.edits.count == 1
    scene.edits.undo()
    assert scene.read().points == scene.pois.points


def test_a_drag_in_a_slice_stays_in_the_slice(scene):
    scene.views.drag(scene.views.yellow, scene.pois[L3, 81].position, by=(-24, 18))
    local = scene.pois.frames[L3].to_local([scene.read()[L3, 81].position, scene.pois[L3, 81].position])
    assert local[0, 0] == pytest.approx(local[1, 0], abs=1e-6), "not sideways"
    per_pixel = 120.0 / 400.0
    # on the screen: front to the left, up
    assert local[0] - local[1] == pytest.approx([0.0, 24 * per_pixel, 18 * per_pixel], abs=0.5)


@pytest.mark.parametrize("name", ["yellow", "three"])
def test_points_of_a_locked_level_stay(scene, name):
    scene.navigation.jumpToVertebra(scene.pois.frames[L2], scene.pois[L2, 81].position)
    scene.views.drag(getattr(scene.views, name), scene.pois[L2, 81].position)
    assert moved(scene) == []
    assert scene.edits.count == 0


@pytest.mark.parametrize("name", ["red", "yellow", "green", "three"])
def test_a_middle_drag_does_not_move_the_whole_level(scene, name):
    scene.views.drag(getattr(scene.views, name), scene.pois[L3, 81].position, button="Middle")
    assert moved(scene) == []


@pytest.mark.parametrize(("key", "code"), [("Delete", chr(127)), ("BackSpace", chr(8))])
@pytest.mark.parametrize("name", ["yellow", "three"])
def test_delete_has_no_effect_and_says_nothing(scene, name, key, code, capfd):
    capfd.readouterr()
    scene.views.press(getattr(scene.views, name), key, code, scene.pois[L3, 81].position)
    assert scene.read().points == scene.pois.points
    assert "locked" not in capfd.readouterr().err


def test_guarding_is_what_holds_the_level(views, poi, pois):
    """Without it a middle-drag takes the whole level along: the other test would notice."""
    from SpinePOILib import display, navigation, pointnodes

    pointnodes.show(pois)
    display.activate(L3)
    navigation.jumpToVertebra(pois.frames[L3], pois[L3, 81].position)
    views.drag(views.yellow, pois[L3, 81].position, button="Middle")
    found = pointnodes.readAll()
    gone = [key for key, each in pois.points.items() if found[key].position != each.position]
    assert gone == [(L3, each.id) for each in pois.of_level(L3) if each.position]


def test_a_hidden_point_cannot_be_dragged(scene):
    from SpinePOILib import display

    display.showFamilies([each for each in display.families() if each != "muscle"])
    scene.views.drag(scene.views.yellow, scene.pois[L3, 81].position)
    assert (L3, 81) not in moved(scene)


def test_a_jump_brings_the_point_into_the_middle_of_every_slice(scene):
    scene.navigation.jumpToPoint(scene.pois[L3, 101].position)
    for view in (scene.views.red, scene.views.yellow, scene.views.green):
        assert view.pixel(scene.pois[L3, 101].position) == pytest.approx([200.0, 200.0], abs=1e-6)
