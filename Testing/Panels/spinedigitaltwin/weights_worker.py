"""A worker with the published backends, whose weights come from a server on this computer and whose packages are lent.

python weights_worker.py JOB ADDRESS
"""

import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def main(job, address):
    """Do a job."""
    sys.path.insert(0, str(ROOT / "Testing" / "Python"))

    from lent_packages import lent
    from spinetwin.jobs import backends
    from spinetwin.jobs.environments import ENVIRONMENTS
    from spinetwin.jobs.external.spineps import SpinepsBackend
    from spinetwin.jobs.external.totalspineseg import TotalSpineSegBackend
    from spinetwin.jobs.external.two_phase import TwoPhaseBackend
    from spinetwin.jobs.weights import WEIGHTS
    from spinetwin.jobs.worker import work
    from spinetwin.segmentation.backends import ImportBackend

    for name, each in WEIGHTS.items():
        WEIGHTS[name] = replace(each, url=f"{address}/{name}.zip", hosts=("127.0.0.1",))
    ENVIRONMENTS["spineps"] = replace(lent("spineps", "torch"), imports=("torch",))
    backends.BACKENDS = (SpinepsBackend(), TotalSpineSegBackend(), TwoPhaseBackend(), ImportBackend())
    return work(job)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
