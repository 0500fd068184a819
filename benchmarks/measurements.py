"""How far measurements lie from the truth of procedural spines; prints the table of the README.

The truth is that of the continuous shape (`spinetwin.phantom.ground_truth`), which shares no code with the measuring.
Run `make measurements`.
"""

from __future__ import annotations

import time
from collections import defaultdict

import numpy as np
from spinetwin.anatomy import level
from spinetwin.measure.compute import measure
from spinetwin.measure.results import Measurements
from spinetwin.measure.rotation import axial_rotation
from spinetwin.measure.subject import Subject
from spinetwin.phantom import Curve, Spacing, Spine, SpineParameters, make_spine
from spinetwin.phantom.ground_truth.angles import angles
from spinetwin.phantom.ground_truth.endplates import endplates
from spinetwin.phantom.ground_truth.record import Angles, Sizes
from spinetwin.phantom.ground_truth.sizes import sizes
from spinetwin.poi.compute import compute_pois

POSTURES = {"straight": (), "Cobb 25": (Curve(25.0),), "Cobb 60": (Curve(60.0),)}
SPACINGS = {"1 mm": Spacing(1.0, 1.0, 1.0), "3.3 mm slices": Spacing(right=3.3, anterior=0.75, superior=0.75)}
WANTED = {
    "Cobb angle, deg": (1.0, 2.0),
    "sagittal angles, deg": (1.0, 2.0),
    "axial rotation, deg": (1.5, 3.0),
    "body heights, mm": (0.3, 0.6),
    "disc heights, mm": (0.3, 0.6),
    "volumes, %": (3.0, 6.0),
}
SAGITTAL = {
    "kyphosis_t1_t12": "kyphosis_t1_t12",
    "kyphosis_t4_t12": "kyphosis_t4_t12",
    "lordosis_l1_s1": "lordosis_l1_s1",
    "lordosis_c2_c7": "cervical_lordosis_c2_c7",
    "sacral_slope": "sacral_slope",
}
BODY = {"body_height_front": "height_front", "body_height_middle": "height_middle", "body_height_back": "height_back"}
DISC = {
    "disc_height_front": "disc_height_front",
    "disc_height_middle": "disc_height_middle",
    "disc_height_back": "disc_height_back",
}


def errors_of(found: Measurements, spine: Spine, exact: Angles, dimensions: dict[int, Sizes]) -> dict[str, np.ndarray]:
    """Return the signed errors of each group of quantities."""
    errors: dict[str, list[float]] = defaultdict(list)
    for each in found.of("cobb_patient"):
        ends = found.get("curve_ends", curve=each.curve)
        if each.value is not None and ends is not None:
            errors["Cobb angle, deg"].append(each.value - cobb_between(spine, *ends.text.split("-")))
    for name, field in SAGITTAL.items():
        each, true = found.get(name), getattr(exact, field)
        if each is not None and each.value is not None and true is not None:
            errors["sagittal angles, deg"].append(each.value - true)
    key, reference = level("S1").id, spine.upright[level("S1").id]
    for each in found.of("axial_rotation"):
        if each.value is not None and each.level != key:
            errors["axial rotation, deg"].append(each.value - axial_rotation(spine.upright[each.level], reference))
    for group, fields in (("body heights, mm", BODY), ("disc heights, mm", DISC)):
        for name, field in fields.items():
            for each in found.of(name):
                true = getattr(dimensions[each.level], field) if each.level in dimensions else None
                if each.value is not None and true is not None:
                    errors[group].append(each.value - true)
    for each in found.of("part_volume"):
        true = dimensions[each.level].volumes.get(each.part)
        if true:
            errors["volumes, %"].append(100.0 * (each.value / true - 1.0))
    return {name: np.array(values) for name, values in errors.items()}


def cobb_between(spine: Spine, upper: str, lower: str) -> float:
    """Return the true angle between the end plates of a curve, seen from the front."""
    leans = []
    for name, which in ((upper, "superior"), (lower, "inferior")):
        key = level(name).id
        frame = spine.upright[key]
        plate = endplates(spine.shapes[key])[which].seen(frame.origin, frame.axes)
        leans.append(plate.tilt_right)
    return abs(leans[0] - leans[1])


def main() -> None:
    """Print one table per posture."""
    print("Mean absolute error / 95th percentile against the continuous shape; wanted of the mean: 1 mm / 3.3 mm slices")
    for posture, curves in POSTURES.items():
        spine = make_spine(SpineParameters(curves=curves))
        exact, dimensions = angles(spine), {key: sizes(spine, key) for key in spine.shapes}
        columns = {}
        seconds = []
        for name, spacing in SPACINGS.items():
            maps = spine.voxelise(spine.grid(spacing, "PIR", 7.0))
            points = compute_pois(maps)
            placed = {poi.key: np.array(poi.position) for poi in points if poi.position is not None}
            start = time.process_time()
            found = measure(Subject.of(placed, points.frames, maps=maps), draws=0)
            seconds.append(time.process_time() - start)
            columns[name] = errors_of(found, spine, exact, dimensions)
        print(f"\n| {posture} | " + " | ".join(columns) + " | wanted |\n|" + "---|" * (len(columns) + 2))
        for group, wanted in WANTED.items():
            cells = [_cell(each.get(group)) for each in columns.values()]
            print(f"| {group} | " + " | ".join(cells) + f" | {wanted[0]:g} / {wanted[1]:g} |")
        print(f"| all quantities, CPU-s | {seconds[0]:.2f} | {seconds[1]:.2f} | 0.5 |", flush=True)


def _cell(values: np.ndarray | None) -> str:
    if values is None or not len(values):
        return "-"
    return f"{np.abs(values).mean():.2f} / {np.percentile(np.abs(values), 95):.2f} (bias {values.mean():+.2f})"


if __name__ == "__main__":
    main()
