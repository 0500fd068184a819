"""Packages that a person has brought as files, for a computer without a network."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ...errors import ParameterError, ReadError
from .folders import home
from .requirements import Requirements
from .state import normal_name

FOLDER = "wheels"
"""Below the program's own folder: what lies there is taken without being named."""

NOTHING_ELSE: Mapping[str, str] = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
"""Keeps pip from every other place, whatever a computer has set up for it."""


def wheels_folder(root: Path | None = None) -> Path:
    """Return the folder whose wheels are taken without being named; it need not exist."""
    return (home() if root is None else root) / FOLDER


def brought(needed: Requirements, root: Path | None = None) -> Path | None:
    """Return the folder of wheels below the program's own where all that is asked for lies in it, else None."""
    folder = wheels_folder(root)
    return None if _lacking(needed, folder) else folder


def folder_of(source: Path, needed: Requirements) -> Path:
    """Return the folder of the wheels that a person names.

    Parameters
    ----------
    source : Path
        That folder, or one wheel in it.
    needed : Requirements
        What is to be installed.

    Raises
    ------
    ReadError
        If it is not there.
    ParameterError
        If a package that is asked for is not in it, with how to get it.
    """
    if not source.exists():
        raise ReadError(f"{source} does not exist.", "Give a folder with wheels (.whl).")
    folder = (source if source.is_dir() else source.parent).absolute()
    lacking = _lacking(needed, folder)
    if lacking:
        raise ParameterError(f"{folder} lacks {', '.join(lacking)} for this Python.", how_to_bring(needed))
    return folder


def how_to_bring(needed: Requirements) -> str:
    """Say how the files are got on a computer that has a network."""
    packages = " ".join(_pinned(needed))
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return (
        f"On a computer with a network, the same system and Python {python}, run `pip download --only-binary :all: "
        f"--dest {FOLDER} {packages}`, and bring all files of that folder."
    )


def _pinned(needed: Requirements) -> tuple[str, ...]:
    """Return what is asked for, and what others bring along in a version of its own."""
    return tuple(dict.fromkeys((*needed.first, *needed.then, *needed.constraints)))


def _lacking(needed: Requirements, folder: Path) -> list[str]:
    """Return the files that are wanted and not there, by how their names begin."""
    there = {_name_and_version(each.name) for each in folder.glob("*.whl")} if folder.is_dir() else set()
    wanted = [tuple(each.split("==")) for each in _pinned(needed)]
    missing = [each for each in wanted if (normal_name(each[0]), each[1]) not in there]
    return [f"{name.replace('-', '_')}-{version}-….whl" for name, version in missing]


def _name_and_version(wheel: str) -> tuple[str, str]:
    """Return what the name of a wheel begins with; what follows a plus is a build of the same version (PEP 440)."""
    name, version = [*wheel.split("-"), ""][:2]
    return normal_name(name), version.partition("+")[0]
