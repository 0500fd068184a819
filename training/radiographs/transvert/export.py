"""Write trained weights as an ONNX file, and beside it what is to be known of them: how good they are, measured."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from common.checkpoint import CHECKPOINT, read_kept
from spinetwin.xray.networks.blocks import EDGE_MM, SHOWN, SIDE
from spinetwin.xray.networks.volumes import DESCRIPTION, WEIGHTS

from .measuring import dice_by_region
from .recipe import STAGES, Recipe
from .samples import EVALUATED, Sample, samples_of
from .train import network_of


def main() -> None:
    """Export the weights of the last stage that was begun, and measure them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the stages were trained")
    parser.add_argument("--out", type=Path, required=True, help="where weights and description shall lie")
    parser.add_argument("--pairs", type=int, default=50, help="pairs of films to measure on")
    options = parser.parse_args()
    begun = [stage for stage in STAGES if (options.folder / stage.name / CHECKPOINT).exists()]
    if not begun:
        raise SystemExit(f"Nothing was trained in {options.folder}.")
    network = network_of(begun[-1])
    state = read_kept(options.folder / begun[-1].name, network)
    samples = [each for number in range(options.pairs) for each in samples_of(begun[-1], EVALUATED + number)]
    described = write(network, options.out, stages_in_words(begun, state), samples, f"{options.pairs} pairs")
    print(f"{options.out / WEIGHTS}: {described['trained']}, Dice {described['dice']}")


def write(network: torch.nn.Module, out: Path, trained: str, samples: Sequence[Sample], pairs: str) -> dict[str, Any]:
    """Write a network and its description, with Dice of samples that were never trained on; return the description."""
    network.eval()
    out.mkdir(parents=True, exist_ok=True)
    export(network, out / WEIGHTS)
    description = {
        "side": SIDE,
        "voxel_mm": EDGE_MM,
        "sha256": hashlib.sha256((out / WEIGHTS).read_bytes()).hexdigest(),
        "trained": f"on synthetic radiographs, {trained}",
        "measured_on": f"{len(samples)} vertebrae of {pairs} of synthetic radiographs that were never trained on",
        "dice": {region: round(value, 4) for region, value in dice_by_region(network, samples).items()},
    }
    (out / DESCRIPTION).write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
    return description


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


def stages_in_words(begun: list[Recipe], state: dict[str, Any]) -> str:
    """Say how many steps were taken in each stage, of how many, and from which seed."""
    taken = [*(each.steps for each in begun[:-1]), state["step"]]
    return "; ".join(
        f"{each.name}: {steps} of {each.steps} steps, seed {each.seed}" for each, steps in zip(begun, taken, strict=True)
    )


if __name__ == "__main__":
    main()
