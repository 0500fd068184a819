"""What `spinetwin measure` reads: points, label maps of several programs, muscles and Dixon images."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..anatomy import level
from ..errors import MapError, ParameterError
from ..measure.muscle_labels import MUSCLE_LABELS
from ..segmentation.backends import TABLES
from .common import path_of, read_maps
from .label_tables import muscles_named, table_named

if TYPE_CHECKING:
    from ..geometry import Grid, LabelMaps
    from ..measure.muscles import MuscleMap
    from ..measure.subject import Subject
    from ..poi import PoiSet
    from ..segmentation.backends import MappingTable


@dataclass(frozen=True)
class _Seen:
    """Maps, whether they tell bodies only, why levels have no body, and whether nobody has confirmed what these are called."""

    maps: LabelMaps | None = None
    whole: bool = False
    warnings: tuple[str, ...] = ()
    unverified: bool = False


def add_inputs(measure: argparse.ArgumentParser) -> None:
    """Tell the parser about everything that is read."""
    measure.add_argument(
        "points",
        type=path_of,
        nargs="?",
        metavar="POINTS",
        help=".mrk.json, .json or .csv, such as `spinetwin poi` writes; computed from --vertebrae where left out",
    )
    measure.add_argument(
        "--subregions", type=path_of, metavar="MAP", help="subregion map: adds areas, widths, volumes and facets"
    )
    measure.add_argument(
        "--vertebrae",
        type=path_of,
        metavar="MAP",
        help="vertebra map on the same grid; alone, it may hold whole vertebrae: their bodies are found from their shape",
    )
    measure.add_argument(
        "--vertebra-labels",
        default="spineps",
        metavar="TABLE",
        help=f"what the labels of a vertebra map alone mean: {', '.join(TABLES)}, or a csv file of your own (default: ours)",
    )
    measure.add_argument(
        "--femoral-heads",
        type=float,
        nargs=6,
        metavar=("LX", "LY", "LZ", "RX", "RY", "RZ"),
        help="centres of the left and right femoral head, RAS mm: adds pelvic incidence and tilt",
    )
    measure.add_argument("--muscles", type=path_of, metavar="MAP", help="muscle map on any grid: adds muscles at every disc")
    measure.add_argument(
        "--muscle-labels",
        default="spinetwin",
        metavar="TABLE",
        help=f"what its labels mean: {', '.join(MUSCLE_LABELS)}, or a csv file of label, name and side (default: ours)",
    )
    measure.add_argument("--fat", type=path_of, metavar="IMAGE", help="fat image (Dixon) on the grid of the muscle map")
    measure.add_argument("--water", type=path_of, metavar="IMAGE", help="water image (Dixon): adds fat fractions of muscles")


def check_inputs(arguments: argparse.Namespace) -> None:
    """Refuse what does not belong together, before anything is read.

    Raises
    ------
    ParameterError
        With what is lacking.
    """
    if arguments.subregions is not None and arguments.vertebrae is None:
        raise ParameterError("The two label maps belong together.", "Name the vertebra map with --vertebrae.")
    if arguments.points is None and arguments.vertebrae is None:
        raise ParameterError("There is nothing to measure.", "Give a file of points, or a vertebra map with --vertebrae.")
    if (arguments.fat is None) != (arguments.water is None):
        raise ParameterError("The two Dixon images belong together.", "Give both --fat and --water, or neither.")
    if arguments.fat is not None and arguments.muscles is None:
        raise ParameterError("Dixon images alone show no muscles.", "Name a muscle map with --muscles.")
    if arguments.femoral_heads is not None and not np.isfinite(arguments.femoral_heads).all():
        raise ParameterError("The centres of the femoral heads must be finite numbers.")


def title_of(arguments: argparse.Namespace) -> str:
    """Return the name of what is measured."""
    path: Path = arguments.points or arguments.vertebrae
    return path.name.split(".")[0]


def read_subject(arguments: argparse.Namespace) -> tuple[Subject, tuple[str, ...]]:
    """Read everything and return it with what a person should know of it, as sentences."""
    from ..io import read_pois
    from ..measure.frames import frames_from_points
    from ..measure.subject import Subject
    from ..poi import Status
    from ..poi.compute import compute_pois
    from ..poi.model import LEVELS_UNVERIFIED

    seen = _seen(arguments)
    if arguments.points is not None:
        points = read_pois(arguments.points)
    else:
        points = compute_pois(seen.maps) if seen.maps is not None else _nothing()
    unverified = points.unverified or seen.unverified
    placed = {poi.key: np.array(poi.position) for poi in points if poi.position is not None}
    heads = None if arguments.femoral_heads is None else np.array(arguments.femoral_heads).reshape(2, 3)
    subject = Subject.of(
        placed,
        frames_from_points(placed) if arguments.points is not None else points.frames,
        suspect=frozenset(poi.key for poi in points if poi.status is Status.SUSPECT),
        edited=frozenset(poi.key for poi in points if poi.edited),
        maps=seen.maps,
        heads=heads,
        muscles=_muscles(arguments),
        whole=seen.whole,
        standing=points.standing,
        unverified=unverified,
    )
    return subject, (*seen.warnings, *((LEVELS_UNVERIFIED,) if unverified else ()))


def _nothing() -> PoiSet:
    from ..poi import PoiSet

    return PoiSet.of([])


def _seen(arguments: argparse.Namespace) -> _Seen:
    if arguments.vertebrae is None:
        return _Seen()
    from ..jobs.segmentation_report import levels_open

    unverified = levels_open(arguments.vertebrae)
    if arguments.subregions is not None:
        return _Seen(read_maps(arguments.subregions, arguments.vertebrae), unverified=unverified)
    return replace(_whole(arguments.vertebrae, table_named(arguments.vertebra_labels)), unverified=unverified)


def _whole(path: Path, table: MappingTable) -> _Seen:
    """Read a map of whole vertebrae and find their bodies."""
    from ..io import read_label_map
    from ..segmentation.backends.mapping import mapped
    from ..segmentation.whole_vertebrae import split_vertebrae

    labels, grid = read_label_map(path)
    maps, bodies = split_vertebrae(mapped(labels, table.of_kind("vertebrae"), "vertebra"), grid)
    if not bodies.found:
        raise MapError(
            f"{path.name} shows no vertebra with a body.",
            f"Its labels were read as those of {table.name}; name another table with --vertebra-labels.",
        )
    unsure = (f"The body of {level(key).name} cannot be told from its shape." for key in bodies.unsure)
    return _Seen(maps, True, tuple(unsure))


def _muscles(arguments: argparse.Namespace) -> MuscleMap | None:
    from ..io import read_label_map
    from ..measure.muscles import MuscleMap, fat_fraction

    if arguments.muscles is None:
        return None
    names = muscles_named(arguments.muscle_labels)
    labels, grid = read_label_map(arguments.muscles)
    fat = None
    if arguments.fat is not None:
        fat = fat_fraction(*(_dixon(path, grid, arguments.muscles.name) for path in (arguments.fat, arguments.water)))
    return MuscleMap.of(grid, labels, names, fat)


def _dixon(path: Path, grid: Grid, muscles: str) -> npt.NDArray[Any]:
    """Read a Dixon image, which must lie on the grid of the muscle map."""
    from ..io import read_volume
    from ..io.lattice import describe_difference, reorder_onto

    image, own = read_volume(path)
    ordered = reorder_onto(image, own, grid)
    if ordered is None:
        raise MapError(
            f"{path.name} is not on the grid of {muscles}: {describe_difference(own, grid)}.", "Resample it onto that grid."
        )
    return ordered
