"""What discs, ligaments and resting muscles are made of: laws as numbers, each with its source.

The usual ones are tables beside this file; a model carries its own, so that a file of it says all that it computes with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..anatomy.tables import read_table
from ..geometry import FloatArray

_BEYOND = 100.0
"""A strain that no ligament reaches."""


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


@dataclass(frozen=True)
class DiscLaw:
    """Stiffness of the discs of a region, straight between preloads and constant beyond them.

    Attributes
    ----------
    preload_n : (j,) array
        Compression, ascending, N.
    stiffness : (j, 3) array
        Against flexion, side bending and turning, Nm/degree.
    source : str
    """

    preload_n: FloatArray
    stiffness: FloatArray
    source: str


@dataclass(frozen=True)
class FibreLaw:
    """Fibres of the fascicles of a group.

    Attributes
    ----------
    optimal_mm : float
        Length at which they pull hardest, and from which on they resist.
    upright : float
        Part of it that they have in the imaged posture.
    source : str
    """

    optimal_mm: float
    upright: float
    source: str


@dataclass(frozen=True)
class RestingCurve:
    """Stress of resting fibres, straight between their lengths.

    Attributes
    ----------
    lengths : (j,) array
        Over the optimal one, ascending; fibres are slack at the first.
    stresses : (j,) array
        N/cm2.
    source : str
    """

    lengths: FloatArray
    stresses: FloatArray
    source: str


@dataclass(frozen=True)
class Tissues:
    """All laws of a model.

    Attributes
    ----------
    ligaments : mapping of (name of a set, ligament) to Law
    discs : mapping of region to DiscLaw
    fibres : mapping of group of muscles to FibreLaw
        Groups that are left out resist nothing.
    resting : RestingCurve
    """

    ligaments: Mapping[tuple[str, str], Law]
    discs: Mapping[str, DiscLaw]
    fibres: Mapping[str, FibreLaw]
    resting: RestingCurve


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


def _discs(rows: list[dict[str, str]]) -> DiscLaw:
    terms = ("flexion_nm_deg", "lateral_nm_deg", "axial_nm_deg")
    return DiscLaw(
        np.array([float(row["preload_n"]) for row in rows]),
        np.array([[float(row[term]) for term in terms] for row in rows]),
        _sources(rows),
    )


def _resting(rows: list[dict[str, str]]) -> RestingCurve:
    lengths, stresses = ([float(row[name]) for row in rows] for name in ("fibre_length", "stress_n_cm2"))
    return RestingCurve(np.array(lengths), np.array(stresses), _sources(rows))


def _sources(rows: list[dict[str, str]]) -> str:
    return "; ".join(dict.fromkeys(row["source"] for row in rows))


def _usual() -> Tissues:
    discs = read_table("disc_stiffness.csv", __package__)
    return Tissues(
        ligaments={(row["set"], row["ligament"]): _law(row) for row in read_table("ligament_laws.csv", __package__)},
        discs={
            region: _discs([row for row in discs if row["region"] == region])
            for region in dict.fromkeys(row["region"] for row in discs)
        },
        fibres={
            row["group"]: FibreLaw(float(row["optimal_length_mm"]), float(row["upright_length"]), row["source"])
            for row in read_table("muscle_fibres.csv", __package__)
        },
        resting=_resting(read_table("resting_curve.csv", __package__)),
    )


USUAL = _usual()
"""The laws of the tables."""
