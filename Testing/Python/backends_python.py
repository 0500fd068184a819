"""The Python that has torch and nnU-Net, which `make test` makes, and scripts of the training run as people run them."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

TRAINING = Path(__file__).resolve().parents[2] / "training"
VARIABLE = "SPINETWIN_BACKENDS_PYTHON"


def python_with(*packages):
    """Return a Python that has these packages: this one, or that of the backends."""
    python = sys.executable if all(map(find_spec, packages)) else os.environ.get(VARIABLE)
    if not python:
        pytest.skip(f"no {' and '.join(packages)} here, and {VARIABLE} names no Python that has them; `make test` makes one")
    return python


def run_script(script, *arguments, python=None, more=()):
    """Run a script of the training, or one that checks it; `more` are folders whose modules it finds."""
    path = os.pathsep.join(map(str, [TRAINING.parent / "SpineDigitalTwin", TRAINING, *more]))
    return subprocess.run(
        [python or sys.executable, script, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"},
    )
