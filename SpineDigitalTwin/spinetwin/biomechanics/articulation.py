"""From a model and its loads in a task to the mechanism that other engines can run."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np

from ..anatomy import level
from ..geometry import FloatArray
from .mechanism import Bands, Bodies, Burdens, Joints, Mechanism, Strings, resting_name
from .model import Masses, MultibodyModel, slack_lengths, strand_lengths
from .passive import disc_stiffness, stretch
from .posture import Pose, placed, pose_of
from .resting import fibres_of
from .results import RESEARCH_USE, Loads
from .settings import MM2_PER_CM2, Settings
from .statics import GRAVITY, burden_points
from .tasks import Task
from .tissues import Law

PELVIS = "pelvis"
_SACRUM = "S1"


def mechanism_of(model: MultibodyModel, found: Loads) -> Mechanism:
    """Return the mechanism of a model in the task of its loads.

    Parameters
    ----------
    model : MultibodyModel
        In the imaged posture.
    found : Loads
        Of this model. Discs are as stiff as under the compression found, muscles pull as found.
    """
    pose = pose_of(model, found.task, found.settings)
    return Mechanism(
        title=f"Trunk in the task {found.task.name}",
        bodies=_bodies(model),
        joints=_joints(model, pose, found),
        strings=_strings(model, found),
        bands=_bands(model, pose, found.settings),
        resting=_resting(model, found.settings.muscle_stiffness),
        burdens=_burdens(model, pose, found.task),
        gravity=0.0 if found.task.supported else GRAVITY,
        floor=found.settings.activation_floor * found.task.floor_share,
        notes=(
            RESEARCH_USE,
            *(f"Not to be trusted: {each.text}" for each in found.findings if each.severity == "red"),
            "Discs have the stiffness of the compression in this task; ligaments are as long as told when they begin to pull.",
            *model.notes,
        ),
    )


def _bodies(model: MultibodyModel) -> Bodies:
    names = (PELVIS, *(level(key).name for key in model.levels))
    parts = [_lumped(model.masses, body, origin) for body, origin in enumerate(model.origins)]
    kilograms, centres, inertias = (np.array(each) for each in zip(*parts, strict=True))
    return Bodies(names, model.origins, model.axes, kilograms, centres, inertias)


def _lumped(masses: Masses, body: int, origin: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Return mass, centre of mass and inertia of the point masses of a body."""
    mine = masses.owners == body
    kilograms, points = masses.kg[mine], masses.points[mine]
    total = float(kilograms.sum())
    if not total:
        return 0.0, origin, np.zeros((3, 3))
    centre = kilograms @ points / total
    arms = points - centre
    inertia = np.sum(kilograms * (arms * arms).sum(axis=1)) * np.eye(3) - (kilograms[:, None] * arms).T @ arms
    return total, centre, inertia


def _joints(model: MultibodyModel, pose: Pose, found: Loads) -> Joints:
    names = [_SACRUM, *(level(key).name for key in model.levels)]
    axes = np.concatenate([model.trunk[None], model.joint_axes])
    turned = [pose.turns[0], *(lower.T @ upper for lower, upper in pairwise(pose.turns))]
    return Joints(
        names=(f"{PELVIS}_ground", *(f"{upper}_{lower}" for lower, upper in pairwise(names))),
        centres=np.concatenate([model.origins[:1], model.joints]),
        axes=axes,
        mobile=np.concatenate([[True], model.mobile]),
        angles=_angles(axes @ np.array(turned) @ axes.transpose(0, 2, 1)),
        stiffness=np.concatenate([np.zeros((1, 3)), disc_stiffness(model, found.compression, found.settings.disc_stiffness)]),
    )


def _angles(rotations: FloatArray) -> FloatArray:
    """Return the angles (..., 3), degrees, of rotations about the first axis, then the turned second, then the third."""
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_matrix(rotations).as_euler("XYZ", degrees=True))


def _strings(model: MultibodyModel, found: Loads) -> Strings:
    muscles = model.muscles
    # short paths repeat their last point
    ends = [_distinct(path) for path in muscles.points]
    return Strings(
        names=muscles.names,
        groups=muscles.groups,
        owners=tuple(owners[:end] for owners, end in zip(muscles.owners, ends, strict=True)),
        points=tuple(path[:end] for path, end in zip(muscles.points, ends, strict=True)),
        strengths=found.settings.strength * muscles.pcsa_mm2 / MM2_PER_CM2,
        forces=found.muscle_forces,
    )


def _distinct(path: FloatArray) -> int:
    """Return how many points a path has when the repetitions of its last one are left out."""
    moved = np.flatnonzero((path[1:] != path[:-1]).any(axis=1))
    return int(moved[-1]) + 2 if len(moved) else 2


def _bands(model: MultibodyModel, pose: Pose, settings: Settings) -> Bands:
    ligaments, laws = model.ligaments, settings.ligaments
    law_of = [model.tissues.ligaments.get((laws, name)) for name in ligaments.names]
    known = [at for at, law in enumerate(law_of) if law is not None]
    spanned, slack = strand_lengths(model), slack_lengths(model, laws, settings.flavum_tension)
    count: Counter[str] = Counter()
    names = []
    for at in known:
        name = f"{ligaments.names[at]}_{level(ligaments.levels[at]).name}"
        count[name] += 1
        names.append(f"{name}_{count[name]}")
    return Bands(
        names=tuple(names),
        owners=tuple(ligaments.owners[known]),
        points=tuple(ligaments.points[known]),
        slack_mm=slack[known],
        curves=tuple(
            _curve(law, spanned[at], slack[at], ligaments.shares[at]) for at, law in enumerate(law_of) if law is not None
        ),
        torn=stretch(model, placed(model, pose), laws, settings.flavum_tension).torn[known],
    )


def _curve(law: Law, spanned: float, slack: float, share: float) -> FloatArray:
    """Return strain over the slack length, and tension, where a strand's law bends, up to where its ligament tears."""
    free = float(law.free(np.array(spanned)))
    tensions = law.tension(law.strains, np.full(len(law.strains), free))
    beyond = law.strains[-1] + max(law.failure_n - tensions[-1], 0.0) / (law.slopes[-1] * (free if law.per_length else 1.0))
    strains = np.append(law.strains, beyond)
    whole = np.append(tensions, law.tension(np.array([beyond]), np.array([free])))
    end = float(np.interp(law.failure_n, whole, strains))
    kept = strains < end
    ends = np.append(strains[kept], end) * free / slack
    return np.column_stack([ends, share * np.append(whole[kept], law.failure_n)])


def _resting(model: MultibodyModel, stiffness: float) -> Bands:
    """Return the passive part of the muscles as strands along the same paths."""
    muscles, curve = model.muscles, model.tissues.resting
    fibres = fibres_of(muscles, model.tissues)
    known = np.flatnonzero(fibres.known) if stiffness else np.zeros(0, dtype=np.int64)
    ends = {at: _distinct(muscles.points[at]) for at in known}
    tensions = stiffness * muscles.pcsa_mm2[:, None] / MM2_PER_CM2 * curve.stresses
    strains = (fibres.optimal_mm / fibres.slack_mm)[:, None] * (curve.lengths - 1.0)
    return Bands(
        names=tuple(resting_name(muscles.names[at]) for at in known),
        owners=tuple(muscles.owners[at, : ends[at]] for at in known),
        points=tuple(muscles.points[at, : ends[at]] for at in known),
        slack_mm=fibres.slack_mm[known],
        curves=tuple(np.column_stack([strains[at], tensions[at]]) for at in known),
        torn=np.zeros(len(known), dtype=np.bool_),
    )


def _burdens(model: MultibodyModel, pose: Pose, task: Task) -> Burdens:
    if not task.hand_mass_kg:
        return Burdens((), np.zeros(0, dtype=np.int64), np.zeros((0, 3)), np.zeros(0))
    owners = np.full(2, model.shoulder_owner)
    points = pose.back(burden_points(placed(model, pose), task), owners)
    return Burdens(("held_right", "held_left"), owners, points, np.full(2, task.hand_mass_kg / 2))
