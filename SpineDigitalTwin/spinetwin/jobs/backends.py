"""Every backend there is: some are functions of the core, others programs in an environment of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..segmentation.backends import EmbeddedBackend, ImportBackend
from .external.embedded import RuntimeAtHand
from .external.spineps import SpinepsBackend
from .external.totalspineseg import TotalSpineSegBackend
from .external.two_phase import TwoPhaseBackend

if TYPE_CHECKING:
    from ..segmentation.backends import Backend

BACKENDS: tuple[Backend, ...] = (
    ImportBackend(),
    SpinepsBackend(),
    TwoPhaseBackend(),
    TotalSpineSegBackend(),
    EmbeddedBackend(runtime=RuntimeAtHand()),
)
"""The best first: `auto` takes the first that can run.

A map that a person gives is taken over. Then come those that tell the subregions of a vertebra, from which most points are
computed; among them the one whose weights are published and measured. Whole vertebrae lack the points of arch and processes,
but were learned from people's scans, so they come before the network that was trained on procedural spines alone."""


def backend_named(name: str) -> Backend:
    """Return the backend of a name that is known."""
    return next(each for each in BACKENDS if each.describe().name == name)
