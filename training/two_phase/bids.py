"""Images and their label maps in a BIDS-like folder: which belong together is told by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spinetwin.errors import ReadError
from spinetwin.io.cases import kind_of_name

_ENDINGS = (".nii.gz", ".nii")
_PAIR = re.compile(r"^([a-zA-Z]+)-(.+)$")
_OF_MASKS = ("seg", "mod", "label")


@dataclass(frozen=True)
class Case:
    """One image with both label maps.

    Attributes
    ----------
    name : str
        For files: that of the image without its ending.
    subject : str
        Cases of one subject never part: what is trained on is never tested on.
    image, subregions, vertebrae : Path
    """

    name: str
    subject: str
    image: Path
    subregions: Path
    vertebrae: Path


def find_cases(folder: Path, suffix: str) -> list[Case]:
    """Return the cases of a folder, in the order of their names.

    Images lie below `rawdata` and are called ``sub-X[_key-value...]_SUFFIX.nii.gz``. Maps lie below `derivatives`, have all the
    keys of their image in their names, and tell by `seg-spine` or `seg-subreg`, and `seg-vert`, or by `subregions` and
    `vertebrae`, what they are.

    Parameters
    ----------
    folder : Path
    suffix : str
        Contrast, such as T2w.

    Raises
    ------
    ReadError
        If a folder is missing, there is no whole case, or two maps claim one image.
    """
    images = sorted(_volumes(folder / "rawdata", folder))
    maps = sorted(_volumes(folder / "derivatives", folder))
    cases = []
    for image in (each for each in images if _stem(each).endswith(f"_{suffix}")):
        found = {kind: _map_of(image, suffix, maps, kind) for kind in ("subregions", "vertebrae")}
        if found["subregions"] and found["vertebrae"]:
            subject = _pairs(_stem(image)).get("sub")
            if subject is None:
                raise ReadError(f"{image} names no subject.", "BIDS names begin with sub-.")
            cases.append(Case(_stem(image), subject, image, found["subregions"], found["vertebrae"]))
    if not cases:
        raise ReadError(
            f"{folder} has no image *_{suffix}.nii.gz with maps of subregions and vertebrae "
            f"({len(images)} images and {len(maps)} maps were seen).",
            "Images lie in rawdata, maps in derivatives, with seg-spine and seg-vert in their names.",
        )
    return cases


def _volumes(part: Path, folder: Path) -> Iterator[Path]:
    if not part.is_dir():
        raise ReadError(f"{folder} has no folder {part.name}.", "A BIDS-like folder has rawdata and derivatives.")
    yield from (each for each in part.rglob("*") if each.name.endswith(_ENDINGS))


def _stem(path: Path) -> str:
    return next(path.name.removesuffix(each) for each in _ENDINGS if path.name.endswith(each))


def _pairs(stem: str) -> dict[str, str]:
    matches = (_PAIR.match(each) for each in stem.split("_"))
    return {match[1]: match[2] for match in matches if match}


def _map_of(image: Path, suffix: str, maps: list[Path], kind: str) -> Path | None:
    """Return the map of an image: it has the keys of the image and none of another one."""
    wanted = _pairs(_stem(image))
    found = []
    for each in maps:
        pairs = _pairs(_stem(each))
        own = {key: value for key, value in pairs.items() if key not in _OF_MASKS}
        if kind_of_name(each.name) == kind and own == wanted and pairs.get("mod", suffix) == suffix:
            found.append(each)
    if len(found) > 1:
        raise ReadError(f"{found[0]} and {found[1]} are both maps of {kind} of {image.name}.", "Keep one.")
    return found[0] if found else None
