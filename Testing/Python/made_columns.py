"""Columns of vertebrae made of a few numbers, with every point that a model of the trunk rests on."""

import numpy as np
from spinetwin.anatomy import level, point
from spinetwin.biomechanics import Person, build_model
from spinetwin.geometry import Frame
from spinetwin.poi import Poi, PoiSet, Status

LEVELS = [*(f"T{i}" for i in range(1, 13)), *(f"L{i}" for i in range(1, 6))]
MAN = Person("m", 175.0, 70.0)

# local right, anterior, superior of the right-hand and median points, mm
_POINTS = {
    "thoracic": {
        50: (0, 0, 0), 105: (0, 0, 9), 107: (0, 0, -9), 101: (0, 13, 9), 117: (7, 12, 9), 103: (0, 13, -9), 119: (7, 12, -9),
        102: (0, -13, 9), 118: (6, -12, 9), 104: (0, -13, -9), 120: (6, -12, -9), 125: (0, -26, 8), 127: (0, -29, -10),
        141: (4, -25, 8), 143: (4, -27, -10), 133: (0, -40, -4), 135: (0, -40, -18), 81: (0, -42, -19), 82: (27, -33, 3),
        85: (13, 0, 0), 87: (12, -30, -17), 89: (13, -21, 18), 123: (13, -1, -9),
    },
    "lumbar": {
        50: (0, 0, 0), 105: (0, 0, 13), 107: (0, 0, -13), 101: (0, 17, 13), 117: (10, 15, 13), 103: (0, 17, -13),
        119: (10, 15, -13), 102: (0, -17, 13), 118: (9, -15, 13), 104: (0, -17, -13), 120: (9, -15, -13), 125: (0, -32, 3),
        127: (0, -35, -14), 141: (7, -29, 3), 143: (7, -32, -14), 133: (0, -47, -4), 135: (0, -47, -24), 81: (0, -49, -24),
        82: (32, -30, 3), 85: (20, 0, 0), 87: (15, -35, -27), 89: (20, -28, 18), 123: (20, 0, -12),
    },
}  # fmt: skip


def made_column(names=LEVELS, *, curve_mm=0.0, front_mm=30.0, spacing_mm=28.0):
    """Return points and frames: bodies on a line that bends sideways by a sine and forward by another, L5 lowest.

    Seen from the side the column is an S with its lumbar part in front; `curve_mm` bends it to the right in the thorax.
    """
    whole = sorted({*LEVELS, *names}, key=lambda name: level(name).order)
    heights = np.array([spacing_mm * (len(whole) - whole.index(name)) for name in names], dtype=float)
    top = spacing_mm * len(whole)
    turn = 2 * np.pi * heights / top
    origins = np.stack([curve_mm * np.sin(turn / 2) * (heights / top), front_mm * np.sin(turn), heights], axis=1)
    slopes = np.stack(
        [np.gradient(origins[:, 0], heights), front_mm * np.cos(turn) * 2 * np.pi / top, np.ones_like(heights)], axis=1
    )
    frames, points = {}, {}
    for name, origin, slope in zip(names, origins, slopes, strict=True):
        superior = slope / np.linalg.norm(slope)
        right = np.array([1.0, 0.0, 0.0]) - superior[0] * superior
        right /= np.linalg.norm(right)
        frame = Frame(origin, np.stack([right, np.cross(superior, right), superior]), "made")
        here = level(name)
        frames[here.id] = frame
        for poi, offset in _POINTS[here.region].items():
            points[here.id, poi] = frame.to_ras(np.array(offset, dtype=float))
            points[here.id, point(poi).mirror] = frame.to_ras(np.array(offset, dtype=float) * [-1, 1, 1])
        points[here.id, 100] = frame.to_ras([0.0, 0.0, -spacing_mm / 2])
    return points, frames


def made_model(names=LEVELS, person=MAN, settings=None, **shape):
    """Return the model of such a column."""
    return build_model(*made_column(names, **shape), person, settings)


def mirrored(points, frames):
    """Return the mirror image of a column: right and left change places."""
    flip = np.array([-1.0, 1.0, 1.0])
    turned = {key: Frame(frame.origin * flip, frame.axes * flip * [[-1], [1], [1]]) for key, frame in frames.items()}
    return {(key, point(poi).mirror): at * flip for (key, poi), at in points.items()}, turned


def made_pois(names=LEVELS, **shape):
    """Return such a column as points alone, which tell the axes of the levels too, as those of a person do."""
    points, frames = made_column(names, **shape)
    for key, frame in frames.items():
        for poi, away in ((128, -frame.anterior), (129, -frame.superior), (130, frame.right)):
            points[key, poi] = frame.origin + 10 * away
    return PoiSet.of(Poi(*key, Status.OK, tuple(place.tolist())) for key, place in points.items())
