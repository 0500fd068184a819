"""What an earlier run of `spinetwin phantom` left in a folder, and would be taken for a part of the new spine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from ..errors import ParameterError
from .phantom_films import FOLDER

SURFACES = ("vtp", "stl")
"""Forms of surfaces."""

SURFACE_FOLDER = "surfaces"
TRUTHS = ("truth.json", "truth.mrk.json")

_PATTERNS: Mapping[str, tuple[str, ...]] = {
    "image": ("image.nii.gz",),
    "muscles": ("muscles.nii.gz",),
    "truth": TRUTHS,
    "surfaces": tuple(f"{SURFACE_FOLDER}/*.{each}" for each in SURFACES),
    "films": tuple(f"{FOLDER}/{name}" for name in ("frontal.png", "lateral.png", "geometry.json", "landmarks.csv")),
}
"""Files that not every run writes, by kind; label maps are always written anew."""


def refuse_leftovers(out: Path, kinds: Collection[str], surfaces: Collection[str] | None = None) -> None:
    """Refuse a folder with files of another spine that would stay beside the new one; nothing is ever removed.

    Parameters
    ----------
    out : Path
        Folder for the results.
    kinds : collection of str
        "image", "muscles", "truth", "surfaces", "films": what this run writes.
    surfaces : collection of str, optional
        Names of the surfaces that it writes, once they are known.

    Raises
    ------
    ParameterError
        In one sentence, which names one of the files.
    """
    for found in _leftovers(out, kinds, surfaces):
        name = found.relative_to(out).as_posix()
        raise ParameterError(
            f"{out} holds the {name} of another spine, which would stay beside the new label maps.",
            "Choose an empty folder, or remove that file.",
        )


def _leftovers(out: Path, kinds: Collection[str], surfaces: Collection[str] | None) -> Iterator[Path]:
    for kind, patterns in _PATTERNS.items():
        found = (path for pattern in patterns for path in sorted(out.glob(pattern)))
        if kind not in kinds:
            yield from found
        elif kind == "surfaces" and surfaces is not None:
            yield from (path for path in found if path.name not in surfaces)
