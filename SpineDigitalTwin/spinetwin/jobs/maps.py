"""The step that reads a label map of a person, whatever its format, for an application that must not wait for it."""

from __future__ import annotations

from pathlib import Path

from ..errors import MapError
from .job import Done, Job
from .output import Output


def import_map(job: Job, folder: Path, output: Output) -> Done:
    """Unpack a label map, and tell by its labels which of the two it is: its kind is the name of the result."""
    from ..io import read_label_map, write_label_map
    from ..io.volumes import suffix_of
    from ..segmentation.flat import labels_of
    from ..segmentation.kinds import kind_of

    progress, path = output.progress("import"), job.inputs["map"]
    progress(0.0, "unpacking")
    array, grid = read_label_map(path)
    progress(0.7, "looking at the labels")
    kind = kind_of(labels_of(array).tolist())
    if not kind:
        raise MapError(f"{path.name} holds neither levels nor parts of vertebrae.", "Choose the label maps of a spine.")
    # NIfTI would round the place of other grids, and only NIfTI can hold its own: their axes need not be at right angles
    file = folder / f"{kind}{'.nii' if suffix_of(path).startswith('.nii') else '.mha'}"
    write_label_map(file, array, grid, packed=False)
    progress(1.0, "done")
    return Done({kind: file}, f"{path.name}: {kind} on {' x '.join(map(str, grid.shape))} voxels")
