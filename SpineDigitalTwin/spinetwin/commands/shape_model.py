"""`spinetwin shape-model`: a shape model of each level from a person's own segmentations of several people."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..anatomy import level as level_of
from ..anatomy.levels import parse_levels
from ..errors import MapError, ParameterError, SpineTwinError
from .common import count, make_folder, path_of, progress_bar, warnings_of
from .xray_inputs import points_in

if TYPE_CHECKING:
    from ..io.cases import CaseFiles
    from ..xray.model_builder.build import Built
    from ..xray.model_builder.specimens import Specimen
    from .common import Progress, Steps

VERTICES = 10_000
"""As Yu et al."""

_READ, _BUILT = 0.45, 0.95


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    model = steps.add_parser("shape-model", help="build shape models of vertebrae from label maps of several people")
    model.add_argument("folder", type=path_of, metavar="FOLDER", help="cases with both label maps each, at least three")
    model.add_argument("--levels", type=parse_levels, required=True, metavar="LEVELS", help="such as L1-L5")
    model.add_argument("--out", type=path_of, required=True, metavar="DIR", help="folder for the models and the report")
    model.add_argument(
        "--vertices", type=int, default=VERTICES, metavar="N", help="about how many a model has (default: %(default)s)"
    )
    model.add_argument("--modes", type=int, metavar="N", help="how many are kept (default: one less than there are people)")
    model.add_argument("--quiet", action="store_true", help="no progress bar")
    model.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read everybody, build the model of each level, write files and report, and say who and what is not in them."""
    from ..io.cases import find_cases
    from ..io.statismo import check_h5py, write_shape_model
    from ..io.surfaces import write_surface
    from ..report.shape_models.write import write_shape_report
    from ..xray.model_builder.remeshing import check_vertices

    check_h5py()
    check_vertices(arguments.vertices)
    if arguments.modes is not None and arguments.modes < 1:
        raise ParameterError(f"A shape model cannot have {arguments.modes} modes.", "Choose 1 or more.")
    cases = find_cases(arguments.folder)
    levels = tuple(each.id for each in arguments.levels)
    with progress_bar("shape-model", arguments.quiet) as progress:
        specimens, said = _specimens(cases, levels, arguments.vertices, lambda done, what: progress(_READ * done, what))
        built, unbuilt = _built(specimens, arguments.modes, lambda done, what: progress(_READ + (_BUILT - _READ) * done, what))
        said += unbuilt
        make_folder(arguments.out)
        progress(_BUILT, "files")
        for key, found in built.items():
            write_shape_model(arguments.out / f"{level_of(key).name}.h5", found.model)
            write_surface(arguments.out / f"{level_of(key).name}.vtp", found.model.mean)
        title = f"Shape models of {arguments.folder.resolve().name}"
        page = write_shape_report(arguments.out, title, built, said)
        progress(1.0, "done")
    for line in [*said, *(_headline(key, found) for key, found in built.items())]:
        print(line)
    print(f"{count(built, 'shape model')}: {arguments.out}")
    print(f"Report: {page.resolve()}")
    return 0


def _specimens(
    cases: Mapping[str, CaseFiles], levels: tuple[int, ...], vertices: int, progress: Progress
) -> tuple[dict[int, list[Specimen]], list[str]]:
    """Return the vertebrae of everybody by level, and why some are not among them."""
    found: dict[int, list[Specimen]] = {key: [] for key in levels}
    said: list[str] = []
    for number, (name, case) in enumerate(cases.items()):
        name = name or case.name
        progress(number / len(cases), name)
        try:
            mine, lacking = _of_case(name, case, levels, vertices, alone=_alone(case, cases))
        except SpineTwinError as error:
            said.append(f"{name} is left out: {error}")
            continue
        for key, specimen in mine.items():
            found[key].append(specimen)
        said += [f"No {level_of(key).name} of {name}: {reason}" for key, reason in lacking.items()]
    return found, said


def _alone(case: CaseFiles, cases: Mapping[str, CaseFiles]) -> bool:
    """Whether nobody else's maps lie in the folder of a case: a file of points there is then its own."""
    (folder, *_) = {path.parent for path in case.files.values()}
    return sum(any(path.parent == folder for path in each.files.values()) for each in cases.values()) == 1


def _of_case(
    name: str, case: CaseFiles, levels: tuple[int, ...], vertices: int, *, alone: bool
) -> tuple[dict[int, Specimen], dict[int, str]]:
    from ..geometry import LabelMaps
    from ..io import read_pois
    from ..io.cases import read_case
    from ..poi.compute import compute_pois
    from ..xray.model_builder.specimens import specimens_of

    read = read_case(case)
    if read.subregions is None or read.vertebrae is None:
        raise MapError(f"{case.name} has one label map; both are needed.", "Give subregions and vertebrae of each person.")
    maps = LabelMaps(read.grid, read.subregions, read.vertebrae)
    warnings_of(maps)
    file = points_in(next(iter(case.files.values())).parent) if alone else None
    points = compute_pois(maps, levels=set(levels)) if file is None else read_pois(file)
    return specimens_of(name, maps, points, levels, vertices)


def _built(
    specimens: Mapping[int, list[Specimen]], modes: int | None, progress: Progress
) -> tuple[dict[int, Built], list[str]]:
    """Return the model of each level, and why there is none of others.

    Raises
    ------
    ParameterError
        If there is none of any level, in the words of the first.
    """
    from ..xray.model_builder.build import build

    built: dict[int, Built] = {}
    refused: dict[int, ParameterError] = {}
    said: list[str] = []
    for number, (key, mine) in enumerate(specimens.items()):

        def building(done: float, what: str, number: int = number) -> None:
            progress((number + done) / len(specimens), what)

        try:
            built[key] = build(key, mine, modes, building)
        except ParameterError as error:
            refused[key] = error
            continue
        said += [f"{name} is not in {level_of(key).name}: {why}." for name, why in built[key].left_out.items()]
    if not built:
        raise next(iter(refused.values()))
    return built, [*said, *(f"No model of {level_of(key).name}: {error}" for key, error in refused.items())]


def _headline(key: int, found: Built) -> str:
    """Say how good a model is with all its modes."""
    quality = found.quality
    general = f", generality {quality.generality[-1, 0]:.2f} mm" if len(quality.generality) else ""
    return (
        f"{level_of(key).name}: {len(found.names)} vertebrae, "
        f"{len(found.model.variances)} modes, {100 * quality.compactness[0]:.0f} % of the variance in the first{general}, "
        f"specificity {quality.specificity[-1, 0]:.2f} mm"
    )
