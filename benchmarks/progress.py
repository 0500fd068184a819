"""How true the worker's progress is: runs real jobs and prints what it says against the time that goes by.

Each row tells by how much the remaining time was wrong when a third and a half of the run were over, by how much of the whole
run it was wrong at worst from there on, how far the fraction lay from the share of the time at worst, and whether it ever went
back. The remaining time is what a panel shows: the last estimate, less the time since. The run ends with its result. --log
prints every event. --runs takes the run whose error is the median of several. On a busy computer, --cpu reads all times from
the processor time of the processes that do the work, which stands still while others are at work; it needs Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from progress_jobs import Case, cases
from spinetwin.jobs.environments import Program, run_program
from spinetwin.jobs.environments.child import Hear
from spinetwin.jobs.events import Progress, Result, event_of
from spinetwin.jobs.external import workers
from spinetwin.jobs.job import read_job
from spinetwin.jobs.output import Output
from spinetwin.jobs.steps import STEPS

MOMENTS = 200
THIRD, HALF = 1 / 3, 1 / 2
CHILD = """
import queue, runpy, subprocess, sys, threading, time
time.monotonic = time.process_time
sys.argv = sys.argv[2:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
"""A worker in another environment reads its times from its processor time, too."""


@dataclass(frozen=True)
class Told:
    """A progress event, and when it came."""

    at: float
    fraction: float
    eta_s: float | None
    message: str


def run(case: Case, folder: Path, *, by_cpu: bool) -> tuple[list[Told], float]:
    """Run a job as the panel does; returns what it said, and when it ended, in seconds since it first spoke."""
    out = folder / "out"
    out.mkdir(exist_ok=True)
    job = folder / "job.json"
    content = {"step": case.step, "inputs": case.inputs, "options": case.options, "output": str(out)}
    job.write_text(json.dumps(content), encoding="utf-8")
    environ = {**os.environ, **case.variables}
    if by_cpu:
        command = [sys.executable, __file__, "--work", str(job)]
        *events, ended_at = json.loads(
            subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environ).stdout
        )
        return [Told(at - events[0][0], *rest) for at, *rest in events], ended_at - events[0][0]
    told: list[Told] = []
    begun, ended = None, 0.0
    command = [sys.executable, "-m", "spinetwin", "worker", str(job)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        for line in process.stdout:
            event = event_of(line.rstrip("\n"))
            if isinstance(event, Progress):
                begun = time.monotonic() if begun is None else begun
                told.append(Told(time.monotonic() - begun, event.fraction, event.eta_s, event.message))
            elif isinstance(event, Result):
                ended = time.monotonic() - (begun or 0.0)
    if process.returncode:
        raise SystemExit(f"{case.name}: the worker ended with exit code {process.returncode}.")
    return told, ended


def _work(job_file: Path) -> None:
    """Do a job here, and print when each event came and what it said, by the processor time that it has taken."""
    events: list[tuple[float, float, float | None, str]] = []

    def write(line: bytes) -> None:
        event = event_of(line.decode().rstrip("\n"))
        if isinstance(event, Progress):
            events.append((tree_seconds(), event.fraction, event.eta_s, event.message))

    workers.run_program = _by_cpu
    # what would be shared out among cores takes as long as its processor time
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    job = read_job(job_file, STEPS)
    STEPS[job.step].run(job, job.output, Output(write, tree_seconds))
    print(json.dumps([*events, tree_seconds()]))


def _by_cpu(program: Program, hear: Hear) -> tuple[str, ...]:
    return run_program(replace(program, module="-c", arguments=(CHILD, program.module, *program.arguments)), hear)


def tree_seconds(pid: int | str = "self") -> float:
    """Return the processor time of a process and all its children, those that have ended too."""
    with suppress(OSError):  # it may end while it is looked at
        place = Path("/proc") / str(pid)
        # after the name, which may hold anything: from the twelfth field on user, system, and both of children that have ended
        ticks = sum(map(int, (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:15]))
        children = {each for task in (place / "task").iterdir() for each in (task / "children").read_text().split()}
        return ticks / os.sysconf("SC_CLK_TCK") + sum(map(tree_seconds, children))
    return 0.0


def shown(told: list[Told], at: float) -> float | None:
    """Return the seconds that a panel shows as remaining at a moment: the last estimate, less the time since."""
    last = [each for each in told if each.at <= at and each.eta_s is not None]
    return max(0.0, last[-1].eta_s - (at - last[-1].at)) if last and last[-1].eta_s is not None else None


def error_at(share: float, told: list[Told], ended: float) -> float | None:
    """Return by how much of itself the rest is wrong when a share of the run is over."""
    rest = shown(told, share * ended)
    return None if rest is None else rest / ((1 - share) * ended) - 1


def row(name: str, told: list[Told], ended: float) -> str:
    """Return a row of the table."""
    wrong = (error_at(share, told, ended) for share in (THIRD, HALF))
    third, half = ("none" if each is None else f"{100 * each:+.0f} %" for each in wrong)
    moments = np.linspace(ended / 3, ended * 0.9, MOMENTS)
    errors = [abs((shown(told, at) or 0.0) - (ended - at)) / ended for at in moments]
    off = max(abs(each.fraction - each.at / ended) for each in told)
    back = any(later.fraction < earlier.fraction for earlier, later in pairwise(told))
    return f"| {name} | {ended:.1f} | {third} | {half} | {100 * max(errors):.0f} % | {off:.2f} | {'yes' if back else 'no'} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", action="store_true", help="print every event")
    parser.add_argument("--runs", type=int, default=1, help="of each job; the median is shown")
    parser.add_argument("--cpu", action="store_true", help="read the times from the processor time of the work")
    parser.add_argument("--only", default="", help="spines with this in their name")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        _work(arguments.work)
        return
    print("| job | s | error of the rest after a third | after a half | worst later, of the whole | fraction off | went back |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for case in cases(Path(name), arguments.only):
            runs = [run(case, Path(name), by_cpu=arguments.cpu) for _ in range(arguments.runs)]
            told, ended = sorted(runs, key=lambda each: error_at(THIRD, *each) or 0.0)[len(runs) // 2]
            print(row(case.name, told, ended), flush=True)
            if arguments.log:
                for each in told:
                    print(f"    {each.at:7.2f} s  {100 * each.fraction:5.1f} %  rest {each.eta_s}  {each.message}")


if __name__ == "__main__":
    main()
