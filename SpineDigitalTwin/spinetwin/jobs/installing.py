"""The step that installs what a backend lacks, on a person's request."""

from __future__ import annotations

from pathlib import Path

from ..errors import ParameterError
from .environments import home
from .environments.folders import made
from .job import Done, Job
from .output import Output


def installation(job: Job, folder: Path, output: Output) -> Done:  # noqa: ARG001 - what is made stays in the program's own folder
    """Let a backend install what it needs in the program's own folder; what is there already stays.

    Raises
    ------
    ParameterError
        If there is no such backend.
    """
    from .backends import BACKENDS

    backends = {each.describe().name: each for each in BACKENDS}
    name = job.options.get("backend", "")
    if name not in backends:
        raise ParameterError(f"There is no backend {name!r} to install.", f"Choose one of: {', '.join(backends)}.")
    backends[name].install(made(home()), output.progress("install"))
    return Done({}, f"{backends[name].describe().title}: installed")
