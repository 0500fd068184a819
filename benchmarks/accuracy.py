"""How far computed points and frames lie from the truth of procedural spines; prints the accuracy tables of the README.

The truth is computed on continuous signed distances and shares no code with the computing of points.
Run `make accuracy`; `--quick` leaves out the slow combinations, `--rules tptbox` measures the other rule set.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from spinetwin.phantom import Curve, Spacing, Spine, SpineParameters, Truth, make_spine, truth
from spinetwin.poi import PoiSet, Status
from spinetwin.poi.compute import compute_pois
from spinetwin.poi.rules import RULE_SETS

POSTURES = {"straight": (), "Cobb 25": (Curve(25.0),), "Cobb 60": (Curve(60.0),)}
SPACINGS = {
    "1 mm": Spacing(1.0, 1.0, 1.0),
    "1.5 mm": Spacing(1.5, 1.5, 1.5),
    "0.75x0.75x3.3": Spacing(right=3.3, anterior=0.75, superior=0.75),
    "1.1x1.1x4.4": Spacing(right=4.4, anterior=1.1, superior=1.1),
}
FAMILIES = {
    "centroids of the parts": {41, 42, 43, 44, 45, 46, 47, 48, 50},
    "process tips": set(range(81, 84)) | set(range(86, 90)),
    "body mid points": {84, 85, *range(105, 109), *range(113, 117), *range(121, 125)},
    "body corners": {*range(101, 105), *range(109, 113), *range(117, 121)},
    "flavum, median": {125, 127},
    "flavum, lateral": {141, 143, 149, 151},
    "interspinous": {133, 135},
    "canal, cord and disc": {60, 61, 100, 126},
    "facet joints": {94, 95},
    "dens": {51},
}


@dataclass(frozen=True)
class Errors:
    """Distances in mm by family, angles in degrees by axis, and how many points were not ok."""

    distances: dict[str, np.ndarray]
    angles: dict[str, np.ndarray]
    lost: int


def errors_of(points: PoiSet, exact: Truth) -> Errors:
    """Compare computed points and frames with the truth."""
    distances: dict[str, list[float]] = defaultdict(list)
    lost = 0
    for family, ids in FAMILIES.items():
        for key, where in exact.points.items():
            if key[1] in ids:
                found = points.points.get(key)
                if found is None or found.position is None:
                    lost += 1
                else:
                    distances[family].append(float(np.linalg.norm(np.array(found.position) - where)))
                    lost += found.status is not Status.OK
    with_body = [level for level in exact.frames if (level, 50) in points.points and level in points.frames]
    found_and_true = [(points.frames[each].superior, exact.frames[each].superior) for each in with_body]
    return Errors(
        {family: np.array(values) for family, values in distances.items()},
        {
            "superior axis": np.array([_angle(*pair) for pair in found_and_true]),
            "axial rotation": np.array([_axial_rotation(points, exact, each) for each in with_body]),
        },
        lost,
    )


def _angle(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(first, second)), first @ second)))


def _axial_rotation(points: PoiSet, exact: Truth, level: int) -> float:
    """Return by how much a frame is turned about the true superior axis, in degrees without sign."""
    true = exact.frames[level]
    right = points.frames[level].right
    return float(abs(np.degrees(np.arctan2(right @ true.anterior, right @ true.right))))


def measure(spine: Spine, exact: Truth, spacing: Spacing, rules: str = "paper") -> Errors:
    """Voxelise on an oblique sagittal grid, compute and compare."""
    maps = spine.voxelise(spine.grid(spacing, orientation="PIR", oblique_deg=7.0))
    return errors_of(compute_pois(maps, rules), exact)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only the straight spine and Cobb 25, two spacings")
    parser.add_argument("--rules", choices=RULE_SETS, default=RULE_SETS[0], help="rule set (default: %(default)s)")
    arguments = parser.parse_args()
    quick, rules = arguments.quick, arguments.rules
    postures = dict(list(POSTURES.items())[: 2 if quick else 3])
    spacings = {name: SPACINGS[name] for name in (("1 mm", "0.75x0.75x3.3") if quick else SPACINGS)}
    print("Distance to the true point in mm, median / 95th percentile; angles: mean in degrees")
    for posture, curves in postures.items():
        spine = make_spine(SpineParameters(curves=curves))
        exact = truth(spine, rules)
        _print_table(posture, {name: measure(spine, exact, size, rules) for name, size in spacings.items()})


def _print_table(posture: str, results: dict[str, Errors]) -> None:
    print(f"\n| {posture} | " + " | ".join(results) + " |")
    print("|---" * (len(results) + 1) + "|")
    for family in FAMILIES:
        print(f"| {family} | " + " | ".join(_cell(each.distances.get(family)) for each in results.values()) + " |")
    for axis in ("superior axis", "axial rotation"):
        print(f"| {axis} | " + " | ".join(f"{each.angles[axis].mean():.2f}" for each in results.values()) + " |")
    print("| not ok | " + " | ".join(str(each.lost) for each in results.values()) + " |", flush=True)


def _cell(values: np.ndarray | None) -> str:
    return "-" if values is None or not len(values) else f"{np.median(values):.2f} / {np.percentile(values, 95):.2f}"


if __name__ == "__main__":
    main()
