"""Write trained weights as an ONNX file, and beside it what is to be known of them."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import torch
from network import SpineNet
from recipe import LABELS, Recipe


def main() -> None:
    """Export ``training.pt`` of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where training.pt lies")
    parser.add_argument("--out", type=Path, required=True, help="where model.onnx and model.json shall lie")
    options = parser.parse_args()
    recipe = Recipe()
    state = torch.load(options.folder / "training.pt", map_location="cpu", weights_only=True)
    network = SpineNet(recipe.widths, len(LABELS))
    kept = torch.optim.swa_utils.AveragedModel(network)
    kept.load_state_dict(state["kept"])
    kept.eval()
    options.out.mkdir(parents=True, exist_ok=True)
    weights = options.out / "model.onnx"
    torch.onnx.export(
        kept.module,
        (torch.zeros(1, 1, *recipe.patch),),
        weights,
        input_names=["image"],
        output_names=["scores"],
        opset_version=17,
        dynamo=False,
    )
    description = {
        "labels": LABELS,
        "spacing": recipe.pairs.spacing,
        "window": recipe.patch,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "trained": f"on procedural spines, {state['step']} of {recipe.steps} steps, seed {recipe.seed}",
    }
    (options.out / "model.json").write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
    print(f"{weights}: {weights.stat().st_size / 1e6:.1f} MB, {description['trained']}")


if __name__ == "__main__":
    main()
