"""The backend that takes existing label maps over: another program has segmented, or a person has drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...anatomy import LEVELS, SubregionId, level
from ...errors import MapError, ParameterError
from ...geometry import Grid, IntArray, LabelMaps, labels_in
from ...geometry.resampling import resampled_labels
from ..course import Course
from ..instance_naming import names_checked
from .import_seconds import CHECK, LOOK, TELL_APART, TRANSLATE, import_seconds
from .mapping import TABLES, MappingTable, mapped
from .plausible import lacking, merged_labels, name_range, unknown_labels
from .protocol import Availability, Description, Effort, Progress, Request, Segmentation, Source
from .separated import Separated, separated

_HINT = "Give an existing label map with --map LABELS and say with --table what its labels mean."
NOT_VERIFIED = "The names of the levels are the map's own and are not verified."
_CONVERT = "Convert it with the table that belongs to it; --table FILE.csv takes one of your own."


class ImportBackend:
    """Takes over label maps through a mapping table."""

    def describe(self) -> Description:
        """Say what it is."""
        return Description(
            "import",
            "Import of an existing label map",
            "what the map holds; whole vertebrae get their body by shape, and lack the points of arch and processes",
            reads_image=False,
        )

    def available(self, request: Request) -> Availability:
        """Say whether there is a label map, and what its labels mean."""
        if not request.sources:
            return Availability(False, f"there is no label map to take over. {_HINT}")
        if request.table is None:
            return Availability(False, f"it is not said what the labels mean. Name a table with --table: {', '.join(TABLES)}.")
        return Availability(True, "a label map was given")

    def install(self, folder: Path, progress: Progress) -> None:
        """Do nothing: it needs nothing."""
        progress(1.0, f"nothing to install in {folder}")

    def effort(self, request: Request) -> Effort:
        """Return what taking over the maps will take."""
        return import_seconds(request).effort

    def run(self, request: Request, progress: Progress) -> Segmentation:
        """Bring the maps onto the grid of the image and translate their labels."""
        if request.table is None:
            raise ParameterError("It is not said what the labels mean.", _HINT)
        warnings: list[str] = [request.table.note] if request.table.note else []
        found: dict[str, IntArray] = {}
        seconds = import_seconds(request)
        course = Course(seconds.effort.rest)
        for number, source in enumerate(request.sources):
            progress(course.at(LOOK, seconds.looked(number)), f"looking at the labels of {source.name}")
            if source.kind in found:
                raise MapError(f"Two maps of {source.kind} were given.", "Give one map of subregions and one of vertebrae.")
            warnings += unknown_labels(source, request.table)
            warnings += merged_labels(source, request.table)
            found[source.kind] = _on_grid(source, request.grid, warnings)
        progress(course.at(TRANSLATE), f"translating the labels through the table {request.table.name}")
        maps = _translated(found, request.table, request.grid)

        def tell(done: float, what: str) -> None:
            progress(course.at(TELL_APART, done), what)

        if maps.vertebrae.any():
            maps, confidence, told = _with_bodies(maps, tell)
            if not request.table.counts:
                progress(course.at(CHECK), "checking the names of the levels")
                told = [NOT_VERIFIED, *told, *names_checked(maps)]
        else:
            tell(0.0, "separating the vertebrae")
            maps, confidence, told = separated(maps, tell)
        progress(1.0, "translated")
        versions = {"table": request.table.name}
        return Segmentation(maps, confidence, (*warnings, *told), versions, seconds=course.seconds)


def _with_bodies(maps: LabelMaps, tell: Progress) -> Separated:
    """Tell the bodies of whole vertebrae from their arches, and say that this is an estimate."""
    present = labels_in(maps.vertebrae)
    confidence: dict[int, float | None] = {each.id: None for each in LEVELS if each.id in present}
    without, _ = lacking(maps)
    from ..whole_vertebrae import find_bodies

    bodies = find_bodies(maps.vertebrae, maps.grid, tuple(level(name).id for name in without), tell)
    if not bodies.found:
        return maps, confidence, []
    subregions = maps.subregions.copy(order="F")
    subregions[bodies.mask] = SubregionId.BODY_BORDER
    names = name_range([level(key).name for key in bodies.found])
    said = [f"{names}: whole vertebrae; their bodies were told from the arches by shape."]
    return LabelMaps(maps.grid, subregions, maps.vertebrae), confidence, said


def _on_grid(source: Source, grid: Grid, warnings: list[str]) -> IntArray:
    """Return the labels on the grid of the image; a map from elsewhere is brought there and said to have been."""
    if source.grid.same_place(grid):
        return source.array
    moved = resampled_labels(source.array, source.grid, grid)
    kept = np.count_nonzero(moved) * grid.voxel_volume
    total = np.count_nonzero(source.array) * source.grid.voxel_volume
    if not kept:
        raise MapError(
            f"{source.name} does not lie in the image: none of its labels is inside.", "Check that both are of one patient."
        )
    if not _same_voxels(source.grid, grid):
        warnings.append(f"{source.name} is on another grid than the image and was resampled to the nearest voxel.")
        if kept < 0.9 * total:
            warnings.append(f"Only {100 * kept / total:.0f} % of what {source.name} labels lies inside the image.")
    return moved


def _same_voxels(first: Grid, second: Grid) -> bool:
    """Say whether two grids have the same voxels in another storage order."""
    if sorted(first.shape) != sorted(second.shape):
        return False
    corner = second.to_ijk(first.to_ras([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]))
    inside = (corner[0] > -0.5).all() and (corner[0] < np.array(second.shape) - 0.5).all()
    return bool(
        inside and np.abs(corner - np.rint(corner)).max() < 0.01 and np.allclose(first.voxel_volume, second.voxel_volume)
    )


def _translated(found: dict[str, IntArray], table: MappingTable, grid: Grid) -> LabelMaps:
    """Return the pair of maps; where a map of subregions is given, it alone says what is which subregion.

    Of a map that tells subregions and no levels, the map of vertebrae is empty.
    """
    levels, parts = table.of_kind("vertebrae"), table.of_kind("subregions")
    if "vertebrae" not in found:
        source = found["subregions"]
        return LabelMaps(grid, mapped(source, parts, "subregion"), mapped(source, parts, "vertebra"))
    vertebrae = mapped(found["vertebrae"], levels, "vertebra")
    if not vertebrae.any():
        raise MapError(f"No label of the map is a level in the table {table.name}.", _CONVERT)
    own = mapped(found["vertebrae"], levels, "subregion")
    subregions = mapped(found["subregions"], parts, "subregion") if "subregions" in found else own
    return LabelMaps(grid, subregions, vertebrae)
