"""Vertebrae, discs and endplates counted one by one.

Recognition quality RQ = TP / (TP + FP/2 + FN/2), segmentation quality SQ = the mean intersection over union of matched pairs,
panoptic quality PQ = RQ x SQ: Kirillov et al., "Panoptic segmentation", CVPR 2019. A pair matches when its intersection over
union is above one half, which no instance can have with two others; names play no part in it and are counted beside it.

A test compares every number with panoptica 2.1.7, which the authors of SPINEPS measure with. It is not used itself: it asks for
a numpy below 2.3, where 3D Slicer brings 2.4, and for 28 packages of 420 MB more (pandas, plotly, scikit-image); and it takes
twice the processor time for less (2.0 s for the vertebrae of a whole spine; 1.1 s here, with structures and regions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from .overlap import Joint
from .structures import Family

THRESHOLD = 0.5
"""Intersection over union that a match must exceed."""


@dataclass(frozen=True)
class Match:
    """One instance of the reference or of the prediction.

    Attributes
    ----------
    family : str
        vertebra, disc or endplate.
    reference, predicted : int or None
        Labels in the vertebra maps; None where there is no partner.
    iou, dice : float
        Of the pair; 0 without a partner.
    assd : float or None
        Average symmetric surface distance in mm.
    """

    family: str
    reference: int | None
    predicted: int | None
    iou: float = 0.0
    dice: float = 0.0
    assd: float | None = None


@dataclass(frozen=True)
class InstanceScore:
    """How well the instances of one family were found.

    Attributes
    ----------
    family : str
    region : str
        cervical, thoracic or lumbar, as the reference says (for those that it lacks: the prediction); "" for all.
    matched, invented, missed, renamed : int
        True positives, false positives, false negatives, and how many true positives have another name.
    rq, sq, pq : float or None
        None where neither map has an instance; SQ also where nothing matches.
    dice, assd : float or None
        Means over matched pairs; mm.
    """

    family: str
    region: str
    matched: int
    invented: int
    missed: int
    renamed: int
    rq: float | None
    sq: float | None
    pq: float | None
    dice: float | None
    assd: float | None


def match_instances(family: Family, counts: Joint, assd: Callable[[int, int], float | None]) -> tuple[Match, ...]:
    """Match the instances of a family.

    Parameters
    ----------
    family : Family
    counts : Joint
        Prediction first, reference second, of the whole maps.
    assd : callable
        Takes the labels of a matched pair, predicted and reference, and returns their surface distance in mm.

    Returns
    -------
    tuple of Match
        Matched pairs and missed instances in the order of the family's labels, then the invented ones.
    """
    both = counts.counts.sum(axis=0)
    sizes = dict(zip(counts.first.tolist(), both.sum(axis=1).tolist(), strict=True))
    expected = dict(zip(counts.second.tolist(), both.sum(axis=0).tolist(), strict=True))
    place = {label: row for row, label in enumerate(counts.first.tolist())}
    matches, taken = [], set()
    for column, label in enumerate(counts.second.tolist()):
        if label not in family.regions:
            continue
        partner = _partner(family, {each: int(both[place[each], column]) for each in sizes}, sizes, expected[label])
        if partner is None:
            matches.append(Match(family.name, label, None))
            continue
        taken.add(partner)
        shared, total = int(both[place[partner], column]), sizes[partner] + expected[label]
        pair = assd(partner, label)
        matches.append(Match(family.name, label, partner, shared / (total - shared), 2 * shared / total, pair))
    order = list(family.regions)
    matches.sort(key=lambda each: order.index(each.reference or order[0]))
    invented = (each for each in order if each in sizes and each not in taken)
    return (*matches, *(Match(family.name, None, each) for each in invented))


def _partner(family: Family, shared: Mapping[int, int], sizes: Mapping[int, int], expected: int) -> int | None:
    """Return the predicted label whose intersection over union with one of the reference is above the threshold."""
    for label, both in shared.items():
        if label in family.regions and both > THRESHOLD * (sizes[label] + expected - both):
            return label
    return None


def score_instances(family: Family, matches: tuple[Match, ...], region: str = "") -> InstanceScore:
    """Sum up the matches of a family, in one region or in all."""
    chosen = [each for each in matches if region in ("", family.regions[each.reference or each.predicted or 0])]
    pairs = [each for each in chosen if each.reference is not None and each.predicted is not None]
    invented = sum(each.reference is None for each in chosen)
    missed = sum(each.predicted is None for each in chosen)
    weight = len(pairs) + 0.5 * (invented + missed)
    rq = len(pairs) / weight if weight else None
    sq = float(np.mean([each.iou for each in pairs])) if pairs else None
    distances = [each.assd for each in pairs if each.assd is not None]
    return InstanceScore(
        family=family.name,
        region=region,
        matched=len(pairs),
        invented=invented,
        missed=missed,
        renamed=sum(each.reference != each.predicted for each in pairs),
        rq=rq,
        sq=sq,
        pq=None if rq is None else rq * (sq or 0.0),
        dice=float(np.mean([each.dice for each in pairs])) if pairs else None,
        assd=float(np.mean(distances)) if distances else None,
    )
