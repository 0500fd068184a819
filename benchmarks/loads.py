"""How quick the loads of a whole trunk are, whether they are plausible, and what moves them; prints tables.

Times are CPU seconds of one thread, the least of several rounds. The spines are phantoms with their true points, so that the
numbers say what the model makes of a given anatomy and nothing about measuring it. Run ``python benchmarks/loads.py``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from disc_pressures import compare, edge, state
from spinetwin.anatomy import level
from spinetwin.biomechanics import TASKS, MultibodyModel, Settings, Task, interval, loads
from spinetwin.biomechanics.settings import RHYTHMS
from spinetwin.phantom import Curve, SpineParameters
from trunks import LEVELS, MAN, WOMAN, at, compression, least, model_of, points_file, reds

RELAXED = Task("relaxed", "bent until the back muscles are silent", 80.0, pelvis_share=0.4)
"""Erectores spinae fall silent at 80 +- 13 degrees, of which vertebrae make 48 +- 6 (Kippers and Parker 1984): whatever then
holds is passive."""

APEX = "T8"
MOVES = {
    "prone": [*(Settings(activation_floor=floor) for floor in (0.0, 0.05)), Settings(flavum_tension=15.0)],
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
        Settings(rhythm="pearcy"),
    ],
    "standing": [
        Settings(activation_floor=0.0),
        Settings(posture_give=0.0),
        Settings(posture_give=0.75),
        Settings(posture_give=3.0),
        Settings(power=2.0),
        Settings(flavum_tension=15.0),
    ],
    "flexion-60-10kg": [
        Settings(posture_give=0.0),
        Settings(posture_give=3.0),
        Settings(abdominal_pressure=5.0),
        Settings(strength=60.0),
        Settings(muscle_stiffness=0.0),
        Settings(ligaments="bilinear"),
        Settings(rhythm="pearcy"),
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


TOPS = ("T1", "L1", "L2", "L3")
BENT = ("flexion-60", "flexion-60-10kg", "lifting-20kg")


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
    """Print what the model says beside what is known of people, but for pressures."""
    print("\nPart of the flexion moment that is held passively where back muscles of people are silent (wanted: all of it)")
    for rhythm in RHYTHMS:
        for name, model in (("man", man), ("woman", woman)):
            found = loads(model, RELAXED, Settings(rhythm=rhythm))
            shares = {level(key).name: share for key, share in zip(found.levels, found.passive_share, strict=True)}
            told = ", ".join(f"below {key} {shares[key]:.2f}" for key in ("L1", "L2", "L3", "L4", "L5"))
            print(f"  rhythm {rhythm:7s} {name:6s} {told}")
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
            other = [f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in changed(chosen)]
            row = f"{at(found):8.0f} {at(found) / at(standing):6.2f} {reds(found):4d}"
            print(f"  {task:16s} {', '.join(other) or 'as it is':28s} {row}")
    for how, held in HELD.items():
        found = loads(man, held)
        print(f"  {held.name:16s} {how:28s} {at(found):8.0f} {at(found) / compression(man, 'standing'):6.2f} {reds(found):4d}")


def pieces(path: Path) -> None:
    """Print what L4/5 of the man is told to carry where less than the whole trunk is seen, N, and the gates that are red."""
    print("\nL4/5 of the man where only so much is seen, N, over that of the whole trunk, and gates that are red")
    print(f"  {'':10s}" + "".join(f"{name:>22s}" for name in BENT))
    whole = model_of(path, MAN)
    for top in TOPS:
        model = model_of(path, MAN, top=top)
        found = {name: loads(model, TASKS[name]) for name in BENT}
        cells = (f"{at(each):11.0f} {at(each) / compression(whole, name):6.2f} {reds(each):3d}" for name, each in found.items())
        print(f"  from {top:5s}" + "".join(cells))


def changed(chosen: Settings) -> list[tuple[str, object]]:
    """Return the settings that are not the usual ones."""
    usual = Settings()
    names = chosen.__dataclass_fields__
    return [(name, getattr(chosen, name)) for name in names if getattr(chosen, name) != getattr(usual, name)]


def main() -> None:
    """Make the phantoms and print the tables."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        man = points_file(folder, "man", SpineParameters(LEVELS, sex="m", height_cm=MAN.height_cm))
        woman = points_file(folder, "woman", SpineParameters(LEVELS, sex="f", height_cm=WOMAN.height_cm))
        curves = [
            points_file(folder, f"cobb{cobb:.0f}", SpineParameters(LEVELS, curves=(Curve(cobb),))) for cobb in (10.0, 45.0)
        ]
        model = model_of(man, MAN)
        other = model_of(woman, WOMAN)
        speed(man, model)
        compare(model, other)
        edge(model)
        edge(other)
        print("\nThe same of the man, his pelvis and ribs placed by rigid frames (--template fixed)")
        print(f"  {state(loads(model_of(man, MAN, Settings(template='fixed')), TASKS['lifting-20kg']))}")
        pieces(man)
        plausible(model, other, *(model_of(each, WOMAN) for each in curves))
        sensitivity(model)


if __name__ == "__main__":
    main()
