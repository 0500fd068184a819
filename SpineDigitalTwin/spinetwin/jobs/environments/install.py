"""Making, repairing and removing environments: whole or not at all."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from ...errors import ParameterError, ProgramError, WriteError
from ...io.atomic import write_error
from ..scratch import Scratch, sweep
from .child import Program, run_program
from .folders import made
from .pip import PipListener
from .requirements import Requirements, requirements_of
from .state import Environment, environments_folder, python_in, state_of, write_record

Progress = Callable[[float, str], None]

_MADE, _FIRST, _THEN, _TRIED = 0.03, 0.4, 0.93, 1.0
"""Fractions of the work at which its stages end, on a quick line."""
_SPARE_MB = 500.0
_PIP = ("--disable-pip-version-check", "--no-input")
_PIP_VARIABLES = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_ROOT_USER_ACTION": "ignore"}


def install(
    name: str,
    progress: Progress,
    *,
    root: Path | None = None,
    base: Path | None = None,
    offline: bool = False,
    repair: bool = False,
) -> Environment:
    """Make an environment, unless it is there and whole.

    It is made under another name and renamed when it is complete, so a broken line or a cancelled installation leaves nothing.

    Parameters
    ----------
    name : str
        A key of `ENVIRONMENTS`.
    progress : callable
        Takes the fraction done and what is being worked on.
    root : Path, optional
        The program's own folder; default `home()`.
    base : Path, optional
        The Python it is made from; default the running one. In an application, `sys.executable` may be the application itself.
    offline : bool
        Whether nothing may be fetched.
    repair : bool
        Make it anew also when it looks whole.

    Returns
    -------
    Environment

    Raises
    ------
    ParameterError
        If there is none of this name, or something would have to be fetched while offline.
    WriteError
        If the disk is too full or refuses.
    ProgramError
        If Python or pip fail, with their last words.
    """
    needed = requirements_of(name)
    state = state_of(name, root)
    if state.environment is not None and not repair:
        progress(1.0, "installed already")
        return state.environment
    if offline:
        raise ParameterError(
            f"To install {name}, about {needed.download_mb / 1000:.1f} GB have to be fetched, and nothing may be fetched.",
            "Leave --offline out, or install it on a computer with a network.",
        )
    folder = made(environments_folder(root))
    _refuse_full_disk(folder, needed)
    sweep(folder)
    with Scratch(folder) as scratch:
        new = scratch.folder / name
        _make(new, Path(base or sys.executable), progress)
        _fill(new, needed, progress)
        _try(new, needed, progress)
        _put_in_place(new, folder / name, scratch.folder / "before")
    progress(_TRIED, "installed")
    installed = state_of(name, root)
    if installed.environment is None:
        raise ProgramError(f"{name} was installed, and yet {installed.reason}")
    return installed.environment


def remove(name: str, root: Path | None = None) -> bool:
    """Remove an environment; False where there was none.

    Raises
    ------
    ParameterError
        If there is none planned of this name.
    WriteError
        If the system refuses, as Windows does while a program in it runs; then it is whole as before.
    """
    requirements_of(name)
    folder = environments_folder(root)
    target = folder / name
    if not target.is_dir():
        return False
    with Scratch(folder) as scratch:
        try:
            target.replace(scratch.folder / name)
        except OSError as error:
            raise write_error(target, error) from error
    return True


def _refuse_full_disk(folder: Path, needed: Requirements) -> None:
    free = shutil.disk_usage(folder).free / 1e6
    if free < needed.disk_mb + _SPARE_MB:
        raise WriteError(
            f"{needed.name} needs {needed.disk_mb / 1000:.1f} GB on the disk of {folder}, and {free / 1000:.1f} GB are free.",
            "Free some space, or name another folder with SPINETWIN_HOME.",
        )


def _make(new: Path, base: Path, progress: Progress) -> None:
    progress(0.0, "making an environment")
    try:
        run_program(Program(base, "venv", (str(new),)), _unheard)
        run_program(Program(python_in(new), "pip", ("--version",), _PIP_VARIABLES), _unheard)
    except ProgramError as error:
        raise ProgramError(
            f"{base} makes no environment that runs: {error.message}",
            "Name another Python, 3.11 or newer and with its venv module, with --python.",
        ) from error


def _fill(new: Path, needed: Requirements, progress: Progress) -> None:
    constraints = new / "constraints.txt"
    constraints.write_text("".join(f"{each}\n" for each in needed.constraints), encoding="utf-8")
    for packages, begin, end in ((needed.first, _MADE, _FIRST), (needed.then, _FIRST, _THEN)):
        share = (end - begin) / (_THEN - _MADE)
        listener = PipListener(round(needed.distributions * share), begin, end, progress)
        _pip(new, ("install", "--progress-bar", "off", "--constraint", str(constraints), *packages), listener.hear)
    if needed.without:
        _pip(new, ("uninstall", "--yes", *needed.without), _unheard)


def _try(new: Path, needed: Requirements, progress: Progress) -> None:
    """See that what was installed can be imported, and write down what it is."""
    progress(_THEN, "trying it")
    for module in needed.imports:
        run_program(Program(python_in(new), "-c", (f"import {module}",)), _unheard)
    listed = _pip(new, ("list", "--format", "json"), _unheard)
    packages = {each["name"]: each["version"] for line in listed if line.startswith("[") for each in json.loads(line)}
    write_record(new, needed, packages, _proof(new, needed))


def _proof(new: Path, needed: Requirements) -> tuple[str, ...]:
    """Return the list of files of each package that was asked for, which goes first and last with the package."""
    wanted = {_normal(re.split(r"[=<>~!\[]", each)[0]) for each in (*needed.first, *needed.then)}
    lists = new.glob("**/site-packages/*.dist-info/RECORD")
    found = [each for each in lists if _normal(each.parent.name.partition("-")[0]) in wanted]
    return tuple(sorted(each.relative_to(new).as_posix() for each in found))


def _normal(name: str) -> str:
    """Spell the name of a package as the index does (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _pip(new: Path, arguments: tuple[str, ...], hear: Callable[[str], None]) -> tuple[str, ...]:
    refused: list[str] = []

    def listen(line: str) -> None:
        if line.startswith("ERROR: "):
            refused.append(line.removeprefix("ERROR: "))
        hear(line)

    program = Program(python_in(new), "pip", (arguments[0], *_PIP, *arguments[1:]), _PIP_VARIABLES)
    try:
        return run_program(program, listen)
    except ProgramError as error:
        said = refused[0] if refused else error.message
        raise ProgramError(f"The installation failed: {said}", "Check the network and try again.") from error


def _put_in_place(new: Path, target: Path, before: Path) -> None:
    """Rename the finished environment; what was there before goes when it is in place, and returns when it is not."""
    try:
        if target.exists():
            target.replace(before)
        new.replace(target)
    except OSError as error:
        if before.exists() and not target.exists():
            before.replace(target)
        raise write_error(target, error) from error


def _unheard(_: str) -> None:
    """Take a line that nobody needs; the last ones are told if it fails."""
