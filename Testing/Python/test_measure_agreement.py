"""Agreement of two readers against numbers computed by hand."""

import math

import numpy as np
import pytest
from spinetwin.geometry import Frame
from spinetwin.measure.agreement import BlandAltman, compare, statistics

FIRST = {(20, 101): (0.0, 0.0, 0.0), (20, 102): (10.0, 0.0, 0.0), (21, 101): (0.0, 5.0, 0.0), (21, 108): (9.0, 9.0, 9.0)}
SECOND = {(20, 101): (3.0, 4.0, 0.0), (20, 102): (10.0, 0.0, 1.0), (21, 101): (-2.0, 5.0, 0.0), (22, 101): (1.0, 1.0, 1.0)}


def test_distances_and_their_numbers():
    found = compare(FIRST, SECOND)
    assert found.keys == ((20, 101), (20, 102), (21, 101))
    assert found.distances.tolist() == [5.0, 1.0, 2.0]
    numbers = found.overall()
    assert numbers.n == 3
    assert numbers.mean == pytest.approx(8 / 3)
    assert numbers.sd == pytest.approx(math.sqrt(13 / 3))  # (7/3)^2 + (5/3)^2 + (2/3)^2 = 26/3, over n - 1 = 2
    assert numbers.median == 2.0
    assert numbers.percentile_95 == pytest.approx(4.7)  # nine tenths of the way from 2 to 5
    assert numbers.maximum == 5.0


def test_points_of_one_set_alone_are_named():
    found = compare(FIRST, SECOND)
    assert found.only_first == ((21, 108),)
    assert found.only_second == ((22, 101),)


def test_by_level_and_by_point():
    found = compare(FIRST, SECOND)
    assert {level: each.mean for level, each in found.by_level().items()} == {20: 3.0, 21: 2.0}
    assert {point: (each.n, each.mean) for point, each in found.by_point().items()} == {101: (2, 3.5), 102: (1, 1.0)}
    assert math.isnan(found.by_level()[21].sd), "one pair has no spread"


def test_bias_and_limits_of_agreement():
    right, anterior, superior = compare(FIRST, SECOND).bland_altman().values()
    # differences to the right: 3, 0, -2
    assert right.bias == pytest.approx(1 / 3)
    sd = math.sqrt(((8 / 3) ** 2 + (1 / 3) ** 2 + (7 / 3) ** 2) / 2)
    assert right == BlandAltman(
        3, right.bias, pytest.approx(sd), pytest.approx(1 / 3 - 1.96 * sd), pytest.approx(1 / 3 + 1.96 * sd)
    )
    assert anterior.bias == pytest.approx(4 / 3)
    assert superior.bias == pytest.approx(1 / 3)


def test_a_constant_offset_is_all_bias_and_no_spread():
    shifted = {key: (x + 1.0, y, z) for key, (x, y, z) in FIRST.items()}
    right = compare(FIRST, shifted).bland_altman()["right"]
    assert (right.bias, right.sd, right.lower, right.upper) == (1.0, 0.0, 1.0, 1.0)


def test_differences_run_along_the_vertebra():
    # L1 lies on its side: its right is the patient's front
    axes = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    found = compare(FIRST, SECOND, {20: Frame(np.array([1.0, 0.0, 0.0]), axes)})
    assert found.differences[0].tolist() == [4.0, -3.0, 0.0]
    assert found.means[0].tolist() == [2.0, -0.5, 0.0]
    assert found.differences[2].tolist() == [-2.0, 0.0, 0.0], "a level without frame keeps the patient's axes"
    assert found.distances.tolist() == [5.0, 1.0, 2.0]


def test_nothing_in_common():
    found = compare({}, SECOND)
    assert found.keys == ()
    assert found.overall().n == 0
    assert math.isnan(found.overall().mean)
    assert found.bland_altman()["right"].n == 0
    assert found.by_level() == {}


def test_one_distance_has_no_spread():
    only = statistics([2.5])
    assert (only.mean, only.median, only.percentile_95, only.maximum) == (2.5, 2.5, 2.5, 2.5)
    assert math.isnan(only.sd)
