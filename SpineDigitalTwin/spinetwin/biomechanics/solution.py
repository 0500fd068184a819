"""Loads of a model in a task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import FloatArray
from .gates import findings
from .model import MultibodyModel
from .passive import Stretch, disc_stiffness, stretch
from .posture import Pose, placed, pose_of
from .recruitment import Recruitment, recruit
from .resting import resting_tensions
from .results import Loads
from .settings import MM2_PER_CM2, Settings
from .statics import above_joints, directions, pressure_above, weights_above
from .tasks import Task

_PRESSED = 2.0
"""Times its weight that a joint is pressed, about: where the search for the stiffness of its disc begins."""

_ROUNDS, _SETTLED = 8, 0.5
"""Times that stiffness and compression are matched at most, and the change at which they match, N."""

_HARDLY = 0.5
"""Nm below which a share of a moment says nothing."""


@dataclass(frozen=True)
class _Actions:
    """Force and moment (n, 6) above each joint of everything but discs; those of the muscles (n, 6, m) at full activation.

    `tissue` is what ligaments and resting muscles resist with; `resting` the tension (m,) of the latter, N.
    """

    weight: FloatArray
    pressure: FloatArray
    tissue: FloatArray
    muscles: FloatArray
    strengths: FloatArray
    resting: FloatArray
    turned: FloatArray
    stretched: Stretch


@dataclass(frozen=True)
class _Balance:
    """Muscles and discs that hold the actions in balance.

    Recruitment, moment of the discs that the task bends (n, 3), total force (n, 3), reserves (n, 3), how far discs yield
    (n, 3), degrees, the moments that muscles leave over (n, 3), and their weights in the optimum (n, 3).
    """

    recruited: Recruitment
    bent: FloatArray
    force: FloatArray
    reserves: FloatArray
    yielded: FloatArray
    left_over: FloatArray
    left_over_weight: FloatArray


def loads(model: MultibodyModel, task: Task, settings: Settings | None = None, *, start: FloatArray | None = None) -> Loads:
    """Compute the loads of every joint.

    Parameters
    ----------
    model : MultibodyModel
        In the imaged posture, which is taken as upright: the S axis points up.
    task : Task
    settings : Settings, optional
        Those of the solution; what shaped the model is not changed by them.
    start : array, optional
        `Loads.multipliers` of a similar task, to be quicker.

    Raises
    ------
    ParameterError
        If the task is impossible with these levels.
    """
    settings = settings or Settings()
    pose = pose_of(model, task, settings)
    posed = placed(model, pose)
    actions = _actions(model, posed, pose, task, settings)
    floor = settings.activation_floor * task.floor_share
    rest = _resting(model, actions, settings, floor) if task.supported else None
    balance = rest or _balance(model, actions, settings, floor, start)
    return _told(model, posed, task, settings, actions, balance)


def _actions(model: MultibodyModel, posed: MultibodyModel, pose: Pose, task: Task, settings: Settings) -> _Actions:
    stretched = stretch(model, posed, settings.ligaments, settings.flavum_tension)
    strands, fascicles = posed.ligaments, posed.muscles
    strengths = settings.strength * model.muscles.pcsa_mm2 / MM2_PER_CM2
    resting = settings.muscle_stiffness * resting_tensions(model.muscles, fascicles.points, model.tissues)
    pulls = above_joints(posed, fascicles.owners, fascicles.points, directions(fascicles.points))
    strand_pulls = above_joints(posed, strands.owners, strands.points, directions(strands.points))
    return _Actions(
        weight=weights_above(posed, task),
        pressure=pressure_above(model, settings.abdominal_pressure),
        tissue=strand_pulls @ stretched.tensions + pulls @ resting,
        muscles=pulls * strengths,
        strengths=strengths,
        resting=resting,
        turned=np.einsum("nij,j->ni", posed.joint_axes, -model.trunk[0]) * pose.bent[:, None],
        stretched=stretched,
    )


def _resting(model: MultibodyModel, actions: _Actions, settings: Settings, floor: float) -> _Balance:
    """Leave all muscles at rest: a bed pushes where the body would turn, so that no muscle need balance another."""
    moments = 3 * int(model.mobile.sum())
    idle = Recruitment(np.full(len(actions.strengths), floor), np.zeros(moments), np.zeros(moments), 0)
    force = _total_force(actions, idle)
    still = np.zeros((len(model.levels), 3))
    bent = -disc_stiffness(model, -force[:, 2], settings.disc_stiffness) * actions.turned
    return _Balance(idle, bent, force, still, still, still, still)


def _total_force(actions: _Actions, recruited: Recruitment) -> FloatArray:
    """Return the force (n, 3) of everything above each joint."""
    passive = actions.weight[:, :3] + actions.pressure[:, :3] + actions.tissue[:, :3]
    return np.asarray(passive + actions.muscles[:, :3] @ recruited.activations)


def _balance(model: MultibodyModel, actions: _Actions, settings: Settings, floor: float, start: FloatArray | None) -> _Balance:
    """Recruit muscles; where discs are bent or yield, again with their stiffness under the compression found."""
    compression = -_PRESSED * actions.weight[:, 2]
    for left in reversed(range(_ROUNDS)):
        stiffness = disc_stiffness(model, compression, settings.disc_stiffness)
        bent = -stiffness * actions.turned
        give = (stiffness * settings.posture_give) ** 2
        weight = np.where(model.mobile[:, None], 1.0 / (1.0 / settings.reserve_weight + give), 0.0)
        recruited = _recruited(model, actions, bent, weight, settings.power, floor, start)
        force = _total_force(actions, recruited)
        fixed = not actions.turned.any() and not settings.posture_give
        if fixed or not left or np.abs(compression + force[:, 2]).max() < _SETTLED:
            break
        start, compression = recruited.multipliers, -force[:, 2]
    multipliers = np.zeros((len(model.levels), 3))
    multipliers[model.mobile] = recruited.multipliers.reshape(-1, 3)
    moved, reserves = multipliers * give / 2, multipliers / (2 * settings.reserve_weight)
    yielded = moved / np.where(stiffness > 0, stiffness, 1.0)
    return _Balance(recruited, bent, force, reserves, yielded, reserves + moved, weight)


def _recruited(
    model: MultibodyModel,
    actions: _Actions,
    bent: FloatArray,
    weight: FloatArray,
    power: float,
    floor: float,
    start: FloatArray | None,
) -> Recruitment:
    """Recruit muscles beside discs that give way.

    A disc that is off its posture by an angle costs the square of that angle over the one that it may be off. Disc and reserve
    in a row share the moment that muscles leave over; `weight` (n, 3) is that of its square.
    """
    given = actions.weight[:, 3:] + actions.pressure[:, 3:] + actions.tissue[:, 3:] + bent
    moments = actions.muscles[model.mobile, 3:]
    return recruit(
        moments.reshape(moments.shape[0] * moments.shape[1], moments.shape[2]),
        -given[model.mobile].ravel(),
        power=power,
        floor=floor,
        weight=weight[model.mobile].ravel(),
        start=start,
    )


def _told(
    model: MultibodyModel, posed: MultibodyModel, task: Task, settings: Settings, actions: _Actions, balance: _Balance
) -> Loads:
    recruited = balance.recruited
    held = balance.bent + actions.tissue[:, 3:]
    demand = actions.weight[:, 3:]
    much = np.abs(demand[:, 0]) > _HARDLY
    result = Loads(
        task=task,
        settings=settings,
        levels=model.levels,
        compression=-balance.force[:, 2],
        shear_anterior=balance.force[:, 1],
        shear_right=balance.force[:, 0],
        weight=-actions.weight[:, 2],
        demand=demand,
        passive=held + balance.left_over - balance.reserves,
        reserves=balance.reserves,
        passive_share=np.where(much, -held[:, 0] / np.where(much, demand[:, 0], 1.0) + 0.0, np.nan),
        in_thorax=~model.mobile,
        activations=recruited.activations,
        muscle_forces=recruited.activations * actions.strengths,
        ligament_forces=actions.stretched.tensions,
        ligament_strains=actions.stretched.strains,
        findings=(),
        multipliers=recruited.multipliers,
        pressure=actions.pressure,
        yielded=balance.yielded,
        left_over=balance.left_over,
        left_over_weight=balance.left_over_weight,
        resting_forces=actions.resting,
    )
    return findings(model, posed, result, actions.stretched.torn)
