"""The environment variables of a program that has nothing to do with the Python that starts it."""

from __future__ import annotations

import os
from collections.abc import Mapping

UNWANTED = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSAFEPATH",
    "PYTHONSTARTUP",
    "PYTHONPLATLIBDIR",
    "PYTHONWARNINGS",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "LD_PRELOAD",
    "VIRTUAL_ENV",
    "__PYVENV_LAUNCHER__",
)
"""What an application sets for its own Python, and what would break another one."""

_WANTED = {"PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def clean_variables(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables of this process without those of its Python, and with `extra`."""
    kept = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    return {**kept, **_WANTED, **(extra or {})}
