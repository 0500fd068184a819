"""What a worker is asked to do, and reading it from a file that anybody may have written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ParameterError, ReadError, SpineTwinError, WriteError
from ..io.atomic import write_text
from .options import OptionReader
from .output import Output

MAX_BYTES = 1 << 20
"""A job has some hundred."""

_KEYS = ("step", "inputs", "options", "output")
_FORM = 'A job is {"step": "...", "inputs": {...}, "options": {...}, "output": "folder"}.'


@dataclass(frozen=True)
class Job:
    """One piece of work.

    Attributes
    ----------
    step : str
        A key of `spinetwin.jobs.steps.STEPS`.
    inputs : mapping of str to Path
        Files to read; they exist. Those that may be left out may lack.
    options : mapping of str to anything
        As the readers of the step return them; those left out are not in it.
    output : Path
        The folder for the results; it exists.
    """

    step: str
    inputs: Mapping[str, Path]
    options: Mapping[str, Any]
    output: Path


@dataclass(frozen=True)
class Done:
    """What a step has made: files in the scratch folder, by what they are, and a line for people."""

    files: Mapping[str, Path]
    summary: str


Work = Callable[[Job, Path, Output], Done]


@dataclass(frozen=True)
class Step:
    """A kind of work.

    Attributes
    ----------
    inputs : tuple of str
        Names of the files it needs, all of them.
    run : callable
        Takes the job, the scratch folder to write into, and the output for its events.
    options : mapping of str to OptionReader
        The options there are; all may be left out.
    optional : tuple of str
        Names of files that it takes where they are given.
    """

    inputs: tuple[str, ...]
    run: Work
    options: Mapping[str, OptionReader] = field(default_factory=dict)
    optional: tuple[str, ...] = ()


def read_job(path: Path, steps: Mapping[str, Step]) -> Job:
    """Read and check a job file; relative paths in it start from its folder.

    Raises
    ------
    ReadError
        If there is no such file, it is no job, or an input is not there.
    ParameterError
        If the step or an option is unknown, or an option has an impossible value.
    WriteError
        If the output folder does not exist.
    """
    content = _read_object(path)
    unknown = sorted(set(content) - set(_KEYS))
    if unknown:
        raise ReadError(f"{path.name} has an unknown key {unknown[0]!r}.", _FORM)
    name = content.get("step")
    if not isinstance(name, str) or name not in steps:
        raise ParameterError(
            f"{path.name} asks for the step {_short(name)}, which there is not.", f"Steps: {', '.join(steps)}."
        )
    step = steps[name]
    return Job(
        name,
        _inputs(_mapping(content, "inputs", path), name, step, path),
        _options(_mapping(content, "options", path), name, step),
        _output(content.get("output"), path),
    )


def write_job(path: Path, step: str, inputs: Mapping[str, str | Path], options: Mapping[str, Any], output: str | Path) -> None:
    """Write a job file, unchecked: `read_job` says what is wrong with it, in the words of the person who asked for it.

    Raises
    ------
    ParameterError
        If an option is nothing that JSON can hold.
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    files = {name: str(file) for name, file in inputs.items()}
    content = {"step": step, "inputs": files, "options": dict(options), "output": str(output)}
    try:
        text = json.dumps(content, indent=1)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"The job cannot be written: {error}.") from error
    write_text(path, text + "\n")


def _read_object(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReadError(f"{path} is too large for a job file.")
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except SpineTwinError:
        raise
    except FileNotFoundError as error:
        raise ReadError(f"There is no job file {path}.", "Check the name.") from error
    except OSError as error:
        raise ReadError(f"Cannot open the job file {path}: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise ReadError(f"{path} is no JSON file.", _FORM) from error
    if not isinstance(content, dict):
        raise ReadError(f"{path} is no job.", _FORM)
    return content


def _mapping(content: Mapping[str, Any], key: str, path: Path) -> dict[str, Any]:
    value = content.get(key, {})
    if not isinstance(value, dict):
        raise ReadError(f"The {key} in {path.name} are no JSON object.", _FORM)
    return value


def _inputs(given: Mapping[str, Any], name: str, step: Step, path: Path) -> dict[str, Path]:
    known = (*step.inputs, *step.optional)
    for key in given:
        if key not in known:
            raise ParameterError(f"The step {name} has no input {_short(key)}.", f"Its inputs: {', '.join(known) or 'none'}.")
    inputs = {}
    for key in known:
        if key not in given:
            if key in step.optional:
                continue
            raise ReadError(f"The step {name} needs the input {key}.", f"Give its file in {path.name}.")
        inputs[key] = _path(given[key], f"The input {key}", path)
        if not inputs[key].is_file():
            raise ReadError(f"There is no file {inputs[key]} for the input {key}.", "Check the name.")
    return inputs


def _options(given: Mapping[str, Any], name: str, step: Step) -> dict[str, Any]:
    options = {}
    for key, value in given.items():
        if key not in step.options:
            known = ", ".join(step.options) or "none"
            raise ParameterError(f"The step {name} has no option {_short(key)}.", f"Its options: {known}.")
        try:
            options[key] = step.options[key](value)
        except SpineTwinError as error:
            raise type(error)(f"The option {key} is not right: {error.message}", error.hint) from error
        except ValueError as error:
            raise ParameterError(f"The option {key} {error}, not {_short(value)}.") from error
    return options


def _output(value: object, path: Path) -> Path:
    folder = _path(value, "The output", path)
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise WriteError(f"The output folder {folder} {what}.", "Make it first, or choose another.")
    return folder


def _path(value: object, what: str, job: Path) -> Path:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ReadError(f"{what} in {job.name} is no file name.", "Give it as a text.")
    path = job.parent.absolute() / value
    try:
        path.exists()
    except OSError as error:
        raise ReadError(f"{what} in {job.name} has an impossible name: {error.strerror or error}.") from error
    return path


def _short(value: object) -> str:
    said = repr(value)
    return said if len(said) <= 60 else f"{said[:57]}..."
