"""What the scanner said of an image: the json file that converters of DICOM (such as dcm2niix) and BIDS put beside it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from .volumes import suffix_of

_MAX_BYTES = 1 << 20


def read_sidecar(path: Path) -> dict[str, object]:
    """Return the content of the json file beside an image.

    Nothing depends on it, so that one that is missing, damaged, huge or no object of keys counts as empty.

    Parameters
    ----------
    path : Path
        The image: of sub-1_T2w.nii.gz the file is sub-1_T2w.json.
    """
    beside = path.with_name(path.name[: -len(suffix_of(path)) or None] + ".json")
    with suppress(OSError, ValueError, RecursionError):
        if beside.stat().st_size <= _MAX_BYTES:
            content = json.loads(beside.read_text(encoding="utf-8-sig"))
            return content if isinstance(content, dict) else {}
    return {}
