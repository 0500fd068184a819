"""``sub-ID_osim_info.json``: what a public pipeline of scripts wants to know of a person to fit its own OpenSim model of the trunk.

Tables are texts of JSON inside the JSON, by column and then by row, as ``DataFrame.to_json`` of pandas writes them; 9999 stands
for what is not known. Centimetres for height and muscles, millimetres (RAS) for the spine.

References
----------
The scripts that write and read it: ``print_info_file_3D`` (keys, rows, columns), ``format_centroids_from_properties`` (a joint goes
by the level below it), ``getJointAngles_Osim`` (axes of S1 are taken as backwards, downwards and to the left), and
``Spine_JtDist_Adj`` (distances in mm), of the public OpenSim pipeline of Lerchl et al. 2022 and the Thoracolumbar Spine and Rib
Cage models. Not said there, and assumed here: a level's translation leads from the joint below it to the joint above it, along
its own axes; AP of a muscle is positive to the front and ML away from the middle, both from the centre of the disc below.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from ..anatomy import level as level_of
from ..anatomy.tables import read_table
from ..biomechanics.model import MultibodyModel
from ..geometry import FloatArray
from .atomic import write_text
from .texts import PathLike

MISSING = 9999
LEVELS = (*(f"T{number}" for number in range(1, 13)), *(f"L{number}" for number in range(1, 6)))
GROUPS = {row["group"]: row["measured_as"] for row in read_table("osim_info_muscles.csv", __package__)}
"""Name of the measured muscle by group, "" where none is measured; in the order of the file's rows."""

Measured = Mapping[tuple[str, str, str, int], float]
"""Area (mm2), and centroid to the right and to the front (mm), by quantity, muscle, side and level id."""

_SIDES = {"L": "left", "R": "right"}
_SACRUM = "S1"
_CM, _CM2 = 0.1, 0.01


def write_osim_info(path: PathLike, model: MultibodyModel, measured: Measured, age: float | None = None) -> None:
    """Write the file.

    Parameters
    ----------
    path : path
        ``sub-ID_osim_info.json``.
    model : MultibodyModel
    measured : mapping
        What was measured of muscles; may be empty.
    age : float, optional
        Years.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    names = [_SACRUM, *(level_of(key).name for key in model.levels)]
    content: dict[str, object] = {
        "Height": model.person.height_cm,
        "Weight": model.person.weight_kg,
        "Age": MISSING if age is None else age,
        "Sex": model.person.sex.upper(),
        "vert_translations": json.dumps(_translations(model, names)),
        "vert_axes_in_world": json.dumps(_axes(model, names)),
        "IVJ_centers_in_world": json.dumps(_centres(model, names)),
    }
    for letter, side in _SIDES.items():
        outwards = -1.0 if side == "left" else 1.0
        content[f"muscleCSA_{letter}"] = json.dumps(_muscles(measured, "muscle_area", side, _CM2))
        content[f"muscleAP_{letter}"] = json.dumps(_muscles(measured, "muscle_centroid_anterior", side, _CM))
        content[f"muscleML_{letter}"] = json.dumps(_muscles(measured, "muscle_centroid_right", side, outwards * _CM))
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def _translations(model: MultibodyModel, names: list[str]) -> dict[str, dict[str, float]]:
    found = {name: {"AP": float(MISSING), "SI": float(MISSING), "ML": float(MISSING)} for name in LEVELS}
    for at, (below, above) in enumerate(pairwise(model.joints), start=1):
        right, anterior, superior = model.axes[at] @ (above - below)
        if names[at] in found:
            found[names[at]] = {"AP": float(anterior), "SI": float(superior), "ML": float(right)}
    return found


def _axes(model: MultibodyModel, names: list[str]) -> dict[str, dict[str, list[float]]]:
    """Return the axes backwards, downwards and to the left, in which the pipeline's own sacrum has them."""
    lost = [float(MISSING)] * 3
    found = {name: {"ML": lost, "AP": lost, "SI": lost} for name in (*LEVELS, _SACRUM)}
    for name, axes in zip(names, model.axes, strict=True):
        if name in found:
            right, anterior, superior = (-axes).tolist()
            found[name] = {"ML": right, "AP": anterior, "SI": superior}
    return found


def _centres(model: MultibodyModel, names: list[str]) -> dict[str, dict[str, float]]:
    found = {name: _by_number(np.full(3, float(MISSING))) for name in (*LEVELS, _SACRUM)}
    for below, centre in zip(names[:-1], model.joints, strict=True):
        if below in found:
            found[below] = _by_number(centre)
    return found


def _by_number(point: FloatArray) -> dict[str, float]:
    return {str(number): float(value) for number, value in enumerate(point)}


def _muscles(measured: Measured, quantity: str, side: str, factor: float) -> dict[str, dict[str, float]]:
    def value(group: str, name: str) -> float:
        found = measured.get((quantity, GROUPS[group], side, level_of(name).id))
        return float(MISSING) if found is None else factor * found

    return {name: {group: value(group, name) for group in GROUPS} for name in LEVELS}
