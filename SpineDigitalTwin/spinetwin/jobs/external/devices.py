"""Where the torch of an environment can compute: asked of that torch itself, in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

from ...errors import ProgramError
from ...segmentation.backends.protocol import CPU
from ..environments import Environment, Program, run_program

_ASK = """
import json, torch
cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
mps = ["mps"] if torch.backends.mps.is_available() else []
print(json.dumps({"devices": ["cpu", *(f"cuda:{number}" for number in range(cuda)), *mps]}))
"""


def torch_devices(program_of: Callable[[str, tuple[str, ...]], Program]) -> tuple[str, ...]:
    """Ask the torch of a Python for the devices that it can use now; takes as long as torch takes to load, once.

    Parameters
    ----------
    program_of : callable
        Makes a program in that Python of a module and its arguments.

    Returns
    -------
    tuple of str
        "cpu", and what else there is: "cuda:0", "cuda:1", "mps".

    Raises
    ------
    ProgramError
        If torch cannot be loaded, or gives no answer.
    """
    asking = program_of("-c", (_ASK,))
    return _answer(asking.python, tuple(sorted(asking.variables.items())))


def cuda_devices(environment: Environment) -> tuple[str, ...]:
    """Return where a program can run that knows nothing but the CPU and CUDA; a torch that was built for the CPU is not asked.

    Raises
    ------
    ProgramError
        If the torch of the environment cannot be asked.
    """
    if environment.packages.get("torch", "").endswith("+cpu"):
        return CPU
    return tuple(each for each in torch_devices(environment.program) if each != "mps")


@cache
def _answer(python: Path, variables: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    try:
        said = run_program(Program(python, "-c", (_ASK,), dict(variables)), _unheard)
        return tuple(str(each) for each in json.loads(said[-1])["devices"])
    except ProgramError as error:
        raise ProgramError(f"The torch of {python} cannot be asked for its devices: {error.message}", error.hint) from error
    except (IndexError, ValueError, KeyError, TypeError) as error:
        raise ProgramError(
            f"The torch of {python} gave no answer about its devices.", "Install its environment again."
        ) from error


def _unheard(_: str) -> None:
    """Take a line that is read when all are there."""
