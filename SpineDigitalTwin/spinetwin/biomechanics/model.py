"""The multibody model as data: bodies, joints, masses, muscles, ligaments, all in the imaged posture."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..geometry import FloatArray, IntArray
from .person import Person
from .tissues import USUAL, Tissues


@dataclass(frozen=True)
class Masses:
    """Point masses.

    Attributes
    ----------
    names : tuple of str
    owners : (q,) array of int
        Index of the body that carries each.
    points : (q, 3) array
        RAS mm.
    kg : (q,) array
    sources : tuple of str
    """

    names: tuple[str, ...]
    owners: IntArray
    points: FloatArray
    kg: FloatArray
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Muscles:
    """Fascicles: strings from point to point.

    Attributes
    ----------
    names, groups, sides : tuples of str
    owners : (m, p) array of int
        Index of the body that carries each point of a path; short paths repeat their last point.
    points : (m, p, 3) array
        RAS mm.
    pcsa_mm2 : (m,) array
        Physiological cross-section of this person.
    sources : tuple of str
    point_sources : tuple of tuple of str
        Of each point of each path, as long as `owners`; empty in old files.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    sides: tuple[str, ...]
    owners: IntArray
    points: FloatArray
    pcsa_mm2: FloatArray
    sources: tuple[str, ...]
    point_sources: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Ligaments:
    """Strands of ligaments, in the imaged posture, where they are slack but for flava that are given a tension.

    Attributes
    ----------
    names : tuple of str
        ALL, PLL, LF, CL, ITL, ISL, SSL, ILL.
    levels : tuple of int
        The upper level of each strand.
    owners : (s, 2) array of int
        Upper and lower body.
    points : (s, 2, 3) array
        RAS mm.
    shares : (s,) array
        Part of the ligament of its level that a strand stands for.
    slack : (s,) array, optional
        Length from which each strand pulls over the one that follows from the imaged posture and the tension of the flava; 1
        where it is left out.
    sources : tuple of (str, str)
        Of the two points of each strand; empty in old files.
    """

    names: tuple[str, ...]
    levels: tuple[int, ...]
    owners: IntArray
    points: FloatArray
    shares: FloatArray
    slack: FloatArray | None = None
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Belly:
    """The cavity in front of the column from the diaphragm down, whose pressure pushes what is above away from what is below.

    Attributes
    ----------
    area_mm2 : float
        Of its cross-section.
    arm_mm : float
        From the centre of a disc forward to the centroid of the cross-section there.
    source : str
    """

    area_mm2: float
    arm_mm: float
    source: str


@dataclass(frozen=True)
class MultibodyModel:
    """A person's trunk as a chain of rigid bodies. Body 0 is the pelvis with the sacrum; body k is `levels[k - 1]`.

    Attributes
    ----------
    person : Person
    levels : tuple of int
        Ids of the vertebrae from the lowest one up; the joint below each has its index.
    origins : (n + 1, 3) array
        Of the bodies, RAS mm.
    axes : (n + 1, 3, 3) array
        Rows right, anterior, superior.
    joints : (n, 3) array
        Centres of the joints, RAS mm.
    joint_axes : (n, 3, 3) array
        Rows right, anterior, superior half way between the two bodies of a joint; loads are told along them.
    mobile : (n,) array of bool
        False inside the thorax, where ribs and sternum carry the moments.
    trunk : (3, 3) array
        Rows right, anterior, superior of the whole trunk.
    masses : Masses
    muscles : Muscles
    ligaments : Ligaments
    shoulders : (2, 3) array
        Where the arms hang, right and left, RAS mm.
    shoulder_owner : int
        Index of the body that carries them.
    notes : tuple of str
        What was made up and not measured, as sentences.
    suspect : tuple of str
        Levels with suspect points that the model rests on.
    belly : Belly, optional
        None where nobody knows it, as in old files.
    template_share : float
        Part of the muscles' points of interest on the levels that are seen which the template placed; 0 in old files.
    tissues : Tissues
        Laws of discs, ligaments and resting muscles.
    """

    person: Person
    levels: tuple[int, ...]
    origins: FloatArray
    axes: FloatArray
    joints: FloatArray
    joint_axes: FloatArray
    mobile: npt.NDArray[np.bool_]
    trunk: FloatArray
    masses: Masses
    muscles: Muscles
    ligaments: Ligaments
    shoulders: FloatArray
    shoulder_owner: int
    notes: tuple[str, ...] = ()
    suspect: tuple[str, ...] = ()
    belly: Belly | None = None
    template_share: float = 0.0
    tissues: Tissues = field(default=USUAL, repr=False)


_FLAVUM = "LF"
"""The ligament that is under tension in every posture."""

_LEAST_MM = 0.1
"""Slack length of a flavum whose points are too near to each other for the tension that is asked for."""


def slack_lengths(imaged: MultibodyModel, laws: str, flavum_n: float = 0.0) -> FloatArray:
    """Return the lengths (s,) from which strands pull, mm: those of the imaged posture, and of the flava what is shorter.

    A model that was changed by hand may tell others, as multiples of these.

    Parameters
    ----------
    imaged : MultibodyModel
        In the imaged posture.
    laws : str
        Name of a set of laws, or "none".
    flavum_n : float
        Tension of each ligamentum flavum in the imaged posture, N.
    """
    usual = _usual_slack(imaged, laws, flavum_n)
    return usual if imaged.ligaments.slack is None else usual * imaged.ligaments.slack


def _usual_slack(imaged: MultibodyModel, laws: str, flavum_n: float) -> FloatArray:
    spanned = strand_lengths(imaged)
    law = imaged.tissues.ligaments.get((laws, _FLAVUM))
    if law is None or not flavum_n:
        return spanned
    free = law.free(spanned)
    flava = np.array(imaged.ligaments.names) == _FLAVUM
    return np.where(flava, np.maximum(spanned - law.strain(flavum_n, free) * free, _LEAST_MM), spanned)


def strand_lengths(model: MultibodyModel) -> FloatArray:
    """Return the lengths (s,) of the strands of ligaments, mm."""
    return np.asarray(np.linalg.norm(np.diff(model.ligaments.points, axis=1)[:, 0], axis=-1))
