"""Saving, loading, restoring, reviewing and comparing from the panel."""

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.io import read_pois, write_pois
from spinetwin.poi import PoiSet

L2, L3 = level("L2").id, level("L3").id


def now():
    from SpinePOILib import pointnodes

    return pointnodes.readAll()


def shifted(pois, shift):
    """The points of another reader: L3 moved."""
    points = {
        key: each.moved_to(tuple(np.add(each.position, shift).tolist())) if key[0] == L3 and each.position else each
        for key, each in pois.points.items()
    }
    return PoiSet(points, pois.frames)


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("index", "suffix"), [(0, ".mrk.json"), (1, ".mkr.json"), (2, ".json"), (3, ".csv")])
def test_saving_in_every_format_and_loading_again(shown, host, press, pois, tmp_path, index, suffix):
    shown.ui.formatBox.currentIndex = index
    shown.panel.files.save = lambda _title, name, _suffix: str(tmp_path / name)
    press("saveButton")
    path = tmp_path / f"spine{suffix}"
    assert shown.ui.savedLabel.text == f"Saved: spine{suffix} in {tmp_path}"
    assert read_pois(path).points == pois.points
    shown.panel.session.replace(shifted(pois, (1.0, 0.0, 0.0)))
    shown.panel.files.open = lambda: [str(path)]
    press("loadButton")
    assert now().points == pois.points
    assert shown.ui.statusLabel.text == f"{len(pois)} points of 6 levels loaded."


def test_the_coordinates_are_those_of_the_format(shown, host):
    box = shown.ui.spaceBox
    assert [box.itemText(row) for row in range(box.count)] == [
        "LPS mm (3D Slicer's files, DICOM, ITK)",
        "RAS mm (3D Slicer's views, NIfTI)",
    ]
    shown.ui.formatBox.currentIndex = 2
    assert box.count == 3


def test_one_file_a_level(shown, host, press, pois, tmp_path):
    shown.ui.perLevelBox.checked = True
    shown.panel.files.save = lambda *_: str(tmp_path / "case")
    press("saveButton")
    assert shown.ui.savedLabel.text == f"Saved: 6 files in {tmp_path}"
    shown.panel.files.open = lambda: [str(path) for path in sorted(tmp_path.glob("case-*.mrk.json"))]
    press("loadButton")
    assert now().points == pois.points


def test_voxels_need_an_image(shown, host, press, tmp_path):
    shown.ui.formatBox.currentIndex = 2
    shown.ui.spaceBox.currentIndex = 2
    shown.panel.files.save = lambda *_: str(tmp_path / "a.json")
    press("saveButton")
    assert shown.ui.savedLabel.text.startswith("Voxel coordinates need an image.")
    image = host.util.addVolumeFromArray(np.zeros((5, 6, 7), np.int16), np.diag([2.0, 2.0, 2.0, 1.0]), "image")
    composite = host.mrmlScene.AddNewNodeByClass("vtkMRMLSliceCompositeNode")
    composite.SetBackgroundVolumeID(image.GetID())
    press("saveButton")
    assert (tmp_path / "a.json").is_file()


def test_a_bad_file_and_a_bad_folder_end_in_a_sentence(shown, host, press, pois, tmp_path):
    (tmp_path / "bad.mrk.json").write_text("{")
    shown.panel.files.open = lambda: [str(tmp_path / "bad.mrk.json")]
    press("loadButton")
    assert "cut off" in shown.ui.statusLabel.text
    assert now().points == pois.points
    shown.panel.files.save = lambda *_: str(tmp_path / "no" / "a.mrk.json")
    press("saveButton")
    assert "does not exist" in shown.ui.savedLabel.text


def test_saying_no_in_the_dialogs_changes_nothing(shown, host, press, pois):
    shown.panel.files.open = list
    shown.panel.files.save = lambda *_: ""
    press("loadButton")
    press("saveButton")
    assert now().points == pois.points


def test_edits_of_a_crash_are_offered(shown, host, press, panel, pois):
    from SpinePOILib import corrections

    from SpinePOI import SpinePOIWidget

    assert shown.ui.recoveryFrame.visible is False
    corrections.nudge(shown.panel.session.edits, L3, [81], "R")
    shown.panel._onSave()
    expected = now().points
    # a new application, after the old one was gone without a word
    shown.panel.keeper._path = None
    host.mrmlScene.Clear(False)
    again = panel(SpinePOIWidget)
    assert again.ui.recoveryFrame.visible is True
    assert again.ui.recoveryLabel.text.startswith("Unsaved edits were found: a scene without a name, 20")
    again.ui.restoreButton.click()
    host.app.processEvents()
    assert now().points == expected
    assert again.ui.recoveryFrame.visible is False
    assert again.panel.keeper.leftovers() == []


def test_edits_of_a_crash_can_be_discarded(shown, host, panel):
    from SpinePOILib import corrections

    from SpinePOI import SpinePOIWidget

    corrections.nudge(shown.panel.session.edits, L3, [81], "R")
    shown.panel._onSave()
    shown.panel.keeper._path = None
    again = panel(SpinePOIWidget)
    again.ui.discardButton.click()
    assert again.ui.recoveryFrame.visible is False
    assert again.panel.keeper.leftovers() == []


# --- review -----------------------------------------------------------------------------------------------------------


def test_reviewing_level_by_level(shown, host, press, tmp_path, screenshot):
    ui = shown.ui
    ui.reviewSection.collapsed = False
    host.app.processEvents()
    assert ui.reviewLevel.text == "L3"
    assert ui.reviewProgress.text == "0 of 6 judged"
    ui.readerEdit.text = "reader 1"
    ui.notesEdit.text = "spinous process cut"
    press("suspectButton")
    assert ui.reviewLevel.text == "L4", "the next one"
    for _ in range(3):
        press("acceptButton")
    assert ui.reviewLevel.text == "L1"
    shown.parent.resize(460, 1400)
    host.app.processEvents()
    screenshot(shown.parent, "SpinePOI-review.png")
    press("rejectButton")
    press("acceptButton")
    assert ui.reviewProgress.text == "6 of 6 judged"
    shown.panel.review.save = lambda *_: str(tmp_path / "review")
    press("saveReviewButton")
    rows = (tmp_path / "review.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 7
    found = next(row for row in rows if row.startswith("L3,"))
    assert found.startswith("L3,suspect,spinous process cut,reader 1,20")
    table = ui.levelTable
    assert [table.item(row, 5).text() for row in range(6)] == ["accept", "accept", "reject", "accept", "suspect", "accept"]


def test_keys_judge_only_while_the_review_is_open(shown, host):
    keys = {each.key.toString(): each for each in shown.panel.review.keys._shortcuts}
    keys["1"].activated.emit()
    host.app.processEvents()
    from SpinePOILib import review

    assert review.current().records == {}
    shown.ui.reviewSection.collapsed = False
    keys["3"].activated.emit()
    assert [str(record.verdict) for record in review.current().records.values()] == ["reject"]


def test_going_back_shows_verdict_and_notes(shown, host, press):
    ui = shown.ui
    ui.reviewSection.collapsed = False
    ui.notesEdit.text = "look"
    press("rejectButton")
    assert ui.notesEdit.text == ""
    shown.panel.session.choose(L3)
    host.app.processEvents()
    assert ui.notesEdit.text == "look"
    assert "font-weight" in ui.rejectButton.styleSheet
    assert ui.acceptButton.styleSheet == ""


def test_the_views_are_the_same_for_every_level(shown, host):
    view = host.mrmlScene.AddNewNodeByClass("vtkMRMLSliceNode", "Red")
    view.SetDimensions(300, 300, 1)
    shown.ui.reviewSection.collapsed = False
    for key in (L2, L3):
        view.SetFieldOfView(500.0, 500.0, 1.0)
        shown.panel.session.choose(key)
        host.app.processEvents()
        assert view.GetFieldOfView()[1] == pytest.approx(110.0)


# --- compare ----------------------------------------------------------------------------------------------------------


def test_comparing_with_the_rules_follows_every_edit(shown, host, press, screenshot):
    from SpinePOILib import corrections

    ui = shown.ui
    ui.compareSection.collapsed = False
    press("compareComputedButton")
    assert "mean 0.00 mm" in ui.compareLabel.text
    for _ in range(8):
        corrections.nudge(shown.panel.session.edits, L3, [81], "R")
    host.app.processEvents()
    assert "largest 4.00 mm" in ui.compareLabel.text
    row = next(row for row in range(ui.compareTable.rowCount) if ui.compareTable.item(row, 0).text() == "L3")
    assert ui.compareTable.item(row, 6).text() == "4.00"
    press("endCompareButton")
    assert ui.compareTable.visible is False
    assert host.util.getNodesByClass("vtkMRMLPlotChartNode") == []


def test_comparing_with_another_reader(shown, host, press, pois, tmp_path, screenshot):
    write_pois(tmp_path / "other.mrk.json", shifted(pois, (0.0, 1.5, 2.0)))
    shown.panel.comparison.open = lambda: [str(tmp_path / "other.mrk.json")]
    shown.ui.compareSection.collapsed = False
    press("compareFileButton")
    assert shown.ui.compareLabel.text.startswith("Against other.mrk.json: ")
    assert "largest 2.50 mm" in shown.ui.compareLabel.text
    shown.parent.resize(460, 1500)
    host.app.processEvents()
    screenshot(shown.parent, "SpinePOI-compare.png")
    titles = [node.GetTitle() for node in host.util.getNodesByClass("vtkMRMLPlotChartNode")]
    assert len(titles) == 3
    shown.ui.compareTable.selectRow(0)
    host.app.processEvents()
    assert level(shown.panel.session.level).name == "T11"


def test_a_file_that_cannot_be_compared_ends_in_a_sentence(shown, host, press, tmp_path):
    shown.ui.compareSection.collapsed = False
    (tmp_path / "bad.csv").write_text("x")
    shown.panel.comparison.open = lambda: [str(tmp_path / "bad.csv")]
    press("compareFileButton")
    assert "has no column" in shown.ui.compareLabel.text
    assert shown.ui.compareTable.visible is False


def test_a_closed_scene_ends_the_comparison(shown, host, press):
    shown.ui.compareSection.collapsed = False
    press("compareComputedButton")
    host.mrmlScene.Clear(False)
    host.app.processEvents()
    assert shown.ui.compareTable.visible is False
    assert host.util.getNodesByClass("vtkMRMLPlotChartNode") == []
