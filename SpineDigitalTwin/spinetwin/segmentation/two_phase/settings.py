"""What a model expects beyond what nnU-Net writes down: a small file beside it, else the published settings."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import ReadError
from .instances import CutoutSettings
from .orientation import directions_of

FILE = "spinetwin.json"
INPUTS = ("classes", "one-hot")
_LARGEST = 1024


@dataclass(frozen=True)
class ModelSettings:
    """How a model was trained.

    Attributes
    ----------
    orientation : str
        Where the indices of its images grow to.
    bias_correction : bool
        Whether its images had their bias field taken out.
    cutouts : CutoutSettings
        Of phase 2.
    input : str
        Of phase 2 by ONNX or TorchScript: "classes", one channel of numbers, or "one-hot", one channel for each.
    """

    orientation: str = "PIR"
    bias_correction: bool = True
    cutouts: CutoutSettings = field(default_factory=CutoutSettings)
    input: str = INPUTS[0]


def read_settings(folder: Path, cutouts: CutoutSettings | None = None) -> ModelSettings:
    """Read the settings beside a model.

    Parameters
    ----------
    folder : Path
        That may hold spinetwin.json with `orientation`, `bias_correction`, `cutout` (voxels), `spacing` (mm) and `input`.
    cutouts : CutoutSettings, optional
        Those of the plan, where nothing else is said.

    Raises
    ------
    ReadError
        If the file is damaged, or says something impossible.
    """
    path, usual = folder / FILE, ModelSettings(cutouts=cutouts or CutoutSettings())
    said: dict[str, object] = {}
    if path.is_file():
        try:
            said = dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise ReadError(f"{path} is no JSON object.", "Mend or remove it.") from error
    orientation = str(said.get("orientation", usual.orientation))
    directions_of(orientation)
    coding = str(said.get("input", usual.input))
    if coding not in INPUTS:
        raise ReadError(f"{path}: {coding!r} is no input.", f"Write {' or '.join(INPUTS)}.")
    size = _three(said.get("cutout", list(usual.cutouts.size)), path, "cutout")
    edges = _three(said.get("spacing", list(usual.cutouts.spacing)), path, "spacing")
    i, j, k = (int(each) for each in size)
    return ModelSettings(
        orientation, bool(said.get("bias_correction", True)), CutoutSettings((i, j, k), edges, orientation), coding
    )


def write_settings(folder: Path, settings: ModelSettings) -> None:
    """Write the settings beside a model, as `read_settings` reads them."""
    content = {
        "orientation": settings.orientation,
        "bias_correction": settings.bias_correction,
        "cutout": list(settings.cutouts.size),
        "spacing": list(settings.cutouts.spacing),
        "input": settings.input,
    }
    (folder / FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _three(value: object, path: Path, name: str) -> tuple[float, float, float]:
    try:
        i, j, k = (float(each) for each in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        raise ReadError(f"{path}: {name} is not three numbers.", "Mend or remove it.") from error
    if not all(0 < each <= _LARGEST for each in (i, j, k)):
        raise ReadError(f"{path}: {name} is impossible: {i:g}, {j:g}, {k:g}.", "Mend or remove it.")
    return i, j, k
