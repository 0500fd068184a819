"""The two kinds of environment: a venv with a Python of its own, and a folder of packages for the Python of an application."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Protocol

from ...errors import ProgramError
from .application import ApplicationPython
from .child import Program, run_program
from .state import PACKAGES, Environment, python_in
from .wheels import NOTHING_ELSE

Hear = Callable[[str], None]

_OPTIONS = ("--disable-pip-version-check", "--no-input")
_FULL, _UNREACHED = "No space left", "connection broken by"
_VARIABLES = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_ROOT_USER_ACTION": "ignore"}


class Maker(Protocol):
    """Makes an environment in a folder that does not exist yet, step by step."""

    @property
    def folder(self) -> Path:
        """Where."""
        ...

    @property
    def application(self) -> ApplicationPython | None:
        """Whose Python it is for, where it gets none of its own."""
        ...

    def make(self) -> None:
        """Make it, empty."""
        ...

    def install(self, packages: Sequence[str], constraints: Path, hear: Hear) -> None:
        """Put packages into it, with what they need."""
        ...

    def uninstall(self, packages: Sequence[str]) -> None:
        """Take packages out of it."""
        ...

    def packages(self) -> Mapping[str, str]:
        """Return what it holds, version by name."""
        ...


class VenvMaker:
    """Makes a venv.

    Parameters
    ----------
    folder : Path
    base : Path
        The Python it is made from.
    wheels : Path or None
        The folder that packages are taken from; None fetches them.
    """

    application: ApplicationPython | None = None

    def __init__(self, folder: Path, base: Path, wheels: Path | None = None) -> None:
        self.folder, self._base, self._wheels = folder, base, wheels

    def make(self) -> None:
        """Make it, and see that its Python and its pip run.

        Raises
        ------
        ProgramError
            If they do not.
        """
        try:
            run_program(Program(self._base, "venv", (str(self.folder),)), _unheard)
            run_program(Program(python_in(self.folder), "pip", ("--version",), _VARIABLES), _unheard)
        except ProgramError as error:
            raise ProgramError(
                f"{self._base} makes no environment that runs: {error.message}",
                "Name another Python, 3.11 or newer and with its venv module, with --python.",
            ) from error

    def install(self, packages: Sequence[str], constraints: Path, hear: Hear) -> None:
        """Put packages into it, with what they need."""
        self._pip(("install", "--progress-bar", "off", "--constraint", str(constraints), *packages), hear)

    def uninstall(self, packages: Sequence[str]) -> None:
        """Take packages out of it."""
        self._pip(("uninstall", "--yes", *packages), _unheard)

    def packages(self) -> Mapping[str, str]:
        """Return what it holds, version by name."""
        return _listed(self._pip(("list", "--format", "json"), _unheard))

    def _pip(self, arguments: Sequence[str], hear: Hear) -> tuple[str, ...]:
        return _pip(Environment(self.folder.name, self.folder), arguments, hear, self._wheels)


class FolderMaker:
    """Makes a folder of packages for the Python of an application, which itself stays as it is.

    Parameters
    ----------
    folder : Path
    application : ApplicationPython
        This process's own.
    wheels : Path or None
        The folder that packages are taken from; None fetches them.
    """

    def __init__(self, folder: Path, application: ApplicationPython, wheels: Path | None = None) -> None:
        self.folder, self.application, self._wheels = folder, application, wheels
        self._environment = Environment(folder.name, folder, application=application)
        self._packages = folder / PACKAGES

    def make(self) -> None:
        """Make it, and see that the application's Python has pip.

        Raises
        ------
        ProgramError
            If it has none that runs.
        """
        self._packages.mkdir(parents=True)
        try:
            run_program(self._environment.program("pip", ("--version",), _VARIABLES), _unheard)
        except ProgramError as error:
            raise ProgramError(
                f"{self.application.program} cannot install packages: {error.message}",
                "Name another Python, 3.11 or newer and with its venv module, with --python.",
            ) from error

    def install(self, packages: Sequence[str], constraints: Path, hear: Hear) -> None:
        """Put packages into it, with what they need, whatever the application has."""
        where = ("--target", str(self._packages))
        _pip(
            self._environment,
            ("install", "--progress-bar", "off", *where, "--constraint", str(constraints), *packages),
            hear,
            self._wheels,
        )

    def uninstall(self, packages: Sequence[str]) -> None:
        """Take packages out of it; pip does so for whole environments only."""
        for name in packages:
            for found in distributions(name=name, path=[str(self._packages)]):
                tops = {file.parts[0] for file in found.files or () if file.parts[0] != ".."}
                for each in sorted(self._packages / top for top in tops):
                    shutil.rmtree(each) if each.is_dir() else each.unlink(missing_ok=True)

    def packages(self) -> Mapping[str, str]:
        """Return what it holds, version by name."""
        return _listed(_pip(self._environment, ("list", "--path", str(self._packages), "--format", "json"), _unheard))


def _listed(said: Sequence[str]) -> dict[str, str]:
    return {each["name"]: each["version"] for line in said if line.startswith("[") for each in json.loads(line)}


def _pip(environment: Environment, arguments: Sequence[str], hear: Hear, wheels: Path | None = None) -> tuple[str, ...]:
    """Let pip do something; what it says first of its reasons is what is told when it fails."""
    refused: list[str] = []
    variables, where = _VARIABLES, list[str]()
    if wheels is not None:
        variables = {**_VARIABLES, **NOTHING_ELSE}
        where = ["--find-links", str(wheels)] if arguments[0] == "install" else []

    def listen(line: str) -> None:
        if _UNREACHED in line:
            # what it says last would be that no version fits
            refused.append("the place that packages are fetched from cannot be reached.")
        elif line.startswith("ERROR: "):
            refused.append(line.removeprefix("ERROR: "))
        hear(line)

    try:
        return run_program(environment.program("pip", (arguments[0], *_OPTIONS, *where, *arguments[1:]), variables), listen)
    except ProgramError as error:
        said = refused[0] if refused else error.message
        raise ProgramError(f"The installation failed: {said}", _hint(said, wheels)) from error


def _hint(said: str, wheels: Path | None) -> str:
    if _FULL in said:
        return "Free some space on the disk."
    if wheels is not None:
        return f"Nothing was fetched: put the wheel of what is named here, for this system and Python, into {wheels}."
    return "Check the network and try again."


def _unheard(_: str) -> None:
    """Take a line that nobody needs; the last ones are told if it fails."""
