"""When a result is not to be trusted, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..anatomy import level
from ..geometry import FloatArray
from .model import MultibodyModel
from .posture import pose_of
from .results import Finding, Loads
from .statics import DOWN, ahead_of, burden_points

MOST_LACKING = 0.05
"""Part of the moment of the weight that muscles may lack."""

_SLIGHT = 1.0
"""Nm that is too little to matter, whatever its part."""

_SLIGHT_DEG = 0.1

MOST_LEANING = 45.0
"""Degrees between the trunk in the image and the axis that is taken for upright."""

MOST_GIVE = 3.0
"""Times the uncertainty of the posture that a disc may give way."""

MOST_SATURATED = 0.05
"""Part of the fascicles."""

MOST_OF_TEMPLATE = 0.5
"""Part of the muscles' attachments that the template may have placed: with more of them the lever arms are nobody's."""

MOST_UNBENT = 0.5
"""Part of the flexion of the lumbar joints that those which are not seen may leave out."""

SUPPORT_SIDEWAYS, SUPPORT_BACK, SUPPORT_FRONT = 0.10, 0.10, 0.12
"""How far the centre of the upper body may lie beside, behind and in front of the sacrum on two feet, and that of the
whole body with its load in front of it, parts of the stature: from the ankles forward feet reach as far."""


def findings(model: MultibodyModel, posed: MultibodyModel, found: Loads, torn: npt.NDArray[np.bool_]) -> Loads:
    """Return the result with what must be known of it, the gravest first."""
    gates = (
        _suspect(model),
        _unspanned(model, found),
        _of_template(model),
        _unbent(model, found, red=True),
        _leaning(model),
        _lacking(found),
        _yielding(found),
        _saturated(found),
        _tension(found),
        _support(model, posed, found),
    )
    notes = (
        _held(found),
        _unbent(model, found, red=False),
        _lawless(model, found),
        _torn(model, torn),
        _thorax(found),
        _pressed(model, found),
        _yielded(found),
    )
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
    """Look where the weight falls, of the upper body and of the whole body with its load.

    Of who bends only the latter is asked: hips move back then, and balance the upper body. Pelvis and legs are no masses of the
    model; they are taken to be at the sacrum, and that above the ankles.
    """
    if found.task.supported:
        return
    stature = 10.0 * model.person.height_cm
    ahead = ahead_of(model)
    right, forward = (_upper_centre(posed) @ np.stack([np.cross(ahead, -DOWN), ahead], axis=1)).tolist()
    if abs(right) > SUPPORT_SIDEWAYS * stature:
        side = "right" if right > 0 else "left"
        yield f"The centre of the upper body lies {abs(right):.0f} mm to the {side} of the sacrum, beside the feet."
    upright = found.task.trunk_flexion_deg == 0.0
    if upright and not -SUPPORT_BACK * stature <= forward <= SUPPORT_FRONT * stature:
        where = "in front of" if forward > 0 else "behind"
        yield f"The centre of the upper body lies {abs(forward):.0f} mm {where} the sacrum: nobody stands like this."
    whole = _whole_ahead(posed, found)
    if whole > SUPPORT_FRONT * stature:
        yield (
            f"Body and load together have their centre {whole:.0f} mm in front of the sacrum, before the toes, so that the "
            "person falls: hold less, or nearer."
        )


def _upper_centre(posed: MultibodyModel) -> FloatArray:
    """Return the centre (3,) of all masses of the model from the sacrum, mm."""
    return np.asarray(posed.masses.kg @ posed.masses.points / posed.masses.kg.sum() - posed.origins[0])


def _whole_ahead(posed: MultibodyModel, found: Loads) -> float:
    """Return how far the centre of the whole body and of what the hands hold lies in front of the sacrum, mm."""
    held = found.task.hand_mass_kg
    load = burden_points(posed, found.task).mean(axis=0) - posed.origins[0]
    together = posed.masses.kg.sum() * _upper_centre(posed) + held * load
    return float(together @ ahead_of(posed)) / (posed.person.weight_kg + held)


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


def _unbent(model: MultibodyModel, found: Loads, *, red: bool) -> Iterator[str]:
    """Tell how much of a flexion is left out with the joints above the highest level; most of it is a gate, less a note."""
    wanted = found.task.trunk_flexion_deg
    if not wanted:
        return
    bent = pose_of(model, found.task, found.settings).bent.sum()
    lumbar = wanted * (1.0 - _pelvis_share(found))
    if abs(lumbar - bent) > _SLIGHT_DEG and (bent / lumbar < 1.0 - MOST_UNBENT) == red:
        yield (
            f"The lumbar joints above {_name(model.levels[-1])} are not seen and do not bend: the trunk is bent by "
            f"{wanted - lumbar + bent:.0f} of {wanted:g} degrees, and each joint that is seen as in a whole spine."
        )


def _pelvis_share(found: Loads) -> float:
    share = found.task.pelvis_share
    return found.settings.pelvis_share if share is None else share


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
        yield (
            f"Of {task.trunk_flexion_deg:g} degrees the pelvis makes {_pelvis_share(found):.0%}; "
            f"the lumbar joints share the rest as {settings.rhythm.capitalize()} et al. have it."
        )


def _lawless(model: MultibodyModel, found: Loads) -> Iterator[str]:
    """Name the ligaments that a set of laws knows nothing of, so that they do nothing."""
    laws, names = found.settings.ligaments, dict.fromkeys(model.ligaments.names)
    lacking = [name for name in names if (laws, name) not in model.tissues.ligaments]
    if lacking and laws != "none":
        yield f"The set of ligament laws {laws} has none for {', '.join(lacking)}, which are left out."


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
