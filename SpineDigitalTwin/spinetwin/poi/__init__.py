"""Points of interest: the rules as data, vertebra frames, computing, and the set that results."""

from .compute import compute_pois
from .model import Poi, PoiSet, Status

__all__ = ["Poi", "PoiSet", "Status", "compute_pois"]
