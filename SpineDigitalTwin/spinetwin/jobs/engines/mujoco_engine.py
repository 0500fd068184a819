"""MuJoCo as an engine: its mechanics of an MJCF file that `spinetwin.io.mjcf` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...geometry import FloatArray
from ...io.mjcf import JOINT_SITE, KEYFRAME


class MujocoEngine:
    """An `Engine`; needs the package mujoco of version 4.0, where the pull of tendons shows in the forces between bodies."""

    def __init__(self, path: Path) -> None:
        import mujoco

        self._api: Any = mujoco
        self.version = f"MuJoCo {mujoco.__version__}"
        # by its text: some systems open no file whose name is not ASCII
        model = self._model = mujoco.MjModel.from_xml_string(path.read_text(encoding="utf-8"))
        # the least activation is for controllers; here a muscle is asked for 1 N and the others for nothing
        model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CLAMPCTRL
        self._data = mujoco.MjData(model)
        mujoco.mj_resetDataKeyframe(model, self._data, model.key(KEYFRAME).id)
        mujoco.mj_forward(model, self._data)
        self.angles = tuple(model.joint(at).name for at in range(model.njnt))
        self.muscles = tuple(model.actuator(at).name for at in range(model.nu))
        self.strengths = -np.array(model.actuator_gainprm[:, 0])

    def demand(self) -> FloatArray:
        """Return the moments (k,), Nm, that hold the posture when no muscle pulls."""
        self._data.qacc[:] = 0.0
        self._api.mj_inverse(self._model, self._data)
        return np.array(self._data.qfrc_inverse)

    def columns(self) -> FloatArray:
        """Return the moments (k, m), Nm, that each muscle makes with 1 N: its string shortens by its lever arm."""
        found = np.zeros((self._model.nv, self._model.nu))
        for at, strength in enumerate(self.strengths):
            self._data.ctrl[:] = 0.0
            self._data.ctrl[at] = 1.0 / strength
            self._api.mj_fwdActuation(self._model, self._data)
            found[:, at] = self._data.qfrc_actuator
        return found

    def reactions(self, forces: FloatArray, held: FloatArray) -> FloatArray:  # noqa: ARG002 - at rest, whatever holds it
        """Return force and moment (n, 2, 3) on the upper body of each joint about its centre, RAS, N and Nm."""
        data, model = self._data, self._model
        data.ctrl[:] = forces / self.strengths
        self._api.mj_fwdActuation(model, data)
        data.qacc[:] = 0.0
        self._api.mj_rnePostConstraint(model, data)
        names = [model.site(at).name for at in range(model.nsite)]
        sites = [at for at, name in enumerate(names) if name.startswith(JOINT_SITE) and not name.endswith("_ground")]
        return np.array([self._reaction(at) for at in sites])

    def _reaction(self, site: int) -> FloatArray:
        """Move what a body and its carrier exchange, which MuJoCo tells about the centre of the whole, to the joint."""
        data, model = self._data, self._model
        body = int(model.site_bodyid[site])
        moment, force = np.array(data.cfrc_int[body, :3]), np.array(data.cfrc_int[body, 3:])
        arm = np.array(data.subtree_com[int(model.body_rootid[body])]) - np.array(data.site_xpos[site])
        return np.array([force, moment + np.cross(arm, force)])
