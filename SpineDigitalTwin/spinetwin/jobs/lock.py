"""A lock on a file that ends with the process, however that ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ..errors import WriteError
from ..io.atomic import write_error

_AGAIN_S = 0.2
_SOON_S = 0.02
_FOR_A_MOMENT = ".spinetwin-writing.lock"
_HELD = (BlockingIOError, PermissionError)
"""What POSIX and Windows say of a lock that another process holds."""


def try_lock(file: IO[bytes]) -> bool:
    """Lock a file until it is closed; False where another holds it, or where the disk knows no locks."""
    try:
        _lock(file)
    except OSError:
        return False
    return True


@contextmanager
def one_at_a_time(path: Path, waiting: Callable[[], None]) -> Iterator[bool]:
    """Do something while no other process does what is kept apart by the same file; wait for one that does.

    Parameters
    ----------
    path : Path
        A file for this purpose alone, in a folder that exists; it stays, for another may wait for it already.
    waiting : callable
        Called again and again while another process is at it; what it raises ends the waiting.

    Yields
    ------
    bool
        Whether another process was at it before.

    Raises
    ------
    WriteError
        If the file cannot be written, or its disk knows no locks.
    """
    try:
        file = path.open("ab")
    except OSError as error:
        raise write_error(path, error) from error
    with file:
        waited = False
        while _is_held(file, path):
            waited = True
            waiting()
            time.sleep(_AGAIN_S)
        yield waited


@contextmanager
def one_writer(folder: Path, patience_s: float) -> Iterator[None]:
    """Do something short in a folder while no other process does; nothing of the lock stays there.

    A disk that knows no locks is written to without one.

    Parameters
    ----------
    folder : Path
    patience_s : float
        How long to wait for another.

    Raises
    ------
    WriteError
        If another does not end, or the folder cannot be written to.
    """
    path, begun = folder / _FOR_A_MOMENT, time.monotonic()
    while (file := _locked(path)) is None:
        if time.monotonic() - begun > patience_s:
            raise WriteError(
                f"Another job is writing its results into {folder} and does not end.",
                "Wait for it or cancel it and try again, or choose another folder.",
            )
        time.sleep(_SOON_S)
    try:
        yield
    finally:
        # Windows removes no file that is open; elsewhere who opens it after the unlocking must not find it
        if sys.platform == "win32":
            file.close()
        with suppress(OSError):
            path.unlink()
        file.close()


def _locked(path: Path) -> IO[bytes] | None:
    """Open and lock a file; None where another holds it, or has removed it meanwhile."""
    try:
        file = path.open("ab")
    except OSError as error:
        # Windows says so while another removes it
        if isinstance(error, PermissionError) and path.exists():
            return None
        raise write_error(path, error) from error
    if not _is_taken(file) and _is_still_there(file, path):
        return file
    file.close()
    return None


def _is_taken(file: IO[bytes]) -> bool:
    """Lock a file, or say that another holds it; a disk that knows no locks keeps nobody apart."""
    try:
        _lock(file)
    except OSError as error:
        return isinstance(error, _HELD)
    return False


def _is_still_there(file: IO[bytes], path: Path) -> bool:
    """Say whether an open file is the one that bears its name now."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _is_held(file: IO[bytes], path: Path) -> bool:
    """Lock a file, or say that another holds it."""
    try:
        _lock(file)
    except _HELD:
        return True
    except OSError as error:
        raise WriteError(
            f"The disk of {path.parent} cannot keep two processes apart that write there ({error.strerror}).",
            "Name a folder on another disk with SPINETWIN_HOME.",
        ) from error
    return False


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        # beyond the end, so that the signature can still be read
        file.seek(1 << 20)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
