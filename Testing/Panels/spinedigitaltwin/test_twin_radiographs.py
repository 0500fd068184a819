"""Section Radiographs of the panel: films loaded, landmarks placed, run, moved, refitted, handed on, and given nonsense."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from slicerhost.waiting import settle
from spinetwin.anatomy import level
from spinetwin.io import read_pois
from spinetwin.xray.synthetic import FilmLook
from xray.made_people import PIXEL_MM, lying_and_standing, write_films, write_picture

L2, L3 = level("L2").id, level("L3").id
VIEWS = ("frontal", "lateral")


@pytest.fixture(scope="session")
def person(tmp_path_factory):
    """A folder with two films of a standing person and landmarks, and the spine."""
    folder = tmp_path_factory.mktemp("films")
    _lying, standing = lying_and_standing("L2-L3")
    write_films(folder, standing, look=FilmLook(soft_tissue=False, marrow=False, photons=0))
    return folder, standing


def load(twin, host, paths):
    for view, path in zip(VIEWS, paths, strict=True):
        twin.panel.radiographs.form.load(view, path)
    settle(host, until=lambda: not twin.panel.radiographs.form.busy)


def type_geometry(twin, host, pixel=PIXEL_MM):
    twin.ui.presetBox.setCurrentIndex(1)
    twin.panel.radiographs.form._onPreset(1)
    twin.ui.pixelBox.value = pixel
    settle(host)


@pytest.fixture
def filmed(twin, person, host):
    """The panel with both films loaded and their geometry typed."""
    twin.ui.radiographsSection.collapsed = False
    load(twin, host, [person[0] / f"{view}.nii.gz" for view in VIEWS])
    type_geometry(twin, host)
    return twin


@pytest.fixture
def marked(filmed, person, host):
    """The same with landmarks."""
    filmed.panel.radiographs.marks.load(person[0] / "marks.csv")
    settle(host)
    return filmed


@pytest.fixture(scope="session")
def result(tmp_path_factory):
    """Where the worker's first result is kept: making the shapes again takes seconds."""
    return SimpleNamespace(folder=tmp_path_factory.mktemp("result") / "files", verdict=None)


@pytest.fixture
def found(marked, host, monkeypatch, result):
    """The same, reconstructed; by a worker the first time."""
    import qt

    panel = marked.panel.radiographs

    def once(_title, _step, _inputs, _options, output, done, _failed):
        shutil.copytree(result.folder, output, dirs_exist_ok=True)
        # as a worker does, not in the same turn of the event loop
        qt.QTimer.singleShot(0, lambda: done(_at(output, result.verdict)))

    def keeping(*arguments, **words):
        *start, output, done, failed = arguments

        def kept(verdict):
            shutil.copytree(output, result.folder)
            result.verdict = verdict
            done(verdict)

        begin(*start, output, kept, failed, **words)

    begin = panel._background.start
    with monkeypatch.context() as replaced:
        replaced.setattr(panel._background, "start", once if result.verdict is not None else keeping)
        run(marked, host)
        settle(host, until=lambda: marked.ui.standingFrame.visible and not panel.busy)
        settle(host, until=lambda: not panel.view.busy)
    return marked


def _at(folder, verdict):
    """The same verdict of files that lie elsewhere."""
    paths = {name: path.replace(path.rpartition("/")[0], str(folder)) for name, path in verdict.result.paths.items()}
    return SimpleNamespace(result=SimpleNamespace(paths=paths, summary=verdict.result.summary))


def run(twin, host, button="xrayButton"):
    getattr(twin.ui, button).click()
    panel = twin.panel.radiographs
    settle(host, until=lambda: not panel.busy)
    settle(host, until=lambda: not panel.view.busy)


def rows(table):
    return [[table.item(row, column).text() for column in range(table.columnCount)] for row in range(table.rowCount)]


def node(host, role, kind="vtkMRMLModelNode"):
    from SpineDigitalTwinLib import rolenodes

    return rolenodes.find(kind, role)


def points_of(model):
    from vtkmodules.util.numpy_support import vtk_to_numpy

    return vtk_to_numpy(model.GetPolyData().GetPoints().GetData()).astype(float)


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
    """What the worker is given: maps and lying points of the scene, not standing ones."""
    given = {}

    def heard(_title, step, inputs, options, _output, _done, failed):
        given.update(step=step, inputs=dict(inputs), options=dict(options))
        given["files"] = sorted(each.name for each in inputs["shape_from"].parent.iterdir())
        failed()

    marked.ui.subregionsSelector.setCurrentNode(nodes[0])
    marked.ui.vertebraeSelector.setCurrentNode(nodes[1])
    settle(host)
    marked.ui.ownShapesBox.click()
    monkeypatch.setattr(marked.panel.background, "start", heard)
    run(marked, host)
    assert given["step"] == "xray"
    assert given["options"] == {"levels": "L2,L3"}
    assert given["inputs"]["shape_from"].name.startswith("vertebrae")
    from spinetwin.commands.xray_inputs import read_own_shapes

    assert len(given["files"]) >= 2
    assert read_own_shapes is not None


def test_a_picture_for_people(found, screenshot, host):
    ui = found.ui
    for section in (ui.dataSection, ui.segmentSection, ui.labelMapsSection, ui.levelsSection, ui.poiSection, ui.measureSection):
        section.collapsed = True
    found.panel.radiographs.marks.chooseLevel("L3")
    found.panel.radiographs.marks.choose("pedicle_left")
    settle(host)
    path = screenshot(found.parent, "SpineDigitalTwin-radiographs.png")
    assert path.stat().st_size > 20_000
