"""The points of a spine of boxes that leans to either side by known angles: its Cobb angles are exact."""

import numpy as np
from spinetwin.anatomy import level, levels_between
from spinetwin.measure.landmarks import INFERIOR_CORNERS, SUPERIOR_CORNERS

WIDTH, DEPTH, HEIGHT, GAP = 40.0, 30.0, 24.0, 8.0
SHIFT = 10.0
LEANS = {"T1": 15.0, "T5": 20.0, "T11": -20.0, "L4": 8.0, "L5": 7.0}
"""By how many degrees levels lean to the right; those between lean in between. Makes curves T5-T11 and T11-L4."""

COBBS = (40.0, 28.0)
ENDS = (("T5", "T11"), ("T11", "L4"))


def bent_points(leans=None):
    """Return (level id, point id) to (3,) array, RAS mm: bodies, their corners and sides, and the directions."""
    leans = leans or LEANS
    first, last = next(iter(leans)), list(leans)[-1]
    keys = [each for each in levels_between(level(first), level(last)) if each.name not in ("T13", "L6")]
    at = [next(row for row, each in enumerate(keys) if each.name == name) for name in leans]
    points, centre, before = {}, np.zeros(3), None
    for row, key in enumerate(keys):
        axes = _axes(float(np.interp(row, at, list(leans.values()))))
        if before is not None:
            centre = centre - (HEIGHT + GAP) / 2 * (before[2] + axes[2])
        before = axes
        points |= {(key.id, poi): centre + np.array(where) @ axes for poi, where in _box().items()}
    return points


def _axes(lean):
    a = np.radians(lean)
    return np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])


def _box():
    """Return the points of a body along right, anterior and superior of itself, mm."""
    found = {50: (0, 0, 0), 84: (-WIDTH / 2, 0, 0), 85: (WIDTH / 2, 0, 0), 106: (0, -DEPTH / 2, 0), 108: (0, DEPTH / 2, 0)}
    found |= {105: (0, 0, HEIGHT / 2), 107: (0, 0, -HEIGHT / 2), 128: (0, -10, 0), 129: (0, 0, -10), 130: (10, 0, 0)}
    for corners, z in ((SUPERIOR_CORNERS, HEIGHT / 2), (INFERIOR_CORNERS, -HEIGHT / 2)):
        for rim, y in (("front", DEPTH / 2), ("back", -DEPTH / 2)):
            found |= {poi: (x, y, z) for x, poi in zip((0.0, SHIFT, -SHIFT), corners[rim], strict=True)}
    return found
