"""The backend for models of one's own: a semantic and an instance network, run in an environment that has torch and nnU-Net."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from zipfile import BadZipFile

import numpy as np

from ...errors import ParameterError, ProgramError
from ...geometry import LabelMaps
from ...segmentation.backends import Availability, Description, Request, Segmentation
from ...segmentation.two_phase.models import lacking
from ..environments import Program, home, state_for
from .workers import run_step

if TYPE_CHECKING:
    from ...segmentation.backends.protocol import Progress

NAME = STEP = "two-phase"
MAPS, RECORD = "maps", "record"
"""What the result of the child is called: both label maps, and all else."""
MODELS_VARIABLE = "SPINETWIN_MODELS"
_WORKER = "spinetwin.jobs.external.two_phase_worker"
_PACKAGES = ("torch", "nnunetv2")


class TwoPhaseBackend:
    """Segments in two phases (Möller et al., SPINEPS, 2024) with models that a person has trained.

    Parameters
    ----------
    models : Path, optional
        Folder with the models `semantic` and `instance`; default what SPINETWIN_MODELS names, else the program's own folder.
    python : Path, optional
        Interpreter with torch and nnU-Net; default that of the private environment, or this one where it has both.
    """

    def __init__(self, models: Path | None = None, python: Path | None = None) -> None:
        self._models = models
        self._python = python

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            NAME,
            "Two networks of your own",
            "subregions and vertebrae by two models that you have trained or been given; as good as they are",
        )

    def available(self, request: Request) -> Availability:  # noqa: ARG002 - no request changes it
        """Say whether models and packages are there."""
        missing = lacking(self.models)
        if missing:
            return Availability(False, f"{missing} {MODELS_VARIABLE} names the folder of both.")
        try:
            self.python()
        except ParameterError as error:
            return Availability(False, str(error))
        return Availability(True, f"both models lie in {self.models}")

    def install(self, folder: Path, progress: Progress) -> NoReturn:  # noqa: ARG002 - nothing is fetched
        """Refuse: models of one's own are given, not fetched.

        Raises
        ------
        ParameterError
        """
        raise ParameterError(
            "The two-phase backend runs models of your own, which cannot be fetched.",
            f"Put the folders semantic and instance into one folder and name it by {MODELS_VARIABLE}; "
            f"`spinetwin install {NAME}` installs torch and nnU-Net.",
        )

    @property
    def models(self) -> Path:
        """The folder of both models."""
        given = os.environ.get(MODELS_VARIABLE, "").strip()
        return self._models or (Path(given).expanduser().absolute() if given else home() / "models")

    def python(self) -> Path:
        """Return the interpreter that the networks run in.

        Raises
        ------
        ParameterError
            If there is none with torch and nnU-Net.
        """
        if self._python is not None:
            return self._python
        state = state_for(NAME)
        if state.environment is not None:
            return state.environment.python
        if all(find_spec(name) for name in _PACKAGES):
            return Path(sys.executable)
        raise ParameterError(state.reason)

    def run(self, request: Request, progress: Progress) -> Segmentation:
        """Let a child do both phases, and take over what it has made."""
        with tempfile.TemporaryDirectory(prefix="spinetwin-") as name:
            options = {"models": str(self.models), "device": request.device}
            result = run_step(partial(Program, self.python()), _WORKER, STEP, options, request, Path(name), progress)
            return _taken_over(result.paths, request)


def _taken_over(paths: Any, request: Request) -> Segmentation:
    """Read what the child has written, which may be anything."""
    try:
        record = json.loads(Path(paths[RECORD]).read_text(encoding="utf-8"))
        with np.load(paths[MAPS], allow_pickle=False) as arrays:
            subregions, vertebrae = arrays["subregions"], arrays["vertebrae"]
        confidence = {int(key): float(value) for key, value in record["confidence"].items()}
        rest = tuple(record["warnings"]), dict(record["versions"]), dict(record["weights"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, BadZipFile) as error:
        raise ProgramError("What the two-phase computation has written cannot be read.", "Try again.") from error
    shape = request.grid.shape
    if any(each.shape != shape or each.dtype != np.uint8 for each in (subregions, vertebrae)):
        raise ProgramError(f"The two-phase computation returned maps of another shape than the image, {shape}.", "Try again.")
    return Segmentation(LabelMaps(request.grid, subregions, vertebrae), confidence, *rest)
