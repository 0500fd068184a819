"""Write trained weights as an ONNX file, and beside it what is to be known of them: how good they are, measured."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from common.checkpoint import CHECKPOINT, read_kept
from spinetwin.xray.networks.blocks import EDGE_MM, SHOWN, SIDE
from spinetwin.xray.networks.volumes import DESCRIPTION, WEIGHTS

from .measuring import dice_by_region
from .recipe import ABLATIONS, STAGES, Recipe
from .samples import EVALUATED, samples_of
from .train import network_of


def main() -> None:
    """Export the weights of the last stage that was begun, and measure them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the stages were trained")
    parser.add_argument("--out", type=Path, required=True, help="where weights and description shall lie")
    parser.add_argument("--ablation", choices=sorted(ABLATIONS), help="what was left out")
    parser.add_argument("--pairs", type=int, default=50, help="pairs of films to measure on")
    options = parser.parse_args()
    stages = [dataclasses.replace(stage, **ABLATIONS.get(options.ablation, {})) for stage in STAGES]
    begun = [stage for stage in stages if (options.folder / stage.name / CHECKPOINT).exists()]
    if not begun:
        raise SystemExit(f"Nothing was trained in {options.folder}.")
    network = network_of(begun[-1])
    state = read_kept(options.folder / begun[-1].name, network)
    network.eval()
    options.out.mkdir(parents=True, exist_ok=True)
    weights = options.out / WEIGHTS
    export(network, weights)
    samples = [each for number in range(options.pairs) for each in samples_of(begun[-1], EVALUATED + number)]
    description = {
        "side": SIDE,
        "voxel_mm": EDGE_MM,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "trained": f"on synthetic radiographs, {_stages(begun, state)}",
        "measured_on": f"{len(samples)} vertebrae of {options.pairs} pairs of synthetic radiographs that were never trained on",
        "dice": {region: round(value, 4) for region, value in dice_by_region(network, samples).items()},
    }
    (options.out / DESCRIPTION).write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
    print(f"{weights}: {weights.stat().st_size / 1e6:.1f} MB, {description['trained']}, Dice {description['dice']}")


def export(network: torch.nn.Module, weights: Path) -> None:
    """Write a network as an ONNX file."""
    patches = torch.zeros(1, SHOWN, SIDE, SIDE)
    torch.onnx.export(
        network,
        (patches, patches),
        weights,
        input_names=["frontal", "lateral"],
        output_names=["odds"],
        opset_version=17,
        dynamo=False,
    )


def _stages(begun: list[Recipe], state: dict[str, Any]) -> str:
    """Say how many steps were taken in each stage, of how many, and from which seed."""
    taken = [*(each.steps for each in begun[:-1]), state["step"]]
    return "; ".join(
        f"{each.name}: {steps} of {each.steps} steps, seed {each.seed}" for each, steps in zip(begun, taken, strict=True)
    )


if __name__ == "__main__":
    main()
