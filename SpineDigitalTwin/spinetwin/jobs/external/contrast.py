"""Which kind of image a file holds, by its name."""

from __future__ import annotations

import re
from pathlib import Path

from ...anatomy.tables import read_table

_WORDS = {row["word"].casefold(): row["contrast"] for row in read_table("contrasts.csv", __package__)}


def contrast_of(path: Path | None) -> str:
    """Return the contrast that a file name tells, the last word first; "" where it tells none.

    Examples
    --------
    >>> contrast_of(Path("sub-01_acq-sag_T1w.nii.gz")), contrast_of(Path("spine.nii"))
    ('T1w', '')
    """
    words = re.split(r"[^A-Za-z0-9]+", path.name.casefold()) if path is not None else []
    return next((_WORDS[word] for word in reversed(words) if word in _WORDS), "")
