"""True dimensions of vertebrae and discs, from their continuous shapes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ...anatomy import level as level_of
from ...anatomy import subregion
from ...anatomy.subregions import SubregionId as Sub
from ...geometry import FloatArray, IntArray
from ...geometry.frame import direction_coefficients
from ..shape.solids import Box
from ..shape.vertebra import VertebraShape
from ..spine import Spine
from .arch_sizes import arch_sizes
from .columns import first_entries, first_exits
from .endplates import Endplate, endplates, plates_of
from .extremes import rims
from .gaps import relative_frame
from .quadrature import disc_moment, part_moments
from .record import Sizes
from .search import WHOLE, Search, abreast
from .together import Quantity, together

_REACH = 60.0
_FREE = 0.75
"""Part of the way from the middle of the canal to its wall on which there is no bone."""

_REACH_OF_CANAL = 0.75
"""How far from there bone is looked for, parts of the width of the canal."""

_CANAL_STEP = 0.25

_MIRROR = np.array([-1.0, 1.0, 1.0])
_SIDES = {False: "RLAP", True: "RAP"}

Landmarks = dict[str, FloatArray]


def sizes(spine: Spine, key: int) -> Sizes:
    """Return the true dimensions of one level of a spine, and of the disc below it."""
    shape = spine.shapes[key]
    found = {**body_sizes(shape), **canal_sizes(shape), **arch_sizes(shape), **_disc_sizes(spine, key)}
    volumes = {subregion(part).name: each.volume for part, each in part_moments(shape).items()}
    if key in spine.discs:
        disc = disc_moment(spine.discs[key])
        volumes |= {subregion(Sub.DISC).name: disc.volume} if disc else {}
    return Sizes(**found, volumes=volumes)


def body_sizes(shape: VertebraShape) -> dict[str, float]:
    """Return heights, widths, depths and tilts of a body, by the names of `Sizes`; what it does not have is left out."""
    plates = endplates(shape)
    tilts = {f"{which}_tilt_forward": plate.tilt_forward for which, plate in plates.items()}
    tilts |= {f"{which}_tilt_right": plate.tilt_right for which, plate in plates.items()}
    if Sub.BODY_BORDER not in shape.subregions:
        return tilts
    return tilts | lengths(landmarks(shape))


def lengths(marks: Landmarks) -> dict[str, float]:
    """Return the distances between landmarks that have a name in `Sizes`."""
    between = {
        "height_front": ("AS", "AI"),
        "height_middle": ("S", "I"),
        "height_back": ("PS", "PI"),
        "width": ("R", "L"),
        "depth": ("A", "P"),
        "superior_width": ("RS", "LS"),
        "superior_depth": ("AS", "PS"),
        "inferior_width": ("RI", "LI"),
        "inferior_depth": ("AI", "PI"),
    }
    return {
        name: float(np.linalg.norm(marks[one] - marks[other]))
        for name, (one, other) in between.items()
        if one in marks and other in marks
    }


def _landmarks_search(shape: VertebraShape) -> Search[Landmarks]:
    """Return rims ("AS" is front and top) and surfaces ("A") of a body, in its own frame; nothing above where the dens is."""
    body = part_moments(shape).get(Sub.BODY_BORDER)
    if body is None:
        return {}
    part = (int(Sub.BODY_BORDER),)
    marks = yield from body_landmarks(_box(shape), np.array(body.centroid), part, shape.symmetric)
    return marks if "superior" in plates_of(shape) else {name: at for name, at in marks.items() if "S" not in name}


landmarks = Quantity(_landmarks_search)


def body_landmarks(box: Box, middle: FloatArray, parts: tuple[int, ...] = WHOLE, symmetric: bool = False) -> Search[Landmarks]:
    """Search the same of any solid in a box; of a `symmetric` one the left is the mirror image of the right."""
    ways = {letter: direction_coefficients(letter) for letter in "RLAPSI"}
    starts = np.tile(middle, (len(ways), 1))
    names = [side + end for side in _SIDES[symmetric] for end in "SI"]
    firsts, seconds = (np.array([ways[name[place]] for name in names]) for place in (0, 1))
    reach, corners = yield from abreast(
        [first_exits(starts, np.array(list(ways.values())), _REACH, parts), rims(box, middle, firsts, seconds, parts)]
    )
    marks = {letter: middle + t * way for (letter, way), t in zip(ways.items(), reach, strict=True)}
    marks |= dict(zip(names, corners, strict=True))
    if symmetric:
        marks |= {name.replace("R", "L"): at * _MIRROR for name, at in marks.items() if "R" in name}
    return {name: at for name, at in marks.items() if np.isfinite(at).all()}


def _box(shape: VertebraShape) -> Box:
    """Two corners around the body, which bulges a little where pedicles join it."""
    (x0, y0, z0), (x1, y1, z1) = shape.body.box
    more = shape.blend
    return (x0 - more, y0 - more, z0 - more), (x1 + more, y1 + more, z1 + more)


def _canal_search(shape: VertebraShape) -> Search[dict[str, float]]:
    """Return the least width and the least depth of the canal that bone surrounds, by the names of `Sizes`; not of a sacrum."""
    if level_of(shape.level).region == "sacral":
        return {}
    (_, _, low), (_, _, high) = shape.box
    z, canal = np.arange(low, high, _CANAL_STEP), shape.canal
    half = np.asarray(canal.half_depth(z), dtype=np.float64)
    middles = np.column_stack([np.zeros(len(z)), canal.front - 2.0 * canal.belly * half, z])
    aside, ahead, behind = np.full(len(z), canal.width / 2), 2.0 * canal.belly * half, 2.0 * (1.0 - canal.belly) * half
    rows, in_front = np.arange(len(z)), _beside_front(shape, z)
    walls = [
        ("R", rows, aside),
        ("A", in_front, ahead),
        ("P", in_front, behind),
        *([] if shape.symmetric else [("L", rows, aside)]),
    ]
    reach = _REACH_OF_CANAL * canal.width
    searches = [_to_bone(middles[which], letter, _FREE * wall[which], reach) for letter, which, wall in walls]
    rightwards, forwards, backwards, *leftwards = yield from abreast(searches)
    reaches = {"canal_width": rightwards + (leftwards[0] if leftwards else rightwards), "canal_depth": forwards + backwards}
    return {name: float(np.nanmin(reach)) for name, reach in reaches.items() if np.isfinite(reach).any()}


def _beside_front(shape: VertebraShape, z: FloatArray) -> IntArray:
    """Return which heights a bone in front of the canal may have: elsewhere nothing closes it there."""
    boxes = np.array([part.box for part in shape.parts if part.front]).reshape(-1, 3)
    return np.flatnonzero((z > boxes[:, 2].min() - shape.blend) & (z < boxes[:, 2].max() + shape.blend))


def _to_bone(middles: FloatArray, letter: str, free: FloatArray, reach: float) -> Search[FloatArray]:
    """Search how far (n,) lines go from the middles of a canal to bone, which is at least `free` mm (n,) away."""
    way = direction_coefficients(letter)
    beyond = yield from first_entries(middles + np.outer(free, way), way, reach)
    return np.asarray(free + beyond)


canal_sizes = Quantity(_canal_search)


def _disc_sizes(spine: Spine, key: int) -> dict[str, float]:
    lower = dict(pairwise(spine.shapes)).get(key)
    if key not in spine.discs or lower is None:
        return {}
    upper_shape, lower_shape = spine.shapes[key], spine.shapes[lower]
    frame = relative_frame(spine, key, lower)
    above = landmarks(upper_shape)
    below = {name: frame.to_ras(at) for name, at in _facing(lower_shape).items()}
    pairs = {"front": ("AI", "AS"), "middle": ("I", "S"), "back": ("PI", "PS")}
    heights = {
        f"disc_height_{name}": float(np.linalg.norm(above[one] - below[other]))
        for name, (one, other) in pairs.items()
        if one in above and other in below
    }
    ceiling, floor = endplates(upper_shape)["inferior"], endplates(lower_shape)["superior"].seen(frame.origin, frame.axes)
    return heights | _wedge(ceiling, floor)


def _facing(shape: VertebraShape) -> Landmarks:
    """Landmarks of the endplate below a disc; a sacrum is searched as a whole."""
    if level_of(shape.level).region != "sacral":
        return landmarks(shape)
    return together(shape, body_landmarks(_box(shape), np.zeros(3), symmetric=shape.symmetric))


def _wedge(ceiling: Endplate, floor: Endplate) -> dict[str, float]:
    return {
        "disc_wedge_forward": floor.tilt_forward - ceiling.tilt_forward,
        "disc_wedge_right": floor.tilt_right - ceiling.tilt_right,
    }
