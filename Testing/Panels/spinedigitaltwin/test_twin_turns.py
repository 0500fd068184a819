"""Nothing holds the application up: long work is done in turns of the event loop, and it lets go when it fails."""

import time

import pytest
from slicerhost.waiting import settle


@pytest.fixture
def turns(host, monkeypatch):
    """Return a function that counts the turns that a panel's steps take, when each step uses up the time of a turn."""
    from SpineDigitalTwinLib.running import steps

    monkeypatch.setattr(steps, "BUDGET_S", 0.0)

    def count(busy, press):
        press()
        number = 0
        end = time.monotonic() + 120
        while busy() and time.monotonic() < end:
            host.app.processEvents()
            number += 1
        assert not busy(), "it took too long"
        return number

    return count


def test_showing_correcting_and_writing_take_turns(twin, nodes, host, turns, tmp_path):
    twin.ui.subregionsSelector.setCurrentNode(nodes[0])
    twin.ui.vertebraeSelector.setCurrentNode(nodes[1])
    twin.ui.exportFolder.currentPath = str(tmp_path)
    settle(host)
    panel, ui = twin.panel, twin.ui
    number = turns(lambda: panel.labels.busy, ui.showButton.click)
    assert number > twin._parameters.segmentation.GetSegmentation().GetNumberOfSegments(), (
        "one for each surface, and some before"
    )
    assert turns(lambda: panel.levels.busy, ui.mergeButton.click) >= 5
    settle(host, until=lambda: not panel.labels.busy)
    assert turns(lambda: panel.levels.busy, ui.undoButton.click) >= 4
    settle(host, until=lambda: not panel.labels.busy)
    assert turns(lambda: panel.export._steps.busy, ui.exportButton.click) >= 2
    settle(host, until=lambda: not panel.export.busy)


def test_a_large_file_is_read_in_turns(host, twin, tmp_path, monkeypatch):
    import numpy as np
    from SpineDigitalTwinLib.maps import labelfiles
    from spinetwin.geometry import Grid
    from spinetwin.io import itk, write_label_map

    array = np.full((8, 8, 40), 22, np.uint8)
    write_label_map(tmp_path / "a.mha", array, Grid(array.shape, np.eye(4)), packed=False)
    monkeypatch.setattr(itk, "_SLAB_VOXELS", 8 * 8 * 4)
    reading = labelfiles.reading("vertebrae", tmp_path / "a.mha", "a")
    fractions = []
    while True:
        try:
            fractions.append(next(reading))
            assert host.util.getNodesByClass("vtkMRMLLabelMapVolumeNode") == [], "the node comes when all is read"
        except StopIteration as end:
            node = end.value
            break
    assert fractions == pytest.approx([0.1 * n for n in range(1, 11)])
    assert np.array_equal(host.util.arrayFromVolume(node).T, array)


def test_steps_that_fail_let_go(host):
    from SpineDigitalTwinLib.running.steps import StepRunner

    done = []
    runner = StepRunner(lambda _fraction: None, lambda: done.append(True))

    def failing():
        yield 0.0
        raise ZeroDivisionError

    runner.start(failing())
    with pytest.raises(ZeroDivisionError):
        runner._turn()
    assert runner.busy is False
    runner.start(iter([0.5]))
    runner.finish()
    assert (runner.busy, done) == (False, [True])
    settle(host)
    assert done == [True], "told once"


def test_work_aside_tells_its_result_or_its_error(host):
    from SpineDigitalTwinLib.running.aside import Aside

    told, failed = [], []
    aside = Aside(failed.append)
    aside.start(lambda: 7, told.append)
    assert aside.busy
    settle(host, until=lambda: not aside.busy)
    assert told == [7]

    def refuse():
        raise OSError("no room")

    aside.start(refuse, told.append)
    settle(host, until=lambda: not aside.busy)
    assert [str(each) for each in failed] == ["no room"]
    aside.start(lambda: 8, told.append)
    aside.stop()
    settle(host)
    assert told == [7], "what was stopped tells nothing"
    aside.close()
