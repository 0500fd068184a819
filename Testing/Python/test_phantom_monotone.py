"""Curves between the rows of the tables of tissues, against those of scipy."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator
from spinetwin.phantom.image.monotone import monotone


@pytest.mark.parametrize("count", [2, 3, 4, 12])
def test_a_curve_is_that_of_scipy(count):
    chance = np.random.default_rng(count)
    for _ in range(20):
        places = np.cumsum(chance.uniform(0.5, 40.0, count))
        values = chance.normal(0.0, 30.0, (5, count))
        values[0] = np.round(values[0] / 40.0)  # level stretches
        wanted = np.append(np.linspace(places[0], places[-1], 301), places)
        wanted = np.clip(wanted, places[0], places[-1])
        assert np.abs(monotone(places, values, wanted) - PchipInterpolator(places, values, axis=1)(wanted)).max() < 1e-10


def test_a_curve_rises_where_its_values_do():
    places, values = np.array([0.0, 1.0, 10.0, 11.0]), np.array([[0.0, 5.0, 5.5, 30.0]])
    found = monotone(places, values, np.linspace(0.0, 11.0, 500))
    assert (np.diff(found) >= 0).all()


def test_a_spine_and_its_image_load_neither_splines_nor_optimisers():
    program = (
        "import sys; import numpy as np; from spinetwin.phantom import *; spine = make_spine(SpineParameters(levels='L1-L5'));"
        "render_image(spine, image_grid(spine, 'lumbar', 4.0), ImageParameters('t2w'), np.random.default_rng(1));"
        "print([name for name in ('scipy.interpolate', 'scipy.optimize') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"
