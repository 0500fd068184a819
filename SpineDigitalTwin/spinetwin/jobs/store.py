"""The folder in which the finished stages of a segmentation wait for the run that goes on, should this one be killed."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from ..errors import MapError, ParameterError, ReadError
from .lock import try_lock

_PREFIX = ".spinetwin-stages-"
_OWNER = "owner.lock"
_SIGNATURE = b"finished stages of a spinetwin job\n"
_WAITS_S = 7 * 24 * 3600.0
_HOPELESS = (MapError, ParameterError, ReadError)
"""After one of these the same request would end in the same way; of any other kind of failure the reason may be gone then."""


class StageStore:
    """The stages of one request beside its results; `with` gives the folder.

    It is removed when the work is done, cancelled or hopeless, and where no stage is in it; it stays where the process dies
    or the computer lacks something.

    Parameters
    ----------
    output : Path
        The folder for the results.
    key : str
        Says which request it is: letters and digits.
    """

    def __init__(self, output: Path, key: str) -> None:
        self._folder = output / f"{_PREFIX}{key}"
        self._owner: IO[bytes] | None = None

    def __enter__(self) -> Path | None:
        """Return the folder; None where another process works on the same request, or nothing can be written there."""
        owner = None
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            if self._folder.is_symlink() or (self._folder / _OWNER).is_symlink():
                return None
            # not emptied before it is locked: it may be another's
            owner = (self._folder / _OWNER).open("ab")
            if try_lock(owner):
                owner.truncate(0)
                owner.write(_SIGNATURE + b"%d" % os.getpid())
                owner.flush()
                self._owner = owner
                return self._folder
        if owner is not None:
            owner.close()
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._owner is None:
            return
        self._owner.close()
        hopeless = kind is None or issubclass(kind, (KeyboardInterrupt, *_HOPELESS))
        if hopeless or not _has_stages(self._folder):
            _remove(self._folder)


def forget_stages(output: Path, process: int) -> None:
    """Remove what a process that was cancelled has kept in an output folder; it may still be at it."""
    for folder in _stores(output):
        with suppress(OSError):
            if (folder / _OWNER).read_bytes() == _SIGNATURE + b"%d" % process:
                _remove(folder)


def sweep_stages(output: Path) -> None:
    """Remove stages that nobody has come back for within a week, and folders of killed jobs in which there is none."""
    for folder in _stores(output):
        with suppress(OSError):
            old = time.time() - folder.stat().st_mtime > _WAITS_S
            if (old or not _has_stages(folder)) and _is_abandoned(folder):
                _remove(folder)


def _stores(output: Path) -> list[Path]:
    with suppress(OSError):
        return [each for each in output.glob(f"{_PREFIX}*") if not each.is_symlink() and not (each / _OWNER).is_symlink()]
    return []


def _has_stages(folder: Path) -> bool:
    return any(each.suffix == ".npz" for each in folder.iterdir())


def _is_abandoned(folder: Path) -> bool:
    with (folder / _OWNER).open("r+b") as file:
        return try_lock(file) and file.read(len(_SIGNATURE)) == _SIGNATURE


def _remove(folder: Path) -> None:
    """Remove a folder; one that somebody still writes into gets another name first, where nobody looks for it."""
    away = folder.with_name(f"{_PREFIX}{secrets.token_hex(6)}")
    with suppress(OSError):
        folder.replace(away)
        shutil.rmtree(away, ignore_errors=True)
