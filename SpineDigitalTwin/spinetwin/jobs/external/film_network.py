"""The network that finds landmarks on films: in this Python where it has ONNX Runtime, else in an environment that has it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ...errors import ParameterError, ProgramError
from ...xray.networks.contrast import Float32
from ...xray.networks.model import Description, Run, open_network
from ..environments import Environment, environment_for
from .embedded import NAME, RuntimeAtHand, program_for
from .workers import run_worker

FILM = "film"
"""The step of the child, and what its input is called."""

SEEN = "seen"
"""What its result is called."""

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
    runtime = RuntimeAtHand(root)
    if runtime.here:
        return open_network(description)
    lacking = runtime.lacking()
    if lacking:
        raise ParameterError(
            f"The network cannot look at films: {lacking}",
            "Or choose the embedded network in section Segment, and install it.",
        )
    environment = environment_for(NAME, root)
    return lambda film: _seen(film, environment)


def _seen(film: Float32, environment: Environment) -> tuple[Float32, Float32, Float32]:
    with tempfile.TemporaryDirectory(prefix="spinetwin-") as name:
        program = program_for(environment, Path(name), FILM, {FILM: film}, {})
        result = run_worker(program, lambda _done, _what: None)
        return _taken_over(Path(result.paths[SEEN]))


def _taken_over(path: Path) -> tuple[Float32, Float32, Float32]:
    """Read what the child has written."""
    try:
        with np.load(path, allow_pickle=False) as given:
            heat, offsets, bone = (np.asarray(given[name], dtype=np.float32) for name in _ARRAYS)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ProgramError("What the network has seen on a film cannot be read.", "Try again.") from error
    return heat, offsets, bone
