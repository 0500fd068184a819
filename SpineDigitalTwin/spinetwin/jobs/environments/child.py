"""A program in another environment: started with nothing of ours, heard line by line, and ended with all it has started."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

from ...errors import ProgramError
from ..endings import ending
from ..lines import LineSplitter
from ..tree import end_tree
from .bars import bar_of
from .guard import BEAT, HEARTBEAT
from .variables import clean_variables

_GUARD = Path(__file__).with_name("guard.py")
_LOOK_S = 0.2
"""How often the waiting thread looks up, so that an interruption is noticed on every system."""
_SILENT_LOOKS = 10
"""Looks in vain after its end; on a busy computer its last words may take a second to be read."""
_KEPT_LINES = 40
_TOLD_LINES = 3
_END_S = 5.0
_KILLED = (-9, 137)

_BEAT_S = 2.0
_BEATS = 4
"""Heartbeats that must fail to come before a program is said to hang, however short the patience."""

Hear = Callable[[str], None]


@dataclass(frozen=True)
class Program:
    """What is to be started.

    Attributes
    ----------
    python : Path
        Interpreter of the environment.
    module : str
        As after ``python -m``; or "-c", and the code as the first argument.
    arguments : tuple of str
    variables : mapping of str to str
        Environment variables beside the clean ones.
    folder : Path or None
        Where it works; default where this process does.
    """

    python: Path
    module: str
    arguments: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None


class HangError(ProgramError):
    """A program was silent for too long, heartbeat and all, and has been ended."""


def run_program(program: Program, hear: Hear, patience_s: float | None = None) -> tuple[str, ...]:
    """Run a program to its end.

    It leads a process group of its own, and ends with all its children when this function is left, in whatever way, and when
    this process dies.

    Parameters
    ----------
    program : Program
    hear : callable
        Takes each line of its standard output and standard error as it comes, in this thread; a bar that is drawn over itself
        gives a line each time.
    patience_s : float, optional
        Seconds without a sign of life that are a hang; it gets a heartbeat that goes on while it computes in silence. Without
        it, nothing is a hang.

    Returns
    -------
    tuple of str
        The last lines it said, without bars.

    Raises
    ------
    ProgramError
        If it cannot be started, or does not end with exit code 0; with its last words.
    HangError
        If it hangs.
    """
    if patience_s is not None:
        beat = str(min(_BEAT_S, patience_s / _BEATS))
        program = replace(program, variables={**program.variables, HEARTBEAT: beat})
    said: deque[str] = deque(maxlen=_KEPT_LINES)
    with _started(program) as process:
        for line in _lines(process, patience_s):
            if bar_of(line) is None:
                said.append(line)
            hear(line)
        code = process.wait()
    if code:
        raise _died(program, code, said)
    return tuple(said)


@contextmanager
def _started(program: Program) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(program.python), str(_GUARD), program.module, *program.arguments]
    try:
        process = subprocess.Popen(  # noqa: S603 - the arguments are a list; no shell reads them
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=program.folder,
            env=clean_variables(program.variables),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        said = f"{program.module} cannot be started: {program.python}: {error.strerror or error}."
        raise ProgramError(said, "Install its environment again: `spinetwin install --repair`.") from error
    try:
        yield process
    finally:
        # also after a good end: what it has left running in its group
        end_tree(process.pid)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_S)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _lines(process: subprocess.Popen[bytes], patience_s: float | None) -> Iterator[str]:
    """Yield what a process says until it has ended or hangs; a grandchild that holds the pipes open is not waited for."""
    queue: SimpleQueue[str | None] = SimpleQueue()
    streams = [pipe for pipe in (process.stdout, process.stderr) if pipe is not None]
    for pipe in streams:
        threading.Thread(target=_read, args=(pipe, queue), name="child", daemon=True).start()
    left, silent, heard = len(streams), 0, time.monotonic()
    while left and silent < _SILENT_LOOKS:
        try:
            line = queue.get(timeout=_LOOK_S)
        except Empty:
            silent = silent + 1 if process.poll() is not None else 0
            if patience_s is not None and not silent and time.monotonic() - heard > patience_s:
                said = ending("hang", seconds=patience_s)
                raise HangError(said.message, said.hint) from None
            continue
        if line is None:
            left -= 1
        elif line != BEAT:
            yield line
        heard = time.monotonic()


def _read(pipe: IO[bytes], queue: SimpleQueue[str | None]) -> None:
    lines = LineSplitter()
    with suppress(OSError, ValueError):  # closed under it
        # a bar returns to the beginning of its line, which ends no line for others
        while data := pipe.read1(1 << 16):  # type: ignore[attr-defined]
            for line in lines.feed(data.replace(b"\r", b"\n")):
                queue.put(line)
    for line in lines.end():
        queue.put(line)
    queue.put(None)


def _died(program: Program, code: int, said: deque[str]) -> ProgramError:
    last = " / ".join(line.strip() for line in list(said)[-_TOLD_LINES:])
    if code in _KILLED and sys.platform != "win32":
        return ProgramError(
            f"{program.module} was ended by the operating system, most often because memory ran out.",
            "Close other programs, or crop the image to the spine.",
        )
    how = f"was ended by the signal {-code}" if code < 0 else f"ended with exit code {code}"
    return ProgramError(f"{program.module} {how}: {last or 'it gave no reason'}.", "Its own messages tell more.")
