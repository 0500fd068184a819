"""The weights that are there: their files, and the SHA-256 that each had when a person let it in."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ParameterError, ReadError
from ...io.atomic import write_error, write_text
from ..environments.folders import home, made
from ..lock import one_at_a_time
from ..scratch import Scratch, sweep
from .download import download
from .manifest import Weights, weights_of
from .unpack import copy_folder, unpack

Progress = Callable[[float, str], None]

FORMAT = "spinetwin weights"
_FETCHED = 0.8
_MAX_BYTES = 8 << 20


@dataclass(frozen=True)
class State:
    """Whether weights can be used: "ready", "missing", "unknown" (nobody has vouched for them) or "changed"; and why."""

    kind: str
    reason: str

    @property
    def ready(self) -> bool:
        """Whether they can be used."""
        return self.kind == "ready"


class Store:
    """The weights in a folder.

    Parameters
    ----------
    root : Path, optional
        The program's own folder; default `home()`.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.folder = (home() if root is None else root) / "weights"

    def place(self, name: str) -> Path:
        """Return the folder of some weights, whether it exists or not."""
        return self.folder / weights_of(name).folder

    def state(self, name: str) -> State:
        """Say whether some weights are there and known, by the names and sizes of their files: quick, nothing is read."""
        weights, folder = weights_of(name), self.place(name)
        if not folder.is_dir() or not any(folder.iterdir()):
            said = (
                f"{name} is missing ({weights.size}, licence {weights.licence}): get it (`spinetwin weights download {name}`)"
            )
            return State("missing", f"{said}, or import a file that you have.")
        known = self._hashes(name)
        if not known:
            said = f"nobody has vouched for the files in {folder}; a file of weights can run any program when it is opened."
            return State("unknown", f"{said} Import that folder if you trust them (`spinetwin weights verify {name} --trust`).")
        sizes = {path: int(entry["bytes"]) for path, entry in known.items()}
        if _sizes(folder) != sizes:
            return State("changed", self._changed(name))
        return State("ready", f"{name} is there")

    def size_mb(self, name: str) -> float:
        """Return how much some weights take on this computer, MB; 0 where they are not there."""
        return sum(_sizes(self.place(name)).values()) / 1e6

    def verify(self, name: str) -> dict[str, str]:
        """Read all files and compare them with what they were when they came.

        Returns
        -------
        dict of str to str
            SHA-256 by the path of the file below its folder.

        Raises
        ------
        ParameterError
            If they are missing, or nobody has vouched for them.
        ReadError
            If one has changed.
        """
        state = self.state(name)
        if state.kind in ("missing", "unknown"):
            raise ParameterError(_sentence(state.reason))
        found = _hashed(self.place(name))
        if found != {path: entry["sha256"] for path, entry in self._hashes(name).items()}:
            raise ReadError(self._changed(name), f"Delete them (`spinetwin weights remove {name}`), and get them again.")
        return found

    def trust(self, name: str, origin: str = "trusted by a person") -> dict[str, str]:
        """Write down what the files are now, on a person's word; they are compared with it ever after."""
        folder = self.place(name)
        if not folder.is_dir():
            raise ParameterError(_sentence(self.state(name).reason))
        with self._alone(name, _unheard):
            self._record(name, folder, origin, self._archive(name))
            return _hashed(folder)

    def download(self, name: str, progress: Progress, *, offline: bool = False) -> None:
        """Fetch weights from where they are published, and put them in their place; what another process fetches is waited for.

        Raises
        ------
        ParameterError
            If nothing may be fetched.
        ReadError, WriteError
            If it fails; or if the archive is not the one that came from there before.
        """
        weights = weights_of(name)
        if offline:
            raise ParameterError(
                f"{name} would have to be fetched ({weights.size}), and nothing may be fetched.",
                "Leave --offline out, or import a file that you have.",
            )
        with self._alone(name, progress) as waited:
            if waited and self.state(name).ready:
                progress(1.0, "another process has fetched it")
                return
            self._fetch(weights, progress)

    def _fetch(self, weights: Weights, progress: Progress) -> None:
        archive = self.folder / f"{weights.name}.zip"
        download(weights.url, archive, weights.hosts, lambda done, what: progress(_FETCHED * done, what))
        try:
            self._take(weights, archive, weights.url, progress)
        finally:
            with suppress(OSError):
                archive.unlink()

    def add(self, name: str, source: Path, progress: Progress, *, trust: bool = False) -> None:
        """Import a zip archive or a folder.

        Raises
        ------
        ParameterError
            If nobody vouches for it: its archive is not one that is known already, and `trust` is not given.
        ReadError, WriteError
            If it cannot be read or stored.
        """
        weights = weights_of(name)
        if not source.exists():
            raise ReadError(f"{source} does not exist.", "Give a zip archive or a folder.")
        with self._alone(name, progress):
            known = self._archive(name)
            if not trust and not (known and source.is_file() and _sha256(source) == known):
                raise ParameterError(
                    f"Nobody has vouched for {source.name}; a file of weights can run any program when it is opened.",
                    "If it comes from people you trust, import it with --trust.",
                )
            self._take(weights, source, f"imported from {source.name}", progress, compare=not trust)

    def remove(self, name: str) -> bool:
        """Delete weights; what their archive was stays known. False where there were none."""
        folder = self.place(name)
        with self._alone(name, _unheard):
            there = folder.is_dir()
            shutil.rmtree(folder, ignore_errors=True)
            if folder.is_dir():
                raise ReadError(f"{folder} cannot be deleted.", "Close the programs that use it.")
            if there:
                self._write(name, {}, "removed", self._archive(name))
            for rest in self.folder.glob(f"{name}.zip*"):
                rest.unlink(missing_ok=True)
        return there

    @contextmanager
    def _alone(self, name: str, progress: Progress) -> Iterator[bool]:
        """Let no other process change some weights meanwhile: both would write into one file. Tells whether one did before."""
        lock = made(self._path(name).parent) / f"{name}.lock"
        with one_at_a_time(lock, lambda: progress(0.0, f"waiting for another process that works on {name}")) as waited:
            yield waited

    def _take(self, weights: Weights, source: Path, origin: str, progress: Progress, *, compare: bool = True) -> None:
        """Put the files of an archive or a folder in their place, all together."""
        made(self.folder)
        archive = _sha256(source) if source.is_file() else ""
        known = self._archive(weights.name)
        if compare and known and archive and archive != known:
            raise ReadError(
                f"{source.name} is not the file that it was when it came first (SHA-256 {archive[:12]}, not {known[:12]}).",
                "Ask its authors; if they have changed it, import it on your word (`spinetwin weights import --trust`).",
            )
        sweep(self.folder)

        def unpacking(done: float, what: str) -> None:
            progress(_FETCHED + (1 - _FETCHED) * done, what)

        with Scratch(self.folder) as scratch:
            new = scratch.folder / "new"
            (unpack if source.is_file() else copy_folder)(source, new, unpacking, weights.holds)
            self._put_in_place(weights, new, scratch.folder / "before")
        self._record(weights.name, self.place(weights.name), origin, archive or known)

    def _put_in_place(self, weights: Weights, new: Path, before: Path) -> None:
        folder = self.place(weights.name)
        made(folder.parent)
        try:
            if folder.exists():
                folder.replace(before)
            new.replace(folder)
        except OSError as error:
            raise write_error(folder, error) from error

    def _record(self, name: str, folder: Path, origin: str, archive: str) -> None:
        sizes = _sizes(folder)
        entries = {path: {"sha256": digest, "bytes": sizes[path]} for path, digest in _hashed(folder).items()}
        self._write(name, entries, origin, archive)

    def _write(self, name: str, files: Mapping[str, Any], origin: str, archive: str) -> None:
        content = {"format": FORMAT, "name": name, "origin": origin, "archive_sha256": archive, "files": files}
        made(self._path(name).parent)
        write_text(self._path(name), json.dumps(content, indent=1, ensure_ascii=False) + "\n")

    def _path(self, name: str) -> Path:
        return self.folder / "records" / f"{name}.json"

    def _read(self, name: str) -> dict[str, Any]:
        with suppress(OSError, ValueError, RecursionError):
            if self._path(name).stat().st_size <= _MAX_BYTES:
                found = json.loads(self._path(name).read_text(encoding="utf-8"))
                if isinstance(found, dict) and found.get("format") == FORMAT:
                    return found
        return {}

    def _hashes(self, name: str) -> dict[str, Any]:
        files = self._read(name).get("files")
        entries = files if isinstance(files, dict) else {}
        whole = all(isinstance(each, dict) and {"sha256", "bytes"} <= each.keys() for each in entries.values())
        return entries if whole else {}

    def _archive(self, name: str) -> str:
        return str(self._read(name).get("archive_sha256") or "")

    def _changed(self, name: str) -> str:
        return f"The files of {name} are not what they were when they came: they have been changed or damaged."


def _sizes(folder: Path) -> dict[str, int]:
    return {each.relative_to(folder).as_posix(): each.stat().st_size for each in sorted(folder.rglob("*")) if each.is_file()}


def _hashed(folder: Path) -> dict[str, str]:
    return {path: _sha256(folder / path) for path in _sizes(folder)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unheard(done: float, what: str) -> None:
    """Take progress that nobody needs."""


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
