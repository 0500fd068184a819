"""A Python that lives in an application, as 3D Slicer's does: where it runs, and with which variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LIBRARIES = ("PYTHONHOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What its launcher tells it: without them it finds neither its own library nor its modules, and no venv made from it runs."""


@dataclass(frozen=True)
class ApplicationPython:
    """An interpreter that runs only with the variables that the launcher of its application sets.

    Attributes
    ----------
    program : Path
    variables : mapping of str to str
    """

    program: Path
    variables: Mapping[str, str]

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {"program": str(self.program), "variables": dict(self.variables)}


def application_python(program: Path, variables: Mapping[str, str] | None = None) -> ApplicationPython | None:
    """Say whether a running interpreter belongs to an application.

    Parameters
    ----------
    program : Path
        The interpreter of this process.
    variables : mapping of str to str, optional
        Default those of this process.

    Returns
    -------
    ApplicationPython or None
        None where it runs by itself.
    """
    given = os.environ if variables is None else variables
    if not given.get("PYTHONHOME", "").strip():
        return None
    return ApplicationPython(program, {name: given[name] for name in _LIBRARIES if given.get(name)})


def from_record(found: object) -> ApplicationPython | None:
    """Return what `as_record` has made of it; None where a record tells of none."""
    if not isinstance(found, dict) or not isinstance(found.get("variables"), dict):
        return None
    return ApplicationPython(Path(str(found.get("program"))), {str(k): str(v) for k, v in found["variables"].items()})
