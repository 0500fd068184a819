"""Where a network runs, and what is said when it does not fit there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...errors import ParameterError, SpineTwinError

_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "failed to allocate", "bad_alloc")
"""How the libraries say that memory ran out."""


def device_of(name: str) -> Any:
    """Return the torch device of a name: auto, cpu, cuda:0, mps.

    Raises
    ------
    ParameterError
        If there is none of this name in this computer.
    """
    import torch

    if name == "auto":
        name = "cuda:0" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ParameterError(f"{name!r} is no device.", "Choose auto, cpu, cuda:0 or mps.") from error
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not there.get(device.type, False):
        raise ParameterError(f"This computer has no device {name}.", "Choose cpu or auto.")
    return device


@contextmanager
def memory_in_words(what: str) -> Iterator[None]:
    """Turn the many ways to run out of memory into one sentence.

    Raises
    ------
    SpineTwinError
    """
    try:
        yield
    except MemoryError as error:
        raise _too_large(what) from error
    except RuntimeError as error:
        if is_memory(error):
            raise _too_large(what) from error
        raise


def is_memory(error: Exception) -> bool:
    """Say whether a library means that memory ran out."""
    return isinstance(error, MemoryError) or any(each in str(error).lower() for each in _MEMORY)


def _too_large(what: str) -> SpineTwinError:
    return SpineTwinError(f"There is not enough memory for {what}.", "Crop the image to the spine, or let it run on the CPU.")
