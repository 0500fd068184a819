"""Points go into files and scenes and come back into the same state."""

import json
import os

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.errors import ParameterError, ReadError
from spinetwin.io import read_pois
from spinetwin.poi import PoiSet, Status

L2, L3 = level("L2").id, level("L3").id


@pytest.fixture
def glue(poi):
    import types

    from SpinePOILib import autosave, corrections, edits, pointnodes, review, storage

    return types.SimpleNamespace(
        autosave=autosave, corrections=corrections, edits=edits, pointnodes=pointnodes, review=review, storage=storage
    )


@pytest.fixture
def worked(glue, pois):
    """The points after a person has worked on them: one moved, one confirmed, one suspect, one missing, one removed."""
    points = dict(pois.points)
    points[L3, 101] = points[L3, 101].moved_to((1.0, 2.0, 3.0))
    points[L3, 102] = points[L3, 102].moved_to(points[L3, 102].position)
    kind = type(points[L3, 101])
    points[L3, 103] = kind(L3, 103, Status.SUSPECT, points[L3, 103].position, "a reason; with\nall é", "paper 1")
    points[L3, 104] = kind(L3, 104, Status.MISSING, None, "no body", "paper 1")
    found = PoiSet(points, pois.frames)
    glue.pointnodes.show(found, computed=pois)
    return found


@pytest.mark.parametrize("suffix", [".mrk.json", ".mkr.json", ".json", ".csv"])
def test_one_file_of_all_levels_and_back(glue, worked, tmp_path, suffix):
    path = tmp_path / f"spine{suffix}"
    assert glue.storage.save(path) == [path]
    glue.pointnodes.remove()
    loaded = glue.storage.load([path])
    assert loaded.unknown == ()
    assert glue.pointnodes.readAll().points == worked.points
    for key, frame in glue.pointnodes.readAll().frames.items():
        assert np.abs(frame.axes - worked.frames[key].axes).max() < 1e-9


@pytest.mark.parametrize("suffix", [".mrk.json", ".mkr.json"])
def test_one_file_a_level_and_back(glue, worked, tmp_path, suffix):
    paths = glue.storage.save(tmp_path / f"my.spine{suffix}", perLevel=True)
    assert [path.name for path in paths] == [f"my.spine-{level(key).name}{suffix}" for key in worked.levels]
    glue.pointnodes.remove()
    glue.storage.load(paths)
    assert glue.pointnodes.readAll().points == worked.points


@pytest.mark.parametrize(
    ("suffix", "space"), [(".mrk.json", "ras"), (".mrk.json", "lps"), (".json", "lps"), (".json", "voxel"), (".csv", "voxel")]
)
def test_other_coordinates_give_the_same_points(poi, glue, worked, tmp_path, suffix, space):
    image = poi.util.addVolumeFromArray(np.zeros((9, 8, 7), np.int16), np.diag([2.0, -1.0, 3.0, 1.0]), "image")
    glue.storage.save(tmp_path / f"a{suffix}", space=space, image=image)
    found = read_pois(tmp_path / f"a{suffix}")
    assert list(found.points) == list(worked.points)
    for each in worked:
        assert (each.position is None) == (found[each.key].position is None)
        if each.position:
            assert found[each.key].position == pytest.approx(each.position, abs=1e-9)
            assert found[each.key].status == each.status


def test_slicers_own_save_of_a_node_keeps_the_state(poi, glue, worked, tmp_path):
    node = glue.pointnodes.nodes()[L3]
    assert poi.util.saveNode(node, os.fspath(tmp_path / "L3.mrk.json"))
    found = read_pois(tmp_path / "L3.mrk.json")
    for each in worked.of_level(L3):
        back = found[each.key]
        assert (back.status, back.reason, back.source) == (each.status, each.reason, each.source)
        # Slicer writes fewer digits
        assert (back.position is None) == (each.position is None)
        assert back.position is None or back.position == pytest.approx(each.position, abs=1e-5)


def test_loading_takes_the_place_of_what_was_there(glue, worked, tmp_path):
    only = glue.storage.save(tmp_path / "a.mrk.json", perLevel=True)[-1]
    glue.storage.load([only])
    assert glue.pointnodes.readAll().levels == worked.levels[-1:]


def test_a_bad_file_leaves_the_scene_as_it_was(glue, worked, tmp_path):
    (tmp_path / "a.mrk.json").write_text("{")
    with pytest.raises(ReadError):
        glue.storage.load([tmp_path / "a.mrk.json"])
    assert glue.pointnodes.readAll().points == worked.points


def test_what_is_unknown_in_a_file_is_named(glue, worked, tmp_path):
    glue.storage.save(tmp_path / "a.mrk.json")
    content = json.loads((tmp_path / "a.mrk.json").read_text())
    content["markups"].append(
        {**content["markups"][0], "name": "nowhere", "controlPoints": [{"label": "x", "position": [0, 0, 0]}]}
    )
    (tmp_path / "a.mrk.json").write_text(json.dumps(content))
    assert len(glue.storage.load([tmp_path / "a.mrk.json"]).unknown) == 1


def test_nothing_to_save(glue, poi, tmp_path):
    with pytest.raises(ParameterError, match="no points"):
        glue.storage.save(tmp_path / "a.mrk.json")
    with pytest.raises(ParameterError):
        glue.storage.save(tmp_path / "a.txt")


def test_a_format_without_such_coordinates_says_so(glue, worked, tmp_path):
    for each in glue.storage.FORMATS:
        for space in each.spaces:
            if space != "voxel":
                glue.storage.save(tmp_path / f"{space}{each.suffix}", space=space)
    with pytest.raises(ParameterError):
        glue.storage.save(tmp_path / "a.mrk.json", space="voxel")


@pytest.fixture
def watching(glue, worked):
    found = glue.edits.Edits()
    yield found
    found.close()


def test_a_scene_brings_everything_back(poi, glue, worked, watching, pois, tmp_path):
    from SpinePOILib import display

    display.activate(L3)
    glue.review.judge(L3, "reject", "reader")
    glue.review.note(L3, "left and right, swapped")
    verdicts = glue.review.current()
    path = os.fspath(tmp_path / "scene.mrb")
    assert poi.util.saveScene(path)
    poi.mrmlScene.Clear(False)
    assert glue.pointnodes.nodes() == {}
    poi.util.loadScene(path)
    found = glue.pointnodes.readAll()
    assert list(found.points) == list(worked.points)
    for each in worked:
        back = found[each.key]
        assert (back.status, back.reason, back.source) == (each.status, each.reason, each.source)
        assert (back.position is None) == (each.position is None)
        assert back.position is None or back.position == pytest.approx(each.position, abs=1e-5)
    for key, frame in worked.frames.items():
        assert (found.frames[key].axes == frame.axes).all(), "attributes keep every digit"
    node = glue.pointnodes.nodes()[L3]
    assert glue.pointnodes.computedOf(L3, node)[101] == pois[L3, 101]
    assert node.GetFixedNumberOfControlPoints()
    assert display.activeLevel() == L3
    assert glue.review.current() == verdicts
    assert watching.undoText == "", "loading is no edit"
    glue.corrections.setBack(watching, L3, [101])
    assert glue.pointnodes.readAll()[L3, 101] == pois[L3, 101]
    watching.undo()
    assert glue.pointnodes.readAll()[L3, 101].position == pytest.approx((1.0, 2.0, 3.0))


# --- autosave ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def keeping(glue, pois, tmp_path):
    import types

    glue.pointnodes.show(pois)
    edits = glue.edits.Edits()
    yield types.SimpleNamespace(
        edits=edits, folder=tmp_path / "settings", start=lambda: glue.autosave.Autosave(edits, tmp_path / "settings")
    )
    edits.close()


def test_unsaved_edits_are_copied_and_offered_after_a_crash(glue, keeping, pois):
    autosave = keeping.start()
    assert autosave.tick() is None, "nothing was edited"
    glue.corrections.nudge(keeping.edits, L3, [101], "R")
    path = autosave.tick()
    assert path.parent == keeping.folder
    assert autosave.tick() is None, "nothing new"
    expected = glue.pointnodes.readAll().points
    # the application crashes: nobody closes anything; the next one finds the copy
    del autosave
    again = keeping.start()
    [left] = again.leftovers()
    assert left.path == path
    assert left.scene == "", "it has no name"
    glue.pointnodes.remove()
    glue.storage.load([left.path])
    assert glue.pointnodes.readAll().points == expected
    glue.autosave.discard([left.path])
    assert again.leftovers() == []


def test_undoing_is_something_to_save_too(glue, keeping):
    autosave = keeping.start()
    glue.corrections.nudge(keeping.edits, L3, [101], "R")
    autosave.tick()
    keeping.edits.undo()
    assert autosave.tick() is not None


def test_saving_takes_the_copy_away(glue, keeping):
    autosave = keeping.start()
    glue.corrections.nudge(keeping.edits, L3, [101], "R")
    path = autosave.tick()
    autosave.saved()
    assert not path.exists()
    assert not autosave.unsaved
    assert autosave.tick() is None


def test_saving_the_scene_takes_the_copy_away_and_later_ones_lie_beside_it(poi, glue, keeping, tmp_path):
    autosave = keeping.start()
    glue.corrections.nudge(keeping.edits, L3, [101], "R")
    first = autosave.tick()
    (tmp_path / "patient").mkdir()
    assert poi.util.saveScene(os.fspath(tmp_path / "patient" / "Möller spine.mrb"))
    assert not autosave.unsaved
    assert autosave.tick() is None
    assert not first.exists()
    poi.mrmlScene.SetURL(os.fspath(tmp_path / "patient" / "Möller spine.mrml"))
    glue.corrections.nudge(keeping.edits, L3, [101], "R")
    assert autosave.tick() == tmp_path / "patient" / "Möller spine.spinepoi-autosave.mrk.json"


def test_a_clean_end_leaves_a_copy_only_of_what_is_unsaved(glue, keeping):
    autosave = keeping.start()
    glue.corrections.nudge(keeping.edits, L3, [101], "R")
    path = autosave.tick()
    autosave.close()
    assert path.exists()
    autosave = keeping.start()
    glue.corrections.nudge(keeping.edits, L3, [101], "R")
    autosave.tick()
    autosave.saved()
    autosave.close()
    assert not path.exists()


def test_a_closed_scene_is_not_saved_over_the_copy(poi, glue, keeping):
    autosave = keeping.start()
    glue.corrections.nudge(keeping.edits, L3, [101], "R")
    poi.mrmlScene.Clear(False)
    assert autosave.tick() is None


# --- review -----------------------------------------------------------------------------------------------------------


def test_verdicts_go_into_a_table(glue, worked, tmp_path):
    glue.review.judge(L3, "suspect", "reader")
    glue.review.note(L3, "look again")
    glue.review.judge(L2, "accept")
    glue.review.judge(L2, "reject")
    glue.review.withdraw(L2)
    glue.review.save(tmp_path / "review.csv")
    rows = (tmp_path / "review.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + len(worked.levels)
    row = next(each for each in rows if each.startswith("L3,")).split(",")
    assert row[:4] == ["L3", "suspect", "look again", "reader"]
    assert row[-1] == "2", "edited: the moved and the confirmed one"
    assert next(each for each in rows if each.startswith("L2,")).startswith("L2,,,")


def test_judging_again_keeps_the_notes(glue, worked):
    glue.review.judge(L3, "suspect")
    glue.review.note(L3, "look again")
    assert glue.review.judge(L3, "accept").records[L3].notes == "look again"


def test_the_next_level_to_judge(glue, worked):
    first, second, *_ = worked.levels
    assert glue.review.nextOpen(None) == first
    glue.review.judge(first, "accept")
    assert glue.review.nextOpen(first) == second
    assert glue.review.nextOpen(worked.levels[-1]) == second, "from the top again"
    for key in worked.levels:
        glue.review.judge(key, "accept")
    assert glue.review.nextOpen(first) is None


def test_every_level_is_looked_at_in_the_same_way(poi, glue, worked):
    node = poi.mrmlScene.AddNewNodeByClass("vtkMRMLSliceNode", "Red")
    node.SetDimensions(400, 300, 1)
    camera = poi.mrmlScene.AddNewNodeByClass("vtkMRMLCameraNode")
    seen = []
    for key in (L2, L3):
        assert glue.review.lookAt(key)
        frame = worked.frames[key]
        seen.append(frame.to_local(camera.GetPosition()))
        assert node.GetFieldOfView()[1] == pytest.approx(110.0)
    assert seen[0] == pytest.approx(seen[1])
    assert not glue.review.lookAt(level("C3").id)
