"""Radiographs of random people whose truth is known: both films, cameras, landmarks, thickness of bone.

>>> import numpy as np
>>> from radiographs.data import RadiographSpec, radiographs
>>> pair = radiographs(np.random.default_rng(1), RadiographSpec())
>>> pair.views["frontal"].film.shape
(256, 256)
"""

from .people import Vertebra
from .radiographs import Radiographs, View, radiographs
from .spec import RadiographSpec

__all__ = ["RadiographSpec", "Radiographs", "Vertebra", "View", "radiographs"]
