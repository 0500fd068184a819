"""Multibody models as ``.spinembs.json``: everything that a simulation needs, each value with its source."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..anatomy import level as level_of
from ..biomechanics.model import Belly, Ligaments, Masses, MultibodyModel, Muscles
from ..biomechanics.person import Person
from ..biomechanics.results import RESEARCH_USE
from ..errors import ParameterError, ReadError
from ..geometry import FloatArray, IntArray
from .atomic import write_text
from .texts import PathLike, of_format, read_json

FORMAT = "spinetwin multibody model"
VERSION = 1
SUFFIX = ".spinembs.json"

_GEOMETRY = "points of interest, and where notes say so the template"
_MOST = 10_000
"""Bodies, masses, fascicles or strands that a file may hold."""


def write_model(path: PathLike, model: MultibodyModel, settings: Mapping[str, object] | None = None) -> None:
    """Write a model. RAS mm, kg, mm2.

    Parameters
    ----------
    path : path
    model : MultibodyModel
    settings : mapping of str to number or text, optional
        With which it was built and solved, by name, for people; `read_model` does not need them.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    write_text(path, json.dumps(_content(model, settings), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _content(model: MultibodyModel, settings: Mapping[str, object] | None) -> dict[str, Any]:
    names = _body_names(model.levels)
    masses, muscles, ligaments = model.masses, model.muscles, model.ligaments
    person = model.person
    return {
        "format": FORMAT,
        "version": VERSION,
        "use": RESEARCH_USE,
        "coordinates": {"system": "RAS", "unit": "mm", "source": _GEOMETRY},
        "person": {"sex": person.sex, "height_cm": person.height_cm, "weight_kg": person.weight_kg, "source": "given"},
        "settings": None if settings is None else dict(settings),
        "notes": list(model.notes),
        "suspect": list(model.suspect),
        "template_share": model.template_share,
        "trunk_axes": model.trunk.tolist(),
        "bodies": [
            {"name": name, "origin": origin.tolist(), "axes": axes.tolist(), "source": _GEOMETRY}
            for name, origin, axes in zip(names, model.origins, model.axes, strict=True)
        ],
        "joints": [
            {
                "below": name,
                "centre": centre.tolist(),
                "axes": axes.tolist(),
                "mobile": bool(mobile),
                "disc": f"disc_stiffness.csv, rows of region {level_of(name).region}",
                "source": _GEOMETRY,
            }
            for name, centre, axes, mobile in zip(names[1:], model.joints, model.joint_axes, model.mobile, strict=True)
        ],
        "masses": [
            {"name": name, "body": names[owner], "position": at.tolist(), "kg": float(kg), "source": source}
            for name, owner, at, kg, source in zip(
                masses.names, masses.owners, masses.points, masses.kg, masses.sources, strict=True
            )
        ],
        "belly": _belly_entry(model.belly),
        "shoulders": {"body": names[model.shoulder_owner], "right_left": model.shoulders.tolist(), "source": "template"},
        "muscles": [
            {
                "name": name,
                "group": group,
                "side": side,
                "path": [{"body": names[owner], "position": at.tolist()} for owner, at in zip(owners, path, strict=True)],
                "pcsa_mm2": float(area),
                "fibres": f"muscle_fibres.csv, row of {group}",
                "source": source,
            }
            for name, group, side, owners, path, area, source in zip(
                muscles.names,
                muscles.groups,
                muscles.sides,
                muscles.owners,
                muscles.points,
                muscles.pcsa_mm2,
                muscles.sources,
                strict=True,
            )
        ],
        "ligaments": [
            {
                "name": name,
                "level": level_of(key).name,
                "bodies": [names[owner] for owner in owners],
                "positions": ends.tolist(),
                "share": float(share),
                "slack_length_mm": float(np.linalg.norm(ends[1] - ends[0])),
                "laws": f"ligament_laws.csv, rows of ligament {name}",
                "source": f"{_GEOMETRY}; slack in the imaged posture",
            }
            for name, key, owners, ends, share in zip(
                ligaments.names, ligaments.levels, ligaments.owners, ligaments.points, ligaments.shares, strict=True
            )
        ],
    }


def _belly_entry(belly: Belly | None) -> dict[str, Any] | None:
    return None if belly is None else {"area_mm2": belly.area_mm2, "arm_mm": belly.arm_mm, "source": belly.source}


def _body_names(levels: Sequence[int]) -> list[str]:
    return ["pelvis", *(level_of(key).name for key in levels)]


def read_model(path: PathLike) -> MultibodyModel:
    """Read what `write_model` wrote.

    Raises
    ------
    ReadError
        If the file is damaged, of another version, or something else.
    """
    name = Path(path).name
    lacking = "holds no multibody model.", f"Give a {SUFFIX} file that `spinetwin simulate` writes."
    content = of_format(read_json(path), name, FORMAT, VERSION, lacking)
    try:
        return _model(content)
    except ParameterError as error:
        raise ReadError(f"{name} holds an impossible model: {error.message}", "Build it again.") from error
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise ReadError(
            f"{name} is damaged: its model is not complete.", "Build it again with `spinetwin simulate`."
        ) from error


def _model(content: dict[str, Any]) -> MultibodyModel:
    bodies, joints = _entries(content, "bodies"), _entries(content, "joints")
    names = [str(each["name"]) for each in bodies]
    if len(joints) != len(bodies) - 1 or names[0] != "pelvis" or [each["below"] for each in joints] != names[1:]:
        raise ValueError
    shoulders, person = content["shoulders"], content["person"]
    return MultibodyModel(
        person=Person(str(person["sex"]), float(person["height_cm"]), float(person["weight_kg"])),
        levels=tuple(level_of(name).id for name in names[1:]),
        origins=_numbers([each["origin"] for each in bodies], -1, 3),
        axes=_numbers([each["axes"] for each in bodies], -1, 3, 3),
        joints=_numbers([each["centre"] for each in joints], -1, 3),
        joint_axes=_numbers([each["axes"] for each in joints], -1, 3, 3),
        mobile=np.array([each["mobile"] is True for each in joints]),
        trunk=_numbers(content["trunk_axes"], 3, 3),
        masses=_masses(_entries(content, "masses"), names),
        muscles=_muscles(_entries(content, "muscles"), names),
        ligaments=_ligaments(_entries(content, "ligaments"), names),
        shoulders=_numbers(shoulders["right_left"], 2, 3),
        shoulder_owner=names.index(shoulders["body"]),
        notes=tuple(str(each) for each in content["notes"]),
        suspect=tuple(str(each) for each in content["suspect"]),
        belly=_belly(content.get("belly")),
        template_share=_share(content.get("template_share", 0.0)),
    )


def _share(value: object) -> float:
    """Read a part of a whole, which files of earlier versions of the program lack."""
    share = float(_numbers(value))
    if not 0 <= share <= 1:
        raise ValueError
    return share


def _belly(entry: dict[str, Any] | None) -> Belly | None:
    """Read the belly, which files of earlier versions of the program lack."""
    if entry is None:
        return None
    area, arm = _numbers([entry["area_mm2"], entry["arm_mm"]], 2)
    if area < 0:
        raise ValueError
    return Belly(float(area), float(arm), str(entry["source"]))


def _masses(entries: list[Any], bodies: list[str]) -> Masses:
    kilograms = _numbers([each["kg"] for each in entries], -1)
    if (kilograms < 0).any():
        raise ValueError
    return Masses(
        _texts(entries, "name"),
        _owners([each["body"] for each in entries], bodies),
        _numbers([each["position"] for each in entries], -1, 3),
        kilograms,
        _texts(entries, "source"),
    )


def _muscles(entries: list[Any], bodies: list[str]) -> Muscles:
    areas = _numbers([each["pcsa_mm2"] for each in entries], -1)
    if (areas <= 0).any():
        raise ValueError
    return Muscles(
        _texts(entries, "name"),
        _texts(entries, "group"),
        _texts(entries, "side"),
        _owners([[at["body"] for at in each["path"]] for each in entries], bodies),
        _numbers([[at["position"] for at in each["path"]] for each in entries], len(entries), -1, 3),
        areas,
        _texts(entries, "source"),
    )


def _ligaments(entries: list[Any], bodies: list[str]) -> Ligaments:
    return Ligaments(
        _texts(entries, "name"),
        tuple(level_of(str(each["level"])).id for each in entries),
        _owners([each["bodies"] for each in entries], bodies).reshape(-1, 2),
        _numbers([each["positions"] for each in entries], len(entries), 2, 3),
        _numbers([each["share"] for each in entries], len(entries)),
    )


def _entries(content: dict[str, Any], name: str) -> list[Any]:
    entries = content[name]
    if not isinstance(entries, list) or len(entries) > _MOST:
        raise TypeError
    return entries


def _texts(entries: list[Any], name: str) -> tuple[str, ...]:
    return tuple(str(each[name]) for each in entries)


def _owners(names: list[Any], bodies: list[str]) -> IntArray:
    index = {name: at for at, name in enumerate(bodies)}
    return np.array([[index[one] for one in each] if isinstance(each, list) else index[each] for each in names], dtype=np.int64)


def _numbers(values: Any, *shape: int) -> FloatArray:
    found = np.array(values, dtype=np.float64).reshape(shape)
    if not np.isfinite(found).all():
        raise ValueError
    return found
