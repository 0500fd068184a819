"""From a subject to all its measurements: every quantity of the table, asked of every place it applies to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from importlib import import_module

import numpy as np

from ..anatomy import LEVELS, PointId, level
from ..geometry import FloatArray
from . import curves as curve_functions
from . import sagittal
from .curves import ScolioticCurve
from .landmarks import Landmarks
from .lenke import suggest
from .map_spread import map_spread
from .muscle_levels import muscle_measurements
from .planes import image_coronal
from .regions import Regions
from .results import Measurement, Measurements, MissingInput
from .rotation import apical_translation, axial_rotation, rotation_uncertainty
from .spinecurve import SpineCurve, curve_spreads, spine_curve
from .spread import VOXEL_SPREAD
from .subject import Subject
from .table import QUANTITIES, Quantity
from .volumes import volume_measurements

DRAWS = 200
"""How many draws of the points the uncertainty rests on."""

Value = FloatArray | float | str
Ask = Callable[[Landmarks], Value]

_SIDES = ("left", "right")
_POSTURE = {"scoliosis", "sagittal"}


def measure(subject: Subject, *, draws: int = DRAWS, seed: int = 0) -> Measurements:
    """Measure everything that can be measured.

    Parameters
    ----------
    subject : Subject
        The spine.
    draws : int
        How many draws of its uncertain points the standard deviations rest on; 0 leaves these out.
    seed : int
        Of the draws; the same seed gives the same numbers.

    Returns
    -------
    Measurements
        One entry for each quantity and place; what cannot be measured is there with its reason.
    """
    return Measurements(tuple(_Survey(subject, draws, seed).all()))


class _Survey:
    """Asks a subject for every quantity."""

    def __init__(self, subject: Subject, draws: int, seed: int) -> None:
        self.subject = subject
        self.drawn = subject.drawn(draws, np.random.default_rng(seed)) if draws else None

    def all(self) -> Iterator[Measurement]:
        """Yield every measurement in the order of the table."""
        for quantity in QUANTITIES:
            place = next(each for each in _PLACES if each in quantity.scope)
            yield from _PLACES[place](self, quantity)

    def ask(self, quantity: Quantity, function: Ask, note: str = "", **place: int | str | None) -> Measurement:
        """Ask for one number or word; what it lacks becomes the reason, and the draws its uncertainty."""
        try:
            value = function(self.subject.spine)
            if isinstance(value, str):
                return Measurement(quantity.name, None, quantity.unit, reason=note, text=value, **place)  # type: ignore[arg-type]
            number = float(value)
        except MissingInput as lack:
            return Measurement(quantity.name, None, quantity.unit, reason=str(lack), **place)  # type: ignore[arg-type]
        if not np.isfinite(number):
            return Measurement(quantity.name, None, quantity.unit, reason="not defined here", **place)  # type: ignore[arg-type]
        if quantity.group in _POSTURE:
            note = "; ".join(filter(None, (self.subject.posture, note)))
        spread = self._spread(function) if "maps" not in quantity.scope else None
        return Measurement(quantity.name, number, quantity.unit, uncertainty=spread, reason=note, **place)  # type: ignore[arg-type]

    def _spread(self, function: Ask) -> float | None:
        if self.drawn is None:
            return None
        values = np.asarray(function(self.drawn))
        return float(values.std(axis=0)) if values.ndim == 1 else None

    def levels(self, quantity: Quantity) -> Iterator[Measurement]:
        """Ask of every body."""
        function = _named(quantity)
        for key in self.subject.column:
            if (key, PointId.BODY) in self.subject.spine.points:
                yield self.ask(quantity, _asking(function, key, *quantity.arguments), self.subject.doubt(key), level=key)

    def gaps(self, quantity: Quantity) -> Iterator[Measurement]:
        """Ask of every pair of neighbours."""
        function = self.segmental_angle if quantity.function == "segmental_angle" else _named(quantity)
        for pair in self.subject.gaps:
            yield self.ask(quantity, _asking(function, *pair, *quantity.arguments), self.subject.doubt(*pair), level=pair[0])

    def segmental_angle(self, spine: Landmarks, upper: int, lower: int) -> FloatArray:
        """Return the sagittal angle between the superior endplates of neighbours."""
        plates = [(level(key).name, "superior") for key in (upper, lower)]
        return sagittal.angle_between(spine, plates[0], plates[1], self.subject.sagittal)

    def maps(self, quantity: Quantity) -> Iterator[Measurement]:
        """Ask the label maps, of levels or gaps, of either side where there are two."""
        function, regions = _named(quantity), self.subject.regions
        places = self.subject.gaps if "gap" in quantity.scope else tuple((key,) for key in self._bodies())
        for place in places:
            for side in _SIDES if "sided" in quantity.scope else ("",):
                extra = (side,) if side else ()
                asked = _asking(_need_maps(function), regions, *place, *quantity.arguments, *extra)
                measured = self.ask(quantity, asked, self.subject.doubt(*place), level=place[0], side=side)
                yield self._with_map_spread(quantity, measured, place[0], side)

    def _with_map_spread(self, quantity: Quantity, measured: Measurement, key: int, side: str) -> Measurement:
        regions = self.subject.regions
        if self.drawn is None or measured.value is None or regions is None:
            return measured
        spread = map_spread(self.subject.spine, regions, quantity, key, side, measured.value)
        return replace(measured, uncertainty=spread)

    def _bodies(self) -> list[int]:
        return [key for key in self.subject.column if (key, PointId.BODY) in self.subject.spine.points]

    def sagittal(self, quantity: Quantity) -> Iterator[Measurement]:
        """Ask for one number in the sagittal plane."""

        def value(spine: Landmarks) -> Value:
            view = self.subject.sagittal
            if quantity.function in ("kyphosis", "lordosis"):
                first, above, second, below = quantity.arguments
                angle = sagittal.angle_between(spine, (first, above), (second, below), view)
                return -angle if quantity.function == "kyphosis" else angle
            return _named(quantity)(spine, view)

        yield self.ask(quantity, value)

    def hips(self, quantity: Quantity) -> Iterator[Measurement]:
        """Ask for one number that needs the femoral heads."""
        yield self.ask(quantity, lambda spine: _named(quantity)(spine, self.subject.heads, self.subject.sagittal))

    def coronal(self, quantity: Quantity) -> Iterator[Measurement]:
        """Ask for one number in the coronal plane."""
        yield self.ask(quantity, lambda spine: _named(quantity)(spine, self.subject.coronal))

    def turns(self, quantity: Quantity) -> Iterator[Measurement]:
        """Ask how every level is turned against the reference."""
        for key in self.subject.spine.frames:
            measured = self.ask(quantity, partial(self._turn, quantity, key), self._note(), level=key)
            yield self._with_rotation_spread(measured, key)

    def _turn(self, quantity: Quantity, key: int, spine: Landmarks) -> Value:
        return _named(quantity)(spine.frame(key), self.subject.reference[1])

    def _note(self) -> str:
        try:
            return self.subject.reference_note
        except MissingInput:
            return ""

    def _with_rotation_spread(self, measured: Measurement, key: int) -> Measurement:
        if self.drawn is None or measured.value is None:
            return measured
        spread = VOXEL_SPREAD * float(np.linalg.norm(self.subject.voxel, axis=0).max())
        return replace(measured, uncertainty=rotation_uncertainty(self.subject.spine, key, spread))

    def curves(self, quantity: Quantity) -> Iterator[Measurement]:
        """Ask of every scoliotic curve."""
        try:
            found = self.subject.curves
        except MissingInput as lack:
            yield Measurement(quantity.name, None, quantity.unit, reason=str(lack))
            return
        for number, curve in enumerate(found, start=1):
            note = self._note() if quantity.function == "apical_rotation" else ""
            if quantity.function == "apical_translation":
                note = self._plumb_line(curve)
            measured = self.ask(quantity, partial(self._of_curve, quantity, curve), note, curve=number)
            yield self._with_curve_spread(quantity, measured, curve)

    def _with_curve_spread(self, quantity: Quantity, measured: Measurement, curve: ScolioticCurve) -> Measurement:
        if self.drawn is None or measured.value is None:
            return measured
        if quantity.function == "apical_rotation":
            return self._with_rotation_spread(measured, curve.apex)
        if quantity.function == "greatest_angle":
            spread = curve_functions.greatest_angle_spread(self.drawn, curve, self.subject.coronal)
            return replace(measured, uncertainty=spread)
        return measured

    def _plumb_line(self, curve: ScolioticCurve) -> str:
        try:
            return f"from the {apical_translation(self.subject.spine, curve, self.subject.coronal)[1]}"
        except MissingInput:
            return ""

    def _of_curve(self, quantity: Quantity, curve: ScolioticCurve, spine: Landmarks) -> Value:
        names = {each.id: each.name for each in LEVELS}
        patient = self.subject.coronal
        if quantity.function == "cobb":
            greatest = quantity.arguments == ("greatest",)
            view = curve_functions.greatest_view(self.subject.spine, curve, patient) if greatest else patient
            return curve_functions.cobb(spine, curve, image_coronal() if quantity.arguments == ("image",) else view)
        if quantity.function == "greatest_angle":
            view = curve_functions.greatest_view(self.subject.spine, curve, patient)
            return float(
                np.degrees(np.arctan2(view.across @ np.cross(patient.up, patient.across), view.across @ patient.across))
            )
        if quantity.function == "apical_translation":
            return apical_translation(spine, curve, patient)[0]
        if quantity.function == "apical_rotation":
            return axial_rotation(spine.frame(curve.apex), self.subject.reference[1])
        words = {"ends": f"{names[curve.upper]}-{names[curve.lower]}", "apex": names[curve.apex], "side": curve.side}
        return words[quantity.function]

    def types(self, quantity: Quantity) -> Iterator[Measurement]:
        """Suggest a curve type."""
        try:
            found = suggest(self.subject)
        except MissingInput as lack:
            yield Measurement(quantity.name, None, quantity.unit, reason=str(lack))
            return
        yield Measurement(quantity.name, None, quantity.unit, reason=found.reasons, text=found.type)

    def parts(self, quantity: Quantity) -> Iterator[Measurement]:
        """Ask for the volumes of the parts."""
        levels, spread = self.subject.spine.levels, self.drawn is not None
        yield from volume_measurements(self.subject.regions, levels, quantity, spread=spread)

    def muscles(self, quantity: Quantity) -> Iterator[Measurement]:
        """Ask the muscle map."""
        yield from muscle_measurements(self.subject, quantity)

    def whole(self, quantity: Quantity) -> Iterator[Measurement]:
        """Ask the smooth curve through the bodies."""
        try:
            curve = self._curve
        except MissingInput as lack:
            yield Measurement(quantity.name, None, quantity.unit, reason=str(lack))
            return
        spreads = self._curve_spreads
        if quantity.function == "length":
            measured = self.ask(quantity, _asking(_known, curve.length))
            yield replace(measured, uncertainty=None if spreads is None else float(spreads["length"]))
            return
        for place, (key, value) in enumerate(zip(curve.levels, getattr(curve, quantity.function), strict=True)):
            measured = self.ask(quantity, _asking(_known, float(value)), level=key)
            if spreads is not None and measured.value is not None:
                measured = replace(measured, uncertainty=_finite(spreads[quantity.function][place]))
            yield measured

    @cached_property
    def _curve(self) -> SpineCurve:
        return spine_curve(self.subject.spine)

    @cached_property
    def _curve_spreads(self) -> dict[str, FloatArray] | None:
        return None if self.drawn is None else curve_spreads(self._curve, self.drawn)


_PLACES = {
    "maps": _Survey.maps,
    "level": _Survey.levels,
    "gap": _Survey.gaps,
    "sagittal": _Survey.sagittal,
    "hips": _Survey.hips,
    "coronal": _Survey.coronal,
    "turn": _Survey.turns,
    "curve": _Survey.curves,
    "type": _Survey.types,
    "parts": _Survey.parts,
    "whole": _Survey.whole,
    "muscle": _Survey.muscles,
}


def _asking(function: Callable[..., Value], *arguments: object) -> Ask:
    """Return the question to a spine that a function and its other arguments make."""
    return lambda spine: function(spine, *arguments)


def _known(_spine: Landmarks, value: float) -> Value:
    return value


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _need_maps(function: Callable[..., Value]) -> Callable[..., Value]:
    """Return a function of spine and maps that says so when there are no maps."""

    def carry(spine: Landmarks, regions: Regions | None, *arguments: object) -> Value:
        if regions is None:
            raise MissingInput("there are no label maps")
        return function(spine, regions, *arguments)

    return carry


def _named(quantity: Quantity) -> Callable[..., Value]:
    """Return the function of this room that a row names."""
    module, _, name = quantity.function.partition(".")
    found: Callable[..., Value] = getattr(import_module(f".{module}", __package__), name)
    return found
