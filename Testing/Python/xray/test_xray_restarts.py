"""Vertebrae whose landmarks are poor: found from other starts, which are drawn from what the landmarks leave open.

Films are exact chords of ellipsoids, as in `test_xray_equations`.
"""

from dataclasses import replace

import numpy as np
import pytest
from spinetwin.xray import restarts
from spinetwin.xray.fit import fit, start_poses
from spinetwin.xray.landmarks import Landmarks
from spinetwin.xray.restarts import fit_from_best, other_starts, poor_levels
from xray.test_xray_equations import AXES, CAMERAS, HEIGHTS, STAGES, _clicked, _films, _frame, _starts

MIDDLE = 23
KEPT = ("superior_endplate", "inferior_endplate", "pedicle_right", "spinous")
WRONG_MM = 80.0


@pytest.fixture(scope="module")
def films():
    return _films(CAMERAS, 0.0)


def _poor():
    """Return the landmarks of which the middle vertebra has four, and its spinous tip was clicked on that of another one."""
    seen = {key: pixel for key, pixel in _clicked().seen.items() if key[0] != MIDDLE or key[1] in KEPT}
    for view in ("frontal", "lateral"):
        seen[MIDDLE, "spinous", view] = seen[MIDDLE, "spinous", view] + [0.0, -WRONG_MM / 2.4]
    return Landmarks(seen)


def _away(found):
    """Return how far the middles of vertebrae are from the truth, mm, and the errors of the half axes."""
    places = [np.linalg.norm(each.frame.origin - _frame(h).origin) for each, h in zip(found.vertebrae, HEIGHTS, strict=True)]
    solids = [each.surface.vertices.max(axis=0) - each.surface.vertices.min(axis=0) for each in found.vertebrae]
    return np.array(places), np.array(solids) / 2


def test_a_start_beyond_the_bounds_is_found_again(films):
    marks, models = _poor(), [each.model for each in _starts()]
    starts = start_poses(films, marks, models)
    lost = fit(films, starts, marks, STAGES)
    assert _away(lost)[0][1] > 3.0
    assert 1 in poor_levels(lost, films, marks)
    found = fit_from_best(films, starts, marks, STAGES, rng=np.random.default_rng(1))
    assert _away(found)[0].max() < 1.5
    assert np.abs(_away(found)[1] - AXES).max() < 2.0


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_starts(films):
    marks = _poor()
    (start,) = start_poses(films, marks, [_starts()[1].model])
    first, again, other = (other_starts(start, films, marks, 5, np.random.default_rng(seed)) for seed in (3, 3, 4))
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a.frame.origin, b.frame.origin)
        assert np.linalg.norm(a.frame.origin - c.frame.origin) > 0.1


def test_starts_are_drawn_as_wide_as_the_landmarks_leave_them(films):
    """Clicks that contradict each other leave more open than good ones."""
    model, rng = _starts()[1].model, np.random.default_rng(5)
    wide = []
    for marks in (_clicked(), _poor()):
        (start,) = start_poses(films, marks, [model])
        drawn = other_starts(start, films, marks, 200, rng)
        wide.append(np.std([each.frame.origin for each in drawn], axis=0).mean())
    assert 0.3 < wide[0] < 5.0
    assert wide[1] > 2.0 * wide[0]


def test_good_landmarks_are_not_fitted_twice(films, monkeypatch):
    fits = []

    def counted(*given, **named):
        fits.append(1)
        return fit(*given, **named)

    monkeypatch.setattr(restarts, "fit", counted)
    good = tuple(replace(each, frame=_frame(height)) for each, height in zip(_starts(), HEIGHTS, strict=True))
    found = fit_from_best(films, good, _clicked(), STAGES, rng=np.random.default_rng(1))
    assert len(fits) == 1
    assert _away(found)[0].max() < 0.5


def test_starts_that_explain_the_films_worse_after_a_few_steps_are_not_followed(films, monkeypatch):
    """Few landmarks make a level doubtful though it was found: then looking elsewhere costs a few steps on coarse films."""
    few = Landmarks({key: pixel for key, pixel in _clicked().seen.items() if key[1] in KEPT})
    good = tuple(replace(each, frame=_frame(height)) for each, height in zip(_starts(), HEIGHTS, strict=True))
    steps = []

    def counted(films, starts, landmarks, stages, *more, **named):
        steps.append(sum(stage.iterations for stage in stages))
        return fit(films, starts, landmarks, stages, *more, **named)

    monkeypatch.setattr(restarts, "fit", counted)
    found = fit_from_best(films, good, few, STAGES, rng=np.random.default_rng(1))
    assert _away(found)[0].max() < 0.5
    assert poor_levels(found, films, few) != []
    short = int(restarts.SETTINGS["steps"])
    whole = sum(stage.iterations for stage in STAGES)
    assert steps[0] == whole
    assert set(steps[1:]) == {short}
    assert len(steps) <= 1 + int(restarts.SETTINGS["tried"]) * len(HEIGHTS)


def test_progress_goes_on_to_the_end(films):
    told, marks = [], _poor()
    starts = start_poses(films, marks, [each.model for each in _starts()])
    fit_from_best(films, starts, marks, STAGES, lambda done, _what: told.append(done), rng=np.random.default_rng(1))
    assert told == sorted(told)
    assert told[-1] == 1.0
