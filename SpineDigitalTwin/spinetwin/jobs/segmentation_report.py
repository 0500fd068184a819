"""segmentation.json: what was asked for, what made it, of what, in what time, and how far it is to be trusted."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..anatomy import level

if TYPE_CHECKING:
    from ..geometry import Grid
    from ..segmentation.backends import Segmentation

FORMAT = "spinetwin segmentation"
FORMAT_VERSION = 1


def report_of(
    image: Path,
    grid: Grid,
    found: Segmentation,
    *,
    backend: Mapping[str, str],
    inputs: Mapping[str, str],
    seconds: Mapping[str, float],
    reused: Sequence[str],
    warnings: Sequence[str],
) -> dict[str, Any]:
    """Return the content of segmentation.json.

    Its `levels_verified` is false whatever made the maps: a person has yet to confirm the names of the levels.

    Parameters
    ----------
    image : Path
    grid : Grid
        Of the image.
    found : Segmentation
    backend : mapping of str to str
        Name, title, why it was chosen, and the device that it has computed on.
    inputs : mapping of str to str
        Hash of each file, by name.
    seconds : mapping of str to float
        By stage.
    reused : sequence of str
        Stages of an earlier run of the same request, which was killed.
    warnings : sequence of str
    """
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "image": {
            "name": image.name,
            "shape": list(grid.shape),
            "spacing_mm": [round(float(n), 6) for n in grid.spacing],
        },
        "backend": dict(backend),
        "versions": {"spinetwin": __version__, "python": platform.python_version(), **found.versions},
        "weights": dict(found.weights),
        "inputs": dict(inputs),
        "seconds": dict(seconds),
        "reused_stages": list(reused),
        "levels_verified": False,
        "levels": {level(key).name: {"confidence": value} for key, value in found.confidence.items()},
        "warnings": list(warnings),
    }


def write_report(path: Path, content: Mapping[str, Any]) -> None:
    """Write it.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    from ..io.atomic import write_text

    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def hash_of(path: Path) -> str:
    """Return the hash of a file, with the name of the method."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def summary_of(found: Segmentation) -> str:
    """Say in one line how many levels there are."""
    names = [level(key).name for key in found.confidence]
    if not names:
        return "No vertebra"
    shown = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    return f"{len(names)} level{'' if len(names) == 1 else 's'} ({shown})"
