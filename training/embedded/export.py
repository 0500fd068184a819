"""Write trained weights as an ONNX file, and beside it what is to be known of them."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import torch
from common.checkpoint import read_kept

from .recipe import LABELS, STAGES
from .train import spine_net

SECOND_LOOK = 0.85
"""Voxel edge of the second look, in those of the first; chosen on a few scans that are neither trained on nor judged by."""


def main() -> None:
    """Export the weights of the last stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the stages were trained")
    parser.add_argument("--out", type=Path, required=True, help="where model.onnx and model.json shall lie")
    options = parser.parse_args()
    recipe = STAGES[-1]
    network = spine_net(recipe)
    state = read_kept(options.folder / recipe.name, network)
    network.eval()
    options.out.mkdir(parents=True, exist_ok=True)
    weights = options.out / "model.onnx"
    torch.onnx.export(
        network,
        (torch.zeros(1, 1, *recipe.patch),),
        weights,
        input_names=["image"],
        output_names=["scores"],
        opset_version=17,
        dynamo=False,
    )
    description = {
        "labels": LABELS,
        "spacing": recipe.spacing,
        "window": recipe.patch,
        "both_ways": True,
        "second_look": SECOND_LOOK,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "trained": f"on procedural spines, {_stages(state['step'])}",
    }
    (options.out / "model.json").write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
    print(f"{weights}: {weights.stat().st_size / 1e6:.1f} MB, {description['trained']}")


def _stages(last: int) -> str:
    """Say how many steps were taken in each stage, of how many, and from which seed."""
    taken = [*(each.steps for each in STAGES[:-1]), last]
    return "; ".join(
        f"{each.name}: {steps} of {each.steps} steps, seed {each.seed}" for each, steps in zip(STAGES, taken, strict=True)
    )


if __name__ == "__main__":
    main()
