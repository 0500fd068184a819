"""How quick the loads of a whole trunk are, and whether they are plausible; prints two tables.

Times are CPU seconds of one thread, the least of several rounds. The spines are phantoms with their true points, so that the
numbers say what the model makes of a given anatomy and nothing about measuring it. Run ``python benchmarks/loads.py``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from spinetwin.anatomy import level
from spinetwin.biomechanics import TASKS, MultibodyModel, Person, Settings, Task, build_model, interval, loads
from spinetwin.geometry import FloatArray
from spinetwin.io import read_pois, write_pois
from spinetwin.measure.frames import frames_from_points
from spinetwin.phantom import Curve, SpineParameters, make_spine
from spinetwin.phantom.ground_truth.truth import truth
from spinetwin.poi import Poi, PoiSet, Status

ROUNDS = 5
LEVELS = "T1-S1"
MAN, WOMAN = Person("m", 176.0, 70.0), Person("f", 165.0, 60.0)
WILKE = {"standing": 0.5, "prone": 0.1, "flexion-36": 1.1, "lifting-20kg": 2.3}
"""Pressure in L4/5 of a man of 70 kg, MPa (Wilke 1999). In a night it rose from 0.1 to 0.24 while the disc but swelled:
lying, it is not that of a force alone."""

DISC_MM2, PRESSED, UNLOADED_MPA = 1800.0, 0.66, 0.07
"""Area of that disc, the part of it on which the pressure of its nucleus would make the compression (Nachemson 1960), and what
discs have without any load (Nachemson and Evans 1968); the last as others cite it, and not looked up."""

RELAXED = Task("relaxed", "bent until the back muscles are silent", 80.0, pelvis_share=0.4)
"""Erectores spinae fall silent at 80 +- 13 degrees, of which vertebrae make 48 +- 6 (Kippers and Parker 1984): whatever then
holds is passive."""

APEX = "T8"
MOVES = {
    "prone": [Settings(activation_floor=floor) for floor in (0.0, 0.05)],
    "lifting-20kg": [
        Settings(abdominal_pressure=8.0),
        Settings(pelvis_share=0.2),
        Settings(posture_give=0.0),
        Settings(posture_give=3.0),
        Settings(ligaments="bilinear"),
        Settings(ligaments="linear"),
        Settings(muscle_stiffness=0.0),
        Settings(muscle_stiffness=3.0),
        Settings(disc_stiffness=2.0),
    ],
    "standing": [
        Settings(activation_floor=0.0),
        Settings(posture_give=0.0),
        Settings(posture_give=0.75),
        Settings(posture_give=3.0),
        Settings(power=2.0),
    ],
    "flexion-60-10kg": [
        Settings(posture_give=0.0),
        Settings(posture_give=3.0),
        Settings(abdominal_pressure=5.0),
        Settings(strength=60.0),
        Settings(muscle_stiffness=0.0),
        Settings(ligaments="bilinear"),
    ],
}
"""Settings of which a task is told how far they move it. At 117 Nm Mairiaux 1984 has 8 kPa (0.079 kPa/Nm - 1.1 kPa)."""

HELD = {
    "arms hang": replace(TASKS["lifting-20kg"], hands_ahead_mm=None),
    "20 cm ahead": replace(TASKS["lifting-20kg"], hands_ahead_mm=200.0),
    "30 cm ahead": replace(TASKS["lifting-20kg"], hands_ahead_mm=300.0),
    "67 degrees, vertebrae 48": replace(TASKS["lifting-20kg"], trunk_flexion_deg=67.0, pelvis_share=1 - 48 / 67),
    "67 degrees, vertebrae 65": replace(TASKS["lifting-20kg"], trunk_flexion_deg=67.0, pelvis_share=1 - 65 / 67),
    "as silent as standing": replace(TASKS["prone"], floor_share=1.0),
}
"""Tasks as they may be done too."""


def points_file(folder: Path, name: str, parameters: SpineParameters) -> Path:
    """Write the true points of a phantom and return the file."""
    spine = make_spine(parameters)
    found = truth(spine).points
    pois = [
        Poi(key, poi, Status.OK, (float(at[0]), float(at[1]), float(at[2])), source="phantom")
        for (key, poi), at in found.items()
    ]
    path = folder / f"{name}.mrk.json"
    write_pois(path, PoiSet.of(pois))
    return path


def model_of(path: Path, person: Person) -> MultibodyModel:
    """Build the model that a file of points holds."""
    keys, positions = read_pois(path).positions()
    points: dict[tuple[int, int], FloatArray] = dict(zip(keys, positions, strict=True))
    return build_model(points, frames_from_points(points), person)


def least(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the least CPU time of some work, s."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def compression(model: MultibodyModel, task: str, name: str = "L4") -> float:
    """Return the compression below a level, N."""
    return float(loads(model, TASKS[task]).compression[model.levels.index(level(name).id)])


def pressure(newtons: float) -> float:
    """Return the pressure that a force makes in the disc of Wilke's man, MPa."""
    return UNLOADED_MPA + newtons / (PRESSED * DISC_MM2)


def speed(path: Path, model: MultibodyModel) -> None:
    """Print how long things take."""
    print(f"\n{len(model.levels)} levels, {len(model.muscles.names)} fascicles, CPU time of one thread")
    for name in TASKS:
        print(f"  {name:16s} {1000 * least(lambda name=name: loads(model, TASKS[name])):8.1f} ms   (wanted: 16)")
    whole = least(lambda: loads(model_of(path, MAN), TASKS["flexion-60-10kg"]))
    print(f"  from the file    {1000 * whole:8.1f} ms   (wanted: 150)")
    many = least(lambda: interval(model, TASKS["flexion-60-10kg"], samples=200, generator=np.random.default_rng(0)), 1)
    print(f"  200 samples      {many:8.2f} s    (wanted: 5)")


def plausible(man: MultibodyModel, woman: MultibodyModel, slight: MultibodyModel, large: MultibodyModel) -> None:
    """Print what the model says beside what people and other models have."""
    print("\nCompression of L4/5, N; red: number of gates that say not to trust it")
    heads = f"{'man':>8s} {'red':>4s} {'woman':>8s} {'red':>4s} {'over standing':>20s}"
    print(f"  {'':16s} {heads} {'man MPa, ratio':>14s} {'Wilke':>13s}")
    for name in TASKS:
        ratios = [compression(model, name) / compression(model, "standing") for model in (man, woman)]
        pressures = pressure(compression(man, name)), pressure(compression(man, name)) / pressure(compression(man, "standing"))
        reds = [sum(each.severity == "red" for each in loads(model, TASKS[name]).findings) for model in (man, woman)]
        said = f"{WILKE[name]:6.2f} {WILKE[name] / WILKE['standing']:6.2f}" if name in WILKE else ""
        row = f"{compression(man, name):8.0f} {reds[0]:4d} {compression(woman, name):8.0f} {reds[1]:4d}"
        print(f"  {name:16s} {row} {ratios[0]:10.2f} {ratios[1]:9.2f} {pressures[0]:7.2f} {pressures[1]:6.2f} {said}")
    print("\nPart of the flexion moment that is held passively where back muscles of people are silent (wanted: all of it)")
    for name, model in (("man", man), ("woman", woman)):
        found = loads(model, RELAXED)
        shares = {level(key).name: share for key, share in zip(found.levels, found.passive_share, strict=True)}
        print(f"  {name:6s} " + ", ".join(f"below {key} {shares[key]:.2f}" for key in ("L1", "L2", "L3", "L4", "L5")))
    print("\nFrom Cobb 10 to Cobb 45, standing (wanted: at most +30 % at the apex)")
    for key in (APEX, "L4"):
        more = compression(large, "standing", key) / compression(slight, "standing", key) - 1
        print(f"  below {key:10s} {100 * more:+8.0f} %")


def sensitivity(man: MultibodyModel) -> None:
    """Print how far settings move the compression of L4/5, and what it is over standing with the same settings."""
    print("\nWhat moves L4/5 of the man, N, its ratio to standing, and the gates that are red")
    for task, moves in MOVES.items():
        for chosen in (Settings(), *moves):
            found, standing = loads(man, TASKS[task], chosen), loads(man, TASKS["standing"], chosen)
            joint = man.levels.index(level("L4").id)
            other = [f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in changed(chosen)]
            red = sum(each.severity == "red" for each in found.findings)
            force, ratio = found.compression[joint], found.compression[joint] / standing.compression[joint]
            print(f"  {task:16s} {', '.join(other) or 'as it is':28s} {force:8.0f} {ratio:6.2f} {red:4d}")
    for how, held in HELD.items():
        found = loads(man, held)
        force, red = found.compression[man.levels.index(level("L4").id)], sum(each.severity == "red" for each in found.findings)
        print(f"  {held.name:16s} {how:28s} {force:8.0f} {force / compression(man, 'standing'):6.2f} {red:4d}")


def changed(chosen: Settings) -> list[tuple[str, object]]:
    """Return the settings that are not the usual ones."""
    usual = Settings()
    names = chosen.__dataclass_fields__
    return [(name, getattr(chosen, name)) for name in names if getattr(chosen, name) != getattr(usual, name)]


def main() -> None:
    """Make the phantoms and print both tables."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        man = points_file(folder, "man", SpineParameters(LEVELS, sex="m", height_cm=MAN.height_cm))
        woman = points_file(folder, "woman", SpineParameters(LEVELS, sex="f", height_cm=WOMAN.height_cm))
        curves = [
            points_file(folder, f"cobb{cobb:.0f}", SpineParameters(LEVELS, curves=(Curve(cobb),))) for cobb in (10.0, 45.0)
        ]
        model = model_of(man, MAN)
        speed(man, model)
        plausible(model, model_of(woman, WOMAN), *(model_of(each, WOMAN) for each in curves))
        sensitivity(model)


if __name__ == "__main__":
    main()
