"""Looking at points and correcting them from the panel."""

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.poi import Poi, PoiSet, Status

T11, L2, L3, L4 = (level(each).id for each in ("T11", "L2", "L3", "L4"))


def texts(table):
    return [
        [table.item(row, column).text() if table.item(row, column) else "" for column in range(table.columnCount)]
        for row in range(table.rowCount)
    ]


def row_of(table, text):
    return next(row for row in range(table.rowCount) if table.item(row, 0).text() == text)


def now():
    from SpinePOILib import pointnodes

    return pointnodes.readAll()


@pytest.fixture
def choose(shown, host):
    """Choose points by their names in the table, as a person does."""

    def do(*names):
        table = shown.ui.pointTable
        table.clearSelection()
        for name in names:
            table.selectRow(row_of(table, name))
        host.app.processEvents()

    return do


TIP = "Muscle insertion on the spinous process"
LEFT = "Muscle insertion on the transverse process, left"
BODY = "Body superior, median"


def test_every_widget_says_what_it_does(spinepoi):
    kinds = ("QPushButton", "QToolButton", "QComboBox", "QCheckBox", "QLineEdit", "QTableWidget", "qMRMLNodeComboBox")
    ours = [
        each for kind in kinds for each in spinepoi.parent.findChildren(kind) if each.name and not each.name.startswith("qt_")
    ]
    silent = [each.name for each in ours if not each.toolTip]
    assert len(ours) > 40
    assert silent == []


def test_levels_and_their_counts(shown, pois):
    rows = texts(shown.ui.levelTable)
    assert [row[0] for row in rows] == ["T11", "T12", "L1", "L2", "L3", "L4"]
    for key, row in zip(pois.levels, rows, strict=True):
        points = pois.of_level(key)
        assert row[1] == str(sum(each.status is Status.OK for each in points))
        assert row[3] == str(sum(each.status is Status.MISSING for each in points) or "")
    assert len(texts(shown.ui.pointTable)) == len(pois.of_level(L3))


def test_a_level_is_chosen_with_mouse_and_keys(shown, host):
    import qt
    from SpinePOILib import display

    table = shown.ui.levelTable
    table.selectRow(1)
    host.app.processEvents()
    assert level(shown.panel.session.level).name == "T12"
    assert display.activeLevel() == level("T12").id
    for key, name in ((qt.Qt.Key_Down, "L1"), (qt.Qt.Key_Down, "L2"), (qt.Qt.Key_Up, "L1")):
        table.setCurrentCell(table.currentRow() + (1 if key == qt.Qt.Key_Down else -1), 0)
        host.app.processEvents()
        assert level(shown.panel.session.level).name == name


def test_choosing_a_point_jumps_there(shown, host, choose, pois):
    view = host.mrmlScene.AddNewNodeByClass("vtkMRMLSliceNode", "Red")
    choose(TIP)
    assert shown.panel.session.selection == (81,)
    pose = host.util.arrayFromVTKMatrix(view.GetSliceToRAS())
    assert pose[:3, 3] == pytest.approx(pois[L3, 81].position)
    assert shown.ui.reasonLabel.text == f"<b>{TIP}</b>: ok"


def test_families_are_shown_and_hidden(shown, host, press):
    rows = len(texts(shown.ui.pointTable))
    press("family_ligament")
    hidden = texts(shown.ui.pointTable)
    assert len(hidden) < rows
    assert not any("ligament" in row[0] for row in hidden)
    from SpinePOILib import pointnodes

    node = pointnodes.nodes()[L3]
    visible = [bool(node.GetNthControlPointVisibility(row)) for row in range(node.GetNumberOfControlPoints())]
    assert sum(visible) == len(hidden)
    press("family_ligament")
    assert len(texts(shown.ui.pointTable)) == rows


def test_the_boxes_change_the_views(shown, host):
    from SpinePOILib import pointnodes, whiskers

    nodes = pointnodes.nodes()
    shown.ui.labelsBox.checked = True
    assert [key for key, node in nodes.items() if node.GetDisplayNode().GetPointLabelsVisibility()] == [L3]
    shown.ui.onlyLevelBox.checked = True
    assert [key for key, node in nodes.items() if node.GetDisplayNode().GetVisibility()] == [L3]
    shown.panel.session.choose(L2)
    host.app.processEvents()
    assert [key for key, node in nodes.items() if node.GetDisplayNode().GetVisibility()] == [L2]
    assert [key for key, node in nodes.items() if node.GetDisplayNode().GetPointLabelsVisibility()] == [L2]
    shown.ui.onlyLevelBox.checked = False
    shown.ui.axesBox.checked = True
    assert whiskers.shown()
    shown.ui.axesBox.checked = False
    assert not whiskers.shown()
    shown.ui.beyondBox.checked = True
    assert all(node.GetDisplayNode().GetSliceProjection() for node in nodes.values())


def test_one_click_back_to_the_scanner(shown, host, pois):
    view = host.mrmlScene.AddNewNodeByClass("vtkMRMLSliceNode", "Red")
    shown.panel.session.choose(L3)
    tilted = host.util.arrayFromVTKMatrix(view.GetSliceToRAS())[:3, 2]
    assert tilted == pytest.approx(pois.frames[L3].superior)
    shown.ui.tiltedBox.checked = False
    assert host.util.arrayFromVTKMatrix(view.GetSliceToRAS())[:3, 2] == pytest.approx([0, 0, 1])
    shown.ui.tiltedBox.checked = True
    assert host.util.arrayFromVTKMatrix(view.GetSliceToRAS())[:3, 2] == pytest.approx(pois.frames[L3].superior)


def test_buttons_make_sense_only_with_a_choice(shown, host, choose):
    ui = shown.ui
    assert [each.enabled for each in (ui.undoButton, ui.resetPointButton, ui.placeButton, ui.mirrorPointButton)] == [False] * 4
    assert ui.resetLevelButton.enabled is True
    choose(TIP)
    assert [each.enabled for each in (ui.placeButton, ui.mirrorPointButton)] == [True] * 2
    assert ui.resetPointButton.enabled is False, "nothing to reset yet"


def test_nudge_undo_redo_reset(shown, host, choose, press, pois):
    choose(TIP)
    press("nudgeRButton")
    press("nudgeRButton")
    moved = np.subtract(now()[L3, 81].position, pois[L3, 81].position)
    assert moved == pytest.approx(pois.frames[L3].right, abs=1e-9)
    table = shown.ui.pointTable
    assert texts(table)[row_of(table, TIP)][1:3] == ["moved", "1.0 mm"]
    assert texts(shown.ui.levelTable)[4][4] == "1"
    assert shown.ui.undoButton.toolTip == "Nudge muscle insertion on the spinous process of L3 (Z)"
    press("undoButton")
    assert texts(table)[row_of(table, TIP)][2] == "0.5 mm"
    press("redoButton")
    assert texts(table)[row_of(table, TIP)][2] == "1.0 mm"
    assert shown.panel.session.selection == (81,), "the choice stays"
    press("resetPointButton")
    assert now().points == pois.points
    assert texts(table)[row_of(table, TIP)][1:3] == ["ok", ""]


def test_keys_work_while_the_panel_is_shown(shown, host, choose, pois):
    choose(TIP)
    assert len(shown.panel.correct.keys._shortcuts) == 11
    pressed = {each.key.toString(): each for each in shown.panel.correct.keys._shortcuts}
    assert {"Z", "Y", "K", "P", "M", "Alt+Left", "Alt+Up", "Alt+PgUp"} <= set(pressed)
    pressed["Alt+Up"].activated.emit()
    moved = np.subtract(now()[L3, 81].position, pois[L3, 81].position)
    assert moved == pytest.approx(0.5 * pois.frames[L3].superior, abs=1e-9)
    pressed["Z"].activated.emit()
    assert now().points == pois.points
    shown.exit()
    assert shown.panel.correct.keys._shortcuts == []
    shown.enter()
    assert len(shown.panel.correct.keys._shortcuts) == 11


def test_mirroring(shown, host, choose, press, pois):
    frame = pois.frames[L3]
    choose(LEFT)
    press("mirrorPointButton")
    image = frame.to_ras(frame.to_local(pois[L3, 83].position) * [-1.0, 1.0, 1.0])
    assert now()[L3, 82].position == pytest.approx(tuple(image))
    press("undoButton")
    press("mirrorRightButton")
    image = frame.to_ras(frame.to_local(pois[L3, 82].position) * [-1.0, 1.0, 1.0])
    assert now()[L3, 83].position == pytest.approx(tuple(image))
    press("resetLevelButton")
    assert now().points == pois.points


def doubtful(pois):
    """L3 with a suspect, a missing and a far away point."""
    points = dict(pois.points)
    points[L3, 82] = Poi(L3, 82, Status.SUSPECT, pois[L3, 82].position, "the ray left the image before the bone", "paper 1")
    points[L3, 83] = Poi(L3, 83, Status.MISSING, None, "no transverse process on this side", "paper 1")
    return PoiSet(points, pois.frames)


def test_a_suspect_point_is_amber_until_it_is_reviewed(shown, host, choose, press, pois, maps, screenshot):
    from SpinePOILib import corrections

    shown.panel.session.replace(doubtful(pois))
    for _ in range(7):
        corrections.nudge(shown.panel.session.edits, L3, [81], "P")
    host.app.processEvents()
    shown.ui.vertebraeSelector.setCurrentNode(maps.vertebrae)
    shown.ui.subregionsSelector.setCurrentNode(maps.subregions)
    choose(TIP)
    screenshot(shown.parent, "SpinePOI.png")
    name = "Muscle insertion on the transverse process, right"
    choose(name)
    assert shown.ui.reasonLabel.text == f"<b>{name}</b>: suspect. the ray left the image before the bone"
    row = row_of(shown.ui.pointTable, name)
    assert shown.ui.pointTable.item(row, 1).background().color().name() == "#ffe699"
    press("reviewedButton")
    assert texts(shown.ui.pointTable)[row][1] == "reviewed"
    assert texts(shown.ui.levelTable)[4][2] == ""


def test_a_missing_point_is_placed_where_the_slices_cross(shown, host, choose, press, pois):
    for tag, orientation in (("Red", "Axial"), ("Yellow", "Sagittal"), ("Green", "Coronal")):
        node = host.mrmlScene.AddNewNodeByClass("vtkMRMLSliceNode", tag)
        node.SetDefaultOrientation(orientation)
        node.SetOrientation(orientation)
    shown.panel.session.replace(doubtful(pois))
    shown.panel.session.choose(L3)
    host.app.processEvents()
    choose(LEFT)
    press("placeButton")
    assert now()[L3, 83].position == pytest.approx(tuple(pois.frames[L3].origin))
    assert now()[L3, 83].edited


def test_keeping_on_the_bone(shown, host, choose, press, maps, pois):
    from SpinePOILib import corrections

    assert shown.ui.surfaceBox.enabled is False
    shown.ui.vertebraeSelector.setCurrentNode(maps.vertebrae)
    host.app.processEvents()
    assert shown.ui.surfaceBox.enabled is True
    shown.ui.surfaceBox.checked = True
    host.app.processEvents()
    there = tuple((np.array(pois[L3, 108].position) + 9.0 * pois.frames[L3].anterior).tolist())
    corrections.place(shown.panel.session.edits, L3, 108, there)
    assert np.linalg.norm(np.subtract(now()[L3, 108].position, pois[L3, 108].position)) < 5.0
    host.mrmlScene.RemoveNode(maps.vertebrae)
    host.app.processEvents()
    assert shown.ui.surfaceBox.enabled is False
    corrections.place(shown.panel.session.edits, L3, 108, there)
    assert now()[L3, 108].position == there


def test_a_deleted_node_leaves_the_panel_sane(shown, host, choose):
    from SpinePOILib import pointnodes

    choose(TIP)
    host.mrmlScene.RemoveNode(pointnodes.nodes()[L3])
    host.app.processEvents()
    assert [row[0] for row in texts(shown.ui.levelTable)] == ["T11", "T12", "L1", "L2", "L4"]
    assert shown.ui.pointTable.rowCount == 0
    assert shown.ui.reasonLabel.text == "Choose a level."
    assert shown.ui.placeButton.enabled is False


def test_a_closed_scene_leaves_the_panel_sane(shown, host, choose, pois):
    choose(TIP)
    host.mrmlScene.Clear(False)
    host.app.processEvents()
    assert shown.ui.levelTable.rowCount == 0
    assert shown.ui.pointTable.rowCount == 0
    assert shown.ui.undoButton.enabled is False
    assert shown.ui.saveButton.enabled is False
    shown.panel.session.replace(pois)
    host.app.processEvents()
    assert shown.ui.levelTable.rowCount == 6


def test_a_scene_brings_the_panel_back(shown, host, choose, press, pois, tmp_path):
    choose(TIP)
    press("nudgeRButton")
    path = str(tmp_path / "scene.mrb")
    assert host.util.saveScene(path)
    host.mrmlScene.Clear(False)
    host.app.processEvents()
    host.util.loadScene(path)
    host.app.processEvents()
    assert level(shown.panel.session.level).name == "L3"
    assert texts(shown.ui.levelTable)[4][4] == "1"
    table = shown.ui.pointTable
    assert texts(table)[row_of(table, TIP)][1:3] == ["moved", "0.5 mm"]
    choose(TIP)
    press("resetPointButton")
    assert now()[L3, 81] == pois[L3, 81]


def test_many_changes_are_shown_once(shown, host, pois):
    shown_times = []
    refresh = shown.panel.look.refresh
    shown.panel.look.refresh = lambda changes: (shown_times.append(changes), refresh(changes))
    shown.panel.session.replace(pois)
    shown.panel.session.choose(L2)
    assert shown_times == []
    host.app.processEvents()
    assert len(shown_times) == 1
