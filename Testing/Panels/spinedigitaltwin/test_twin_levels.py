"""Section Levels of the panel: chosen, pressed, taken back."""

from slicerhost.waiting import settle


def idle(twin):
    return not (twin.panel.labels.busy or twin.panel.levels.busy)


def names(widget):
    table = widget.ui.levelTable
    return [table.item(row, 0).text() for row in range(table.rowCount)]


def choose(widget, name):
    widget.ui.levelTable.setCurrentCell(names(widget).index(name), 0)


def test_the_table_has_the_levels_from_the_top(shown):
    assert names(shown) == ["T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5", "S1"]
    assert shown.ui.levelTable.item(3, 1).text() == "lumbar"
    assert shown.ui.levelTable.item(3, 2).text() == "body, 8 posterior, disc below"


def test_only_choosing_a_level_moves_the_slices(shown, host):
    red = host.vtkMRMLSliceNode()
    for setName in (red.SetSingletonTag, red.SetName, red.SetLayoutName):
        setName("Red")
    host.mrmlScene.AddNode(red)
    red.SetOrientation("Axial")
    choose(shown, "L3")
    there = red.GetSliceToRAS().GetElement(2, 3)
    choose(shown, "L4")
    below = red.GetSliceToRAS().GetElement(2, 3)
    assert there - below > 20
    red.JumpSliceByCentering(0, 0, there)
    shown.ui.colouringBox.currentIndex = 1
    shown.ui.showBodiesButton.click()
    settle(host, until=lambda: idle(shown))
    assert red.GetSliceToRAS().GetElement(2, 3) == there


def test_rename_one_and_all_follow(shown, host):
    choose(shown, "L1")
    assert shown.ui.selectedLabel.text == "L1 is really"
    shown.ui.newNameBox.currentIndex = shown.ui.newNameBox.findText("T12")
    shown.ui.renameButton.click()
    settle(host, until=lambda: idle(shown))
    assert names(shown) == ["T9", "T10", "T11", "T12", "L1", "L2", "L3", "L4", "S1"]
    assert shown.ui.undoButton.text == "Undo: rename L1 to T12"
    shown.ui.undoButton.click()
    settle(host, until=lambda: idle(shown))
    assert names(shown)[0] == "T10"
    assert shown.ui.redoButton.enabled is True


def test_what_is_not_possible_is_said(shown, host):
    shown.ui.shiftDownButton.click()
    settle(host, until=lambda: idle(shown))
    assert shown.ui.levelsMessage.text.startswith("L5 would come to lie below L5.")
    assert names(shown)[0] == "T10"
    shown.ui.shiftUpButton.click()
    settle(host, until=lambda: idle(shown))
    assert shown.ui.levelsMessage.visible is False
    assert names(shown)[0] == "T9"


def test_a_sixth_lumbar_vertebra(shown, host):
    shown.ui.lumbarBox.value = 6
    shown.ui.countFromBox.currentIndex = 1
    shown.ui.recountButton.click()
    settle(host, until=lambda: idle(shown))
    assert names(shown) == ["T11", "T12", "L1", "L2", "L3", "L4", "L5", "L6", "S1"]
    shown.ui.undoButton.click()
    settle(host, until=lambda: idle(shown))
    assert shown.ui.lumbarBox.value == 5


def test_merge_and_split(shown, host):
    choose(shown, "L2")
    assert shown.ui.mergeButton.text == "Merge L2 and L3"
    shown.ui.mergeButton.click()
    settle(host, until=lambda: not shown.panel.labels.busy)
    assert names(shown) == ["T10", "T11", "T12", "L1", "L2", "L3", "L4", "S1"]
    red = host.vtkMRMLSliceNode()
    for setName in (red.SetSingletonTag, red.SetName, red.SetLayoutName):
        setName("Red")
    host.mrmlScene.AddNode(red)
    red.SetOrientation("Axial")
    choose(shown, "T12")
    choose(shown, "L2")
    shown.ui.splitButton.click()
    settle(host, until=lambda: not shown.panel.labels.busy)
    assert names(shown) == ["T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5", "S1"]


def test_split_without_a_slice_view_is_said(shown):
    choose(shown, "L2")
    shown.ui.splitButton.click()
    assert shown.ui.levelsMessage.text.startswith("There is no axial slice view.")
