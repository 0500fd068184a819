"""Section Radiographs of the panel: the standing vertebrae looked at, moved, refitted and handed on."""

import numpy as np
import pytest
from slicerhost.films import VIEWS, node, points_of, rows, run
from slicerhost.waiting import settle
from spinetwin.anatomy import level
from spinetwin.io import read_pois

L2, L3 = level("L2").id, level("L3").id


class TestStanding:
    def test_vertebrae_list_and_silhouettes(self, found, person, host):
        assert found.ui.radiographsMessage.text.startswith("2 levels standing")
        table = rows(found.ui.standingTable)
        assert [row[0] for row in table] == ["L2", "L3"]
        assert "Standing position" in found.ui.shapesLabel.text
        for key, shape in person[1].shapes.items():
            model = node(host, f"standing {level(key).name}")
            away = np.abs(shape.solid(person[1].frames[key].to_local(points_of(model))))
            assert away.mean() < 1.5
            for view in VIEWS:
                assert node(host, f"silhouette {view} {level(key).name}").GetPolyData().GetNumberOfLines() > 100

    def test_names_are_not_verified_until_a_person_presses(self, found, host):
        from SpineDigitalTwinLib.radiographs import vertebrae

        text = found.ui.standingNamesLabel.text
        assert text.startswith("The names of the levels are not verified: they came with the landmarks")
        assert "the lowest of which are those of L3" in text
        assert vertebrae.points(found.panel.background.scratch()).unverified
        found.ui.confirmNamesButton.click()
        assert "not verified" not in found.ui.standingNamesLabel.text
        assert vertebrae.report().verified
        confirmed = vertebrae.points(found.panel.background.scratch())
        assert not confirmed.unverified
        assert confirmed.standing
        run(found, host, "xrayButton")
        assert vertebrae.report().rest_on == "a person has called the lowest vertebra L3"
        found.panel.radiographs.marks.rename(1)
        assert found.ui.radiographsMessage.text.endswith("Reconstruct again: the standing vertebrae have their former names.")

    def test_a_handle_moves_the_silhouette_and_the_points(self, found, host):
        from SpineDigitalTwinLib.radiographs import vertebrae

        before = {name: points_of(node(host, f"silhouette frontal {name}")).mean(axis=0) for name in ("L2", "L3")}
        origin = {poi.key: poi.position for poi in vertebrae.points(found.panel.background.scratch())}
        found.panel.radiographs.view.choose(L2)
        handle = vertebrae.transform(L2)
        assert handle.GetDisplayNode().GetEditorVisibility()
        matrix = np.eye(4)
        matrix[2, 3] = 12.0
        handle.SetMatrixTransformToParent(host.util.vtkMatrixFromArray(matrix))
        settle(host, until=lambda: not found.panel.radiographs.view.busy)
        after = {name: points_of(node(host, f"silhouette frontal {name}")).mean(axis=0) for name in ("L2", "L3")}
        assert after["L2"][2] - before["L2"][2] == pytest.approx(12.0 * 1.2, abs=0.5)
        assert after["L3"] == pytest.approx(before["L3"])
        for poi in vertebrae.points(found.panel.background.scratch()):
            shift = np.subtract(poi.position, origin[poi.key])
            assert shift == pytest.approx([0.0, 0.0, 12.0 if poi.level == L2 else 0.0])

    def test_the_rendering_takes_the_place_of_the_film_and_gives_it_back(self, found, host):
        found.ui.blinkButton.click()
        settle(host, until=lambda: not found.panel.radiographs.view.busy)
        volume = node(host, "rendering frontal", "vtkMRMLScalarVolumeNode")
        path = host.util.arrayFromVolume(volume)[0]
        film = found.panel.radiographs.form.films["frontal"]
        grey = host.util.arrayFromVolume(film.node)[0]
        assert path.shape == grey.shape
        assert np.corrcoef(path.ravel(), grey.ravel())[0, 1] > 0.95
        found.ui.blinkButton.click()
        assert found.ui.blinkButton.checked is False

    def test_silhouettes_can_be_hidden(self, found, host):
        found.ui.silhouettesBox.click()
        settle(host)
        assert node(host, "silhouette frontal L2") is None
        found.ui.silhouettesBox.click()
        settle(host, until=lambda: not found.panel.radiographs.view.busy)
        settle(host, until=lambda: not found.panel.radiographs.view.busy)
        assert node(host, "silhouette frontal L2") is not None

    def test_one_level_is_found_again_and_the_other_stays(self, found, host):
        from SpineDigitalTwinLib.radiographs import vertebrae

        before = {name: points_of(node(host, f"standing {name}")).copy() for name in ("L2", "L3")}
        shift = np.eye(4)
        shift[0, 3] = 9.0
        for key in (L2, L3):
            vertebrae.transform(key).SetMatrixTransformToParent(host.util.vtkMatrixFromArray(shift))
        found.panel.radiographs.marks.chooseLevel("L2")
        found.panel.radiographs._offer()
        assert found.ui.refitButton.text == "Re-optimise L2"
        run(found, host, "refitButton")
        assert found.ui.radiographsMessage.text == "L2 was found again; the others stay."
        assert vertebrae.moved(L2) == pytest.approx(np.eye(4)), "its handle is at rest"
        assert vertebrae.moved(L3) == pytest.approx(shift)
        assert points_of(node(host, "standing L3")) == pytest.approx(before["L3"])
        assert [row[0] for row in rows(found.ui.standingTable)] == ["L2", "L3"]

    @pytest.mark.parametrize("name", ["Points", "Measure", "Loads"])
    def test_points_go_on_to_the_other_sections(self, found, host, name):
        from SpinePOILib import pointnodes

        getattr(found.ui, f"standing{name}Button").click()
        settle(host, until=lambda: not found.panel.radiographs.busy)
        points = pointnodes.readAll()
        assert set(points.levels) == {L2, L3}
        assert points.standing
        section = {"Points": "poiSection", "Measure": "measureSection", "Loads": "loadsSection"}[name]
        assert getattr(found.ui, section).collapsed is False
        assert found.ui.measureButton.enabled is True

    def test_the_result_is_what_the_worker_wrote(self, found, result):
        from SpineDigitalTwinLib.radiographs import vertebrae

        here = vertebrae.points(found.panel.background.scratch())
        there = read_pois(result.folder / "points.mrk.json")
        assert {poi.key: poi.position for poi in here} == {poi.key: pytest.approx(poi.position) for poi in there}

    def test_a_scene_that_is_closed_takes_all_with_it(self, found, host):
        host.mrmlScene.Clear(0)
        settle(host)
        assert found.ui.standingFrame.visible is False
        assert found.ui.xrayButton.text == "Choose two films and their geometry first"


def test_lying_points_make_room_and_are_used_again(found, host, spine_maps, tmp_path):
    from SpineDigitalTwinLib.radiographs import panel, vertebrae
    from SpinePOILib import pointnodes
    from spinetwin.poi import compute_pois

    lying = compute_pois(spine_maps, levels={L2, L3, level("L4").id}, only={50, 128, 129, 130})
    pointnodes.show(lying)
    settle(host)
    found.ui.standingPointsButton.click()
    settle(host, until=lambda: not found.panel.radiographs.busy)
    assert set(pointnodes.readAll().levels) == {L2, L3}, "a lying L4 does not stand below a standing L3"
    assert vertebrae.lying()
    given = read_pois(panel._lyingPoints(tmp_path))
    assert {poi.key for poi in given} == {poi.key for poi in lying}
    assert not given.standing


def test_a_picture_for_people(found, screenshot, host):
    ui = found.ui
    for section in (ui.dataSection, ui.segmentSection, ui.labelMapsSection, ui.levelsSection, ui.poiSection, ui.measureSection):
        section.collapsed = True
    found.panel.radiographs.marks.chooseLevel("L3")
    found.panel.radiographs.marks.choose("pedicle_left")
    settle(host)
    found.parent.resize(480, 1180)
    path = screenshot(found.parent, "SpineDigitalTwin-radiographs.png")
    assert path.stat().st_size > 20_000
