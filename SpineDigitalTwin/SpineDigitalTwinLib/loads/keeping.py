"""The loads that were kept to be compared with: before a correction, lying, in another task. Saved with the scene."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import rolenodes
from .tubes import FOLDER

if TYPE_CHECKING:
    from spinetwin.biomechanics import Loads

ROLE = "kept loads"

_TEXT = "vtkMRMLTextNode"
_QUANTITIES = ("compression", "shear_anterior", "shear_right")


@dataclass(frozen=True)
class Kept:
    """Loads of each joint at another time.

    Attributes
    ----------
    about : str
        What they are, for people.
    levels : tuple of int
        Upper level of each joint, from the lowest one up.
    compression, shear_anterior, shear_right : tuples of float
        N, as in `Loads`.
    """

    about: str
    levels: tuple[int, ...]
    compression: tuple[float, ...]
    shear_anterior: tuple[float, ...]
    shear_right: tuple[float, ...]

    def at(self, name: str, level: int) -> float | None:
        """Return one of the forces below a level; None for a level that was not there."""
        return float(getattr(self, name)[self.levels.index(level)]) if level in self.levels else None


def keep(found: Loads, about: str) -> None:
    """Keep loads in the scene, in place of those that were kept."""
    from spinetwin.anatomy import level

    node = rolenodes.ensure(_TEXT, ROLE, "Loads, kept", FOLDER)
    names = [level(key).name for key in found.levels]
    forces = {name: [float(each) for each in getattr(found, name)] for name in _QUANTITIES}
    was = node.StartModify()
    node.SetText(json.dumps({"about": about, "levels": names, **forces}, ensure_ascii=False))
    node.HideFromEditorsOn()
    node.EndModify(was)


def forget() -> None:
    """Take the kept loads out of the scene."""
    rolenodes.remove(_TEXT, [ROLE], FOLDER)


def kept() -> Kept | None:
    """Return the kept loads; None where there are none, or loaded ones are damaged."""
    from spinetwin.anatomy import level
    from spinetwin.errors import SpineTwinError

    node = rolenodes.find(_TEXT, ROLE)
    if node is None or not node.GetText():
        return None
    try:
        content = json.loads(node.GetText())
        levels = tuple(level(str(name)).id for name in content["levels"])
        forces = [tuple(float(each) for each in content[name]) for name in _QUANTITIES]
    except (ValueError, TypeError, KeyError, RecursionError, SpineTwinError):
        return None
    whole = all(len(each) == len(levels) and all(map(math.isfinite, each)) for each in forces)
    return Kept(str(content.get("about", "")), levels, *forces) if whole else None
