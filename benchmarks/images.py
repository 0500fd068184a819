"""CPU seconds and memory of the images of the phantom, with and without ribs, and their grey values beside those of real scans.

Each image is made in a process of its own, with one thread, three times; the smallest time counts, because whatever else the
machine does can only add to it. Python finds its modules compiled, as where they are installed. The time includes the spine,
its label maps and the image; that of the whole command `spinetwin phantom`, beside it, also the start of Python, the truth and
the files. Real scans are looked for in the folder named by SPINETWIN_REAL_DATA or in ../shared/data.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import ndimage
from spinetwin.anatomy import level
from spinetwin.io import read_volume
from spinetwin.phantom import ImageParameters, Spacing, image_grid, make_spine, render_image
from spinetwin.phantom.image.contrast import tissue_id
from spinetwin.phantom.image.scene import tissue_map

ROUNDS = 3
SAGITTAL, CUBIC = (3.3, 0.75, 0.75), (1.0, 1.0, 1.0)
SCENES = [
    ("t2w", "lumbar", SAGITTAL, "PIR"),
    ("t1w", "lumbar", SAGITTAL, "PIR"),
    ("ct", "lumbar", CUBIC, "LPS"),
    ("ct", "abdomen", CUBIC, "LPS"),
    ("t2w", "whole", SAGITTAL, "PIR"),
    ("t1w", "whole", SAGITTAL, "PIR"),
    ("ct", "whole", CUBIC, "LPS"),
    ("labels", "whole", CUBIC, "RAS"),
]
WANTED_S = {("t2w", "lumbar"): 3.0, ("labels", "whole"): 8.0}
"""CPU seconds, without ribs, that the whole command with the truth may take; the others have no such limit."""
WANTED_MB = 1000
PEOPLE = ("", "ribs")
DATA = Path(os.environ.get("SPINETWIN_REAL_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
SCANS = {
    "VB2_02": "t2w",
    "VB2_05": "t2w",
    "VB2_10": "t2w",
    "VB1_11_DzZ_T2": "t2w",
    "VB1_10_DzZ_T1": "t1w",
}
"""Scans of ``lumbar_mr`` with labelled bodies."""

COMPILED = TemporaryDirectory()

PROGRAM = """
import resource, sys, time
start = time.process_time()
import numpy as np
from spinetwin.phantom import ImageParameters, Spacing, SpineParameters, image_grid, make_spine, render_image
loaded = time.process_time()
modality, field, spacing, orientation = sys.argv[1], sys.argv[2], [float(n) for n in sys.argv[3].split(",")], sys.argv[4]
spine = make_spine(SpineParameters(ribs="ribs" in sys.argv))
pictured = modality != "labels"
grid = image_grid(spine, field, Spacing(*spacing), orientation) if pictured else spine.grid(Spacing(*spacing), orientation)
maps = spine.voxelise(grid, endplates=True)
labelled = time.process_time()
if pictured:
    render_image(spine, grid, ImageParameters(modality), np.random.default_rng(1))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
import json
print(json.dumps([labelled - loaded, time.process_time() - labelled, peak, list(grid.shape)]))
"""

COMMAND = """
import resource, sys, time
from spinetwin.cli import main
failed = main(sys.argv[1:])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
import json
print(json.dumps([time.process_time(), peak]))
sys.exit(failed)
"""


def main() -> None:
    """Print both tables."""
    print("                                                                    whole command, s")
    limits = f"wanted   peak MB (wanted: {WANTED_MB})"
    print(f"image               voxels            labels s   image s   total s   no truth  truth   {limits}")
    for scene in SCENES:
        for person in PEOPLE:
            labels, image, peak, shape = measure(*scene, person)
            name, size = f"{scene[0]} {scene[1]} {person}", "x".join(map(str, shape))
            wanted = "" if person else _limit(WANTED_S.get(scene[:2]))
            commands = [command(*scene, person, truth) for truth in (False, True)]
            peak = max(peak, *(each[1] for each in commands))
            without, complete = (each[0] for each in commands)
            seconds = f"{labels:8.2f} {image:9.2f} {labels + image:9.2f} {without:10.2f} {complete:6.2f} {wanted:>8}"
            print(f"{name:<19} {size:<17} {seconds} {peak:9.0f}", flush=True)
    print()
    compare()


def _limit(value: float | None) -> str:
    return "" if value is None else f"<= {value:g}"


def measure(
    modality: str, field: str, spacing: tuple[float, ...], orientation: str, person: str
) -> tuple[float, float, float, list[int]]:
    """Return CPU seconds of labels (the spine included) and image, peak MB, and the shape."""
    environment = _environment()
    words = [modality, field, ",".join(map(str, spacing)), orientation, person]
    rounds = []
    for _ in range(ROUNDS):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=True, env=environment
        )
        rounds.append(json.loads(done.stdout))
    return min(each[0] for each in rounds), min(each[1] for each in rounds), max(each[2] for each in rounds), rounds[0][3]


def _environment() -> dict[str, str]:
    """Return that of a process: one thread, and a folder for compiled modules, which the first of the rounds fills."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPYCACHEPREFIX": COMPILED.name}


def command(
    modality: str, field: str, spacing: tuple[float, ...], orientation: str, person: str, truth: bool
) -> tuple[float, float]:
    """Return CPU seconds and peak MB of `spinetwin phantom`, Python's start and the files included."""
    directions = ["RL", "AP", "SI"]
    along = [str(spacing[next(n for n, pair in enumerate(directions) if letter in pair)]) for letter in orientation]
    words = ["--modality", modality, "--fov", field, "--orientation", orientation, "--spacing", *along]
    words += ["--ribs"] if person == "ribs" else []
    words += [] if truth else ["--no-truth"]
    environment = _environment()
    rounds = []
    for _ in range(ROUNDS):
        with TemporaryDirectory() as folder:
            program = [sys.executable, "-c", COMMAND, "phantom", "--out", folder, "--quiet", *words]
            done = subprocess.run(program, capture_output=True, text=True, check=True, env=environment)
        rounds.append(json.loads(done.stdout.splitlines()[-1]))
    return min(each[0] for each in rounds), max(each[1] for each in rounds)


def compare() -> None:
    """Print grey values against those of the bone marrow: the phantom's, then those of real scans."""
    print("against the marrow   CSF    fat behind   spinous muscle")
    for modality in ("t2w", "t1w"):
        print(f"phantom {modality:<10} " + _row(phantom_ratios(modality)))
    for name, modality in SCANS.items():
        image = DATA / "lumbar_mr" / f"{name}_image.nii.gz"
        if not image.is_file():
            print(f"{name}: there is no {image}")
            continue
        print(f"{name[:8]} {modality:<9} " + _row(scan_ratios(image, modality)))


def _row(values: tuple[float, ...]) -> str:
    return "   ".join(f"{value:7.2f}" for value in values)


def phantom_ratios(modality: str) -> tuple[float, ...]:
    """Return the signal of fluid, fat under the skin of the back and muscle in the phantom, each against the marrow."""
    spine = make_spine()
    grid = image_grid(spine, "lumbar", Spacing(3.3, 1.0, 1.0))
    image = render_image(spine, grid, ImageParameters(modality), np.random.default_rng(1)).astype(float)
    tissues = tissue_map(spine, grid)
    marrow = np.median(image[ndimage.binary_erosion(tissues == tissue_id("cancellous_bone"))])
    behind = grid.to_ijk(spine.frames[level("L3").id].origin)[0] + 70.0
    fat = tissues == tissue_id("fat")
    fat[: int(behind)] = False
    found = [np.median(image[ndimage.binary_erosion(each)]) for each in (tissues == tissue_id("csf"), fat)]
    muscle = np.median(image[ndimage.binary_erosion(tissues == tissue_id("muscle"))])
    return tuple(float(value / marrow) for value in (*found, muscle))


def scan_ratios(path: Path, modality: str) -> tuple[float, ...]:
    """Return the same of a scan: on the line through the middle of each body straight back.

    Fluid is the brightest (in a T1w the darkest) stretch of 6 mm in the 24 mm behind the body, fat the brightest twentieth of
    what follows up to the skin, muscle the darkest fifth of the first 34 mm of it; air is taken off first.
    """
    stored, grid = read_volume(path)
    labels, _ = read_volume(Path(str(path).replace("_image", "_labels")))
    image = np.asarray(stored, dtype=float)
    back = int(np.argmax(np.abs(grid.ijk_to_ras[1, :3])))
    step = -1 if grid.ijk_to_ras[1, back] > 0 else 1
    image -= np.percentile(image, 1)
    pick = np.max if modality == "t2w" else np.min
    rows = []
    for label in np.unique(labels)[1:]:
        body = np.argwhere(labels == label)
        middle = np.rint(body.mean(axis=0)).astype(int)
        marrow = np.median(image[ndimage.binary_erosion(labels == label, iterations=3)])
        edge = body[:, back].max() if step > 0 else body[:, back].min()
        index = [slice(at - 1, at + 2) for at in middle.tolist()]
        index[back] = slice(edge, None) if step > 0 else slice(edge, None, -1)
        line = np.moveaxis(image[tuple(index)], back, 0).mean(axis=(1, 2))[:110]
        rows.append([_plateau(line[:24], pick), np.percentile(line[26:], 95), np.percentile(line[26:60], 20)] / marrow)
    return tuple(np.median(rows, axis=0).tolist())


def _plateau(line: np.ndarray, pick: Callable[..., np.floating]) -> float:
    """Return the brightest or darkest six voxels in a row, by their median."""
    return float(pick([np.median(line[n : n + 6]) for n in range(len(line) - 6)]))


if __name__ == "__main__":
    main()
