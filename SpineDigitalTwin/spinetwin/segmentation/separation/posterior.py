"""Which arch, process and joint belongs to which body.

Each connected piece of one subregion is given as a whole to the vertebra that costs least: its height on the body's own
axis against the usual one of that subregion (`posterior_places.csv`, in distances of neighbouring bodies), less what it
earns by touching pieces that already belong there. Joint surfaces that face each other touch without belonging together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...anatomy import SubregionId
from ...geometry import FloatArray, IntArray
from .bodies import Place
from .centreline import Straightened
from .pieces import USUAL, Pieces, Usual, posterior_pieces
from .voxels import Mask, Numbers, Rows, VoxelList, contacts

_ARCH = int(SubregionId.ARCH)
_UPPER = (int(SubregionId.SUPERIOR_ARTICULAR_LEFT), int(SubregionId.SUPERIOR_ARTICULAR_RIGHT))
_LOWER = (int(SubregionId.INFERIOR_ARTICULAR_LEFT), int(SubregionId.INFERIOR_ARTICULAR_RIGHT))
_HOLD = 7.0
"""What a piece earns when all that it touches belongs to one vertebra, in half squared spreads."""
_BROAD = 0.5
"""A piece is held wholly when it is touched by this part of its own cross section."""
_AT_AN_END = 0.2
"""The image cuts an end of a piece where its voxels at the border lie beyond its middle by this part of its length."""
_NOTHING = Usual(0.0, 1.0, 1.0, 1.0)
_ROUNDS = 4
_WITHOUT_BODY = 1.5
"""Additional cost of a vertebra whose body is not in view."""
_FAR_BACK, _FAR_ASIDE = 3.4, 2.6
"""A piece that touches nothing and lies farther than this behind the line or beside it, in heights, is a stray."""
_LEAST_PIECE, _LEAST_ALONE = 0.002, 0.02
"""A piece that touches nothing and is smaller than this part of a cube as high as a vertebra is a stray: where the vertebra has
a body in view, and where it has none."""


@dataclass(frozen=True)
class Posterior:
    """To which vertebra each posterior voxel belongs.

    Attributes
    ----------
    owner : (n,) array of int32
        Place (from 1) of the list that was asked for; 0 for none.
    lead : (v,) array
        For each place how clearly its pieces belong there and nowhere else, 0 to 1; 0 without pieces.
    volume : (v,) array
        Of its pieces, cubic mm.
    """

    owner: Numbers
    lead: FloatArray
    volume: FloatArray

    def only(self, places: Mask) -> Posterior:
        """Return the sharing among some of the places, which are counted anew."""
        number = np.concatenate([[0], np.where(places, np.cumsum(places), 0)]).astype(np.int32)
        return Posterior(number[self.owner], self.lead[places], self.volume[places])


def share_out_posterior(voxels: VoxelList, spine: Straightened, places: tuple[Place, ...], body_owner: Numbers) -> Posterior:
    """Give posterior pieces to vertebrae.

    Parameters
    ----------
    voxels : VoxelList
    spine : Straightened
    places : tuple of Place
        From the top; those without a body may receive processes only.
    body_owner : (n,) array of int32
        For voxels of bodies the place (from 1) they belong to, 0 elsewhere.
    """
    pieces = posterior_pieces(voxels, spine, places)
    pairs, faces = _touching(pieces, voxels)
    held = np.zeros((len(pieces.label), len(places)))
    body_pairs, body_faces = contacts(voxels, pieces.of_voxel, body_owner)
    np.add.at(held, (body_pairs[:, 0], body_pairs[:, 1] - 1), body_faces)
    cost = _settled(pieces, places, held, pairs, faces, _section(pieces))
    owner = cost.argmin(axis=1) + 1
    touches = held.sum(axis=1) > 0
    touches[pairs[:, 0]] = True
    owner[~touches & _stray(pieces, places, owner - 1)] = 0
    owner[0] = 0
    volume = np.bincount(owner, pieces.volume, len(places) + 1)
    lead = np.bincount(owner, pieces.volume * _leads(cost), len(places) + 1) / np.maximum(volume, 1e-9)
    return Posterior(owner.astype(np.int32)[pieces.of_voxel], np.asarray(lead[1:]), np.asarray(volume[1:], dtype=np.float64))


def _touching(pieces: Pieces, voxels: VoxelList) -> tuple[Rows, Rows]:
    """Return pairs of pieces that touch and may belong together, both ways, and how many faces they share."""
    pairs, faces = contacts(voxels, pieces.of_voxel, pieces.of_voxel)
    first, second = pieces.label[pairs].T
    joint = (np.isin(first, _UPPER) & np.isin(second, _LOWER)) | (np.isin(first, _LOWER) & np.isin(second, _UPPER))
    good = ~joint & (first != second)
    return pairs[good], faces[good]


def _section(pieces: Pieces) -> FloatArray:
    """Return how many faces a cut through the middle of each piece would have, about, (p, 1)."""
    return np.asarray(np.cbrt(np.bincount(pieces.of_voxel))[:, None] ** 2)


def _settled(
    pieces: Pieces, places: tuple[Place, ...], held: FloatArray, pairs: Rows, faces: Rows, section: FloatArray
) -> FloatArray:
    """Return the cost of every piece at every place, (p, v), after arches have drawn processes and these each other."""
    by_height = _cost_of_height(pieces, places)
    cost = by_height - _HOLD * _shares(held, section)
    known = pieces.label == _ARCH
    for _ in range(_ROUNDS):
        support, drawn = held.copy(), known[pairs[:, 1]]
        np.add.at(support, (pairs[drawn, 0], cost.argmin(axis=1)[pairs[drawn, 1]]), faces[drawn])
        cost = by_height - _HOLD * _shares(support, section)
        known = np.ones_like(known)
    return cost


def _cost_of_height(pieces: Pieces, places: tuple[Place, ...]) -> FloatArray:
    centre, height = np.array([(place.centre, place.height) for place in places]).T
    rows = [USUAL.get(label, _NOTHING) for label in pieces.label.tolist()]
    usual, spread, length = np.array([(row.height, row.spread, row.length) for row in rows]).T[:, :, None]
    off = (_middles(pieces, length * height) - centre) / height - usual
    absent = np.array([0.0 if place.has_body else _WITHOUT_BODY for place in places])
    return np.asarray(0.5 * (off / spread) ** 2 + absent)


def _middles(pieces: Pieces, length: FloatArray) -> FloatArray:
    """Return the middle of each piece, (p, v), given its usual length; where the image cuts it, from the end that is whole."""
    along, upper, lower, border = (each[:, None] for each in (pieces.along, pieces.upper, pieces.lower, pieces.border))
    short, end = lower - upper < length, _AT_AN_END * (lower - upper)
    cut_above, cut_below = short & (border < along - end), short & (border > along + end)
    return np.where(cut_above, lower - length / 2, np.where(cut_below, upper + length / 2, along))


def _shares(support: FloatArray, section: FloatArray) -> FloatArray:
    """Return the share of each place in what a piece touches; a piece that is barely touched is barely held."""
    return np.asarray(support / np.maximum(support.sum(axis=1, keepdims=True), np.maximum(_BROAD * section, 1.0)))


def _stray(pieces: Pieces, places: tuple[Place, ...], best: IntArray) -> Mask:
    """Say of each piece, should it touch no other one, whether it is too far or too small for its vertebra."""
    height = np.array([place.height for place in places])[best]
    least = np.array([_LEAST_PIECE if place.has_body else _LEAST_ALONE for place in places])[best]
    far = (pieces.back > _FAR_BACK * height) | (np.abs(pieces.right) > _FAR_ASIDE * height)
    return np.asarray(far | (pieces.volume < least * height**3))


def _leads(cost: FloatArray) -> FloatArray:
    """Return by how much the best place of each piece leads over the next best, 0 to 1."""
    if cost.shape[1] < 2:
        return np.ones(len(cost))
    lowest = np.partition(cost, 1, axis=1)
    return np.asarray(1.0 - np.exp(lowest[:, 0] - lowest[:, 1]))
