"""Every backend there is: some are functions of the core, others programs in an environment of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..segmentation.backends import EmbeddedBackend, ImportBackend
from .external.embedded import RuntimeAtHand
from .external.spineps import SpinepsBackend
from .external.two_phase import TwoPhaseBackend

if TYPE_CHECKING:
    from ..segmentation.backends import Backend

BACKENDS: tuple[Backend, ...] = (
    ImportBackend(),
    SpinepsBackend(),
    TwoPhaseBackend(),
    EmbeddedBackend(runtime=RuntimeAtHand()),
)
"""The best first: `auto` takes the first that can run."""
