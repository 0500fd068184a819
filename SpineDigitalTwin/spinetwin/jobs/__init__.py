"""Long work in a process of its own: a job file in, JSON lines out; the listening side; ending whole process trees.

The worker is `spinetwin worker JOB.json`. Whoever starts it reads its standard output with `Listener`, and closes its standard
input to cancel it.
"""

from .endings import ending, failure_of
from .events import Event, Failure, LevelReady, Log, Progress, Result
from .job import Job, write_job
from .listen import Listener, State, Verdict
from .scratch import sweep
from .store import forget_stages
from .tree import end_tree

__all__ = [
    "Event",
    "Failure",
    "Job",
    "LevelReady",
    "Listener",
    "Log",
    "Progress",
    "Result",
    "State",
    "Verdict",
    "end_tree",
    "ending",
    "failure_of",
    "forget_stages",
    "sweep",
    "write_job",
]
