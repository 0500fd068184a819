"""truth.json: written whole, read back to the last bit, refused in one sentence."""

import json
from dataclasses import replace

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.errors import ReadError, WriteError
from spinetwin.geometry import Frame
from spinetwin.io.truth import read_truth, write_truth
from spinetwin.phantom import parse_variant
from spinetwin.phantom.ground_truth.record import Angles, CurveAngle, GroundTruth, Sizes, VariantTruth

L3, T13 = level("L3").id, level("T13").id


def sample():
    rng = np.random.default_rng(2)
    frames = {key: Frame(rng.normal(size=3), np.linalg.qr(rng.normal(size=(3, 3)))[0], "phantom") for key in (T13, L3)}
    points = {
        "paper": {(T13, 101): rng.normal(size=3), (L3, 101): np.array([1 / 3, -1e-300, 5e300]), (L3, 50): np.zeros(3)},
        "tptbox": {(L3, 101): rng.normal(size=3)},
    }
    curves = (CurveAngle("T3", "L1", "T8", 44.9 / 7, "right"),)
    angles = Angles(curves, 1 / 7, None, 50.1, -3.0, 33.3, None, None, {"T13": 1e-17, "L3": 17.9})
    sizes = {
        T13: Sizes(),
        L3: Sizes(height_front=26.7 / 3, disc_wedge_right=-1.5, pedicle_width_left=26 / 3, volumes={"corpus_border": 1e5 / 3}),
    }
    variants = (VariantTruth(parse_variant("listhesis:L5:20%"), {"slip_mm": 20 / 3}), VariantTruth(parse_variant("L6"), {}))
    return GroundTruth(
        frames, points, angles, sizes, variants, {"seed": 7, "spine": {"lordosis": 0.1 + 0.2, "curves": [], "name": "é"}}
    )


@pytest.fixture
def path(tmp_path):
    write_truth(tmp_path / "truth.json", sample())
    return tmp_path / "truth.json"


def test_it_comes_back_to_the_last_bit(path, tmp_path):
    truth, found = sample(), read_truth(path)
    assert (found.parameters, found.angles, found.sizes) == (truth.parameters, truth.angles, truth.sizes)
    assert found.variants == truth.variants
    assert list(found.frames) == [T13, L3]
    for key, frame in truth.frames.items():
        assert np.array_equal(found.frames[key].origin, frame.origin)
        assert np.array_equal(found.frames[key].axes, frame.axes)
    for rules, points in truth.points.items():
        assert found.points[rules].keys() == points.keys()
        assert all(np.array_equal(found.points[rules][key], at) for key, at in points.items())
    write_truth(tmp_path / "again.json", found)
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


def test_people_can_read_it(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["coordinate_system"] == "RAS mm"
    point = content["levels"]["L3"]["points"]["paper"]["101"]
    assert point["name"] == "anterior_longitudinal_ligament_superior_median"
    assert "[0.0, 0.0, 0.0]" in path.read_text(encoding="utf-8")


def test_a_number_that_json_has_not_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_truth(tmp_path / "truth.json", replace(sample(), parameters={"a": float("nan")}))
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(WriteError, match="nowhere"):
        write_truth(tmp_path / "nowhere" / "truth.json", sample())


def _changed(*keys, to=None):
    def change(content):
        for key in keys[:-1]:
            content = content[key]
        if to is None:
            del content[keys[-1]]
        else:
            content[keys[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_changed("format"), "no truth"),
        (_changed("version", to=2), "version 2"),
        (_changed("coordinate_system", to="LPS mm"), "LPS"),
        (_changed("levels"), "levels"),
        (_changed("parameters"), "parameters"),
        (_changed("levels", "L9", to={}), "L9"),
        (_changed("levels", "L3", "frame"), "frame"),
        (_changed("levels", "L3", "frame", "right"), "right"),
        (_changed("levels", "L3", "frame", "origin", to=[1, 2]), "origin"),
        (_changed("levels", "L3", "points"), "points"),
        (_changed("levels", "L3", "points", "paper", to=[]), "points"),
        (_changed("levels", "L3", "points", "paper", "tip", to={}), "tip"),
        (_changed("angles"), "angles"),
        (_changed("angles", "curves"), "curves"),
        (_changed("angles", "curves", 0, "cobb"), "curve"),
        (_changed("angles", "curves", 0, "apex"), "curve"),
        (_changed("angles", "axial_rotation", "L3", to="much"), "L3"),
        (_changed("angles", "sacral_slope"), "angles"),
        (_changed("angles", "sacral_slope", to=True), "sacral_slope"),
        (_changed("variants"), "variants"),
        (_changed("variants", 0, "kind", to="horns"), "horns"),
        (_changed("variants", 0, "amount", to=90), "listhesis"),
        (_changed("variants", 0, "size", to=1), "Variant 1"),
        (_changed("variants", 1, "measured"), "Variant 2"),
        (_changed("levels", "L3", "sizes", to=[]), "sizes"),
        (_changed("levels", "L3", "sizes", "girth", to=3), "sizes"),
        (_changed("levels", "L3", "sizes", "width", to="wide"), "width"),
        (_changed("levels", "L3", "sizes", "volumes"), "volumes"),
        (_changed("levels", "L3", "points", "paper", "101", "position", to=[1, 2, "3"]), "101"),
    ],
)
def test_a_bad_file_gets_one_sentence(path, change, words):
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ReadError, match=words) as caught:
        read_truth(path)
    assert "truth.json" in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 3}'])
def test_what_is_no_truth_is_refused(tmp_path, text):
    (tmp_path / "truth.json").write_text(text)
    with pytest.raises(ReadError, match=r"truth\.json"):
        read_truth(tmp_path / "truth.json")
