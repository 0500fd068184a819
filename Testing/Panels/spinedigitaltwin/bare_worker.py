"""A worker whose Python lacks ONNX Runtime, as 3D Slicer's does: its one backend is a tiny network, and its installer is real.

    python bare_worker.py JOB MODEL TROUBLE

What is installed comes from wheels made by hand (PIP_FIND_LINKS); TROUBLE is what goes wrong.
"""

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Testing" / "Python"))
sys.modules["onnxruntime"] = None

from lent_packages import SLOW, lent  # noqa: E402 - the path first
from spinetwin.jobs import backends  # noqa: E402
from spinetwin.jobs.environments import ENVIRONMENTS  # noqa: E402
from spinetwin.jobs.external.embedded import RuntimeAtHand  # noqa: E402
from spinetwin.jobs.worker import work  # noqa: E402
from spinetwin.segmentation.backends import EmbeddedBackend, ImportBackend  # noqa: E402

JOB, MODEL, TROUBLE = (Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])

if __name__ == "__main__":
    backends.BACKENDS = (EmbeddedBackend(MODEL, RuntimeAtHand()), ImportBackend())
    if TROUBLE != "no network":
        ENVIRONMENTS["embedded"] = lent("embedded", *([SLOW] if TROUBLE == "slow" else []))
    if TROUBLE == "full disk":
        shutil.disk_usage = lambda _: SimpleNamespace(free=1e6)
    if TROUBLE == "wrong python":
        sys.executable = str(MODEL / "no python")
    sys.exit(work(JOB))
