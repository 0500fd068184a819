"""The file from which a training goes on: its recipe, its step, and the state of all that changes on the way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

Parts = Mapping[str, Any]
"""Networks, optimisers and schedules, by their names in the file."""


def write_checkpoint(file: Path, recipe: object, step: int, parts: Parts) -> None:
    """Write all that is needed to go on, or nothing."""
    state = {"recipe": repr(recipe), "step": step} | {name: part.state_dict() for name, part in parts.items()}
    torch.save(state, file.with_suffix(".part"))
    file.with_suffix(".part").replace(file)


def read_checkpoint(file: Path, recipe: object, device: str, parts: Parts) -> int:
    """Take up the state of a training, and return its step; ends the program where the recipe is another."""
    state = torch.load(file, map_location=device, weights_only=True)
    if state["recipe"] != repr(recipe):
        raise SystemExit(f"{file} was trained by another recipe; choose another folder, or remove it.")
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return int(state["step"])
