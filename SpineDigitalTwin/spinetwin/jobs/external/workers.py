"""A worker of ours in another environment, followed by the events it says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...errors import ProgramError
from ...segmentation.course import KNOWN, Foretell, Part, unheard
from ..endings import ending, error_of
from ..environments import Program, lend_package, run_program
from ..events import Failure, Progress, Result, Started, event_of
from ..job import write_job
from ..tree import end_tree
from .records import store_option
from .running import NO_NETWORK, PATIENCE_S, compiled_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ...segmentation.backends import Request

Tell = Callable[[float, str], None]
ProgramOf = Callable[[str, tuple[str, ...], Mapping[str, str]], Program]
_LOOK_S = 0.5


def run_step(
    program_of: ProgramOf,
    module: str,
    step: str,
    options: Mapping[str, str],
    request: Request,
    folder: Path,
    tell: Tell,
    patience_s: float = PATIENCE_S,
    foretell: Foretell = unheard,
) -> Result:
    """Let a worker of ours in another environment do a step with the image of a request.

    Parameters
    ----------
    program_of : callable
        Makes a program in the environment of a module, its arguments, and its variables.
    module : str
        The worker.
    step : str
        One of its steps, whose input is `image`.
    options : mapping of str to str
        Of the step; `store` is added where the request keeps finished stages.
    request : Request
    folder : Path
        An empty one, for the job, its results, and an image that lies in no file.
    tell, patience_s, foretell
        As in `run_worker`.

    Returns
    -------
    Result
        Its files lie in `folder`.

    Raises
    ------
    SpineTwinError, ProgramError
        As `run_worker`.
    """
    job = _job(step, options, request, folder)
    variables = {**NO_NETWORK, **lend_package(folder), **compiled_in(folder), "nnUNet_compile": "f"}
    return run_worker(program_of(module, (str(job),), variables), tell, patience_s, foretell)


def _job(step: str, options: Mapping[str, str], request: Request, folder: Path) -> Path:
    from ...io import write_volume

    image = request.path
    if image is None or not image.is_file():
        image = folder / "image.nii.gz"
        write_volume(image, request.image(), request.grid)
    output = folder / "out"
    output.mkdir()
    write_job(folder / "job.json", step, {"image": image.absolute()}, {**options, **store_option(request.stages)}, output)
    return folder / "job.json"


def run_worker(program: Program, tell: Tell, patience_s: float = PATIENCE_S, foretell: Foretell = unheard) -> Result:
    """Run a worker to its end.

    Parameters
    ----------
    program : Program
        Whose module says events, as `spinetwin.jobs.worker` does; what else it prints is no harm.
    tell : callable
        Takes the fraction done, which never goes back, and what is being worked on.
    patience_s : float
        Seconds of silence after which it is ended; a worker has a heartbeat.
    foretell : callable, optional
        Takes the fraction done, and what the worker says that remains.

    Raises
    ------
    SpineTwinError
        If the worker says so, of the kind that it says.
    ProgramError
        If it cannot be started, dies, hangs, or ends without a result.
    """
    ear = _Ear(tell, foretell)
    with _watched(ear, patience_s):
        try:
            run_program(program, ear.hear)
        except ProgramError as error:
            if ear.hung:
                raise _error_of(ending("hang", seconds=patience_s)) from error
            if ear.failure is None:
                raise
    if ear.failure is not None:
        raise error_of(ear.failure)
    if ear.result is None:
        raise _error_of(ending("no_result"))
    return ear.result


def _error_of(failure: Failure) -> ProgramError:
    return ProgramError(failure.message, failure.hint)


class _Ear:
    """What a worker has said so far."""

    def __init__(self, tell: Tell, foretell: Foretell) -> None:
        self.result: Result | None = None
        self.failure: Failure | None = None
        self.pid: int | None = None
        self.hung = False
        self.heard = time.monotonic()
        self._tell, self._foretell, self._reached = tell, foretell, 0.0

    def hear(self, line: str) -> None:
        """Take one line."""
        self.heard = time.monotonic()
        event = event_of(line)
        if isinstance(event, Progress):
            self._reached = max(self._reached, min(event.fraction, 1.0))
            if event.eta_s is not None:
                self._foretell(self._reached, (Part("rest", event.eta_s, KNOWN),))
            self._tell(self._reached, event.message)
        elif isinstance(event, Started):
            self.pid = event.pid
        elif isinstance(event, Result):
            self.result = event
        elif isinstance(event, Failure):
            self.failure = event


@contextmanager
def _watched(ear: _Ear, patience_s: float) -> Iterator[None]:
    """End a worker that is silent for too long; before its first event there is no process to be named, and nothing hangs."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_LOOK_S):
            if ear.pid is not None and time.monotonic() - ear.heard > patience_s:
                ear.hung = True
                end_tree(ear.pid)
                return

    threading.Thread(target=watch, name="patience", daemon=True).start()
    try:
        yield
    finally:
        done.set()
