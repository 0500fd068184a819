"""A folder with a trained nnU-Net v2 model, looked over before anything is loaded: a sentence for each damage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ParameterError, ReadError

CHECKPOINTS = ("checkpoint_final.pth", "checkpoint_best.pth")
"""The better first; all folds must have the same."""
_LARGEST_JSON = 20_000_000
_DEEPEST = 3
_NETWORKS = ("dynamic_network_architectures.",)
_PIECES = ("torch.nn.", "dynamic_network_architectures.")
"""What a plan may name: nnU-Net imports and calls whatever stands there, so that another name could be any program."""
_TRAIN_HINT = "Give the folder that nnU-Net has trained into: Trainer__Plans__configuration."


@dataclass(frozen=True)
class ModelFolder:
    """A trained nnU-Net v2 model.

    Attributes
    ----------
    path : Path
        The folder with dataset.json, plans.json and the folds.
    dataset, plans : mapping
        What these files hold.
    configuration : str
        Such as 3d_fullres.
    checkpoints : tuple of Path
        One for each fold.
    channels : tuple of str
        What goes in.
    labels : mapping of str to int
        What comes out, without background.
    """

    path: Path
    dataset: Mapping[str, Any]
    plans: Mapping[str, Any]
    configuration: str
    checkpoints: tuple[Path, ...]
    channels: tuple[str, ...]
    labels: Mapping[str, int]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Edges of the voxels that the network sees, mm, along i, j, k of an image as we hold it."""
        return self._planned("spacing")

    @property
    def patch(self) -> tuple[int, int, int]:
        """Voxels that the network sees at once, along i, j, k of an image as we hold it."""
        i, j, k = self._planned("patch_size")
        return int(i), int(j), int(k)

    def _planned(self, name: str) -> tuple[float, float, float]:
        # files are read by SimpleITK, whose arrays have k, j, i
        planned = self.plans["configurations"][self.configuration][name]
        k, j, i = (float(planned[axis]) for axis in self.plans["transpose_backward"])
        return i, j, k


def find_model(folder: Path) -> Path:
    """Return the folder with dataset.json and plans.json, here or a few folders below.

    Raises
    ------
    ReadError
        If there is none, or there are several.
    """
    if not folder.is_dir():
        raise ReadError(f"There is no folder {folder}.", _TRAIN_HINT)
    found = sorted(_models(folder, _DEEPEST))
    if not found:
        raise ReadError(f"{folder} holds no nnU-Net v2 model: no dataset.json with a plans.json beside it.", _TRAIN_HINT)
    if len(found) > 1:
        names = ", ".join(str(each.relative_to(folder)) for each in found[:4])
        raise ReadError(f"{folder} holds several models: {names}.", "Keep one of them there.")
    return found[0]


def _models(folder: Path, deep: int) -> Iterator[Path]:
    if (folder / "dataset.json").is_file() and (folder / "plans.json").is_file():
        yield folder
    elif deep:
        for each in sorted(folder.iterdir()):
            if each.is_dir() and not each.name.startswith("."):
                yield from _models(each, deep - 1)


def read_model(folder: Path) -> ModelFolder:
    """Read and check what is known of a model without its weights.

    Parameters
    ----------
    folder : Path
        That of the model, or one above it.

    Raises
    ------
    ReadError
        If something is missing or damaged.
    ParameterError
        If it is a model that cannot be run here.
    """
    path = find_model(folder)
    dataset, plans = _json(path / "dataset.json"), _json(path / "plans.json")
    configuration = _configuration(path, plans)
    _check_plan(path, plans, configuration)
    channels = _field(dataset, "channel_names", dict, path / "dataset.json")
    return ModelFolder(
        path,
        dataset,
        plans,
        configuration,
        _checkpoints(path),
        tuple(str(each) for each in channels.values()),
        _labels(dataset, path),
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise ReadError(f"{path} is too large to be what its name says.", _TRAIN_HINT)
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ReadError(f"{path} cannot be read: it is missing or damaged.", _TRAIN_HINT) from error
    if not isinstance(content, dict):
        raise ReadError(f"{path} holds no JSON object.", _TRAIN_HINT)
    return content


def _field(content: Mapping[str, Any], name: str, kind: type, path: Path) -> Any:
    value = content.get(name)
    if not isinstance(value, kind) or not value:
        raise ReadError(f"{path} has no {name}.", _TRAIN_HINT)
    return value


def _configuration(path: Path, plans: Mapping[str, Any]) -> str:
    known = _field(plans, "configurations", dict, path / "plans.json")
    name = path.name.rsplit("__", 1)[-1]
    if name not in known:
        if len(known) > 1:
            raise ParameterError(
                f"{path / 'plans.json'} has the configurations {', '.join(known)}, and its folder does not say which.",
                "Name it as nnU-Net does: Trainer__Plans__configuration.",
            )
        name = next(iter(known))
    if known[name].get("previous_stage"):
        raise ParameterError(f"{path} is the second stage of a cascade, which is not supported.", "Train 3d_fullres.")
    return str(name)


def _check_plan(path: Path, plans: Mapping[str, Any], configuration: str) -> None:
    plan, file = plans["configurations"][configuration], path / "plans.json"
    spacing, patch = plan.get("spacing"), plan.get("patch_size")
    axes = (plans.get("transpose_forward"), plans.get("transpose_backward"))
    if any(not isinstance(each, list) or sorted(each) != [0, 1, 2] for each in axes):
        raise ReadError(f"{file} does not say how the axes are turned.", _TRAIN_HINT)
    for name, value in (("spacing", spacing), ("patch_size", patch)):
        if not isinstance(value, list) or not all(isinstance(each, int | float) and 0 < each < 10_000 for each in value):
            raise ReadError(f"{file} has no {name} for {configuration}.", _TRAIN_HINT)
    if len(spacing or ()) != 3:
        raise ParameterError(f"{path} was trained on single slices ({configuration}).", "Train 3d_fullres.")
    architecture = plan.get("architecture")
    if not isinstance(architecture, dict) or not isinstance(architecture.get("arch_kwargs"), dict):
        raise ParameterError(f"{file} was written by an nnU-Net before 2.5.", "Plan and train again with a newer one.")
    _refuse_strangers(architecture, file)


def _refuse_strangers(architecture: Mapping[str, Any], file: Path) -> None:
    """Refuse a plan that names anything but pieces of networks: nnU-Net would call it."""
    settings = architecture["arch_kwargs"]
    required = architecture.get("_kw_requires_import") or ()
    named: list[tuple[str, tuple[str, ...]]] = [(str(architecture.get("network_class_name")), _NETWORKS)]
    named += [(str(settings.get(each)), _PIECES) for each in required if settings.get(each) is not None]
    for name, allowed in named:
        if not name.startswith(allowed):
            raise ReadError(
                f"{file} names {name!r}, which is no piece of a network: it is not run.", "Do not trust this model."
            )


def _checkpoints(path: Path) -> tuple[Path, ...]:
    folds = sorted(each for each in path.glob("fold_*") if each.is_dir())
    for name in CHECKPOINTS:
        found = tuple(each / name for each in folds if (each / name).is_file())
        if found:
            return found
    what = "no folder fold_0, fold_1, ..." if not folds else f"no {CHECKPOINTS[0]} in {', '.join(each.name for each in folds)}"
    raise ReadError(f"{path} has no trained weights: {what}.", _TRAIN_HINT)


def _labels(dataset: Mapping[str, Any], path: Path) -> dict[str, int]:
    labels = _field(dataset, "labels", dict, path / "dataset.json")
    if dataset.get("regions_class_order") or any(isinstance(each, list) for each in labels.values()):
        raise ParameterError(f"{path} was trained on regions that overlap, not on labels.", "Train with plain labels.")
    try:
        found = {str(name): int(label) for name, label in labels.items() if int(label) and name != "ignore"}
    except (TypeError, ValueError) as error:
        raise ReadError(f"{path / 'dataset.json'} has labels that are no whole numbers.", _TRAIN_HINT) from error
    if sorted(found.values()) != list(range(1, len(found) + 1)):
        raise ReadError(f"The labels of {path / 'dataset.json'} are not numbered 1, 2, 3, ...", _TRAIN_HINT)
    return found
