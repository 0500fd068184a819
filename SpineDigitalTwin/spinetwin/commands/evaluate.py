"""`spinetwin evaluate`: how good a segmentation is, beside a reference."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import MapError, ParameterError, ReadError
from .common import count, make_folder, path_of, progress_bar

if TYPE_CHECKING:
    from ..geometry import PartialMaps
    from ..io.cases import CaseFiles
    from ..report.evaluation.write import Evaluation
    from ..segmentation.evaluation import CaseScores
    from .common import Progress, Steps

_PICTURES = 6


def add(steps: Steps) -> None:
    """Tell the parser about the options."""
    evaluate = steps.add_parser("evaluate", help="compare segmentations with a reference: Dice, distances, instances")
    evaluate.add_argument(
        "prediction", type=path_of, metavar="PREDICTION", help="label map, folder of a case, or folder of cases"
    )
    evaluate.add_argument("reference", type=path_of, metavar="REFERENCE", help="the same, of what is right")
    evaluate.add_argument("--out", type=path_of, required=True, metavar="DIR", help="folder for the results")
    evaluate.add_argument(
        "--against", type=path_of, metavar="SECOND", help="a second prediction: adds Wilcoxon signed-rank tests between the two"
    )
    evaluate.add_argument(
        "--resample", action="store_true", help="bring predictions on other grids onto that of the reference (nearest voxel)"
    )
    evaluate.add_argument("--quiet", action="store_true", help="no progress bar")
    evaluate.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare every case, write tables, json and page, and say the means."""
    from ..report.evaluation import write_evaluation
    from ..report.evaluation.pictures import worst
    from ..report.evaluation.write import Evaluation

    reader = _Reader(arguments.reference, resample=arguments.resample)
    make_folder(arguments.out)
    sides = [arguments.prediction, *([arguments.against] if arguments.against else [])]
    with progress_bar("evaluate", arguments.quiet) as progress:
        scores = [reader.scores(side, _part(progress, at, len(sides))) for at, side in enumerate(sides)]
        found = Evaluation(
            _title(arguments.prediction),
            _title(arguments.reference),
            scores[0],
            _title(arguments.against) if arguments.against else "",
            scores[1] if arguments.against else (),
            tuple(reader.notes),
        )
        chosen = worst(found.scores, _PICTURES)
        cases = {case for case, _, _ in chosen}
        maps = {each: reader.pair(arguments.prediction, each) for each in sorted(cases)}
        page = write_evaluation(found, arguments.out, chosen, maps)
        progress(1.0, "done")
    for note in found.notes:
        print(f"Note: {note}")
    for line in _headlines(found):
        print(line)
    print(f"{count(found.scores, 'case')} compared: {arguments.out / 'cases.csv'}")
    print(f"Report: {page.resolve()}")
    return 0


def _part(progress: Progress, at: int, sides: int) -> Progress:
    """Return the progress of one side, as a part of the whole."""
    return lambda done, what: progress((at + done) / (sides + 0.2), what)


def _title(path: Path) -> str:
    return path.resolve().name


class _Reader:
    """The cases of the reference, and what is worth saying about those of predictions."""

    def __init__(self, reference: Path, *, resample: bool) -> None:
        from ..io.cases import find_cases

        self._reference = reference
        self._cases = find_cases(reference)
        self._resample = resample
        self.notes: list[str] = []

    def scores(self, prediction: Path, progress: Progress) -> tuple[CaseScores, ...]:
        """Score every case that both sides have."""
        from ..segmentation.evaluation import score_case

        pairs = self._pairs(prediction)
        scores = []
        for done, name in enumerate(pairs):
            progress(done / len(pairs), name)
            ours, theirs = self._read(pairs[name], name, said=True)
            scores.append(score_case(name, ours, theirs))
        return tuple(scores)

    def pair(self, prediction: Path, name: str) -> tuple[PartialMaps, PartialMaps]:
        """Read one case again."""
        return self._read(self._pairs(prediction, said=False)[name], name, said=False)

    def _pairs(self, prediction: Path, *, said: bool = True) -> dict[str, CaseFiles]:
        """Return the cases of a prediction that the reference has too; single ones belong together whatever their names."""
        from ..io.cases import find_cases

        found = find_cases(prediction)
        if len(found) == len(self._cases) == 1:
            return dict(zip(self._cases, found.values(), strict=True))
        shared = {name: found[name] for name in self._cases if name in found}
        if not shared:
            raise ReadError(
                f"No case of {prediction} has the name of a case of {self._reference}.",
                f"Here: {_some(found)}. There: {_some(self._cases)}.",
            )
        for names, where in (
            ([each for each in self._cases if each not in found], prediction),
            ([each for each in found if each not in self._cases], self._reference),
        ):
            if names and said:
                self.notes.append(f"{_title(where)} lacks {count(names, 'case')}, not compared: {_some(names)}.")
        return shared

    def _read(self, case: CaseFiles, name: str, *, said: bool) -> tuple[PartialMaps, PartialMaps]:
        from ..io.cases import read_case

        theirs = read_case(self._cases[name])
        ours = read_case(case)
        if not any(array is not None and array.any() for array in (theirs.subregions, theirs.vertebrae)):
            raise MapError(f"The reference {self._cases[name].name} is empty.", "Give one that shows the spine.")
        ours, note = self._on_grid_of(ours, theirs, case.name)
        if note and said:
            self.notes.append(note)
        kinds = [kind for kind in ("subregions", "vertebrae") if getattr(ours, kind) is not None]
        shared = [kind for kind in kinds if getattr(theirs, kind) is not None]
        if not shared:
            raise MapError(
                f"{case.name} is a map of {kinds[0]}, and its reference is of another kind.", "Compare maps of one kind."
            )
        return ours, theirs

    def _on_grid_of(self, ours: PartialMaps, theirs: PartialMaps, name: str) -> tuple[PartialMaps, str]:
        from ..geometry.resampling import resampled_labels
        from ..io.lattice import describe_difference, reorder_onto

        arrays = {kind: getattr(ours, kind) for kind in ("subregions", "vertebrae")}
        ordered = {
            kind: None if array is None else reorder_onto(array, ours.grid, theirs.grid) for kind, array in arrays.items()
        }
        if all((array is None) == (ordered[kind] is None) for kind, array in arrays.items()):
            return replace(ours, grid=theirs.grid, **ordered), ""
        difference = describe_difference(theirs.grid, ours.grid)
        if not self._resample:
            raise ParameterError(
                f"{name} and its reference are on different grids: {difference}.",
                "With --resample the prediction is brought onto the grid of the reference.",
            )
        moved = {
            kind: None if array is None else resampled_labels(array, ours.grid, theirs.grid) for kind, array in arrays.items()
        }
        if not any(array is not None and np.any(array) for array in moved.values()):
            raise MapError(
                f"{name} and its reference show different places: nothing is left on its grid.", "Check the headers."
            )
        return replace(ours, grid=theirs.grid, **moved), f"{name} was resampled onto the grid of its reference: {difference}."


def _some(names: Iterable[str]) -> str:
    listed = [each or "a single case" for each in names]
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")


def _headlines(found: Evaluation) -> list[str]:
    """Say the mean of every structure and family."""
    from ..segmentation.evaluation import MEASURES

    lines = []
    for table in found.tables[:2]:
        for row in table.rows:
            numbers = [f"{MEASURES[key]} {cell.mean:.3f}" for key, cell in row.cells.items() if cell.mean is not None]
            if numbers:
                lines.append(f"{row.title} ({table.title.lower()}): {', '.join(numbers)}")
    return lines
