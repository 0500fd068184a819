"""The smooth curve through the bodies: length, curvature and torsion of a helix and of an arc."""

import numpy as np
import pytest
from spinetwin.anatomy import LEVELS, level
from spinetwin.measure.landmarks import Landmarks
from spinetwin.measure.results import MissingInput
from spinetwin.measure.spinecurve import spine_curve

KEYS = [each.id for each in LEVELS if level("C2").order <= each.order <= level("L5").order and each.name not in ("T13", "L6")]


def through(points):
    return spine_curve(Landmarks({(key, 50): point for key, point in zip(KEYS, points, strict=True)}, {}))


def test_a_helix_has_constant_curvature_and_torsion():
    radius, rise, turns = 60.0, 120.0, 0.7
    t = np.linspace(0, 2 * np.pi * turns, len(KEYS))
    curve = through(np.stack([radius * np.cos(t), radius * np.sin(t), rise * t], axis=1))
    size = radius**2 + rise**2
    inner = slice(4, -4)
    assert curve.curvature[inner] == pytest.approx(radius / size, abs=1e-6)
    assert curve.torsion[inner] == pytest.approx(rise / size, abs=2e-5)
    assert curve.length == pytest.approx(np.sqrt(size) * t[-1], abs=1e-3)


def test_a_left_handed_helix_turns_the_other_way():
    t = np.linspace(0, 3.0, len(KEYS))
    curve = through(np.stack([60 * np.cos(t), -60 * np.sin(t), 120 * t], axis=1))
    assert (curve.torsion < 0).all()


def test_an_arc_has_no_torsion():
    t = np.linspace(0, 1.2, len(KEYS))
    curve = through(np.stack([0 * t, 400 * np.cos(t), 400 * np.sin(t)], axis=1))
    assert curve.curvature == pytest.approx(1 / 400, abs=1e-6)
    assert curve.length == pytest.approx(480.0, abs=1e-6)
    assert curve.torsion == pytest.approx(0.0, abs=1e-9)


def test_a_straight_line_has_no_torsion_to_speak_of():
    curve = through(np.stack([np.zeros(len(KEYS)), np.zeros(len(KEYS)), -30.0 * np.arange(len(KEYS))], axis=1))
    assert curve.curvature == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(curve.torsion).all()


def test_four_bodies_are_too_few():
    with pytest.raises(MissingInput, match="fewer than 5"):
        spine_curve(Landmarks({(key, 50): np.array([0.0, 0.0, -30.0 * key]) for key in KEYS[:4]}, {}))
