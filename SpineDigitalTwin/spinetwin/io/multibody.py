"""Multibody models as ``.spinembs.json``: everything that a simulation needs, each value with its source."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ..anatomy import level as level_of
from ..biomechanics.model import Belly, Ligaments, Masses, MultibodyModel, Muscles, slack_lengths
from ..biomechanics.person import Person
from ..biomechanics.results import RESEARCH_USE
from ..biomechanics.settings import TABLE, Settings
from ..biomechanics.tissues import USUAL
from ..errors import ParameterError, ReadError
from ..geometry import FloatArray, IntArray
from .atomic import write_text
from .texts import PathLike, of_format, read_json
from .tissues import tissues_entry, tissues_in

FORMAT = "spinetwin multibody model"
VERSION = 1
SUFFIX = ".spinembs.json"

_GEOMETRY = "points of interest, and where notes say so the template"
_TRUNK = "from the centre of the sacral endplate to that of the highest body; right is the mean of the vertebrae's"
_SLACK = "length in the imaged posture, of flava less what the tension of the settings needs, unless changed by hand"
_SAME = 1e-9
"""Part of a length by which a slack length may differ from the one that follows from the posture."""

_MOST = 10_000
"""Bodies, masses, fascicles or strands that a file may hold."""

_SKEW, _LARGEST = 1e-6, 1e6
"""How far axes may be from right angles, and numbers from 0, which is a kilometre or a tonne."""


def write_model(path: PathLike, model: MultibodyModel, settings: Settings | None = None) -> None:
    """Write a model. RAS mm, kg, mm2.

    Parameters
    ----------
    path : path
    model : MultibodyModel
    settings : Settings, optional
        With which it was built and solved.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    write_text(path, json.dumps(_content(model, settings), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _content(model: MultibodyModel, settings: Settings | None) -> dict[str, Any]:
    names = _body_names(model.levels)
    masses, muscles, ligaments = model.masses, model.muscles, model.ligaments
    person = model.person
    return {
        "format": FORMAT,
        "version": VERSION,
        "use": RESEARCH_USE,
        "coordinates": {"system": "RAS", "unit": "mm", "source": _GEOMETRY},
        "person": {"sex": person.sex, "height_cm": person.height_cm, "weight_kg": person.weight_kg, "source": "given"},
        "settings": None if settings is None else _settings_entry(settings),
        "notes": list(model.notes),
        "suspect": list(model.suspect),
        "template_share": model.template_share,
        "trunk_axes": model.trunk.tolist(),
        "trunk_axes_source": _TRUNK,
        "bodies": [
            {"name": name, "origin": origin.tolist(), "axes": axes.tolist(), "source": _body_source(name)}
            for name, origin, axes in zip(names, model.origins, model.axes, strict=True)
        ],
        "joints": [
            {
                "below": name,
                "centre": centre.tolist(),
                "axes": axes.tolist(),
                "mobile": bool(mobile),
                "disc": f"tissues, discs of region {level_of(name).region}",
                "source": _joint_source(name, below),
            }
            for below, name, centre, axes, mobile in zip(
                names[:-1], names[1:], model.joints, model.joint_axes, model.mobile, strict=True
            )
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
                "path": [
                    {"body": names[owner], "position": at.tolist(), "source": origin}
                    for owner, at, origin in zip(owners, path, origins, strict=True)
                ],
                "pcsa_mm2": float(area),
                "fibres": f"tissues, fibres of group {group}" if group in model.tissues.fibres else "resist nothing",
                "source": source,
            }
            for name, group, side, owners, path, area, source, origins in zip(
                muscles.names,
                muscles.groups,
                muscles.sides,
                muscles.owners,
                muscles.points,
                muscles.pcsa_mm2,
                muscles.sources,
                muscles.point_sources or [[_GEOMETRY] * len(owners) for owners in muscles.owners],
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
                "slack_length_mm": float(length),
                "slack_source": _SLACK,
                "laws": f"tissues, ligament {name} of the set in the settings",
                "ends": list(origins),
                "source": "points as ends tell",
            }
            for name, key, owners, ends, share, length, origins in zip(
                ligaments.names,
                ligaments.levels,
                ligaments.owners,
                ligaments.points,
                ligaments.shares,
                _slack_lengths(model, settings or Settings()),
                ligaments.sources or [(_GEOMETRY, _GEOMETRY)] * len(ligaments.names),
                strict=True,
            )
        ],
        "tissues": tissues_entry(model.tissues),
    }


def _slack_lengths(model: MultibodyModel, settings: Settings) -> FloatArray:
    return slack_lengths(model, settings.ligaments, settings.flavum_tension)


def _body_source(name: str) -> str:
    if name == "pelvis":
        return "point 105 and axes of S1, or where notes say so the disc above it or the template"
    return f"point 50 and axes of {name}, by points 128, 129 and 130 or by the arch"


def _joint_source(name: str, below: str) -> str:
    lower = "S1" if below == "pelvis" else below
    return f"point 100 of {name}, else half way between 107 of {name} and 105 of {lower}, or where notes say so the bodies"


def _settings_entry(settings: Settings) -> dict[str, Any]:
    """Return each setting with its unit and source; those without a row in their table are names of choices."""
    rows = {name: TABLE.get(name, {}) for name in settings.__dataclass_fields__}
    return {
        name: {"value": getattr(settings, name), "unit": row.get("unit", "name"), "source": row.get("source", "chosen")}
        for name, row in rows.items()
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
    return read_model_and_settings(path)[0]


def read_model_and_settings(path: PathLike) -> tuple[MultibodyModel, Settings]:
    """Read what `write_model` wrote, with the settings of the file; the usual ones where it has none.

    Raises
    ------
    ReadError
        As `read_model`.
    """
    name = Path(path).name
    lacking = "holds no multibody model.", f"Give a {SUFFIX} file that `spinetwin simulate` writes."
    content = of_format(read_json(path), name, FORMAT, VERSION, lacking)
    try:
        settings = _settings(content.get("settings") or {})
        return _with_slack(_model(content), settings, _entries(content, "ligaments")), settings
    except ParameterError as error:
        raise ReadError(f"{name} holds an impossible model: {error.message}", "Build it again.") from error
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
        raise ReadError(
            f"{name} is damaged: its model is not complete.", "Build it again with `spinetwin simulate`."
        ) from error


def is_model(path: PathLike) -> bool:
    """Tell by its name whether a file is one of a model."""
    return str(path).lower().endswith(SUFFIX)


def _settings(entries: dict[str, Any]) -> Settings:
    """Read settings; files of earlier versions of the program have bare values, and lack some."""
    values = {name: each["value"] if isinstance(each, dict) else each for name, each in entries.items()}
    for name, value in values.items():
        if (name in TABLE) != isinstance(value, int | float) or isinstance(value, bool):
            raise TypeError
    return Settings(**values)


def _model(content: dict[str, Any]) -> MultibodyModel:
    bodies, joints = _entries(content, "bodies"), _entries(content, "joints")
    names = [str(each["name"]) for each in bodies]
    if len(joints) != len(bodies) - 1 or names[0] != "pelvis" or [each["below"] for each in joints] != names[1:]:
        raise ValueError
    levels = [level_of(name) for name in names[1:]]
    if any(lower.order <= upper.order for lower, upper in pairwise(levels)):
        raise ValueError
    shoulders, person = content["shoulders"], content["person"]
    return MultibodyModel(
        person=Person(str(person["sex"]), float(person["height_cm"]), float(person["weight_kg"])),
        levels=tuple(each.id for each in levels),
        origins=_numbers([each["origin"] for each in bodies], -1, 3),
        axes=_rotations([each["axes"] for each in bodies]),
        joints=_numbers([each["centre"] for each in joints], -1, 3),
        joint_axes=_rotations([each["axes"] for each in joints]),
        mobile=np.array([each["mobile"] is True for each in joints]),
        trunk=_rotations([content["trunk_axes"]])[0],
        masses=_masses(_entries(content, "masses"), names),
        muscles=_muscles(_entries(content, "muscles"), names),
        ligaments=_ligaments(_entries(content, "ligaments"), names),
        shoulders=_numbers(shoulders["right_left"], 2, 3),
        shoulder_owner=names.index(shoulders["body"]),
        notes=tuple(str(each) for each in content["notes"]),
        suspect=tuple(str(each) for each in content["suspect"]),
        belly=_belly(content.get("belly")),
        template_share=_share(content.get("template_share", 0.0)),
        tissues=tissues_in(content["tissues"]) if "tissues" in content else USUAL,
    )


def _with_slack(model: MultibodyModel, settings: Settings, entries: list[Any]) -> MultibodyModel:
    """Take over slack lengths that were changed by hand; earlier versions of the program wrote what they did not use."""
    if not any("slack_source" in each for each in entries):
        return model
    usual = _slack_lengths(model, settings)
    told = _numbers([each.get("slack_length_mm", one) for each, one in zip(entries, usual, strict=True)], len(entries))
    if (told <= 0).any():
        raise ValueError
    changed = np.abs(told - usual) > _SAME * usual
    slack = np.where(changed, told / usual, 1.0) if changed.any() else None
    return replace(model, ligaments=replace(model.ligaments, slack=slack))


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
        tuple(tuple(str(at.get("source", _GEOMETRY)) for at in each["path"]) for each in entries),
    )


def _ligaments(entries: list[Any], bodies: list[str]) -> Ligaments:
    return Ligaments(
        _texts(entries, "name"),
        tuple(level_of(str(each["level"])).id for each in entries),
        _owners([each["bodies"] for each in entries], bodies).reshape(-1, 2),
        _numbers([each["positions"] for each in entries], len(entries), 2, 3),
        _numbers([each["share"] for each in entries], len(entries)),
        sources=tuple(_ends(each.get("ends", (_GEOMETRY, _GEOMETRY))) for each in entries),
    )


def _ends(sources: Sequence[object]) -> tuple[str, str]:
    """Read the sources of the two points of a strand, which files of earlier versions of the program lack."""
    upper, lower = sources
    return str(upper), str(lower)


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


def _rotations(values: Any) -> FloatArray:
    """Read axes, which are unit vectors at right angles, right-handed."""
    found = _numbers(values, -1, 3, 3)
    if np.abs(found @ found.transpose(0, 2, 1) - np.eye(3)).max() > _SKEW or (np.linalg.det(found) < 0).any():
        raise ValueError
    return found


def _numbers(values: Any, *shape: int) -> FloatArray:
    found = np.array(values, dtype=np.float64).reshape(shape)
    if not (np.abs(found) < _LARGEST).all():
        raise ValueError
    return found
