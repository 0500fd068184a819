"""How the bodies lie in a task: the pelvis and the lumbar joints share the flexion of the trunk."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..anatomy import level
from ..geometry import FloatArray, IntArray
from .column import extra_joints
from .model import MultibodyModel
from .rotations import about_right
from .settings import RHYTHMS, Settings
from .tasks import Task, lumbar_shares


@dataclass(frozen=True)
class Pose:
    """Where each body has moved from the imaged posture: a point x of body b is at ``turns[b] @ x + shifts[b]``.

    Attributes
    ----------
    turns : (n + 1, 3, 3) array
    shifts : (n + 1, 3) array
        mm.
    bent : (n,) array
        Flexion of each joint, degrees.
    """

    turns: FloatArray
    shifts: FloatArray
    bent: FloatArray

    def move(self, points: FloatArray, owners: IntArray) -> FloatArray:
        """Return points (..., 3) of the bodies `owners` (...) where the pose has them."""
        return np.asarray(np.einsum("...ij,...j->...i", self.turns[owners], points) + self.shifts[owners])

    def back(self, points: FloatArray, owners: IntArray) -> FloatArray:
        """Return where points (..., 3) of the pose lie in the imaged posture, of the bodies `owners` (...)."""
        return np.asarray(np.einsum("...ji,...j->...i", self.turns[owners], points - self.shifts[owners]))


def pose_of(model: MultibodyModel, task: Task, settings: Settings) -> Pose:
    """Return the pose of a task; the settings say what the pelvis does where the task does not.

    Raises
    ------
    ParameterError
        As `flexed`.
    """
    share = settings.pelvis_share if task.pelvis_share is None else task.pelvis_share
    return flexed(model, task.trunk_flexion_deg, share, settings.rhythm)


def flexed(model: MultibodyModel, trunk_flexion_deg: float, pelvis_share: float, rhythm: str = RHYTHMS[0]) -> Pose:
    """Bend the trunk forward about its right axis.

    Joints of the rhythm that the model lacks leave their share out, so that its trunk is bent by less.

    Parameters
    ----------
    model : MultibodyModel
    trunk_flexion_deg : float
        Of the thorax against the imaged posture.
    pelvis_share : float
        Part that the pelvis makes; the lumbar joints share the rest.
    rhythm : str
        One of `settings.RHYTHMS`: how they share it.

    Raises
    ------
    ParameterError
        If there is something to bend and no lumbar joint.
    """
    lumbar = trunk_flexion_deg * (1.0 - pelvis_share)
    bent = np.zeros(len(model.levels)) if lumbar == 0.0 else lumbar * np.array(lumbar_shares(below_of(model), rhythm))
    return posed(model, trunk_flexion_deg * pelvis_share, bent)


def below_of(model: MultibodyModel) -> tuple[int, ...]:
    """Return the upper level of each joint, by which the rhythm knows it: L4 for L4/L5, and T12 for T13/L1."""
    known_as = {level(row["joint_below"]).id: level(row["bends_as"]).id for row in extra_joints(model.levels)}
    return tuple(known_as.get(key, key) for key in model.levels)


def posed(model: MultibodyModel, pelvis_deg: float, bent: FloatArray) -> Pose:
    """Turn the pelvis about the sacrum and each joint about its centre, forward, degrees."""
    turns = about_right(model.trunk[0], pelvis_deg + np.concatenate([[0.0], np.cumsum(bent)]))
    shifts = [model.origins[0] - turns[0] @ model.origins[0]]
    for joint, below, above in zip(model.joints, turns[:-1], turns[1:], strict=True):
        shifts.append(below @ joint + shifts[-1] - above @ joint)
    return Pose(turns, np.array(shifts), bent)


def placed(model: MultibodyModel, pose: Pose) -> MultibodyModel:
    """Return the model with everything moved to a pose."""
    above = np.arange(1, len(model.levels) + 1)
    halves = about_right(model.trunk[0], -pose.bent / 2) @ pose.turns[1:]
    everyone = np.arange(len(above) + 1)
    return replace(
        model,
        origins=pose.move(model.origins, everyone),
        axes=np.einsum("bij,bkj->bki", pose.turns, model.axes),
        joints=pose.move(model.joints, above),
        joint_axes=np.einsum("bij,bkj->bki", halves, model.joint_axes),
        masses=replace(model.masses, points=pose.move(model.masses.points, model.masses.owners)),
        muscles=replace(model.muscles, points=pose.move(model.muscles.points, model.muscles.owners)),
        ligaments=replace(model.ligaments, points=pose.move(model.ligaments.points, model.ligaments.owners)),
        shoulders=pose.move(model.shoulders, np.full(2, model.shoulder_owner)),
    )
