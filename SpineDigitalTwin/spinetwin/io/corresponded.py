"""A folder of shapes whose vertices belong together: meshes with one set of triangles, or particles of ShapeWorks.

References
----------
ShapeWorks, docs/workflow/optimize.md: each ``NAME_world.particles`` holds a particle a line, x y z, in the axes that all share.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import ReadError
from ..geometry import FloatArray
from ..xray.model_builder.statistical import Corresponded
from .limits import DAMAGED
from .meshes import MESH_SUFFIXES, read_mesh
from .shape_limits import MOST_VERTICES, check_count, check_file, check_places
from .surfaces import TO_LPS

PARTICLE_SUFFIXES = (".particles", ".pts", ".wpts")
MOST_SHAPES = 1000
LEAST_SHAPES = 3

_LOCAL, _MEAN = "_local.", "mean"


def holds_shapes(folder: Path) -> bool:
    """Tell by the names in it whether a folder is one of corresponding shapes."""
    return bool(_particle_files(folder) or _mesh_files(folder))


def read_corresponded(folder: Path) -> Corresponded:
    """Read the shapes of a folder.

    Parameters
    ----------
    folder : Path
        Either meshes, each with as many vertices and the same triangles; or particles in world coordinates, beside them a
        mesh of their mean, with "mean" in its name. Everything is in LPS unless a mesh says otherwise.

    Raises
    ------
    ReadError
        If there are fewer than three, a file is damaged, or they do not belong together.
    """
    particles = _particle_files(folder)
    return _particles(folder, particles) if particles else _meshes(folder, _mesh_files(folder))


def _particle_files(folder: Path) -> list[Path]:
    """Return the particles in world coordinates; those of the mean are no person's."""
    found = _files(folder, PARTICLE_SUFFIXES)
    return [each for each in found if _LOCAL not in each.name.lower() and _MEAN not in each.name.lower()]


def _mesh_files(folder: Path) -> list[Path]:
    return _files(folder, MESH_SUFFIXES)


def _files(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.suffix.lower() in suffixes and not each.name.startswith("."))


def _check_number(folder: Path, files: Sequence[Path], what: str) -> None:
    if not LEAST_SHAPES <= len(files) <= MOST_SHAPES:
        raise ReadError(
            f"{folder} holds {len(files)} {what}; a shape model is made of {LEAST_SHAPES} to {MOST_SHAPES}.",
            "Give the folder with the shapes of one level.",
        )


def _meshes(folder: Path, files: Sequence[Path]) -> Corresponded:
    _check_number(folder, files, "meshes")
    first = read_mesh(files[0])
    shapes = [first.vertices]
    for path in files[1:]:
        mesh = read_mesh(path)
        if len(mesh.vertices) != len(first.vertices) or not np.array_equal(mesh.triangles, first.triangles):
            raise ReadError(
                f"{path.name} has {len(mesh.vertices)} vertices or other triangles than {files[0].name} with "
                f"{len(first.vertices)}: their vertices do not belong together.",
                "Register one mesh to all people first, or build the model with: spinetwin shape-model.",
            )
        shapes.append(mesh.vertices)
    return Corresponded(tuple(each.stem for each in files), np.array(shapes), first.triangles)


def _particles(folder: Path, files: Sequence[Path]) -> Corresponded:
    _check_number(folder, files, "files of particles")
    shapes = [_read_particles(each) for each in files]
    for path, shape in zip(files, shapes, strict=True):
        if len(shape) != len(shapes[0]):
            raise ReadError(f"{path.name} has {len(shape)} particles, {files[0].name} has {len(shapes[0])}.", DAMAGED)
    means = [each for each in _mesh_files(folder) if _MEAN in each.name.lower()]
    if len(means) != 1:
        raise ReadError(
            f"{folder} holds particles and {len(means)} meshes of their mean; one is needed: particles have no surface.",
            "Export the mean of ShapeWorks as a mesh with mean in its name, such as mean.vtk.",
        )
    return Corresponded(tuple(each.stem for each in files), np.array(shapes), None, read_mesh(means[0]))


def _read_particles(path: Path) -> FloatArray:
    """Return the particles (n, 3) of a file, RAS mm."""
    check_file(path)
    try:
        places = np.array([line.split() for line in path.read_text("ascii").splitlines() if line.strip()], dtype=np.float64)
    except (ValueError, OSError) as error:
        raise ReadError(f"{path.name} is no file of particles: each line holds x, y and z.", DAMAGED) from error
    if places.ndim != 2 or places.shape[1] != 3:
        raise ReadError(f"{path.name} is no file of particles: each line holds x, y and z.", DAMAGED)
    check_count(path.name, "particles", len(places), MOST_VERTICES)
    check_places(path.name, places)
    return np.asarray(places * TO_LPS)
