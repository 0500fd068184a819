"""A worker whose Python lacks ONNX Runtime, as 3D Slicer's does: its one backend is a tiny network, and its installer is real.

    python bare_worker.py JOB MODEL TROUBLE

What is installed comes from wheels made by hand (PIP_FIND_LINKS); TROUBLE is what goes wrong.
"""

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[3]


def main(job, model, trouble):
    """Do a job; whatever imports ONNX Runtime in this process fails."""
    sys.modules["onnxruntime"] = None
    sys.path.insert(0, str(ROOT / "Testing" / "Python"))

    from lent_packages import SLOW, lent
    from spinetwin.jobs import backends
    from spinetwin.jobs.environments import ENVIRONMENTS
    from spinetwin.jobs.external.embedded import RuntimeAtHand
    from spinetwin.jobs.worker import work
    from spinetwin.segmentation.backends import EmbeddedBackend, ImportBackend

    backends.BACKENDS = (EmbeddedBackend(model, RuntimeAtHand()), ImportBackend())
    if trouble != "no network":
        ENVIRONMENTS["embedded"] = lent("embedded", *([SLOW] if trouble == "slow" else []))
    if trouble == "full disk":
        shutil.disk_usage = lambda _: SimpleNamespace(free=1e6)
    if trouble == "wrong python":
        sys.executable = str(model / "no python")
    return work(job)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
