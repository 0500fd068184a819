"""What a vertebra measures, from a binary mask alone: one function for real bones and for those of the phantom.

A mask is resampled to cubes along axes found by `realism_axes`; every dimension is then a run of cubes along an axis, a column
through the body or the extent of a part.
"""

from __future__ import annotations

import numpy as np
from realism_axes import STEP, Bone, Mask, body_middle, body_walls
from spinetwin.anatomy import level

ENDPLATE = 0.22
"""Distance, in heights of the body, from an endplate to where the size of the endplate is taken: within the rounded rim."""

WHOLE_CANAL = 0.6
"""Of its typical area, what a section of the canal must have: others are cut off by an arch that slopes."""


def dimensions_of(bone: Bone) -> dict[str, float]:
    """Return every dimension that a level has, in mm (volume in ml), by name."""
    found = {"volume": bone.volume / 1000.0}
    for name, axis in (("total width", 0), ("total depth", 1), ("total height", 2)):
        low, high = bone.extent(axis)
        found[name] = high - low
    if bone.name != "C1":
        found |= _body(bone) | _processes(bone)
    return found | _canal(bone)


def _body(bone: Bone) -> dict[str, float]:
    front, back = body_walls(bone)
    depth, (y, low, high) = front - back, body_middle(bone)
    if bone.name == "C2":
        return {"body depth": depth, "height with dens": high - low}
    upper, lower = high - ENDPLATE * (high - low), low + ENDPLATE * (high - low)
    heights = {
        f"height {place}": float(np.mean([_length(bone.run(2, (x, at, 0.0))) for x in (-2.0, 0.0, 2.0)]))
        for place, at in (("front", front - 0.16 * depth), ("middle", y), ("back", back + 0.16 * depth))
    }
    widths = [_widest(bone, z, y, depth) for z in (upper, (low + high) / 2, lower)]
    found = {
        "body depth": float(np.mean([_length(bone.run(1, (0.0, y, z))) for z in (upper, lower)])),
        "waist depth": depth,
        **heights,
    }
    if level(bone.name).region == "cervical":  # its waist lies between transverse processes, its upper rim carries others
        return {"body width": widths[2], **found}
    return {"body width": (widths[0] + widths[2]) / 2, "waist width": widths[1], **found}


def _widest(bone: Bone, z: float, y: float, depth: float) -> float:
    return max(_length(bone.run(0, (0.0, at, z))) for at in np.arange(y, y + 0.25 * depth, STEP))


def _length(ends: tuple[float, float] | None) -> float:
    return ends[1] - ends[0] if ends else 0.0


def _processes(bone: Bone) -> dict[str, float]:
    """Reach of the processes, from the back wall of the body and from its middle."""
    _, back = body_walls(bone)
    last = bone.extent(1)[0]
    tip = np.argwhere(bone.inside[:, : bone.index(last + 2.0, 1)].any(axis=1))
    return {
        "spinous reach": back - last,
        "spinous drop": -float((tip[:, 1].mean() - bone.centre[2]) * STEP),
        **_articular(bone, back),
        **_transverse(bone, back),
    }


def _articular(bone: Bone, back: float) -> dict[str, float]:
    """How high and how low the articular processes reach, on the side of less: the other may be a bent spinous process."""
    beside = bone.inside.copy()
    beside[:, bone.index(back - 1.0, 1) :] = False
    beside[:, : bone.index(back - 30.0, 1)] = False
    sides = beside[: bone.index(-5.0, 0)], beside[bone.index(5.0, 0) :]
    reach = [bone.extent(2, side) for side in sides if side.any()]
    return {"articular rise": min(high for _, high in reach), "articular drop": min(-low for low, _ in reach)}


def _transverse(bone: Bone, back: float) -> dict[str, float]:
    beside = _beside_body(bone, back)
    places = []
    for side in (-1, 1):
        near = bone.index(bone.extent(0, beside)[side > 0] - side * 3.0, 0)
        outer = beside[near:] if side > 0 else beside[: near + 1]
        places.append((np.argwhere(outer).mean(axis=0)[1:] - bone.centre[1:]) * STEP)
    y, z = np.mean(places, axis=0)
    return {"transverse back": back - float(y), "transverse rise": float(z)}


def _beside_body(bone: Bone, back: float) -> Mask:
    """Return what may be a transverse process: in the chest what lies behind the body, which is wider than those of T12."""
    beside = bone.inside.copy()
    if level(bone.name).region == "thoracic":
        beside[:, bone.index(back, 1) :] = False
    return beside


def _canal(bone: Bone) -> dict[str, float]:
    """Median width of the sections that are closed around the whole canal, and median depth in the midline."""
    sections = [bone.canal[:, :, z] for z in np.nonzero(bone.canal.any(axis=(0, 1)))[0]]
    areas = np.array([each.sum() for each in sections])
    sections = [each for each, area in zip(sections, areas, strict=True) if area >= WHOLE_CANAL * _typical(areas)]
    widths = [np.ptp(np.nonzero(each.any(axis=1))[0]) + 1 for each in sections]
    depths = [each[bone.centre[0] - 2 : bone.centre[0] + 3].sum(axis=1).mean() for each in sections]
    return {"canal width": float(np.median(widths)) * STEP, "canal depth": float(np.median(depths)) * STEP} if widths else {}


def _typical(areas: np.ndarray) -> float:
    """Return the area such that half of the volume of the canal lies in larger sections."""
    ordered = np.sort(areas)
    return float(ordered[np.searchsorted(ordered.cumsum(), ordered.sum() / 2)]) if len(ordered) else 0.0
