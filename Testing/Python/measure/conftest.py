"""Spines made of boxes whose every measure is arithmetic."""

from types import SimpleNamespace

import numpy as np
import pytest
from spinetwin.anatomy import level, levels_between
from spinetwin.geometry import Frame
from spinetwin.measure.landmarks import INFERIOR_CORNERS, SUPERIOR_CORNERS

WIDTH, DEPTH, HEIGHT = 40.0, 30.0, 24.0
SHIFT = 10.0


def turned(lean_forward=0.0, lean_right=0.0, axial=0.0):
    """Axes (rows right, anterior, superior) of a vertebra: first turned about S, then leaned to the right, then forward."""
    f, r, a = np.radians([lean_forward, lean_right, axial])
    about_s = np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_a = np.array([[np.cos(r), 0, np.sin(r)], [0, 1, 0], [-np.sin(r), 0, np.cos(r)]])
    about_r = np.array([[1, 0, 0], [0, np.cos(f), np.sin(f)], [0, -np.sin(f), np.cos(f)]])
    return (about_r @ about_a @ about_s).T


def names(first, last):
    return [each.id for each in levels_between(level(first), level(last)) if each.name not in ("T13", "L6")]


def box_points(key, frame, height_front=HEIGHT, height_back=HEIGHT, bowl=0.0):
    """Points of a body in the shape of a wedge, symmetric about its axial plane, with endplates hollow by `bowl` mm."""
    points = {(key, 50): frame.origin}
    for sign, corners in ((0.5, SUPERIOR_CORNERS), (-0.5, INFERIOR_CORNERS)):
        for y, h, rim in ((DEPTH / 2, height_front, "front"), (-DEPTH / 2, height_back, "back")):
            for x, poi in zip((0.0, SHIFT, -SHIFT), corners[rim], strict=True):
                points[key, poi] = frame.to_ras([x, y, sign * h])
    middle = (height_front + height_back) / 4 - bowl
    points[key, 105], points[key, 107] = frame.to_ras([0, 0, middle]), frame.to_ras([0, 0, -middle])
    points[key, 85], points[key, 84] = frame.to_ras([WIDTH / 2, 0, 0]), frame.to_ras([-WIDTH / 2, 0, 0])
    points[key, 106] = frame.to_ras([0, -DEPTH / 2, 0])
    return points


def stack(axes, gap=8.0, first="T1", last="L5"):
    """Frames of boxes on one another: each disc has its height at the centres, measured along both axes in turn."""
    keys = names(first, last)
    frames, where = {}, np.zeros(3)
    for place, (key, rows) in enumerate(zip(keys, axes, strict=True)):
        if place:
            where = where - (HEIGHT + gap) / 2 * (axes[place - 1][2] + rows[2])
        frames[key] = Frame(where, rows, "box")
    return frames


def points_of(frames, **sizes):
    return {key: value for each, frame in frames.items() for key, value in box_points(each, frame, **sizes).items()}


@pytest.fixture(scope="session")
def boxes():
    """The functions of this file: tests cannot import from it."""
    tools = (turned, names, box_points, stack, points_of)
    return SimpleNamespace(WIDTH=WIDTH, DEPTH=DEPTH, HEIGHT=HEIGHT, **{each.__name__: each for each in tools})
