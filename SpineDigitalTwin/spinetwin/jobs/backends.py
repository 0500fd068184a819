"""Every backend there is: some are functions of the core, others programs in an environment of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..segmentation.backends import EmbeddedBackend, ImportBackend

if TYPE_CHECKING:
    from ..segmentation.backends import Backend

BACKENDS: tuple[Backend, ...] = (EmbeddedBackend(), ImportBackend())
"""The best first: `auto` takes the first that can run."""
