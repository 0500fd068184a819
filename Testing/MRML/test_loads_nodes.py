"""Muscles and ligaments in the scene, kept loads, and loads that follow a point under a real mouse."""

import json

import numpy as np
import pytest
from made_columns import made_pois
from spinetwin.anatomy import level
from spinetwin.biomechanics import TASKS, Person, Settings, loads
from spinetwin.errors import ParameterError
from vtk.util.numpy_support import vtk_to_numpy

L3, L4 = level("L3").id, level("L4").id
PERSON = Person("f", 168.0, 64.0)


@pytest.fixture(scope="module")
def points():
    return made_pois(curve_mm=8.0)


def placed(points):
    return {poi.key: np.array(poi.position) for poi in points}


@pytest.fixture
def ask(host):
    """Return a function that computes the loads of points in a task."""
    from SpineDigitalTwinLib.loads import answers

    def ask(positions, task="standing", near=None, suspect=(), **settings):
        return answers.answer(answers.Question(PERSON, TASKS[task], Settings(**settings)), positions, suspect, near)

    return ask


@pytest.fixture
def tubes(host):
    from SpineDigitalTwinLib.loads import tubes

    return tubes


def scalars(node, name):
    return vtk_to_numpy(node.GetPolyData().GetPointData().GetArray(name))


class TestAnswer:
    def test_it_is_what_the_core_says_also_when_started_near(self, ask, points):
        here = placed(points)
        first = ask(here, "flexion-60")
        moved = {key: place + (np.array([0.0, 3.0, 0.0]) if key == (L3, 100) else 0.0) for key, place in here.items()}
        quick, cold = ask(moved, "flexion-60", near=first), ask(moved, "flexion-60")
        np.testing.assert_allclose(quick.found.compression, cold.found.compression, atol=1e-3)
        assert not np.allclose(first.found.compression, cold.found.compression, atol=0.1)
        alone = loads(cold.model, TASKS["flexion-60"], Settings())
        np.testing.assert_array_equal(cold.found.compression, alone.compression)

    def test_an_answer_of_other_levels_is_no_start(self, ask, points):
        fewer = {key: place for key, place in placed(points).items() if level(key[0]).order >= level("T10").order}
        near = ask(placed(points))
        np.testing.assert_allclose(ask(fewer, near=near).found.compression, ask(fewer).found.compression)

    def test_the_interval_is_the_same_each_time_and_holds_the_result(self, ask, points, monkeypatch):
        from SpineDigitalTwinLib.loads import answers

        monkeypatch.setattr(answers, "SAMPLES", 20)
        known = ask(placed(points))
        one, two = answers.withInterval(known), answers.withInterval(known)
        np.testing.assert_array_equal(one.spread.low["compression"], two.spread.low["compression"])
        assert (one.spread.low["compression"] < one.spread.high["compression"]).all()
        assert one.found is known.found

    def test_suspect_points_turn_it_red(self, ask, points):
        assert ask(placed(points)).found.trusted
        assert not ask(placed(points), suspect={(L3, 50)}).found.trusted

    @pytest.mark.parametrize("gone", ["L3", "T8"])
    def test_a_gap_is_refused_in_one_sentence(self, ask, points, gone):
        from SpineDigitalTwinLib.loads import answers

        rest = {key: place for key, place in placed(points).items() if key[0] != level(gone).id}
        assert answers.problem(placed(points)) == ""
        assert answers.problem(rest).startswith(f"No model without {gone}: ")
        with pytest.raises(ParameterError, match=f"No model without {gone}"):
            ask(rest)


class TestTubes:
    def test_muscles_are_coloured_by_activation_at_all_their_points(self, host, tubes, ask, points):
        found = ask(placed(points), "flexion-60")
        node = tubes.showMuscles(found.model, found.found, ["multifidus"])
        ours = [group == "multifidus" for group in found.model.muscles.groups]
        np.testing.assert_allclose(np.unique(scalars(node, "activation")), np.unique(found.found.activations[ours]))
        display = node.GetDisplayNode()
        assert display.GetScalarVisibility()
        assert display.GetActiveScalarName() == "activation"
        assert display.GetScalarRange() == (0.0, 1.0)
        assert display.GetColorNode().GetName() == "Activation of muscles"
        legend = host.modules.colors.logic().GetColorLegendDisplayNode(display)
        assert legend.GetTitleText() == "Muscle activation"

    def test_a_tube_runs_along_its_fascicle(self, tubes, ask, points):
        found = ask(placed(points))
        node = tubes.showMuscles(found.model, found.found, tubes.groups())
        corners = vtk_to_numpy(node.GetPolyData().GetPoints().GetData())
        ends = found.model.muscles.points[:, 0]
        radii = np.maximum(0.2 * np.sqrt(found.model.muscles.pcsa_mm2), 1.0)
        for end, radius in zip(ends[::7], radii[::7], strict=True):
            assert np.isclose(np.linalg.norm(corners - end, axis=1), radius, rtol=0.01).sum() >= 8, "a ring about its end"

    def test_ligaments_are_coloured_by_strain_in_percent(self, tubes, ask, points):
        found = ask(placed(points), "flexion-60")
        node = tubes.showLigaments(found.model, found.found)
        values = scalars(node, "strain")
        assert values.max() == pytest.approx(100 * found.found.ligament_strains.max())
        assert values.min() == pytest.approx(100 * found.found.ligament_strains.min())

    def test_they_are_renewed_in_place_and_leave_no_trace(self, host, tubes, ask, points):
        before = host.mrmlScene.GetNumberOfNodes()
        standing, bent = ask(placed(points)), ask(placed(points), "flexion-60")
        first = tubes.showMuscles(standing.model, standing.found, tubes.groups())
        tubes.showLigaments(standing.model, standing.found)
        made = host.mrmlScene.GetNumberOfNodes()
        second = tubes.showMuscles(bent.model, bent.found, tubes.groups())
        tubes.showLigaments(bent.model, bent.found)
        assert second is first
        assert host.mrmlScene.GetNumberOfNodes() == made
        hierarchy = host.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(host.mrmlScene)
        folder = hierarchy.GetItemChildWithName(hierarchy.GetSceneItemID(), "Biomechanics")
        assert hierarchy.GetNumberOfItemChildren(folder) == 2
        tubes.showMuscles(bent.model, bent.found, [])
        tubes.hide(tubes.LIGAMENTS)
        assert host.mrmlScene.GetNumberOfNodes() == before
        assert not hierarchy.GetItemChildWithName(hierarchy.GetSceneItemID(), "Biomechanics")

    def test_one_that_a_person_deleted_comes_back_with_its_colours(self, host, tubes, ask, points):
        found = ask(placed(points))
        tubes.showMuscles(found.model, found.found, tubes.groups())
        host.mrmlScene.RemoveNode(tubes.find(tubes.MUSCLES))
        node = tubes.showMuscles(found.model, found.found, tubes.groups())
        assert node.GetDisplayNode().GetColorNode() is not None
        assert node.GetDisplayNode().GetScalarVisibility()

    def test_they_are_saved_with_the_scene_and_taken_over_again(self, host, tubes, ask, points, tmp_path):
        found = ask(placed(points))
        tubes.showMuscles(found.model, found.found, tubes.groups())
        path = str(tmp_path / "muscles.mrb")
        assert host.util.saveScene(path)
        host.mrmlScene.Clear(False)
        host.util.loadScene(path)
        models = len(host.util.getNodesByClass("vtkMRMLModelNode"))
        node = tubes.showMuscles(found.model, found.found, tubes.groups())
        assert len(host.util.getNodesByClass("vtkMRMLModelNode")) == models
        assert node.GetDisplayNode().GetColorNode().GetName() == "Activation of muscles"

    def test_a_model_without_ligaments_has_none(self, tubes, ask, points):
        bare = {key: place for key, place in placed(points).items() if key[1] in (50, 100, 105, 107, 128, 129, 130, 41)}
        found = ask(bare)
        assert len(found.model.ligaments.names) == 0
        assert tubes.showLigaments(found.model, found.found) is None


class TestKept:
    def test_they_come_back_as_they_were(self, host, ask, points, tmp_path):
        from SpineDigitalTwinLib.loads import keeping, texts

        answer = ask(placed(points), "flexion-60")
        keeping.keep(answer, "before, Größe 1")
        path = str(tmp_path / "kept.mrb")
        assert host.util.saveScene(path)
        host.mrmlScene.Clear(False)
        assert keeping.kept() is None
        host.util.loadScene(path)
        kept, found = keeping.kept(), answer.found
        assert (kept.about, kept.task, kept.trusted) == ("before, Größe 1", found.task.label, found.trusted)
        assert texts.before(kept, "compression", L4) == pytest.approx(found.compression[found.levels.index(L4)])
        assert texts.before(kept, "compression", level("C7").id) is None
        assert keeping.kept() is kept, "it is not read again in every turn"
        keeping.forget()
        assert keeping.kept() is None

    @pytest.mark.parametrize(
        "change",
        [
            lambda content: content.pop("joints"),
            lambda content: content["joints"][0].update(below="L9"),
            lambda content: content["joints"][0].pop("compression"),
            lambda content: content["joints"][0].update(shear_right="much"),
            lambda content: content["joints"][0].update(compression=float("nan")),
            lambda content: content.update(format="something else"),
        ],
    )
    def test_damaged_ones_are_none(self, ask, points, change):
        from SpineDigitalTwinLib import rolenodes
        from SpineDigitalTwinLib.loads import keeping

        keeping.keep(ask(placed(points)), "before")
        node = rolenodes.find("vtkMRMLTextNode", keeping.ROLE)
        content = json.loads(node.GetText())
        change(content)
        node.SetText(json.dumps(content))
        assert keeping.kept() is None
        node.SetText("{")
        assert keeping.kept() is None


def test_loads_and_muscles_follow_while_the_mouse_is_still_down(host, tubes, ask, sliceView, points):
    from SpineDigitalTwinLib.measures import pointwatch
    from SpinePOILib import display, pointnodes

    node = pointnodes.show(points)[L3]
    display.activate(L3)
    watch = pointwatch.PointWatch(lambda: None)
    first = ask(watch.positions())
    tubes.showMuscles(first.model, first.found, tubes.groups())
    tip = node.GetNthControlPointPosition(pointnodes.idsOf(node).index(81))
    sliceView.node.SetFieldOfView(120.0, 120.0, 1.0)
    sliceView.jump(tip)
    seen, ended = [], []

    def follow(*_):
        found = ask(watch.positions(), near=first, suspect=watch.suspects())
        tubes.showMuscles(found.model, found.found, tubes.groups())
        seen.append((found.found.compression[2], scalars(tubes.find(tubes.MUSCLES), "activation").sum()))

    tags = [
        node.AddObserver(node.PointModifiedEvent, follow),
        node.AddObserver(node.PointEndInteractionEvent, lambda *_: ended.append(len(seen))),
    ]
    x, y = sliceView.pixel(tip)
    sliceView.drag((x, y), (x + 30, y))
    for tag in tags:
        node.RemoveObserver(tag)
    watch.close()
    assert ended, "the mouse has dragged the point"
    before = seen[: ended[0]]
    assert len({round(each, 3) for each, _sum in before}) >= 3, "one load after the other, before the button is released"
    assert len({round(each, 6) for _load, each in before}) >= 3, "and the muscles are coloured anew each time"
    after = ask(positions_now())
    assert seen[-1][0] == pytest.approx(after.found.compression[2], abs=1e-3), "in the end those of the points as they lie"


def positions_now():
    """Read the points as a file of them would hold them."""
    from SpinePOILib import pointnodes

    return {poi.key: np.array(poi.position) for poi in pointnodes.readAll() if poi.position is not None}
