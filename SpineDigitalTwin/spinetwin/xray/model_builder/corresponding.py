"""A model from shapes whose vertices belong together already."""

from __future__ import annotations

import numpy as np

from ...errors import ParameterError
from ...geometry import FloatArray
from ...geometry.surfaces import Surface
from ..triangulate import rigid
from .principal import components
from .procrustes import procrustes
from .statistical import Corresponded, StatisticalModel


def model_of(given: Corresponded) -> StatisticalModel:
    """Return the model of corresponding shapes; its level, landmarks and points are not known.

    The surface of particles is the one that came beside them. It moves as the particles around it do: each mode is interpolated
    by a spline of the same kind as the one that bends templates.

    Raises
    ------
    ParameterError
        If all shapes are the same.
    """
    aligned = procrustes(given.shapes)
    found = components(aligned.shapes)
    if not len(found.variances):
        raise ParameterError("All shapes of the model are the same.", "Give those of different people.")
    if given.mean is not None:
        rotation, shift = rigid(given.shapes.mean(axis=0), found.mean)
        mean = Surface(given.mean.vertices @ rotation.T + shift, given.mean.triangles)
        modes = _interpolated(found.mean, found.modes, mean.vertices)
    elif given.triangles is not None:
        mean, modes = Surface(found.mean, np.asarray(given.triangles, dtype=np.int64)), found.modes
    else:
        raise ParameterError("Shapes without triangles have no surface.", "Give a mesh of their mean.")
    noise = found.rest / max(found.mean.size - len(found.variances), 1)
    return StatisticalModel(None, mean, modes, (modes**2).sum(axis=(0, 1)), noise, found.scores)


def _interpolated(places: FloatArray, modes: FloatArray, wanted: FloatArray) -> FloatArray:
    """Return modes (w, 3, m) at other places from those (n, 3, m) at given ones."""
    from scipy.interpolate import RBFInterpolator

    spline = RBFInterpolator(places, modes.reshape(len(places), -1), kernel="linear", degree=1)
    return np.ascontiguousarray(spline(wanted).reshape(len(wanted), 3, -1))
