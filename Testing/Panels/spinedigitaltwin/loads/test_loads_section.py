"""Section Biomechanics of the panel: filled in, pressed, dragged and looked at."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from slicerhost import views
from slicerhost.loads import cells, choose, node_of, rest, row_of, shift
from slicerhost.waiting import settle
from spinetwin.anatomy import level
from spinetwin.biomechanics import TASKS, Person, Settings, build_model, interval, loads
from spinetwin.measure.frames import frames_from_points

L3, T8 = level("L3").id, level("T8").id


def expected(points, task, **settings):
    """The loads by the core alone, without the panel."""
    return loads(model_of(points, **settings), TASKS[task], Settings(**settings))


def model_of(points, **settings):
    places = {poi.key: np.array(poi.position) for poi in points}
    return build_model(places, frames_from_points(places), Person("f", 168.0, 64.0), Settings(**settings))


class TestBefore:
    def test_the_button_says_what_is_missing(self, opened, host, points, screenshot):
        from SpinePOILib import pointnodes

        ui = opened.ui
        assert (ui.loadsButton.enabled, ui.loadsButton.text) == (False, "Compute or load points of interest first")
        assert ui.researchLabel.text.startswith("Research use.")
        assert ui.loadsFrame.visible is False
        pointnodes.show(points)
        settle(host)
        assert ui.loadsButton.text == "Give sex, height and weight"
        assert ui.loadsState.text == "✓ points of T1 to L5, with every correction"
        choose(opened, host, sexBox=2, weightBox=80.0)
        assert ui.loadsButton.text == "Give height"
        screenshot(ui.loadsSection, "SpineDigitalTwin-biomechanics-form.png")
        choose(opened, host, heightBox=181.0)
        assert (ui.loadsButton.enabled, ui.loadsButton.text) == (True, "Compute loads")
        assert "It decides the loads of standing" in ui.floorBox.toolTip
        assert (ui.strengthBox.value, ui.floorBox.value) == (Settings().strength, Settings().activation_floor)
        assert (ui.pelvisBox.value, ui.powerBox.value) == (Settings().pelvis_share, Settings().power)

    def test_impossible_people_and_columns_are_refused_in_a_sentence(self, filled, host):
        from SpinePOILib import pointnodes

        ui = filled.ui
        choose(filled, host, heightBox=30.0)
        ui.loadsButton.click()
        assert ui.loadsMessage.text == "The stature must be between 80 and 230 cm, not 30."
        assert filled.panel.loads.answer is None
        choose(filled, host, heightBox=168.0)
        pointnodes.remove([T8])
        settle(host)
        assert (ui.loadsButton.enabled, ui.loadsButton.text) == (False, "No model can be made of these points")
        assert ui.loadsState.text.startswith("No model without T8: the column from T1 to the sacrum must be whole.")


class TestComputing:
    def test_the_table_holds_what_the_core_says(self, computed, host, points, screenshot):
        rest(computed, host)
        ui, found = computed.ui, expected(points, "standing")
        table = cells(ui.loadsTable)
        assert [row[1] for row in table[:2]] == ["T1/T2", "T2/T3"]
        assert table[-1][1] == "L5/S1"
        assert [int(row[2]) for row in table] == [round(float(each)) for each in reversed(found.compression)]
        assert [float(row[6]) for row in table] == pytest.approx([-each for each in reversed(found.demand[:, 0])], abs=0.051)
        low, high = (float(each) for each in table[-1][3].split(" – "))
        assert low < found.compression[0] < high
        assert ui.verdictLabel.visible is not found.trusted
        assert "Grey bands: pressure measured in a man of 70 kg, Wilke 1999" in ui.loadsNotes.text
        screenshot(ui.loadsSection, "SpineDigitalTwin-biomechanics.png")

    def test_the_bars_are_drawn(self, computed):
        picture = computed.ui.barsLabel.grab().toImage()
        inks = {picture.pixelColor(x, y).name() for x in range(0, picture.width(), 2) for y in range(0, picture.height(), 2)}
        assert inks >= {"#1f5fd6", "#9db4dd", "#d5d9df", "#ffffff"}, "joints that move, joints between ribs, a band, paper"

    def test_a_task_too_heavy_is_red_with_the_reason(self, computed, host):
        choose(computed, host, taskBox=row_of("lifting-20kg"), strengthBox=30.0)
        computed.ui.loadsButton.click()
        settle(host)
        assert computed.ui.verdictLabel.visible is True
        assert "Not to be trusted: " in computed.ui.verdictLabel.text
        assert computed.panel.loads.answer.found.trusted is False

    def test_sorting_holds_while_numbers_change_and_copying_brings_all(self, computed, host):
        import qt

        ui = computed.ui
        ui.loadsTable.sortItems(2, qt.Qt.DescendingOrder)
        values = [int(row[2]) for row in cells(ui.loadsTable)]
        assert values == sorted(values, reverse=True), "as numbers, not as texts"
        choose(computed, host, taskBox=row_of("flexion-60"))
        ui.loadsButton.click()
        settle(host)
        ui.copyLoadsButton.click()
        lines = qt.QApplication.clipboard().text().splitlines()
        assert lines[0].split("\t")[:3] == ["#", "Joint", "Compression N"]
        assert [line.split("\t")[0] for line in lines[1:]] == [str(each) for each in range(1, 18)]

    def test_the_table_is_saved_and_a_bad_place_is_said(self, computed, tmp_path):
        path = tmp_path / "Müller loads.csv"
        computed.panel.loads.chooseFile = lambda: str(path)
        computed.ui.saveLoadsButton.click()
        assert computed.ui.loadsMessage.text == "Written: Müller loads.csv"
        with path.open(encoding="utf-8") as file:
            assert next(csv.DictReader(file))["joint below"] == "T1"
        computed.panel.loads.chooseFile = lambda: str(tmp_path / "gone" / "a.csv")
        computed.ui.saveLoadsButton.click()
        assert "gone" in computed.ui.loadsMessage.text
        computed.panel.loads.chooseFile = lambda: ""
        computed.ui.saveLoadsButton.click()
        assert computed.ui.loadsMessage.text == ""


class TestIn3D:
    def test_groups_and_ligaments_are_shown_and_hidden(self, computed, host):
        from SpineDigitalTwinLib.loads import tubes

        muscles, ui = computed.panel.loads.muscles, computed.ui
        whole = tubes.find(tubes.MUSCLES).GetPolyData().GetNumberOfPoints()
        assert all(button.checked for button in muscles.buttons.values()), "all of them after the first computation"
        assert tubes.find(tubes.LIGAMENTS) is not None
        ui.allMusclesButton.click()
        settle(host)
        assert tubes.find(tubes.MUSCLES) is None
        muscles.buttons["psoas"].click()
        settle(host)
        assert 0 < tubes.find(tubes.MUSCLES).GetPolyData().GetNumberOfPoints() < whole
        ui.ligamentsButton.click()
        settle(host)
        assert tubes.find(tubes.LIGAMENTS) is None
        ui.loadsButton.click()
        settle(host)
        assert tubes.find(tubes.LIGAMENTS) is None, "whoever took them away does not get them again"


class TestLive:
    def test_only_with_live_ticked_the_loads_follow(self, computed, host):
        loads_panel, ui = computed.panel.loads, computed.ui
        before = loads_panel.answer
        shift(L3, 100, (0, 3.0, 0))
        settle(host)
        assert loads_panel.answer is before
        assert ui.loadsStaleLabel.visible is True
        ui.liveBox.click()
        settle(host)
        assert loads_panel.answer is not before
        assert ui.loadsStaleLabel.visible is False
        choose(computed, host, taskBox=row_of("flexion-36"))
        assert loads_panel.answer.found.task.name == "flexion-36"

    def test_many_moves_in_a_row_are_one_solution(self, computed, host, monkeypatch):
        from SpineDigitalTwinLib.loads import answers

        computed.ui.liveBox.click()
        settle(host)
        calls = []
        monkeypatch.setattr(answers, "answer", lambda *given, was=answers.answer: calls.append(1) or was(*given))
        for _each in range(20):
            shift(L3, 100, (0, 0.1, 0))
        settle(host)
        assert len(calls) == 1

    def test_points_that_become_impossible_leave_the_loads_from_before(self, computed, host):
        from SpinePOILib import pointnodes

        computed.ui.liveBox.click()
        settle(host)
        before, node = computed.panel.loads.answer, node_of(T8)
        row = pointnodes.idsOf(node).index(50)
        place = node.GetNthControlPointPosition(row)
        node.UnsetNthControlPointPosition(row)
        settle(host)
        assert computed.panel.loads.answer is before
        assert computed.ui.loadsStaleLabel.text.startswith("These loads are from before; no others can be computed now: ")
        assert "T8" in computed.ui.loadsStaleLabel.text
        node.SetNthControlPointPosition(row, *place)
        settle(host)
        assert computed.ui.loadsStaleLabel.visible is False
        shift(L3, 100, (0, 60.0, 0))
        settle(host)
        assert computed.ui.verdictLabel.visible is True, "a disc far off is red at once"

    def test_deleted_points_and_a_closed_scene(self, computed, host):
        computed.ui.liveBox.click()
        settle(host)
        host.mrmlScene.RemoveNode(node_of(L3))
        settle(host)
        assert "No model without L3" in computed.ui.loadsStaleLabel.text
        for each in (key for key in range(8, 25) if key != L3):
            host.mrmlScene.RemoveNode(node_of(each))
        settle(host)
        assert computed.ui.loadsStaleLabel.text == "The points of these loads are not in the scene any more."
        host.mrmlScene.Clear(False)
        settle(host)
        assert computed.panel.loads.answer is None
        assert computed.ui.loadsFrame.visible is False
        assert computed.ui.loadsButton.text == "Compute or load points of interest first"

    def test_a_real_mouse_drags_and_the_panel_follows(self, computed, host):
        if not views.can_draw():
            pytest.skip("VTK cannot draw here: needs EGL (Debian: libegl1 libegl-mesa0 libgl1-mesa-dri) or OSMesa")
        from SpinePOILib import display, pointnodes

        computed.ui.liveBox.click()
        settle(host)
        display.activate(L3)
        view = views.SliceView(host)
        tip = node_of(L3).GetNthControlPointPosition(pointnodes.idsOf(node_of(L3)).index(81))
        view.node.SetFieldOfView(120.0, 120.0, 1.0)
        view.jump(tip)
        seen, ended = [], []
        tag = node_of(L3).AddObserver(node_of(L3).PointEndInteractionEvent, lambda *_: ended.append(len(seen)))
        move = view.move

        def moved(x, y):
            move(x, y)
            host.app.processEvents()
            seen.append((computed.panel.loads.answer, str(cells(computed.ui.loadsTable))))

        view.move = moved
        x, y = view.pixel(tip)
        view.drag((x, y), (x + 60, y), steps=10)
        node_of(L3).RemoveObserver(tag)
        assert ended
        answers = {id(each) for each, _text in seen[: ended[0]]}
        assert len(answers) >= 10, "a solution for each move of the mouse, before the button is released"
        assert len({text for _answer, text in seen}) >= 3, "and the table shows it"

    def test_the_mouse_leaves_a_locked_level_and_its_loads_alone(self, computed, host):
        if not views.can_draw():
            pytest.skip("VTK cannot draw here: needs EGL (Debian: libegl1 libegl-mesa0 libgl1-mesa-dri) or OSMesa")
        from SpinePOILib import display, pointnodes

        computed.ui.liveBox.click()
        settle(host)
        node, before = node_of(L3), computed.panel.loads.answer
        row = pointnodes.idsOf(node).index(81)
        tip = node.GetNthControlPointPosition(row)
        view = views.SliceView(host)
        view.node.SetFieldOfView(120.0, 120.0, 1.0)
        display.activate(T8)
        view.jump(tip)
        x, y = view.pixel(tip)
        view.drag((x, y), (x + 60, y))
        settle(host)
        assert node.GetLocked()
        assert node.GetNthControlPointPosition(row) == tip
        assert computed.panel.loads.answer is before
        display.activate(L3)
        view.jump(tip)
        view.drag((x, y), (x + 60, y))
        settle(host)
        assert np.linalg.norm(np.subtract(node.GetNthControlPointPosition(row), tip)) > 5.0
        assert computed.panel.loads.answer is not before


def test_the_grey_bands_say_where_they_come_from(computed):
    tip = computed.ui.barsLabel.toolTip
    assert "Grey below L4: 400 to 700 N, pressure measured in a man of 70 kg: Wilke 1999" in tip
    assert tip.startswith("Dark: joints that move")


def test_bars_and_whiskers_are_as_long_as_the_forces(computed, points):
    """Read as a person does, from the ticks of each axis, for both columns and every joint."""
    from SpineDigitalTwinLib.loads import bars

    found, width = expected(points, "standing"), 460.0
    spread = interval(model_of(points), TASKS["standing"], samples=8, around=found)
    drawn = bars.shapes(found, spread, None, width)
    boxes = [each for each in drawn if isinstance(each, bars.Box) and each.ink in ("#1f5fd6", "#9db4dd")]
    lines = [each for each in drawn if isinstance(each, bars.Stroke) and each.ink == "#101010" and each.start[1] == each.end[1]]
    ticks = [
        (float(each.text), each.left + each.width / 2) for each in drawn if isinstance(each, bars.Word) and is_number(each)
    ]
    second = next(at for at in range(1, len(ticks)) if ticks[at][0] < ticks[at - 1][0])
    joints = len(found.levels)
    for part, axis, name in ((0, ticks[:second], "compression"), (1, ticks[second:], "shear_anterior")):
        here = slice(part * joints, (part + 1) * joints)
        (low, at), (high, to) = axis[0], axis[-1]
        per_newton = (to - at) / (high - low)
        lengths = [each.width / per_newton for each in boxes[here]]
        np.testing.assert_allclose(lengths, np.maximum(np.abs(getattr(found, name)), 1.0 / per_newton), atol=1e-6)
        ends = [[low + (each.start[0] - at) / per_newton, low + (each.end[0] - at) / per_newton] for each in lines[here]]
        np.testing.assert_allclose(ends, np.transpose([spread.low[name], spread.high[name]]), atol=1e-6)


def test_bars_of_a_result_that_is_not_to_be_trusted_are_red(computed, points):
    from SpineDigitalTwinLib.loads import bars

    model = model_of(points)
    drawn = [
        {each.ink for each in bars.shapes(loads(asked, TASKS["standing"]), None, None, 460.0) if isinstance(each, bars.Box)}
        for asked in (model, replace(model, suspect=("L3",)))
    ]
    blues, reds = {"#1f5fd6", "#9db4dd"}, {"#b3261e", "#e0a29d"}
    assert [inks & (blues | reds) for inks in drawn] == [blues, reds]


def is_number(word):
    return word.align == "centre" and word.text.lstrip("-").replace(".", "").isdigit()
