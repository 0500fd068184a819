"""Which request a finished stage belongs to, and keeping the whole of what a backend has made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .. import __version__

if TYPE_CHECKING:
    from ..segmentation.backends import Request, Segmentation, Stages
    from ..segmentation.backends.protocol import Progress

_STAGE = "segmentation"


def key_of(backend: str, table: str, hashes: Sequence[str]) -> str:
    """Return a name for a request: the same for the same backend, program, table, and content of the files.

    What it runs on does not count: what was made before the memory of one device ran out is good on another.

    Parameters
    ----------
    backend : str
    table : str
        What the labels of maps to take over mean, all of it.
    hashes : sequence of str
        Of each file: the image, and maps to take over.
    """
    import numpy
    import scipy

    told = json.dumps([backend, table, list(hashes), __version__, numpy.__version__, scipy.__version__])
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def skipping(tell: Progress, skip: Callable[[float], None], stages: Stages) -> Progress:
    """Return what tells how far a work is, and when a stage that was found has brought it there: that tells of no speed.

    Parameters
    ----------
    tell : callable
        Takes the fraction done and what is being worked on.
    skip : callable
        Takes a fraction that an earlier run has reached.
    stages : Stages
        Those of the work.
    """
    known = 0

    def told(fraction: float, what: str) -> None:
        nonlocal known
        if len(stages.reused) > known:
            known = len(stages.reused)
            skip(fraction)
        tell(fraction, what)

    return told


def kept_segmentation(request: Request, make: Callable[[], Segmentation]) -> Segmentation:
    """Return what a backend has made: what an earlier run of the same request has kept, or what `make` makes now."""
    import numpy as np

    from ..geometry import LabelMaps
    from ..segmentation.backends import Segmentation

    def packed() -> dict[str, np.ndarray]:
        found = make()
        rest = {
            "confidence": {str(key): value for key, value in found.confidence.items()},
            "warnings": list(found.warnings),
            "versions": dict(found.versions),
            "weights": dict(found.weights),
            "device": found.device,
            "seconds": dict(found.seconds),
        }
        return {
            "subregions": found.maps.subregions,
            "vertebrae": found.maps.vertebrae,
            "rest": np.frombuffer(json.dumps(rest).encode(), np.uint8),
        }

    shape = request.grid.shape
    arrays = request.stages.kept_all(_STAGE, packed, shapes={"subregions": shape, "vertebrae": shape})
    rest = json.loads(arrays["rest"].tobytes())
    return Segmentation(
        LabelMaps(request.grid, arrays["subregions"], arrays["vertebrae"]),
        {int(key): value for key, value in rest["confidence"].items()},
        tuple(rest["warnings"]),
        rest["versions"],
        rest["weights"],
        # what was kept before these were written down has none
        rest.get("device", "not known"),
        rest.get("seconds", {}),
    )
