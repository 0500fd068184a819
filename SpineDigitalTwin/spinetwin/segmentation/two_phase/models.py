"""The two models of a person: where they lie, whether all is there, and the networks they make."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...errors import ParameterError, ReadError
from ...geometry import FloatArray, IntArray
from ..course import Rest
from .grey import Float32
from .instance_model import ONNX, SUFFIXES, open_instance_model
from .instances import CutoutSettings, InstanceRun, Labels
from .labels import TABLE, subregions_of
from .model_folder import ModelFolder, find_model, read_model
from .nnunet import open_model
from .pipeline import Networks
from .seconds import body_seconds
from .semantic import Fraction
from .settings import FILE, ModelSettings, read_settings

SEMANTIC, INSTANCE = "semantic", "instance"
"""Folders of the two models, in the folder that a person names."""
_SEES = 1


@dataclass(frozen=True)
class Models:
    """Two models, looked over and not yet loaded.

    Attributes
    ----------
    semantic : ModelFolder
    instance : ModelFolder or Path
        nnU-Net, or a file of ONNX or TorchScript.
    subregions : mapping of int to int
        Subregion of each label of phase 1.
    semantic_settings, instance_settings : ModelSettings
    """

    semantic: ModelFolder
    instance: ModelFolder | Path
    subregions: Mapping[int, int]
    semantic_settings: ModelSettings
    instance_settings: ModelSettings

    @property
    def files(self) -> dict[str, Path]:
        """All files that decide what the networks say, by their places in the folder of the models."""
        found: dict[str, Path] = {}
        for phase, model in ((SEMANTIC, self.semantic), (INSTANCE, self.instance)):
            if isinstance(model, Path):
                root = model.parent
                # weights beyond 2 GB lie outside the file of an ONNX model, under names that it alone knows
                more = sorted(root.rglob("*")) if model.suffix == ONNX else []
                candidates = [model, root / FILE, *more]
            else:
                candidates = [*model.checkpoints, *(model.path / each for each in ("plans.json", "dataset.json", TABLE, FILE))]
                root = model.path
            found |= {f"{phase}/{each.relative_to(root).as_posix()}": each for each in candidates if each.is_file()}
        return found


def lacking(folder: Path) -> str:
    """Say what is missing in a folder of models, as a sentence; "" where all is there. Quick: no file is read."""
    if not folder.is_dir():
        return f"there is no folder {folder} with the models semantic and instance."
    try:
        find_model(folder / SEMANTIC)
    except ReadError as error:
        return f"the model of phase 1 is missing: {error}"
    try:
        _instance_path(folder / INSTANCE)
    except ReadError as error:
        return f"the model of phase 2 is missing: {error}"
    return ""


def read_models(folder: Path) -> Models:
    """Look the two models over.

    Raises
    ------
    ReadError, ParameterError
        If one is missing, damaged, or of another kind.
    """
    semantic = read_model(folder / SEMANTIC)
    if len(semantic.channels) != _SEES:
        raise ParameterError(
            f"{semantic.path} wants {len(semantic.channels)} images at once ({', '.join(semantic.channels)}) instead of one.",
            "Train it on one contrast.",
        )
    place = _instance_path(folder / INSTANCE)
    instance = read_model(place) if place.is_dir() else place
    if isinstance(instance, ModelFolder):
        _check_instance(instance)
    return Models(
        semantic,
        instance,
        subregions_of(semantic.labels, semantic.path),
        read_settings(semantic.path),
        _instance_settings(instance) if isinstance(instance, ModelFolder) else read_settings(place.parent),
    )


def _instance_path(folder: Path) -> Path:
    """Return the file of ONNX or TorchScript in a folder, or else the folder of an nnU-Net model."""
    files = sorted(each for each in folder.glob("*") if each.suffix in SUFFIXES) if folder.is_dir() else []
    if len(files) > 1:
        raise ReadError(f"{folder} holds several models: {', '.join(each.name for each in files)}.", "Keep one.")
    return files[0] if files else find_model(folder)


def _check_instance(model: ModelFolder) -> None:
    if len(model.channels) != _SEES:
        raise ParameterError(
            f"{model.path} wants {len(model.channels)} channels, and phase 2 has one: the classes of the subregion map.",
            "Train it on the data sets of training/two_phase/prepare.py.",
        )
    if len(model.labels) != 3:
        raise ParameterError(
            f"{model.path} tells {len(model.labels)} labels; phase 2 tells three: the vertebrae above, centre and below.",
            "Are the two models exchanged?",
        )


def _instance_settings(model: ModelFolder) -> ModelSettings:
    """Return the settings beside a model of phase 2, which must see its cutouts as a whole."""
    found = read_settings(model.path, CutoutSettings(model.patch, model.spacing))
    if any(size > seen for size, seen in zip(found.cutouts.size, model.patch, strict=True)):
        raise ParameterError(
            f"{model.path} sees {' x '.join(map(str, model.patch))} voxels at once, which is less than its "
            "cutouts: in a part of one it cannot know which vertebra is in the centre.",
            "Plan it with training/two_phase/train.py, or make the cutouts smaller in spinetwin.json.",
        )
    return found


def program_in(folder: Path) -> Path | None:
    """Return the file in a folder of models that is a program, as TorchScript is; None where all are but numbers and layers.

    Raises
    ------
    ReadError
        If the model of phase 2 is missing.
    """
    place = _instance_path(folder / INSTANCE)
    return place if place.is_file() and place.suffix != ONNX else None


def weights_of(models: Models) -> dict[str, str]:
    """Return the SHA-256 of each file of the models."""
    found = {}
    for name, path in models.files.items():
        with path.open("rb") as file:
            found[name] = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    return found


def on_cpu_alone(models: Models, device: str) -> tuple[str, ...]:
    """Say which phase runs on the CPU although the device is another."""
    if device == "cpu" or not isinstance(models.instance, Path) or models.instance.suffix != ONNX:
        return ()
    return (f"Phase 2 ran on the CPU and not on {device}: {models.instance.name} is a model for ONNX Runtime.",)


def networks_of(models: Models, device: str, weights: Mapping[str, str], parts: Rest | None = None) -> Networks:
    """Return the networks as functions; each is loaded when it is first needed.

    Parameters
    ----------
    models : Models
    device : str
        auto, cpu, cuda:0 or mps.
    weights : mapping of str to str
        As `weights_of` gives it.
    parts : sequence of Part, optional
        As `phase_parts` foretells them for an image.
    """

    def semantic(image: Float32, spacing: FloatArray, progress: Fraction) -> IntArray:
        return open_model(models.semantic, device).labels(image, spacing, progress)

    opened: list[InstanceRun] = []

    def instance(classes: Labels) -> IntArray:
        if not opened:
            opened.append(open_instance_model(models.instance, models.instance_settings, device))
        return np.asarray(opened[0](classes))

    settings = models.semantic_settings
    networks = Networks(
        semantic,
        models.subregions,
        instance,
        settings.orientation,
        settings.bias_correction,
        models.instance_settings.cutouts,
        _hash(weights, SEMANTIC),
        _hash(weights, INSTANCE),
    )
    return networks if parts is None else replace(networks, parts=parts, body_s=body_seconds(models))


def _hash(weights: Mapping[str, str], phase: str) -> str:
    mine = [f"{name} {value}" for name, value in sorted(weights.items()) if name.startswith(f"{phase}/")]
    return hashlib.sha256("\n".join(mine).encode()).hexdigest()
