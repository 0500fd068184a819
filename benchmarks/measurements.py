"""How far measurements lie from the truth of procedural spines; prints the table of the README.

Each study is measured three times, in one thread; the least time counts.
The truth is that of the continuous shape (`spinetwin.phantom.ground_truth`), which shares no code with the measuring.
Run `make measurements`.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable

import numpy as np
from measurement_truth import canal_section, endplate_area, femoral_heads, muscle_areas
from spinetwin.anatomy import level
from spinetwin.geometry import Grid
from spinetwin.measure.compute import measure
from spinetwin.measure.muscle_labels import MUSCLE_LABELS
from spinetwin.measure.muscle_levels import DiscPlane
from spinetwin.measure.muscles import MuscleMap
from spinetwin.measure.results import Measurements
from spinetwin.measure.rotation import axial_rotation
from spinetwin.measure.subject import Subject
from spinetwin.phantom import Curve, Spacing, Spine, SpineParameters, make_spine, muscle_map
from spinetwin.phantom.ground_truth.angles import angles
from spinetwin.phantom.ground_truth.endplates import endplates
from spinetwin.phantom.ground_truth.record import Angles, Sizes
from spinetwin.phantom.ground_truth.sizes import sizes
from spinetwin.poi.compute import compute_pois

ROUNDS = 3
POSTURES = {"straight": (), "Cobb 25": (Curve(25.0),), "Cobb 60": (Curve(60.0),)}
SPACINGS = {"1 mm": Spacing(1.0, 1.0, 1.0), "3.3 mm slices": Spacing(right=3.3, anterior=0.75, superior=0.75)}
WANTED = {
    "Cobb angle, deg": (1.0, 2.0),
    "sagittal angles, deg": (1.0, 2.0),
    "axial rotation, deg": (1.5, 3.0),
    "body heights, mm": (0.3, 0.6),
    "disc heights, mm": (0.3, 0.6),
    "volumes, %": (3.0, 6.0),
    "endplate areas, %": (3.0, 6.0),
    "canal areas, %": (3.0, 6.0),
    "canal width and depth, mm": None,
    "muscle areas, %": (3.0, 6.0),
    "pelvic incidence and tilt, T1 pelvic angle, deg": (1.0, 2.0),
}
SMALLEST_MUSCLE = 200.0
"""Smaller sections are left out, mm2: their outline is most of them."""

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


def area_errors(found: Measurements, true: dict[str, dict[int, float]]) -> dict[str, np.ndarray]:
    """Return the signed errors of areas (%) and widths (mm) read from the label maps."""
    errors: dict[str, list[float]] = defaultdict(list)
    for name, values in true.items():
        for each in found.of(name):
            exact = values.get(each.level or 0)
            if each.value is None or exact is None:
                continue
            if each.unit == "mm2":
                group = "canal areas, %" if name == "canal_area" else "endplate areas, %"
                errors[group].append(100.0 * (each.value / exact - 1.0))
            else:
                errors["canal width and depth, mm"].append(each.value - exact)
    return {name: np.array(values) for name, values in errors.items()}


def true_areas(spine: Spine) -> dict[str, dict[int, float]]:
    """Return the true areas and widths of every level, by quantity."""
    true: dict[str, dict[int, float]] = defaultdict(dict)
    for key, shape in spine.shapes.items():
        if level(key).region == "sacral" or level(key).name == "C1":
            continue
        for side in endplates(shape):
            true[f"endplate_area_{side}"][key] = endplate_area(spine, key, side)
        for name, value in canal_section(spine, key).items():
            true[name][key] = value
    return true


def muscle_errors(found: Measurements, spine: Spine, subject: Subject) -> np.ndarray:
    """Return the signed errors of the muscle areas in percent, each in the plane in which it was measured."""
    errors = []
    for disc in subject.disc_planes:
        if not isinstance(disc, DiscPlane):
            continue
        true = muscle_areas(spine, disc.frame)
        for each in found.of("muscle_area"):
            exact = true.get((each.part, each.side), 0.0)
            if each.level == disc.upper and each.value is not None and exact > SMALLEST_MUSCLE:
                errors.append(100.0 * (each.value / exact - 1.0))
    return np.array(errors)


def muscles_of(spine: Spine, spacing: Spacing) -> MuscleMap:
    """Return the muscles around the lumbar spine on a grid that holds them."""
    middle = spine.frames[level("L3").id].origin
    sizes = np.array([220.0, 170.0, 230.0])
    steps = np.array([spacing.right, spacing.anterior, spacing.superior])
    affine = np.diag([*steps, 1.0])
    affine[:3, 3] = middle - np.array([0.0, 10.0, 0.0]) - sizes / 2
    shape = tuple(int(n) for n in np.ceil(sizes / steps))
    grid = Grid(shape, affine)
    return MuscleMap.of(grid, muscle_map(spine, grid), MUSCLE_LABELS["spinetwin"])


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
        heads, pelvis = femoral_heads(spine)
        areas = true_areas(spine)
        columns = {}
        seconds = []
        for name, spacing in SPACINGS.items():
            maps = spine.voxelise(spine.grid(spacing, "PIR", 7.0))
            points = compute_pois(maps)
            placed = {poi.key: np.array(poi.position) for poi in points if poi.position is not None}
            muscles = muscles_of(spine, spacing)
            found, took = timed(lambda: measure(Subject.of(placed, points.frames, maps=maps), draws=0))  # noqa: B023 - called here
            seconds.append(took)
            subject = Subject.of(placed, points.frames, maps=maps, heads=heads, muscles=muscles)
            more = measure(subject, draws=0)
            columns[name] = {
                **errors_of(found, spine, exact, dimensions),
                **area_errors(found, areas),
                "muscle areas, %": muscle_errors(more, spine, subject),
                "pelvic incidence and tilt, T1 pelvic angle, deg": np.array(
                    [each.value - true for key, true in pelvis.items() for each in more.of(key) if each.value is not None]
                ),
            }
        print(f"\n| {posture} | " + " | ".join(columns) + " | wanted |\n|" + "---|" * (len(columns) + 2))
        for group, wanted in WANTED.items():
            cells = [_cell(each.get(group)) for each in columns.values()]
            limits = "" if wanted is None else f"{wanted[0]:g} / {wanted[1]:g}"
            print(f"| {group} | " + " | ".join(cells) + f" | {limits} |")
        print(f"| all quantities, CPU-s | {seconds[0]:.2f} | {seconds[1]:.2f} | 0.5 |", flush=True)


def timed(work: Callable[[], Measurements]) -> tuple[Measurements, float]:
    """Return measurements and the least CPU seconds of some rounds: whatever else the machine does can only add to them."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        found = work()
        rounds.append(time.process_time() - start)
    return found, min(rounds)


def _cell(values: np.ndarray | None) -> str:
    if values is None or not len(values):
        return "-"
    return f"{np.abs(values).mean():.2f} / {np.percentile(np.abs(values), 95):.2f} (bias {values.mean():+.2f})"


if __name__ == "__main__":
    main()
