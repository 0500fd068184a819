"""When a result is not to be trusted, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..anatomy import level
from ..geometry import FloatArray
from .model import MultibodyModel
from .results import Finding, Loads
from .statics import DOWN

MOST_LACKING = 0.05
"""Part of the moment of the weight that muscles may lack."""

_SLIGHT = 1.0
"""Nm that is too little to matter, whatever its part."""

MOST_LEANING = 45.0
"""Degrees between the trunk in the image and the axis that is taken for upright."""

MOST_GIVE = 3.0
"""Times the uncertainty of the posture that a disc may give way."""

MOST_SATURATED = 0.05
"""Part of the fascicles."""

MOST_OF_TEMPLATE = 0.5
"""Part of the muscles' attachments that the template may have placed: with more of them the lever arms are nobody's."""

SUPPORT_SIDEWAYS, SUPPORT_BACK, SUPPORT_FRONT = 0.10, 0.10, 0.12
"""How far the centre of the upper body may lie beside, behind and in front of the sacrum on two feet, parts of the stature."""


def findings(model: MultibodyModel, posed: MultibodyModel, found: Loads, torn: npt.NDArray[np.bool_]) -> Loads:
    """Return the result with what must be known of it, the gravest first."""
    gates = (
        _suspect(model),
        _unspanned(model, found),
        _of_template(model),
        _leaning(model),
        _lacking(found),
        _yielding(found),
        _saturated(found),
        _tension(found),
        _support(model, posed, found),
    )
    notes = (_held(found), _torn(model, torn), _thorax(found), _pressed(model, found), _yielded(found))
    red = [Finding("red", text) for gate in gates for text in gate]
    return replace(
        found,
        findings=(
            *red,
            *(Finding("note", text) for note in notes for text in note),
            *(Finding("note", t) for t in model.notes),
        ),
    )


def _name(key: int) -> str:
    return level(key).name


def _lacking(found: Loads) -> Iterator[str]:
    for key, size, demand, much in zip(found.levels, *_lack(found), strict=True):
        if much:
            yield f"Below {_name(key)} the muscles of the model lack {size:.1f} Nm of the {demand:.1f} Nm that are needed."


def _lack(found: Loads) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Return what muscles lack at each joint (n,), what the weight asks for (n,), Nm, and whether that is too much (n,)."""
    sizes, demand = np.linalg.norm(found.lacking, axis=1), np.linalg.norm(found.demand, axis=1)
    return sizes, demand, sizes > np.maximum(MOST_LACKING * demand, _SLIGHT)


def _saturated(found: Loads) -> Iterator[str]:
    part = float(np.sum(found.activations > 0.999)) / max(len(found.activations), 1)
    if part > MOST_SATURATED:
        yield f"{part:.0%} of the fascicles pull as hard as they can: the task is too heavy for the muscles of the model."


def _tension(found: Loads) -> Iterator[str]:
    names = [_name(key) for key, force in zip(found.levels, found.compression, strict=True) if force < 0]
    if names:
        yield f"The disc below {', '.join(names)} is pulled apart, which a person would not do."


def _support(model: MultibodyModel, posed: MultibodyModel, found: Loads) -> Iterator[str]:
    """Look where the weight falls. Forwards only where nobody bends: the pelvis then moves back, which is not modelled."""
    if found.task.supported:
        return
    kilograms = posed.masses.kg
    centre = kilograms @ posed.masses.points / kilograms.sum() - posed.origins[0]
    stature = 10.0 * model.person.height_cm
    ahead = np.cross(-DOWN, model.trunk[0])
    ahead = ahead / np.linalg.norm(ahead)
    right, forward = float(centre @ np.cross(ahead, -DOWN)), float(centre @ ahead)
    if abs(right) > SUPPORT_SIDEWAYS * stature:
        side = "right" if right > 0 else "left"
        yield f"The centre of the upper body lies {abs(right):.0f} mm to the {side} of the sacrum, beside the feet."
    upright = found.task.trunk_flexion_deg == 0.0
    if upright and not -SUPPORT_BACK * stature <= forward <= SUPPORT_FRONT * stature:
        where = "in front of" if forward > 0 else "behind"
        yield f"The centre of the upper body lies {abs(forward):.0f} mm {where} the sacrum: nobody stands like this."


def _leaning(model: MultibodyModel) -> Iterator[str]:
    """Ask whether the S axis of the image is that of the person, whose weight is taken to pull against it."""
    angle = float(np.degrees(np.arccos(np.clip(model.trunk[2] @ -DOWN, -1.0, 1.0))))
    if angle > MOST_LEANING:
        yield f"The spine lies {angle:.0f} degrees askew in the image, so that its S axis is not upright."


def _suspect(model: MultibodyModel) -> Iterator[str]:
    if model.suspect:
        yield f"The points of {', '.join(model.suspect)} are suspect: look at them and correct or confirm them."


def _unspanned(model: MultibodyModel, found: Loads) -> Iterator[str]:
    """Name the joints that move without any ligament, unless ligaments are left out on purpose."""
    if found.settings.ligaments == "none":
        return
    spanned = set(model.ligaments.levels)
    bare = [_name(key) for key, mobile in zip(model.levels, model.mobile, strict=True) if mobile and key not in spanned]
    if bare:
        yield f"No ligament could be spanned below {', '.join(bare)}: place the points of bodies and arches they run between."


def _of_template(model: MultibodyModel) -> Iterator[str]:
    if model.template_share > MOST_OF_TEMPLATE:
        yield (
            f"The template placed {model.template_share:.0%} of the points that muscles attach to on these vertebrae, so that "
            "most lever arms are not this person's: place the points of the arches."
        )


def _held(found: Loads) -> Iterator[str]:
    """Tell how the body and what the hands hold are held, which the name of a task does not say."""
    task, settings = found.task, found.settings
    if task.supported:
        yield (
            "A bed carries every part of the body where it lies, so that the spine carries no weight; muscles are active by "
            f"{settings.activation_floor * task.floor_share:g}, and balance nothing."
        )
    elif task.hand_mass_kg:
        ahead = task.hands_ahead_mm
        where = "below the shoulders, the arms hanging" if ahead is None else f"{ahead / 10:g} cm in front of the sacrum"
        yield f"The hands hold {task.hand_mass_kg:g} kg {where}."
    if task.trunk_flexion_deg:
        share = settings.pelvis_share if task.pelvis_share is None else task.pelvis_share
        yield (
            f"Of {task.trunk_flexion_deg:g} degrees the pelvis makes {share:.0%}; "
            f"the lumbar joints share the rest by the rhythm {settings.rhythm}."
        )


def _torn(model: MultibodyModel, torn: npt.NDArray[np.bool_]) -> Iterator[str]:
    if np.any(torn):
        where = dict.fromkeys(
            f"{name} of {_name(key)}"
            for name, key, is_torn in zip(model.ligaments.names, model.ligaments.levels, torn, strict=True)
            if is_torn
        )
        yield f"Stretched beyond what they bear, and left out: {', '.join(where)}."


def _thorax(found: Loads) -> Iterator[str]:
    if found.in_thorax.any():
        yield "Between thoracic levels the forces are those of spine and ribs together; ribs carry the moments."


def _pressed(model: MultibodyModel, found: Loads) -> Iterator[str]:
    pressure = found.settings.abdominal_pressure
    if pressure and model.belly is None:
        yield "The model knows no belly, so that the pressure in it is left out."
    elif pressure:
        yield (
            f"A pressure of {pressure:g} kPa in the belly pushes the thorax up by {found.pressure[:, 2].max():.0f} N; what its "
            "wall needs to hold it is not part of the model, so that the spine is relieved by that much at most."
        )


def _yielding(found: Loads) -> Iterator[str]:
    """Look for discs that give way far beyond the uncertainty of the posture where muscles lack no large part of the moment.

    Where they do the angle says nothing: discs are straight springs in the model, and would turn by hundreds of degrees.
    """
    lacks = _lack(found)[2]
    for key, angles, lacking in zip(found.levels, np.abs(found.yielded), lacks, strict=True):
        if angles.max() > MOST_GIVE * found.settings.posture_give and not lacking:
            yield (
                f"Below {_name(key)} the posture is held only if the disc gives way by {angles.max():.1f} degrees, "
                f"more than {MOST_GIVE:g} times the uncertainty of the posture."
            )


def _yielded(found: Loads) -> Iterator[str]:
    """Tell how far discs give way where that is not too far, which is a gate."""
    sizes = np.abs(found.yielded).max(axis=1)
    if 0 < sizes.max() <= MOST_GIVE * found.settings.posture_give:
        joint = int(sizes.argmax())
        yield (
            f"Discs give way within the uncertainty of the posture, most below {_name(found.levels[joint])}: "
            f"{sizes[joint]:.1f} degrees."
        )
