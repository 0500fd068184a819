"""The file from which a training goes on: its recipe, its step, and the state of all that changes on the way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

CHECKPOINT = "training.pt"
"""Name of the file in the folder of a training."""

Parts = Mapping[str, Any]
"""Networks, optimisers and schedules, by their names in the file; the averaged weights are `kept`."""


def write_checkpoint(folder: Path, recipe: object, step: int, parts: Parts) -> None:
    """Write all that is needed to go on, or nothing."""
    state = {"recipe": repr(recipe), "step": step} | {name: part.state_dict() for name, part in parts.items()}
    file = folder / CHECKPOINT
    torch.save(state, file.with_suffix(".part"))
    file.with_suffix(".part").replace(file)


def read_checkpoint(folder: Path, recipe: object, device: str, parts: Parts) -> int:
    """Take up the state of a training where there is one, and return its step; ends the program where the recipe is another."""
    file = folder / CHECKPOINT
    if not file.exists():
        return 0
    state = torch.load(file, map_location=device, weights_only=True)
    if state["recipe"] != repr(recipe):
        raise SystemExit(f"{file} was trained by another recipe; choose another folder, or remove it.")
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return int(state["step"])


def read_kept(folder: Path, network: torch.nn.Module, device: str = "cpu") -> dict[str, Any]:
    """Give a network the weights that a training kept, and return all that its file holds."""
    state: dict[str, Any] = torch.load(folder / CHECKPOINT, map_location=device, weights_only=True)
    kept = torch.optim.swa_utils.AveragedModel(network)
    kept.load_state_dict(state["kept"])
    network.load_state_dict(kept.module.state_dict())
    return state
