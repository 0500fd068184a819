"""Tables of the report of loads, as html."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

import numpy as np

from ...anatomy import level
from ...biomechanics.model import MultibodyModel
from ...biomechanics.results import Interval, Loads, PastLoads
from ...biomechanics.settings import RHYTHM_TABLE, TABLE, Settings
from ...biomechanics.tissues import USUAL

NOTHING = "–"
_SIDES = ("right", "left")
_TELLING = 10.0
"""Times its former size up to which the change of a force is told as a part of it, and as newtons beyond."""
_STRETCHED = 0.001
"""Strain from which a ligament is told."""


def _html(heads: Sequence[str], rows: Iterator[Sequence[str]], words: int = 1) -> str:
    """Return a table; the first `words` columns are text, the others numbers."""
    head = "".join(f"<th{_side(at, words)}>{escape(text)}</th>" for at, text in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(f"<td{_side(at, words)}>{escape(c)}</td>" for at, c in enumerate(row)) + "</tr>" for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _side(at: int, words: int) -> str:
    return "" if at < words else ' class="number"'


def _whole(value: float) -> str:
    return f"{value:.0f}".replace("-0", "0") if abs(value) < 0.5 else f"{value:.0f}"


def joint_name(found: Loads, at: int) -> str:
    """Return the name of a joint by its two levels."""
    below = "S1" if at == 0 else level(found.levels[at - 1]).name
    return f"{level(found.levels[at]).name}/{below}"


def joints_table(found: Loads, spread: Interval | None) -> str:
    """Return one row for each joint, from the top."""
    heads = ("Joint", "Compression, N", "Shear forward, N", "Shear right, N", "Weight above, N")
    more = ("Flexion moment, Nm", "Passive share", "Muscles lack, Nm")
    return _html((*heads, *more), (_joint(found, spread, at) for at in reversed(range(len(found.levels)))))


def _joint(found: Loads, spread: Interval | None, at: int) -> Sequence[str]:
    forces = [_force(found, spread, name, at) for name in ("compression", "shear_anterior", "shear_right")]
    if found.in_thorax[at]:
        return [joint_name(found, at), *forces, _whole(found.weight[at]), "ribs", "ribs", "ribs"]
    share = float(found.passive_share[at])
    moments = [f"{-found.demand[at, 0] + 0.0:.1f}", NOTHING if math.isnan(share) else f"{100 * share:.0f} %"]
    return [joint_name(found, at), *forces, _whole(found.weight[at]), *moments, f"{np.linalg.norm(found.lacking[at]):.1f}"]


def _force(found: Loads, spread: Interval | None, name: str, at: int) -> str:
    value = _whole(getattr(found, name)[at])
    return value if spread is None else f"{value} ({_whole(spread.low[name][at])} to {_whole(spread.high[name][at])})"


def comparison_table(found: Loads, past: PastLoads) -> str:
    """Return compression and shear of the joints that two results share: before, now, and what changed."""
    heads = (
        "Joint",
        "Compression before",
        "now, N",
        "change",
        "Shear forward before",
        "now, N",
        "Shear right before",
        "now, N",
    )
    where = {key: at for at, key in enumerate(past.levels)}
    shared = [(at, where[key]) for at, key in enumerate(found.levels) if key in where]
    if not shared:
        return "<p>The two results have no joint in common.</p>"
    return _html(heads, (_compared(found, past, now, before) for now, before in reversed(shared)))


def _compared(found: Loads, past: PastLoads, now: int, before: int) -> Sequence[str]:
    old, new = past.compression[before], found.compression[now]
    shears = [
        _whole(each)
        for name in ("shear_anterior", "shear_right")
        for each in (getattr(past, name)[before], getattr(found, name)[now])
    ]
    return [joint_name(found, now), _whole(old), _whole(new), _change(old, new), *shears]


def _change(old: float, new: float) -> str:
    """Return by how much a force has changed; a part of next to nothing, as of a lying person, says nothing."""
    part = new / old - 1 if old > 0 else np.inf
    return f"{part:+.0%}".replace("%", " %") if abs(part) < _TELLING else f"{new - old:+.0f} N"


def muscles_table(model: MultibodyModel, found: Loads) -> str:
    """Return one row for each muscle: force, that of it at rest and activation on both sides; fascicles at their limit."""
    sides = [
        f"{what} {side}{unit}" for what, unit in (("Force", ", N"), ("at rest", ", N"), ("Activation", "")) for side in _SIDES
    ]
    heads = ("Muscle", *sides, "Fascicles at their limit")
    return _html(heads, (_muscle(model, found, group) for group in dict.fromkeys(model.muscles.groups)))


def _muscle(model: MultibodyModel, found: Loads, group: str) -> Sequence[str]:
    pairs = list(zip(model.muscles.groups, model.muscles.sides, strict=True))
    sides = [np.array([pair == (group, side) for pair in pairs]) for side in _SIDES]
    whole = found.muscle_forces + found.resting_forces
    forces = [_whole(float(each[which].sum())) for each in (whole, found.resting_forces) for which in sides]
    most = [f"{found.activations[which].max(initial=0.0):.2f}" for which in sides]
    full = int(sum((found.activations[which] > 0.999).sum() for which in sides))
    return [group.replace("_", " "), *forces, *most, str(full)]


def ligaments_table(model: MultibodyModel, found: Loads) -> str:
    """Return the ligaments that are stretched: greatest strain and force of their strands; torn ones carry nothing."""
    rows = list(_ligaments(model, found))
    if not rows:
        return "<p>No ligament is stretched in this posture, or none is in the model.</p>"
    return _html(("Ligament", "Below", "Strain", "Force, N", "Beyond failure"), iter(rows), words=2)


def _ligaments(model: MultibodyModel, found: Loads) -> Iterator[Sequence[str]]:
    strands = list(zip(model.ligaments.names, model.ligaments.levels, strict=True))
    for name, key in dict.fromkeys(strands):
        which = np.array([each == (name, key) for each in strands])
        strains, forces = found.ligament_strains[which], found.ligament_forces[which]
        known = (found.settings.ligaments, name) in model.tissues.ligaments
        if known and strains.max() > _STRETCHED:
            torn = int(((strains > _STRETCHED) & (forces == 0.0)).sum())
            said = f"{torn} of {len(strains)} strands" if torn else ""
            yield [name, level(key).name, f"{100 * strains.max():.0f} %", _whole(float(forces.sum())), said]


def _rhythm(name: str) -> tuple[str, str]:
    """Return a rhythm with its shares from below, and its sources."""
    rows = [row for row in RHYTHM_TABLE if row["rhythm"] == name]
    whole = sum(float(row["share"]) for row in rows)
    shares = ", ".join(f"below {row['joint_below']} {float(row['share']) / whole:.0%}" for row in reversed(rows))
    return f"{name}: {shares}", "; ".join(dict.fromkeys(row["source"] for row in rows))


def _laws(chosen: str) -> str:
    """Return where the laws of a set are from, ligament by ligament."""
    by_source: dict[str, list[str]] = {}
    for (each, ligament), law in USUAL.ligaments.items():
        if each == chosen:
            by_source.setdefault(law.source, []).append(ligament)
    return "; ".join(f"{', '.join(names)}: {source}" for source, names in by_source.items()) or "ligaments are left out"


def settings_table(settings: Settings) -> str:
    """Return every setting with its unit, meaning and source."""
    rows = [
        [row["meaning"], f"{getattr(settings, name):g} {'' if row['unit'] == '1' else row['unit']}".strip(), row["source"]]
        for name, row in TABLE.items()
        if hasattr(settings, name)
    ]
    rows.append(["set of ligament laws", settings.ligaments, _laws(settings.ligaments)])
    rows.append(["lumbar rhythm: shares of the joints in a flexion", *_rhythm(settings.rhythm)])
    rows.append(["how pelvis, ribs and sternum are placed", settings.template, "landmarks and smoothing: template.py"])
    return _html(("Setting", "Value", "Source"), iter(rows), words=3)
