"""From what a network says of two films to landmarks with levels. A network that knows the truth stands for a trained one, so
that everything after it is measured alone."""

import hashlib
import json
from argparse import Namespace
from dataclasses import replace

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.cli import main
from spinetwin.commands.xray_inputs import asked_lowest, landmarks_on
from spinetwin.errors import ParameterError
from spinetwin.jobs.external import film_network
from spinetwin.phantom import Curve, SpineParameters, make_spine
from spinetwin.xray.films import Film
from spinetwin.xray.landmarks import LANDMARKS, VIEWS, Landmarks
from spinetwin.xray.networks import model
from spinetwin.xray.networks.column import counted, matched
from spinetwin.xray.networks.contrast import local_contrast
from spinetwin.xray.networks.finding import MIRRORED, SOURCE, found_landmarks, sentence
from spinetwin.xray.networks.reading import reading_of
from spinetwin.xray.networks.spots import STRIDE, peaks, spotted
from spinetwin.xray.setups import Setup, camera_of
from spinetwin.xray.synthetic import FilmLook, clicked_landmarks, usual_cameras
from spinetwin.xray.synthetic import films_of as synthetic_films
from xray.made_people import write_picture

DESCRIPTION = model.Description(1.0, 50.0, "", "by nobody")
SPREAD = 1.2
SIZE = (300, 420)

# A vertebra as a cross of points: body from end to end, processes to both sides, pedicles, tip behind; mm in its own frame.
CROSS = np.array([[0, 0, 13], [0, 0, -13], [40, -30, 0], [-40, -30, 0], [13, -22, 4], [-13, -22, 4], [0, -70, -8]], float)


@pytest.fixture(scope="module")
def spine():
    made = make_spine(SpineParameters(levels="T10-L5", curves=(Curve(25, apex="L1", half_length=3),)), np.random.default_rng(2))
    middle = np.mean([frame.origin for frame in made.frames.values()], axis=0)
    return made.transformed(np.eye(3), -middle)


def film_of(view, size=SIZE, **form):
    setup = Setup(**{"source_detector_mm": 1800.0, "source_patient_mm": 1500.0, "pixel_mm": (1.0, 1.0), **form})
    camera = camera_of(setup, view, size)
    return Film(view, np.random.default_rng(1).random(size[::-1]), camera)


def films_of(**form):
    return tuple(film_of(view, **form) for view in VIEWS)


def marks_of(spine, film, levels=None):
    """Return centre and landmarks (n, 8, 2) of the vertebrae on a film, from the top."""
    frames = [frame for key, frame in spine.frames.items() if levels is None or key in levels]
    places = [np.vstack([frame.origin, frame.to_ras(CROSS)]) for frame in frames]
    return np.array([film.camera.project(each)[:, :2] for each in places]).reshape(-1, 8, 2)


def knowing(spine, films, missing=()):
    """Return a network that sees the truth on the films as they are read; `missing` are pairs of view and level."""

    def run(seen):
        view = VIEWS[int(seen[1, 0, 0])]
        film = next(each for each in films if each.view == view)
        reading = reading_of(film, DESCRIPTION.pixel_mm)
        levels = [key for key in spine.frames if (view, key) not in missing]
        marks = marks_of(spine, film, levels)
        there = np.where(reading.turned, np.array(film.camera.size) - 1.0 - marks, marks)
        cells = (there + 0.5) / reading.film_px / STRIDE - 0.5
        if reading.mirrored:
            cells[:, 1:] = cells[:, 1:][:, list(MIRRORED)]
        rows, columns = (size // STRIDE for size in seen.shape[1:])
        y, x = np.mgrid[:rows, :columns]
        heat = np.zeros((8, rows, columns), np.float32)
        offsets = np.zeros((14, rows, columns), np.float32)
        for places in cells:
            away = (x - places[:, 0, None, None]) ** 2 + (y - places[:, 1, None, None]) ** 2
            heat = np.maximum(heat, np.exp(-away / (2 * SPREAD**2)).astype(np.float32))
            near = away[0] < 4.0
            for mark, at in enumerate(places[1:]):
                offsets[2 * mark][near], offsets[2 * mark + 1][near] = (at[0] - x)[near], (at[1] - y)[near]
        return heat, offsets, np.zeros(seen.shape[1:], np.float32)

    return run


def farthest(found, spine, films):
    """Return the largest distance of a landmark from the truth, pixels of the film."""
    most = 0.0
    for film in films:
        for key, marks in zip(spine.frames, marks_of(spine, film), strict=True):
            for name, at in zip(LANDMARKS, marks[1:], strict=True):
                if (key, name, film.view) in found.seen:
                    most = max(most, float(np.linalg.norm(found.seen[key, name, film.view] - at)))
    return most


def test_a_spot_is_found_to_a_fraction_of_a_cell():
    y, x = np.mgrid[:20, :30]
    heat = np.zeros((2, 20, 30), np.float32)
    for channel, (column, row) in enumerate(((11.3, 8.6), (15.8, 9.2))):
        heat[channel] = np.exp(-((x - column) ** 2 + (y - row) ** 2) / (2 * SPREAD**2))
    offsets = np.zeros((2, 20, 30), np.float32)
    offsets[0], offsets[1] = 4.5, 0.5
    (vertebra,) = spotted(heat, offsets)
    assert np.allclose(vertebra.centre, (np.array([11.3, 8.6]) + 0.5) * STRIDE - 0.5, atol=0.05)
    assert np.allclose(vertebra.marks[0], (np.array([15.8, 9.2]) + 0.5) * STRIDE - 0.5, atol=0.05)
    assert vertebra.heights[0] > 0.9


def test_where_a_landmark_has_no_spot_the_offset_stands():
    heat = np.zeros((2, 20, 30), np.float32)
    heat[0, 8, 11] = 0.9
    offsets = np.zeros((2, 20, 30), np.float32)
    offsets[0, 8, 11] = 5.0
    (vertebra,) = spotted(heat, offsets)
    assert np.allclose(vertebra.marks[0], (np.array([16.0, 8.0]) + 0.5) * STRIDE - 0.5)
    assert vertebra.heights[0] == 0.0


def test_low_peaks_and_those_beside_a_higher_one_are_none():
    image = np.zeros((20, 20), np.float32)
    image[5, 5], image[6, 6], image[15, 15] = 0.9, 0.8, 0.2
    assert peaks(image, 0.3) == [(5, 5)]
    assert spotted(np.zeros((8, 5, 5), np.float32), np.zeros((14, 5, 5), np.float32)) == []


def test_local_contrast_does_not_see_gain_and_offset():
    film = np.random.default_rng(0).random((90, 70))
    assert np.allclose(local_contrast(film), local_contrast(400.0 * film - 37.0), atol=1e-3)
    assert not local_contrast(np.full((50, 50), 3.0)).any()


@pytest.mark.parametrize(
    ("films", "within_px"),
    [
        (films_of(), 0.3),
        ((film_of(VIEWS[0], columns_to="R"), film_of(VIEWS[1], columns_to="A")), 0.3),
        (films_of(kind="slot"), 0.3),
        (films_of(size=(750, 850), pixel_mm=(0.4, 0.5)), 0.75),
    ],
    ids=["usual", "counted from the other side", "slot scanner", "small pixels that are not square"],
)
def test_landmarks_are_found_whichever_way_films_lie(spine, films, within_px):
    found = found_landmarks(films, knowing(spine, films), DESCRIPTION, level("L5").id)
    assert [level(key).name for key in found.levels] == ["T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5"]
    assert len(found.seen) == 8 * 7 * 2
    assert farthest(found, spine, films) < within_px


def test_a_lateral_film_from_the_left_has_its_sides_right(spine):
    films = film_of(VIEWS[0]), film_of(VIEWS[1], source_side="L")
    found = found_landmarks(films, knowing(spine, films), DESCRIPTION, level("L5").id)
    assert reading_of(films[1], 1.0).mirrored
    assert farthest(found, spine, films) < 0.3


def test_a_vertebra_that_one_film_hides_costs_its_own_level_alone(spine):
    films = films_of()
    hidden = {("frontal", level("L5").id), ("lateral", level("L2").id), ("frontal", level("T12").id)}
    found = found_landmarks(films, knowing(spine, films, hidden), DESCRIPTION, level("L4").id)
    assert [level(key).name for key in found.levels] == ["T10", "T11", "L1", "L3", "L4"]
    assert farthest(found, spine, films) < 0.3
    below = "Below the lowest vertebra that both films show the network sees 1 more on the lateral film alone."
    assert found.remarks == (below,)
    assert sentence(found, level("L4").id).endswith(below)


def test_the_lowest_level_is_the_one_that_is_said(spine):
    films = films_of()
    found = found_landmarks(films, knowing(spine, films), DESCRIPTION, level("L4").id)
    assert [level(key).name for key in found.levels][-3:] == ["L2", "L3", "L4"]
    said = sentence(found, level("L4").id)
    assert "synthetic radiographs" in said
    assert "L4" in said
    assert found.source == SOURCE
    assert found.remarks == ()


def test_more_vertebrae_than_names_speak_against_the_lowest(spine):
    films = films_of()
    found = found_landmarks(films, knowing(spine, films), DESCRIPTION, level("C5").id)
    (remark,) = found.remarks
    assert remark.startswith(f"{8 - len(found.levels)} more than there are levels from C3 to C5")


def test_the_command_counts_from_the_lowest_level_that_is_said(spine, monkeypatch):
    films = films_of()
    monkeypatch.setattr(model, "read_description", lambda: DESCRIPTION)
    monkeypatch.setattr(film_network, "network_at_hand", lambda _description: knowing(spine, films))
    found, said = landmarks_on(films, Namespace(auto=True, levels="T12-L4", lowest=None))
    assert [level(key).name for key in found.levels][-1] == "L4"
    assert said == [sentence(found, level("L4").id)]
    found, said = landmarks_on(films, Namespace(auto=True, levels=None, lowest="L3"))
    assert [level(key).name for key in found.levels][-1] == "L3"
    assert said == [sentence(found, level("L3").id)]


@pytest.mark.parametrize(("answers", "lowest"), [([""], "L5"), ([" l4 "], "L4"), (["knee", "L1-L5", "T12"], "T12")])
def test_a_person_is_asked_for_the_lowest_level_until_it_is_one(answers, lowest):
    questions = []

    def answer(question):
        questions.append(question)
        return answers[len(questions) - 1]

    assert asked_lowest(answer) == lowest
    assert len(questions) == len(answers)
    assert "[L5]" in questions[0]


def test_films_without_vertebrae_are_refused(spine):
    films = films_of()
    hidden = {("lateral", key) for key in spine.frames}
    with pytest.raises(ParameterError, match="8 vertebrae on the frontal film and 0 on the lateral one"):
        found_landmarks(films, knowing(spine, films, hidden), DESCRIPTION, level("L5").id)


def test_only_rays_that_meet_are_matched(spine):
    films = films_of()
    first, second = (list(marks_of(spine, film)[:, 0]) for film in films)
    assert matched(films, first, second) == [(n, n) for n in range(8)]
    assert matched(films, first[1:], second) == [(n, n + 1) for n in range(7)]
    assert matched(films, first, [second[3] + (0.0, 15.0)]) == []
    assert matched(films, first, []) == []


@pytest.mark.parametrize("missing", [set(), {"L3"}, {"L4", "T8"}, {"L4", "L3", "T2"}, {"T11", "T10"}])
def test_levels_are_counted_past_gaps(missing):
    """In a person who differs from the mean in size and spacing, curved, whose discs are narrow."""
    parameters = SpineParameters(levels="T1-L5", curves=(Curve(45, apex="L1", half_length=3),), spacing=0.7)
    spine = make_spine(parameters, np.random.default_rng(8))
    names = [each.name for each in spine.levels]
    kept = [name not in missing for name in names]
    places = np.array([frame.origin for frame in spine.frames.values()])[kept]
    assert [each.name for each in counted(places, level("L5").id)] == [name for name in names if name not in missing]


def test_levels_are_counted_from_the_lowest_to_the_third_of_the_neck():
    places = np.array([frame.origin for frame in make_spine(SpineParameters(levels="C3-L5")).frames.values()])
    above = places[0] + np.array([[0.0, 0.0, 20.0 * n] for n in (3, 2, 1)])
    assert [each.name for each in counted(np.vstack([above, places]), level("L5").id)][:2] == ["C3", "C4"]
    assert [each.name for each in counted(places[-2:], level("L6").id)] == ["L5", "L6"]
    assert [each.name for each in counted(places[-1:], level("L3").id)] == ["L3"]


def test_a_film_larger_than_people_is_refused():
    film = film_of("frontal")
    vast = replace(film, camera=replace(film.camera, focal=film.camera.focal / 20.0))
    with pytest.raises(ParameterError, match="Check the size of its pixels"):
        reading_of(vast, 1.0)


def write_model(folder, weights=b"weights", **changed):
    folder.mkdir(exist_ok=True)
    (folder / model.WEIGHTS).write_bytes(weights)
    content = {"pixel_mm": 1.0, "bone_mm": 50.0, "sha256": hashlib.sha256(b"weights").hexdigest(), "trained": "on films"}
    (folder / model.DESCRIPTION).write_text(json.dumps(content | changed))


def test_a_description_is_read_and_its_weights_are_checked(tmp_path):
    write_model(tmp_path)
    assert model.read_description(tmp_path).trained == "on films"
    write_model(tmp_path, weights=b"other")
    with pytest.raises(ParameterError, match="not what they should be"):
        model.read_description(tmp_path)
    for broken in ({"pixel_mm": "wide"}, {"sha256": None, "bone_mm": None}, {"measured": 3}):
        write_model(tmp_path, **broken)
        with pytest.raises(ParameterError, match="is damaged"):
            model.read_description(tmp_path)
    (tmp_path / model.DESCRIPTION).write_text("{")
    with pytest.raises(ParameterError, match="is damaged"):
        model.read_description(tmp_path)


def test_without_a_network_the_command_says_so_in_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(model, "FOLDER", tmp_path / "none")
    for seed, view in enumerate(VIEWS):
        write_picture(tmp_path / f"{view}.nii.gz", np.random.default_rng(seed).random((150, 140)))
    films = [str(tmp_path / f"{view}.nii.gz") for view in VIEWS]
    geometry = ["--sdd", "1800", "--sod", "1500", "--pixel", "1"]
    words = ["xray", *films, *geometry, "--auto", "--out", str(tmp_path / "out"), "--quiet"]
    assert main(words) != 0
    error = capsys.readouterr().err
    assert "No network that finds landmarks" in error
    assert "--landmarks" in error
    assert not (tmp_path / "out").exists()


def test_a_film_wants_landmarks_or_auto(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["xray", "a.png", "b.png", "--out", str(tmp_path)])
    assert "--landmarks --auto" in capsys.readouterr().err


def test_landmarks_of_a_network_are_as_clicked_ones(spine):
    films = films_of()
    found = found_landmarks(films, knowing(spine, films), DESCRIPTION, level("L5").id)
    assert isinstance(found, Landmarks)
    assert set(found.of_level(level("L3").id)) == set(LANDMARKS)


def test_the_network_of_the_package_finds_a_lumbar_spine():
    """Films by another way than those it was trained on: rays are marched through voxels of a phantom."""
    pytest.importorskip("vtkmodules", reason="VTK is not installed")
    if not (model.FOLDER / model.DESCRIPTION).is_file():
        pytest.skip("no network comes with this version")
    spine = make_spine(
        SpineParameters(levels="T12-S1", curves=(Curve(20, apex="L2", half_length=3),)), np.random.default_rng(3)
    )
    spine = spine.transformed(np.eye(3), -spine.frames[level("L3").id].origin)
    cameras = usual_cameras(300, 1.2)
    films = synthetic_films(spine, cameras, FilmLook(voxel_mm=2.0), np.random.default_rng(0))
    description = model.read_description()
    assert "synthetic radiographs" in description.trained
    found = found_landmarks(films, model.open_network(description), description, level("L5").id)
    lumbar = [level(f"L{number}").id for number in range(1, 6)]
    assert set(lumbar) <= set(found.levels)
    bones = replace(spine, shapes={key: spine.shapes[key] for key in lumbar})
    truth = clicked_landmarks(bones, cameras, np.random.default_rng(0), click_mm=0.0)
    apart = [np.linalg.norm(found.seen[key] - at) * films[0].pixel_mm for key, at in truth.seen.items()]
    assert np.mean(apart) < 5.0


def test_a_network_of_the_package_is_small_and_says_how_good_it_is():
    if not (model.FOLDER / model.DESCRIPTION).is_file():
        pytest.skip("no network comes with this version")
    description = model.read_description()
    assert (model.FOLDER / model.WEIGHTS).stat().st_size < 6e6
    assert {"frontal", "lateral"} <= set(description.measured)
    assert "never trained on" in description.measured["on"]
