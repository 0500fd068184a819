"""Matrices along one axis of an image, against SciPy's transforms and filters."""

import numpy as np
import pytest
from scipy import fft, ndimage
from spinetwin.phantom.image.artefacts import ring
from spinetwin.phantom.image.linear import along, cosines, wrapped_gaussian


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(2).standard_normal((13, 30, 8)).astype(np.float32)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_matrix_acts_on_one_axis_only(image, axis):
    matrix = np.random.default_rng(3).standard_normal((5, image.shape[axis]))
    expected = np.moveaxis(np.tensordot(matrix, image, axes=(1, axis)), 0, axis)
    np.testing.assert_allclose(along(matrix, image, axis), expected, atol=1e-5)


@pytest.mark.parametrize("first", [0, 1, 7, 30])
def test_cosines_are_those_of_the_discrete_cosine_transform(image, first):
    expected = fft.dct(image, axis=1, norm="ortho")[:, first:]
    np.testing.assert_allclose(along(cosines(30, first), image, 1), expected, atol=1e-5)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("share", [0.0, 0.25, 0.7])
def test_ringing_leaves_out_the_outer_cosines(image, axis, share):
    spectrum = np.moveaxis(fft.dct(image, axis=axis, norm="ortho"), axis, 0)
    spectrum[int(image.shape[axis] * (1.0 - share)) :] = 0
    expected = fft.idct(np.moveaxis(spectrum, 0, axis), axis=axis, norm="ortho")
    ringing = ring(image, axis, share)
    np.testing.assert_allclose(ringing, expected, atol=1e-5)
    assert ringing.dtype == np.float32


@pytest.mark.parametrize("sd", [0.0, 0.8, 3.1, 20.0])
def test_smoothing_a_periodic_axis_is_that_of_scipy(image, sd):
    expected = ndimage.gaussian_filter1d(image, sd, axis=1, mode="wrap", truncate=3.0) if sd else image
    np.testing.assert_allclose(along(wrapped_gaussian(30, sd), image, 1), expected, atol=1e-5)
