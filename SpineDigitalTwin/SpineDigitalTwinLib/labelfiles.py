"""Label maps between files and the scene, with the core's readers and writers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import slicer
from slicer.i18n import tr as _
from SpinePOILib import inputs

from . import volumes

if TYPE_CHECKING:
    from spinetwin.geometry import Grid

IMAGE = "image"


def load(paths: Iterable[str | Path]) -> Iterator[tuple[str, slicer.vtkMRMLVolumeNode]]:
    """Read label maps into the scene, one at each step; which is which is told by their labels.

    Parameters
    ----------
    paths : iterable of path
        NIfTI, NRRD or MHA.

    Yields
    ------
    kind : str
        "subregions" or "vertebrae".
    node : vtkMRMLLabelMapVolumeNode

    Raises
    ------
    SpineTwinError
        If a file cannot be read, or is no label map of a spine.
    """
    from spinetwin.errors import MapError
    from spinetwin.io import read_label_map

    for path in map(Path, paths):
        array, grid = read_label_map(path)
        kind = kindOf(array)
        if not kind:
            raise MapError(f"{path.name} holds neither levels nor parts of vertebrae.", _("Choose the label maps of a spine."))
        yield kind, add(kind, path.name.split(".")[0], array, grid)


def loadSample(paths: Mapping[str, str], name: str) -> Iterator[tuple[str, slicer.vtkMRMLVolumeNode]]:
    """Read what the worker made of a sample spine, one node at each step; as `load`, with an image if there is one."""
    from spinetwin.io import read_label_map, read_volume

    for kind, path in sorted(paths.items()):
        if kind == IMAGE:
            array, grid = read_volume(path)
            node = volumes.addImage(name, array, grid)
            node.CreateDefaultDisplayNodes()
            yield kind, node
        else:
            yield kind, add(kind, f"{name}, {kind}", *read_label_map(path))


def add(kind: str, name: str, array: np.ndarray, grid: Grid) -> slicer.vtkMRMLLabelMapVolumeNode:
    """Add a label map of a kind to the scene."""
    return (volumes.addSubregions if kind == inputs.SUBREGIONS else volumes.addVertebrae)(name, array, grid)


def kindOf(array: np.ndarray) -> str:
    """Tell from its labels whether a map holds subregions or vertebrae; "" for neither."""
    from spinetwin.anatomy import LEVELS, SubregionId

    labels = set(np.flatnonzero(np.bincount(array.ravel(order="K"))).tolist()) - {0}
    if labels & set(range(SubregionId.ARCH, SubregionId.ENDPLATE_INFERIOR + 1)):
        return inputs.SUBREGIONS
    return inputs.VERTEBRAE if labels & {each.id for each in LEVELS} else ""


def writeForWorker(subregions: slicer.vtkMRMLNode, vertebrae: slicer.vtkMRMLNode, folder: str | Path) -> dict[str, Path]:
    """Write two maps of the scene where the worker reads them, not packed, which is quick.

    Returns
    -------
    dict of str to Path
        The inputs of a job.
    """
    from spinetwin.io import write_label_map

    maps = inputs.labelMaps(subregions, vertebrae)
    files = {inputs.SUBREGIONS: maps.subregions, inputs.VERTEBRAE: maps.vertebrae}
    for kind, array in files.items():
        # NIfTI would round the place of the grid
        write_label_map(Path(folder) / f"{kind}.mha", array, maps.grid, packed=False)
    return {kind: Path(folder) / f"{kind}.mha" for kind in files}
