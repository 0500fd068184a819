"""Edits of points: noticed, undone exactly, redone, and sane when nodes or the scene go away."""

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.poi import PoiSet, Status
from spinetwin.poi.model import EDITED

L2, L3 = level("L2").id, level("L3").id


@pytest.fixture
def glue(poi, pois):
    import types

    from SpinePOILib import corrections, edits, pointnodes

    nodes = pointnodes.show(pois)
    heard = []
    history = edits.Edits(heard.append)
    heard.clear()
    yield types.SimpleNamespace(
        edits=history, corrections=corrections, pointnodes=pointnodes, nodes=nodes, heard=heard, slicer=poi
    )
    history.close()


def state(glue):
    """All that a control point holds, bit by bit."""
    return {
        (key, row): (
            tuple(node.GetNthControlPointPosition(row)),
            node.GetNthControlPointPositionStatus(row),
            node.GetNthControlPointDescription(row),
            node.GetNthControlPointSelected(row),
            node.GetNthControlPointLabel(row),
        )
        for key, node in glue.pointnodes.nodes().items()
        for row in range(node.GetNumberOfControlPoints())
    }


def row_of(glue, level_id, point):
    return glue.pointnodes.idsOf(glue.nodes[level_id]).index(point)


def place(glue, point, position, level_id=L3):
    """What the end of a mouse drag amounts to."""
    node = glue.nodes[level_id]
    node.InvokeCustomModifiedEvent(node.PointStartInteractionEvent)
    for part in (0.25, 0.5, 1.0):
        old = np.array(node.GetNthControlPointPosition(row_of(glue, level_id, point)))
        node.SetNthControlPointPosition(row_of(glue, level_id, point), *(old + part * (np.array(position) - old)))
    node.InvokeCustomModifiedEvent(node.PointEndInteractionEvent)


def test_a_drag_is_one_edit_and_remembers_the_computed_position(glue, pois):
    place(glue, 101, (1.0, 2.0, 3.0))
    found = glue.pointnodes.readAll()
    assert found[L3, 101] == pois[L3, 101].moved_to((1.0, 2.0, 3.0))
    assert found[L3, 101].computed == pois[L3, 101].position
    assert {key: poi for key, poi in found.points.items() if key != (L3, 101)} == {
        key: poi for key, poi in pois.points.items() if key != (L3, 101)
    }
    assert glue.heard == [L3]
    assert glue.edits.count == 1
    assert glue.edits.undoText == "Move anterior longitudinal ligament superior, median of L3"
    row = row_of(glue, L3, 101)
    assert glue.nodes[L3].GetNthControlPointDescription(row).startswith("ok; edited; computed ")


def test_undo_and_redo_are_exact(glue):
    states = [state(glue)]
    for number, point in enumerate((101, 102, 101)):
        place(glue, point, (number, 2.0, 3.0))
        states.append(state(glue))
    for before in states[-2::-1]:
        glue.edits.undo()
        assert state(glue) == before
    assert glue.edits.undo() is None
    assert glue.edits.undoText == ""
    for after in states[1:]:
        glue.edits.redo()
        assert state(glue) == after
    assert glue.edits.redo() is None


def test_a_new_edit_ends_redoing(glue):
    place(glue, 101, (1.0, 2.0, 3.0))
    glue.edits.undo()
    place(glue, 102, (1.0, 2.0, 3.0))
    assert glue.edits.redoText == ""


def test_a_click_without_moving_is_no_edit(glue):
    node = glue.nodes[L3]
    node.InvokeCustomModifiedEvent(node.PointStartInteractionEvent)
    node.InvokeCustomModifiedEvent(node.PointEndInteractionEvent)
    assert glue.edits.count == 0


def test_a_coordinate_typed_elsewhere_is_an_edit_too(glue, pois):
    glue.nodes[L3].SetNthControlPointPosition(row_of(glue, L3, 101), 1.0, 2.0, 3.0)
    assert glue.pointnodes.readAll()[L3, 101] == pois[L3, 101].moved_to((1.0, 2.0, 3.0))
    glue.edits.undo()
    assert glue.pointnodes.readAll().points == pois.points


def test_a_position_removed_elsewhere_comes_back_with_undo(glue, pois):
    glue.nodes[L3].UnsetNthControlPointPosition(row_of(glue, L3, 101))
    found = glue.pointnodes.readAll()[L3, 101]
    assert (found.status, found.source, found.computed) == (Status.MISSING, EDITED, pois[L3, 101].position)
    glue.edits.undo()
    assert glue.pointnodes.readAll().points == pois.points


def test_nothing_happens_to_the_undo_of_the_scene(glue):
    place(glue, 101, (1.0, 2.0, 3.0))
    glue.edits.undo()
    assert glue.slicer.mrmlScene.GetNumberOfUndoLevels() == 0
    assert not glue.slicer.mrmlScene.GetUndoFlag()


def test_nudging_goes_along_the_vertebra(glue, pois):
    for direction in "RASLPI":
        glue.corrections.nudge(glue.edits, L3, [101], direction)
        moved = np.array(glue.pointnodes.readAll()[L3, 101].position) - pois[L3, 101].position
        assert moved == pytest.approx(0.5 * pois.frames[L3].direction(direction), abs=1e-9)
        glue.edits.undo()
    assert abs(pois.frames[L3].right[2]) > 0.01, "the vertebra is tilted, or this test says nothing"


def test_nudging_several_points_is_one_edit(glue, pois):
    glue.corrections.nudge(glue.edits, L3, [101, 102], "S")
    assert glue.edits.undoText == "Nudge 2 points of L3"
    glue.edits.undo()
    assert glue.pointnodes.readAll().points == pois.points


def test_reset_of_a_point_and_of_a_level(glue, pois):
    place(glue, 101, (1.0, 2.0, 3.0))
    place(glue, 102, (1.0, 2.0, 3.0))
    glue.corrections.setBack(glue.edits, L3, [101])
    assert glue.pointnodes.readAll()[L3, 101] == pois[L3, 101]
    assert glue.pointnodes.readAll()[L3, 102].edited
    glue.corrections.setBack(glue.edits, L3)
    assert glue.pointnodes.readAll().points == pois.points
    glue.edits.undo()
    assert glue.pointnodes.readAll()[L3, 102].edited
    assert glue.corrections.setBack(glue.edits, L3, [101]) is None, "nothing to set back is no edit"


def test_mirroring_one_point(glue, pois):
    glue.corrections.mirror(glue.edits, L3, [109])
    frame, found = pois.frames[L3], glue.pointnodes.readAll()
    there, here = frame.to_local(found[L3, 117].position), frame.to_local(pois[L3, 109].position)
    assert there == pytest.approx(here * [-1.0, 1.0, 1.0], abs=1e-9)
    assert found[L3, 109] == pois[L3, 109]
    assert found[L3, 117].computed == pois[L3, 117].position


def test_mirroring_a_level_from_left_to_right_and_back(glue, pois):
    from spinetwin.anatomy import POINTS

    glue.corrections.mirror(glue.edits, L3)
    found, frame = glue.pointnodes.readAll(), pois.frames[L3]
    for each in POINTS:
        if each.side == "left" and (L3, each.id) in pois.points and pois[L3, each.id].position:
            image = frame.to_ras(frame.to_local(pois[L3, each.id].position) * [-1.0, 1.0, 1.0])
            assert found[L3, each.mirror].position == pytest.approx(tuple(image), abs=1e-9)
        if each.side == "median" and (L3, each.id) in pois.points:
            assert found[L3, each.id] == pois[L3, each.id]
    glue.edits.undo()
    glue.corrections.mirror(glue.edits, L3, side="right")
    assert glue.pointnodes.readAll()[L3, 117] == pois[L3, 117]
    assert glue.pointnodes.readAll()[L3, 109].edited
    assert glue.corrections.mirror(glue.edits, L3, [101]) is None, "a median point has no partner"


def test_marking_as_reviewed_clears_the_amber(glue, pois):
    doubtful = pois[L3, 101].moved_to(pois[L3, 101].position)
    suspect = PoiSet.of([type(doubtful)(L3, 101, Status.SUSPECT, pois[L3, 101].position, "why", "paper 1")])
    glue.pointnodes.show(suspect)
    glue.edits.forget()
    node = glue.nodes[L3]
    assert not node.GetNthControlPointSelected(0)
    glue.corrections.confirm(glue.edits, L3, [101])
    assert node.GetNthControlPointSelected(0)
    assert glue.pointnodes.readAll()[L3, 101] == doubtful
    glue.edits.undo()
    assert not node.GetNthControlPointSelected(0)
    assert glue.pointnodes.readAll()[L3, 101] == suspect[L3, 101]


def test_a_missing_point_can_be_placed(glue, pois):
    gone = type(pois[L3, 101])(L3, 101, Status.MISSING, None, "no body", "paper 1")
    glue.pointnodes.show(PoiSet.of([gone]))
    glue.edits.forget()
    glue.corrections.place(glue.edits, L3, 101, (1.0, 2.0, 3.0))
    assert glue.pointnodes.readAll()[L3, 101] == gone.moved_to((1.0, 2.0, 3.0))
    glue.edits.undo()
    assert glue.pointnodes.readAll()[L3, 101] == gone
    assert glue.nodes[L3].GetNumberOfDefinedControlPoints() == 0


def test_a_constraint_holds_what_is_moved(glue):
    glue.edits.constrain = lambda _level, position: (position[0], position[1], 7.0)
    place(glue, 101, (1.0, 2.0, 3.0))
    assert glue.pointnodes.readAll()[L3, 101].position == (1.0, 2.0, 7.0)
    assert glue.edits.count == 1
    place(glue, 101, (1.0, 2.0, 90.0))
    assert glue.nodes[L3].GetNthControlPointPosition(row_of(glue, L3, 101)) == (1.0, 2.0, 7.0), "the node is held too"
    assert glue.edits.count == 1


def test_a_deleted_node_takes_its_edits_along(glue):
    place(glue, 101, (1.0, 2.0, 3.0))
    place(glue, 101, (1.0, 2.0, 3.0), L2)
    glue.slicer.mrmlScene.RemoveNode(glue.nodes[L3])
    assert glue.edits.undo().level == L2
    assert glue.edits.undo() is None
    assert glue.edits.points(L3) == {}
    assert glue.corrections.nudge(glue.edits, L3, [101], "R") is None
    assert glue.corrections.setBack(glue.edits, L3) is None
    assert glue.corrections.place(glue.edits, L3, 101, (1.0, 2.0, 3.0)) is None


def test_a_replaced_node_is_watched_and_old_edits_are_gone(glue, pois):
    place(glue, 101, (1.0, 2.0, 3.0))
    glue.slicer.mrmlScene.RemoveNode(glue.nodes[L3])
    glue.nodes.update(glue.pointnodes.show(PoiSet.of(pois.of_level(L3), pois.frames)))
    glue.edits.forget()
    assert glue.edits.undoText == ""
    place(glue, 101, (4.0, 5.0, 6.0))
    glue.edits.undo()
    assert glue.pointnodes.readAll().points == pois.points


def test_a_closed_scene_leaves_nothing_behind(glue, pois):
    place(glue, 101, (1.0, 2.0, 3.0))
    glue.slicer.mrmlScene.Clear(False)
    assert glue.edits.undo() is None
    assert glue.edits.points(L3) == {}
    glue.nodes.clear()
    glue.nodes.update(glue.pointnodes.show(pois))
    glue.edits.forget()
    place(glue, 101, (1.0, 2.0, 3.0))
    assert glue.edits.count == 2


def test_own_work_is_no_edit(glue, pois):
    with glue.edits.ownWork():
        glue.pointnodes.show(PoiSet.of([pois[L3, 101].moved_to((0.0, 0.0, 0.0))]))
    glue.edits.forget()
    assert glue.edits.count == 0
    assert list(glue.edits.points(L3)) == [101]


def test_after_closing_nothing_is_noticed(glue):
    glue.edits.close()
    place(glue, 101, (1.0, 2.0, 3.0))
    assert glue.heard == []


def rename(glue, names):
    """Give nodes other levels, as correcting the numbering does: one after the other, so that two share a name meanwhile."""
    nodes = dict(glue.pointnodes.nodes())
    for old, new in names.items():
        nodes[level(old).id].SetAttribute(glue.pointnodes.LEVEL, new)


def test_levels_that_are_renamed_are_followed(glue, pois):
    before = glue.edits.points(L3)[101]
    rename(glue, {"L4": "L5", "L3": "L4", "L2": "L3"})
    assert [level(key).name for key in glue.edits.levels] == ["T11", "T12", "L1", "L3", "L4", "L5"]
    l4 = level("L4").id
    assert glue.edits.points(l4)[101].position == before.position
    glue.nodes.update(glue.pointnodes.nodes())
    place(glue, 101, (1.0, 2.0, 3.0), l4)
    assert glue.edits.undoText == "Move anterior longitudinal ligament superior, median of L4"
    glue.edits.undo()
    assert glue.pointnodes.readAll()[l4, 101].position == before.position


def test_a_level_that_is_put_aside_leaves(glue):
    glue.nodes[L3].SetAttribute(glue.pointnodes.LEVEL, None)
    assert L3 not in glue.edits.levels
    glue.nodes[L3].SetAttribute(glue.pointnodes.LEVEL, "L3")
    assert L3 in glue.edits.levels
