"""Key points of real spines: reading, and every bad file in one sentence."""

from __future__ import annotations

import json

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.errors import ReadError
from spinetwin.io import read_keypoints


def entry(kind, position, name=None):
    named = {} if name is None else {"spine_level": name}
    return {"coordinates": {"world_space": position}, "type": {**named, "keypoint_type": kind}}


def spine():
    """Two levels, 35 mm apart; in LPS the left lies at positive x, the back at positive y."""
    bodies = [entry("body", [0, 0, 100], "L2"), entry("body", [2, 0, 135], "L1")]
    left = [entry("left", [15, 22, 137]), entry("left", [14, 22, 103])]
    return [*bodies, *left, entry("right", [-15, 22, 104])]


def write(folder, content):
    path = folder / "points.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_levels_come_from_the_top_in_ras_each_with_its_pedicles(tmp_path):
    points = read_keypoints(write(tmp_path, spine()))
    assert list(points) == [level("L1").id, level("L2").id]
    assert np.array_equal(points[level("L1").id][:2], [[-2, 0, 135], [-15, -22, 137]])
    assert np.isnan(points[level("L1").id][2]).all()  # its right pedicle is missing
    assert np.array_equal(points[level("L2").id], [[0, 0, 100], [-14, -22, 103], [15, -22, 104]])


def test_a_pedicle_far_from_every_body_belongs_to_none(tmp_path):
    content = [*spine(), entry("right", [-15, 22, 400])]
    points = read_keypoints(write(tmp_path, content))
    assert np.isnan(points[level("L1").id][2]).all()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "empty"),
        ("[{", "no complete JSON"),
        ({"points": []}, "no list"),
        ([], "no body centre"),
        ([entry("left", [1, 2, 3])], "no body centre"),
        ([3], "no type or no coordinates"),
        ([{"type": {"keypoint_type": "body"}}], "no type or no coordinates"),
        ([entry("rib", [1, 2, 3], "L1")], "neither body, left nor right"),
        ([entry("body", [1, 2, 3])], "no vertebral level"),
        ([entry("body", [1, 2, 3], "X7")], "no vertebral level"),
        ([entry("body", [1, 2], "L1")], "three numbers"),
        ([entry("body", [1, 2, "z"], "L1")], "not made of numbers"),
        ([entry("body", [1, 2, float("nan")], "L1")], "not finite"),
        ([entry("body", [1, 2, 3], "L1")] * 2, "earlier one names too"),
    ],
)
def test_bad_files_get_one_sentence(tmp_path, content, what):
    with pytest.raises(ReadError, match=what):
        read_keypoints(write(tmp_path, content))


def test_a_missing_file_gets_one_sentence(tmp_path):
    with pytest.raises(ReadError, match="no file"):
        read_keypoints(tmp_path / "none.json")
