"""Choosing levels and points, and points that arrive while a worker computes."""

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.io import read_label_maps, read_pois, write_pois
from spinetwin.poi import PoiSet, Status, compute_pois

T11, L2, L3, L4 = (level(each).id for each in ("T11", "L2", "L3", "L4"))


@pytest.fixture
def session(poi, pois):
    from SpinePOILib.session import Session

    session = Session()
    session.replace(pois)
    session.heard = []
    session.listen(session.heard.append)
    yield session
    session.close()


@pytest.fixture
def view(poi):
    node = poi.mrmlScene.AddNewNodeByClass("vtkMRMLSliceNode", "Red")
    node.SetDimensions(400, 300, 1)
    return lambda: poi.util.arrayFromVTKMatrix(node.GetSliceToRAS())


def test_choosing_a_level_unlocks_it_and_goes_there(session, view, pois):
    from SpinePOILib import display

    session.choose(L3)
    assert display.activeLevel() == L3
    assert view()[:3, 3] == pytest.approx(pois.frames[L3].origin)
    assert view()[:3, 2] == pytest.approx(pois.frames[L3].superior)
    assert session.heard == ["level"]


def test_stepping_through_the_levels(session):
    session.step(1)
    assert session.level == T11
    session.step(-1)
    assert session.level == T11
    for _ in range(10):
        session.step(1)
    assert session.level == L4
    session.step(-1)
    assert session.level == L3


def test_selecting_points_jumps_to_the_first(session, view, pois):
    session.choose(L3)
    session.select([108, 101, 9999])
    assert session.selection == (108, 101)
    assert view()[:3, 3] == pytest.approx(pois[L3, 108].position)
    session.select([101], jump=False)
    assert view()[:3, 3] == pytest.approx(pois[L3, 108].position)


def test_one_click_back_to_the_scanner_and_there_again(session, view, pois):
    session.choose(L3)
    session.select([108])
    session.tilt(False)
    assert view()[:3, 2] == pytest.approx([0.0, 0.0, 1.0])
    session.choose(L2)
    assert view()[:3, 2] == pytest.approx([0.0, 0.0, 1.0]), "it stays so for other levels"
    session.tilt(True)
    assert view()[:3, 2] == pytest.approx(pois.frames[L2].superior)


def test_a_level_that_goes_is_not_chosen_any_more(poi, session):
    session.choose(L3)
    from SpinePOILib import pointnodes

    poi.mrmlScene.RemoveNode(pointnodes.nodes()[L3])
    assert session.level is None
    assert session.points() == {}
    assert session.heard[-2:] == ["level", "points"]
    session.goToLevel()
    session.select([101])
    assert session.selection == ()


def test_a_closed_scene_chooses_nothing(poi, session):
    session.choose(L3)
    poi.mrmlScene.Clear(False)
    assert session.level is None
    session.step(1)
    assert session.level is None
    session.tilt(True)


def test_keeping_on_the_surface(poi, session, phantom, pois):
    from SpineDigitalTwinLib.maps import volumes
    from SpinePOILib import corrections

    session.surfaces.use(volumes.addVertebrae("levels", phantom.maps.vertebrae, phantom.maps.grid))
    session.keepOnSurface(True)
    there = tuple((np.array(pois[L3, 108].position) + 9.0 * pois.frames[L3].anterior).tolist())
    corrections.place(session.edits, L3, 108, there)
    assert np.linalg.norm(np.subtract(session.edits.points(L3)[108].position, pois[L3, 108].position)) < 5.0, (
        "not 9 mm before it"
    )
    session.keepOnSurface(False)
    corrections.place(session.edits, L3, 108, there)
    assert session.edits.points(L3)[108].position == there


# --- a run of the worker ----------------------------------------------------------------------------------------------


def matrix(frame):
    rows = np.eye(4)
    rows[:3, :3], rows[:3, 3] = frame.axes.T, frame.origin
    return rows.tolist()


@pytest.fixture
def files(pois, tmp_path):
    """What a worker writes: one file a level, and all."""
    for key in pois.levels:
        write_pois(tmp_path / f"{key}.mrk.json", PoiSet.of(pois.of_level(key)))
    write_pois(tmp_path / "points.mrk.json", pois)
    return tmp_path


@pytest.fixture
def empty(poi):
    from SpinePOILib.session import Session

    session = Session()
    yield session
    session.close()


def run(session, files, pois, levels, **options):
    from SpinePOILib.computing import Computation

    computation = Computation(session, **options)
    for key in levels:
        computation.levelReady(files / f"{key}.mrk.json", matrix(pois.frames[key]))
    return computation


def now():
    from SpinePOILib import pointnodes

    return pointnodes.readAll()


def test_levels_appear_as_they_are_ready_and_the_rest_at_the_end(empty, files, pois):
    computation = run(empty, files, pois, [T11, L3])
    assert now().levels == (T11, L3)
    computation.finish(read_pois(files / "points.mrk.json"))
    assert now().points == pois.points
    assert np.abs(now().frames[L3].axes - pois.frames[L3].axes).max() == 0.0
    assert np.abs(now().frames[L2].axes - pois.frames[L2].axes).max() < 1e-9, "from its direction points"
    assert empty.edits.undoText == ""


def test_a_level_whose_file_is_gone_already_comes_with_the_result(empty, files, pois):
    computation = run(empty, files, pois, [L3])
    (files / f"{L2}.mrk.json").unlink()
    computation.levelReady(files / f"{L2}.mrk.json", matrix(pois.frames[L2]))
    assert now().levels == (L3,)
    computation.finish(read_pois(files / "points.mrk.json"))
    assert now().points == pois.points


def test_edits_made_while_other_levels_are_computed_stay(empty, files, pois):
    from SpinePOILib import corrections

    computation = run(empty, files, pois, [L3])
    corrections.nudge(empty.edits, L3, [101], "R")
    computation.levelReady(files / f"{L2}.mrk.json", [])
    computation.finish(read_pois(files / "points.mrk.json"))
    assert now()[L3, 101].edited
    empty.edits.undo()
    assert now().points == pois.points


def test_computing_again_keeps_edits(session, files, pois):
    from SpinePOILib import corrections

    corrections.nudge(session.edits, L3, [101], "R")
    edited = now()[L3, 101]
    run(session, files, pois, pois.levels).finish(read_pois(files / "points.mrk.json"))
    assert now()[L3, 101] == edited
    assert {key for key, each in now().points.items() if each != pois.points[key]} == {(L3, 101)}


def test_unless_told_otherwise(session, files, pois):
    from SpinePOILib import corrections

    corrections.nudge(session.edits, L3, [101], "R")
    run(session, files, pois, pois.levels, keepEdits=False).finish(read_pois(files / "points.mrk.json"))
    assert now().points == pois.points


def test_a_run_that_fails_leaves_everything_as_it_was(session, files, pois, tmp_path):
    from SpinePOILib import corrections, pointnodes

    corrections.nudge(session.edits, L3, [101], "R")
    session.choose(L3)
    before = now()
    shifted = PoiSet.of(type(poi)(poi.level, poi.id, Status.SUSPECT, (0.0, 0.0, 0.0), "other") for poi in pois.of_level(L3))
    write_pois(files / f"{L3}.mrk.json", shifted)
    computation = run(session, files, pois, [T11, L3], keepEdits=False)
    assert now().points != before.points
    computation.revert()
    assert now().points == before.points
    assert {key: frame.axes.tolist() for key, frame in now().frames.items()} == {
        key: frame.axes.tolist() for key, frame in before.frames.items()
    }
    corrections.setBack(session.edits, L3, [101])
    assert now()[L3, 101] == pois[L3, 101], "what the rules had said is as before, too"
    assert session.level == L3
    assert not pointnodes.nodes()[L3].GetLocked()


def test_a_cancelled_first_run_leaves_nothing(empty, files, pois):
    run(empty, files, pois, [T11, L3]).revert()
    assert now().levels == ()


def test_levels_that_the_new_maps_lack_go_unless_they_were_edited(session, files, pois, tmp_path):
    from SpinePOILib import corrections

    corrections.nudge(session.edits, L3, [101], "R")
    write_pois(tmp_path / "few.mrk.json", PoiSet.of(pois.of_level(T11)))
    run(session, files, pois, [T11]).finish(read_pois(tmp_path / "few.mrk.json"))
    assert now().levels == (T11, L3)


def test_what_is_written_for_the_worker_gives_the_same_points(phantom, poi, tmp_path):
    from SpinePOILib import computing

    files = computing.writeMaps(phantom.maps, tmp_path)
    maps = read_label_maps(files["subregions"], files["vertebrae"])
    assert np.prod(maps.grid.shape) < np.prod(phantom.maps.grid.shape)
    one, other = (compute_pois(each, levels={L3}) for each in (maps, phantom.maps))
    for key, each in other.points.items():
        assert one[key].status == each.status
        assert each.position is None or one[key].position == pytest.approx(each.position, abs=1e-3)


def test_a_cut_vertebra_stays_cut_in_the_block(poi):
    from SpinePOILib import computing

    vertebrae = np.zeros((8, 8, 8), np.uint8)
    vertebrae[0:4, 3:5, 2:8] = 22
    maps = LabelMaps(Grid((8, 8, 8), np.eye(4)), vertebrae, vertebrae)
    block = computing.cropped(maps)
    assert block.grid.shape == (5, 4, 7)
    found = np.argwhere(block.vertebrae)
    assert found.min(axis=0).tolist() == [0, 1, 1]
    assert found.max(axis=0).tolist() == [3, 2, 6]
    assert block.grid.to_ras([0, 0, 0]).tolist() == [0.0, 2.0, 1.0]
    empty = computing.cropped(LabelMaps(maps.grid, np.zeros_like(vertebrae), np.zeros_like(vertebrae)))
    assert not empty.vertebrae.any()


def test_rows_of_the_tables(poi, pois):
    from SpinePOILib import overview

    moved = pois[L3, 101].moved_to(tuple(np.add(pois[L3, 101].position, (0.0, 3.0, 4.0)).tolist()))
    reviewed = pois[L3, 102].moved_to(pois[L3, 102].position)
    kind = type(moved)
    points = [
        moved,
        reviewed,
        kind(L3, 103, Status.SUSPECT, (0.0, 0.0, 0.0), "why"),
        kind(L3, 104, Status.MISSING, None, "gone"),
        kind(L3, 105, Status.MISSING, None, "by hand", "edited"),
        kind(L3, 106, Status.OK, (0.0, 0.0, 0.0)),
    ]
    row = overview.levelRow(L3, points)
    assert (row.name, row.ok, row.suspect, row.missing, row.edited) == ("L3", 3, 1, 2, 3)
    rows = [overview.pointRow(each) for each in points]
    assert [each.status for each in rows] == ["moved", "reviewed", "suspect", "missing", "removed", "ok"]
    assert [each.moved for each in rows] == ["5.0 mm", "", "", "", "", ""]
    assert rows[0].name == "Anterior longitudinal ligament superior, median"
    assert rows[3].reason == "gone"
