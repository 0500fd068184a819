"""A model in one task as engines for rigid bodies want it: bodies, joints with angles, strings, springs; all laws as numbers.

Everything is told in the imaged posture; the angles of the joints lead to the posture of the task.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..geometry import FloatArray, IntArray

GROUND = -1
"""Owner of what does not move."""


@dataclass(frozen=True)
class Bodies:
    """Rigid bodies; the first is the pelvis with the sacrum, each other one stands on the one before it.

    Attributes
    ----------
    names : tuple of str
    origins : (b, 3) array
        RAS mm.
    axes : (b, 3, 3) array
        Rows right, anterior, superior.
    kg : (b,) array
    centres : (b, 3) array
        Centres of mass, RAS mm; the origin where a body has no mass.
    inertias : (b, 3, 3) array
        About the centre of mass along RAS, kg mm2.
    """

    names: tuple[str, ...]
    origins: FloatArray
    axes: FloatArray
    kg: FloatArray
    centres: FloatArray
    inertias: FloatArray


@dataclass(frozen=True)
class Joints:
    """Ball joints; joint k carries body k, the first one on the ground.

    Attributes
    ----------
    names : tuple of str
        Upper level and lower level, such as L4_L5.
    centres : (b, 3) array
        RAS mm.
    axes : (b, 3, 3) array
        Rows right, anterior, superior, between the two bodies; angles, and the stiffness of the disc, are about them.
    mobile : (b,) array of bool
        False where two bodies are one.
    angles : (b, 3) array
        Degrees about right, then the anterior axis that has turned along, then the superior one; right-handed, so that
        flexion is negative.
    stiffness : (b, 3) array
        Of the discs about right, anterior and superior, Nm/degree.
    """

    names: tuple[str, ...]
    centres: FloatArray
    axes: FloatArray
    mobile: npt.NDArray[np.bool_]
    angles: FloatArray
    stiffness: FloatArray


@dataclass(frozen=True)
class Strings:
    """Fascicles.

    Attributes
    ----------
    names, groups : tuples of str
    owners : tuple of (p,) arrays of int
        Body that carries each point of a path.
    points : tuple of (p, 3) arrays
        RAS mm.
    strengths, forces : (m,) arrays
        At full activation, and in the task, N.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    owners: tuple[IntArray, ...]
    points: tuple[FloatArray, ...]
    strengths: FloatArray
    forces: FloatArray


@dataclass(frozen=True)
class Bands:
    """Strands that resist when they are long: of ligaments, or of resting muscles.

    Attributes
    ----------
    names : tuple of str
    owners : tuple of (p,) arrays of int
        Body that carries each point of a path; ligaments have two.
    points : tuple of (p, 3) arrays
        RAS mm.
    slack_mm : (s,) array
    curves : tuple of (j, 2) arrays
        Strain and tension (N) from (0, 0) to where the strand tears; straight between.
    torn : (s,) array of bool
        Whether a strand is beyond the end of its curve in the task, and carries nothing.
    """

    names: tuple[str, ...]
    owners: tuple[IntArray, ...]
    points: tuple[FloatArray, ...]
    slack_mm: FloatArray
    curves: tuple[FloatArray, ...]
    torn: npt.NDArray[np.bool_]


def resting_name(muscle: str) -> str:
    """Return what the passive part of a fascicle is called among the strands."""
    return f"{muscle}_resting"


@dataclass(frozen=True)
class Burdens:
    """What the hands hold, as points that hang on a body.

    Attributes
    ----------
    names : tuple of str
    owners : (c,) array of int
    points : (c, 3) array
        RAS mm.
    kg : (c,) array
    """

    names: tuple[str, ...]
    owners: IntArray
    points: FloatArray
    kg: FloatArray


@dataclass(frozen=True)
class Mechanism:
    """A model in one task.

    Attributes
    ----------
    title : str
        What it is, for people.
    bodies : Bodies
    joints : Joints
    strings : Strings
        What muscles pull with because they are active.
    bands : Bands
        Ligaments.
    resting : Bands
        What muscles pull with however little they are active.
    burdens : Burdens
    gravity : float
        m/s2 downwards; 0 where a bed carries everything.
    floor : float
        Least activation.
    notes : tuple of str
        What to know of it, as sentences.
    """

    title: str
    bodies: Bodies
    joints: Joints
    strings: Strings
    bands: Bands
    resting: Bands
    burdens: Burdens
    gravity: float
    floor: float
    notes: tuple[str, ...] = ()
