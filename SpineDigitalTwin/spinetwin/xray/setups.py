"""From what a file or a form says of a film to its camera; what is missing is refused by name.

The patient's middle is the origin of the coordinates (RAS mm): there the central rays of both films meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ..errors import ParameterError
from ..geometry import FloatArray
from .cameras import Camera, ConeCamera, SlotCamera

_WAYS = {"R": (1, 0, 0), "L": (-1, 0, 0), "A": (0, 1, 0), "P": (0, -1, 0)}
_SIDES = {"frontal": ("A", "P"), "lateral": ("R", "L")}
_COLUMNS = {"frontal": "L", "lateral": "P"}
_KINDS = {"cone": ConeCamera, "slot": SlotCamera}
_PLAUSIBLE = {
    "source_detector_mm": (500.0, 6000.0),
    "source_patient_mm": (300.0, 5000.0),
    "azimuth_deg": (-45.0, 45.0),
}
_PIXEL_MM = (0.02, 5.0)


@dataclass(frozen=True)
class Setup:
    """How one film was taken; None where nothing is known.

    Attributes
    ----------
    kind : "cone" or "slot"
    source_detector_mm, source_patient_mm : float or None
        From the source to the film, and to the middle of the patient.
    pixel_mm : (float, float) or None
        Along columns and rows.
    pixel_at : "detector" or "patient"
        Where pixels have that size. Along the rows of a slot scanner they have it everywhere.
    source_side : "A", "P", "R" or "L", or None
        The side of the patient on which the source is; from the front (A) and from the right (R) if nothing is known.
    columns_to : "A", "P", "R" or "L", or None
        The side of the patient towards which the columns are counted; left on a frontal, posterior on a lateral film.
    centre_px : (float, float) or None
        Column and row where the central ray meets the film; the middle of the film if nothing is known.
    azimuth_deg : float
        By how much the source has gone round the patient from `source_side`, counter-clockwise seen from above.
    bright : "bone" or "air"
        What is bright on the film.
    spacing_from : str
        Where `pixel_mm` was written, for people.
    """

    kind: str = "cone"
    source_detector_mm: float | None = None
    source_patient_mm: float | None = None
    pixel_mm: tuple[float, float] | None = None
    pixel_at: str = "detector"
    source_side: str | None = None
    columns_to: str | None = None
    centre_px: tuple[float, float] | None = None
    azimuth_deg: float = 0.0
    bright: str = "bone"
    spacing_from: str = ""

    def with_form(self, form: Mapping[str, Any], where: str) -> Setup:
        """Return the setup with what a form says instead.

        Parameters
        ----------
        form : mapping
            Names of attributes and their values; a single `pixel_mm` is that of both directions.
        where : str
            The form, for messages.

        Raises
        ------
        ParameterError
            If a name is unknown or a value impossible.
        """
        names = [each.name for each in fields(self) if each.name != "spacing_from"]
        for name in form:
            if name not in names:
                raise ParameterError(f"{where} has an unknown entry {name!r}.", f"Known are {', '.join(names)}.")
        values = {name: _value(name, value, where) for name, value in form.items()}
        if "pixel_mm" in values:
            values["spacing_from"] = where
        return replace(self, **values)


def _value(name: str, value: object, where: str) -> Any:
    choices = {"kind": tuple(_KINDS), "pixel_at": ("detector", "patient"), "bright": ("bone", "air")}
    choices |= {"source_side": tuple(_WAYS), "columns_to": tuple(_WAYS)}
    if name in choices:
        if value not in choices[name]:
            raise ParameterError(f"{name} in {where} is {value!r}.", f"Choose one of: {', '.join(choices[name])}.")
        return value
    try:
        numbers = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.array(np.nan)
    pair = name in ("pixel_mm", "centre_px")
    if pair and numbers.size == 1:
        numbers = np.repeat(numbers, 2)
    low, high = _PIXEL_MM if name == "pixel_mm" else _PLAUSIBLE.get(name, (-1e5, 1e5))
    if numbers.size != (2 if pair else 1) or not ((numbers >= low) & (numbers <= high)).all():
        raise ParameterError(f"{name} in {where} is {value!r}.", f"It must lie between {low:g} and {high:g}.")
    return tuple(numbers.tolist()) if pair else float(numbers)


def camera_of(setup: Setup, view: str, size: tuple[int, int]) -> Camera:
    """Return the camera of a film.

    Parameters
    ----------
    setup : Setup
    view : "frontal" or "lateral"
    size : (int, int)
        Columns and rows of the film.

    Raises
    ------
    ParameterError
        If something is missing that the geometry needs, or does not fit together.
    """
    missing = [name for name in ("source_detector_mm", "source_patient_mm", "pixel_mm") if getattr(setup, name) is None]
    if missing or setup.source_detector_mm is None or setup.source_patient_mm is None or setup.pixel_mm is None:
        words = ", ".join(missing)
        raise ParameterError(
            f"The {view} film has no usable geometry: {words} unknown.", "Give --sdd and --sod, or a form with --geometry."
        )
    if setup.source_patient_mm >= setup.source_detector_mm:
        raise ParameterError(
            f"The {view} film is {setup.source_detector_mm:g} mm from the source, the patient {setup.source_patient_mm:g} mm.",
            "The film must be further away than the patient.",
        )
    axes = _axes(setup, view)
    magnified = setup.source_detector_mm / setup.source_patient_mm if setup.pixel_at == "patient" else 1.0
    across, along = setup.pixel_mm
    slot = setup.kind == "slot"
    focal = (
        setup.source_detector_mm / (across * magnified),
        1.0 / along if slot else setup.source_detector_mm / (along * magnified),
    )
    centre = setup.centre_px or ((size[0] - 1) / 2, (size[1] - 1) / 2)
    return _KINDS[setup.kind](-setup.source_patient_mm * axes[2], axes, np.array(focal), np.array(centre), size)


def _axes(setup: Setup, view: str) -> FloatArray:
    side, columns = setup.source_side or _SIDES[view][0], setup.columns_to or _COLUMNS[view]
    if side not in _SIDES[view]:
        raise ParameterError(
            f"The source of the {view} film is on side {side}.", "If the films are swapped, give the frontal one first."
        )
    forward, across = -np.array(_WAYS[side], dtype=np.float64), np.array(_WAYS[columns], dtype=np.float64)
    if forward @ across != 0:
        raise ParameterError(f"The columns of the {view} film cannot run along its rays.", "Correct columns_to.")
    cos, sin = np.cos(np.radians(setup.azimuth_deg)), np.sin(np.radians(setup.azimuth_deg))
    turn = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return np.stack([turn @ across, np.array([0.0, 0.0, -1.0]), turn @ forward])


def spacing_sentence(setup: Setup, camera: Camera) -> str:
    """Say which size of a pixel is used and what it makes at the patient."""
    if setup.pixel_mm is None:
        return ""
    across, along = setup.pixel_mm
    at = float(np.linalg.norm(camera.source) / camera.focal[0])
    return f"{across:g} x {along:g} mm at the {setup.pixel_at} ({setup.spacing_from or 'given'}), {at:.3f} mm at the patient"
