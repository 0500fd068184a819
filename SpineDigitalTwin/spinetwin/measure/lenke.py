"""Lenke curve type as a suggestion, with its reasons.

References
----------
Lenke LG et al. (2001) Adolescent idiopathic scoliosis: a new classification to determine extent of spinal arthrodesis.
J Bone Joint Surg Am 83:1169-1181.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..anatomy import level
from .bodies import width
from .curves import ScolioticCurve, find_curves, tilts
from .results import MissingInput
from .sagittal import angle_between
from .subject import Subject

STRUCTURAL_COBB = 25.0
"""Degrees that a minor curve keeps when the patient bends to its side; here the size it has lying stands for that."""

STRUCTURAL_KYPHOSIS = 20.0

_FIRST = "T1"
"""Where the classification begins: its upper end vertebrae are thoracic, and films rarely show a neck."""

_REGIONS = (("proximal thoracic", "T2", "T5"), ("main thoracic", "T6", "T11"), ("thoracolumbar or lumbar", "T12", "L4"))
"""Regions by the apex of a curve, from the top."""

_KYPHOSIS = {
    "proximal thoracic": (("T2", "superior"), ("T5", "inferior")),
    "thoracolumbar or lumbar": (("T10", "superior"), ("L2", "inferior")),
}
_TYPES = {
    (False, True, False): "1",
    (True, True, False): "2",
    (True, True, True): "4",
    (False, False, True): "5",
}
_THORACIC_SAGITTAL = ((10.0, "-"), (40.0, "N"))


@dataclass(frozen=True)
class Suggestion:
    """A curve type such as "1BN", and the reasons for it as one sentence."""

    type: str
    reasons: str


def suggest(subject: Subject) -> Suggestion:
    """Suggest a Lenke type.

    Raises
    ------
    MissingInput
        If there is no curve, or the apices fit no region of the classification.
    """
    below_neck = _below_neck(subject)
    curves = {name: _in_region(below_neck, first, last) for name, first, last in _REGIONS}
    major = max((each for each in curves.values() if each), key=lambda each: each.cobb, default=None)
    if major is None:
        raise MissingInput("there is no scoliotic curve with an apex from T2 to L4")
    structural = {
        name: curve is not None and _structural(subject, name, curve, curve is major) for name, curve in curves.items()
    }
    kind = _type_of(structural, curves, major)
    modifier, why = _lumbar_modifier(subject, curves["thoracolumbar or lumbar"])
    sagittal = _sagittal_modifier(subject)
    reasons = [_reason(name, curve, curve is major, structural[name]) for name, curve in curves.items() if curve]
    reasons += [why, "side bending films are not seen, so the size lying stands for what a curve keeps when bent"]
    return Suggestion(kind + modifier + sagittal, "; ".join(reasons))


def _below_neck(subject: Subject) -> tuple[ScolioticCurve, ...]:
    """Return the curves of the column from T1 down, so that a spine is of one type whether or not its neck is in view."""
    column = tilts(subject.spine, subject.coronal)
    kept = [place for place, key in enumerate(column.levels) if level(key).order >= level(_FIRST).order]
    return find_curves(column.of(kept))


def _in_region(curves: tuple[ScolioticCurve, ...], first: str, last: str) -> ScolioticCurve | None:
    inside = [each for each in curves if level(first).order <= level(each.apex).order <= level(last).order]
    return max(inside, key=lambda each: each.cobb, default=None)


def _structural(subject: Subject, name: str, curve: ScolioticCurve, major: bool) -> bool:
    if major or curve.cobb >= STRUCTURAL_COBB:
        return True
    if name not in _KYPHOSIS:
        return False
    try:
        return -float(angle_between(subject.spine, *_KYPHOSIS[name], subject.sagittal)) >= STRUCTURAL_KYPHOSIS
    except MissingInput:
        return False


def _type_of(structural: dict[str, bool], curves: dict[str, ScolioticCurve | None], major: ScolioticCurve) -> str:
    flags = tuple(structural.values())
    if flags == (False, True, True):
        return "3" if curves["main thoracic"] is major else "6"
    found = _TYPES.get(flags)  # type: ignore[arg-type]
    if found is None:
        names = " and ".join(name for name, flag in structural.items() if flag)
        raise MissingInput(f"structural curves that are {names} make no Lenke type")
    return found


def _lumbar_modifier(subject: Subject, lumbar: ScolioticCurve | None) -> tuple[str, str]:
    """Return A, B or C by where the central sacral vertical line passes the lumbar apex, and the reason."""
    if lumbar is None:
        return "A", "there is no lumbar curve"
    try:
        line = float(subject.coronal.offset(subject.spine.centre(level("S1").id)))
        half = float(width(subject.spine, lumbar.apex)) / 2
    except MissingInput:
        return "?", "the sacrum is not seen, which the lumbar modifier needs"
    away = abs(float(subject.coronal.offset(subject.spine.centre(lumbar.apex))) - line)
    apex = level(lumbar.apex).name
    # the pedicles stand on the outer half of the body: the line between them makes A, through them B, beside the body C
    if away < half / 2:
        return "A", f"the sacral line passes {apex} between its pedicles"
    if away <= half:
        return "B", f"the sacral line touches {apex}"
    return "C", f"the sacral line passes beside {apex}"


def _sagittal_modifier(subject: Subject) -> str:
    try:
        kyphosis = -float(angle_between(subject.spine, ("T5", "superior"), ("T12", "inferior"), subject.sagittal))
    except MissingInput:
        return "?"
    return next((sign for limit, sign in _THORACIC_SAGITTAL if kyphosis < limit), "+")


def _reason(name: str, curve: ScolioticCurve, major: bool, structural: bool) -> str:
    kind = "the major curve" if major else "structural" if structural else "not structural"
    return f"{name} curve of {curve.cobb:.0f} degrees: {kind}"
