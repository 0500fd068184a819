"""Key points of real spines measured on CT: body centre and both pedicles of each level (VID data set, Buergin 2023).

A file is a list of points in DICOM patient axes (LPS, mm). Body centres name their level, pedicles only their side; the
pedicles of a side are given to those bodies that make the sum of squared distances least.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..anatomy import level as level_of
from ..errors import ReadError
from ..geometry import FloatArray
from .texts import PathLike, as_position, parse_level, read_json

REACH = 60.0
"""A pedicle further than this from every body, mm, belongs to none."""

KINDS = ("body", "left", "right")


def read_keypoints(path: PathLike) -> dict[int, FloatArray]:
    """Read a file of key points.

    Parameters
    ----------
    path : path
        JSON: a list of ``{"coordinates": {"world_space": [x, y, z]}, "type": {"keypoint_type": "body", "spine_level": "L3"}}``.

    Returns
    -------
    dict of level id to (3, 3) array
        Rows are body centre, left pedicle, right pedicle in RAS mm; NaN where a pedicle is missing. From the top.

    Raises
    ------
    ReadError
        If the file is damaged, holds anything else, names a level twice, or has no body.
    """
    content: Any = read_json(path)
    name = Path(path).name
    if not isinstance(content, list):
        raise ReadError(f"{name} is no file of key points: it is no list.", "Give a file of body centres and pedicles.")
    bodies: dict[int, FloatArray] = {}
    pedicles: dict[str, list[FloatArray]] = {"left": [], "right": []}
    for number, each in enumerate(content, start=1):
        where = f"Point {number} in {name}"
        kind, level, position = _point(each, where)
        if kind != "body":
            pedicles[kind].append(position)
        elif level in bodies:
            raise ReadError(f"{where} names a level that an earlier one names too.", "Keep one of the two.")
        else:
            bodies[level] = position
    if not bodies:
        raise ReadError(f"{name} has no body centre.", "Give a file of body centres and pedicles.")
    return _matched(bodies, pedicles)


def _point(content: object, where: str) -> tuple[str, int, FloatArray]:
    """Kind, level id (0 for a pedicle) and RAS position of one entry."""
    kind, place = (content.get(key) if isinstance(content, dict) else None for key in ("type", "coordinates"))
    if not isinstance(kind, dict) or not isinstance(place, dict):
        raise ReadError(f"{where} has no type or no coordinates.")
    if kind.get("keypoint_type") not in KINDS:
        raise ReadError(f"{where} is neither body, left nor right.")
    x, y, z = as_position(place.get("world_space"), where)
    if kind["keypoint_type"] != "body":
        return kind["keypoint_type"], 0, np.array([-x, -y, z])
    level = parse_level(str(kind.get("spine_level", "")))
    if level is None:
        raise ReadError(f"{where} names no vertebral level.", "Levels are named C1 to C7, T1 to T13, L1 to L6, S1.")
    return "body", level, np.array([-x, -y, z])


def _matched(bodies: dict[int, FloatArray], pedicles: dict[str, list[FloatArray]]) -> dict[int, FloatArray]:
    from scipy.optimize import linear_sum_assignment

    levels = sorted(bodies, key=lambda key: level_of(key).order)
    centres = np.array([bodies[key] for key in levels])
    found = np.full((len(levels), 3, 3), np.nan)
    found[:, 0] = centres
    for row, side in ((1, "left"), (2, "right")):
        if pedicles[side]:
            points = np.array(pedicles[side])
            distance = np.linalg.norm(centres[:, None] - points[None], axis=-1)
            for body, pedicle in zip(*linear_sum_assignment(np.minimum(distance, REACH) ** 2), strict=True):
                if distance[body, pedicle] < REACH:
                    found[body, row] = points[pedicle]
    return dict(zip(levels, found, strict=True))
