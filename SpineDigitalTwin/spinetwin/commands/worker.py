"""`spinetwin worker`: do the job of a file, and say how it goes as JSON, one object a line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .common import path_of

if TYPE_CHECKING:
    from .common import Steps


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    worker = steps.add_parser(
        "worker",
        help="do the job of a file, for other programs: JSON in, JSON lines out",
        description="Do the job of a file and tell of it on standard output, one JSON object a line. "
        "Where standard input is a pipe, its end cancels the job.",
    )
    worker.add_argument("job", type=path_of, metavar="JOB.json")
    worker.set_defaults(run=lambda arguments: run(arguments.job))


def run(job: Path) -> int:
    """Do one job; 1 when it ended in an `error` event."""
    from ..jobs.worker import work

    return work(job)
