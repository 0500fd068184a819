"""From the numbers of many cases to tables: mean, standard deviation, and whether two predictions differ.

They show what the tables of Möller et al., "SPINEPS: automatic whole spine segmentation of T2-weighted MR images using a
two-phase approach to multi-class semantic and instance segmentation", European Radiology 2024, show: instances (recognition,
segmentation and panoptic quality, Dice, surface distance), structures (Dice, surface distance), and both by region; rows are
what is compared, columns the measures, for two predictions side by side with the p of a Wilcoxon signed-rank test.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .case import CaseScores, StructureScore
from .instances import InstanceScore
from .structures import FAMILIES, REGIONS, STRUCTURES

MEASURES = {"rq": "RQ", "sq": "SQ", "pq": "PQ", "dice": "Dice", "assd": "ASSD (mm)"}
"""What people read above a column."""

_INSTANCE_MEASURES = ("rq", "sq", "pq", "dice", "assd")
_STRUCTURE_MEASURES = ("dice", "assd")
_FEWEST_PAIRS = 2

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """One measure over all cases.

    Attributes
    ----------
    n : int
        Cases that have a value.
    mean, sd : float or None
        sd needs two cases (n - 1).
    """

    n: int
    mean: float | None
    sd: float | None


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Attributes
    ----------
    name, title, region : str
        What is compared, for files and for people, and where ("" for everywhere).
    cells : dict of str to Cell
        By measure.
    against : dict of str to Cell
        The same of the second prediction; empty without one.
    p : dict of str to float
        Two-sided Wilcoxon signed-rank test over the cases that both have; a measure without one lacks here.
    """

    name: str
    title: str
    region: str
    cells: dict[str, Cell]
    against: dict[str, Cell]
    p: dict[str, float]


@dataclass(frozen=True)
class Table:
    """Rows under one heading, with the measures of its columns."""

    name: str
    title: str
    measures: tuple[str, ...]
    rows: tuple[Row, ...]


def tables(scores: Sequence[CaseScores], against: Sequence[CaseScores] = ()) -> tuple[Table, ...]:
    """Sum up cases.

    Parameters
    ----------
    scores : sequence of CaseScores
    against : sequence of CaseScores
        Of a second prediction, compared with the same references; cases are paired by name.

    Returns
    -------
    tuple of Table
        Instances, structures, and both by region. What no case shows is left out.
    """
    whole = ("",)
    return (
        Table("instances", "Instances", _INSTANCE_MEASURES, _rows(_instance_rows, whole, scores, against)),
        Table("structures", "Structures", _STRUCTURE_MEASURES, _rows(_structure_rows, whole, scores, against)),
        Table(
            "instances_by_region", "Instances by region", _INSTANCE_MEASURES, _rows(_instance_rows, REGIONS, scores, against)
        ),
        Table(
            "structures_by_region",
            "Structures by region",
            _STRUCTURE_MEASURES,
            _rows(_structure_rows, REGIONS, scores, against),
        ),
    )


Pick = Callable[[CaseScores], "StructureScore | InstanceScore | None"]
Kind = Callable[[str], list[tuple[str, str, tuple[str, ...], Pick]]]


def _instance_rows(region: str) -> list[tuple[str, str, tuple[str, ...], Pick]]:
    def pick(name: str) -> Pick:
        return lambda case: next((each for each in case.instances if (each.family, each.region) == (name, region)), None)

    return [(each.name, each.title, _INSTANCE_MEASURES, pick(each.name)) for each in FAMILIES]


def _structure_rows(region: str) -> list[tuple[str, str, tuple[str, ...], Pick]]:
    def pick(name: str) -> Pick:
        return lambda case: next((each for each in case.structures if (each.structure, each.region) == (name, region)), None)

    return [(each.name, each.title, _STRUCTURE_MEASURES, pick(each.name)) for each in STRUCTURES]


def _rows(kind: Kind, regions: tuple[str, ...], scores: Sequence[CaseScores], against: Sequence[CaseScores]) -> tuple[Row, ...]:
    rows = []
    by_region = {region: kind(region) for region in regions}
    for at in range(len(by_region[regions[0]])):
        for region in regions:
            name, title, measures, pick = by_region[region][at]
            first = {measure: _values(scores, pick, measure) for measure in measures}
            second = {measure: _values(against, pick, measure) for measure in measures}
            if not any(np.isfinite(each).any() for each in (*first.values(), *second.values())):
                continue
            p = {measure: _p(scores, against, first[measure], second[measure]) for measure in measures}
            rows.append(
                Row(
                    name,
                    title,
                    region,
                    {measure: _cell(each) for measure, each in first.items()},
                    {measure: _cell(each) for measure, each in second.items()} if against else {},
                    {measure: each for measure, each in p.items() if each is not None},
                )
            )
    return tuple(rows)


def _values(scores: Sequence[CaseScores], pick: Pick, measure: str) -> Values:
    """Return the measure of each case, NaN where it has none."""
    found = [getattr(pick(case), measure, None) for case in scores]
    return np.array([np.nan if each is None else each for each in found], dtype=np.float64)


def _cell(values: Values) -> Cell:
    known = values[np.isfinite(values)]
    if not len(known):
        return Cell(0, None, None)
    return Cell(len(known), float(known.mean()), float(known.std(ddof=1)) if len(known) > 1 else None)


def _p(scores: Sequence[CaseScores], against: Sequence[CaseScores], first: Values, second: Values) -> float | None:
    place = {case.name: row for row, case in enumerate(against)}
    pairs = [(first[row], second[place[case.name]]) for row, case in enumerate(scores) if case.name in place]
    known = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    known = known[np.isfinite(known).all(axis=1)]
    return wilcoxon(known[:, 0], known[:, 1])


def wilcoxon(first: npt.ArrayLike, second: npt.ArrayLike) -> float | None:
    """Return the p of the two-sided Wilcoxon signed-rank test of n pairs.

    Pairs without a difference are dropped, as Wilcoxon did (Biometrics Bulletin 1945); with none left p is 1.

    Parameters
    ----------
    first, second : (n,) arrays

    Returns
    -------
    float or None
        None for fewer than two pairs, of which no test can say anything.
    """
    from scipy import stats

    differences = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    if len(differences) < _FEWEST_PAIRS:
        return None
    if not differences.any():
        return 1.0
    with warnings.catch_warnings():
        # for few cases with ties scipy says that its p is an approximation
        warnings.simplefilter("ignore")
        return float(stats.wilcoxon(differences, zero_method="wilcox").pvalue)
