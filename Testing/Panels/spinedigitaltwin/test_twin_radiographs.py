"""Section Radiographs of the panel: films loaded, landmarks placed, cancelled, and given nonsense."""

import numpy as np
import pytest
from slicerhost.films import VIEWS, load, node, points_of, rows, run, type_geometry
from slicerhost.waiting import settle
from spinetwin.anatomy import level
from xray.made_people import write_picture

L2 = level("L2").id


class TestFilms:
    def test_without_films_the_button_says_what_is_missing(self, twin):
        assert twin.ui.xrayButton.enabled is False
        assert twin.ui.xrayButton.text == "Choose two films and their geometry first"
        assert twin.ui.spacingLabel.text == "Choose or load a frontal and a lateral film"
        assert twin.ui.standingFrame.visible is False
        assert twin.ui.marksFrame.enabled is False

    def test_films_say_what_their_geometry_lacks(self, twin, person, host):
        load(twin, host, [person[0] / f"{view}.nii.gz" for view in VIEWS])
        assert "has no usable geometry: source_detector_mm, source_patient_mm, pixel_mm unknown" in twin.ui.spacingLabel.text

    def test_a_preset_and_a_pixel_make_them_usable_and_are_said(self, filmed):
        assert (filmed.ui.sddBox.value, filmed.ui.sodBox.value) == (1800, 1500)
        first, second = filmed.ui.spacingLabel.text.splitlines()
        assert first == "frontal: 0.9 x 0.9 mm at the detector (the form), 0.750 mm at the patient"
        assert second.startswith("lateral: ")
        assert filmed.ui.xrayButton.text == "Place four landmarks of a level on both films"
        assert filmed.ui.xrayButton.enabled is False

    def test_they_lie_where_they_were_and_move_when_the_form_changes(self, filmed, host):
        film = filmed.panel.radiographs.form.films["frontal"].node
        middle = [149.5, 149.5, 0.0, 1.0]
        assert place(film, middle) == pytest.approx([0.0, -300.0, 0.0], abs=1e-9)
        filmed.ui.sddBox.value = 2000
        settle(host)
        assert place(film, middle) == pytest.approx([0.0, -500.0, 0.0], abs=1e-9)
        assert points_of(node(host, "film frontal"))[:, 1] == pytest.approx(-500.0), "the picture in 3D goes with it"

    def test_a_picture_that_a_saved_scene_lacks_comes_back(self, filmed, host):
        display = node(host, "film frontal").GetDisplayNode()
        display.SetTextureImageDataConnection(None)
        filmed.panel.radiographs.refresh()
        assert display.GetTextureImageDataConnection() is not None

    def test_a_volume_that_slicer_loaded_uses_its_own_spacing(self, twin, host):
        from SpineDigitalTwinLib.maps import volumes
        from spinetwin.geometry import Grid

        rng = np.random.default_rng(1)
        for selector in (twin.ui.frontalSelector, twin.ui.lateralSelector):
            grey = rng.normal(size=(80, 90, 1)).astype(np.float32)
            selector.setCurrentNode(volumes.addImage("film", grey, Grid(grey.shape, np.diag([0.4, 0.5, 1.0, 1.0]))))
        twin.ui.sddBox.value, twin.ui.sodBox.value = 1800, 1500
        settle(host)
        assert "0.4 x 0.5 mm at the detector (spacing of the volume)" in twin.ui.spacingLabel.text
        settle(host)
        assert "0.4 x 0.5 mm" in twin.ui.spacingLabel.text, "placing the film has not changed what is known of it"


def place(film, ijk):
    import vtk

    matrix = vtk.vtkMatrix4x4()
    film.GetIJKToRASMatrix(matrix)
    return list(matrix.MultiplyPoint(ijk)[:3])


class TestNonsense:
    def test_one_film_twice(self, filmed, host):
        filmed.ui.lateralSelector.setCurrentNode(filmed.ui.frontalSelector.currentNode())
        settle(host)
        assert "Both films are the same volume" in filmed.ui.spacingLabel.text
        assert filmed.ui.xrayButton.enabled is False

    def test_a_volume_of_many_slices(self, filmed, host, spine_maps):
        from SpineDigitalTwinLib.maps import volumes

        scan = volumes.addImage("scan", spine_maps.subregions.astype(np.int16), spine_maps.grid)
        filmed.ui.lateralSelector.setCurrentNode(scan)
        settle(host)
        assert "scan is no radiograph: it has" in filmed.ui.spacingLabel.text

    def test_a_source_behind_its_film(self, filmed, host):
        filmed.ui.sodBox.value = 1900
        settle(host)
        assert "The film must be further away than the patient" in filmed.ui.spacingLabel.text

    @pytest.mark.parametrize(
        ("name", "content", "sentence"),
        [("film.png", b"nothing", "film.png is damaged"), ("film.txt", b"text", "is no radiograph by its name")],
    )
    def test_a_file_that_is_no_film(self, twin, host, tmp_path, name, content, sentence):
        (tmp_path / name).write_bytes(content)
        twin.panel.radiographs.form.load("frontal", tmp_path / name)
        settle(host, until=lambda: not twin.panel.radiographs.form.busy)
        assert sentence in twin.ui.radiographsMessage.text
        assert twin.ui.frontalSelector.currentNode() is None

    def test_landmarks_that_are_none(self, filmed, tmp_path):
        (tmp_path / "marks.csv").write_text("view,level,landmark,column,row\nfrontal,L3,knee,1,2\n", encoding="utf-8")
        filmed.panel.radiographs.marks.load(tmp_path / "marks.csv")
        assert "Line 2 of marks.csv is not understood" in filmed.ui.radiographsMessage.text

    def test_swapped_films(self, twin, person, host):
        load(twin, host, [person[0] / f"{view}.nii.gz" for view in reversed(VIEWS)])
        type_geometry(twin, host)
        twin.panel.radiographs.marks.load(person[0] / "marks.csv")
        run(twin, host)
        assert "swapped" in twin.ui.workerLabel.text
        assert twin.ui.standingFrame.visible is False

    def test_a_wrong_spacing(self, marked, host):
        """The landmarks keep their pixels, so that the vertebrae grow."""
        marked.ui.pixelBox.value = 4.0
        settle(host)
        run(marked, host)
        assert "times the usual size" in marked.ui.workerLabel.text

    def test_a_knee(self, twin, person, host, tmp_path):
        """Two bones and a joint space where landmarks of a spine were clicked: refused, or nothing of it is trusted."""
        rows_, columns = np.mgrid[:300, :300]
        shaft = np.exp(-(((columns - 150) / 45.0) ** 4)) * (np.abs(rows_ - 150) > 8)
        for number, view in enumerate(VIEWS):
            write_picture(tmp_path / f"{view}.nii.gz", shaft * (1.0 + 0.1 * number) + 0.001 * rows_)
        load(twin, host, [tmp_path / f"{view}.nii.gz" for view in VIEWS])
        type_geometry(twin, host)
        twin.panel.radiographs.marks.load(person[0] / "marks.csv")
        run(twin, host)
        if twin.ui.standingFrame.visible:
            assert all(row[1].startswith("do not trust") for row in rows(twin.ui.standingTable))
        else:
            assert twin.ui.workerLabel.text


class TestLandmarks:
    def test_the_table_says_which_are_placed_and_how_far_rays_miss(self, marked):
        table = rows(marked.ui.marksTable)
        assert len(table) == 7
        assert all(row[1:3] == ["✓", "✓"] and row[3].endswith(" mm") for row in table)
        assert marked.ui.xrayButton.text == "Reconstruct 2 levels"

    def test_the_button_waits_for_a_click_on_that_film(self, filmed, host):
        from SpineDigitalTwinLib.radiographs import marks

        filmed.panel.radiographs.marks.chooseLevel("L2")
        filmed.panel.radiographs.marks.choose("spinous")
        filmed.ui.placeLateralButton.click()
        logic = host.app.applicationLogic()
        assert logic.GetSelectionNode().GetActivePlaceNodeID() == marks.node("lateral").GetID()
        assert logic.GetInteractionNode().GetCurrentInteractionMode() == logic.GetInteractionNode().Place
        assert filmed.ui.radiographsMessage.text == "Click the spinous of L2 on the lateral film"

    def test_a_click_draws_a_line_through_the_truth_on_the_other_film(self, filmed, person, host):
        panel, (_, spine) = filmed.panel.radiographs, person
        films = panel.form.films
        panel.marks.chooseLevel("L2")
        panel.marks.choose("spinous")
        assert node(host, "epipolar lateral") is None
        truth = spine.frames[L2].origin
        from SpineDigitalTwinLib.radiographs import marks
        from spinetwin.xray.in_space import places_of

        marks.put(films["frontal"], {(L2, "spinous"): films["frontal"].camera.project(truth)[:2]})
        settle(host)
        line = points_of(node(host, "epipolar lateral"))
        assert node(host, "epipolar frontal") is None
        exact = places_of(films["lateral"].plane, films["lateral"].camera.project(truth)[:2])
        assert off_line(line, exact) < 1e-3
        # dragged by a tenth of a film, it leaves the truth
        marks.put(films["frontal"], {(L2, "spinous"): films["frontal"].camera.project(truth)[:2] + np.array([0.0, 30.0])})
        settle(host)
        assert off_line(points_of(node(host, "epipolar lateral")), exact) > 15.0

    def test_landmarks_stay_on_their_pixels_when_the_geometry_changes(self, marked, host):
        from SpineDigitalTwinLib.radiographs import marks

        panel = marked.panel.radiographs
        before = marks.pixels(panel.form.films["frontal"])
        marked.ui.sddBox.value = 2100
        settle(host)
        after = marks.pixels(panel.form.films["frontal"])
        assert len(before) == 14
        for key, pixel in before.items():
            assert after[key] == pytest.approx(pixel, abs=1e-6)

    def test_only_the_level_at_work_can_be_dragged(self, marked):
        from SpineDigitalTwinLib.radiographs import marks

        marked.panel.radiographs.marks.chooseLevel("L2")
        of = marks.node("frontal")
        free = {of.GetNthControlPointDescription(row)[:2] for row in range(14) if not of.GetNthControlPointLocked(row)}
        assert free == {"L2"}


def off_line(line, point):
    start, way = line[0], line[-1] - line[0]
    return np.linalg.norm(np.cross(point - start, way)) / np.linalg.norm(way)


def test_cancelling_leaves_the_scene_as_it_was(marked, host):
    marked.ui.xrayButton.click()
    settle(host, until=lambda: marked.panel.background.busy)
    before = host.mrmlScene.GetNumberOfNodes()
    assert marked.ui.xrayButton.enabled is False
    marked.ui.cancelButton.click()
    settle(host, until=lambda: not marked.panel.radiographs.busy)
    assert marked.ui.standingFrame.visible is False
    assert host.mrmlScene.GetNumberOfNodes() == before
    settle(host)
    assert marked.ui.xrayButton.enabled is True


def test_own_vertebrae_are_posed(marked, nodes, host, monkeypatch):
    """The worker is given the label maps of the scene in a folder that it can read."""
    from spinetwin.commands.xray_inputs import read_own_shapes

    given = {}

    def heard(_title, step, inputs, options, _output, _done, failed):
        given.update(step=step, inputs=dict(inputs), options=dict(options))
        given["own"] = read_own_shapes(inputs["shape_from"])
        failed()

    marked.ui.subregionsSelector.setCurrentNode(nodes[0])
    marked.ui.vertebraeSelector.setCurrentNode(nodes[1])
    settle(host)
    marked.ui.ownShapesBox.click()
    monkeypatch.setattr(marked.panel.background, "start", heard)
    run(marked, host)
    assert given["step"] == "xray"
    assert given["options"] == {"levels": "L2,L3", "landmarks_source": "marks.csv"}
    marked.ui.calibrateBox.click()
    run(marked, host)
    assert given["options"] == {"levels": "L2,L3", "landmarks_source": "marks.csv", "calibrate": True}
    assert {L2, level("L3").id} <= set(given["own"].frames)
    assert given["own"].model(L2).mean.volume > 20_000
