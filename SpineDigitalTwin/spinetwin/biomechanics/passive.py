"""What discs and ligaments do when the spine leaves the posture in which it was imaged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..anatomy import level
from ..anatomy.tables import read_table
from ..geometry import FloatArray
from .model import MultibodyModel

_DISCS = read_table("disc_stiffness.csv", __package__)
_BEYOND = 100.0
"""A strain that no ligament reaches."""

_TERMS = ("flexion_nm_deg", "lateral_nm_deg", "axial_nm_deg")


@dataclass(frozen=True)
class Law:
    """Tension of a ligament over its strain, in straight pieces from (0, 0).

    Attributes
    ----------
    per_length : bool
        Whether tensions are per mm of free length (from stiffness) or absolute (from modulus and area).
    strains : (j,) array
        Where the pieces begin, ascending from 0.
    slopes : (j,) array
        N per unit strain, and per mm of free length where `per_length` says so.
    free_mm : float
        Length of the ligament in an adult between its insertions, over which strains are told.
    failure_n : float
        Tension at which the ligament tears.
    source : str
    """

    per_length: bool
    strains: FloatArray
    slopes: FloatArray
    free_mm: float
    failure_n: float
    source: str

    def tension(self, strain: FloatArray, length: FloatArray) -> FloatArray:
        """Return the tension, N, at strains (...) of ligaments of free lengths (...), mm; slack carries nothing."""
        ends = np.append(self.strains[1:], np.inf)
        parts = np.clip(strain[..., None], self.strains, ends) - self.strains
        tension = np.maximum(parts, 0.0) @ self.slopes
        return np.asarray(tension * length if self.per_length else tension)

    def strain(self, tension: float, length: FloatArray) -> FloatArray:
        """Return the strains (...) at which ligaments of free lengths (...), mm, pull with a tension, N."""
        bends = np.append(self.strains, _BEYOND)
        wholes = np.stack([self.tension(np.full(np.shape(length), bend), length) for bend in bends], axis=-1)
        flat = [np.interp(tension, each, bends) for each in wholes.reshape(-1, len(bends))]
        return np.array(flat).reshape(np.shape(length))

    def free(self, spanned: FloatArray) -> FloatArray:
        """Return the free lengths (...), mm, of strands that span some lengths (...), mm.

        Points of interest on the rims of bodies span the gap between them alone, and the ligament goes on along the bone.
        """
        return np.maximum(spanned, self.free_mm)


def _law(row: dict[str, str]) -> Law:
    slopes = [float(row[name]) for name in ("slope_1", "slope_2", "slope_3") if row[name]]
    bounds = [float(row[name]) / 100 for name in ("strain_1_percent", "strain_2_percent") if row[name]]
    per_length = row["kind"] == "stiffness_n_mm"
    factor = 1.0 if per_length else float(row["area_mm2"])
    return Law(
        per_length,
        np.array([0.0, *bounds]),
        factor * np.array(slopes),
        float(row["free_mm"]),
        float(row["failure_n"]),
        row["source"],
    )


LAWS = {(row["set"], row["ligament"]): _law(row) for row in read_table("ligament_laws.csv", __package__)}
"""Law by name of the set and of the ligament."""


@dataclass(frozen=True)
class Stretch:
    """Ligaments in a pose.

    Attributes
    ----------
    strains : (s,) array
        Lengthening against the slack length over the free length; negative where a strand is slack.
    tensions : (s,) array
        N; 0 for torn strands.
    torn : (s,) array of bool
        Whether a strand is stretched beyond the load at which such ligaments fail.
    """

    strains: FloatArray
    tensions: FloatArray
    torn: npt.NDArray[np.bool_]


_FLAVUM = "LF"
"""The ligament that is under tension in every posture."""

_LEAST_MM = 0.1
"""Slack length of a flavum whose points are too near to each other for the tension that is asked for."""


def slack_lengths(imaged: MultibodyModel, laws: str, flavum_n: float = 0.0) -> FloatArray:
    """Return the lengths (s,) from which strands pull, mm: those of the imaged posture, and of the flava what is shorter.

    Parameters
    ----------
    imaged : MultibodyModel
        In the imaged posture.
    laws : str
        Name of a set of laws, or "none".
    flavum_n : float
        Tension of each ligamentum flavum in the imaged posture, N.
    """
    spanned = strand_lengths(imaged)
    law = LAWS.get((laws, _FLAVUM))
    if law is None or not flavum_n:
        return spanned
    free = law.free(spanned)
    flava = np.array(imaged.ligaments.names) == _FLAVUM
    return np.where(flava, np.maximum(spanned - law.strain(flavum_n, free) * free, _LEAST_MM), spanned)


def strand_lengths(model: MultibodyModel) -> FloatArray:
    """Return the lengths (s,) of the strands of ligaments, mm."""
    return np.asarray(np.linalg.norm(np.diff(model.ligaments.points, axis=1)[:, 0], axis=-1))


def stretch(imaged: MultibodyModel, posed: MultibodyModel, laws: str, flavum_n: float = 0.0) -> Stretch:
    """Return strain and tension of every strand; a set without a law for a ligament leaves it out.

    Parameters
    ----------
    imaged, posed : MultibodyModel
        The same model in the imaged posture, and in the pose.
    laws : str
        Name of a set of laws, or "none".
    flavum_n : float
        As for `slack_lengths`.
    """
    spanned, slack, now = strand_lengths(imaged), slack_lengths(imaged, laws, flavum_n), strand_lengths(posed)
    strains = (now - slack) / np.maximum(spanned, 1e-9)
    tensions, torn = np.zeros_like(strains), np.zeros(strains.shape, dtype=np.bool_)
    names = np.array(imaged.ligaments.names)
    for name in dict.fromkeys(imaged.ligaments.names):
        law = LAWS.get((laws, name))
        if law is None:
            continue
        which = names == name
        free = law.free(spanned[which])
        strains[which] = (now - slack)[which] / free
        whole = law.tension(strains[which], free)
        torn[which] = whole > law.failure_n
        tensions[which] = np.where(whole > law.failure_n, 0.0, whole * imaged.ligaments.shares[which])
    return Stretch(strains, tensions, torn)


def disc_stiffness(model: MultibodyModel, preload_n: FloatArray, scale: float = 1.0) -> FloatArray:
    """Return the stiffness (n, 3) of each disc against flexion, side bending and turning, Nm/degree.

    Parameters
    ----------
    preload_n : (n,) array
        Compression, N; beyond the range of the table its ends are taken.
    scale : float
        Of all stiffness; 0 leaves discs out.
    """
    found = np.zeros((len(model.levels), 3))
    regions = np.array([level(key).region for key in model.levels])
    for region in dict.fromkeys(regions.tolist()):
        rows = [row for row in _DISCS if row["region"] == region]
        loads = [float(row["preload_n"]) for row in rows]
        here = regions == region
        for column, term in enumerate(_TERMS):
            found[here, column] = np.interp(preload_n[here], loads, [float(row[term]) for row in rows])
    return scale * found
