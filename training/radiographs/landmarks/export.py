"""Write trained weights as an ONNX file, and beside it what is to be known of them."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from common.checkpoint import read_kept
from spinetwin.xray.networks.model import DESCRIPTION, WEIGHTS

from .recipe import BONE_MM, RECIPE
from .train import film_net

_LARGE = 4096
"""Bytes from which on weights are stored with 16 bits."""


def main() -> None:
    """Export the weights that training kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the network was trained")
    parser.add_argument("--out", type=Path, required=True, help=f"where {WEIGHTS} and {DESCRIPTION} shall lie")
    options = parser.parse_args()
    network = film_net(RECIPE)
    state = read_kept(options.folder, network)
    network.eval()
    options.out.mkdir(parents=True, exist_ok=True)
    weights = options.out / WEIGHTS
    side = RECIPE.films.pixels
    sizes = {2: "rows", 3: "columns"}
    torch.onnx.export(
        network,
        (torch.zeros(1, 2, side, side),),
        weights,
        input_names=["film"],
        output_names=["scores", "offsets", "thickness"],
        dynamic_axes={"film": sizes, "scores": sizes, "offsets": sizes, "thickness": sizes},
        opset_version=17,
        dynamo=False,
    )
    onnx.save(halved(onnx.load(weights)), weights)
    steps = f"{state['step']} steps of {RECIPE.batch} films, seed {RECIPE.seed}"
    description = {
        "pixel_mm": RECIPE.films.pixel_mm,
        "bone_mm": BONE_MM,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "trained": f"on synthetic radiographs of random people, {steps}",
    }
    (options.out / DESCRIPTION).write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
    print(f"{weights}: {weights.stat().st_size / 1e6:.1f} MB, {description['trained']}")


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a network whose weights are stored with 16 bits and computed with 32: a file of half the size."""
    graph = model.graph
    large = [each for each in graph.initializer if each.data_type == onnx.TensorProto.FLOAT and len(each.raw_data) > _LARGE]
    for each in large:
        values = onnx.numpy_helper.to_array(each).astype(np.float16)
        graph.initializer.remove(each)
        graph.initializer.append(onnx.numpy_helper.from_array(values, f"{each.name}.half"))
    casts = [onnx.helper.make_node("Cast", [f"{each.name}.half"], [each.name], to=onnx.TensorProto.FLOAT) for each in large]
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    main()
