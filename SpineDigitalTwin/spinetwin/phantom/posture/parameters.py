"""What a spine shall look like, in the words of a clinician."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np

from ...anatomy import LEVELS, Level, level, levels_between
from ...errors import ParameterError
from ..person.dimensions import DIMENSIONS
from ..person.sex_and_stature import check_sex_and_stature
from ..shape.variants import EXTRA, MISSING, Variant, check_variants
from .grades import DiscGrade, check_grade, check_grades
from .pelvis import lordosis as lordosis_of

EXTRA_LEVELS = ("T13", "L6")
"""Levels that only some people have."""

MEAN_LORDOSIS = 50.0
"""Lumbar lordosis of a spine of which nothing is said, degrees."""

_SIDES = ("left", "right")


@dataclass(frozen=True)
class Curve:
    """One coronal curve of a scoliosis.

    Attributes
    ----------
    cobb : float
        Coronal angle between its end vertebrae, degrees.
    apex : str
        Level of its apex.
    side : str
        "right" or "left": where the convexity points.
    half_length : int
        Levels from the apex to each end vertebra.
    axial_coupling : float
        Axial rotation of the apex, towards the convexity, per degree of `cobb`. In 62 patients before an operation it was 22
        degrees in thoracic curves of 68 as they stood, which is the usual value, 0.32, and 20 in curves of 54 as they lay
        prone, which is 0.37, with a standard deviation near half of that; less in lumbar curves (Brink 2017).
    structural : bool
        Whether the curve would stay when the person bends; it changes nothing in the shape.

    References
    ----------
    Brink RC et al. (2017) Upright, prone, and supine spinal morphology and alignment in adolescent idiopathic scoliosis.
    Scoliosis Spinal Disord 12:6 (PMC5320720).
    """

    cobb: float
    apex: str = "T8"
    side: str = "right"
    half_length: int = 5
    axial_coupling: float = 0.32
    structural: bool = True

    def __post_init__(self) -> None:
        within("The Cobb angle", self.cobb, 0.0, 80.0, "degrees")
        within("The axial coupling", self.axial_coupling, 0.0, 0.8, "degrees per degree")
        within("The half length of a curve", self.half_length, 2, 7, "levels")
        if self.side not in _SIDES:
            raise ParameterError(f"The side of a curve is left or right, not {self.side!r}.")
        if level(self.apex).region not in ("thoracic", "lumbar"):
            raise ParameterError(f"The apex of a curve is a thoracic or lumbar level, not {level(self.apex).name}.")


@dataclass(frozen=True)
class SpineParameters:
    """What a spine looks like; angles in degrees.

    Attributes
    ----------
    levels : str
        Levels that are built, such as "C1-S1" or "T10-L5"; T13 and L6 only where named ("C1-T12,T13,L1-S1").
        The posture is that of a whole spine, whatever part of it is built.
    lordosis : float, optional
        Lumbar lordosis, superior endplate of L1 to that of S1. Left out it follows from the pelvic incidence, or is 50.
    kyphosis : float
        Thoracic kyphosis, superior endplate of T1 to inferior endplate of T12.
    cervical_lordosis : float
        Inferior endplate of C2 to inferior endplate of C7.
    curves : tuple of Curve
        Up to three curves of a scoliosis, from the top; none for a straight spine.
    sex : str
        "f" or "m"; "" for the mean of both.
    height_cm : float, optional
        Stature, 120 to 220 cm; the mean of that sex if left out.
    pelvic_incidence : float, optional
        Angle between the normal of the sacral endplate and the way to the hips. It gives sacral slope and pelvic tilt
        (`pelvis`); beside a lordosis of its own, balance decides on the sacral slope.
    scale : float
        Size against an adult of that sex and stature.
    spacing : float
        Disc heights against the mean.
    variants : tuple of Variant
        What is unusual about this spine. The angles above are those that it would have without.
    degeneration : int, optional
        Pfirrmann grade of all discs, 1-5; left out, the discs are as high as those of healthy people.
    grades : tuple of DiscGrade
        Pfirrmann grades of single discs, which go before `degeneration`.
    ribs : bool
        Whether the thoracic vertebrae carry their ribs.
    """

    levels: str = "C1-S1"
    lordosis: float | None = None
    kyphosis: float = 40.0
    cervical_lordosis: float = 15.0
    curves: tuple[Curve, ...] = ()
    sex: str = ""
    height_cm: float | None = None
    pelvic_incidence: float | None = None
    scale: float = 1.0
    spacing: float = 1.0
    variants: tuple[Variant, ...] = ()
    degeneration: int | None = None
    grades: tuple[DiscGrade, ...] = ()
    ribs: bool = False

    def __post_init__(self) -> None:
        if self.pelvic_incidence is not None:
            within("The pelvic incidence", self.pelvic_incidence, 25.0, 90.0, "degrees")
        within("The lordosis", self.lumbar_lordosis, 0.0, 85.0, "degrees")
        within("The kyphosis", self.kyphosis, 0.0, 80.0, "degrees")
        within("The cervical lordosis", self.cervical_lordosis, -15.0, 40.0, "degrees")
        check_sex_and_stature(self.sex, self.height_cm)
        within("The scale", self.scale, 0.5, 1.5, "")
        within("The spacing of the vertebrae", self.spacing, 0.7, 1.5, "times the mean disc height")
        built_levels(self)
        names = [each.name for each in whole_column(self)]
        check_variants(self.variants, names)
        _check_apexes(self.curves, names)
        if self.degeneration is not None:
            check_grade(self.degeneration)
        check_grades(self.grades, whole_column(self))

    def grade(self, key: int) -> int | None:
        """Return the Pfirrmann grade of the disc below a level id, None where nothing is said of it."""
        return {level(each.level).id: each.grade for each in self.grades}.get(key, self.degeneration)

    @property
    def lumbar_lordosis(self) -> float:
        """Lordosis in degrees: as given, or that which goes with the pelvic incidence, or the mean."""
        if self.lordosis is not None:
            return self.lordosis
        return MEAN_LORDOSIS if self.pelvic_incidence is None else lordosis_of(self.pelvic_incidence)


def _check_apexes(curves: Iterable[Curve], names: Collection[str]) -> None:
    """Refuse a curve around a level that the person (levels `names`) does not have."""
    for apex in (level(each.apex).name for each in curves):
        if apex not in names:
            hint = f"Add the variant {apex}, or choose another apex." if apex in EXTRA_LEVELS else "Choose another apex."
            raise ParameterError(f"This spine has no {apex} for the apex of a curve.", hint)


DESCRIBED = ("lordosis", "kyphosis", "cervical_lordosis", "pelvic_incidence", "curves")
"""Parameters that describe a posture; of a measured spine they say nothing."""

_STANDING = ("wedge", "listhesis", "block", *EXTRA, *MISSING)
"""Kinds of variants that a posture must know of."""


def check_measured(parameters: SpineParameters) -> None:
    """Refuse what would change the posture or the levels of a measured spine.

    Raises
    ------
    ParameterError
        In one sentence.
    """
    kinds = [each.kind for each in parameters.variants if each.kind in _STANDING]
    usual = type(parameters)()
    angles = [name for name in DESCRIBED if name != "curves" and getattr(parameters, name) != getattr(usual, name)]
    if angles:
        name = angles[0].replace("_", " ")
        raise ParameterError(f"A measured spine has the {name} that was measured.", f"Leave the {name} out.")
    if parameters.curves:
        raise ParameterError("A measured spine has the curves that were measured.", "Leave the curves out.")
    if kinds:
        raise ParameterError(
            f"A measured spine cannot be given the variant {kinds[0]}.", "Leave it out, or the measured points."
        )


def with_levels(parameters: SpineParameters, found: Iterable[int]) -> SpineParameters:
    """Return the parameters of a measured spine, with a variant for each level that only some people have."""
    names = {level(key).name for key in found}
    extra = tuple(Variant(kind) for kind, name in EXTRA.items() if name in names)
    return replace(parameters, variants=(*parameters.variants, *extra))


def within(what: str, value: float, low: float, high: float, unit: str) -> None:
    """Refuse a value outside its range, in one sentence."""
    if not (np.isfinite(value) and low <= value <= high):
        raise ParameterError(f"{what} must be between {low:g} and {high:g} {unit}".rstrip() + f", not {value:g}.")


def chosen_levels(text: str) -> tuple[Level, ...]:
    """Read a list of levels; T13 and L6 are left out of a range unless it starts or ends there.

    Raises
    ------
    ParameterError
        If a level is unknown, or the phantom does not have it.
    """
    chosen: set[Level] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        ends = level(first), level(last or first)
        chosen.update(each for each in levels_between(*ends) if each in ends or each.name not in EXTRA_LEVELS)
    missing = [each.name for each in chosen if each.id not in DIMENSIONS]
    if missing:
        raise ParameterError(f"The phantom has no level {', '.join(missing)}.", "It goes from C1 to S1.")
    return tuple(sorted(chosen, key=lambda each: each.order))


def built_levels(parameters: SpineParameters) -> tuple[Level, ...]:
    """Return the levels of a spine that are built: those asked for, with and without what its variants add and take away.

    Raises
    ------
    ParameterError
        If a level is named that the spine does not have, or nothing is left.
    """
    chosen = chosen_levels(parameters.levels)
    first, last = chosen[0].order, chosen[-1].order
    extra = [level(EXTRA[each.kind]) for each in parameters.variants if each.kind in EXTRA]
    gone = {MISSING[each.kind] for each in parameters.variants if each.kind in MISSING}
    kept = {each for each in (*chosen, *extra) if each.name not in gone and (first <= each.order <= last)}
    if not kept:
        raise ParameterError(f"This spine has no {parameters.levels}.", "Leave the variant out or choose other levels.")
    return tuple(sorted(kept, key=lambda each: each.order))


def whole_column(parameters: SpineParameters) -> tuple[Level, ...]:
    """Return every level of the person, from C1 to S1; T13 and L6 only where they were asked for."""
    named = {each.name for each in chosen_levels(parameters.levels)}
    named |= {EXTRA[each.kind] for each in parameters.variants if each.kind in EXTRA}
    gone = {MISSING[each.kind] for each in parameters.variants if each.kind in MISSING}
    people = (each for each in LEVELS if each.id in DIMENSIONS and each.name not in gone)
    return tuple(each for each in people if each.name not in EXTRA_LEVELS or each.name in named)
