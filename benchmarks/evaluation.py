"""`spinetwin evaluate` beside panoptica: the same numbers, and the CPU seconds of both.

    make evaluation

panoptica (Apache-2.0) is what the authors of SPINEPS measure instances with. Its line is absent where
SPINETWIN_PANOPTICA_PYTHON names no Python that has it.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from spinetwin.anatomy import level
from spinetwin.geometry import PartialMaps
from spinetwin.phantom import Spacing, SpineParameters, make_spine
from spinetwin.segmentation.evaluation import score_case

PRESACRAL = range(1, level("S1").id)
NUMBERS = ("rq", "sq", "pq", "dice", "assd")


def maps() -> tuple[PartialMaps, PartialMaps]:
    """Return a whole spine, and one that is shifted, lacks C5, calls T2 T3, and has a stray box."""
    spine = make_spine(SpineParameters(), np.random.default_rng(5))
    grid = spine.grid(Spacing(1.0, 1.25, 0.8))
    vertebrae = spine.voxelise(grid).vertebrae
    reference = np.where(np.isin(vertebrae, PRESACRAL), vertebrae, 0).astype(np.uint8)
    prediction = np.roll(reference, (1, 0, 1), (0, 1, 2))
    prediction[prediction == level("C5").id] = 0
    prediction[prediction == level("T2").id] = level("T3").id
    prediction[5:15, 5:15, 5:15] = level("L6").id
    return PartialMaps(grid, None, prediction), PartialMaps(grid, None, reference)


def by_panoptica(python: str, prediction: PartialMaps, reference: PartialMaps) -> dict[str, float]:
    """Measure the same with panoptica."""
    with tempfile.TemporaryDirectory() as folder:
        pair = Path(folder) / "pair.npz"
        arrays = {"prediction_0": prediction.vertebrae, "reference_0": reference.vertebrae}
        np.savez_compressed(pair, **arrays, spacing_0=reference.grid.spacing)
        script = Path(__file__).with_name("panoptica_scores.py")
        done = subprocess.run([python, script, pair], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)[0]


def main() -> None:
    """Print both."""
    prediction, reference = maps()
    begun = time.process_time()
    case = score_case("", prediction, reference)
    seconds = time.process_time() - begun
    ours = next(each for each in case.instances if each.family == "vertebra" and not each.region)
    print(f"{'':12s}" + "".join(f"{name:>9s}" for name in (*NUMBERS, "CPU s")))
    print(f"{'spinetwin':12s}" + "".join(f"{getattr(ours, name):9.5f}" for name in NUMBERS) + f"{seconds:9.2f}")
    if python := os.environ.get("SPINETWIN_PANOPTICA_PYTHON"):
        theirs = by_panoptica(python, prediction, reference)
        print(f"{'panoptica':12s}" + "".join(f"{theirs[name]:9.5f}" for name in NUMBERS) + f"{theirs['seconds']:9.2f}")


if __name__ == "__main__":
    main()
