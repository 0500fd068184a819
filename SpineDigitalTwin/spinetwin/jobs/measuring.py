"""The step of the measurements: what `spinetwin measure` writes, from the same function, and the endplates that it saw."""

from __future__ import annotations

from pathlib import Path

from ..commands.measure import Study, measure_study, say_changes, say_count
from ..io.endplates import write_endplates
from ..measure.compute import DRAWS
from ..measure.known import KnownPlates
from .job import Done, Job
from .output import Output

_FILES = {
    "measurements": "measurements.json",
    "table": "measurements.csv",
    "report": "measurements.html",
    "spine": "spine.png",
    "profiles": "profiles.png",
    "changes": "changes.csv",
    "endplates": "endplates.json",
}


def measurements(job: Job, folder: Path, output: Output) -> Done:
    """Measure a spine from its points, and from its label maps and an earlier study where these are given."""
    study = Study(
        job.inputs["points"],
        job.inputs.get("subregions"),
        job.inputs.get("vertebrae"),
        draws=job.options.get("draws", DRAWS),
        before=job.inputs.get("before"),
    )
    written = measure_study(study, folder, output.progress("measure"))
    write_endplates(folder / _FILES["endplates"], KnownPlates.of(written.subject))
    said = [say_count(written.found), *([] if written.changes is None else [say_changes(written.changes)])]
    files = {name: folder / file for name, file in _FILES.items() if (folder / file).is_file()}
    return Done(files, "; ".join(said))
