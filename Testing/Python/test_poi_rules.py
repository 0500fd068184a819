"""The rules are data: tables without a slip, and a changed row changes the point and nothing else."""

import re
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from spinetwin.anatomy import POINTS, SUBREGIONS, level, levels_between, point
from spinetwin.anatomy.tables import read_table
from spinetwin.errors import ParameterError
from spinetwin.geometry.frame import direction_coefficients
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.poi.compute import compute_pois
from spinetwin.poi.kinds import KINDS
from spinetwin.poi.rules import RULE_SETS, rule_set

PACKAGE = "spinetwin.poi.rules"
TABLES = {name: read_table(f"{name}.csv", PACKAGE) for name in RULE_SETS}
ROWS = [pytest.param(row, id=f"{name} {row['id']}") for name, rows in TABLES.items() for row in rows]
LABELS = {each.id for each in SUBREGIONS}
POINT_IDS = {each.id for each in POINTS}
L3 = level("L3").id

DIRECTIONS = {"ray": 1, "endplate": 1, "section": 1, "frame": 1, "extreme": 1, "flavum": 1} | {
    "corner": 2,
    "extended corner": 2,
    "approach": 2,
    "centroid": 0,
    "disc": 0,
    "facet": 0,
}
"""How many directions a row of each kind has."""

TARGET_IS_A_MASK = {"facet"}


@pytest.mark.parametrize("row", ROWS)
def test_a_row_says_only_what_exists(row):
    assert None not in row, "one cell too many"
    assert None not in row.values(), "one cell too few"
    assert point(row["id"]).id in POINT_IDS
    assert row["kind"] in KINDS
    directions = [each for each in row["direction"].split(" & ") if each]
    assert len(directions) == DIRECTIONS[row["kind"]]
    vectors = [direction_coefficients(each) for each in directions]
    assert all(np.linalg.norm(each) == pytest.approx(1.0) for each in vectors)
    assert len(vectors) < 2 or abs(vectors[0] @ vectors[1]) < 1e-9, "the two directions of a search are at right angles"
    assert re.fullmatch(r"((0\.\d+ )?[LR])?", row["shift"])
    assert {int(each) for each in row["mask"].split("+") if each} <= LABELS
    assert row["mask"] or row["kind"] == "frame"
    assert {int(each) for each in row["target"].split("+") if each} <= (
        LABELS if row["kind"] in TARGET_IS_A_MASK else POINT_IDS
    )
    first, _, last = row["levels"].partition("-")
    assert levels_between(level(first), level(last or first))
    assert row["start"] == "" or int(row["start"]) in POINT_IDS


@pytest.mark.parametrize("table", RULE_SETS)
def test_a_point_has_one_row_in_a_table_and_others_for_exceptions_at_fewer_levels(table):
    ids = [row["id"] for row in TABLES[table]]
    assert ids == sorted(ids, key=int)
    general: dict[str, set[int]] = {}
    excepted = set()
    for row in TABLES[table]:
        first, _, last = row["levels"].partition("-")
        levels = {each.id for each in levels_between(level(first), level(last or first))}
        assert levels < general.get(row["id"], {*levels, None}), f"{row['id']} at levels without a first row"
        own = {(row["id"], each) for each in levels} if row["id"] in general else set()
        assert not own & excepted, f"two exceptions for {row['id']} at one level"
        assert row["note"] or not own, "an exception says why"
        excepted |= own
        general.setdefault(row["id"], levels)


def test_an_exception_takes_the_place_of_the_rule_at_its_levels_alone():
    paper = rule_set("paper")
    assert set(paper.exceptions) == {(level("C2").id, 113), (level("C2").id, 121)}
    for key in (level("C2").id, level("C3").id, L3):
        found = {rule.id: rule for rule in paper.of_level(key)}
        assert set(found) == {rule.id for rule in paper.rules.values() if key in rule.levels}
        assert {id_ for id_, rule in found.items() if rule != paper.rules[id_]} == ({113, 121} if key == 2 else set())


def test_every_point_has_a_rule_of_the_paper():
    assert set(rule_set("paper").rules) == POINT_IDS
    assert set(rule_set("tptbox").rules) == POINT_IDS


def test_tptbox_holds_only_what_differs():
    paper, tptbox = rule_set("paper").rules, rule_set("tptbox").rules
    named = {int(row["id"]) for row in TABLES["tptbox"]}
    assert 0 < len(named) < len(POINT_IDS) / 2
    assert {key for key in POINT_IDS if paper[key] != tptbox[key]} == named
    assert all(row["note"] for row in TABLES["tptbox"]), "a row that differs says how"


@pytest.mark.parametrize("name", RULE_SETS)
def test_a_start_is_computed_before_it_is_needed(name):
    rules, order = rule_set(name).rules, list(KINDS)
    for rule in rules.values():
        needed = [] if rule.start is None else [rule.start]
        needed += [] if rule.kind in TARGET_IS_A_MASK else rule.target
        for each in needed:
            assert order.index(rules[each].kind) < order.index(rule.kind), f"{rule.id} needs {each}"


def _sideways(text):
    return text.translate(str.maketrans("LR", "RL"))


@pytest.mark.parametrize("name", RULE_SETS)
def test_rules_of_left_and_right_mirror_each_other(name):
    rules = rule_set(name).rules
    labels = {each.id: point(each.id).mirror for each in SUBREGIONS if each.id in POINT_IDS}
    for each in POINTS:
        own, other = rules[each.id], rules[each.mirror]
        assert (own.kind, own.levels) == (other.kind, other.levels)
        if each.side != "median":
            assert own.shift == -other.shift
            assert _sideways(own.direction) == other.direction
            assert tuple(labels.get(label, label) for label in own.mask) == other.mask
    exceptions = rule_set(name).exceptions
    for (key, id_), rule in exceptions.items():
        assert _sideways(rule.direction) == exceptions[key, point(id_).mirror].direction


def test_an_unknown_rule_set_is_refused():
    with pytest.raises(ParameterError, match="paper, tptbox"):
        rule_set("mine")


# --- a row is the method ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="L3"))
    return spine.voxelise(spine.grid(1.5))


@pytest.fixture(scope="module")
def before(maps):
    return compute_pois(maps)


CHANGES = {
    "direction": (105, {"direction": "I"}, 107),
    "mask": (81, {"mask": (42,), "direction": "S"}, 133),
    "shift": (105, {"shift": -1.0}, 113),
    "kind": (88, {"kind": "centroid"}, 45),
    "start": (52, {"kind": "frame", "start": 50, "direction": "P"}, 128),
    "corner": (101, {"direction": "P & I"}, 104),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_row_moves_its_point_and_no_other(maps, before, what):
    key, change, becomes = CHANGES[what]
    paper = rule_set("paper")
    mine = replace(paper, name="mine", rules=MappingProxyType({**paper.rules, key: replace(paper.rules[key], **change)}))
    after = compute_pois(maps, mine)
    assert after[L3, key].source.startswith("mine ")
    assert np.abs(np.subtract(after[L3, key].position, before[L3, becomes].position)).max() < 1e-6
    assert np.linalg.norm(np.subtract(after[L3, key].position, before[L3, key].position)) > 2.0
    needs = {rule.id for rule in paper.rules.values() if key in (rule.start, *rule.target)}
    assert {poi.id for poi in after if _moved(poi.position, before[poi.key].position)} <= {key} | needs


def _moved(after, before):
    """Say whether a point moved by more than the precision of the searches, which rays of one kind share."""
    return (after is None) != (before is None) or (after is not None and np.abs(np.subtract(after, before)).max() > 1e-3)


def test_levels_of_a_row_are_obeyed(maps):
    paper = rule_set("paper")
    without = {**paper.rules, 81: replace(paper.rules[81], levels=frozenset({level("T1").id}))}
    points = compute_pois(maps, replace(paper, rules=MappingProxyType(without)))
    assert 81 not in {poi.id for poi in points}
    assert 51 not in {poi.id for poi in points}, "the dens is a matter of C2"
