"""Write trained weights as an ONNX file, and beside it what is to be known of them."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import torch
from spinetwin.xray.networks.model import DESCRIPTION, WEIGHTS

from .recipe import BONE_MM, RECIPE
from .train import film_net


def main() -> None:
    """Export the weights that training kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the network was trained")
    parser.add_argument("--out", type=Path, required=True, help=f"where {WEIGHTS} and {DESCRIPTION} shall lie")
    options = parser.parse_args()
    state = torch.load(options.folder / "training.pt", map_location="cpu", weights_only=True)
    kept = torch.optim.swa_utils.AveragedModel(film_net(RECIPE), use_buffers=True)
    kept.load_state_dict(state["kept"])
    kept.eval()
    options.out.mkdir(parents=True, exist_ok=True)
    weights = options.out / WEIGHTS
    side = RECIPE.films.pixels
    sizes = {2: "rows", 3: "columns"}
    torch.onnx.export(
        kept.module,
        (torch.zeros(1, 2, side, side),),
        weights,
        input_names=["film"],
        output_names=["scores", "offsets", "thickness"],
        dynamic_axes={"film": sizes, "scores": sizes, "offsets": sizes, "thickness": sizes},
        opset_version=17,
        dynamo=False,
    )
    steps = f"{state['step']} steps of {RECIPE.batch} films, seed {RECIPE.seed}"
    description = {
        "pixel_mm": RECIPE.films.pixel_mm,
        "bone_mm": BONE_MM,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "trained": f"on synthetic radiographs of random people, {steps}",
    }
    (options.out / DESCRIPTION).write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
    print(f"{weights}: {weights.stat().st_size / 1e6:.1f} MB, {description['trained']}")


if __name__ == "__main__":
    main()
