"""Which kind of image a file holds: as a person says, else as its name tells, else as what was saved beside it does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..anatomy.tables import read_table
from ..errors import ParameterError

_WORDS = {row["word"].casefold(): row["contrast"] for row in read_table("contrasts.csv", __package__)}
CONTRASTS = tuple(dict.fromkeys(_WORDS.values()))
"""All that are known, as BIDS spells them where it has a word."""
USUAL = CONTRASTS[0]
"""What an image is taken for where nothing tells."""

PERSON, FILE_NAME, SIDECAR = "person", "file name", "sidecar"
_SAYS = {PERSON: "As was said,", FILE_NAME: "By its name", SIDECAR: "By what was saved beside it"}
_DESCRIBED_BY = ("SeriesDescription", "ProtocolName")
"""Keys of a sidecar whose text names the sequence, as dcm2niix takes them from DICOM."""


@dataclass(frozen=True)
class Contrast:
    """Which kind of image a file holds.

    Attributes
    ----------
    name : str
        One of `CONTRASTS`; "" where nothing tells.
    told_by : str
        `PERSON`, `FILE_NAME` or `SIDECAR`; "" where nothing tells.
    """

    name: str = ""
    told_by: str = ""


def contrast_named(word: object) -> str:
    """Return the contrast that a word stands for, in small or capital letters.

    Raises
    ------
    ParameterError
        If it stands for none.

    Examples
    --------
    >>> contrast_named("t1"), contrast_named("T2w")
    ('T1w', 'T2w')
    """
    found = _WORDS.get(word.strip().casefold()) if isinstance(word, str) else None
    if found is None:
        raise ParameterError(f"There is no contrast {str(word)[:40]!r}.", f"Choose one of {', '.join(CONTRASTS)}.")
    return found


def contrast_of(path: Path | None, said: str = "", sidecar: Mapping[str, object] | None = None) -> Contrast:
    """Return which kind of image a file holds, and what tells it.

    Parameters
    ----------
    path : Path or None
        Of the last word in its name that stands for a contrast.
    said : str
        What a person says, one of `CONTRASTS`, which counts most; "" for nothing.
    sidecar : mapping of str to anything, optional
        What was saved beside the image, which counts least: file names are given by people, descriptions by protocols.

    Examples
    --------
    >>> contrast_of(Path("sub-01_acq-sag_T1w.nii.gz"))
    Contrast(name='T1w', told_by='file name')
    >>> contrast_of(Path("spine.nii"), sidecar={"SeriesDescription": "t1_tse_sag"})
    Contrast(name='T1w', told_by='sidecar')
    >>> contrast_of(Path("spine.nii"))
    Contrast(name='', told_by='')
    """
    beside = sidecar or {}
    told = (
        (said, PERSON),
        (_in_text(path.name if path is not None else ""), FILE_NAME),
        (_in_text(beside.get("Modality")), SIDECAR),
        *((_in_text(beside.get(key)), SIDECAR) for key in _DESCRIBED_BY),
    )
    return next((Contrast(name, by) for name, by in told if name), Contrast())


def check_contrast(contrast: Contrast, made_for: Sequence[str], name: str) -> tuple[str, ...]:
    """Return, as a sentence, that an image is of a kind that a method is not made for.

    Parameters
    ----------
    contrast : Contrast
        Of the image.
    made_for : sequence of str
        Contrasts; none where any will do.
    name : str
        Of the file of the image.
    """
    if not contrast.name or not made_for or contrast.name in made_for:
        return ()
    said, kinds = f"{_SAYS[contrast.told_by]} {name} is a {contrast.name} image", " or ".join(made_for)
    return (f"{said}; the method is made for {kinds} images of the spine.",)


def _in_text(text: object) -> str:
    words = re.split(r"[^a-z0-9]+", text.casefold()) if isinstance(text, str) else []
    return next((_WORDS[word] for word in reversed(words) if word in _WORDS), "")
