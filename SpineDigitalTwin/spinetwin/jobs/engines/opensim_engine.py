"""OpenSim as an engine: its mechanics of an ``.osim`` file that `spinetwin.io.opensim` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...geometry import FloatArray
from ...io.opensim import OPENSIM_AXES, RESERVE

_TO_RAS = np.argsort(OPENSIM_AXES)
_STANDS, _HANGS = "_ground", "_hangs"
"""Ends of the names of joints that are no joints of the spine."""


class OpenSimEngine:
    """An `Engine`; needs the package opensim."""

    def __init__(self, path: Path) -> None:
        import opensim

        self._api: Any = opensim
        opensim.Logger.setLevelString("warn")
        self.version = f"OpenSim {opensim.GetVersion()}"
        self._model = opensim.Model(str(path))
        self._state = self._model.initSystem()
        muscles, forces = self._model.getMuscles(), self._model.getForceSet()
        self._muscles = [muscles.get(at) for at in range(muscles.getSize())]
        found = (opensim.CoordinateActuator.safeDownCast(forces.get(at)) for at in range(forces.getSize()))
        self._reserves = {each.getName().removeprefix(RESERVE): each for each in found if each is not None}
        self.muscles = tuple(each.getName() for each in self._muscles)
        self.strengths = np.array([each.getMaxIsometricForce() for each in self._muscles])
        for each in (*self._muscles, *self._reserves.values()):
            each.overrideActuation(self._state, True)
            each.setOverrideActuation(self._state, 0.0)
        self.angles = self._ordered_angles()

    def demand(self) -> FloatArray:
        """Return the moments (k,), Nm, that hold the posture when no muscle pulls."""
        self._pull(np.zeros(len(self._muscles)))
        return self._inverse()

    def columns(self) -> FloatArray:
        """Return the moments (k, m), Nm, that each muscle makes with 1 N."""
        still = self.demand()
        found = np.zeros((len(still), len(self._muscles)))
        for at, muscle in enumerate(self._muscles):
            muscle.setOverrideActuation(self._state, 1.0)
            found[:, at] = still - self._inverse()
            muscle.setOverrideActuation(self._state, 0.0)
        return found

    def reactions(self, forces: FloatArray, held: FloatArray) -> FloatArray:
        """Return force and moment (n, 2, 3) on the upper body of each joint about its centre, RAS, N and Nm."""
        self._pull(forces)
        for name, moment in zip(self.angles, held, strict=True):
            self._reserves[name].setOverrideActuation(self._state, float(moment))
        self._model.realizeAcceleration(self._state)
        joints = self._model.getJointSet()
        each = (joints.get(at) for at in range(joints.getSize()))
        found = [self._reaction(joint) for joint in each if not joint.getName().endswith((_STANDS, _HANGS))]
        for reserve in self._reserves.values():
            reserve.setOverrideActuation(self._state, 0.0)
        return np.array(found)

    def _ordered_angles(self) -> tuple[str, ...]:
        """Return the names of the angles in the order of the moments: that of the tree, which no call of the API tells."""
        still, places = self._inverse(), {}
        for name, reserve in self._reserves.items():
            reserve.setOverrideActuation(self._state, 1.0)
            places[int(np.argmax(still - self._inverse()))] = name
            reserve.setOverrideActuation(self._state, 0.0)
        return tuple(places[at] for at in range(len(still)))

    def _pull(self, forces: FloatArray) -> None:
        for muscle, force in zip(self._muscles, forces, strict=True):
            muscle.setOverrideActuation(self._state, float(force))

    def _inverse(self) -> FloatArray:
        """Return the moments (k,) that hold everything at rest."""
        self._model.realizeDynamics(self._state)
        return np.array(self._api.InverseDynamicsSolver(self._model).solve(self._state).to_numpy())

    def _reaction(self, joint: Any) -> FloatArray:
        spatial = joint.calcReactionOnChildExpressedInGround(self._state)
        moment, force = (np.array([spatial.get(part).get(at) for at in range(3)])[_TO_RAS] for part in (0, 1))
        return np.array([force, moment])
