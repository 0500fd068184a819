"""`spinetwin phantom --from`: a spine in the posture of a real one, and points that are nobody's."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.io import read_keypoints
from spinetwin.io.truth import read_truth

REAL_DATA = Path(os.environ.get("SPINETWIN_REAL_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
SMALL = ("--fov", "C4", "--spacing", "4", "--quiet")
C4 = level("C4").id


def test_a_measured_spine(run, tmp_path):
    """Key points in the form of the published ones, LPS, of a spine that leans to the left."""
    points = []
    for place, name in enumerate(("C3", "C4", "C5", "C6", "C7")):
        centre = np.array([3.0 * place, 5.0, -18.0 * place])
        points.append({"coordinates": {"world_space": list(centre)}, "type": {"keypoint_type": "body", "spine_level": name}})
    (tmp_path / "points.json").write_text(json.dumps(points))
    said = run("phantom", "--out", tmp_path / "out", "--from", tmp_path / "points.json", *SMALL)
    assert said.code == 0, said.err
    found = read_truth(tmp_path / "out" / "truth.json")
    assert np.linalg.norm(found.frames[C4].origin - (-3, -5, -18)) < 3
    assert found.parameters["measured"]["C4"] == [[-3.0, -5.0, -18.0], None, None]


def body_points(places):
    """A file of body centres (LPS) in the form of the published ones."""
    return json.dumps(
        [
            {"coordinates": {"world_space": list(place)}, "type": {"keypoint_type": "body", "spine_level": name}}
            for name, place in places.items()
        ]
    )


def column(step=22.0, **moved):
    """Centres of T4 to L5 in a straight line, LPS mm, some of them moved."""
    names = [*(f"T{number}" for number in range(4, 13)), *(f"L{number}" for number in range(1, 6))]
    return {name: np.add((0.0, 0.0, -step * place), moved.get(name, 0)).tolist() for place, name in enumerate(names)}


def test_what_a_measured_spine_left_out_is_said_and_kept(run, tmp_path):
    (tmp_path / "points.json").write_text(body_points(column(24.0, T9=(30.0, 0.0, 0.0))))
    said = run("phantom", "--out", tmp_path / "out", "--from", tmp_path / "points.json", *SMALL)
    assert said.code == 0
    assert said.err.startswith("Warning: these measured centres")
    assert said.err.count("\n") == 1
    assert "T9 (30 mm)" in said.err
    parameters = read_truth(tmp_path / "out" / "truth.json").parameters
    fit = parameters["measured_fit"]
    assert fit["levels_left_out"] == ["T9"]
    assert fit["residuals_mm"].keys() == column().keys()
    assert fit["residuals_mm"]["T9"] == pytest.approx(30, abs=1)
    assert max(away for name, away in fit["residuals_mm"].items() if name != "T9") < 2
    assert 0.7 < fit["size"] < 1.1
    assert not {"lordosis", "kyphosis", "cervical_lordosis", "pelvic_incidence", "curves"} & parameters["spine"].keys()


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (column(2.4), ["2.4 mm apart", "millimetres"]),
        (column(-24.0), ["does not lie above", "names of the levels"]),
        ({name: (z, 0, 0) for name, (_, _, z) in column(24.0).items()}, ["does not lie above"]),
    ],
    ids=["cm", "upside down", "lying"],
)
def test_points_of_nobody_get_one_sentence(run, refused, tmp_path, places, said):
    (tmp_path / "points.json").write_text(body_points(places))
    refused(run("phantom", "--out", tmp_path / "out", "--from", tmp_path / "points.json", *SMALL), *said)
    assert not (tmp_path / "out").exists()


def test_a_real_spine_from_its_published_key_points(run, tmp_path):
    """One of whose centres two lie apart from all others."""
    path = REAL_DATA / "spine_keypoints" / "5ToT2KEY6ufV.json"
    if not path.is_file():
        pytest.skip(f"there is no {path}; set SPINETWIN_REAL_DATA to the folder of the real data")
    said = run("phantom", "--out", tmp_path, "--from", path, "--fov", "T8", "--spacing", "4", "--quiet")
    assert said.code == 0
    assert "L2" in said.err
    assert "L5" in said.err
    found, given = read_truth(tmp_path / "truth.json"), read_keypoints(path)
    key = level("T8").id
    fit = found.parameters["measured_fit"]
    assert fit["levels_left_out"] == ["L2", "L5"]
    assert len(fit["residuals_mm"]) == len(given)
    assert np.median(list(fit["residuals_mm"].values())) < 1.0
    # the origin of the truth is the centroid of the body, a little behind the middle of its depth
    assert np.linalg.norm(found.frames[key].origin - given[key][0]) < fit["residuals_mm"]["T8"] + 2.5
