"""Models of a person's own that are programs: none is opened before somebody has vouched for it, once, by its SHA-256."""

from __future__ import annotations

import json
from pathlib import Path

from ...errors import ParameterError, ReadError
from ...io.atomic import write_text
from ..environments.folders import home, made
from ..segmentation_report import hash_of

FORMAT = "spinetwin vouched model"


def vouch(path: Path) -> str:
    """Write down what a file is now, on a person's word; a file that has changed since is unknown again.

    Returns
    -------
    str
        Its hash, as `hash_of` gives it.

    Raises
    ------
    ReadError, WriteError
        If it cannot be read, or the record not be written.
    """
    digest = _hash(path)
    record = _record(digest)
    made(record.parent)
    content = {"format": FORMAT, "hash": digest, "file": str(path.absolute())}
    write_text(record, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return digest


def refuse_unknown(path: Path) -> None:
    """Refuse a model that nobody has vouched for as it is now.

    Raises
    ------
    ParameterError
        With the command that vouches for it.
    ReadError
        If it cannot be read.
    """
    if not _record(_hash(path)).is_file():
        raise ParameterError(
            f"Nobody has vouched for {path}; a model in TorchScript is a program, and not numbers alone.",
            f'If it comes from people you trust, say so once: `spinetwin weights vouch "{path.absolute()}"`.',
        )


def _hash(path: Path) -> str:
    try:
        return hash_of(path)
    except OSError as error:
        raise ReadError(f"{path} cannot be read: {error.strerror or error}.", "Name a model file.") from error


def _record(digest: str) -> Path:
    return home() / "weights" / "vouched" / f"{digest.removeprefix('sha256:')}.json"
