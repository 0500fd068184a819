"""The backend for models of one's own: a semantic and an instance network, run in an environment that has torch and nnU-Net."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from ...errors import ParameterError, ProgramError, ReadError
from ...geometry import LabelMaps
from ...segmentation.backends import Availability, Description, Effort, Request, Segmentation
from ...segmentation.backends.protocol import CPU
from ...segmentation.course import Course, Part, Rest, unfolded, whole
from ...segmentation.two_phase.memory import phases_memory
from ...segmentation.two_phase.models import lacking, program_in, read_models
from ...segmentation.two_phase.seconds import CHECK, START, TAKE_OVER, megabytes_of, phase_parts, seconds_of
from ..environments import Program, fetched, home, install, state_for
from ..weights import refuse_unknown
from .devices import torch_devices
from .records import read_record
from .workers import run_step

if TYPE_CHECKING:
    from ...segmentation.backends.protocol import Progress

NAME = STEP = "two-phase"
MAPS = "maps"
"""What both label maps are called among the results of the child."""
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
        download_mb, fetches = (0.0, "") if self._has_python() else fetched(NAME)
        return Description(
            NAME,
            "Two networks of your own",
            "subregions and vertebrae by two models that you have trained or been given; as good as they are",
            download_mb,
            fetches=fetches,
            made_for=(),
        )

    def available(self, request: Request) -> Availability:  # noqa: ARG002 - no request changes it
        """Say whether models and packages are there, and where torch can run them."""
        missing = lacking(self.models)
        reasons = [f"{missing} {MODELS_VARIABLE} names the folder of both."] if missing else []
        try:
            self._program(_WORKER)
            if not reasons:
                refuse_unknown_program(self.models)
            # torch takes seconds to answer: it is asked where all else is there
            devices = CPU if reasons else torch_devices(self._program)
        except (ParameterError, ProgramError, ReadError) as error:
            return Availability(False, " ".join([*reasons, str(error)]))
        return Availability(not reasons, " ".join(reasons) or f"both models lie in {self.models}", devices)

    def install(self, folder: Path, progress: Progress) -> None:
        """Make its environment below a folder; models of one's own are given, not fetched."""
        install(NAME, progress, root=folder)

    @property
    def models(self) -> Path:
        """The folder of both models."""
        given = os.environ.get(MODELS_VARIABLE, "").strip()
        return self._models or (Path(given).expanduser().absolute() if given else home() / "models")

    def _has_python(self) -> bool:
        return self._python is not None or all(find_spec(name) for name in _PACKAGES)

    def _program(self, module: str, arguments: tuple[str, ...] = (), variables: Mapping[str, str] | None = None) -> Program:
        """Return a program in the Python that the networks run in; if there is none with torch and nnU-Net, that is refused."""
        if self._python is not None:
            return Program(self._python, module, arguments, variables or {})
        state = state_for(NAME)
        if state.environment is not None:
            return state.environment.program(module, arguments, variables)
        if self._has_python():
            return Program(Path(sys.executable), module, arguments, variables or {})
        raise ParameterError(state.reason)

    def effort(self, request: Request) -> Effort:
        """Return what both phases will take, by what the networks have to compute and to hold."""
        return Effort(self._parts(request), memory=phases_memory(read_models(self.models), request.grid))

    def _parts(self, request: Request) -> Rest:
        models = read_models(self.models)
        check = Part(CHECK, seconds_of(CHECK, megabytes=megabytes_of(models)))
        voxels = float(np.prod(request.grid.shape))
        take_over = Part(TAKE_OVER, seconds_of(TAKE_OVER, voxels))
        return (Part(START, seconds_of(START)), check, *phase_parts(models, request.grid), take_over)

    def run(self, request: Request, progress: Progress) -> Segmentation:
        """Let a child do both phases, and take over what it has made."""
        with tempfile.TemporaryDirectory(prefix="spinetwin-") as name:
            options = {"models": str(self.models), "device": request.device}
            seconds = self._parts(request)
            course = Course((seconds[0], whole(STEP, seconds[1:-1]), seconds[-1]))
            result = run_step(
                self._program,
                _WORKER,
                STEP,
                options,
                request,
                Path(name),
                lambda done, what: progress(course.at(STEP, done), what),
                foretell=lambda done, rest: request.foretell(*course.renew(STEP, done, rest)),
            )
            progress(course.at(TAKE_OVER), "reading the maps")
            found = _taken_over(result.paths, request)
        progress(1.0, "done")
        return replace(found, seconds=unfolded(course.seconds, STEP, found.seconds))


def refuse_unknown_program(models: Path) -> None:
    """Refuse a folder of models in which one is a program that nobody has vouched for."""
    program = program_in(models)
    if program is not None:
        refuse_unknown(program)


def _taken_over(paths: Any, request: Request) -> Segmentation:
    """Read what the child has written, which may be anything."""
    record = read_record(paths, request.stages)
    try:
        with np.load(paths[MAPS], allow_pickle=False) as arrays:
            subregions, vertebrae = arrays["subregions"], arrays["vertebrae"]
        confidence = {int(key): float(value) for key, value in record["confidence"].items()}
        rest = (
            tuple(record["warnings"]),
            dict(record["versions"]),
            dict(record["weights"]),
            str(record["device"]),
            record["seconds"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, BadZipFile) as error:
        raise ProgramError("What the two-phase computation has written cannot be read.", "Try again.") from error
    shape = request.grid.shape
    if any(each.shape != shape or each.dtype != np.uint8 for each in (subregions, vertebrae)):
        raise ProgramError(f"The two-phase computation returned maps of another shape than the image, {shape}.", "Try again.")
    return Segmentation(LabelMaps(request.grid, subregions, vertebrae), confidence, *rest)
