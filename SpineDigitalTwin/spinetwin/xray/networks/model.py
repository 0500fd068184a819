"""The trained weights, what is to be known of them, and how they are run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ...errors import ParameterError
from ...networks import open_onnx
from .contrast import Float32

FOLDER = Path(__file__).parent / "model"
"""Where the weights lie that come with the package."""

WEIGHTS, DESCRIPTION = "landmarks.onnx", "landmarks.json"

Run: TypeAlias = Callable[[Float32], tuple[Float32, Float32, Float32]]
"""Takes what the network sees (2, rows, columns): gives chances of centre and landmarks (8, rows / 4, columns / 4), offsets of
landmarks from centres in cells (14, rows / 4, columns / 4), and thickness of bone (rows, columns), mm."""

_LACKING = "No network that finds landmarks comes with this version."


@dataclass(frozen=True)
class Description:
    """What is to be known of the weights.

    Attributes
    ----------
    pixel_mm : float
        Size of the pixels that it sees, at the patient.
    bone_mm : float
        Thickness of bone that it calls 1.
    sha256 : str
        Of the file of weights.
    trained : str
        On what, in words.
    measured : mapping
        How good it was found to be, on films that it was not trained on.
    """

    pixel_mm: float
    bone_mm: float
    sha256: str
    trained: str
    measured: Mapping[str, Any] = field(default_factory=dict)


def read_description(given: Path | None = None) -> Description:
    """Read what is to be known of the weights, and make sure that those beside it are the ones it describes.

    Parameters
    ----------
    given : Path, optional
        Folder of both; that of the package if left out.

    Raises
    ------
    ParameterError
        If there is no network, or it is damaged.
    """
    folder = given or FOLDER
    if not (folder / DESCRIPTION).is_file():
        raise ParameterError(_LACKING, "Click landmarks, and give them with --landmarks.")
    try:
        data = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        found = Description(
            float(data["pixel_mm"]),
            float(data["bone_mm"]),
            str(data["sha256"]),
            str(data["trained"]),
            dict(data.get("measured", {})),
        )
        weights = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ParameterError(f"The network that finds landmarks is damaged ({folder}).", "Install spinetwin again.") from error
    if weights != found.sha256:
        raise ParameterError(
            f"The weights of the network that finds landmarks are not what they should be ({folder}).",
            "Install spinetwin again.",
        )
    return found


def open_network(description: Description, given: Path | None = None) -> Run:
    """Return the network, run by ONNX Runtime on the CPU; `given` is as in `read_description`.

    Raises
    ------
    ParameterError
        If ONNX Runtime cannot be loaded.
    """
    session = open_onnx((given or FOLDER) / WEIGHTS)
    name = session.get_inputs()[0].name

    def run(film: Float32) -> tuple[Float32, Float32, Float32]:
        heat, offsets, bone = (each[0] for each in session.run(None, {name: np.ascontiguousarray(film[None])}))
        return chances(heat), offsets, np.float32(description.bone_mm) * bone[0]

    return run


def chances(scores: Float32) -> Float32:
    """Return the logistic function of scores, which overflows nowhere."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * scores), dtype=np.float32)
