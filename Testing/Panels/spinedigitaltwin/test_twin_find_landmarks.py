"""The button Find landmarks: what a network finds is shown as clicked landmarks are, and costs none of them."""

from types import SimpleNamespace

import numpy as np
import pytest
from slicerhost import films
from slicerhost.waiting import settle
from spinetwin.anatomy import level
from spinetwin.io.film_forms import read_landmarks, write_landmarks
from spinetwin.xray.landmarks import Landmarks
from xray.made_people import PIXEL_MM, write_picture

L2, L3, L4 = (level(name).id for name in ("L2", "L3", "L4"))
MINE = {(L3, "spinous"): (11.0, 12.0), (L4, "spinous"): (13.0, 14.0)}
"""Where a person has clicked on the frontal film."""

SAID = "Landmarks of L2, L3 by a network trained on synthetic radiographs: look at them. The lowest vertebra was taken for L3."


@pytest.fixture
def lowest(filmed, host):
    """Both films, of which the panel is told that L3 is the lowest vertebra on them."""
    choose_lowest(filmed, "L3")
    return filmed


def choose_lowest(twin, name):
    box = twin.ui.lowestBox
    box.setCurrentIndex(box.findText(name))
    twin.panel.radiographs.finder._onLowest(box.currentIndex)


def gathered(twin):
    from SpineDigitalTwinLib.radiographs import marks

    return marks.gathered(dict(twin.panel.radiographs.form.films))


def click(twin, places):
    """Place landmarks on the frontal film."""
    from SpineDigitalTwinLib.radiographs import marks

    marks.put(twin.panel.radiographs.form.films["frontal"], {key: np.asarray(pixel) for key, pixel in places.items()})


@pytest.fixture
def answering(lowest, person, monkeypatch):
    """Let a worker that has the answer at once stand for the real one: the clicked landmarks, moved by 3 pixels."""
    started = []

    def start(_title, step, inputs, options, output, done, _failed=None):
        clicked = read_landmarks(person[0] / "marks.csv")
        moved = Landmarks({key: pixel + 3.0 for key, pixel in clicked.seen.items()})
        write_landmarks(output / "landmarks.csv", moved)
        started.append((step, set(inputs), dict(options)))
        done(SimpleNamespace(result=SimpleNamespace(paths={"landmarks": output / "landmarks.csv"}, summary=SAID)))

    monkeypatch.setattr(lowest.panel.background, "start", start)
    return SimpleNamespace(twin=lowest, started=started)


def press(twin, host, button="findMarksButton"):
    getattr(twin.ui, button).click()
    settle(host, until=lambda: not twin.panel.radiographs.busy)


def test_without_films_there_is_nothing_to_press(twin):
    assert twin.ui.marksFrame.enabled is False
    assert twin.ui.findFrame.visible is False
    twin.panel.radiographs.finder.press()
    assert twin.panel.radiographs.busy is False


def test_the_worker_finds_them_and_they_are_as_clicked_ones(lowest, person, host, screenshot):
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    from SpineDigitalTwinLib.radiographs import marks

    twin = lowest
    press(twin, host)
    assert twin.ui.radiographsMessage.text.startswith(SAID), twin.ui.workerLabel.text
    found, clicked = gathered(twin).seen, read_landmarks(person[0] / "marks.csv").seen
    assert found.keys() == clicked.keys()
    assert np.mean([np.linalg.norm(found[key] - at) for key, at in clicked.items()]) * PIXEL_MM < 5.0
    assert twin.ui.filmLevelBox.currentText == "L3", "the level at work, which was found, stays"
    assert all(row[1:3] == ["✓", "✓"] for row in films.rows(twin.ui.marksTable))
    assert twin.ui.xrayButton.text == "Reconstruct 2 levels"
    of = marks.node("lateral")
    free = {of.GetNthControlPointDescription(row)[:2] for row in range(14) if not of.GetNthControlPointLocked(row)}
    assert free == {"L3"}, "they can be dragged, a level at a time"
    for section in (twin.ui.dataSection, twin.ui.segmentSection, twin.ui.labelMapsSection, twin.ui.levelsSection):
        section.collapsed = True
    assert screenshot(twin.ui.radiographsSection, "SpineDigitalTwin-find-landmarks.png").stat().st_size > 10_000


def test_the_worker_is_told_of_films_geometry_and_the_lowest_level(answering, host):
    press(answering.twin, host)
    assert answering.started == [("film_landmarks", {"frontal", "lateral", "geometry"}, {"levels": "L3"})]
    assert gathered(answering.twin).levels == (L2, L3)
    assert gathered(answering.twin).source == "a network trained on synthetic radiographs"


def test_a_level_that_was_not_found_makes_room_for_the_lowest_that_was(answering, host):
    answering.twin.panel.radiographs.marks.chooseLevel("T12")
    press(answering.twin, host)
    assert answering.twin.ui.filmLevelBox.currentText == "L3"


class TestClickedOnes:
    """A person has clicked one of L3 and one of L4 on the frontal film, and presses."""

    @pytest.fixture
    def asked(self, answering, host):
        click(answering.twin, MINE)
        settle(host)
        answering.twin.ui.findMarksButton.click()
        settle(host)
        return answering

    def kept(self, twin):
        """Say whether both are where they were clicked."""
        seen = gathered(twin).seen
        return all((*key, "frontal") in seen and np.allclose(seen[*key, "frontal"], at) for key, at in MINE.items())

    def test_it_asks_before_anything_is_lost(self, asked):
        ui = asked.twin.ui
        assert ui.findFrame.visible is True
        assert ui.findMarksButton.enabled is False
        assert ui.findLabel.text.startswith("2 landmarks of L3, L4 are placed already.")
        assert asked.started == []
        assert self.kept(asked.twin)

    def test_not_now(self, asked, host):
        press(asked.twin, host, "notFindButton")
        assert asked.twin.ui.findFrame.visible is False
        assert asked.twin.ui.findMarksButton.enabled is True
        assert asked.started == []
        assert len(gathered(asked.twin).seen) == 2
        assert self.kept(asked.twin)

    def test_keep_them(self, asked, host):
        press(asked.twin, host, "keepMarksButton")
        assert asked.twin.ui.findFrame.visible is False
        assert len(gathered(asked.twin).seen) == 28 + 1
        assert gathered(asked.twin).source == "a network trained on synthetic radiographs, beside clicks"
        assert self.kept(asked.twin)

    def test_replace_them(self, asked, host):
        press(asked.twin, host, "replaceMarksButton")
        found = gathered(asked.twin)
        assert found.levels == (L2, L3)
        assert len(found.seen) == 28
        assert not self.kept(asked.twin)

    def test_one_that_is_clicked_while_the_worker_looks_is_kept(self, answering, host, monkeypatch):
        start = answering.twin.panel.background.start

        def clicking(*arguments):
            click(answering.twin, MINE)
            start(*arguments)

        monkeypatch.setattr(answering.twin.panel.background, "start", clicking)
        press(answering.twin, host)
        assert self.kept(answering.twin)


class TestNames:
    """The network found L2 and L3, and a person sees that they are others."""

    @pytest.fixture
    def found(self, answering, host):
        press(answering.twin, host)
        return answering.twin

    def test_the_buttons_say_what_the_lowest_would_be(self, found):
        assert found.ui.renameLabel.text == "Lowest with landmarks: L3, not verified"
        buttons = (found.ui.renameUpButton, found.ui.confirmNamesButton, found.ui.renameDownButton)
        assert [button.text for button in buttons] == ["It is L2", "It is L3", "It is L4"]

    def test_a_person_confirms_them_and_the_worker_is_told(self, found, host):
        from SpineDigitalTwinLib.radiographs import marks

        press(found, host, "confirmNamesButton")
        assert found.ui.renameLabel.text == "Lowest with landmarks: L3, confirmed"
        assert len(gathered(found).seen) == 28, "nothing is renamed"
        placed = dict(found.panel.radiographs.form.films)
        marks.put(placed["frontal"], {(L4, "spinous"): np.array([60.0, 120.0])})
        found.panel.radiographs.refresh()
        assert found.ui.renameLabel.text == "Lowest with landmarks: L4, not verified", "a lower one opens the question again"

    def test_a_name_that_a_person_gives_is_confirmed(self, found, host):
        press(found, host, "renameDownButton")
        assert found.ui.renameLabel.text == "Lowest with landmarks: L4, confirmed"

    def test_one_press_renames_the_whole_chain(self, found, host):
        before = gathered(found).seen
        press(found, host, "renameDownButton")
        after = gathered(found)
        assert after.levels == (L3, L4)
        one_below = {L2: L3, L3: L4}
        for (key, name, view), at in before.items():
            np.testing.assert_allclose(after.seen[one_below[key], name, view], at, atol=1e-6)
        assert len(after.seen) == len(before)
        assert found.ui.filmLevelBox.currentText == "L4", "the same vertebra is shown"
        assert found.ui.lowestBox.currentText == "L4", "and the next search counts from it"
        assert "those of L3, L4 now" in found.ui.radiographsMessage.text
        press(found, host, "renameUpButton")
        assert gathered(found).levels == (L2, L3)

    def test_nothing_can_be_renamed_without_landmarks(self, lowest):
        assert lowest.ui.renameUpButton.visible is False
        assert lowest.ui.confirmNamesButton.visible is False
        lowest.panel.radiographs.marks.confirm()
        lowest.panel.radiographs.marks.rename(1)
        assert not gathered(lowest).seen

    def test_names_end_at_l6(self, found, host):
        for _press in range(3):
            press(found, host, "renameDownButton")
        assert [level(each).name for each in gathered(found).levels] == ["L5", "L6"]
        assert found.ui.renameDownButton.enabled is False


def test_a_film_that_was_exchanged_in_the_meantime_gets_nothing(answering, host, monkeypatch):
    twin, start = answering.twin, answering.twin.panel.background.start

    def exchanging(*arguments):
        first, second = twin.ui.frontalSelector.currentNode(), twin.ui.lateralSelector.currentNode()
        twin.ui.frontalSelector.setCurrentNode(second)
        twin.ui.lateralSelector.setCurrentNode(first)
        settle(host)
        start(*arguments)

    monkeypatch.setattr(twin.panel.background, "start", exchanging)
    press(twin, host)
    assert "Another film was chosen in the meantime" in twin.ui.radiographsMessage.text
    assert not gathered(twin).seen


def test_cancelling_leaves_the_films_as_they_were(lowest, host):
    lowest.ui.findMarksButton.click()
    settle(host, until=lambda: lowest.panel.background.busy)
    assert lowest.ui.findMarksButton.enabled is False
    assert lowest.ui.xrayButton.enabled is False
    lowest.ui.cancelButton.click()
    settle(host, until=lambda: not lowest.panel.radiographs.busy)
    assert not gathered(lowest).seen
    assert lowest.ui.findMarksButton.enabled is True


def test_films_that_show_no_vertebra_get_a_sentence(twin, host, tmp_path):
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    for seed, view in enumerate(films.VIEWS):
        write_picture(tmp_path / f"{view}.nii.gz", np.random.default_rng(seed).random((200, 180)))
    films.load(twin, host, [tmp_path / f"{view}.nii.gz" for view in films.VIEWS])
    films.type_geometry(twin, host)
    click(twin, MINE)
    settle(host)
    twin.ui.findMarksButton.click()
    press(twin, host, "replaceMarksButton")
    assert "none on both" in twin.ui.workerLabel.text
    assert len(gathered(twin).seen) == 2, "what is to be replaced stays, if nothing was found"


def test_an_answer_that_cannot_be_read_gets_a_sentence(lowest, host, monkeypatch):
    def start(_title, _step, _inputs, _options, output, done, _failed=None):
        (output / "landmarks.csv").write_text("view,level,landmark,column,row\nfrontal,L3,knee,1,2\n", encoding="utf-8")
        done(SimpleNamespace(result=SimpleNamespace(paths={"landmarks": output / "landmarks.csv"}, summary=SAID)))

    monkeypatch.setattr(lowest.panel.background, "start", start)
    press(lowest, host)
    assert "Line 2 of landmarks.csv is not understood" in lowest.ui.radiographsMessage.text


def test_closing_the_scene_ends_the_question(answering, host):
    click(answering.twin, MINE)
    settle(host)
    answering.twin.ui.findMarksButton.click()
    settle(host)
    host.mrmlScene.Clear(False)
    settle(host)
    assert answering.twin.ui.findFrame.visible is False
    assert answering.twin.ui.marksFrame.enabled is False
    assert answering.started == []
