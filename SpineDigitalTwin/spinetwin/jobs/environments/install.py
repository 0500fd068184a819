"""Making, repairing and removing environments: whole or not at all."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from ...errors import ParameterError, ProgramError, WriteError
from ...io.atomic import write_error
from ..scratch import Scratch, sweep
from .application import application_python
from .child import run_program
from .folders import made
from .makers import FolderMaker, Maker, VenvMaker
from .pip import PipListener
from .requirements import Requirements, requirements_of, size_text
from .state import PACKAGES, Environment, environments_folder, normal_name, state_of, write_record
from .wheels import brought, folder_of, how_to_bring

Progress = Callable[[float, str], None]

_MADE, _FIRST, _THEN, _TRIED = 0.03, 0.4, 0.93, 1.0
"""Fractions of the work at which its stages end, on a quick line."""
_SPARE_MB = 500.0


def install(
    name: str,
    progress: Progress,
    *,
    root: Path | None = None,
    base: Path | None = None,
    offline: bool = False,
    repair: bool = False,
    wheels: Path | None = None,
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
        The Python it is made from; default the running one. That of an application makes no venv that runs by itself: it gets a
        folder of packages beside its own.
    offline : bool
        Whether nothing may be fetched.
    repair : bool
        Make it anew also when it looks whole.
    wheels : Path, optional
        A folder with the packages as files, or one of these; then nothing is fetched. Default the folder `wheels` of the
        program's own, where it holds what is asked for.

    Returns
    -------
    Environment

    Raises
    ------
    ParameterError
        If there is none of this name, something would have to be fetched while offline, or is not among the wheels.
    ReadError
        If there are no such wheels.
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
    given = brought(needed, root) if wheels is None else folder_of(wheels, needed)
    if offline and given is None:
        raise ParameterError(
            f"To install {name}, about {size_text(needed.download_mb)} have to be fetched, and nothing may be fetched.",
            f"Leave --offline out, or name a folder that has {', '.join(needed.asked_for)} as wheels with --from. "
            f"{how_to_bring(needed)}",
        )
    folder = made(environments_folder(root))
    _refuse_full_disk(folder, needed)
    sweep(folder)
    with Scratch(folder) as scratch:
        maker = _maker(scratch.folder / name, base, given)
        progress(0.0, "making an environment" if given is None else f"making an environment from the wheels in {given}")
        maker.make()
        _fill(maker, needed, progress)
        _try(maker, needed, progress)
        _put_in_place(maker.folder, folder / name, scratch.folder / "before")
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
            f"{needed.name} needs {size_text(needed.disk_mb)} on the disk of {folder}, and {size_text(free)} are free.",
            "Free some space, or name another folder with SPINETWIN_HOME.",
        )


def _maker(new: Path, base: Path | None, wheels: Path | None) -> Maker:
    running = Path(sys.executable)
    application = application_python(running) if base is None else None
    return VenvMaker(new, base or running, wheels) if application is None else FolderMaker(new, application, wheels)


def _fill(maker: Maker, needed: Requirements, progress: Progress) -> None:
    constraints = maker.folder / "constraints.txt"
    constraints.write_text("".join(f"{each}\n" for each in needed.constraints), encoding="utf-8")
    for packages, begin, end in _rounds(maker, needed):
        share = (end - begin) / (_THEN - _MADE)
        listener = PipListener(round(needed.distributions * share), begin, end, progress)
        maker.install(packages, constraints, listener.hear)
    if needed.without:
        maker.uninstall(needed.without)


def _rounds(maker: Maker, needed: Requirements) -> tuple[tuple[tuple[str, ...], float, float], ...]:
    """Return what is installed one after the other, and between which fractions of the work.

    Into a folder all goes at once: pip does not look at what lies there, and would fetch it again.
    """
    if maker.application is not None:
        return (((*needed.first, *needed.then), _MADE, _THEN),)
    return (needed.first, _MADE, _FIRST), (needed.then, _FIRST, _THEN)


def _try(maker: Maker, needed: Requirements, progress: Progress) -> None:
    """See that what was installed can be imported, and write down what it is."""
    progress(_THEN, "trying it")
    packages = maker.packages()
    made = Environment(needed.name, maker.folder, packages, maker.application)
    for module in needed.imports:
        run_program(made.program("-c", (f"import {module}",)), _unheard)
    write_record(made, needed, _proof(maker.folder, needed))


def _proof(new: Path, needed: Requirements) -> tuple[str, ...]:
    """Return the list of files of each package that was asked for, which goes first and last with the package."""
    wanted = {normal_name(each) for each in needed.asked_for}
    lists = [each for folder in ("site-packages", PACKAGES) for each in new.glob(f"**/{folder}/*.dist-info/RECORD")]
    found = [each for each in lists if normal_name(each.parent.name.partition("-")[0]) in wanted]
    return tuple(sorted(each.relative_to(new).as_posix() for each in found))


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
