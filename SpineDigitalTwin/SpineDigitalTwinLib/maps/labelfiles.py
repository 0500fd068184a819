"""Volumes between files and the scene, bit by bit: a whole spine in one go would hold the application up."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import slicer
from spinetwin.errors import MapError
from spinetwin.segmentation.kinds import SUBREGIONS, VERTEBRAE

from . import inputs, volumes
from .sharedmap import voxelsOf

if TYPE_CHECKING:
    from spinetwin.geometry import Grid

Reading = Generator[float, None, slicer.vtkMRMLVolumeNode]


def reading(kind: str, path: str | Path, name: str, place: Grid | None = None) -> Reading:
    """Read a volume into the scene, some slices at each step; the node is there after the last.

    Parameters
    ----------
    kind : str
        `volumes.IMAGE`, or that of a label map.
    path : path
        NIfTI, NRRD or MHA; label maps of uint8 or uint16, as the worker writes them.
    name : str
        Of the node.
    place : Grid, optional
        Where the voxels lie, where that is known better than the file can tell: NIfTI rounds.

    Raises
    ------
    ReadError
        If the file cannot be read.
    MapError
        If it does not lie there.
    """
    from spinetwin.io import open_volume
    from spinetwin.segmentation.flat import labels_of

    image, at, labels = None, 0, set()
    with open_volume(path) as (grid, slabs):
        if place is not None and not place.same_place(grid):
            raise MapError(f"{name} does not lie where its image does.", "Try again.")
        for slab in slabs:
            if image is None:
                image = volumes.emptyImage(grid.shape, slab.dtype.newbyteorder("="))
            voxelsOf(image)[at : at + slab.shape[2]] = slab.T
            at += slab.shape[2]
            if kind != volumes.IMAGE:
                labels.update(labels_of(slab).tolist())
            yield at / grid.shape[2]
    return volumes.addVolume(kind, name, image, place or grid, sorted(labels))


def sampleReadings(paths: Mapping[str, str], name: str) -> dict[str, Reading]:
    """Return how to read what the worker made of a sample spine, by kind."""
    names = {kind: name if kind == volumes.IMAGE else f"{name}, {kind}" for kind in paths}
    return {kind: reading(kind, paths[kind], names[kind]) for kind in sorted(paths)}


def writingForWorker(
    subregions: slicer.vtkMRMLNode, vertebrae: slicer.vtkMRMLNode, folder: str | Path
) -> Generator[float, None, dict[str, Path]]:
    """Write two maps of the scene where the worker reads them, some slices at each step; returns the inputs of a job.

    Raises
    ------
    SpineTwinError
        If the maps do not belong together, or cannot be written.
    """
    from spinetwin.io.slabwise import writing

    maps, files = inputs.labelMaps(subregions, vertebrae), {}
    for kind, array in {SUBREGIONS: maps.subregions, VERTEBRAE: maps.vertebrae}.items():
        yield 0.0
        files[kind] = yield from writing(folder, kind, array, maps.grid)
    return files


def writingImage(
    image: slicer.vtkMRMLScalarVolumeNode, grid: Grid, folder: str | Path, stem: str
) -> Generator[float, None, Path]:
    """Write an image of the scene where the worker reads it, some slices at each step; returns the file.

    Parameters
    ----------
    image : vtkMRMLScalarVolumeNode
    grid : Grid
        Where its voxels lie in the scene.
    folder, stem
        As for `spinetwin.io.slabwise.writing`.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    from spinetwin.io.slabwise import writing

    return (yield from writing(folder, stem, slicer.util.arrayFromVolume(image).T, grid))
