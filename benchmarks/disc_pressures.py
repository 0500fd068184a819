"""What the model makes of the pressures that Wilke measured in a disc, and how near its heaviest task is to red.

A pressure is set beside a pressure and a force beside a force; what is assumed on the way stands in the row that rests on it.
Printed by ``python benchmarks/loads.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from spinetwin.anatomy import level
from spinetwin.biomechanics import TASKS, Loads, MultibodyModel, Settings, Task, loads
from trunks import at, compression, reds

DISC_MM2, PRESSED = 1800.0, 0.66
"""Area of L4/5 of that man, and the part of it on which the pressure of its nucleus makes the compression (Nachemson 1960)."""

UNLOADED_MPA = 0.07
"""Pressure in a disc that carries nothing: Nachemson, as others cite it; his numbers could not be read. What could: Wilke's man
lay at 0.10 MPa in the evening and at 0.24 in the morning (Wilke 1999, abstract), so that water alone makes 0.14 MPa where no
load changes; and reclining takes 70 % of the pressure of standing away (Nachemson 1975, Rheumatol Rehabil 14:129, abstract)."""

RECLINING = 0.30
"""Pressure over that of standing in Nachemson's subjects."""

OTHERS_UNLOADED = (0.0, 0.035, 0.07, 0.1)
WITHIN = 0.30


@dataclass(frozen=True)
class Measured:
    """A pressure that was measured in L4/5 of a man of 70 kg: what he did, MPa, and what is assumed of it here."""

    name: str
    task: Task
    mpa: float
    assumed: str


OF_THE_ISSUE = ("standing", "lying", "bent by 36 degrees", "20 kg, round back")
"""Whose ratios to standing are wanted: 1, 0.20, 2.2 and 4.6."""

WILKE = (
    Measured("standing", TASKS["standing"], 0.5, "the posture of the image"),
    Measured("lying", TASKS["prone"], 0.1, f"{UNLOADED_MPA:g} MPa of an unloaded disc are most of it; how silent muscles are"),
    Measured("bent by 36 degrees", TASKS["flexion-36"], 1.1, "how pelvis and joints share the flexion"),
    Measured(
        "20 kg close to the body",
        Task("close", "", -15.0, 20.0, pelvis_share=0.0, hands_ahead_mm=300.0),
        1.1,
        "30 cm ahead and leaning back by 15 degrees, after AnyBody's rebuild",
    ),
    Measured(
        "20 kg held 60 cm away",
        Task("away", "", 0.0, 20.0, hands_ahead_mm=570.0),
        1.8,
        "upright, 57 cm ahead of the sacrum, after AnyBody's rebuild",
    ),
    Measured("20 kg, round back", TASKS["lifting-20kg"], 2.3, "bent by 60 degrees, 25 cm ahead: chosen, so no confirmation"),
)
"""Wilke 1999 and 2001: the same man. His abstract has all but the 60 cm, which others cite. AnyBody's managed model repository
rebuilt his postures: boxes 32 and 53 cm in front of the ankles, and all of it balanced 10 cm in front of them."""

FORCES = {"standing": "400 - 700", "flexion-60-10kg": "2000 - 3200"}
"""N that are wanted below L4."""

OF_L5_ALONE = ("multifidus_m5", "multifidus_laminar_L5", "longissimus_lumborum_L5")
"""How fascicles begin that pull at no other joint than L5/S1."""

BACK_MM = 5.0


def pressure(newtons: float, unloaded: float = UNLOADED_MPA) -> float:
    """Return the pressure that a force makes in the disc of Wilke's man, MPa."""
    return unloaded + newtons / (PRESSED * DISC_MM2)


def compare(man: MultibodyModel, woman: MultibodyModel) -> None:
    """Print pressures beside pressures, then forces beside forces."""
    print("\nPRESSURE beside pressure in L4/5 of the man: MPa, and ratio to standing")
    print(f"  wanted: a ratio within {WITHIN:.0%} of the measured one")
    print(f"  {'':24s} {'measured':>13s} {'model':>13s} {'off':>13s} {'red':>3s}  assumed")
    for each in WILKE:
        print(_beside(man, each))
    print(f"  The pressure is {UNLOADED_MPA:g} MPa and the force over {PRESSED:g} of {DISC_MM2:g} mm2, assumed for this man.")
    _ratios(man)
    lying, upright = compression(man, "prone"), compression(man, "standing")
    ratios = ", ".join(f"{mpa:g}: {pressure(lying, mpa) / pressure(upright, mpa):.2f}" for mpa in OTHERS_UNLOADED)
    print(f"  Lying to standing with other pressures of an unloaded disc, MPa: {ratios}")
    print(f"  (measured: 0.20 by Wilke, {RECLINING:.2f} reclining by Nachemson)")
    print("\nFORCE beside force in L4/5, N, and gates that are red; no ratio of forces was measured")
    print(f"  {'':24s} {'wanted':>12s} {'man':>6s} {'red':>3s} {'ratio':>6s} {'woman':>6s} {'red':>3s} {'ratio':>6s}")
    for name, task in TASKS.items():
        found = [loads(model, task) for model in (man, woman)]
        ratios = [at(each) / compression(model, "standing") for each, model in zip(found, (man, woman), strict=True)]
        cells = " ".join(f"{at(each):6.0f} {reds(each):3d} {ratio:6.2f}" for each, ratio in zip(found, ratios, strict=True))
        print(f"  {name:24s} {FORCES.get(name, ''):>12s} {cells}")


def _ratios(man: MultibodyModel) -> None:
    """Print the ratios to standing that are wanted, beside those of the pressures and those of the forces of the model."""
    print(
        f"\nRATIO to standing: wanted (of measured pressures), as a pressure and as a force of the model; within {WITHIN:.0%}"
    )
    print(f"  {'':24s} {'wanted':>6s} {'pressure':>20s} {'force':>20s}")
    upright = compression(man, "standing")
    for each in (row for row in WILKE if row.name in OF_THE_ISSUE):
        found, wanted = at(loads(man, each.task)), each.mpa / WILKE[0].mpa
        cells = [f"{ratio:6.2f} {_met(ratio, wanted):>13s}" for ratio in (pressure(found) / pressure(upright), found / upright)]
        print(f"  {each.name:24s} {wanted:6.2f} {' '.join(cells)}")


def _met(ratio: float, wanted: float) -> str:
    off = ratio / wanted - 1.0
    return f"{off:+.0%} {'met' if abs(off) <= WITHIN else 'NOT MET'}"


def _beside(man: MultibodyModel, measured: Measured) -> str:
    """Return the row of one pressure."""
    found = loads(man, measured.task)
    ratio = pressure(at(found)) / pressure(compression(man, "standing"))
    wanted = measured.mpa / WILKE[0].mpa
    row = (
        f"{measured.mpa:6.2f} {wanted:6.2f} {pressure(at(found)):6.2f} {ratio:6.2f} {_met(ratio, wanted):>13s} {reds(found):3d}"
    )
    return f"  {measured.name:24s} {row}  {measured.assumed}"


def edge(man: MultibodyModel) -> None:
    """Print which fascicles of the lift are at their limit, and what moves it away from its gates, or across them."""
    task = TASKS["lifting-20kg"]
    usual = loads(man, task)
    full = [name for name, active in zip(man.muscles.names, usual.activations, strict=True) if active > 0.999]
    fifth = man.levels.index(level("L5").id)
    print(f"\nThe lift of 20 kg ({man.person.sex}): full fascicles, most degrees of a disc, what muscles lack at L5/S1")
    own = sum(name.startswith(OF_L5_ALONE) for name in full)
    names = ", ".join(dict.fromkeys(name.rsplit("_", 1)[0] for name in full))
    print(f"  {len(full)} of {len(man.muscles.names)}, of which {own} pull at L5 alone: {names}")
    for joint, index in (("L5/S1", fifth), ("L4/5", fifth + 1)):
        passive = usual.passive_share[index] * -usual.demand[index, 0]
        print(f"  {joint} needs {-usual.demand[index, 0]:.0f} Nm, of which passive tissue makes {passive:.0f}")
    for what, model in _moved(man).items():
        print(f"  {what:52s} {state(loads(model, task))}")
    print(f"  {'another rhythm (pearcy)':52s} {state(loads(man, task, Settings(rhythm='pearcy')))}")


def state(found: Loads) -> str:
    """Return the force on L4/5, full fascicles, by how much a disc gives way, what lacks at L5/S1, and red gates."""
    full = int((found.activations > 0.999).sum())
    joint = found.levels.index(level("L5").id)
    lacking = f"{np.linalg.norm(found.lacking[joint]):.1f} of {np.linalg.norm(found.demand[joint]):.0f} Nm"
    return f"L4/5 {at(found):5.0f} N, {full:2d} full, {np.abs(found.yielded).max():.1f} degrees, {lacking}, {reds(found)} red"


def _moved(man: MultibodyModel) -> dict[str, MultibodyModel]:
    """Return a model as it is, with larger fascicles of L5, and with longer lever arms at the pelvis."""
    muscles = man.muscles
    own = np.array([name.startswith(OF_L5_ALONE) for name in muscles.names])
    erector = np.array([group in ("longissimus", "iliocostalis") for group in muscles.groups])
    at_pelvis = erector[:, None] & (muscles.owners == 0)
    moved = np.where(at_pelvis[..., None], muscles.points - BACK_MM * man.axes[0, 1], muscles.points)
    larger = np.where(own, 1.25, 1.0) * muscles.pcsa_mm2
    return {
        "as it is": man,
        "fascicles of L5 alone larger by a quarter": replace(man, muscles=replace(muscles, pcsa_mm2=larger)),
        f"erector spinae {BACK_MM:g} mm further back on the pelvis": replace(man, muscles=replace(muscles, points=moved)),
    }
