"""The temporary folder of a job inside its output folder: results leave it all together, or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from ..errors import WriteError
from ..io.atomic import write_error
from .lock import one_writer, try_lock
from .store import sweep_stages

_PREFIX = ".spinetwin-job-"
_OWNER = "owner.lock"
_PATIENCE_S = 20.0
"""For another job that moves its results into the same folder, which takes milliseconds."""
_SIGNATURE = b"temporary folder of a running spinetwin job\n"


class Scratch:
    """A folder to write into while the work goes on; `with` makes it, and removes it whatever happens.

    Parameters
    ----------
    output : Path
        The folder for the results; it must exist.

    Attributes
    ----------
    folder : Path
        Empty but for the file that says whose it is.

    Raises
    ------
    WriteError
        If nothing can be written in `output`.
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self.folder = output / f"{_PREFIX}{secrets.token_hex(6)}"
        self._owner: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._removed = False

    def __enter__(self) -> Scratch:
        try:
            self.folder.mkdir()
            self._owner = (self.folder / _OWNER).open("wb")
            try_lock(self._owner)
            self._owner.write(_SIGNATURE)
            self._owner.flush()
        except OSError as error:
            self.remove()
            raise write_error(self.output, error) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.remove()

    def publish(self, files: Mapping[str, Path]) -> dict[str, str]:
        """Move finished files into the output folder, all or none; files of the same names there are replaced.

        Of two jobs that end at the same moment one comes after the other, so that no result is made of both.

        Parameters
        ----------
        files : mapping of str to Path
            Files in the scratch folder, by what they are.

        Returns
        -------
        dict of str to str
            Where they are now.

        Raises
        ------
        WriteError
            If one of them cannot be moved, or another job does not end moving its own; what was in the output folder before
            is there again.
        KeyboardInterrupt
            If the folder has been removed by another thread meanwhile: the job was cancelled.
        """
        with one_writer(self.output, _PATIENCE_S), self._lock:
            if self._removed:
                raise KeyboardInterrupt
            replaced = self.folder / "replaced"
            replaced.mkdir()
            target = self.output
            begun: dict[Path, Path] = {}
            try:
                for path in files.values():
                    target = begun[path] = self.output / path.name
                    _set_aside(target, replaced)
                    path.replace(target)
            except BaseException as error:
                _put_back(begun, replaced)
                if isinstance(error, OSError):
                    raise write_error(target, error) from error
                raise
            return {name: str(self.output / path.name) for name, path in files.items()}

    def remove(self) -> None:
        """Remove the folder with all that is in it; may be called from any thread, and again."""
        with self._lock:
            self._removed = True
            # the sign of whose it is goes last: what is ended in the middle of this is still found and removed by the next job
            _empty(self.folder, but=_OWNER)
            if self._owner is not None:
                self._owner.close()
            shutil.rmtree(self.folder, ignore_errors=True)


def sweep(output: Path) -> None:
    """Remove what jobs that were killed have left in an output folder; folders of running jobs and of others stay.

    Stages that were finished wait a week for the same request (`spinetwin.jobs.store`).
    """
    with suppress(OSError):
        for folder in output.glob(f"{_PREFIX}*"):
            if _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)
    sweep_stages(output)


def _is_abandoned(folder: Path) -> bool:
    """Say whether a folder is a scratch folder whose job is no more: the lock ends with the process, however it ends."""
    owner = folder / _OWNER
    if folder.is_symlink() or owner.is_symlink() or not owner.is_file():
        return False
    try:
        with owner.open("r+b") as file:
            return try_lock(file) and file.read(len(_SIGNATURE) + 1) == _SIGNATURE
    except OSError:
        return False


def _empty(folder: Path, but: str) -> None:
    with suppress(OSError):
        for each in folder.iterdir():
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each, ignore_errors=True)
            elif each.name != but:
                each.unlink()


def _set_aside(target: Path, replaced: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        raise WriteError(f"Cannot write {target}: it is a folder.", "Rename it, or choose another folder for the results.")
    if os.path.lexists(target):
        target.replace(replaced / target.name)


def _put_back(begun: Mapping[Path, Path], replaced: Path) -> None:
    """Undo what was done, which for the last file may be a part: whatever has left the folder goes, what was aside returns."""
    for path, target in begun.items():
        before = replaced / target.name
        with suppress(OSError):
            if not os.path.lexists(path):
                target.unlink(missing_ok=True)
            if os.path.lexists(before):
                before.replace(target)
