"""Shape models built from people whose shapes are known exactly: the phantoms' own signed distance is the truth."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.cli import main
from spinetwin.errors import ParameterError
from spinetwin.geometry import Frame
from spinetwin.io import write_label_map, write_pois
from spinetwin.phantom import SpineParameters, VertebraShape, make_spine
from spinetwin.phantom.shape.places import default_joint
from spinetwin.poi.compute import compute_pois
from spinetwin.xray.correspondence import template_of, vertex_normals
from spinetwin.xray.landmarks import LANDMARKS, landmarks_of
from spinetwin.xray.model_builder.build import build
from spinetwin.xray.model_builder.icp import icp
from spinetwin.xray.model_builder.landmark_frames import landmark_frame
from spinetwin.xray.model_builder.matching import Cloud
from spinetwin.xray.model_builder.principal import components
from spinetwin.xray.model_builder.procrustes import procrustes
from spinetwin.xray.model_builder.quality import quality_of
from spinetwin.xray.model_builder.radial import Template
from spinetwin.xray.model_builder.specimens import Specimen, specimens_of
from spinetwin.xray.pose import rotation_of

pytest.importorskip("vtkmodules", reason="VTK is not installed")

L3 = level("L3").id
FAMILY = {"body_width": 3.0, "body_depth": 2.5, "spinous_length": 4.0}
"""Dimensions that vary, and by how many mm."""

PEOPLE, VERTICES = 6, 2500


def _changed(shape, **by):
    row = replace(shape.row, **{name: getattr(shape.row, name) + each for name, each in by.items()})
    return VertebraShape(row, default_joint(row, True), default_joint(row, False))


@pytest.fixture(scope="module")
def family():
    """Ten vertebrae with three independent dimensions, each with a mesh of its own fineness."""
    usual = make_spine(SpineParameters(levels="L3")).shapes[L3]
    rng, found = np.random.default_rng(0), []
    for number in range(10):
        shape = _changed(usual, **{name: float(rng.normal(0.0, spread)) for name, spread in FAMILY.items()})
        surface = template_of(shape, 2.8 + 0.03 * number)
        found.append(Specimen(f"p{number}", L3, surface, shape, landmarks_of(shape, surface.vertices), {}))
    return found


@pytest.fixture(scope="module")
def people():
    """Six people: their label maps of 1 mm and the phantoms they show."""
    found = []
    for seed in range(PEOPLE):
        spine = make_spine(SpineParameters(levels="L2-L4"), np.random.default_rng(seed))
        found.append((spine, spine.voxelise(spine.grid(1.0, "LPS", margin_mm=6.0))))
    return found


@pytest.fixture(scope="module")
def scanned(people):
    """The L3 of each, as its label maps show it, and its frame."""
    found = []
    for number, (_, maps) in enumerate(people):
        points = compute_pois(maps, levels={L3})
        mine, lacking = specimens_of(f"p{number}", maps, points, (L3,), VERTICES)
        assert lacking == {}
        found.append((mine[L3], points.frames[L3]))
    return found


@pytest.fixture(scope="module")
def built(scanned):
    return build(L3, [each for each, _ in scanned])


def _from_truth(person, frame, vertices):
    """Return the distance of places in a measured frame from the continuous shape, mm."""
    spine, _ = person
    return np.abs(spine.shapes[L3].solid(spine.frames[L3].to_local(frame.to_ras(vertices))))


def test_three_dimensions_that_vary_give_three_modes(family):
    found = build(L3, family)
    assert found.quality.compactness[2] > 0.99
    assert found.quality.compactness[1] < 0.97
    assert found.model.modes.shape == (len(found.model.mean.vertices), 3, 9)
    assert found.away[:, 0].max() < 0.02, "the bent template lies on the continuous shapes"
    # a vertebra that was left out is one of the family, so that three modes of the others reach it
    assert found.quality.generality[2, 0] < 0.1 < found.quality.generality[0, 0]


def test_the_number_of_vertices_is_about_what_was_asked_for(people, scanned):
    for each, _ in scanned:
        assert len(each.surface.vertices) == pytest.approx(VERTICES, rel=0.06)
    _, maps = people[0]
    fine, _ = specimens_of("fine", maps, compute_pois(maps, levels={L3}), (L3,), 10_000)
    surface = fine[L3].surface
    assert len(surface.vertices) == pytest.approx(10_000, rel=0.05)
    assert _is_closed(surface)
    areas = np.linalg.norm(surface.normals, axis=1)
    assert np.percentile(areas, 99) < 4 * np.median(areas)


def _is_closed(surface):
    edges = surface.triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    there = {tuple(edge) for edge in edges.tolist()}
    return len(there) == len(edges) and all((b, a) in there for a, b in there)


def test_stray_voxels_and_holes_have_no_part_in_the_surface(people, scanned):
    _, maps = people[0]
    places = np.argwhere((maps.vertebrae == L3) & np.isin(maps.subregions, (49, 50)))
    inside, labels = places.mean(axis=0).round().astype(int), maps.vertebrae.copy()
    labels[tuple(slice(each - 2, each + 3) for each in inside)] = 0
    labels[2:5, 2:5, inside[2] : inside[2] + 3] = L3
    parts = np.where((labels == L3) & (maps.subregions == 0), 49, maps.subregions).astype(maps.subregions.dtype)
    damaged = replace(maps, vertebrae=labels, subregions=parts)
    mine, _ = specimens_of("p", damaged, compute_pois(maps, levels={L3}), (L3,), VERTICES)
    assert mine[L3].surface.volume == pytest.approx(scanned[0][0].surface.volume, rel=0.01)
    assert _is_closed(mine[L3].surface)


def test_a_number_of_vertices_that_makes_no_sense_is_refused(people):
    _, maps = people[0]
    points = compute_pois(maps, levels={L3})
    for number in (10, 10**7):
        mine, lacking = specimens_of("p", maps, points, (L3,), number)
        assert mine == {}
        assert f"cannot have {number} vertices" in lacking[L3]


def test_the_bent_template_lies_on_the_continuous_vertebra(people, scanned):
    first = scanned[0][0]
    template = Template(first.surface, first.landmarks)
    for person, (specimen, frame) in zip(people[1:], scanned[1:], strict=True):
        vertices = template.bent_onto(specimen)
        away, voxels = (_from_truth(person, frame, each) for each in (vertices, specimen.surface.vertices))
        assert away.mean() < 0.2
        assert np.percentile(away, 99) < 0.6
        assert away.mean() < voxels.mean() + 0.02, "what is left is that of the voxels"
        # hardly anything of the vertebra is left uncovered: the tip of a process that is much longer than that of the first
        apart, _ = Cloud(vertices, vertices).tree.query(specimen.surface.vertices)
        assert (apart > 4.0).mean() < 0.005
        assert apart.max() < 6.5


def test_landmarks_and_points_travel_with_the_model(scanned, built):
    """Those of each person, carried by the scores of that person, lie where that person has them."""
    model, marks, apart = built.model, [], []
    shapes = procrustes(np.array([model.mean.vertices + model.modes @ each for each in model.scores]))
    assert np.abs(shapes.mean - model.mean.vertices).max() < 0.2
    assert set(model.points) == set(scanned[0][0].points)
    for (specimen, _), scores in zip(scanned, model.scores, strict=True):
        surface = model.surface(scores)
        for place, name in enumerate(LANDMARKS):
            vertex = np.linalg.norm(model.mean.vertices - model.landmarks[place], axis=1).argmin()
            moved = model.landmarks[place] + surface.vertices[vertex] - model.mean.vertices[vertex]
            marks.append(np.linalg.norm(moved - specimen.landmarks[place]))
            apart.append(np.linalg.norm(model.landmarks[place] - specimen.landmarks[place]))
            assert np.isfinite(marks[-1]), name
    assert np.mean(marks) < 0.6 * np.mean(apart)


def test_modes_have_the_spread_of_the_people(built):
    model = built.model
    np.testing.assert_allclose(model.scores.std(axis=0, ddof=1), 1.0, rtol=1e-6)
    np.testing.assert_allclose((model.modes**2).sum(axis=(0, 1)), model.variances, rtol=1e-9)
    assert (np.diff(model.variances) < 0).all()


def test_fewer_modes_leave_the_rest_as_noise_and_the_same_people_give_the_same_model(scanned):
    three = [each for each, _ in scanned[:3]]
    whole, again, few = build(L3, three), build(L3, three), build(L3, three, modes=1)
    np.testing.assert_array_equal(again.model.modes, whole.model.modes)
    np.testing.assert_array_equal(again.quality.specificity, whole.quality.specificity)
    np.testing.assert_allclose(few.model.modes, whole.model.modes[:, :, :1], atol=1e-9)
    assert few.model.noise * (few.model.mean.vertices.size - 1) == pytest.approx(whole.model.variances[1], rel=1e-6)
    assert whole.model.noise < 1e-9


def test_two_people_are_too_few(scanned):
    with pytest.raises(ParameterError, match="There are 2 usable vertebrae L3; 3 are needed"):
        build(L3, [each for each, _ in scanned[:2]])
    with pytest.raises(ParameterError, match="There are 0 usable"):
        build(L3, [])


def test_one_without_endplates_is_left_out_and_said(scanned):
    marks = scanned[0][0].landmarks.copy()
    marks[LANDMARKS.index("superior_endplate")] = np.nan
    cut = replace(scanned[0][0], landmarks=marks)
    found = build(L3, [cut, *(each for each, _ in scanned[1:4])])
    assert found.names == ("p1", "p2", "p3")
    assert "cut off" in found.left_out["p0"]


def test_a_landmark_frame_turns_with_the_vertebra(scanned):
    marks = scanned[0][0].landmarks
    frame = landmark_frame(marks)
    turn = rotation_of(np.array([0.3, -0.5, 0.9]))
    moved = landmark_frame(marks @ turn.T + 7.0)
    np.testing.assert_allclose(moved.axes, frame.axes @ turn.T, atol=1e-12)
    np.testing.assert_allclose(moved.origin, turn @ frame.origin + 7.0, atol=1e-12)
    for lacking in (("superior_endplate",), ("transverse_left", "pedicle_right")):
        some = marks.copy()
        some[[LANDMARKS.index(name) for name in lacking]] = np.nan
        assert landmark_frame(some) is None
    some = marks.copy()
    some[LANDMARKS.index("transverse_left")] = np.nan
    assert landmark_frame(some).right @ frame.right > 0.99


def test_closest_points_find_the_way_back_whatever_a_tenth_of_them_does(scanned):
    surface = scanned[0][0].surface
    fixed = Cloud(surface.vertices, vertex_normals(surface))
    turn, shift = rotation_of(np.radians([4.0, -5.0, 6.0])), np.array([3.0, -2.0, 2.5])
    points = (fixed.points - shift) @ turn
    rng = np.random.default_rng(5)
    wrong = rng.choice(len(points), len(points) // 10, replace=False)
    points[wrong] += rng.normal(0.0, 30.0, (len(wrong), 3))
    rotation, step = icp(Cloud(points, fixed.normals @ turn), fixed)
    good = np.setdiff1d(np.arange(len(points)), wrong)
    assert np.linalg.norm(points[good] @ rotation.T + step - fixed.points[good], axis=1).max() < 0.1


def test_procrustes_takes_out_turns_and_shifts_and_leaves_size():
    rng = np.random.default_rng(2)
    shape, frames = rng.normal(0.0, 20.0, (60, 3)), []
    for number in range(4):
        axes = rotation_of(rng.normal(0.0, 0.4, 3))
        frames.append(Frame(rng.normal(0.0, 30.0, 3), axes, str(number)))
    sizes = np.array([0.9, 1.0, 1.0, 1.1])
    aligned = procrustes(np.array([frame.to_ras(size * shape) for size, frame in zip(sizes, frames, strict=True)]))
    spread = np.linalg.norm(aligned.shapes - aligned.shapes.mean(axis=1, keepdims=True), axis=(1, 2))
    np.testing.assert_allclose(spread / spread[1], sizes, rtol=1e-9)
    np.testing.assert_allclose(aligned.shapes[1], aligned.shapes[2], atol=1e-3)
    for number, frame in enumerate(frames):
        moved = aligned.moved(number, frame.to_ras(sizes[number] * shape))
        np.testing.assert_allclose(moved, aligned.shapes[number], atol=1e-9)


def test_components_are_those_that_shapes_were_drawn_from():
    rng = np.random.default_rng(3)
    mean, modes = rng.normal(0.0, 10.0, (40, 3)), rng.normal(0.0, 1.0, (2, 40, 3))
    scores = rng.normal(size=(30, 2))
    found = components(mean + np.einsum("km,mnc->knc", scores, modes))
    assert found.variances.shape == (2,)
    again = found.mean + np.einsum("ncm,km->knc", found.modes, found.scores)
    np.testing.assert_allclose(again, mean + np.einsum("km,mnc->knc", scores, modes), atol=1e-9)


def test_quality_of_a_known_family():
    """Two modes hold everything; a third person's shape is reached exactly; draws are as far as the spread says."""
    rng = np.random.default_rng(4)
    mean, modes = rng.normal(0.0, 10.0, (300, 3)), rng.normal(0.0, 0.5, (2, 300, 3))
    shapes = mean + np.einsum("km,mnc->knc", rng.normal(size=(12, 2)), modes)
    found = quality_of(shapes, 11, np.random.default_rng(0))
    assert found.compactness.shape == (2,)
    assert found.compactness[-1] == pytest.approx(1.0)
    assert found.generality[1, 0] < 1e-9 < found.generality[0, 0]
    assert 0.0 < found.specificity[1, 0] < 1.5


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(people, tmp_path_factory):
    """Label maps with names and folders as BIDS has them; one has a file of points, one lacks its vertebra map."""
    top = tmp_path_factory.mktemp("people")
    for number, (_, maps) in enumerate(people[:4]):
        mine = top / f"sub-{number}" / "anat"
        mine.mkdir(parents=True)
        write_label_map(mine / f"sub-{number}_seg-subreg_msk.nii.gz", maps.subregions, maps.grid)
        if number < 3:
            write_label_map(mine / f"sub-{number}_seg-vert_msk.nii.gz", maps.vertebrae, maps.grid)
    write_pois(top / "sub-0" / "anat" / "points.mrk.json", compute_pois(people[0][1], levels={L3}))
    return top


@pytest.fixture(scope="module")
def made(folder, tmp_path_factory):
    pytest.importorskip("h5py", reason="h5py is not installed")
    out = tmp_path_factory.mktemp("made") / "models"
    words = ["shape-model", str(folder), "--levels", "L3", "--out", str(out), "--vertices", "1500", "--quiet"]
    assert main(words) == 0
    return out


def test_the_command_writes_models_surfaces_table_and_page(made):
    assert sorted(path.name for path in made.iterdir()) == ["L3.h5", "L3.vtp", "quality.csv", "shape_models.html"]
    rows = list(csv.DictReader((made / "quality.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["level"], row["modes"]) for row in rows] == [("L3", "1"), ("L3", "2")]
    assert float(rows[-1]["compactness"]) == 1.0
    page = (made / "shape_models.html").read_text(encoding="utf-8")
    assert "sub-3 is left out" in page
    assert page.count("data:image/png") == 2


def test_the_command_says_who_is_left_out(folder, tmp_path, capsys):
    pytest.importorskip("h5py", reason="h5py is not installed")
    words = ["shape-model", str(folder), "--levels", "L3,L5", "--out", str(tmp_path / "out"), "--vertices", "800", "--quiet"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "sub-3 is left out: sub-3 has one label map; both are needed." in said
    assert "No L5 of sub-0: The patient's own L5 is not in the label maps and points." in said
    assert "No model of L5: There are 0 usable vertebrae L5; 3 are needed for a shape model." in said
    assert "L3: 3 vertebrae, 2 modes" in said
    assert not (tmp_path / "out" / "L5.h5").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--levels", "L5"], "There are 0 usable vertebrae L5"),
        (["--levels", "L3", "--vertices", "3"], "A surface cannot have 3 vertices."),
        (["--levels", "L3", "--modes", "0"], "A shape model cannot have 0 modes."),
    ],
)
def test_what_makes_no_model_is_said_and_nothing_is_written(folder, tmp_path, capsys, words, sentence):
    pytest.importorskip("h5py", reason="h5py is not installed")
    assert main(["shape-model", str(folder), "--out", str(tmp_path / "out"), "--quiet", *words]) == 1
    error = capsys.readouterr().err
    assert sentence in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_without_maps_is_said(tmp_path, capsys):
    pytest.importorskip("h5py", reason="h5py is not installed")
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert main(["shape-model", str(tmp_path), "--levels", "L3", "--out", str(tmp_path / "out"), "--quiet"]) == 1
    assert "holds no label map" in capsys.readouterr().err
