"""The steps that let a panel look after weights as `spinetwin weights` does: how large they are, fetch, import, delete."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from ...errors import ParameterError
from ...io.atomic import write_text
from ..job import Done, Job, Step
from ..options import OptionReader, one_of, text, yes_or_no
from ..output import Output
from .download import size_of
from .manifest import WEIGHTS, weights_of
from .store import Store

SIZES = "sizes"
"""What the sizes are called in the result: a file with MB by name, null where a server does not tell."""


def told_sizes(job: Job, folder: Path, output: Output) -> Done:
    """Ask where weights are published how large they are, where the manifest does not know; nothing is fetched."""
    progress, names = output.progress("weights"), _named(job)
    sizes = {}
    for number, name in enumerate(names):
        weights = weights_of(name)
        progress(number / len(names), f"asking how large {name} is")
        sizes[name] = weights.size_mb or size_of(weights.url, weights.hosts)
    write_text(folder / "sizes.json", json.dumps(sizes) + "\n")
    return Done({SIZES: folder / "sizes.json"}, "Sizes are known")


def fetched_weights(job: Job, folder: Path, output: Output) -> Done:  # noqa: ARG001 - they go into the program's own folder
    """Fetch weights one after the other; those that came before a failure stay, and a part is gone on with the next time."""
    names, store, progress = _named(job), Store(), output.progress("weights")
    for number, name in enumerate(names):
        store.download(name, _share(progress, number, len(names), name))
    return Done({}, f"Fetched: {', '.join(names)}")


def imported_weights(job: Job, folder: Path, output: Output) -> Done:  # noqa: ARG001 - as above
    """Import a zip archive or a folder that a person vouches for."""
    (name,) = _named(job, most=1)
    source = Path(job.options.get("source", ""))
    if not source.is_absolute():
        raise ParameterError("There is no source to import weights from.", "Give the whole path of a zip archive or a folder.")
    Store().add(name, source, output.progress("weights"), trust=job.options.get("trust", False))
    return Done({}, f"Imported: {name}")


def deleted_weights(job: Job, folder: Path, output: Output) -> Done:  # noqa: ARG001 - as above
    """Delete weights."""
    (name,) = _named(job, most=1)
    output.progress("weights")(0.0, f"deleting {name}")
    there = Store().remove(name)
    return Done({}, f"{name}: deleted" if there else f"{name}: was not there")


def _share(progress: Callable[[float, str], None], number: int, count: int, name: str) -> Callable[[float, str], None]:
    """Return where one of several weights tells how far it is."""
    return lambda done, what: progress((number + done) / count, f"{name}: {what}")


def _named(job: Job, most: int = len(WEIGHTS)) -> tuple[str, ...]:
    names: tuple[str, ...] = job.options.get("names", ())
    if not 1 <= len(names) <= most:
        raise ParameterError(f"The step {job.step} needs the names of {'one' if most == 1 else 'some'} of the weights.")
    return names


def names_of_weights(value: object) -> tuple[str, ...]:
    """Take a list of names of weights."""
    if not isinstance(value, list) or not value:
        raise ValueError("must be a list of names of weights")
    return tuple(dict.fromkeys(map(one_of(tuple(WEIGHTS)), value)))


_NAMES: Mapping[str, OptionReader] = {"names": names_of_weights}

WEIGHTS_STEPS: Mapping[str, Step] = {
    "weights-sizes": Step((), told_sizes, _NAMES),
    "weights-fetch": Step((), fetched_weights, _NAMES),
    "weights-import": Step((), imported_weights, {**_NAMES, "source": text, "trust": yes_or_no}),
    "weights-delete": Step((), deleted_weights, _NAMES),
}
"""By the name that a job file gives."""
