"""Points go out and come back exactly; what a person did in between is noticed; bad files end in a sentence."""

import copy
import csv
import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from spinetwin.anatomy import LEVELS, POINTS, level, point
from spinetwin.errors import ParameterError, ReadError
from spinetwin.geometry import Grid
from spinetwin.io import POINT_SUFFIXES, read_pois, write_pois
from spinetwin.io.description import MOVED_MM, NOT_PLACED, REMOVED, describe, restore
from spinetwin.io.markups import level_color
from spinetwin.poi import Poi, PoiSet, Status
from spinetwin.poi.model import EDITED

L3, TIP, SPINOUS = level("L3").id, point(81).id, point("spinous_process").id
PAPER = "paper 1"


def sample():
    return PoiSet.of(
        [
            Poi(L3, 101, Status.OK, (1.25, -3.5, 88.125), source=PAPER),
            Poi(L3, 102, Status.SUSPECT, (1 / 3, -2e-17, 1e3), "the ray; left\nthe \\image", PAPER),
            Poi(L3, 103, Status.MISSING, None, "no spinous process", PAPER),
            Poi(L3, 104, Status.OK, (4.0, 5.0, 6.0), source=EDITED, computed=(1.0, 2.0, 3.0)),
            Poi(L3, 105, Status.OK, (4.0, 5.0, 6.0), source=EDITED),
            Poi(level("T13").id, 250, Status.OK, (0.1, 0.2, 0.3), source="tptbox 1"),
            Poi(level("S1").id, 101, Status.MISSING, None, REMOVED, EDITED, (1.0, 2.0, 3.0)),
        ]
    )


def grid():
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", (20, -35, 50), degrees=True).as_matrix()[:, [2, 0, 1]] * (1.5, -0.75, 3.25)
    affine[:3, 3] = (-31.5, 17.25, 140.5)
    return Grid((70, 80, 90), affine)


def same(first, second, tolerance=0.0):
    assert list(first.points) == list(second.points)
    for one, other in zip(first, second, strict=True):
        assert (one.status, one.reason, one.source) == (other.status, other.reason, other.source)
        for a, b in ((one.position, other.position), (one.computed, other.computed)):
            assert (a is None) == (b is None)
            assert a is None or math.dist(a, b) <= tolerance


def rewrite(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("suffix", "space"),
    [
        (".mrk.json", None),
        (".mkr.json", "lps"),
        (".mrk.json", "ras"),
        (".json", None),
        (".json", "lps"),
        (".json", "ras"),
        (".csv", None),
    ],
)
def test_exact_round_trip(tmp_path, suffix, space):
    path = tmp_path / f"a{suffix}"
    write_pois(path, sample(), space=space)
    same(read_pois(path), sample())


def test_round_trip_in_voxels(tmp_path):
    write_pois(tmp_path / "a.json", sample(), space="voxel", like=grid())
    same(read_pois(tmp_path / "a.json"), sample(), 1e-10)
    content = json.loads((tmp_path / "a.json").read_text())
    assert np.allclose(
        grid().to_ras(content[1]["L3"]["Ligament_Attachment_Point_Anterior_Longitudinal_Superior_Median"]), (1.25, -3.5, 88.125)
    )


numbers = st.tuples(*[st.floats(-1e6, 1e6)] * 3)


@st.composite
def pois(draw):
    status = draw(st.sampled_from(Status))
    source = draw(st.sampled_from(["", PAPER, EDITED, "a; b\\"]))
    reason = "" if status is Status.OK else draw(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=20))
    computed = draw(st.none() | numbers) if source == EDITED or status is Status.MISSING else None
    return Poi(
        draw(st.sampled_from(LEVELS)).id, draw(st.sampled_from(POINTS)).id, status,
        None if status is Status.MISSING else draw(numbers), reason, source, computed,
    )  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(pois(), min_size=1, max_size=8, unique_by=lambda poi: poi.key))
def test_every_point_survives_every_format(tmp_path_factory, points):
    folder = tmp_path_factory.mktemp("points")
    for suffix in (".mrk.json", ".json", ".csv"):
        write_pois(folder / f"a{suffix}", PoiSet.of(points))
        same(read_pois(folder / f"a{suffix}"), PoiSet.of(points))


@given(pois())
def test_description_is_one_line_and_parses_exactly(poi):
    text = describe(poi)
    assert "\n" not in text
    assert restore(poi.level, poi.id, text, poi.position) == poi


@given(st.text(max_size=60), st.none() | numbers)
def test_any_description_gives_a_point(text, position):
    assert restore(L3, TIP, text, position).key == (L3, TIP)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "looks good",
        "ok",
        "ok; paper 1; computed 1 2",
        "ok; paper 1; computed 1 2 nan",
        "good; paper 1",
        "ok; a; b; c",
        "ok; a; computed 1e999 0 0",
    ],
)
def test_a_description_in_other_words_is_kept(text):
    assert restore(L3, TIP, text, (1.0, 2.0, 3.0)) == Poi(L3, TIP, Status.OK, (1.0, 2.0, 3.0), text)
    assert restore(L3, TIP, text, None) == Poi(L3, TIP, Status.MISSING, None, text or NOT_PLACED)


def test_moving_placing_and_removing_in_slicer_is_noticed():
    points = sample()
    ok, suspect, missing, edited = (points[L3, each] for each in (101, 102, 103, 104))
    assert restore(*ok.key, describe(ok), (1.25, -3.5, 88.0)) == ok.moved_to((1.25, -3.5, 88.0))
    assert restore(*suspect.key, describe(suspect), (1.0, 2.0, 3.0)) == suspect.moved_to((1.0, 2.0, 3.0))
    assert restore(*missing.key, describe(missing), (1.0, 2.0, 3.0)) == missing.moved_to((1.0, 2.0, 3.0))
    assert restore(*edited.key, describe(edited), (9.0, 9.0, 9.0)) == edited.moved_to((9.0, 9.0, 9.0))
    assert restore(*ok.key, describe(ok), (1.25, -3.5, 88.125 + MOVED_MM / 2)) == ok
    assert restore(*ok.key, describe(ok), None) == Poi(L3, 101, Status.MISSING, None, REMOVED, EDITED, (1.25, -3.5, 88.125))


def test_markups_for_slicer(tmp_path):
    write_pois(tmp_path / "a.mrk.json", sample())
    content = json.loads((tmp_path / "a.mrk.json").read_text())
    assert "markups-schema-v1.0.3.json" in content["@schema"]
    assert [each["name"] for each in content["markups"]] == ["T13", "L3", "S1"]
    first, suspect, missing = content["markups"][1]["controlPoints"][:3]
    assert first["position"] == [-1.25, 3.5, 88.125]
    assert first["id"] == f"{L3}-101"
    assert first["label"] == point(101).label
    assert (first["selected"], suspect["selected"]) == (True, False)
    assert missing["positionStatus"] == "undefined"
    assert "position" not in missing
    assert "no spinous process" in missing["description"]


def test_level_colors_differ_and_are_not_amber():
    colors = [level_color(each.id) for each in LEVELS]
    assert len(set(colors)) == len(colors)
    for one, other in itertools.pairwise(colors):
        assert math.dist(one, other) > 0.2
    assert min(math.dist(each, (1.0, 0.75, 0.0)) for each in colors) > 0.3


def test_several_slicer_files_make_one_spine(tmp_path):
    write_pois(tmp_path / "all.mrk.json", sample())
    content = json.loads((tmp_path / "all.mrk.json").read_text())
    paths = []
    for each in content["markups"]:
        paths.append(tmp_path / f"{each.pop('name')}.mrk.json")
        paths[-1].write_text(json.dumps({"@schema": "…v1.0.4…", "markups": [each]}))
    same(read_pois(*paths), sample())
    with pytest.raises(ReadError, match="twice"):
        read_pois(paths[0], paths[0])
    with pytest.raises(ReadError, match="together"):
        read_pois(paths[0], tmp_path / "a.csv")


def plain_list(path, name, *control_points, **more):
    path.write_text(
        json.dumps({"markups": [{"type": "Fiducial", "name": name, "controlPoints": list(control_points), **more}]})
    )
    return path


@pytest.mark.parametrize(
    ("name", "control_point"),
    [
        ("F", {"id": f"{L3}-42", "label": "my point"}),
        ("F", {"id": "1", "label": "L3-42"}),
        ("F", {"id": "1", "label": f"{L3}-42"}),
        ("L3", {"id": "1", "label": "spinous process"}),
        ("l3", {"id": "1", "label": "Spinous_Process"}),
        ("L3", {"id": "1", "label": "42"}),
    ],
)
def test_lists_made_by_hand(tmp_path, name, control_point):
    path = plain_list(tmp_path / "a.mrk.json", name, {**control_point, "position": [1, 2, 3]})
    assert read_pois(path)[L3, SPINOUS] == Poi(L3, SPINOUS, Status.OK, (-1.0, -2.0, 3.0))


def test_what_is_no_known_point_is_reported(tmp_path):
    strange = {"id": "1", "label": "F-1", "position": [1, 2, 3]}
    good = {"id": f"{L3}-42", "label": "x", "position": [1, 2, 3]}
    path = plain_list(tmp_path / "a.mrk.json", "F", strange, good)
    with pytest.raises(ReadError, match=r"'F-1' of 'F' in a\.mrk\.json is no known point"):
        read_pois(path)
    unknown = []
    assert len(read_pois(path, unknown=unknown)) == 1
    assert len(unknown) == 1
    with pytest.raises(ReadError):
        read_pois(plain_list(path, "F", strange), unknown=[])
    with pytest.raises(ReadError, match="The Line 'F'"):
        read_pois(plain_list(path, "F", good, type="Line"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"position": [1, 2]}, "three numbers"),
        ({"position": [1, 2, "3"]}, "not made of numbers"),
        ({"position": [1, 2, True]}, "not made of numbers"),
        ({"position": [1, 2, math.nan]}, "not finite"),
        ({"position": [1, 2, 10**400]}, "impossible"),
        ({"position": None}, "three numbers"),
        ({"position": ""}, "three numbers"),
    ],
)
def test_bad_positions(tmp_path, change, says):
    path = plain_list(tmp_path / "a.mrk.json", "L3", {"id": f"{L3}-42", "label": "x", **change})
    with pytest.raises(ReadError, match=says) as caught:
        read_pois(path)
    assert "a.mrk.json" in str(caught.value)


BAD_JSON = {
    "empty": "",
    "cut off": '[{"format": "POI", "zoom": [1, 1',
    "nested": "[" * 100_000,
    "number": "1" * 10_000,
    "words": "once upon a time",
    "nothing": "null",
    "other": '{"a": 1}',
    "list": "[1, 2]",
    "no list": '{"markups": 3}',
    "no object": '{"markups": [3]}',
    "no point object": '{"markups": [{"controlPoints": [3]}]}',
    "no points": '{"markups": [{"controlPoints": {}}]}',
    "axes": '{"markups": [{"coordinateSystem": "IJK"}]}',
    "axes list": '{"markups": [{"coordinateSystem": ["LPS"]}]}',
    "inches": '{"markups": [{"coordinateUnits": "inch"}]}',
    "no header": '[{"format": "POI"}, {}]',
    "rotation": '[{"format": "POI", "zoom": [1, 1, 1], "origin": [0, 0, 0], "rotation": 3}, {}]',
    "zoom": '[{"format": "POI", "zoom": [1, 1, "x"], "origin": [0, 0, 0], "rotation": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}, {}]',
    "space": '[{"format": "POI_GLOBAL", "coordinate_system": "mni"}, {}]',
    "level": '[{"format": "POI_GLOBAL"}, {"L9": {"42": [1, 2, 3]}}]',
    "no dict": '[{"format": "POI_GLOBAL"}, {"L3": [1, 2, 3]}]',
    "nan": '[{"format": "POI_GLOBAL"}, {"L3": {"42": [1, 2, NaN]}}]',
    "twice": '[{"format": "POI_GLOBAL"}, {"L3": {"42": [1, 2, 3], "Spinosus_Process": [1, 2, 4]}}]',
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".mrk.json", ".json"])
@pytest.mark.parametrize("name", BAD_JSON)
def test_bad_json(tmp_path, suffix, name):
    path = tmp_path / f"a{suffix}"
    path.write_text(BAD_JSON[name])
    with pytest.raises(ReadError, match="a" + suffix) as caught:
        read_pois(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("level,id,x,y\nL3,42,1,2\n", "no column z"),
        ("level,x,y,z\nL3,1,2,3\n", "no column id"),
        ("level,id,x,y,z\nL9,42,1,2,3\n", "unknown level, 'L9'"),
        ("level,id,x,y,z\nL3,tip,1,2,3\n", "unknown point, 'tip'"),
        ("level,id,x,y,z\nL3,42,1,2\n", "three numbers"),
        ("level,id,x,y,z\nL3,42,1,2,inf\n", "not finite"),
        ("level,id,x,y,z,status\nL3,42,1,2,3,great\n", "unknown status"),
        ("level,id,x,y,z\nL3,42,1,2,3\nL3,42,1,2,4\n", "twice"),
        ('level,id,x,y,z\nL3,42,1,2,"3\n', "no readable table"),
    ],
)
def test_bad_tables(tmp_path, text, says):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ReadError, match=says):
        read_pois(tmp_path / "a.csv")


def test_a_table_from_a_spreadsheet(tmp_path):
    (tmp_path / "a.csv").write_bytes("\ufeffName;Level;X;Y;Z;status\r\nspinous_process;L3;1;2;3;missing\r\n".encode())
    assert read_pois(tmp_path / "a.csv")[L3, SPINOUS] == Poi(L3, SPINOUS, Status.OK, (1.0, 2.0, 3.0), source=EDITED)


@pytest.mark.parametrize("suffix", [*POINT_SUFFIXES, ".txt"])
def test_missing_folder_and_binary(tmp_path, suffix):
    (tmp_path / f"folder{suffix}").mkdir()
    (tmp_path / f"binary{suffix}").write_bytes(b"\xff\xfe\x00\x01")
    for name in ("missing", "folder", "binary"):
        with pytest.raises(ReadError):
            read_pois(tmp_path / f"{name}{suffix}")


def test_coordinates_that_a_format_does_not_have(tmp_path):
    for suffix, space in ((".csv", "voxel"), (".csv", "mni"), (".mrk.json", "voxel"), (".json", "voxel"), (".json", "mni")):
        with pytest.raises(ParameterError):
            write_pois(tmp_path / f"a{suffix}", sample(), space=space)
    with pytest.raises(ParameterError, match="Known are"):
        write_pois(tmp_path / "a.txt", sample())
    assert not list(tmp_path.iterdir())


# What TPTBox writes for three points in a PIR grid of 1.5 x 1.5 x 3 mm, by the facts of its format.
TPTBOX_VOXEL = [
    {
        "direction": ["P", "I", "R"], "zoom": [1.5, 1.5, 3.0], "origin": [-20.0, 60.0, 100.0],
        "rotation": [[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]], "shape": [60, 70, 20],
        "format": "POI", "level_one_info": "Vertebra_Instance", "level_two_info": "Location",
    },
    {"L3": {"Spinosus_Process": [10.0, 20.0, 5.0], "81": [0.0, 0.0, 0.0]}, "T13": {"Vertebra_Corpus": [1.0, 0.0, 0.0]}},
]  # fmt: skip


def test_tptbox_voxel_coordinates_become_ras(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(TPTBOX_VOXEL))
    points = read_pois(path)
    assert points[L3, SPINOUS] == Poi(L3, SPINOUS, Status.OK, (-5.0, 45.0, 70.0))
    assert points[L3, TIP].position == (-20.0, 60.0, 100.0)
    assert points[level("T13").id, 50].position == (-20.0, 58.5, 100.0)


def test_tptbox_older_numbered_list(tmp_path):
    content = [
        {**TPTBOX_VOXEL[0], "format": "docker"},
        {"label": SPINOUS * 256 + L3, "X": 10, "Y": 20, "Z": 5},
        {"label": L3, "X": 0, "Y": 0, "Z": 0},
    ]
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert {poi.key: poi.position for poi in read_pois(tmp_path / "a.json")} == {
        (L3, SPINOUS): (-5.0, 45.0, 70.0), (L3, 50): (-20.0, 60.0, 100.0),
    }  # fmt: skip


def test_tptbox_keeps_unknown_levels_out_only_when_asked(tmp_path):
    content = copy.deepcopy(TPTBOX_VOXEL)
    content[1]["122"] = {"Vertebra_Disc": [1.0, 1.0, 1.0]}
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(ReadError, match="no known level"):
        read_pois(tmp_path / "a.json")
    unknown = []
    assert len(read_pois(tmp_path / "a.json", unknown=unknown)) == 3
    assert len(unknown) == 1


@pytest.mark.parametrize(("space", "columns"), [("lps", ["x_lps", "y_lps", "z_lps"]), ("voxel", ["i", "j", "k"])])
def test_a_table_gets_other_coordinates_as_more_columns(tmp_path, space, columns):
    path = tmp_path / "a.csv"
    write_pois(path, sample(), space=space, like=grid())
    assert read_pois(path).points == sample().points, "x, y, z are RAS all the same"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[-3:] == columns
    for poi, row in zip(sample(), rows, strict=True):
        cells = [row[each] for each in columns]
        if poi.position is None:
            assert cells == ["", "", ""]
            continue
        x, y, z = (float(each) for each in cells)
        ras = (-x, -y, z) if space == "lps" else grid().to_ras([x, y, z])
        assert list(ras) == pytest.approx(list(poi.position), abs=1e-9)
