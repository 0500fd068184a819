"""Which environments there are and whether they are whole: read from their records, so that nothing is started to know it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import ParameterError
from .folders import home
from .requirements import Requirements, requirements_of, serving

RECORD = "spinetwin-environment.json"
FORMAT = "spinetwin environment"
FORMAT_VERSION = 1
_MAX_BYTES = 1 << 20
"""A record of a hundred packages has five thousand."""


@dataclass(frozen=True)
class Environment:
    """One that is whole.

    Attributes
    ----------
    name : str
    folder : Path
    packages : mapping of str to str
        Version by name, as they were installed.
    """

    name: str
    folder: Path
    packages: Mapping[str, str] = field(default_factory=dict)

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return python_in(self.folder)

    def versions(self, *names: str) -> dict[str, str]:
        """Return the versions of some packages; those it lacks are left out."""
        return {name: self.packages[name] for name in names if name in self.packages}


@dataclass(frozen=True)
class State:
    """Whether an environment can be used, why (not) as a sentence, and the environment if it can."""

    ready: bool
    reason: str
    environment: Environment | None = None


def environments_folder(root: Path | None = None) -> Path:
    """Return the folder that holds the environments, below the program's own."""
    return (home() if root is None else root) / "environments"


def python_in(folder: Path) -> Path:
    """Return where the interpreter of a virtual environment lies."""
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def state_of(name: str, root: Path | None = None) -> State:
    """Say whether an environment is installed and whole; takes a millisecond and starts nothing.

    Parameters
    ----------
    name : str
        A key of `ENVIRONMENTS`.
    root : Path, optional
        The program's own folder; default `home()`.

    Raises
    ------
    ParameterError
        If there is no environment of this name.
    """
    needed = requirements_of(name)
    folder = environments_folder(root) / name
    again = f"`spinetwin install {name} --repair` installs it again."
    if not folder.is_dir():
        return State(False, f"its environment is not installed: `spinetwin install {name}` does it ({_size(needed)}).")
    record = _record(folder)
    if record is None:
        return State(False, f"its environment has no record of what it holds. {again}")
    if record.get("requirements") != needed.digest:
        return State(False, f"its environment was made for another version of this program. {again}")
    gone = _missing(folder, record)
    if gone:
        return State(False, f"its environment is damaged, {gone} is missing. {again}")
    packages = {str(key): str(value) for key, value in record["packages"].items()}
    return State(True, "its environment is installed", Environment(name, folder, packages))


def state_for(backend: str, root: Path | None = None) -> State:
    """Say whether there is an environment that a backend can run in; of several, the one made for it.

    Raises
    ------
    ParameterError
        If no environment is planned for it.
    """
    states = [state_of(each.name, root) for each in serving(backend)]
    if not states:
        raise ParameterError(f"The backend {backend!r} needs no environment.")
    return next((each for each in states if each.ready), states[0])


def environment_for(backend: str, root: Path | None = None) -> Environment:
    """Return an environment that a backend can run in.

    Raises
    ------
    ParameterError
        If there is none, with what to do.
    """
    state = state_for(backend, root)
    if state.environment is None:
        raise ParameterError(f"{backend} cannot run: {state.reason}")
    return state.environment


def write_record(folder: Path, needed: Requirements, packages: Mapping[str, str], proof: tuple[str, ...]) -> None:
    """Write down what an environment holds; `proof` are files in it without which it is damaged."""
    content = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "name": needed.name,
        "requirements": needed.digest,
        "packages": dict(packages),
        "proof": list(proof),
    }
    (folder / RECORD).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _record(folder: Path) -> dict[str, Any] | None:
    """Return the record of an environment, or None where there is none that can be read."""
    path = folder / RECORD
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or (found.get("format"), found.get("version")) != (FORMAT, FORMAT_VERSION):
        return None
    well_formed = isinstance(found.get("packages"), dict) and isinstance(found.get("proof"), list)
    return found if well_formed else None


def _missing(folder: Path, record: Mapping[str, Any]) -> str:
    """Name the first thing that is no more; the interpreter goes with the Python that it was made from."""
    if not python_in(folder).is_file():
        return "its Python"
    return next((str(each) for each in record["proof"] if not (folder / str(each)).is_file()), "")


def _size(needed: Requirements) -> str:
    fetched, kept = needed.download_mb / 1000, needed.disk_mb / 1000
    more = ", more where torch comes with CUDA" if any(each.startswith("torch==") for each in needed.first) else ""
    return f"{fetched:.1f} GB to fetch and {kept:.1f} GB on the disk{more}"
