"""Results of simulations as tables for spreadsheets and as JSON, and tasks that somebody has written."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..anatomy import level as level_of
from ..biomechanics.model import MultibodyModel
from ..biomechanics.person import Person
from ..biomechanics.results import RESEARCH_USE, Interval, Loads, PastLoads
from ..biomechanics.tasks import Task
from ..errors import ParameterError, ReadError
from ..geometry import FloatArray
from .atomic import write_text
from .texts import PathLike, of_format, read_json

FORMAT = "spinetwin loads"
VERSION = 1
_FORCES = ("compression", "shear_anterior", "shear_right")


def write_loads(path: PathLike, model: MultibodyModel, found: Loads, spread: Interval | None = None) -> None:
    """Write everything that was computed as JSON; N and Nm.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    write_text(path, loads_text(model, found, spread))


def loads_text(model: MultibodyModel, found: Loads, spread: Interval | None = None) -> str:
    """Return what `write_loads` writes."""
    settings = {name: getattr(found.settings, name) for name in found.settings.__dataclass_fields__}
    content = {
        "format": FORMAT,
        "version": VERSION,
        "use": RESEARCH_USE,
        "trusted": found.trusted,
        "person": {name: getattr(model.person, name) for name in model.person.__dataclass_fields__},
        "findings": [{"severity": each.severity, "text": each.text} for each in found.findings],
        "task": {name: getattr(found.task, name) for name in found.task.__dataclass_fields__},
        "settings": settings,
        "samples": spread.samples if spread else 0,
        "drawn_with": str(spread.spread) if spread else "",
        "units": {"forces": "N", "moments": "Nm", "areas": "mm2"},
        "joints": [_joint(found, spread, at) for at in range(len(found.levels))],
        "muscles": [
            {
                "name": name,
                "group": group,
                "activation": float(activation),
                "force": float(force),
                "resting_force": float(resting),
            }
            for name, group, activation, force, resting in zip(
                model.muscles.names,
                model.muscles.groups,
                found.activations,
                found.muscle_forces,
                found.resting_forces,
                strict=True,
            )
        ],
        "ligaments": [
            {"name": name, "level": level_of(key).name, "strain": float(strain), "force": float(force)}
            for name, key, strain, force in zip(
                model.ligaments.names, model.ligaments.levels, found.ligament_strains, found.ligament_forces, strict=True
            )
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _joint(found: Loads, spread: Interval | None, at: int) -> dict[str, Any]:
    share = float(found.passive_share[at])
    entry: dict[str, Any] = {"below": level_of(found.levels[at]).name, "in_thorax": bool(found.in_thorax[at])}
    for name in _FORCES:
        entry[name] = float(getattr(found, name)[at])
        if spread is not None:
            entry[f"{name}_95"] = [float(spread.low[name][at]), float(spread.high[name][at])]
    return entry | {
        "weight": float(found.weight[at]),
        "demand": found.demand[at].tolist(),
        "passive": found.passive[at].tolist(),
        "yielding": found.yielding[at].tolist(),
        "reserve": found.reserves[at].tolist(),
        "lacking": found.lacking[at].tolist(),
        "pressure": found.pressure[at].tolist(),
        "yielded_deg": found.yielded[at].tolist(),
        "passive_share": None if math.isnan(share) else share,
    }


def read_loads(path: PathLike, about: str) -> PastLoads:
    """Read the forces of a result that `write_loads` wrote; `about` names it for people.

    Raises
    ------
    ReadError
        If the file is damaged, of another version, or something else.
    """
    return loads_in(read_json(path), Path(path).name, about)


def loads_in(found: object, name: str, about: str) -> PastLoads:
    """Return the forces that the content of such a file holds; `name` is the file's, `about` as for `read_loads`.

    Raises
    ------
    ReadError
        As `read_loads`.
    """
    content = of_format(found, name, FORMAT, VERSION, ("holds no loads.", "Give the folder of a `spinetwin simulate`."))
    try:
        joints, person = content["joints"], content.get("person")
        forces = _finite([[_number(each[force]) for force in _FORCES] for each in joints])
        return PastLoads(
            about,
            str(content["task"]["label"] or content["task"]["name"]),
            "" if person is None else said_person(Person(person["sex"], person["height_cm"], person["weight_kg"])),
            tuple(level_of(str(each["below"])).id for each in joints),
            forces[:, 0],
            forces[:, 1],
            forces[:, 2],
            content["trusted"] is True,
        )
    except (KeyError, TypeError, ValueError, OverflowError, ParameterError) as error:
        raise ReadError(f"{name} is damaged: its loads are not complete.", "Compute them again.") from error


def _finite(rows: list[list[float]]) -> FloatArray:
    found = np.array(rows).reshape(-1, len(_FORCES))
    if not np.isfinite(found).all():
        raise ValueError
    return found


def said_person(person: Person) -> str:
    """Return a person in words."""
    return f"{'woman' if person.sex == 'f' else 'man'}, {person.height_cm:g} cm, {person.weight_kg:g} kg"


COLUMNS = (
    "joint below",
    *(f"{name} {part} N" for name in ("compression", "shear forward", "shear right") for part in ("", "low", "high")),
    "weight N",
    "flexion moment Nm",
    "passive share",
    "muscles lack Nm",
    "note",
)
COLUMNS = tuple(" ".join(each.split()) for each in COLUMNS)


def write_loads_table(path: PathLike, found: Loads, spread: Interval | None = None) -> None:
    """Write one row for each joint, from the top; commas separate, UTF-8. Low and high are the ends of the 95 % interval.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for at in reversed(range(len(found.levels))):
        writer.writerow(_row(_joint(found, spread, at)))
    writer.writerow([])
    writer.writerow([RESEARCH_USE])
    for each in found.findings:
        writer.writerow([f"{each.severity}: {each.text}"])
    write_text(path, text.getvalue())


def _row(joint: dict[str, Any]) -> Sequence[object]:
    forces: list[object] = []
    for name in _FORCES:
        forces += [f"{joint[name]:.1f}", *(f"{end:.1f}" for end in joint.get(f"{name}_95", ()))]
        forces += [""] * (-len(forces) % 3)
    share = "" if joint["passive_share"] is None else f"{joint['passive_share']:.3f}"
    lacking = math.hypot(*joint["lacking"])
    note = "moments carried by the ribs" if joint["in_thorax"] else ""
    return [joint["below"], *forces, f"{joint['weight']:.1f}", f"{-joint['demand'][0]:.2f}", share, f"{lacking:.2f}", note]


def read_task(path: PathLike) -> Task:
    """Read a task that somebody has written: JSON with a name, and any other field of `Task`.

    Raises
    ------
    ReadError
        If the file is none, has an unknown word, or an impossible number.
    """
    content, name = read_json(path), Path(path).name
    known = ", ".join(Task.__dataclass_fields__)
    if not isinstance(content, dict) or not isinstance(content.get("name"), str):
        raise ReadError(f"{name} is no task.", f"Write JSON with a name and any of: {known}.")
    strange = [key for key in content if key not in Task.__dataclass_fields__]
    if strange:
        raise ReadError(f"{name} has an unknown entry {strange[0]!r}.", f"Known are: {known}.")
    try:
        return Task(
            content["name"],
            str(content.get("label", content["name"])),
            _number(content.get("trunk_flexion_deg", 0.0)),
            _number(content.get("hand_mass_kg", 0.0)),
            _truth(content.get("supported", False)),
            str(content.get("source", name)),
            _number_or_none(content.get("pelvis_share")),
            _number_or_none(content.get("hands_ahead_mm")),
            _number(content.get("floor_share", 1.0)),
        )
    except ParameterError as error:
        raise ReadError(f"{name} holds an impossible task: {error.message}") from error
    except (TypeError, OverflowError) as error:
        raise ReadError(
            f"{name} holds something that is no number, or not true or false, where one belongs.",
            "Label and source are texts, supported is true or false, all others are numbers.",
        ) from error


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _number_or_none(value: object) -> float | None:
    return None if value is None else _number(value)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return float(value)
