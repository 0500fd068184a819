"""Points of the scene into files and back into the same state, edits and statuses included."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slicer.i18n import tr as _
from SpineDigitalTwinLib.maps import voxels

from . import pointnodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import slicer
    from spinetwin.poi import PoiSet


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes
    ----------
    name : str
        For people.
    suffix : str
    spaces : tuple of str
        Coordinates it can hold, the usual ones first.
    """

    name: str
    suffix: str
    spaces: tuple[str, ...]


FORMATS = (
    Format("3D Slicer (.mrk.json)", ".mrk.json", ("lps", "ras")),
    Format("3D Slicer (.mkr.json)", ".mkr.json", ("lps", "ras")),
    Format("TPTBox (.json)", ".json", ("ras", "lps", "voxel")),
    Format("Table (.csv)", ".csv", ("ras", "lps", "voxel")),
)
_LONGEST_FIRST = sorted((each.suffix for each in FORMATS), key=len, reverse=True)


def save(
    path: str | Path, *, space: str | None = None, image: slicer.vtkMRMLVolumeNode | None = None, perLevel: bool = False
) -> list[Path]:
    """Write the points of the scene.

    Parameters
    ----------
    path : path
        Its suffix chooses the format.
    space : {"lps", "ras", "voxel"}, optional
        Coordinates; left out, the usual ones of the format.
    image : volume node, optional
        Whose voxels "voxel" means.
    perLevel : bool
        Whether each level gets a file of its own: ``spine.mrk.json`` becomes ``spine-L3.mrk.json`` and so on.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    SpineTwinError
        If there is nothing to save, the format has no such coordinates, or a file cannot be written.
    """
    from spinetwin.anatomy import level as levelOf
    from spinetwin.errors import ParameterError
    from spinetwin.io import write_pois
    from spinetwin.poi import PoiSet

    pois, path = pointnodes.readAll(), Path(path)
    if not len(pois):
        raise ParameterError(_("There are no points to save."), _("Compute or load some first."))
    like = voxels.gridOf(image) if image is not None else None
    sets = {levelOf(level).name: PoiSet.of(pois.of_level(level)) for level in pois.levels} if perLevel else {"": pois}
    written = []
    for name, points in sets.items():
        target = _named(path, name)
        write_pois(target, points, space=space, like=like)
        written.append(target)
    return written


def _named(path: Path, level: str) -> Path:
    if not level:
        return path
    suffix = next((each for each in _LONGEST_FIRST if path.name.lower().endswith(each)), path.suffix)
    return path.with_name(f"{path.name[: len(path.name) - len(suffix)]}-{level}{path.name[len(path.name) - len(suffix) :]}")


@dataclass(frozen=True)
class Loaded:
    """What came out of files.

    Attributes
    ----------
    pois : PoiSet
        With the axes that the points tell.
    unknown : tuple of str
        What belongs to no known level and point, and was left out.
    """

    pois: PoiSet
    unknown: tuple[str, ...]


def read(paths: Sequence[str | Path]) -> Loaded:
    """Read points from one file of any format, or from several of one spine, without touching the scene.

    Raises
    ------
    ReadError
        If a file is missing, damaged or of an unknown kind, or two files hold the same point.
    """
    from spinetwin.io import read_pois
    from spinetwin.poi import PoiSet
    from spinetwin.poi.axes import frames_of

    unknown: list[str] = []
    pois = read_pois(*paths, unknown=unknown)
    return Loaded(PoiSet(pois.points, frames_of(pois)), tuple(unknown))


def load(paths: Sequence[str | Path]) -> Loaded:
    """Read points and show them in place of those that are in the scene.

    Raises
    ------
    ReadError
        As `read`; then the scene stays as it is.
    """
    loaded = read(paths)
    replace(loaded.pois)
    return loaded


def replace(pois: PoiSet, *, computed: PoiSet | None = None) -> None:
    """Show points, and take those of other levels out of the scene."""
    pointnodes.remove([level for level in pointnodes.nodes() if level not in pois.levels])
    pointnodes.show(pois, computed=computed)
