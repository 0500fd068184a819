"""What the linters do not look at: file sizes, tables, and ids that agree with their tables."""

import ast
import re
import tomllib
from enum import IntEnum
from pathlib import Path

import pytest
from spinetwin.anatomy import LEVELS, POINTS, SUBREGIONS, PointId, SubregionId, level
from spinetwin.anatomy.tables import read_table

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "SpineDigitalTwin" / "spinetwin"
FOLDERS = ("SpineDigitalTwin", "SpinePOI", "Testing", "benchmarks")
PYTHON_FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
TABLES = sorted(CORE.rglob("*.csv"))
LONGEST = 450


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def style_problems(text: str) -> list[str]:
    """Return what is wrong with one Python file."""
    try:
        tree = ast.parse(text, feature_version=(3, 11))
    except SyntaxError as error:
        return [f"line {error.lineno}: not Python 3.11: {error.msg}"]
    problems = [
        f"line {node.lineno}: slicer.{node.attr} exists in slicer-core only; write slicer.util.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "slicer"
        and re.match(r"(load|save)[A-Z]", node.attr)
    ]
    lines = text.count("\n")
    return [*problems, *([f"{lines} lines, at most {LONGEST}: split it"] if lines > LONGEST else [])]


@pytest.mark.parametrize("path", PYTHON_FILES, ids=_name)
def test_python_files(path):
    assert style_problems(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("type Vector = list[float]\n", "not Python 3.11"),
        ("import slicer\nslicer.loadVolume('a.nrrd')\n", "line 2: slicer.loadVolume"),
        ("load = slicer.loadMarkups\n", "write slicer.util.loadMarkups"),
        ("\n" * (LONGEST + 1), "split it"),
    ],
)
def test_the_style_guard_bites(text, word):
    assert word in style_problems(text)[0]


def test_the_application_form_of_the_loaders_passes():
    assert style_problems("import slicer\nslicer.util.loadVolume('a.nrrd')\n") == []


def table_problems(data: bytes) -> list[str]:
    """Return what is wrong with one packaged table."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return ["not UTF-8"]
    found = {
        "a byte order mark": text.startswith("\ufeff"),
        "windows newlines": "\r" in text,
        "no newline at the end": not text.endswith("\n"),
        "trailing blanks": re.search(r"[ \t]+$", text, re.MULTILINE) is not None,
    }
    return [problem for problem, is_there in found.items() if is_there]


@pytest.mark.parametrize("path", TABLES, ids=_name)
def test_tables(path):
    assert table_problems(path.read_bytes()) == []


@pytest.mark.parametrize("data", [b"a,\xe9\n", b"a,b\r\n", b"a,b", b"\xef\xbb\xbfa,b\n", b"a,b \n"])
def test_the_table_guard_bites(data):
    assert len(table_problems(data)) == 1


def test_the_linters_still_ask_for_documentation_and_types():
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert {"D", "ANN"} <= set(tools["ruff"]["lint"]["select"])
    assert not {
        each for each in tools["ruff"]["lint"]["ignore"] if each.startswith(("D1", "ANN")) and each not in {"D105", "D107"}
    }
    assert tools["mypy"]["strict"] is True
    assert tools["pytest"]["ini_options"]["filterwarnings"][0] == "error"


@pytest.mark.parametrize(
    ("ids", "table", "key"),
    [(SubregionId, "subregions.csv", "label"), (PointId, "points_of_interest.csv", "id")],
)
def test_ids_that_code_names_are_rows_of_the_table(ids: type[IntEnum], table, key):
    assert {int(each) for each in ids} <= {int(row[key]) for row in read_table(table)}


@pytest.mark.parametrize("table", [LEVELS, POINTS, SUBREGIONS], ids=["levels", "points", "subregions"])
def test_ids_and_names_are_unique(table):
    assert len({each.id for each in table}) == len({each.name for each in table}) == len(table)


def test_a_side_is_in_the_names_of_both_enums():
    for ids in (SubregionId, PointId):
        for each in ids:
            if each.name.endswith("_LEFT"):
                assert each.name.replace("_LEFT", "_RIGHT") in ids.__members__


def test_the_mirror_of_a_mirror_is_the_point_itself():
    partner = {each.id: each.mirror for each in POINTS}
    side = {each.id: each.side for each in POINTS}
    assert {each: partner[partner[each]] for each in partner} == {each: each for each in partner}
    assert all((partner[each] == each) == (side[each] == "median") for each in partner)
    assert all({side[each], side[partner[each]]} in ({"left", "right"}, {"median"}) for each in partner)


def test_the_thirteenth_thoracic_vertebra_lies_between_the_twelfth_and_the_first_lumbar():
    names = [each.name for each in LEVELS]
    assert names.index("T12") + 1 == names.index("T13") == names.index("L1") - 1
    assert level("T13").id > level("L1").id, "its id says otherwise, which is why `order` exists"
