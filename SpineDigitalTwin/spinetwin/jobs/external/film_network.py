"""The networks that look at films: in this Python where it has ONNX Runtime, else in an environment that has it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ...errors import ParameterError, ProgramError
from ...xray.networks import volumes
from ...xray.networks.contrast import Float32
from ...xray.networks.model import Description, Run, open_network
from ..environments import Environment, environment_for
from .embedded import NAME, RuntimeAtHand, program_for
from .workers import run_worker

FILM = "film"
"""The step of the child, and what its input is called."""

SEEN = "seen"
"""What its result is called."""

BLOCK, ODDS = "block", "odds"
"""The step of the child that sees vertebrae as volumes, all in one run, and what its result is called."""

_ARRAYS = ("heat", "offsets", "bone")


def network_at_hand(description: Description, root: Path | None = None) -> Run:
    """Return the network of the package, run by the nearest ONNX Runtime there is.

    Parameters
    ----------
    description : Description
    root : Path, optional
        The program's own folder, with the environments; default `home()`.

    Raises
    ------
    ParameterError
        If there is no ONNX Runtime, with what to do.
    """
    environment = _environment(root)
    return open_network(description) if environment is None else lambda film: _seen(film, environment)


def volume_network_at_hand(root: Path | None = None) -> volumes.VolumeNetwork:
    """Return the network that sees vertebrae as volumes, run by the nearest ONNX Runtime there is; `root` is as above.

    Raises
    ------
    ParameterError
        If there is no such network, it is damaged, or there is no ONNX Runtime, with what to do.
    """

    def run_of(weights: Path) -> volumes.Run:
        environment = _environment(root)
        return volumes.session_run(weights) if environment is None else lambda shown: _odds(shown, weights, environment)

    return volumes.open_network(run_of=run_of)


def _environment(root: Path | None) -> Environment | None:
    """Return the environment that has ONNX Runtime; None where this Python has it."""
    runtime = RuntimeAtHand(root)
    if runtime.here:
        return None
    lacking = runtime.lacking()
    if lacking:
        raise ParameterError(
            f"The network cannot look at films: {lacking}",
            "Or choose the embedded network in section Segment, and install it.",
        )
    return environment_for(NAME, root)


def _odds(shown: Float32, weights: Path, environment: Environment) -> Float32:
    with tempfile.TemporaryDirectory(prefix="spinetwin-") as name:
        options = {"weights": str(weights.absolute())}
        result = run_worker(program_for(environment, Path(name), BLOCK, {BLOCK: shown}, options), lambda _done, _what: None)
        return _arrays(Path(result.paths[ODDS]), (ODDS,))[0]


def _seen(film: Float32, environment: Environment) -> tuple[Float32, Float32, Float32]:
    with tempfile.TemporaryDirectory(prefix="spinetwin-") as name:
        program = program_for(environment, Path(name), FILM, {FILM: film}, {})
        result = run_worker(program, lambda _done, _what: None)
        heat, offsets, bone = _arrays(Path(result.paths[SEEN]), _ARRAYS)
        return heat, offsets, bone


def _arrays(path: Path, names: Sequence[str]) -> list[Float32]:
    """Read what the child has written."""
    try:
        with np.load(path, allow_pickle=False) as given:
            return [np.asarray(given[name], dtype=np.float32) for name in names]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ProgramError("What the network has seen on a film cannot be read.", "Try again.") from error
