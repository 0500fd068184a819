"""Films, lines and silhouettes as real nodes, drawn by Slicer's own displayable managers."""

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.phantom.surfaces import vertebra_surface
from spinetwin.xray.drr import path_lengths
from spinetwin.xray.films import Picture
from spinetwin.xray.setups import Setup
from xray.made_people import lying_and_standing

KEYS = [level(name).id for name in ("T11", "T12", "L1", "L2", "L3", "L4", "L5")]
FORM = {"source_detector_mm": 1800.0, "source_patient_mm": 1500.0, "pixel_mm": 1.1}
SIZE = (320, 300)


@pytest.fixture(scope="module")
def surfaces():
    _lying, spine = lying_and_standing("T11-L5")
    return {key: vertebra_surface(spine.shapes[key], 1.2).placed(spine.frames[key]) for key in KEYS}


@pytest.fixture
def films(host, surfaces):
    """Both films in the scene, where they were."""
    from SpineDigitalTwinLib.radiographs import films

    found = {}
    for view in ("frontal", "lateral"):
        node = films.add(f"{view} film", films.greys(Picture(np.zeros(SIZE[::-1]), Setup())))
        film = films.placed(view, node, FORM)
        host.util.arrayFromVolume(node)[0] = path_lengths(film.camera, surfaces.values())
        node.GetDisplayNode().SetWindowLevelMinMax(-25.0, 110.0)
        films.place(film)
        found[view] = film
    return found


@pytest.fixture
def standing(films, surfaces, tmp_path):
    """The vertebrae in the scene, and their silhouettes."""
    from SpineDigitalTwinLib.radiographs import drawing, vertebrae
    from spinetwin.io.surfaces import write_surface
    from spinetwin.xray.silhouettes import silhouette

    for key, surface in surfaces.items():
        path = tmp_path / f"{level(key).name}.vtp"
        write_surface(path, surface)
        vertebrae.show(key, path, tuple(surface.vertices.mean(axis=0)))
        for film in films.values():
            drawing.showSilhouette(film, key, silhouette(film.camera, surface), vertebrae.colour(key))
    return surfaces


def points_of(node):
    from vtkmodules.util.numpy_support import vtk_to_numpy

    return vtk_to_numpy(node.GetPolyData().GetPoints().GetData()).astype(float)


def found(role, kind="vtkMRMLModelNode"):
    from SpineDigitalTwinLib import rolenodes

    return rolenodes.find(kind, role)


@pytest.mark.parametrize("view", ["frontal", "lateral"])
def test_a_pixel_of_the_volume_lies_on_the_ray_of_its_camera(host, films, view):
    import vtk

    film, matrix = films[view], vtk.vtkMatrix4x4()
    film.node.GetIJKToRASMatrix(matrix)
    for column, row in ((0, 0), (319, 0), (12, 299), (160, 151)):
        place = np.array(matrix.MultiplyPoint([column, row, 0, 1])[:3])
        assert film.camera.project(place)[:2] == pytest.approx([column, row], abs=1e-6)
        assert (place - film.camera.source) @ film.camera.axes[2] == pytest.approx(1800.0, abs=1e-6)


@pytest.mark.parametrize("view", ["frontal", "lateral"])
def test_the_plane_in_3d_is_that_of_the_volume_and_carries_the_film(host, films, view):
    from SpineDigitalTwinLib.radiographs import drawing
    from vtkmodules.util.numpy_support import vtk_to_numpy

    film = films[view]
    drawing.showFilm(film)
    node = found(f"film {view}")
    corners, width, height = points_of(node), *SIZE
    expected = {(-0.5, -0.5), (width - 0.5, -0.5), (-0.5, height - 0.5), (width - 0.5, height - 0.5)}
    assert {tuple(np.round(film.camera.project(each)[:2], 3) + 0.0) for each in corners} == expected
    texture = vtk_to_numpy(node.GetPolyData().GetPointData().GetTCoords())
    lowest = film.camera.project(corners[(texture == [0, 0]).all(axis=1)])[0, :2]
    assert lowest == pytest.approx([-0.5, height - 0.5], abs=1e-3), "a texture begins at the lower left"
    assert node.GetDisplayNode().GetTextureImageDataConnection() is not None
    source = points_of(found(f"frustum {view}"))[0]
    assert source == pytest.approx(film.camera.source, abs=1e-4)


def test_a_vertebra_comes_from_its_file_to_where_it_stands(standing):
    from SpineDigitalTwinLib.radiographs import vertebrae

    assert vertebrae.levels() == KEYS
    for key, surface in standing.items():
        assert vertebrae.surface(key).vertices == pytest.approx(surface.vertices, abs=1e-3)
    matrix = np.eye(4)
    matrix[:3, 3] = 3.0, -4.0, 5.0
    import slicer

    vertebrae.transform(KEYS[0]).SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    moved = vertebrae.surface(KEYS[0]).vertices - standing[KEYS[0]].vertices
    assert moved == pytest.approx(np.broadcast_to([3.0, -4.0, 5.0], moved.shape), abs=1e-3)


def test_only_the_chosen_vertebra_has_a_handle(standing):
    from SpineDigitalTwinLib.radiographs import vertebrae

    vertebrae.showHandle(KEYS[1])
    shown = [bool(vertebrae.transform(key).GetDisplayNode().GetEditorVisibility()) for key in KEYS]
    assert shown == [key == KEYS[1] for key in KEYS]
    vertebrae.showHandle(None)
    assert not any(vertebrae.transform(key).GetDisplayNode().GetEditorVisibility() for key in KEYS)


@pytest.mark.parametrize("view", ["frontal", "lateral"])
def test_a_silhouette_lies_around_the_projected_surface(films, standing, view):
    film = films[view]
    for key, surface in standing.items():
        line = film.camera.project(points_of(found(f"silhouette {view} {level(key).name}")))[:, :2]
        seen = film.camera.project(surface.vertices)[:, :2]
        assert line.min(axis=0) == pytest.approx(seen.min(axis=0), abs=0.5)
        assert line.max(axis=0) == pytest.approx(seen.max(axis=0), abs=0.5)


def test_landmarks_survive_the_scene_and_a_file(films, tmp_path):
    from SpineDigitalTwinLib.radiographs import marks
    from spinetwin.io.film_forms import read_landmarks, write_landmarks

    places = {(KEYS[0], "spinous"): np.array([12.5, 40.25]), (KEYS[2], "pedicle_left"): np.array([150.0, 299.0])}
    for film in films.values():
        marks.put(film, places)
        marks.ensureLevel(film.view, KEYS[0])
        assert set(marks.pixels(film)) == set(places), "landmarks that wait for a click have no place"
    write_landmarks(tmp_path / "marks.csv", marks.gathered(films))
    again = read_landmarks(tmp_path / "marks.csv")
    assert len(again.seen) == 4
    assert again.seen[(KEYS[0], "spinous", "lateral")] == pytest.approx([12.5, 40.25], abs=0.01)
    marks.spread(films, again)
    assert marks.node("frontal").GetNumberOfControlPoints() == 8


def test_the_rays_of_a_landmark_that_was_clicked_rightly_meet(films):
    from SpineDigitalTwinLib.radiographs import marks

    truth = np.array([4.0, -9.0, 22.0])
    for film in films.values():
        marks.put(film, {(KEYS[0], "spinous"): film.camera.project(truth)[:2]})
    assert marks.missing(films, (KEYS[0], "spinous")) == pytest.approx(0.0, abs=1e-6)
    assert marks.missing(films, (KEYS[0], "pedicle_left")) is None
    marks.put(films["lateral"], {(KEYS[0], "spinous"): films["lateral"].camera.project(truth + np.array([0, 0, 10.0]))[:2]})
    assert marks.missing(films, (KEYS[0], "spinous")) == pytest.approx(10.0, rel=0.05)


def test_a_click_places_the_landmark_that_waits_and_it_can_be_dragged(host, drawing, films):
    """By the mouse, as Slicer's own markups take it."""
    from slicerhost import views
    from SpineDigitalTwinLib.radiographs import drawing as lines
    from SpineDigitalTwinLib.radiographs import marks

    film, key = films["frontal"], (KEYS[2], "pedicle_left")
    shown = views.SliceView(host, "Green", "Coronal", (640, 600))
    shown.show(film.node)
    lines.showInSlice(film)
    marks.ensureLevel("frontal", KEYS[2])
    marks.wait("frontal", key)
    shown.render()
    wanted = np.array([140.0, 171.0])
    at = shown.pixel((film.plane @ [*wanted, 0.0, 1.0])[:3])
    shown.drag(at, at)
    marks.stopWaiting()
    (placed,) = marks.pixels(film).items()
    assert placed[0] == key
    assert placed[1] == pytest.approx(wanted, abs=1.0)
    shown.render()
    to = shown.pixel((film.plane @ [*(wanted + np.array([22.0, -9.0])), 0.0, 1.0])[:3])
    shown.drag(at, to)
    assert marks.pixels(film)[key] == pytest.approx(wanted + np.array([22.0, -9.0]), abs=1.5)


def test_everything_can_be_taken_away(host, films, standing):
    from SpineDigitalTwinLib.radiographs import vertebrae

    vertebrae.forget()
    left = [node.GetName() for node in host.util.getNodesByClass("vtkMRMLModelNode")]
    assert not [name for name in left if "standing" in name or "Silhouette" in name]
    assert vertebrae.levels() == []
    assert vertebrae.report() is None


# --- what is seen -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("view", "name"), [("frontal", "Green"), ("lateral", "Yellow")])
def test_a_film_fills_its_slice_view_with_lines_over_it(host, drawing, films, surfaces, picture, tmp_path, view, name):
    from slicerhost import views
    from SpineDigitalTwinLib.radiographs import drawing as lines
    from SpineDigitalTwinLib.radiographs import marks, vertebrae
    from spinetwin.xray.in_space import epipolar
    from spinetwin.xray.silhouettes import silhouette

    shown = views.SliceView(host, name, "Coronal", (640, 600))
    film, other = films[view], films["lateral" if view == "frontal" else "frontal"]
    shown.show(film.node)
    lines.showInSlice(film)
    plain = shown.pixels().astype(int)
    assert plain.max() > 90, "the film is there"
    coloured = (np.ptp(plain, axis=-1) > 40).sum()
    assert coloured == 0
    vertices = surfaces[KEYS[3]].vertices
    truth = vertices[vertices[:, 1].argmin()]
    for each in films.values():
        marks.put(each, {(KEYS[3], "spinous"): each.camera.project(truth)[:2]})
    lines.showEpipolar(film, epipolar(other.camera, other.camera.project(truth)[:2], film.camera))
    for key, surface in surfaces.items():
        lines.showSilhouette(film, key, silhouette(film.camera, surface), vertebrae.colour(key))
    now = shown.pixels().astype(int)
    assert (np.ptp(now, axis=-1) > 40).sum() > 1500
    # the line of the other film passes under the landmark
    x, y = shown.pixel(film.plane @ [*film.camera.project(truth)[:2], 0.0, 1.0] @ np.eye(4)[:, :3])
    row, column = round(600 - y), round(x)
    around = now[row - 3 : row + 4, column - 60 : column + 61]
    cyan = (around[..., 2] > 150) & (around[..., 0] < 120)
    assert cyan.any(axis=0).sum() > 60
    shown.png(picture(f"SpineDigitalTwin-{view}-film.png"))


def test_films_and_vertebrae_in_3d(host, threeDView, films, standing, picture):
    from SpineDigitalTwinLib.radiographs import drawing

    threeDView.window.SetSize(720, 600)
    for colour in ("SetBackgroundColor", "SetBackgroundColor2"):
        getattr(threeDView.node, colour)(1.0, 1.0, 1.0)
    for film in films.values():
        drawing.showFilm(film)
    camera = threeDView.renderer.GetActiveCamera()
    camera.SetFocalPoint(0, 0, 0)
    camera.SetPosition(1300, 1500, 600)
    camera.SetViewUp(0, 0, 1)
    threeDView.renderer.ResetCamera()
    camera.SetFocalPoint(0, 0, 0)
    camera.Zoom(3.8)
    threeDView.png(picture("SpineDigitalTwin-radiographs-3d.png"))
    dark = (threeDView.pixels().max(axis=-1) < 70).sum()
    assert dark > 3000, "the films are drawn"
