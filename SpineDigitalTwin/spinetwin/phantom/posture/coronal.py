"""Scoliosis: how far every endplate leans to the side, and how far every vertebra is turned.

The lean of the endplates runs as quarters of a sine between the end vertebrae and the apex of each curve, where neighbouring
curves share an end vertebra, and fades beyond the first and the last; what a few discs above the sacrum cannot take, the
sacrum leans too. What one level of the column turns is shared between
its body, which becomes a wedge, and its disc; an end vertebra is no wedge, so that the Cobb angle lies between its endplates.

References
----------
Ding Q et al. (2011) Contributions of vertebral and disc wedging to the Cobb angle in adolescent idiopathic scoliosis with
different curve pattern. Chin J Spine Spinal Cord 21(9). doi:10.3969/j.issn.1004-406x.2011.09.02
Modi HN et al. (2008) Differential wedging of vertebral body and intervertebral disc in thoracic and lumbar spine in adolescent
idiopathic scoliosis. Scoliosis 3:11 (more in the body in the chest, more in the disc in the loin).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from ...anatomy import level
from ...anatomy.tables import read_table
from ...errors import ParameterError
from ...geometry import FloatArray
from .parameters import Curve

FADE = 4
"""Levels over which the lean fades above the first and below the last curve."""

MOST_BELOW = 30.0
"""Most that one disc below the last curve opens to a side, degrees; set by us, so that facets and processes find room."""

JOINED = 3
"""Neighbouring curves whose end vertebrae are fewer levels apart than this share one."""


@dataclass(frozen=True)
class Coronal:
    """The coronal plane of a column of n levels; degrees.

    Attributes
    ----------
    superior, inferior : (n,) arrays
        Lean of the endplates to the right.
    axial : (n,) array
        Rotation of the vertebrae, front to the right.
    """

    superior: FloatArray
    inferior: FloatArray
    axial: FloatArray

    @property
    def lean(self) -> FloatArray:
        """Lean of the bodies to the right, (n,)."""
        return (self.superior + self.inferior) / 2

    @property
    def wedge(self) -> FloatArray:
        """Wedge of the bodies, (n,): positive where the left side is higher."""
        return self.superior - self.inferior


def end_vertebrae(curves: Sequence[Curve], names: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return, for each curve from the top, the places of its upper end vertebra, apex and lower end vertebra in the column.

    Raises
    ------
    ParameterError
        If there are more than three curves, a curve has no room, or neighbours exclude each other.
    """
    if len(curves) > 3:
        raise ParameterError(f"A spine has at most three curves, not {len(curves)}.")
    top, bottom = names.index("C7"), len(names) - 2
    places = []
    for curve in curves:
        apex = names.index(level(curve.apex).name)
        places.append([max(apex - int(curve.half_length), top), apex, min(apex + int(curve.half_length), bottom)])
    for (above, below), (upper, lower) in zip(pairwise(curves), pairwise(places), strict=True):
        gap = lower[0] - upper[2]
        if upper[1] >= lower[1]:
            raise ParameterError(f"The curve at {below.apex} must lie below that at {above.apex}.", "Give curves from the top.")
        if gap < JOINED and above.side == below.side:
            raise ParameterError(f"The curves at {above.apex} and {below.apex} touch, so they must point to opposite sides.")
        if gap < JOINED:
            share = above.half_length / (above.half_length + below.half_length)
            upper[2] = lower[0] = round(upper[1] + share * (lower[1] - upper[1]))
    for curve, (upper_end, apex, lower_end) in zip(curves, places, strict=True):
        if min(apex - upper_end, lower_end - apex) < 2:
            raise ParameterError(
                f"The curve at {curve.apex} has no room.", "A curve needs two levels on each side of its apex, from C7 to L5."
            )
    return [(first, apex, last) for first, apex, last in places]


@dataclass(frozen=True)
class _Piece:
    """A piece of the profile, from one place and lean to another: a quarter of a sine, steep at one end, or half a cosine."""

    start: float
    end: float
    first: float
    last: float
    steep: str = ""

    def at(self, k: FloatArray) -> FloatArray:
        t = np.clip((k - self.start) / (self.end - self.start), 0.0, 1.0)
        quarter = np.pi / 2 * t
        ease = {"start": np.sin(quarter), "end": 1 - np.cos(quarter), "": (1 - np.cos(2 * quarter)) / 2}[self.steep]
        return np.asarray(self.first + (self.last - self.first) * ease)


def coronal_plane(curves: Sequence[Curve], names: Sequence[str], shift: float = 0.0) -> Coronal:
    """Return lean and rotation of a column.

    Parameters
    ----------
    curves : sequence of Curve
        From the top.
    names : sequence of str
        Levels of the column.
    shift : float
        Lean added to all end vertebrae, degrees; it balances the column and changes no Cobb angle.
    """
    n = len(names)
    if not curves:
        return Coronal(np.zeros(n), np.zeros(n), np.zeros(n))
    places = end_vertebrae(curves, names)
    pieces = _pieces(curves, places, n, shift)
    half = np.array([body_share(name) / 2 for name in names])
    half[[place for first, _, last in places for place in (first, last)]] = 0.0
    k = np.arange(n, dtype=np.float64)
    axial = np.sum([_axial(curve, place, k) for curve, place in zip(curves, places, strict=True)], axis=0)
    axial[-1] = 0.0
    return Coronal(_lean(pieces, k - half), _lean(pieces, k + half), axial)


def _pieces(curves: Sequence[Curve], places: list[tuple[int, int, int]], n: int, shift: float) -> list[_Piece]:
    ends = _end_leans(curves, places) + shift
    pieces = [_Piece(max(places[0][0] - FADE, 1), places[0][0], 0.0, ends[0, 0])]
    for i, (first, apex, last) in enumerate(places):
        middle = ends[i].mean()
        pieces.append(_Piece(first, apex, ends[i, 0], middle, "end"))
        pieces.append(_Piece(apex, last, middle, ends[i, 1], "start"))
        if i + 1 < len(places) and places[i + 1][0] > last:
            pieces.append(_Piece(last, places[i + 1][0], ends[i, 1], ends[i + 1, 0]))
    last, lean = places[-1][2], ends[-1, 1]
    below = min(FADE, n - 1 - last)
    pelvis = float(lean - np.clip(lean, -below * MOST_BELOW, below * MOST_BELOW))
    return [*pieces, _Piece(last, last + below, lean, pelvis)]


def _end_leans(curves: Sequence[Curve], places: list[tuple[int, int, int]]) -> FloatArray:
    """Lean (to the right) of both end vertebrae of every curve, (n, 2); the mean of a run of joined curves is zero."""
    leans = np.zeros((len(curves), 2))
    run: list[int] = []
    for i, curve in enumerate(curves):
        joined = bool(run) and places[i][0] == places[i - 1][2]
        run = [*run, i] if joined else [i]
        start = leans[i - 1, 1] if joined else 0.0
        leans[i] = start, start + (curve.cobb if curve.side == "right" else -curve.cobb)
        knots = np.append(leans[run, 0], leans[i, 1])
        leans[run] -= knots.mean()
    return leans


def _lean(pieces: list[_Piece], k: FloatArray) -> FloatArray:
    lean = np.zeros(len(k))
    for piece in pieces:
        inside = (k >= piece.start) & (k <= piece.end)
        lean[inside] = piece.at(k[inside])
    return lean


def _axial(curve: Curve, place: tuple[int, int, int], k: FloatArray) -> FloatArray:
    first, apex, last = place
    u = np.where(k <= apex, (k - apex) / (apex - first), (k - apex) / (last - apex))
    bump = np.cos(np.pi / 2 * np.clip(u * 0.75, -1, 1)) ** 2
    return np.asarray((1.0 if curve.side == "right" else -1.0) * curve.cobb * curve.axial_coupling * bump)


@lru_cache(maxsize=64)
def body_share(name: str) -> float:
    """Share of a level's angle that is wedging of the body (``wedging.csv``)."""
    order = level(name).order
    rows = read_table("wedging.csv", __package__)
    return next(float(row["body_share"]) for row in rows if level(row["first"]).order <= order <= level(row["last"]).order)
