"""Quantities of a vertebra that are searched side by side, and sheets of nodes of which most are never asked for."""

import importlib

import numpy as np
import pytest
from plain_searches import inside_of
from spinetwin.anatomy import level
from spinetwin.phantom import Curve, SpineParameters, VertebraShape, make_spine
from spinetwin.phantom.ground_truth.arch_sizes import arch_sizes
from spinetwin.phantom.ground_truth.cells import slopes
from spinetwin.phantom.ground_truth.endplates import endplates
from spinetwin.phantom.ground_truth.levels import points_and_sections
from spinetwin.phantom.ground_truth.search import Raster, answered, inside_raster, values
from spinetwin.phantom.ground_truth.sheets import inside_sheet
from spinetwin.phantom.ground_truth.sizes import canal_sizes, landmarks
from spinetwin.phantom.ground_truth.together import Quantity, find, together
from spinetwin.phantom.ground_truth.tptbox import attachments, corners, extremes
from spinetwin.phantom.shape.nearby import Nearby

SAME = 1e-6
SAME_SIGN = 1e-4
"""So near a surface single precision need not tell on which side a node lies, mm."""


@pytest.mark.parametrize(("name", "x"), [("L3", 0.0), ("L3", 7.3), ("T6", 4.1), ("C4", -5.0)])
def test_a_sheet_tells_of_every_node_what_the_shape_says_of_it(name, x):
    shape = VertebraShape.of(name)
    low, high = shape.box
    y, z = np.arange(low[1], 0.0, 0.1), np.arange(low[2], high[2], 0.1)
    nodes = np.stack(np.broadcast_arrays(x, y[None, :], z[:, None]), axis=-1)
    expected = (inside_of(shape, 41)(nodes.reshape(-1, 3)) < 0).reshape(nodes.shape[:2])
    assert expected.sum() > 1000
    assert np.array_equal(together(shape, inside_sheet(x, y, z, (41,))), expected)


@pytest.mark.parametrize(("name", "part"), [("L3", 42), ("L3", 44), ("T6", 46), ("C4", 49), ("C2", 49)])
def test_a_raster_tells_of_every_node_what_the_shape_says_of_it(name, part):
    """Turned, so that blocks of its nodes lie across the part, and with counts that are no multiples of a block."""
    shape = VertebraShape.of(name)
    turned, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    ticks = [np.arange(-40.0, 41.0 + more) for more in range(3)]
    raster = Raster((ticks[0], ticks[1], ticks[2]), turned, np.array([0.3, -20.2, -4.1]), (part,))
    i, j, k = np.meshgrid(*ticks, indexing="ij")
    nodes = np.stack([i, j, k], axis=-1).reshape(-1, 3) @ turned + raster.origin
    expected = inside_of(shape, part)(nodes).reshape(raster.shape)
    found = together(shape, inside_raster(raster))
    assert expected.min() < 0
    assert np.array_equal(found[np.abs(expected) > SAME_SIGN], expected[np.abs(expected) > SAME_SIGN] < 0)


@pytest.mark.parametrize("count", [1, 3, 16, 17, 40])
def test_a_sheet_of_any_size_is_told_to_its_edge(count):
    y, z = np.arange(count) * 0.1, np.arange(40) * 0.1

    def ball(points):
        return np.linalg.norm(points - [0.0, 1.3, 2.0], axis=1) - 1.0

    expected = np.hypot(y[None, :] - 1.3, z[:, None] - 2.0) < 1.0
    assert np.array_equal(answered(ball, inside_sheet(0.0, y, z)), expected)


def test_a_sheet_asks_for_few_of_its_nodes():
    asked = []

    def ball(points):
        asked.append(len(points))
        return np.linalg.norm(points, axis=1) - 20.0

    ticks = np.arange(-30.0, 30.0, 0.1)
    inside = answered(ball, inside_sheet(0.0, ticks, ticks))
    assert inside.sum() == pytest.approx(np.pi * 20.0**2 * 100, rel=1e-3)
    assert sum(asked) < len(ticks) ** 2 / 10


def test_an_empty_sheet_asks_nothing():
    assert together(VertebraShape.of("L3"), inside_sheet(0.0, np.zeros(0), np.arange(3.0))).shape == (3, 0)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_slopes_are_twice_those_among_the_cells_of_a_group(dimensions):
    gradient = np.array([2.0, -1.0, 0.5])[:dimensions]
    middles = np.indices((2,) * dimensions).reshape(dimensions, -1).T * 0.4
    groups = np.concatenate([middles @ gradient, 0.01 * middles[:, 0], np.full(len(middles), 30.0)])
    steep = slopes(groups, dimensions, 0.4).reshape(3, -1)
    assert steep[0] == pytest.approx(2.0 * np.linalg.norm(gradient))
    assert (steep[1:] == 2.0).all()
    assert slopes(np.zeros(0), dimensions, 0.4).shape == (0,)


def counted(times):
    def search(shape):
        times.append(shape.level)
        (found,) = yield from values(np.zeros((1, 3)))
        return found

    return Quantity(search)


def test_a_quantity_is_searched_once_and_beside_others_in_one_evaluation(monkeypatch):
    first_times, second_times, rounds = [], [], []
    first, second, shape = counted(first_times), counted(second_times), VertebraShape.of("L3")
    evaluate = Nearby.evaluate
    monkeypatch.setattr(Nearby, "evaluate", lambda self, points: rounds.append(len(points)) or evaluate(self, points))
    find(shape, (first, second))
    assert rounds == [2]
    assert first(shape) == second(shape) == shape.solid(np.zeros(3))
    find(shape, (first, second))
    assert (first_times, second_times, rounds) == ([shape.level], [shape.level], [2])


def test_what_comes_before_a_quantity_is_searched_once_and_beside_the_others():
    times, shape = [], VertebraShape.of("L3")
    first, beside = counted(times), counted(times)

    def search(shape):
        (found,) = yield from values(np.full((1, 3), first(shape)))
        return found

    later = Quantity(search, after=(first,))
    find(shape, (first, later, beside))
    assert times == [shape.level] * 2
    assert later(shape) == shape.solid(np.full(3, first(shape)))


def test_a_quantity_forgets_what_it_found_first():
    times = []
    quantity, shapes = counted(times), [VertebraShape.of(VertebraShape.of("L3").row.scaled(1 + n / 1000)) for n in range(129)]
    for shape in [*shapes, shapes[-1], shapes[0]]:
        quantity(shape)
    assert len(times) == 130
    assert len(quantity.known) == 128


def test_the_truth_of_a_vertebra_is_the_same_searched_alone():
    truth = importlib.import_module("spinetwin.phantom.ground_truth.truth")
    spine = make_spine(SpineParameters(levels="T11-L1", curves=(Curve(30, apex="T12"),)))
    shape = spine.shapes[level("T12").id]
    quantities = (points_and_sections, corners, attachments, extremes, landmarks, canal_sizes, arch_sizes)
    alone = [each(shape) for each in quantities]
    for each in (*quantities, endplates):
        each.known.clear()
    truth._search(shape)
    beside = [each.known[shape] for each in quantities]
    for one, other in zip([alone[0][0], *alone[1:]], [beside[0][0], *beside[1:]], strict=True):
        assert one.keys() == other.keys()
        assert all(np.abs(one[key] - other[key]).max() < SAME for key in one)
