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
    from ..segmentation.backends import Request, Segmentation

FORMAT = "spinetwin segmentation"
FORMAT_VERSION = 1
SUBREGIONS, VERTEBRAE, REPORT = "subregions.nii.gz", "vertebrae.nii.gz", "segmentation.json"
"""What a segmentation leaves in its folder."""


def report_of(
    request: Request,
    found: Segmentation,
    *,
    backend: Mapping[str, str],
    inputs: Mapping[str, str],
    seconds: Mapping[str, float],
    reused: Sequence[str],
    warnings: Sequence[str],
) -> dict[str, Any]:
    """Return the content of segmentation.json.

    Its `levels_verified` is false whatever made the maps: a person has yet to confirm the names of the levels (`levels_open`).

    Parameters
    ----------
    request : Request
        Of an image in a file.
    found : Segmentation
    backend : mapping of str to str
        Name, title, why it was chosen, and the device that it has computed on.
    inputs : mapping of str to str
        Hash of each file, by name.
    seconds : mapping of str to float
        By stage. Those of the parts of the work of the backend are known to `found`; where all of it was kept, they are those
        of the run that made it.
    reused : sequence of str
        Stages of an earlier run of the same request, which was killed.
    warnings : sequence of str
    """
    grid, contrast = request.grid, request.contrast
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "image": {
            "name": request.path.name if request.path is not None else "",
            "shape": list(grid.shape),
            "spacing_mm": [round(float(n), 6) for n in grid.spacing],
            "contrast": contrast.name or None,
            "contrast_told_by": contrast.told_by or None,
        },
        "backend": dict(backend),
        "versions": {"spinetwin": __version__, "python": platform.python_version(), **found.versions},
        "weights": dict(found.weights),
        "inputs": dict(inputs),
        "seconds": dict(seconds),
        "backend_seconds": dict(found.seconds),
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


def levels_open(vertebrae: Path) -> bool:
    """Say whether a vertebra map comes from a segmentation whose levels no person has confirmed, by the report beside it."""
    if vertebrae.name != VERTEBRAE:
        return False
    try:
        content = json.loads((vertebrae.parent / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        # without a report that can be read, the map is any map
        return False
    return isinstance(content, dict) and content.get("format") == FORMAT and content.get("levels_verified") is False


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
