"""Areas and widths that need the label maps: endplates, canal, pedicles, disc.

References
----------
Panjabi MM et al. (1992) Human lumbar vertebrae: quantitative three-dimensional anatomy. Spine 17:299-306.
Hess M et al. (2023) Deep learning for multi-tissue segmentation and fully automatic personalized biomechanical models from
BACPAC clinical lumbar spine MRI. Pain Med 24 (Suppl 1):S139-S148.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..anatomy import PointId, level
from ..anatomy.subregions import SubregionId
from ..geometry import FloatArray
from ..geometry.fields import SURFACE, MaskField
from .bodies import width
from .landmarks import Landmarks
from .regions import BODY, Regions, Section
from .results import MissingInput

_BELOW_RIM = np.arange(1.0, 5.1, 1.0)
"""Depths below the rim at which an endplate is looked for, mm: it is the widest section there."""


def endplate_area(spine: Landmarks, regions: Regions, key: int, side: str) -> float:
    """Return the area of the "superior" or "inferior" endplate, mm2: the largest parallel section of the body near it."""
    plate, frame = spine.plate(key, side), spine.frame(key)
    field = regions.field(key, BODY)
    normal = plate.normal if side == "superior" else -plate.normal
    across = frame.right - (frame.right @ normal) * normal
    across /= np.linalg.norm(across)
    half = 0.75 * float(width(spine, key))
    up = np.cross(normal, across)
    sections = (Section(field, plate.centre - d * normal, across, up, half, _COARSE) for d in _BELOW_RIM)
    return max(section.area for section in sections)


def canal_section(spine: Landmarks, regions: Regions, key: int) -> Section:
    """Cut the canal, cord included, with the axial plane of the vertebra through the centre of its body."""
    frame = spine.frame(key)
    at = spine.point(key, PointId.CANAL)
    section = regions.remembered(
        ("canal", key), lambda: Section(regions.canal_near(at), at, frame.right, frame.anterior, half=22.0)
    )
    if not (section.values > SURFACE).any():
        raise MissingInput("the canal does not reach this plane")
    return section


def canal_area(spine: Landmarks, regions: Regions, key: int) -> float:
    """Return the area of the canal in the axial plane through the body's centre, mm2."""
    return canal_section(spine, regions, key).area


def canal_width(spine: Landmarks, regions: Regions, key: int) -> float:
    """Return the largest side-to-side width of that section, mm."""
    return canal_section(spine, regions, key).extent(0)


def canal_depth(spine: Landmarks, regions: Regions, key: int) -> float:
    """Return the largest front-to-back size of that section, mm."""
    return canal_section(spine, regions, key).extent(1)


def disc_rectangle_height(spine: Landmarks, regions: Regions, upper: int, lower: int) -> float:
    """Return the shortest side of the minimum bounding rectangle of the disc on its central sagittal slice, mm (Hess)."""
    label = level(upper).disc_id
    if label is None:
        raise MissingInput(f"there is no disc below {level(upper).name}")
    field, frame = regions.field(label, (SubregionId.DISC,)), spine.frame(upper)
    centre = (spine.plate(upper, "inferior").centre + spine.plate(lower, "superior").centre) / 2
    outline = _outline(field, centre, frame.anterior, frame.superior)
    return _shortest_side(outline)


def _outline(field: MaskField, centre: FloatArray, across: FloatArray, up: FloatArray) -> FloatArray:
    """Return points (n, 2) on the outline of a section, where its lattice lines cross the surface, mm."""
    section = Section(field, centre, across, up, half=35.0)
    values, steps = section.values - SURFACE, section.steps
    points = []
    for axis in (0, 1):
        v = np.moveaxis(values, axis, 0)
        i, j = np.nonzero((v[:-1] > 0) != (v[1:] > 0))
        along = steps[i] + (steps[1] - steps[0]) * v[i, j] / (v[i, j] - v[i + 1, j])
        points.append(np.stack([along, steps[j]] if axis == 0 else [steps[j], along], axis=1))
    found = np.concatenate(points)
    if len(found) < 3:
        raise MissingInput("the disc is not seen on its central slice")
    return np.asarray(found)


def _shortest_side(points: FloatArray) -> float:
    """Return the shorter side of the smallest rectangle around points (n, 2): one of its sides lies on their convex hull."""
    from scipy.spatial import ConvexHull

    hull = points[ConvexHull(points).vertices]
    edges = np.roll(hull, -1, axis=0) - hull
    along = edges / np.linalg.norm(edges, axis=1, keepdims=True)
    first = np.ptp(hull @ along.T, axis=0)
    second = np.ptp(hull @ np.stack([-along[:, 1], along[:, 0]]), axis=0)
    best = int(np.argmin(first * second))
    return float(min(first[best], second[best]))


_PEDICLE = (*BODY, SubregionId.ARCH)
_ROOTS = (SubregionId.SUPERIOR_ARTICULAR_LEFT, SubregionId.SUPERIOR_ARTICULAR_RIGHT)
"""Their roots reach into the pedicles, at T1 over half of them; in the neck they stand beside them as pillars."""


def pedicle_width(spine: Landmarks, regions: Regions, key: int, side: str) -> float:
    """Return the least side-to-side width of the "left" or "right" pedicle at its mid height, mm.

    Followed backwards in coronal planes of the vertebra, from the posterior wall of the body half way to the middle of the
    canal: further back the processes begin, which are labels of their own.
    """
    frame = spine.frame(key)
    field = regions.field(key, _PEDICLE if level(key).region == "cervical" else (*_PEDICLE, *_ROOTS))
    wall = float((spine.point(key, PointId.BODY_POSTERIOR) - frame.origin) @ frame.anterior)
    canal = spine.point(key, PointId.CANAL)
    end = float((canal - frame.origin) @ frame.anterior)
    if end >= wall:
        raise MissingInput("the canal does not lie behind the body")
    sign = 1.0 if side == "right" else -1.0
    outwards = np.arange(0.0, 30.0, _FINE)
    heights = np.arange(-12.0, 14.0, 1.0)
    planes = frame.origin + np.arange(wall - _BEHIND, (wall + end) / 2, -1.0)[:, None] * frame.anterior
    lines = planes[:, None, None] + outwards[:, None, None] * sign * frame.right + heights[None, :, None] * frame.superior
    widths = [_strip_width(inside, outwards) for inside in field.inside(lines)]
    seen = [width for width in widths if width > 0]
    if not seen:
        raise MissingInput(f"the {side} pedicle is not seen")
    return min(seen)


_BEHIND = 2.0
"""Distance behind the posterior wall, mm, from which on no voxel of the body is met beside the canal."""

_BESIDE = 3.0
"""Distance from the median plane, mm, within which no pedicle lies."""

_FINE = 0.25
_COARSE = 1.5
"""Steps of samples, mm: along a line, and over a surface whose edge counts in part."""


def _longest_run(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Return the places (n,) of the longest unbroken run of True; none where there is no True."""
    places = np.nonzero(flags)[0]
    runs = np.split(places, np.nonzero(np.diff(places) > 1)[0] + 1)
    return max(runs, key=len)


def _strip_width(inside: npt.NDArray[np.bool_], outwards: FloatArray) -> float:
    """Return the mean width of bone (n places outwards, m heights) on the middle half of the heights that have any, mm."""
    inside = inside & (outwards >= _BESIDE)[:, None]
    rows = _longest_run(np.asarray(inside.any(axis=0)))
    if not len(rows):
        return 0.0
    quarter = len(rows) // 4
    middle = inside[:, rows[quarter : len(rows) - quarter]]
    first = middle.argmax(axis=0)
    # the first gap behind the first bone ends the pedicle: what comes further out is a process
    beyond = ~middle & (np.arange(len(middle))[:, None] > first)
    last = np.where(beyond.any(axis=0), beyond.argmax(axis=0), len(middle))
    return float((last - first).mean() * _FINE)
