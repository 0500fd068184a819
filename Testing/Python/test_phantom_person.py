"""Whose spine the phantom is: published dimensions, their spread, sex and stature, sampling."""

from __future__ import annotations

import re
from dataclasses import asdict

import numpy as np
import pytest
from scipy import ndimage
from spinetwin.anatomy import level
from spinetwin.anatomy.tables import read_table
from spinetwin.errors import ParameterError
from spinetwin.phantom import FACTORS, SpineParameters, dimensions, factor_person, make_spine, sample_person
from spinetwin.phantom.person.dimensions import COLUMNS, DIMENSIONS, LENGTHS
from spinetwin.phantom.person.factors import factor_covariance
from spinetwin.phantom.person.sampling import CLIP
from spinetwin.phantom.person.sex_and_stature import mean_person
from spinetwin.phantom.person.spread import SPREAD, norms
from spinetwin.phantom.voxels import block_of, sample

PERSON = "spinetwin.phantom.person"
KEYS = list(DIMENSIONS)
SIGNED = {name for name, column in COLUMNS.items() if column.spread_unit != "%"}

# Masharawi et al. (2010), Eur Spine J 19:768-773, table 1, mean of women and men:
# wedging of the body in degrees, height of the spinous process to that of the body, interfacet width to body width
SHAPE_T9_L5 = {
    "T9": (3.8, 0.485, 0.77),
    "T10": (3.2, 0.53, 0.765),
    "T11": (5.0, 0.545, 0.715),
    "T12": (4.2, 0.695, 0.745),
    "L1": (3.35, 0.83, 0.70),
    "L2": (1.65, 0.87, 0.665),
    "L3": (0.1, 0.85, 0.675),
    "L4": (-1.9, 0.735, 0.695),
    "L5": (-6.2, 0.62, 0.755),
}

# Median distance of the centres of neighbouring bodies on CT, mm, of 18 to 114 people (Buergin 2023), upper level first
DISTANCES = {
    "C3": 17.97, "C4": 16.99, "C5": 16.92, "C6": 17.18, "C7": 19.64, "T1": 20.40, "T2": 20.63, "T3": 20.78, "T4": 21.34,
    "T5": 22.14, "T6": 22.61, "T7": 23.12, "T8": 23.70, "T9": 25.15, "T10": 27.40, "T11": 29.56, "T12": 31.63, "L1": 34.22,
    "L2": 35.36, "L3": 36.75, "L4": 36.37,
}  # fmt: skip


def table(people, name):
    """Return one column, (people, levels)."""
    return np.array([[getattr(person[key], name) for key in KEYS] for person in people])


@pytest.fixture(scope="module")
def anybody():
    rng = np.random.default_rng(2026)
    return [sample_person(rng) for _ in range(2000)]


def test_every_column_says_what_it_is_and_what_was_compared():
    rows = {row["column"]: row for row in read_table("dimension_sources.csv", PERSON)}
    assert set(rows) == set(COLUMNS) == {row["column"] for row in read_table("sex_and_stature.csv", PERSON)}
    assert set(asdict(dimensions("L3"))) == {"level", *COLUMNS}
    for row in rows.values():
        assert all(row.values()), row["column"]
        assert row["basis"] in ("looked up", "recalled", "proportion")
        assert row["unit"] in ("mm", "deg")
        assert row["spread_unit"] in ("%", "mm", "deg")


@pytest.mark.parametrize("table_name", ["dimension_sources.csv", "sex_and_stature.csv"])
def test_every_source_is_a_reference(table_name):
    names = {row["name"] for row in read_table("references.csv", PERSON)}
    for row in read_table(table_name, PERSON):
        if row["source"] not in ("proportion", "none found") and not row["source"].startswith("as "):
            assert any(name in row["source"] for name in names), row["column"]
        for author, year in re.findall(r"([A-Z][a-z]+) ((?:19|20)\d\d(?: [ab]\b)?)", " ".join(row.values())):
            assert f"{author} {year}" in names, (row["column"], author, year)


def test_every_level_has_a_mean_and_a_spread():
    assert set(DIMENSIONS) == set(SPREAD)
    orders = [level(key).order for key in DIMENSIONS]
    assert orders == sorted(orders)
    for key, spread in SPREAD.items():
        assert set(spread) == set(COLUMNS)
        assert min(spread.values()) >= 0
        assert all(getattr(DIMENSIONS[key], name) >= 0 for name in COLUMNS if name not in SIGNED)


@pytest.mark.parametrize("name", SHAPE_T9_L5)
def test_the_lower_spine_has_the_published_shape(name):
    row = dimensions(name)
    wedging, spinous, interfacet = SHAPE_T9_L5[name]
    assert -2 * row.endplate_angle == pytest.approx(wedging, abs=0.7)
    assert row.spinous_height == pytest.approx(spinous * row.height, abs=1.0)
    assert 2 * row.facet_x == pytest.approx(interfacet * row.body_width, abs=2.0)


@pytest.mark.parametrize("name", DISTANCES)
def test_a_body_and_its_disc_are_as_high_as_in_people(name):
    upper, lower = dimensions(name), dimensions(level(name).id + 1)
    assert (upper.height + lower.height) / 2 + upper.disc_height == pytest.approx(DISTANCES[name], abs=0.75)


def test_the_spread_is_that_of_people(anybody):
    for name in COLUMNS:
        wanted = np.array([SPREAD[key][name] for key in KEYS])
        drawn = table(anybody, name)
        varies = wanted > 0
        assert np.abs(drawn.std(axis=0)[varies] / wanted[varies] - 1).max() < 0.1, name
        assert (drawn.std(axis=0)[~varies] < 1e-12).all(), name
        means = np.array([getattr(DIMENSIONS[key], name) for key in KEYS])
        assert (np.abs(drawn.mean(axis=0) - means)[varies] < 0.1 * wanted[varies]).all(), name


def test_neighbours_vary_together(anybody):
    for name in COLUMNS:
        drawn = table(anybody, name)
        for here in range(len(KEYS) - 1):
            pair = drawn[:, here : here + 2]
            if (pair.std(axis=0) > 1e-12).all():
                assert np.corrcoef(pair.T)[0, 1] > 0.8, (name, level(KEYS[here]).name)


def test_columns_that_belong_together_vary_together(anybody):
    def correlation(one, other):
        place = KEYS.index(level("L3").id)
        return np.corrcoef(table(anybody, one)[:, place], table(anybody, other)[:, place])[0, 1]

    assert correlation("body_width", "body_depth") > 0.6
    assert correlation("height_front", "height_back") > 0.6
    assert 0.1 < correlation("body_width", "pedicle_height") < 0.5
    assert abs(correlation("body_width", "facet_axial")) < 0.1


def test_the_correlation_along_the_spine_is_that_of_measured_spines(anybody):
    stack = table(anybody, "height_front") + table(anybody, "height_back") + table(anybody, "disc_front")
    t1, l4 = KEYS.index(level("T1").id), KEYS.index(level("L4").id)
    found = {
        lag: np.mean([np.corrcoef(stack[:, i], stack[:, i + lag])[0, 1] for i in range(t1, l4 - lag)]) for lag in (1, 4, 8)
    }
    for lag, measured in ((1, 0.76), (4, 0.61), (8, 0.55)):  # 114 spines, noise of the measurement included
        assert measured - 0.1 < found[lag] < measured + 0.2, lag


def test_everything_stays_possible(anybody):
    for name in LENGTHS:
        drawn = table(anybody, name)
        if name not in SIGNED:
            assert (drawn[:, np.array([getattr(DIMENSIONS[key], name) for key in KEYS]) > 0] > 0).all(), name
    for name in SIGNED:
        means = np.array([getattr(DIMENSIONS[key], name) for key in KEYS])
        limits = CLIP * np.array([SPREAD[key][name] for key in KEYS])
        assert (np.abs(table(anybody, name) - means) <= limits + 1e-9).all(), name


def test_the_same_seed_is_the_same_person():
    first, again, other = (sample_person(np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_women_and_men_have_the_published_mean_and_the_published_difference():
    women, men = mean_person("f"), mean_person("m")
    for key, row in DIMENSIONS.items():
        for name in COLUMNS:
            both = (getattr(women[key], name) + getattr(men[key], name)) / 2
            assert both == pytest.approx(getattr(row, name), abs=1e-9), name
    areas = [sum(people[level(name).id].body_width * people[level(name).id].body_depth for name in ("L1", "L2", "L3"))
             for people in (women, men)]  # fmt: skip
    assert areas[0] / areas[1] == pytest.approx(8.22 / 10.98, abs=0.03)  # Gilsanz 1994
    l5 = level("L5").id
    assert women[l5].height_back / men[l5].height_back == pytest.approx(25.5 / 26.8, abs=0.01)
    assert women[l5].facet_axial == men[l5].facet_axial


def test_women_and_men_together_have_the_spread_of_everybody():
    rng = np.random.default_rng(8)
    women, men = ([sample_person(rng, sex=sex) for _ in range(800)] for sex in "fm")
    for name in ("body_width", "height_back", "pedicle_width", "canal_depth"):
        wanted = np.array([SPREAD[key][name] for key in KEYS])
        assert np.abs(table(women + men, name).std(axis=0) / wanted - 1).max() < 0.12, name
        assert (table(women, name).std(axis=0) / wanted).mean() < 0.98, name


def test_tall_people_have_tall_vertebrae_and_hardly_wider_canals():
    small, tall = (mean_person("f", height)[level("T8").id] for height in (150, 180))
    assert 1.1 < tall.height_front / small.height_front < 180 / 150
    assert 1.0 < tall.canal_width / small.canal_width < 1.05
    assert tall.facet_axial == small.facet_axial
    assert mean_person("f", 162.0) == mean_person("f")


def test_sex_stature_and_scale_reach_the_spine():
    def length(**words):
        spine = make_spine(SpineParameters(**words))
        return spine.frames[level("C2").id].origin[2] - spine.frames[level("S1").id].origin[2]

    assert 0.9 < length(sex="f") / length(sex="m") < 0.96
    assert 1.05 < length(sex="m", height_cm=195) / length(sex="m") < 195 / 176
    assert length(scale=1.1) == pytest.approx(1.1 * length())


@pytest.mark.parametrize("seed", [0, 13, 38])
def test_a_person_drawn_has_a_possible_spine(seed):
    spine = make_spine(SpineParameters(sex=("", "f", "m")[seed % 3]), np.random.default_rng(seed))
    grid = spine.grid(2.0)
    count = np.zeros(grid.shape, dtype=np.uint8)
    for key, shape in spine.shapes.items():
        sampled = sample(shape, block_of(grid, spine.frames[key]))
        inside = sampled.solid < 0
        count[sampled.block.where] += inside
        assert ndimage.label(inside, np.ones((3, 3, 3)))[1] == 1, level(key).name
        z = np.linspace(-shape.row.height / 2, shape.row.height / 2, 9)
        y = shape.canal.front - np.linspace(0.2, 0.75, 9) * shape.canal.depth
        points = np.stack(np.meshgrid([-0.25 * shape.row.canal_width, 0.0, 0.25 * shape.row.canal_width], y, z), axis=-1)
        assert key == level("S1").id or (shape.solid(points) > 0).all(), level(key).name
    assert (count > 1).sum() < 0.005 * (count > 0).sum()


def test_norms_are_published_and_say_how_far_a_value_lies():
    found = norms("L3")
    assert found["body_width"].mean == dimensions("L3").body_width
    assert found["body_width"].deviation(found["body_width"].mean - 2 * found["body_width"].sd) == pytest.approx(-2)
    assert "transverse_rise" not in found
    assert "disc_front" not in norms("S1")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ({"sex": "x"}, "sex is f, m or empty"),
        ({"height_cm": 300}, "between 120 and 220 cm, not 300"),
        ({"height_cm": float("nan")}, "stature"),
        ({"sex": "f", "height_cm": 1.65}, "stature"),
    ],
)
def test_a_bad_sex_or_stature_gets_one_sentence(words, what):
    with pytest.raises(ParameterError, match=what):
        SpineParameters(**words)
    with pytest.raises(ParameterError, match=what):
        sample_person(np.random.default_rng(0), **words)


def test_a_factor_moves_its_own_columns_by_standard_deviations_at_every_level():
    moved = {"breadth": {"body_width", "body_depth"}, "height": {"height_front", "height_back"}}
    for factor, columns in moved.items():
        taller = factor_person({factor: 1.0})
        for key, row in DIMENSIONS.items():
            for name in COLUMNS:
                mean, grown = getattr(row, name), getattr(taller[key], name)
                if name in columns:
                    assert grown == pytest.approx(mean + SPREAD[key][name], rel=0.01), name
                else:
                    assert grown == mean, name


def test_the_factors_vary_as_the_sampler_draws_them(anybody):
    """The mean score of the columns of a group over all levels, where curves and chance have evened out."""
    columns = {"breadth": ("body_width", "body_depth"), "canal": ("canal_width", "canal_depth", "facet_x")}
    scores = np.stack([np.mean([zscores(anybody, name) for name in names], axis=(0, 2)) for names in columns.values()])
    wanted = factor_covariance()[np.ix_(*[[FACTORS.index(name) for name in columns]] * 2)]
    assert np.abs(np.cov(scores) - wanted).max() < 0.12


def zscores(people, name):
    """Standard scores of one column, (people, levels)."""
    values = np.log(table(people, name))
    return (values - values.mean(axis=0)) / values.std(axis=0)


def test_a_spine_of_given_dimensions_has_them():
    broad = factor_person({"breadth": 2.0, "canal": -1.0})
    spine = make_spine(SpineParameters(levels="L2-L3"), person=broad)
    assert {key: shape.row for key, shape in spine.shapes.items()} == {key: broad[key] for key in spine.shapes}
    assert spine.shapes[level("L3").id].body.width > 1.1 * dimensions("L3").body_width * 0.99


def test_given_dimensions_exclude_those_of_somebody_else():
    person = factor_person({})
    with pytest.raises(ParameterError, match="neither sex nor stature"):
        make_spine(SpineParameters(sex="f"), person=person)
    with pytest.raises(ParameterError, match="neither sex nor stature"):
        make_spine(rng=np.random.default_rng(1), person=person)
    with pytest.raises(ParameterError, match="lack C1"):
        make_spine(person={key: row for key, row in person.items() if level(key).name != "C1"})
    with pytest.raises(ParameterError, match="no factor 'waist'"):
        factor_person({"waist": 1.0})
