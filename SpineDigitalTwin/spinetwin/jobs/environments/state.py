"""Which environments there are and whether they are whole: read from their records, so that nothing is started to know it."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import ParameterError
from .application import ApplicationPython, from_record
from .child import Program
from .folders import home
from .requirements import Requirements, requirements_of, serving

RECORD = "spinetwin-environment.json"
PACKAGES = "packages"
"""Where an environment for the Python of an application holds its packages."""
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
    application : ApplicationPython or None
        Whose Python it is for, where it has none of its own.
    """

    name: str
    folder: Path
    packages: Mapping[str, str] = field(default_factory=dict)
    application: ApplicationPython | None = None

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return python_in(self.folder) if self.application is None else self.application.program

    def program(
        self,
        module: str,
        arguments: tuple[str, ...] = (),
        variables: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> Program:
        """Return a program that runs in it; the parameters are those of `Program`."""
        given = dict(variables or {})
        if self.application is not None:
            path = [str(self.folder / PACKAGES), *filter(None, [given.get("PYTHONPATH")])]
            given |= {**self.application.variables, "PYTHONPATH": os.pathsep.join(path)}
        return Program(self.python, module, arguments, given, folder)

    def versions(self, *names: str) -> dict[str, str]:
        """Return the versions of some packages, as they spell themselves; those it lacks are left out."""
        wanted = [normal_name(each) for each in names]
        found = {name: version for name, version in self.packages.items() if normal_name(name) in wanted}
        return dict(sorted(found.items(), key=lambda each: wanted.index(normal_name(each[0]))))


@dataclass(frozen=True)
class State:
    """Whether an environment can be used, why (not) as a sentence, and the environment if it can."""

    ready: bool
    reason: str
    environment: Environment | None = None


def environments_folder(root: Path | None = None) -> Path:
    """Return the folder that holds the environments, below the program's own."""
    return (home() if root is None else root) / "environments"


def normal_name(package: str) -> str:
    """Spell the name of a package as the index does (PEP 503)."""
    return re.sub(r"[-_.]+", "-", package).lower()


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
    again = f"Install it again (`spinetwin install {name} --repair`)."
    if not folder.is_dir():
        return State(False, f"its environment is not installed (`spinetwin install {name}` does it): {needed.size}.")
    record = _record(folder)
    if record is None:
        return State(False, f"its environment has no record of what it holds. {again}")
    if record.get("requirements") != needed.digest:
        return State(False, f"its environment was made for another version of this program. {again}")
    packages = {str(key): str(value) for key, value in record["packages"].items()}
    environment = Environment(name, folder, packages, from_record(record.get("application")))
    gone = _missing(environment, record)
    if gone:
        return State(False, f"its environment is damaged, {gone} is missing. {again}")
    return State(True, "its environment is installed", environment)


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


def fetched(backend: str, root: Path | None = None) -> tuple[float, str]:
    """Say how many MB installing the environment of a backend would fetch now, and what; nothing where it is there.

    Raises
    ------
    ParameterError
        If no environment is planned for it.
    """
    if state_for(backend, root).ready:
        return 0.0, ""
    needed = serving(backend)[0]
    return needed.download_mb, needed.fetches


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


def write_record(made: Environment, needed: Requirements, proof: tuple[str, ...]) -> None:
    """Write down what an environment holds; `proof` are files in it without which it is damaged."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "name": needed.name,
        "requirements": needed.digest,
        "packages": dict(made.packages),
        "proof": list(proof),
    }
    if made.application is not None:
        content["application"] = made.application.as_record()
    (made.folder / RECORD).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


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


def _missing(found: Environment, record: Mapping[str, Any]) -> str:
    """Name the first thing that is no more; the interpreter goes with the Python that it was made from."""
    if not found.python.is_file():
        return "its Python"
    return next((str(each) for each in record["proof"] if not (found.folder / str(each)).is_file()), "")
