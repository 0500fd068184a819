"""What a person may decide of the model; each has a default, a range and a source in ``settings.csv``."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from ..anatomy.tables import read_table
from ..errors import ParameterError

TABLE = {row["name"]: row for row in read_table("settings.csv", __package__)}
"""Value, range, unit, meaning and source by name of the setting."""

MM2_PER_CM2 = 100.0

LIGAMENT_SETS = ("stepwise", "bilinear", "linear", "none")
"""Published sets of ligament laws (``ligament_laws.csv``); "none" leaves the ligaments out."""


TEMPLATES = ("warped", "fixed")
"""How the points of pelvis, ribs and sternum are placed: by a smooth warp from the points of interest, or on rigid frames."""

RHYTHM_TABLE = read_table("lumbar_rhythm.csv", __package__)
"""Shares of the joints below some levels in a flexion of the lumbar spine, by the rhythm; they need not add up to 1."""

RHYTHMS = tuple(dict.fromkeys(row["rhythm"] for row in RHYTHM_TABLE))
"""Named after the first authors of their sources."""


def _value(name: str) -> float:
    return float(TABLE[name]["value"])


@dataclass(frozen=True)
class Settings:
    """Settings of the model and of its solution.

    Attributes
    ----------
    strength : float
        Stress of a fully active muscle, N/cm2.
    activation_floor : float
        Least activation of every fascicle.
    power : float
        Power of the activations whose sum is least: 2 or 3.
    pelvis_share : float
        Part of the flexion of the trunk that the pelvis makes.
    reserve_weight : float
        Cost of a squared reserve moment, 1/(Nm)2.
    posture_give : float
        Standard deviation of the angle of each joint, degrees, within which discs yield.
    abdominal_pressure : float
        Pressure in the belly over that of the air, kPa.
    belly_area, belly_arm : float
        Cross-section, cm2, and distance in front of the discs, mm, of the cavity that the pressure fills, in an adult as tall
        as the template.
    template_sacral_slope, template_l5_s1_angle : float
        Degrees; how the pelvis is placed on the sacrum, and the sacrum below L5 where it has no points.
    female_muscle_area, reference_mass : float
        How muscle areas of the table become those of a person.
    ligaments : str
        One of `LIGAMENT_SETS`.
    disc_stiffness, muscle_stiffness : float
        Of discs and of resting muscles, over those of the tables; 0 leaves them out.
    flavum_tension : float
        Tension of each ligamentum flavum in the imaged posture, N.
    rhythm : str
        One of `RHYTHMS`: how the lumbar joints share what the pelvis leaves of a flexion.
    template : str
        One of `TEMPLATES`.

    Raises
    ------
    ParameterError
        If one is out of its range.
    """

    strength: float = _value("strength")
    activation_floor: float = _value("activation_floor")
    power: float = _value("power")
    pelvis_share: float = _value("pelvis_share")
    reserve_weight: float = _value("reserve_weight")
    posture_give: float = _value("posture_give")
    abdominal_pressure: float = _value("abdominal_pressure")
    belly_area: float = _value("belly_area")
    belly_arm: float = _value("belly_arm")
    template_sacral_slope: float = _value("template_sacral_slope")
    template_l5_s1_angle: float = _value("template_l5_s1_angle")
    female_muscle_area: float = _value("female_muscle_area")
    reference_mass: float = _value("reference_mass")
    ligaments: str = LIGAMENT_SETS[0]
    disc_stiffness: float = _value("disc_stiffness")
    muscle_stiffness: float = _value("muscle_stiffness")
    flavum_tension: float = _value("flavum_tension")
    rhythm: str = RHYTHMS[0]
    template: str = TEMPLATES[0]

    def __post_init__(self) -> None:
        for each in fields(self):
            if each.name in TABLE:
                _check(each.name, getattr(self, each.name))
        if self.power not in (2.0, 3.0):
            raise ParameterError(f"The power of the activations must be 2 or 3, not {self.power:g}.")
        _choose("set of ligament laws", self.ligaments, LIGAMENT_SETS)
        _choose("lumbar rhythm", self.rhythm, RHYTHMS)
        _choose("way to place the template", self.template, TEMPLATES)


def _choose(what: str, chosen: str, known: tuple[str, ...]) -> None:
    if chosen not in known:
        raise ParameterError(f"There is no {what} {chosen!r}.", f"Choose one of: {', '.join(known)}.")


def _check(name: str, value: float) -> None:
    row = TABLE[name]
    if not math.isfinite(value) or not float(row["low"]) <= value <= float(row["high"]):
        raise ParameterError(
            f"The setting {name} must be between {row['low']} and {row['high']} {row['unit']}, not {value:g}.",
            f"It is the {row['meaning']}.",
        )
