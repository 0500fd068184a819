"""Finished stages of a segmentation, kept in a folder, so that a run that was killed goes on where it was."""

from __future__ import annotations

import hashlib
import secrets
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]

_DIGEST = "digest"
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, MemoryError, NotImplementedError, BadZipFile, zlib.error)


class Stages:
    """The finished stages of one request.

    Parameters
    ----------
    store : Path or None
        The folder of this request and of no other one; its name says which request it is. None keeps nothing.

    Attributes
    ----------
    folder : Path or None
        That store.
    reused : tuple of str
        The stages that were there already.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     first, again = Stages(Path(name)), Stages(Path(name))
    ...     made = first.kept("semantic", lambda: np.arange(3))
    ...     found = again.kept("semantic", lambda: np.zeros(3, dtype=np.int64))
    ...     found.tolist(), first.reused, again.reused
    ([0, 1, 2], (), ('semantic',))
    """

    def __init__(self, store: Path | None) -> None:
        self.reused: tuple[str, ...] = ()
        self.folder = store

    def kept(
        self, name: str, make: Callable[[], npt.NDArray[Any]], *, shape: tuple[int, ...] | None = None, of: str = ""
    ) -> npt.NDArray[Any]:
        """Return the array of a stage: the one that was kept, or the one that `make` makes, which is kept from now on.

        Parameters
        ----------
        name : str
            Of the stage, letters and hyphens.
        make : callable
        shape : tuple of int, optional
            What a kept array must have; any if left out.
        of : str
            What the stage depends on beside the request, such as the hash of its weights: another one means another stage.
        """
        return self.kept_all(name, lambda: {"array": make()}, shapes={} if shape is None else {"array": shape}, of=of)["array"]

    def kept_all(
        self,
        name: str,
        make: Callable[[], Arrays],
        *,
        shapes: Mapping[str, tuple[int, ...]] | None = None,
        of: str = "",
    ) -> Arrays:
        """Return the arrays of a stage by name (any but "file"), as `kept` does for one; none of them may hold objects."""
        found = self.found(name, shapes=shapes, of=of)
        if found is not None:
            return found
        arrays = make()
        self.keep(name, arrays, of=of)
        return arrays

    def found(self, name: str, *, shapes: Mapping[str, tuple[int, ...]] | None = None, of: str = "") -> Arrays | None:
        """Return the arrays of a stage that was kept; None where there is none, or that of something else."""
        if self.folder is None:
            return None
        arrays = _read(self.folder / f"{name}.npz", _key(self.folder, name, of), shapes or {})
        if arrays is not None:
            self.reused = (*self.reused, name)
        return arrays

    def keep(self, name: str, arrays: Arrays, *, of: str = "") -> None:
        """Keep the arrays of a stage that is finished."""
        if self.folder is None:
            return
        # what cannot be kept is no reason to stop: the work goes on, and would begin here again
        with suppress(OSError):
            _write(self.folder / f"{name}.npz", _key(self.folder, name, of), arrays)

    def note(self, names: Iterable[str]) -> None:
        """Take down what another process has found there, which works on the same request."""
        self.reused = (*self.reused, *names)


def _key(store: Path, name: str, of: str) -> str:
    return f"{store.name} {name} {of}"


def _read(file: Path, key: str, shapes: Mapping[str, tuple[int, ...]]) -> Arrays | None:
    """Return what a file holds, or None where it is missing, damaged, or the stage of something else."""
    try:
        # opened here, since NumPy leaves a file open that is no archive
        with file.open("rb") as stream:
            content = np.load(stream, allow_pickle=False)
            if isinstance(content, np.ndarray):
                return None
            arrays = {name: content[name] for name in content.files if name != _DIGEST}
            digest = str(content[_DIGEST])
    except _UNREADABLE:
        return None
    fits = all(name in arrays and arrays[name].shape == shape for name, shape in shapes.items())
    return arrays if fits and digest == _digest(key, arrays) else None


def _write(file: Path, key: str, arrays: Arrays) -> None:
    temporary = file.with_name(f".{secrets.token_hex(4)}-{file.name}")
    # scores get a third smaller, and compressing them takes forty times as long as writing them
    save = np.savez if any(each.dtype.kind == "f" and each.ndim > 1 for each in arrays.values()) else np.savez_compressed
    try:
        with temporary.open("wb") as stream:
            save(stream, allow_pickle=False, **arrays, **{_DIGEST: np.array(_digest(key, arrays))})
        temporary.replace(file)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _digest(key: str, arrays: Arrays) -> str:
    """Return a hash of the request, and of the name, type, shape and values of each array."""
    found = hashlib.sha256(key.encode())
    for name in sorted(arrays):
        array = arrays[name]
        found.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
