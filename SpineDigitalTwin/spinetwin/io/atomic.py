"""Writing a file whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import WriteError

_REASONS = {
    errno.ENOSPC: ("the disk is full", "Free some space or choose another folder."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space or choose another folder."),
    errno.EACCES: ("you have no permission to write there", "Choose a folder of your own."),
    errno.EPERM: ("you have no permission to write there", "Choose a folder of your own."),
    errno.EROFS: ("the disk is read-only", "Choose another folder."),
    errno.EFBIG: ("the file is larger than the disk allows", "Choose another folder."),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter name."),
}


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path` to write to, and put it in place at the end.

    The temporary name keeps every suffix (``.nii.gz``), so that writers which choose a format by the name work. When the block
    fails, the temporary file is removed and a file that was at `path` before is untouched.

    Parameters
    ----------
    path : path
        Where the finished file is to be. Its folder must exist: a mistyped folder is not created in silence.

    Yields
    ------
    Path
        A path that does not exist yet.

    Raises
    ------
    WriteError
        If the folder is missing, the path is a folder, a device or a pipe, or the operating system refuses (permission, full
        disk).
    """
    target = Path(path)
    _check_target(target)
    if target.is_symlink():
        target = target.resolve()
    temporary = target.with_name(f".{secrets.token_hex(4)}-{target.name}")
    try:
        yield temporary
        temporary.replace(target)
    except OSError as error:
        raise write_error(target, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _check_target(target: Path) -> None:
    try:
        if target.is_dir():
            raise WriteError(f"Cannot write {target}: it is a folder.", "Give the name of a file.")
        if target.exists() and not target.is_file():
            raise WriteError(f"Cannot write {target}: it is a device or a pipe.", "Give the name of a file.")
        if target.parent.is_dir():
            return
        found = target.parent.exists()
    except OSError as error:
        raise write_error(target, error) from error
    if found:
        raise WriteError(f"Cannot write {target}: {target.parent} is not a folder.", "Choose another folder.")
    raise WriteError(f"Cannot write {target}: the folder {target.parent} does not exist.", "Create it first.")


def write_error(target: Path, error: OSError) -> WriteError:
    """Say in one sentence why the operating system does not let `target` be written, and what to do."""
    what, hint = _REASONS.get(error.errno or 0, (error.strerror or str(error) or "the system refused", ""))
    return WriteError(f"Cannot write {target}: {what}.", hint)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` as UTF-8 with Unix line ends, whole or not at all.

    Raises
    ------
    WriteError
        As `atomic_write`.
    """
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
