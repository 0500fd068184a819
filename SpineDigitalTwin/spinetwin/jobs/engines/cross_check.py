"""The loads of a model beside those that another engine finds in the same model."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...biomechanics.articulation import mechanism_of
from ...biomechanics.mechanism import Mechanism
from ...biomechanics.model import MultibodyModel
from ...biomechanics.posture import Pose, placed, pose_of
from ...biomechanics.results import Loads
from ...biomechanics.statics import above_joints, directions
from ...errors import ParameterError, ProgramError
from ...geometry import FloatArray
from ...io.atomic import write_text
from ...io.mjcf import write_mjcf
from ...io.opensim import ANGLES, component_name, write_opensim
from ..environments import Program, environment_for, lend_package
from ..external.running import NO_NETWORK
from ..external.workers import run_worker
from ..job import write_job

ENGINES: Mapping[str, tuple[Callable[[Path, Mechanism], None], str]] = {
    "opensim": (write_opensim, "model.osim"),
    "mujoco": (write_mjcf, "model.xml"),
}
"""How the model is written for each, and under what name."""

_WORKER = "spinetwin.jobs.engines.engine_worker"
_PATIENCE_S = 60.0
"""Silence that is a hang: while such large libraries are loaded, nothing else of the child gets its turn."""


@dataclass(frozen=True)
class CrossCheck:
    """Two engines on one model, joint by joint.

    Attributes
    ----------
    version : str
        Of the other engine, with its name.
    levels : tuple of int
        Upper level of each joint.
    ours, theirs : (n, 6) arrays
        Compression, shear forward, shear to the right (N) under the same forces of the muscles; then the moments (Nm) about
        right, anterior and superior that hold the upper body: what muscles and discs could not make, between ribs all of it.
    optimum : (n, 3) array
        Compression and shears (N) with the muscles that the other engine's lever arms make best.
    seconds : mapping of str to float
        CPU seconds that the other engine took to load the model, for lever arms and reactions, and for the optimum.
    """

    version: str
    levels: tuple[int, ...]
    ours: FloatArray
    theirs: FloatArray
    optimum: FloatArray
    seconds: Mapping[str, float]

    @property
    def force_difference(self) -> float:
        """Largest difference of a force under the same muscles, N."""
        return float(np.abs(self.theirs - self.ours)[:, :3].max())

    @property
    def moment_difference(self) -> float:
        """Largest difference of a moment under the same muscles, Nm."""
        return float(np.abs(self.theirs - self.ours)[:, 3:].max())

    @property
    def optimum_difference(self) -> float:
        """Largest difference of a force between the two optima, N."""
        return float(np.abs(self.optimum - self.ours[:, :3]).max())


def cross_check(
    model: MultibodyModel, found: Loads, engine: str, tell: Callable[[float, str], None], python: Path | None = None
) -> CrossCheck:
    """Let another engine compute the same model, in a process and an environment of its own.

    Parameters
    ----------
    model : MultibodyModel
        In the imaged posture.
    found : Loads
        Of this model.
    engine : str
        A key of `ENGINES`.
    tell : callable
        Takes the fraction done and what is being worked on.
    python : Path, optional
        Interpreter that has the engine; default that of its private environment.

    Raises
    ------
    ParameterError
        If there is no such engine, or it is not installed.
    SpineTwinError
        If the engine refuses the model.
    ProgramError
        If it cannot be started, dies, hangs, or ends without a result.
    """
    if engine not in ENGINES:
        raise ParameterError(f"There is no engine {engine!r} to compare with.", f"Choose one of {', '.join(ENGINES)}.")
    interpreter = (python or environment_for(engine).python).absolute()
    mechanism = mechanism_of(model, found)
    with tempfile.TemporaryDirectory(prefix="spinetwin-") as name:
        folder = Path(name)
        job = _job(folder, engine, model, mechanism, found)
        # OpenSim leaves a log wherever it is loaded
        program = Program(interpreter, _WORKER, (str(job),), {**NO_NETWORK, **lend_package(folder)}, folder)
        result = run_worker(program, tell, _PATIENCE_S)
        content = _read(Path(str(result.paths.get("reactions", ""))), engine)
    try:
        return _compared(model, found, mechanism, content)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ProgramError(f"What {engine} has computed cannot be read.", "Try again.") from error


def _job(folder: Path, engine: str, model: MultibodyModel, mechanism: Mechanism, found: Loads) -> Path:
    write, name = ENGINES[engine]
    write(folder / name, mechanism)
    strings, settings = mechanism.strings, found.settings
    spelt = component_name if engine == "opensim" else str
    forces = {spelt(each): float(force) for each, force in zip(strings.names, strings.forces, strict=True)}
    given = {"forces": forces, "weights": _weights(model, mechanism, found)}
    write_text(folder / "given.json", json.dumps(given))
    output = folder / "out"
    output.mkdir()
    options = {"power": settings.power, "floor": mechanism.floor}
    write_job(folder / "job.json", engine, {"model": folder / name, "given": folder / "given.json"}, options, output)
    return folder / "job.json"


def _weights(model: MultibodyModel, mechanism: Mechanism, found: Loads) -> dict[str, float]:
    """Return what the square of a moment that muscles leave over weighs in the optimum, by the angle that it is about."""
    names, weights = mechanism.joints.names[1:], found.left_over_weight
    free = np.flatnonzero(model.mobile)
    return {f"{names[at]}_{word}": float(weights[at, axis]) for at in free for axis, word in enumerate(ANGLES)}


def _read(path: Path, engine: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProgramError(f"{engine} ended without a result that can be read.", "Try again.") from error
    if not isinstance(content, dict):
        raise ProgramError(f"{engine} ended without a result that can be read.", "Try again.")
    return content


def _compared(model: MultibodyModel, found: Loads, mechanism: Mechanism, content: Mapping[str, Any]) -> CrossCheck:
    pose = pose_of(model, found.task, found.settings)
    posed = placed(model, pose)
    forces = np.stack([found.compression, found.shear_anterior, found.shear_right], axis=1)
    moments = np.where(model.mobile[:, None], _about_hinges(model, pose, posed, found.left_over), _through_ribs(posed, found))
    given, optimum = content["given"], content["optimum"]
    theirs = _moments(posed, mechanism, content["angles"], given)
    return CrossCheck(
        version=str(content["version"]),
        levels=model.levels,
        ours=np.concatenate([forces, moments], axis=1),
        theirs=np.concatenate([_forces(posed, given), theirs], axis=1),
        optimum=_forces(posed, optimum),
        seconds={str(key): float(value) for key, value in content["seconds"].items()},
    )


def _forces(posed: MultibodyModel, balance: Mapping[str, Any]) -> FloatArray:
    """Return compression and shears (n, 3) of what an engine tells to act on the upper bodies."""
    reactions = np.array(balance["reactions"], dtype=np.float64).reshape(len(posed.levels), 2, 3)
    right, anterior, superior = np.einsum("nij,nj->in", posed.joint_axes, reactions[:, 0])
    return np.asarray(np.stack([superior, -anterior, -right], axis=1))


def _moments(posed: MultibodyModel, mechanism: Mechanism, angles: list[str], balance: Mapping[str, Any]) -> FloatArray:
    """Return the moments (n, 3): about the hinges of joints that move, about the axes of the others."""
    reactions = np.array(balance["reactions"], dtype=np.float64).reshape(len(posed.levels), 2, 3)
    moments = np.einsum("nij,nj->ni", posed.joint_axes, reactions[:, 1])
    held = dict(zip(angles, np.array(balance["held"], dtype=np.float64), strict=True))
    for at, name in enumerate(mechanism.joints.names[1:]):
        if posed.mobile[at]:
            moments[at] = [held[f"{name}_{word}"] for word in ANGLES]
    return np.asarray(moments)


def _about_hinges(model: MultibodyModel, pose: Pose, posed: MultibodyModel, moments: FloatArray) -> FloatArray:
    """Return moments (n, 3), told along the axes of the posed joints, about the hinges of engines: one lies on each body."""
    first = np.einsum("nij,nj->ni", pose.turns[:-1], model.joint_axes[:, 0])
    third = np.einsum("nij,nj->ni", pose.turns[1:], model.joint_axes[:, 2])
    second = np.cross(third, first)
    second /= np.linalg.norm(second, axis=1, keepdims=True)
    whole = np.einsum("nij,ni->nj", posed.joint_axes, moments)
    return np.asarray(np.einsum("hnj,nj->nh", np.stack([first, second, third]), whole))


def _through_ribs(posed: MultibodyModel, found: Loads) -> FloatArray:
    """Return the moment (n, 3) that must hold what lies above each joint against weight, ligaments and muscles."""
    muscles = posed.muscles
    pulls = above_joints(posed, muscles.owners, muscles.points, directions(muscles.points))[:, 3:] @ found.muscle_forces
    return np.asarray(-(found.demand + found.passive + pulls))
