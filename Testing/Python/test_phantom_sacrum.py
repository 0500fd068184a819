"""The sacrum of the phantom against published sizes of dry bones, by dense samples of the shape."""

from pathlib import Path

import numpy as np
import pytest
from spinetwin.phantom import Spacing, SpineParameters, VertebraShape, make_spine

ROOT = Path(__file__).resolve().parents[2]
STEP = 0.25


@pytest.fixture(scope="module")
def shape():
    return VertebraShape.of("S1")


def front(shape, x, z):
    """Foremost bone at a place, mm; NaN where there is none."""
    y = np.arange(30.0, -70.0, -STEP)
    held = shape.solid(np.stack([np.full_like(y, x), y, np.full_like(y, z)], axis=-1)) < 0
    return y[held.argmax()] if held.any() else np.nan


def outline(shape):
    """Heights and the front in the midline, from the endplate down to the end."""
    z = np.arange(13.0, -110.0, -1.0)
    y = np.array([front(shape, 0.0, each) for each in z])
    return z[np.isfinite(y)], y[np.isfinite(y)]


def half_width(shape, z):
    """Greatest distance of bone from the midline in an axial section of the frame of S1."""
    x, y = np.meshgrid(np.arange(0.0, 70.0, 0.5), np.arange(-60.0, 25.0, 1.0), indexing="ij")
    return np.where(shape.solid(np.stack([x, y, np.full_like(x, z)], axis=-1)) < 0, x, 0.0).max()


def test_it_is_as_wide_as_published(shape):
    """108.4 +- 6.1 mm (32 Anatolian sacra), 103.6 +- 6.8 mm (30 Turkish sacra)."""
    widest = 2.0 * max(half_width(shape, z) for z in np.arange(-30.0, 12.0, 2.0))
    assert 103.0 < widest < 109.0
    assert widest == pytest.approx(shape.row.transverse_span, abs=1.0)


def test_it_is_as_long_as_published(shape):
    """103.3 +- 10.0 and 106.7 +- 10.2 mm in a straight line from the promontory to the end, same series."""
    z, y = outline(shape)
    promontory = y.argmax()
    assert 100.0 < np.hypot(z[promontory] - z[-1], y[promontory] - y[-1]) < 112.0


def test_the_endplate_is_within_two_deviations_of_dry_bones(shape):
    """Anatolian sacra: 47.0 +- 5.0 by 28.3 +- 3.5 mm."""
    assert shape.row.body_width == pytest.approx(47.0, abs=10.0)
    assert shape.row.body_depth == pytest.approx(28.3, abs=7.0)


def test_the_front_is_hollow_along(shape):
    """One sacrum, brought to the same length, is 14 mm deep; no corner of a body stands out below the promontory."""
    z, y = outline(shape)
    points = np.column_stack([z, y])[y.argmax() :]
    chord = points[-1] - points[0]
    deep = (points - points[0]) @ np.array([chord[1], -chord[0]]) / np.linalg.norm(chord)
    assert np.abs(deep).max() == pytest.approx(14.0, abs=2.5)
    steps = -np.diff(points[:40, 1])
    assert steps.max() < 2.0  # an incident: a step under the first body
    assert (steps > -0.3).all()


def test_the_front_is_hollow_across_below_the_first_body(shape):
    """An incident: the alae fell back by 13 mm at every height, and the front was a barrel."""
    for z in (-25.0, -35.0, -45.0):
        side = 0.8 * half_width(shape, z)
        assert front(shape, side, z) > front(shape, 0.0, z) + 1.0, z
    assert front(shape, 38.0, 5.0) < front(shape, 0.0, 5.0) - 8.0  # the alae lie behind the promontory


def test_it_stays_broad_down_to_its_lateral_angles(shape):
    """An incident: it was a triangle. Real ones keep more than half of their width for three quarters of their length."""
    assert half_width(shape, -70.0) > 0.55 * half_width(shape, -8.0)
    assert half_width(shape, -92.0) < 0.4 * half_width(shape, -8.0)


def test_four_pairs_of_foramina_lie_where_those_of_dry_bones_do(shape):
    """Half of 36.7, 29.8, 26.5 and 26.6 mm between their inner edges in front (Anatolian sacra)."""
    x, y, z = np.meshgrid(np.arange(8.0, 28.0, 0.5), np.arange(-60.0, 15.0, 1.0), np.arange(-76.0, -10.0, 0.5), indexing="ij")
    inside = (shape.solid(np.stack([x, y, z], axis=-1)) > 0).all(axis=1)
    x, z = x[:, 0], z[:, 0]
    heights = z[0][inside.any(axis=0)]
    groups = np.split(heights, np.nonzero(np.diff(heights) > 1.0)[0] + 1)
    assert len(groups) == 4
    for group, inner in zip(reversed(groups), (18.4, 14.9, 13.3, 13.3), strict=True):
        held = inside & (z >= group.min()) & (z <= group.max())
        assert x[held].min() == pytest.approx(inner, abs=3.0)
        assert 5.0 < np.ptp(group) < 13.0


def test_the_hiatus_lays_the_canal_open_at_the_end(shape):
    """18.5 +- 7.4 mm from its apex to the end (Turkish sacra)."""
    z, _ = outline(shape)
    y = np.arange(-60.0, 20.0, STEP)
    pieces = {}
    for each in z[z < -30.0]:
        held = shape.solid(np.stack([np.zeros_like(y), y, np.full_like(y, each)], axis=-1)) < 0
        pieces[each] = int(np.diff(np.concatenate([[0], held.astype(int), [0]])).clip(min=0).sum())
    apex = max(each for each, count in pieces.items() if count == 1)
    assert 11.0 < apex - min(pieces) < 33.0
    assert pieces[-40.0] == 2


def test_the_benchmark_measures_what_the_shape_is(monkeypatch, shape):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    data, sacrum = pytest.importorskip("realism_data"), pytest.importorskip("realism_sacrum")
    masks = data.masks_of(make_spine(SpineParameters(levels="L5-S1")), Spacing(1.0, 1.0, 1.0))
    found = sacrum.sacral_dimensions(masks[shape.level])
    z, y = outline(shape)
    promontory = y.argmax()
    assert found["width"] == pytest.approx(shape.row.transverse_span, abs=2.0)
    assert found["length"] == pytest.approx(np.hypot(z[promontory] - z[-1], y[promontory] - y[-1]), abs=4.0)
    assert found["endplate width"] == pytest.approx(shape.row.body_width, abs=3.0)
    assert found["endplate depth"] == pytest.approx(shape.row.body_depth, abs=3.0)
    assert 150.0 < found["volume"] < 240.0
