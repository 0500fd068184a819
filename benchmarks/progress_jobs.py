"""The jobs whose progress is judged: imports of phantoms and real maps, the embedded network, and the published programs.

The programs run with made-up weights, which the scripts of the tests write: their networks are far smaller than the published
ones, so that what is around them takes most of the time. They need the environment that SPINETWIN_BACKENDS_PYTHON names.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from spinetwin.anatomy import level, subregion
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.io import write_label_map, write_volume
from spinetwin.jobs.weights import Store
from spinetwin.phantom import Curve, ImageParameters, Spacing, SpineParameters, image_grid, make_spine, render_image
from spinetwin.segmentation.two_phase.labels import subregions_of
from spinetwin.segmentation.two_phase.orientation import Turn

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SPINETWIN_REAL_DATA") or ROOT.parent / "shared" / "data")
PYTHON = os.environ.get("SPINETWIN_BACKENDS_PYTHON", "")
TESTS = ROOT / "Testing" / "Python"
PHANTOMS = {
    "lumbar 0.75x0.75x3.3": (SpineParameters(levels="T11-S1"), Spacing(right=3.3, anterior=0.75, superior=0.75)),
    "whole 1 mm, Cobb 60": (SpineParameters(curves=(Curve(60.0),)), Spacing()),
}
REAL = {"whole spine of CT": "whole_spine_ct_masks", "VerSe 004": "verse004"}
SCANS = {
    "lumbar 512x512x16": ("lumbar", Spacing(right=4.0, anterior=0.6, superior=0.6), (512, 512, 16)),
    "whole spine 0.75x0.75x3.3": ("whole", Spacing(right=3.3, anterior=0.75, superior=0.75), None),
    "crop 128x128x12": ("lumbar", Spacing(right=4.0, anterior=0.8, superior=0.8), (128, 128, 12)),
}
"""Field of view, spacing, and the voxels in the middle that are kept."""


@dataclass(frozen=True)
class Case:
    """One job: its name, its step, its inputs, its options, and variables of its process."""

    name: str
    step: str
    inputs: Mapping[str, str]
    options: Mapping[str, object]
    variables: Mapping[str, str] = field(default_factory=dict)


def cases(folder: Path, only: str) -> Iterator[Case]:
    """Yield the jobs with a word in their names; their files are written into a folder."""
    for make, names in (
        (_imports, PHANTOMS),
        (_wholes, REAL),
        (_embedded, (f"embedded, {each}" for each in SCANS)),
        (_programs, ("two-phase", "spineps", "totalspineseg")),
    ):
        for name in names:
            if only in name:
                place = folder / "".join(each for each in name if each.isalnum())
                place.mkdir()
                yield from make(name, place)


def _imports(name: str, folder: Path) -> Iterator[Case]:
    parameters, spacing = PHANTOMS[name]
    spine = make_spine(parameters)
    maps = spine.voxelise(spine.grid(spacing, orientation="PIR", oblique_deg=7.0, margin_mm=25.0))
    image = np.random.default_rng(0).integers(0, 900, maps.grid.shape).astype(np.int16)
    inputs = {**_written(folder / "image.nii.gz", image, maps.grid), "map": str(_map(folder, "subregions", maps))}
    table = {"backend": "import", "table": "spineps"}
    yield Case(f"{name}, separation", "segment", inputs, table)
    yield Case(f"{name}, both maps", "segment", {**inputs, "second_map": str(_map(folder, "vertebrae", maps))}, table)


def _wholes(name: str, _: Path) -> Iterator[Case]:
    labels = DATA / REAL[name] / "vertebrae.nii.gz"
    if labels.is_file():
        inputs = {"image": str(labels), "map": str(labels)}
        yield Case(f"{name}, bodies by shape", "segment", inputs, {"backend": "import", "table": "verse"})
    else:
        print(f"(left out: {name}; there is no {labels})")


def _embedded(name: str, folder: Path) -> Iterator[Case]:
    view, spacing, shape = SCANS[name.removeprefix("embedded, ")]
    spine = make_spine(SpineParameters(), np.random.default_rng(1))
    grid = image_grid(spine, view, spacing, "PIR")
    if shape is not None:
        grid = grid.crop((np.array(grid.shape) - shape) // 2, shape)
    image = render_image(spine, grid, ImageParameters("t2w"), np.random.default_rng(2))
    yield Case(name, "segment", _written(folder / "image.nii.gz", image, grid), {"backend": "embedded"})


def _programs(name: str, folder: Path) -> Iterator[Case]:
    if not PYTHON:
        print(f"(left out: {name}; SPINETWIN_BACKENDS_PYTHON names no Python)")
        return
    home = folder / "home"
    home.mkdir()
    (home / "environments").symlink_to(Path(PYTHON).absolute().parents[2], target_is_directory=True)
    variables = {"SPINETWIN_HOME": str(home)}
    options = {"backend": name, "device": "cpu"}
    if name == "two-phase":
        yield _two_phase(folder, options, variables)
    elif name == "spineps":
        yield _spineps(folder, options, variables)
    else:
        yield _totalspineseg(folder, options, variables)


def _two_phase(folder: Path, options: Mapping[str, object], variables: Mapping[str, str]) -> Case:
    maps = _lumbar("T12-S1", Spacing(right=3.3, anterior=1.0, superior=1.0))
    channels = np.zeros(256, np.uint8)
    names = _fabricated_names()
    for label, kind in subregions_of({each: number for number, each in enumerate(names, start=1)}, Path()).items():
        channels[kind] = label
    labels = channels[maps.subregions]
    image = 100.0 + 50.0 * labels
    image[tuple(each // 2 for each in image.shape)] = 0.0
    turn = Turn.to("PIR", maps.grid)
    phantom = folder / "phantom.npz"
    np.savez(phantom, image=turn.turned(image), labels=turn.turned(labels), spacing=turn.grid(maps.grid).spacing)
    _fabricate(TESTS / "fabricated_models.py", folder / "models", phantom, "nnunet")
    inputs = _written(folder / "image.nii.gz", image, maps.grid)
    return Case("two-phase", "segment", inputs, options, {**variables, "SPINETWIN_MODELS": str(folder / "models" / "nnunet")})


def _fabricated_names() -> tuple[str, ...]:
    sys.path.insert(0, str(TESTS))
    from fabricated_models import NAMES

    return tuple(NAMES)


def _spineps(folder: Path, options: Mapping[str, object], variables: Mapping[str, str]) -> Case:
    """Give a map of subregions, for made-up weights would find none; the networks of the vertebrae run."""
    maps = _lumbar("L1-L5", Spacing(right=4.0, anterior=1.0, superior=1.0))
    noise = np.random.default_rng(5).normal(0, 10, maps.grid.shape)
    image = np.clip(100.0 * (maps.subregions > 0) + 40 + noise, 0, None)
    _fabricate(TESTS / "external" / "fabricate_spineps.py", folder / "weights")
    _stored(variables, {"spineps-t2w": folder / "weights" / "semantic", "spineps-instance": folder / "weights" / "centre"})
    inputs = {**_written(folder / "spine_T2w.nii.gz", image, maps.grid), "map": str(_map(folder, "subregions", maps))}
    return Case("spineps", "segment", inputs, {**options, "table": "spineps"}, variables)


def _totalspineseg(folder: Path, options: Mapping[str, object], variables: Mapping[str, str]) -> Case:
    """Give an image that holds the codes which the made-up weights read."""
    maps = _lumbar("L4-S1", Spacing())
    image = np.zeros(maps.grid.shape)
    for number, name in enumerate(("L4", "L5")):
        image[maps.vertebrae == level(name).id] = 1 + number
        image[maps.vertebrae == level(name).disc_id] = 3 + number
    image[maps.vertebrae == level("S1").id] = 5
    for code, name in ((6, "spinal_canal"), (7, "spinal_cord")):
        image[maps.subregions == subregion(name).id] = code
    _fabricate(TESTS / "external" / "fabricate_totalspineseg.py", folder / "weights")
    _stored(variables, {f"totalspineseg-{step}": folder / "weights" / step for step in ("step1", "step2")})
    return Case("totalspineseg", "segment", _written(folder / "spine.nii.gz", image, maps.grid), options, variables)


def _lumbar(levels: str, spacing: Spacing) -> LabelMaps:
    """Return a phantom on a grid of even sizes, that a U-Net can halve."""
    spine = make_spine(SpineParameters(levels=levels))
    grid = spine.grid(spacing, "PIR", margin_mm=20.0)
    i, j, k = (each + each % 2 for each in grid.shape)
    return spine.voxelise(Grid((i, j, k), grid.ijk_to_ras))


def _fabricate(script: Path, *arguments: object) -> None:
    subprocess.run([PYTHON, str(script), *map(str, arguments)], check=True, capture_output=True)


def _stored(variables: Mapping[str, str], weights: Mapping[str, Path]) -> None:
    store = Store(Path(variables["SPINETWIN_HOME"]))
    for name, place in weights.items():
        store.add(name, place, lambda *_: None, trust=True)


def _written(path: Path, image: npt.NDArray[np.generic], grid: Grid) -> dict[str, str]:
    write_volume(path, image.astype(np.int16), grid)
    return {"image": str(path)}


def _map(folder: Path, kind: str, maps: LabelMaps) -> Path:
    path = folder / f"{kind}.nii.gz"
    write_label_map(path, getattr(maps, kind), maps.grid)
    return path
