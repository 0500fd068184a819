"""Unsaved edits survive a crash: a copy beside the scene, offered again at the next start."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import slicer

from . import pointnodes, storage

if TYPE_CHECKING:
    from .edits import Edits

INTERVAL_S = 60

_SUFFIX = ".spinepoi-autosave.mrk.json"
_UNNAMED = "unsaved scene"


@dataclass(frozen=True)
class Leftover:
    """A copy that no clean end took away: its file, the name of its scene ("" for one without a file), when it was written."""

    path: Path
    scene: str
    written: datetime


class Autosave:
    """Keeps a copy of the points while there are edits that nobody has saved.

    Parameters
    ----------
    edits : Edits
        Tells whether there is anything new.
    fallback : path
        Folder for scenes that were never saved.
    """

    def __init__(self, edits: Edits, fallback: str | Path) -> None:
        self._edits = edits
        self._fallback = Path(fallback)
        self._saved = self._copied = edits.count
        self._path: Path | None = None

    def close(self) -> None:
        """Take the copy away when nothing in it is unsaved."""
        if not self.unsaved:
            self._discard()

    @property
    def unsaved(self) -> bool:
        """Whether there are edits that the user has neither saved as points nor with the scene."""
        if self._edits.count == self._saved:
            return False
        return any(node.GetModifiedSinceRead() for node in pointnodes.nodes().values())

    def saved(self) -> None:
        """Take note that the user has saved the points: the copy is not needed any more."""
        self._saved = self._copied = self._edits.count
        self._discard()

    def tick(self) -> Path | None:
        """Write the copy if there is anything new to save, and take it away when all is saved; returns its path if written.

        Raises
        ------
        WriteError
            If it cannot be written: the disk is full, or nobody may write there.
        """
        if not pointnodes.nodes():
            return None
        if not self.unsaved:
            self.saved()
            return None
        if self._edits.count == self._copied:
            return None
        path = self._place()
        path.parent.mkdir(parents=True, exist_ok=True)
        storage.save(path)
        if self._path not in (None, path):
            self._discard()  # the scene has been given another name since
        self._path, self._copied = path, self._edits.count
        return path

    def leftovers(self) -> list[Leftover]:
        """Return the copies that a crash left behind, for this scene or for unsaved ones, the newest first."""
        folders = dict.fromkeys([self._place().parent, self._fallback])
        found = [_leftover(path) for folder in folders for path in folder.glob(f"*{_SUFFIX}") if path != self._path]
        return sorted(found, key=lambda each: each.written, reverse=True)

    def _place(self) -> Path:
        scene = slicer.mrmlScene.GetURL()
        if not scene:
            # two applications at once must not overwrite each other's
            return self._fallback / f"{_UNNAMED} {os.getpid()}{_SUFFIX}"
        path = Path(scene)
        return path.with_name(path.name.split(".")[0] + _SUFFIX)

    def _discard(self) -> None:
        if self._path is not None:
            discard([self._path])
            self._path = None


def discard(paths: Iterable[Path]) -> None:
    """Remove copies; one that is gone already, or is held by another program, is passed over."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            continue


def _leftover(path: Path) -> Leftover:
    name = path.name.removesuffix(_SUFFIX)
    scene = "" if name.startswith(_UNNAMED) else name
    return Leftover(path, scene, datetime.fromtimestamp(path.stat().st_mtime).astimezone())
