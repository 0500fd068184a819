"""Taking label maps over: memory and time by size, and how well bodies are told from whole vertebrae.

    python benchmarks/importing.py

The first table is where the numbers of spinetwin/jobs/needs.csv come from.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from spinetwin.anatomy import LEVELS, SubregionId
from spinetwin.geometry import LabelMaps
from spinetwin.io import write_label_map, write_volume
from spinetwin.phantom import Curve, Spacing, SpineParameters, make_spine
from spinetwin.segmentation.whole_vertebrae import find_bodies

PRESACRAL = tuple(each.id for each in LEVELS if each.region in ("cervical", "thoracic", "lumbar"))
BODY = (SubregionId.BODY_BORDER, SubregionId.BODY, SubregionId.DENS)

TAKE = """
import re, sys, time
from pathlib import Path
from spinetwin.jobs.segmenting import Asked, Audience, segment
def peak():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
folder = Path(sys.argv[1])
before, begun = peak(), time.process_time()
maps = folder / "subregions.nii.gz", folder / "vertebrae.nii.gz"
nobody = Audience(lambda *_: None, lambda _: None)
segment(Asked(folder / "image.nii.gz", "import", maps, "spineps"), Path(sys.argv[2]), nobody)
print(time.process_time() - begun, peak() - before)
"""
"""Run in a process of its own; Linux only, because of how it asks for the peak of memory."""


def sizes() -> None:
    """Print what an import takes."""
    print(f"{'voxels':>12s}{'CPU s':>8s}{'MB':>8s}{'bytes/voxel':>13s}")
    for spacing, margin in ((2.0, 10.0), (1.0, 20.0), (0.7, 20.0)):
        spine = make_spine(SpineParameters())
        maps = spine.voxelise(spine.grid(spacing, margin_mm=margin))
        with tempfile.TemporaryDirectory() as name:
            folder, out = Path(name), Path(name) / "out"
            out.mkdir()
            write_label_map(folder / "subregions.nii.gz", maps.subregions, maps.grid)
            write_label_map(folder / "vertebrae.nii.gz", maps.vertebrae, maps.grid)
            write_volume(folder / "image.nii.gz", maps.subregions.astype(np.int16), maps.grid)
            command = [sys.executable, "-c", TAKE, str(folder), str(out)]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        seconds, memory, voxels = float(said[0]), float(said[1]), maps.subregions.size
        print(f"{voxels:12d}{seconds:8.1f}{memory / 1e6:8.0f}{memory / voxels:13.1f}")


def agreement(maps: LabelMaps) -> list[float]:
    """Return the Dice of every body that is told from its whole vertebra."""
    bodies = find_bodies(maps.vertebrae, maps.grid, PRESACRAL)
    truth = np.isin(maps.subregions, BODY)
    dices = []
    for key in bodies.found:
        own = maps.vertebrae == key
        right, told = own & truth, own & bodies.mask
        dices.append(2 * (right & told).sum() / (right.sum() + told.sum()))
    return dices


def bodies() -> None:
    """Print how well bodies are told on phantoms that nothing was tuned on."""
    print(f"\n{'bodies of':20s}{'spines':>8s}{'mean':>8s}{'worst':>8s}")
    kinds = {
        "1.5 mm": (Spacing(1.5, 1.5, 1.5), ()),
        "3 mm": (Spacing(3.0, 3.0, 3.0), ()),
        "3.3 mm slices": (Spacing(3.3, 0.9, 0.9), ()),
        "scoliosis 50 deg": (Spacing(1.5, 1.5, 1.5), (Curve(50.0),)),
    }
    for name, (spacing, curves) in kinds.items():
        dices: list[float] = []
        for seed in range(100, 105):
            spine = make_spine(SpineParameters(curves=curves), np.random.default_rng(seed))
            dices += agreement(spine.voxelise(spine.grid(spacing, "PIR")))
        print(f"{name:20s}{5:8d}{np.mean(dices):8.3f}{min(dices):8.3f}")


if __name__ == "__main__":
    sizes()
    bodies()
