"""True areas and widths of procedural spines, sampled from their continuous shapes: no code is shared with the measuring."""

from __future__ import annotations

import numpy as np
from spinetwin.anatomy import level
from spinetwin.anatomy.subregions import SubregionId as Sub
from spinetwin.geometry import Frame, Grid
from spinetwin.phantom import MUSCLES, Spine, muscle_map
from spinetwin.phantom.ground_truth.endplates import endplates

PLATE_STEP, CANAL_STEP, MUSCLE_STEP = 0.5, 0.3, 0.4
DEPTHS = np.arange(1.0, 5.1, 1.0)
HIP_DISTANCE, INCIDENCE = 100.0, 50.0
"""How far below the sacral endplate the femoral heads are put, mm, and the incidence they make, degrees."""


def plate_grid(frame: Frame, half: float, step: float) -> Grid:
    """Return a grid of one slice in the axial plane of a frame."""
    count = 2 * round(half / step) + 1
    affine = np.eye(4)
    affine[:3, :3] = step * frame.axes.T
    affine[:3, 3] = frame.to_ras([-step * (count - 1) / 2, -step * (count - 1) / 2, 0.0])
    return Grid((count, count, 1), affine)


def endplate_area(spine: Spine, key: int, side: str) -> float:
    """Return the largest section of a body within 5 mm of an endplate and parallel to it, mm2."""
    shape = spine.shapes[key]
    plate = endplates(shape)[side]
    inwards = -plate.normal if side == "superior" else plate.normal
    across = np.cross([0.0, 1.0, 0.0], plate.normal)
    across /= np.linalg.norm(across)
    steps = np.arange(-35.0, 35.1, PLATE_STEP)
    flat = steps[:, None, None] * across + steps[None, :, None] * np.cross(plate.normal, across)
    sections = [shape.distance((plate.point + d * inwards + flat).reshape(-1, 3), Sub.BODY_BORDER) < 0 for d in DEPTHS]
    return max(float(section.sum()) for section in sections) * PLATE_STEP**2


def canal_section(spine: Spine, key: int) -> dict[str, float]:
    """Return area, width and depth of the canal, cord included, in the axial plane through the middle of a body."""
    frame = spine.frames[key]
    centre = Frame(frame.to_ras([0.0, -22.0, 0.0]), frame.axes)
    labels = spine.voxelise(plate_grid(centre, 24.0, CANAL_STEP)).subregions[..., 0]
    canal = np.isin(labels, (Sub.CANAL, Sub.CORD))
    if not canal.any():
        return {}
    return {
        "canal_area": float(canal.sum()) * CANAL_STEP**2,
        "canal_width": float(canal.sum(axis=0).max()) * CANAL_STEP,
        "canal_depth": float(canal.sum(axis=1).max()) * CANAL_STEP,
    }


def muscle_areas(spine: Spine, frame: Frame) -> dict[tuple[str, str], float]:
    """Return the areas of all muscles in the axial plane of a frame, mm2, by muscle and side."""
    labels = muscle_map(spine, plate_grid(frame, 130.0, MUSCLE_STEP))
    counts = np.bincount(labels.ravel(), minlength=max(MUSCLES) + 1)
    found = {}
    for label, name in MUSCLES.items():
        muscle, _, side = name.rpartition("_")
        found[muscle, side] = float(counts[label]) * MUSCLE_STEP**2
    return found


def femoral_heads(spine: Spine) -> tuple[np.ndarray, dict[str, float]]:
    """Return femoral heads (2, 3) that make a known pelvic incidence, and the true angles at them, degrees."""
    sacrum = level("S1").id
    frame = spine.frames[sacrum]
    plate = endplates(spine.shapes[sacrum])["superior"].seen(frame.origin, frame.axes)
    slope = np.degrees(np.arctan2(plate.normal[1], plate.normal[2]))
    tilt = np.radians(INCIDENCE - slope)
    hip = plate.point + HIP_DISTANCE * np.array([0.0, np.sin(tilt), -np.cos(tilt)])
    chest = spine.frames[level("T1").id].origin - hip
    lean = np.degrees(np.arctan2(chest[1], chest[2])) + np.degrees(tilt)
    true = {"pelvic_incidence": INCIDENCE, "pelvic_tilt": float(np.degrees(tilt)), "t1_pelvic_angle": float(lean)}
    return hip + np.array([[-90.0, 0.0, 0.0], [90.0, 0.0, 0.0]]), true
