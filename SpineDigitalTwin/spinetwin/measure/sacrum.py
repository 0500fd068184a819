"""The sacrum's endplate and axes, from the lower face of the lowest disc or, without discs, from its own upper face."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..anatomy import Level, level
from ..anatomy.subregions import SubregionId
from ..geometry import FloatArray, Frame
from ..geometry.fields import MaskField, last_exits
from .bodies import width
from .landmarks import Landmarks, Plate
from .plates import plane_spread
from .regions import Regions
from .results import MissingInput
from .rims import fitted_rim

SOURCE = "lower face of the lowest disc"
SOURCE_BONE = "upper face of the sacrum"

_STEP = 1.5
_ALAE = (0.0, 30.0)
"""Depths below the endplate between which the alae lie, mm."""

_FEWEST = 200
_FEWEST_OF_FACE = 12
_THICKEST_DISC = 30.0
_FLAT = 2.0
"""How far a point of the sacrum's upper face may lie from its plane, mm."""

_FOOTPRINT, _REACH = 0.7, 1.3
"""Parts of the endplate above, about its middle, below which the face is looked for at first and at last."""

_INNER = 0.8
"""Part of the disc's face, from its middle, that the plane is fitted to: its rim is rounded."""


def with_sacrum(spine: Landmarks, regions: Regions | None) -> Landmarks:
    """Return the landmarks with the endplate and the axes of S1, if the maps hold the disc above it."""
    last = _last_lumbar(spine)
    if regions is None or last is None or last.disc_id is None:
        return spine
    try:
        plate, frame = sacral_plate(regions, spine, last)
    except MissingInput:
        return spine
    sacrum = level("S1").id
    plates = {**spine.plates, (sacrum, "superior"): plate}
    return replace(spine, frames={**spine.frames, sacrum: frame}, plates=plates)


def _last_lumbar(spine: Landmarks) -> Level | None:
    lumbar = sorted((level(key) for key in spine.frames if level(key).region == "lumbar"), key=lambda each: each.order)
    return lumbar[-1] if lumbar and lumbar[-1].order >= _L4 else None


_L4 = level("L4").order
"""A lowest level above this one has no sacrum below it: the image ends there."""


def sacral_plate(regions: Regions, spine: Landmarks, above: Level) -> tuple[Plate, Frame]:
    """Fit a plane to the lower face of a disc, or to the upper face of the sacrum.

    Parameters
    ----------
    above : Level
        The level above the disc.

    Returns
    -------
    Plate
        Its front and back are where the face ends in its median plane.
    Frame
        The superior axis is the normal of the face, the right axis that across the alae, which are wider than deep.

    Raises
    ------
    MissingInput
        If there is no sacrum in the maps, or its upper face is not seen.
    """
    if not regions.volumes(level("S1").id):
        raise MissingInput("the sacrum is not in the label maps")
    frame = spine.frame(above.id)
    source = SOURCE if regions.volumes(above.disc_id or 0) else SOURCE_BONE
    if source == SOURCE:
        face = _lower_face(regions.field(above.disc_id or 0, (SubregionId.DISC,)), frame)
    else:
        face = _upper_face(regions.field(level("S1").id, (SubregionId.SACRUM,)), spine, above.id)
    centre = face.mean(axis=0)
    inner = face[_within(face - centre, _INNER)]
    _, _, vectors = np.linalg.svd(inner - inner.mean(axis=0), full_matrices=False)
    normal = vectors[2] * np.sign(vectors[2] @ frame.superior)
    right = _across(regions.points(level("S1").id), centre, normal, frame)
    anterior = np.cross(normal, right)
    ahead = (face - centre) @ anterior
    middle = np.abs((face - centre) @ right) < _STEP
    if not middle.any():
        raise MissingInput("the lowest disc has no middle")
    ends = [centre + float(pick(ahead[middle])) * anterior for pick in (np.max, np.min)]
    axes = Frame(centre, np.stack([right, anterior, normal]), source)
    bone = regions.field(level("S1").id, (SubregionId.SACRUM,))
    fits = [fitted_rim(bone, axes, end, out, normal) for end, out in zip(ends, (anterior, -anterior), strict=True)]
    front, back = (end if fit is None else fit for end, fit in zip(ends, fits, strict=True))
    heights = (inner - inner.mean(axis=0)) @ normal
    spread = plane_spread(regions.maps.grid, float(np.sqrt(np.mean(heights**2))), inner)
    return Plate(centre, normal, front, back, spread), axes


def _across(sacrum: FloatArray, centre: FloatArray, normal: FloatArray, frame: Frame) -> FloatArray:
    """Return the unit vector (3,) to the right across the alae: the longest axis of the sacrum (n, 3) below its endplate."""
    offsets = sacrum - centre
    depth = -(offsets @ normal)
    alae = offsets[(depth > _ALAE[0]) & (depth < _ALAE[1])]
    if len(alae) < _FEWEST:
        raise MissingInput("too little of the sacrum is in the label maps")
    flat = alae - (alae @ normal)[:, None] * normal
    _, vectors = np.linalg.eigh(np.cov(flat.T))
    right = vectors[:, 2] - (vectors[:, 2] @ normal) * normal
    right = right / np.linalg.norm(right)
    return np.asarray(right * np.sign(right @ frame.right))


def _lower_face(field: MaskField, frame: Frame) -> FloatArray:
    """Return points (n, 3) on the lower face of a disc, one for each lattice line through its middle plane, RAS mm."""
    inside = np.argwhere(field.values > 0)
    points = field.grid.to_ras(inside)
    centre = points.mean(axis=0)
    _, _, vectors = np.linalg.svd(points - centre, full_matrices=False)
    down = -vectors[2] * np.sign(vectors[2] @ frame.superior)
    steps = np.arange(-36.0, 36.1, _STEP)
    starts = centre + (steps[:, None, None] * vectors[0] + steps[None, :, None] * vectors[1]).reshape(-1, 3)
    starts = starts[field.inside(starts)]
    exits = last_exits(field, starts, np.broadcast_to(down, starts.shape)).points
    return exits[np.isfinite(exits).all(axis=1)]


def _upper_face(field: MaskField, spine: Landmarks, above: int) -> FloatArray:
    """Return points (n, 3) on the face of the sacrum that looks at the lowest endplate, RAS mm.

    Rays rise towards that endplate. A plane is fitted where they leave the bone below its middle, then wherever they leave it
    near that plane: the alae and the articular processes lie off it.
    """
    plate, frame = spine.plate(above, "inferior"), spine.frame(above)
    ahead = frame.anterior - (frame.anterior @ plate.normal) * plate.normal
    ahead = ahead / np.linalg.norm(ahead)
    right = np.cross(ahead, plate.normal)
    half = np.array([width(spine, above), np.linalg.norm(plate.front - plate.back)]) / 2
    ticks = (np.arange(-_REACH * each, _REACH * each + _STEP, _STEP) for each in half)
    flat = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1).reshape(-1, 2)
    starts = plate.centre - _THICKEST_DISC * plate.normal + flat @ np.stack([right, ahead])
    exits = last_exits(field, starts, np.broadcast_to(plate.normal, starts.shape)).points
    heights = (exits - plate.centre) @ plate.normal
    round_ = np.hypot(*(flat / half).T)
    met = np.isfinite(heights) & (heights > -_THICKEST_DISC) & (heights < _STEP)
    chosen = met & (round_ < _FOOTPRINT)
    for reach in (_FOOTPRINT, 1.0, _REACH):
        if chosen.sum() < _FEWEST_OF_FACE:
            raise MissingInput("the upper face of the sacrum is not seen")
        design = np.column_stack([flat, np.ones(len(flat))])
        plane = design @ np.linalg.lstsq(design[chosen], heights[chosen], rcond=None)[0]
        chosen = met & (np.abs(np.where(met, heights - plane, 0.0)) < _FLAT) & (round_ < reach)
    return np.asarray(exits[chosen])


def _within(offsets: FloatArray, part: float) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Say which points (n, 3) around a centre lie in the inner part of the ellipse that their spread describes."""
    _, sizes, vectors = np.linalg.svd(offsets, full_matrices=False)
    along = offsets @ vectors[:2].T / (sizes[:2] / np.sqrt(len(offsets)))
    # the rim of a uniform ellipse lies two standard deviations out
    return np.asarray(np.hypot(*along.T) < 2.0 * part)
