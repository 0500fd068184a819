"""The worker: one job, from its file to its results, said in events."""

from __future__ import annotations

import _thread
import faulthandler
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from .. import __version__
from ..errors import SpineTwinError
from . import tree
from .endings import ending, failure_of, failure_of_system
from .events import Failure, Result, Started
from .job import Step, read_job
from .output import Output, standard_output
from .scratch import Scratch, sweep
from .steps import STEPS
from .store import forget_stages
from .watch import watch, watched

_GRACE_S = 0.5
_LONGEST_REASON = 200


def work(path: Path, steps: Mapping[str, Step] = STEPS) -> int:
    """Do the job of a file in this process, and say how it goes on standard output.

    Parameters
    ----------
    path : Path
        The job file.
    steps : mapping of str to Step
        What it may ask for.

    Returns
    -------
    int
        0 with a `result` as the last event, 1 with an `error`.
    """
    with suppress(AttributeError, ValueError, OSError):  # without a standard error there is nowhere to tell of a crash
        faulthandler.enable()
    _stop_on_signals()
    with standard_output() as output:
        run = Run(path, output, steps)
        if watched():
            tree.lead_own_group()
            watch(run.stop)
        output.emit(Started(os.getpid(), __version__))
        with output.heartbeat():
            last = run.ended()
    # only now is everything said that was printed on the way
    output.emit(last)
    if run.stopped:
        tree.end_own_group()
    return 0 if isinstance(last, Result) else 1


def _stop_on_signals() -> None:
    """Let every polite request to stop unwind the stack, so that what is half-written is removed."""
    # SIGINT too: a shell lets its background jobs ignore it
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, signal.default_int_handler)


def _interrupt_main_thread() -> None:
    """Raise KeyboardInterrupt in the main thread; a real signal also wakes it where it waits for a child or a disk."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


class Run:
    """One job at work; may be stopped from another thread."""

    def __init__(self, path: Path, output: Output, steps: Mapping[str, Step]) -> None:
        self.stopped = False
        self._working = False
        self._path = path
        self._output = output
        self._steps = steps
        self._scratch: Scratch | None = None

    def ended(self) -> Result | Failure:
        """Do the work, and return how it ended, whatever happens; nothing half-written is left."""
        try:
            self._working = True
            return self._result()
        except KeyboardInterrupt:
            return ending("stopped")
        except MemoryError:
            return ending("memory")
        except SpineTwinError as error:
            return failure_of(error)
        except OSError as error:
            return failure_of_system(error)
        except RuntimeError as error:
            if "can't start new thread" in str(error):
                return ending("memory")
            return self._internal(error)
        except Exception as error:  # noqa: BLE001 - the last line of defence; the traceback goes into the log
            return self._internal(error)
        finally:
            self._working = False
            if self._scratch is not None:
                self._scratch.remove()

    def stop(self) -> None:
        """End the work: politely, so that the main thread tidies up, and after a short time whatever it does."""
        self.stopped = True
        if self._working:
            _interrupt_main_thread()
            time.sleep(_GRACE_S)
        if self._scratch is not None:
            self._scratch.remove()
            forget_stages(self._scratch.output, os.getpid())
        tree.end_own_group()

    def _result(self) -> Result:
        job = read_job(self._path, self._steps)
        sweep(job.output)
        self._scratch = Scratch(job.output)
        with self._scratch as scratch:
            done = self._steps[job.step].run(job, scratch.folder, self._output)
            return Result(scratch.publish(done.files), done.summary)

    def _internal(self, error: Exception) -> Failure:
        self._output.log("".join(traceback.format_exception(error)), "traceback")
        said = " ".join(str(error).split())
        return ending("internal", what=f"{type(error).__name__}: {said[:_LONGEST_REASON]}")
