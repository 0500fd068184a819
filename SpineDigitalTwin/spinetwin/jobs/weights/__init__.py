"""Weights of other people's networks: fetched or imported on request, and never opened unless somebody vouches for them."""

from .download import size_of
from .manifest import WEIGHTS, Weights, weights_for, weights_of
from .own import refuse_unknown, vouch
from .store import State, Store

__all__ = ["WEIGHTS", "State", "Store", "Weights", "refuse_unknown", "size_of", "vouch", "weights_for", "weights_of"]
