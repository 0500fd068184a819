"""What the person does: how far the trunk is bent, what the hands hold, whether a bed carries the weight."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..anatomy import level
from ..anatomy.tables import read_table
from ..errors import ParameterError
from .settings import RHYTHM_TABLE, RHYTHMS

_MOST_FLEXION, _MOST_MASS, _FARTHEST_MM = 90.0, 100.0, 900.0


@dataclass(frozen=True)
class Task:
    """One thing that a person does, without moving.

    Attributes
    ----------
    name, label : str
        For the command line and for people.
    trunk_flexion_deg : float
        By how much thorax and arms are bent forward against the imaged posture, -30 to 90 degrees.
    hand_mass_kg : float
        Held in both hands together, the arms hanging.
    supported : bool
        Whether a bed carries every part of the body, so that the spine carries no weight.
    source : str
        Where the task comes from.
    pelvis_share : float, optional
        Part of the flexion that the pelvis makes in this task; that of the settings where nobody knows.
    hands_ahead_mm : float, optional
        How far in front of the sacrum the hands hold what they hold; straight below the shoulders where nobody knows.
    floor_share : float
        Least activation in this task over that of the settings, which is one of upright people.

    Raises
    ------
    ParameterError
        If a number is impossible.
    """

    name: str
    label: str = ""
    trunk_flexion_deg: float = 0.0
    hand_mass_kg: float = 0.0
    supported: bool = False
    source: str = ""
    pelvis_share: float | None = None
    hands_ahead_mm: float | None = None
    floor_share: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.trunk_flexion_deg) or not -30.0 <= self.trunk_flexion_deg <= _MOST_FLEXION:
            raise ParameterError(f"The trunk can be bent by -30 to 90 degrees, not by {self.trunk_flexion_deg:g}.")
        if not math.isfinite(self.hand_mass_kg) or not 0.0 <= self.hand_mass_kg <= _MOST_MASS:
            raise ParameterError(f"The hands can hold 0 to 100 kg, not {self.hand_mass_kg:g}.")
        if self.pelvis_share is not None and not 0.0 <= self.pelvis_share <= 1.0:
            raise ParameterError(f"The pelvis can make 0 to 1 of the flexion, not {self.pelvis_share:g}.")
        if self.hands_ahead_mm is not None and not 0.0 <= self.hands_ahead_mm <= _FARTHEST_MM:
            raise ParameterError(f"The hands reach 0 to {_FARTHEST_MM:g} mm ahead, not {self.hands_ahead_mm:g}.")
        if not 0.0 <= self.floor_share <= 1.0:
            raise ParameterError(f"The share of the least activation must be 0 to 1, not {self.floor_share:g}.")


def _number(text: str) -> float | None:
    return float(text) if text else None


TASKS: dict[str, Task] = {
    row["name"]: Task(
        row["name"],
        row["label"],
        float(row["trunk_flexion_deg"]),
        float(row["hand_mass_kg"]),
        row["supported"] == "yes",
        row["source"],
        _number(row["pelvis_share"]),
        _number(row["hands_ahead_mm"]),
        float(row["floor_share"]),
    )
    for row in read_table("tasks.csv", __package__)
}
"""Known tasks by name."""

_SHARES = {(row["rhythm"], level(row["joint_below"]).id): float(row["share"]) for row in RHYTHM_TABLE}


def lumbar_shares(levels: tuple[int, ...], rhythm: str = RHYTHMS[0]) -> tuple[float, ...]:
    """Return the share of the lumbar flexion that the joint below each level makes.

    They add up to 1 where all joints of the rhythm are there. Where some are not, the others bend no further for it: what
    the missing ones would make is left out, for it cannot be known where it goes.

    Parameters
    ----------
    levels : tuple of int
        Ids of the upper levels of the joints.
    rhythm : str
        One of `settings.RHYTHMS`.

    Raises
    ------
    ParameterError
        If none of the levels is lumbar.
    """
    shares = [_SHARES.get((rhythm, each), 0.0) for each in levels]
    if not sum(shares):
        raise ParameterError("Without a lumbar level the trunk cannot be bent.", "Choose the task standing.")
    missing = sum(share for (name, key), share in _SHARES.items() if name == rhythm and key not in levels)
    return tuple(share / (sum(shares) + missing) for share in shares)
