"""The tables of `spinetwin evaluate`: which rows and columns they have, in which order and units, and the p of two predictions.

Möller et al. (2024) show instances (their Table 2), structures (Table 3), and both by region of the spine (Table 5).
"""

import csv
import json
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest
from scipy import stats
from spinetwin.geometry import LabelMaps
from spinetwin.io import write_label_map
from spinetwin.phantom import SpineParameters, make_spine

CASES = {"a": (0.95, 0.9), "b": (0.95, 0.85), "c": (0.95, 0.8), "d": (0.95, 0.75), "e": (0.95, 0.7), "f": (0.8, 0.82)}
"""How much of the reference each prediction keeps: the first is better, but for the smallest difference of all."""
P_OF_RANK_ONE = 4 / 2**6
"""Of six differences the one of rank 1 has the other sign: of the 2 ** 6 choices of signs two on either side are as extreme."""

INSTANCES = ["vertebra", "disc", "endplate"]
STRUCTURES = [
    *("vertebrae", "body", "arch", "spinous", "costal_left", "costal_right", "superior_articular_left"),
    *("superior_articular_right", "inferior_articular_left", "inferior_articular_right", "endplate", "disc", "cord", "canal"),
    "sacrum",
]
REGIONS = ["cervical", "thoracic", "lumbar"]
INSTANCE_MEASURES = ["rq", "sq", "pq", "dice", "assd"]
STRUCTURE_MEASURES = ["dice", "assd"]
TABLES = {
    "instances": (INSTANCES, [""], INSTANCE_MEASURES),
    "structures": (STRUCTURES, [""], STRUCTURE_MEASURES),
    "instances_by_region": (INSTANCES, REGIONS, INSTANCE_MEASURES),
    "structures_by_region": ([each for each in STRUCTURES if each != "sacrum"], REGIONS, STRUCTURE_MEASURES),
}


@pytest.fixture(scope="module")
def spine():
    made = make_spine(SpineParameters(levels="C6-S1"))
    return made.voxelise(made.grid(4.0), endplates=True)


def thinned(maps: LabelMaps, kept: float) -> LabelMaps:
    """Keep a share of the voxels; what is kept of less is also kept of more."""
    stays = np.random.default_rng(0).random(maps.grid.shape) < kept
    return LabelMaps(maps.grid, np.where(stays, maps.subregions, 0), np.where(stays, maps.vertebrae, 0))


@pytest.fixture(scope="module")
def study(spine, tmp_path_factory):
    """The folders `reference`, `first` and `second`."""
    root = tmp_path_factory.mktemp("study")
    for name, kept in CASES.items():
        for side, share in zip(("reference", "first", "second"), (1.0, *kept), strict=True):
            (root / side / name).mkdir(parents=True)
            maps = thinned(spine, share)
            write_label_map(root / side / name / "subregions.nii.gz", maps.subregions, maps.grid)
            write_label_map(root / side / name / "vertebrae.nii.gz", maps.vertebrae, maps.grid)
    return root


@pytest.fixture(scope="module")
def alone(study):
    """One case beside itself, without a second prediction: nothing to draw."""
    return evaluated(study / "reference" / "a", study / "reference" / "a", study / "alone")


@pytest.fixture(scope="module")
def compared(study):
    return evaluated(study / "first", study / "reference", study / "compared", "--against", study / "second")


def evaluated(prediction, reference, out, *options):
    from spinetwin.cli import main

    assert main([str(each) for each in ("evaluate", prediction, reference, "--out", out, "--quiet", *options)]) == 0
    return out


@cache
def lines(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def parts(measures, side=""):
    return [f"{side}{measure}_{part}" for measure in measures for part in ("mean", "sd", "n")]


@pytest.mark.parametrize("name", TABLES)
def test_each_table_has_these_rows_and_columns(alone, compared, name):
    rows, regions, measures = TABLES[name]
    expected = [[row, region] for row in rows for region in regions]
    heads, *body = lines(alone / f"{name}.csv")
    assert heads == ["name", "region", *parts(measures)]
    assert [each[:2] for each in body] == expected
    heads, *body = lines(compared / f"{name}.csv")
    assert heads == ["name", "region", *parts(measures), *parts(measures, "second_"), *(f"p_{each}" for each in measures)]
    assert [each[:2] for each in body] == expected


class Tables(HTMLParser):
    """The tables of a page, as rows of cells."""

    def __init__(self, page):
        super().__init__()
        self.found, self._inside = {}, ""
        self.feed(page)

    def handle_starttag(self, tag, _):
        if tag == "h2":
            self._title = ""
        elif tag == "table":
            self.found[self._title] = []
        elif tag == "tr":
            self.found[self._title].append([])
        elif tag in ("td", "th"):
            self.found[self._title][-1].append("")
        self._inside = tag if tag in ("h2", "td", "th", "small") else self._inside

    def handle_endtag(self, tag):
        if tag in ("h2", "td", "th"):
            self._inside = ""

    def handle_data(self, data):
        if self._inside == "h2":
            self._title += data
        elif self._inside:
            self.found[self._title][-1][-1] += data


def test_the_page_shows_them_in_the_same_order_with_units(compared):
    found = Tables((compared / "evaluation.html").read_text(encoding="utf-8")).found
    shown = [each for each in found if each.startswith(("Instances", "Structures"))]
    assert shown == ["Instances", "Structures", "Instances by region", "Structures by region"]
    instances, by_region = found["Instances"], found["Structures by region"]
    names = ["RQ", "SQ", "PQ", "Dice", "ASSD (mm)"]
    assert instances[0] == ["", "first", "second", "p (Wilcoxon)"]
    assert instances[1] == ["What", *3 * names]
    assert [each[0] for each in instances[2:]] == ["Vertebrae", "Intervertebral discs", "Endplates"]
    assert by_region[1] == ["What", "Region", *3 * names[-2:]]
    assert [each[:2] for each in by_region[2:5]] == [["Vertebrae (all parts)", region] for region in REGIONS]


def test_a_cell_is_mean_and_standard_deviation_over_the_cases(compared):
    cases = chosen(compared / "cases.csv", prediction="first", name="body", region="thoracic")
    (row,) = chosen(compared / "structures_by_region.csv", name="body", region="thoracic")
    page = Tables((compared / "evaluation.html").read_text(encoding="utf-8")).found["Structures by region"]
    (shown,) = (each for each in page if each[:2] == ["Vertebral body", "thoracic"])
    for at, (measure, digits) in enumerate((("dice", 3), ("assd", 2))):
        values = np.array([float(each[measure]) for each in cases])
        assert float(row[f"{measure}_mean"]) == pytest.approx(values.mean())
        assert float(row[f"{measure}_sd"]) == pytest.approx(values.std(ddof=1))
        assert row[f"{measure}_n"] == str(len(CASES))
        assert shown[2 + at] == f"{values.mean():.{digits}f} ± {values.std(ddof=1):.{digits}f}"


def chosen(path, **values):
    """Return the rows of a csv file that have these values."""
    heads, *body = lines(path)
    rows = [dict(zip(heads, each, strict=True)) for each in body]
    return [each for each in rows if all(each[name] == value for name, value in values.items())]


@pytest.mark.parametrize("table", TABLES)
def test_every_p_is_that_of_scipy_on_the_values_of_the_cases(compared, table):
    kind = "instances" if table.startswith("instances") else "structure"
    tested = 0
    for row in chosen(compared / f"{table}.csv"):
        cases = chosen(compared / "cases.csv", kind=kind, name=row["name"], region=row["region"])
        for measure in TABLES[table][2]:
            values = [[float(each[measure]) for each in cases if each["prediction"] == side] for side in ("first", "second")]
            assert [len(each) for each in values] == [len(CASES)] * 2
            sides = np.array(values)
            differs = (sides[0] != sides[1]).any()
            assert float(row[f"p_{measure}"]) == pytest.approx(stats.wilcoxon(*sides).pvalue if differs else 1.0)
            tested += differs
    assert tested


def test_the_p_of_known_differences_is_that_of_counting(compared):
    (vertebrae,) = chosen(compared / "structures.csv", name="vertebrae")
    assert float(vertebrae["p_dice"]) == pytest.approx(P_OF_RANK_ONE)
    page = Tables((compared / "evaluation.html").read_text(encoding="utf-8")).found["Structures"]
    assert page[2][-2] == f"{P_OF_RANK_ONE:.3f}"
    content = json.loads((compared / "evaluation.json").read_text(encoding="utf-8"))
    assert content["tables"][1]["rows"][0]["p"]["dice"] == pytest.approx(P_OF_RANK_ONE)
