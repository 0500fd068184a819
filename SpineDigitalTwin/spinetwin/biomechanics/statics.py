"""Forces and moments that act on everything above each joint."""

from __future__ import annotations

import numpy as np

from ..geometry import FloatArray, IntArray
from .model import MultibodyModel
from .tasks import Task

GRAVITY = 9.80665
"""m/s2."""

DOWN = np.array([0.0, 0.0, -1.0])
"""Of a person who stands as the image is turned: the S axis of RAS points up."""

_SHORTEST = 1e-9
MM = 1e-3
"""m."""

MPA_PER_KPA = 1e-3


def directions(points: FloatArray) -> FloatArray:
    """Return the net force (..., p, 3) of a string of unit tension on each point (..., p, 3) of its path."""
    steps = np.diff(points, axis=-2)
    lengths = np.linalg.norm(steps, axis=-1, keepdims=True)
    pulls = np.where(lengths > _SHORTEST, steps / np.maximum(lengths, _SHORTEST), 0.0)
    forces = np.zeros_like(points)
    forces[..., :-1, :] += pulls
    forces[..., 1:, :] -= pulls
    return forces


def above_joints(model: MultibodyModel, owners: IntArray, points: FloatArray, forces: FloatArray) -> FloatArray:
    """Return force and moment about the joint of what acts above each joint.

    Parameters
    ----------
    model : MultibodyModel
        In the posture of the points.
    owners : (m, p) array of int
        Body that carries each point.
    points, forces : (m, p, 3) arrays
        RAS; mm and N. Each row m is one thing, such as a fascicle.

    Returns
    -------
    (n, 6, m) array
        Force (N) and moment (Nm) along right, anterior, superior of each joint.
    """
    wrenches = np.concatenate([forces, np.cross(points, forces)], axis=-1)
    count = len(model.levels)
    bodies = np.zeros((count + 1, owners.shape[0], 6))
    things = np.arange(owners.shape[0])
    for at in range(owners.shape[1]):
        bodies[owners[:, at], things] += wrenches[:, at]
    total = np.cumsum(bodies[:0:-1], axis=0)[::-1]
    force, moment = total[..., :3], total[..., 3:]
    moment = (moment - np.cross(model.joints[:, None, :], force)) * MM
    local = [np.einsum("nij,nmj->nim", model.joint_axes, each) for each in (force, moment)]
    return np.concatenate(local, axis=1)


def ahead_of(model: MultibodyModel) -> FloatArray:
    """Return the level direction (3,) in which the person looks."""
    ahead = np.cross(-DOWN, model.trunk[0])
    return np.asarray(ahead / np.linalg.norm(ahead))


def burden_points(model: MultibodyModel, task: Task) -> FloatArray:
    """Return the points (2, 3), right and left, RAS mm, below which what the hands hold pulls at the thorax.

    Arms that hang hold it below the shoulders. A task may say how far ahead of the sacrum it is held; then only its weight is
    there, and that of the arms stays with the shoulders.

    Parameters
    ----------
    model : MultibodyModel
        In the posture of the task.
    task : Task
    """
    if task.hands_ahead_mm is None:
        return model.shoulders
    ahead = ahead_of(model)
    short = task.hands_ahead_mm - (model.shoulders - model.origins[0]) @ ahead
    return np.asarray(model.shoulders + short[:, None] * ahead)


def weights_above(model: MultibodyModel, task: Task) -> FloatArray:
    """Return force and moment (n, 6) of the weight of the body, in its task, and of what the hands hold; N and Nm."""
    if task.supported:
        return np.zeros((len(model.levels), 6))
    points = np.concatenate([model.masses.points, burden_points(model, task)])
    owners = np.concatenate([model.masses.owners, np.full(2, model.shoulder_owner)])
    kilograms = np.concatenate([model.masses.kg, np.full(2, task.hand_mass_kg / 2)])
    forces = GRAVITY * kilograms[:, None] * DOWN
    return np.asarray(above_joints(model, owners[:, None], points[:, None], forces[:, None]).sum(axis=-1))


def pressure_above(model: MultibodyModel, pressure_kpa: float) -> FloatArray:
    """Return force and moment (n, 6) of the pressure in the belly, N and Nm, on what is above each joint.

    Cut through the belly at a disc, and the part below pushes the part above with the pressure times the area of the cut,
    however the belly is bent; its wall pulls around it and not along. There is no belly between ribs.

    References
    ----------
    Stokes, Gardner-Morse and Henry 2010, Clin Biomech 25:859-866.
    """
    pushes = np.zeros((len(model.levels), 6))
    if model.belly is not None:
        push = pressure_kpa * MPA_PER_KPA * model.belly.area_mm2
        pushes[model.mobile, 2] = push
        pushes[model.mobile, 3] = push * model.belly.arm_mm * MM
    return pushes
