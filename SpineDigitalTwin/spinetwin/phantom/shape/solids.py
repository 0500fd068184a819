"""The solids a vertebra is made of, in its own frame (mm; x right, y anterior, z superior; origin in the middle of the body).

Every solid has a `box` (two corners that contain it) and a `distance` of three arrays of one shape. Solids are symmetric in x
or lie on the right; the left ones are the same solids seen in a mirror.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np

from .distances import Array, Triple, capsule, ellipse, rounded_box, rounded_max, smoothstep, superellipse

Box = tuple[Triple, Triple]

CLEARANCE = 1.5
"""How far articular processes stay away from the canal, mm: its wall is the arch."""


HALF_TURNED = 1.0 - float(np.sqrt(0.5))
"""How far an edge rounded to a radius of 1 lies, where it has turned half way, within each of the faces it joins."""

_LAMINAR = 1.5
"""Of the canal's half depth: the rear part of its wall in which pedicles turn into laminae."""

_SWAY = 5.0
"""How far before and behind its middle a pedicle goes on rising, mm."""

_OPENS = (-16.0, 12.0)
"""Heights between which the back wall of a canal moves back downwards, mm."""

_WAIST_BEHIND = 0.4
"""Share of the waist that the posterior wall of a body has."""

_HOLLOW_ACROSS = 4.0
"""Width of a body against the distance from the midline at which the hollow of its posterior wall is down to a third (1/e)."""

_STEEPEST, _ROUND = 0.35, 15.0
"""The tip of a spinous process is upright, unless it leans more than that (tangent), and convex with this radius, mm."""

_HOLLOW_REACH = 0.72
"""Where the hollow of an endplate is down to a third (1/e), against its half axes."""


class Solid(Protocol):
    """Something with a signed distance."""

    @property
    def box(self) -> Box:
        """Two corners of a box that contains the solid."""

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""


@dataclass(frozen=True)
class Body:
    """A vertebral body: waist, concave endplates, rounded rims, a hollow posterior wall, wedge, uncinate processes.

    `width` and `depth` (in the midline) are those at the endplates, the heights those between the corners in the midline, where
    the rounded rims have turned half way, `concavity` the depths of the hollows of the superior and the inferior endplate.
    `bevel` is how far the sides of the inferior endplate recede from the uncinate processes below.
    `power` is the squareness of the outline before and behind its widest place; one that is square behind and hollow in the
    midline is the outline of a kidney.
    """

    width: float
    depth: float
    height_front: float
    height_back: float
    waist: float
    hollow: float
    taper: float
    concavity: tuple[float, float]
    uncus: float
    power: tuple[float, float]
    rim: float
    bevel: float = 0.0
    lateral: float = 0.0  # rise of each endplate away from the other, mm per mm to the right

    @property
    def height(self) -> float:
        """Height in the middle."""
        return (self.height_front + self.height_back) / 2

    @property
    def recess(self) -> float:
        """How far its waist draws the posterior wall forwards at half the height, mm."""
        return _WAIST_BEHIND * self.waist * (self.depth + self.hollow) / 2

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        a, b = self.width / 2 * (1 + self.taper) + 0.5, self.depth / 2 + 0.5
        h = (
            max(self.height_front, self.height_back) / 2
            + HALF_TURNED * self.rim
            + max(self.concavity) * 0.3
            + self.uncus
            + abs(self.lateral) * a
            + 0.5
        )
        return (-a, -b - self.hollow, -h), (a, b, h)

    @cached_property
    def _broadest(self) -> float:
        """Width where the body is widest, behind the middle because it tapers forwards, against that of its outline."""
        behind, power = np.linspace(0.0, 1.0, 201), self.power[1]
        return float(np.max((1.0 + self.taper * behind) * (1.0 - behind**power) ** (1.0 / power)))

    @property
    def behind_middle(self) -> float:
        """How far the centroid of its outline lies behind the middle of its depth, mm."""
        return _behind_middle(self)

    def height_at(self, place: float) -> float:
        """Return the height in the midline: in front (1) and behind (-1) between the corners, and in the middle (0)."""
        off = HALF_TURNED * self.rim
        x, y = np.zeros(1), np.array([place * (self.depth / 2 - off)])
        return -float(self.above(x, y, x)[0] + self.below(x, y, x)[0]) - 2.0 * off * abs(place)

    def side(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance to the side wall, prolonged above and below the endplates."""
        a, b = self.width / 2 / self._broadest, (self.depth + self.hollow) / 2
        middle = (1.0 - np.clip(z * (2.0 / self.height), -1.0, 1.0) ** 2) ** 2
        ahead = y + self.hollow / 2
        deep = smoothstep(ahead * (-1.0 / (b - self.hollow)))
        ahead = ahead - self.hollow * deep * np.exp((x * (_HOLLOW_ACROSS / self.width)) ** 2 * -1.0)
        narrow = 1.0 - self.waist * middle
        half = narrow * (1.0 - self.taper * np.clip(ahead / b, -1.0, 1.0))
        depth = np.where(ahead < 0.0, 1.0 - _WAIST_BEHIND * self.waist * middle, narrow)
        front, behind = self.power
        power = front if front == behind else np.where(ahead < 0.0, x.dtype.type(behind), x.dtype.type(front))
        return superellipse(x, ahead, a * half, b * depth, power)

    def above(self, x: Array, y: Array, z: Array) -> Array:
        """Return how far a point lies above the superior endplate."""
        return np.asarray(z - self._plate(x, y) + self._hollowed(self.concavity[0], x, y) - self._rise(self.uncus, x, y))

    def below(self, x: Array, y: Array, z: Array) -> Array:
        """Return how far a point lies below the inferior endplate."""
        return np.asarray(-z - self._plate(x, y) + self._hollowed(self.concavity[1], x, y) + self._rise(self.bevel, x, y))

    def _plate(self, x: Array, y: Array) -> Array:
        a, b = self.width / 2, self.depth / 2
        wedge = (self.height_front - self.height_back) / (2 * self.depth)
        return np.asarray(self.height / 2 + wedge * np.clip(y, -b, b) + self.lateral * np.clip(x, -a, a))

    def _hollowed(self, concavity: float, x: Array, y: Array) -> Array:
        """How far an endplate lies below the plane of its corners, which rounding and hollow alone would leave too low."""
        off = HALF_TURNED * self.rim
        corner = float(np.exp(-(((self.depth / 2 - off) / (_HOLLOW_REACH * self.depth / 2)) ** 2)))
        return np.asarray(concavity * (self._bowl(x, y) - corner) - off)

    def _bowl(self, x: Array, y: Array) -> Array:
        a, b = _HOLLOW_REACH * self.width / 2, _HOLLOW_REACH * self.depth / 2
        return np.asarray(np.exp(((x / a) ** 2 + (y / b) ** 2) * -1.0))

    def _rise(self, height: float, x: Array, y: Array) -> Array:
        if not height:
            return np.asarray(x * 0.0)
        behind = 1.0 - 0.6 * smoothstep(y * (1.0 / self.depth) + 0.5)
        return np.asarray(height * behind * smoothstep((np.abs(x) * (2.0 / self.width) - 0.5) * 2.4))

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        caps = np.maximum(self.above(x, y, z), self.below(x, y, z))
        return rounded_max(self.side(x, y, z), caps, self.rim)


@lru_cache(maxsize=256)  # the mean person has the same bodies in every posture
def _behind_middle(body: Body) -> float:
    x, y = np.meshgrid(np.linspace(0.0, 0.6 * body.width, 49), np.linspace(body.box[0][1], body.box[1][1], 97))
    inside = np.clip(0.5 - body.side(x, y, np.full_like(x, 0.3 * body.height)), 0.0, 1.0)
    return float(-np.average(y, weights=inside))


@dataclass(frozen=True)
class Canal:
    """The vertebral foramen as an endless tube: widest near its front wall at `front`, its back wall moves back downwards.

    It is widest at `belly`, from front (0) to back (1); `taper` makes it narrow backwards: 0.4 gives a rounded triangle. In
    front of `belly` it is half an ellipse or, where its front corners have a radius (`corner`, mm), it has straight side walls,
    along which pedicles run; `splay` is by how much each of these goes outwards for each mm backwards.
    """

    width: float
    depth: float
    front: float
    opening: float = 0.12
    taper: float = 0.0
    belly: float = 0.42
    corner: float = 0.0
    splay: float = 0.0

    def stretch(self, low: float, high: float) -> Box:
        """Return two corners that contain what lies between two heights."""
        half = self.width / 2 + abs(self.splay) * self.depth
        back = self.front - 2.0 * float(self.half_depth(np.array(_OPENS[0])))
        return (-half, back, low), (half, self.front, high)

    def half_depth(self, z: Array) -> Array:
        """Return half the front-to-back size at height z."""
        return np.asarray(self.depth / 2 - self.opening / 2 * np.clip(z, *_OPENS))

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return about the signed distance to the wall, negative in the canal."""
        if self.corner:
            return rounded_max(self.flanks(x, y, z), y - self.front, self.corner)
        b = self.half_depth(z)
        ahead = y - self.front + 2.0 * self.belly * b
        b = np.where(ahead > 0.0, 2.0 * self.belly * b, 2.0 * (1.0 - self.belly) * b)
        if self.taper:
            x = x * (1.0 + self.taper * np.clip(ahead / b * -1.0, 0.0, 1.3))
        return ellipse(x, ahead, self.width / 2, b)

    def flanks(self, x: Array, y: Array, z: Array) -> Array:
        """Return about the signed distance to the back wall and the straight side walls, prolonged forwards without end."""
        b = self.half_depth(z)
        ahead = y - self.front + 2.0 * self.belly * b
        behind = np.minimum(ahead, 0.0)
        b = 2.0 * (1.0 - self.belly) * b
        if self.taper:
            x = x * (1.0 + self.taper * np.minimum(behind / b * -1.0, 1.3))
        wall = ellipse(x, behind, self.width / 2, b)
        return wall + self.splay * (ahead - behind) if self.splay else wall


@dataclass(frozen=True)
class Plane:
    """A facet: a point and the unit normal that points out of the bone."""

    point: Triple
    normal: Triple

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance, negative on the bone's side."""
        (px, py, pz), (nx, ny, nz) = self.point, self.normal
        return np.asarray((x - px) * nx + (y - py) * ny + (z - pz) * nz)


@dataclass(frozen=True)
class Rod:
    """A process: a tapered rod, flattened front to back, cut off by its facet and kept out of the canal if these are given.

    It is longer from front to back than across where `flat` is below 1.
    `bow` bends it: so far lies its middle, mm along y and z, from the straight line between its ends, which differ in x.
    """

    start: Triple
    end: Triple
    radii: tuple[float, float]
    flat: float = 1.0
    facet: Plane | None = None
    canal: Canal | None = None
    bow: tuple[float, float] = (0.0, 0.0)

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        ends, bend = np.array([self.start, self.end]), np.array([0.0, *self.bow])
        r = max(self.radii) * np.array([1.0, 1.0 / min(self.flat, 1.0), 1.0])
        low, high = ends.min(axis=0) - r + np.minimum(bend, 0.0), ends.max(axis=0) + r + np.maximum(bend, 0.0)
        return (float(low[0]), float(low[1]), float(low[2])), (float(high[0]), float(high[1]), float(high[2]))

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        f = self.flat
        if any(self.bow):
            along = np.clip((x - self.start[0]) * (1.0 / (self.end[0] - self.start[0])), 0.0, 1.0)
            bent = along * (1.0 - along) * 4.0
            y, z = y - bent * self.bow[0], z - bent * self.bow[1]
        start, end = (self.start[0], self.start[1] * f, self.start[2]), (self.end[0], self.end[1] * f, self.end[2])
        rod = capsule(x, y * f, z, start, end, self.radii)
        if self.canal is not None:
            rod = rounded_max(rod, np.asarray(CLEARANCE - self.canal.distance(x, y, z)), 3.0)
        return rod if self.facet is None else rounded_max(rod, self.facet.distance(x, y, z), 1.0)


@dataclass(frozen=True)
class Arch:
    """Pedicles and laminae: a band wound round the canal.

    `thickness`, `middle` and `height` are those of pedicle and lamina; the band ends at the plane y = `cut` in the middle and
    reaches `reach` mm further at the sides. Beside straight walls of the canal the pedicles are straight too; from `isthmus` mm
    behind its front wall on they are by `flare` mm thicker for each mm backwards. `flank` is a plane (on the right; on the left
    its mirror image) along which a pedicle goes into the side of the body. `ring` closes the band in front (atlas). `rooms` are
    kept free on both sides, for the articular processes of the neighbours or a vertebral artery. Pedicles rise by
    `rise` mm for each mm backwards.
    """

    canal: Canal
    thickness: tuple[float, float]
    middle: tuple[float, float]
    height: tuple[float, float]
    cut: float
    reach: float = 0.0
    flare: float = 0.0
    isthmus: float = 0.0
    flank: Plane | None = None
    ring: bool = False
    rooms: tuple[Rod, ...] = ()
    rise: float = 0.0

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        t = max(self.thickness) + 1.5 + abs(self.flare) * self.canal.belly * self.canal.depth
        a = self.canal.width / 2 + t
        back = self.canal.front - self.canal.depth - self.canal.opening * -_OPENS[0] - t
        half = max(self.height) / 2 + abs(self.rise) * _SWAY
        return (-a, back, min(self.middle) - half), (
            a,
            self.canal.front + t if self.ring else self.cut + self.reach,
            max(self.middle) + half,
        )

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        b, behind = self.canal.half_depth(z), self.canal.front - y
        straight = self.canal.corner > 0.0 and not self.ring
        q = smoothstep(behind / (_LAMINAR * b) - (2.0 / _LAMINAR - 1.0) if straight else behind / (2.0 * b))
        around = 1.0 - np.minimum(np.abs(x) * (2.0 / self.canal.width), 1.0) ** 3 if self.ring else q
        wide = self.thickness[0] + self._thicker(behind)
        t = wide + (self.thickness[1] - wide) * around
        wall = self.canal.flanks(x, y, z) if straight else self.canal.distance(x, y, z)
        radial = np.abs(wall - t * 0.5) - t * 0.5
        middle = self.middle[0] + (self.middle[1] - self.middle[0]) * q
        if self.rise:
            middle = middle + self.rise * (1.0 - q) * np.clip(behind - self.isthmus - _SWAY / 2, -_SWAY, _SWAY)
        half = (self.height[0] + (self.height[1] - self.height[0]) * q) * 0.5
        arch = rounded_max(radial, np.abs(z - middle) - half, 2.2)
        if not self.ring:
            cut = self.cut - 1.0 + (self.reach + 1.0) * smoothstep(np.abs(x) * (4.0 / self.canal.width) - 0.5)
            arch = np.asarray(np.maximum(arch, y - cut))
        if self.flank is not None:
            arch = rounded_max(arch, self.flank.distance(np.abs(x), y, z), 3.0)
        for room in self.rooms:
            arch = rounded_max(arch, -room.distance(np.abs(x), y, z), 1.0)
        return arch

    def _thicker(self, behind: Array) -> Array:
        """By how much a pedicle is thicker than at its narrowest, so far behind the front wall of the canal, mm."""
        return np.asarray(self.flare * np.clip(behind - self.isthmus, 0.0, self.canal.belly * self.canal.depth))


@dataclass(frozen=True)
class Spinous:
    """A plate in the midline from `root` backwards and down; heights and half thicknesses at root, middle and tip.

    Its lower edge is thicker than its upper one. `fork` splits the tip: the distance of each prong from the midline, mm.
    """

    root: tuple[float, float]
    length: float
    inclination: float
    heights: tuple[float, float]
    halves: tuple[float, float, float]
    fork: float = 0.0

    @property
    def box(self) -> Box:
        """Two corners that contain the solid."""
        c, s = float(np.cos(np.radians(self.inclination))), float(np.sin(np.radians(self.inclination)))
        h = max(self.heights) / 2
        ends = np.array([self.root, (self.root[0] - self.length * c, self.root[1] - self.length * s)])
        low, high = ends.min(axis=0) - h, ends.max(axis=0) + h
        x = max(self.halves) * 1.25 + self.fork
        return (-x, float(low[0]), float(low[1])), (x, float(high[0]), float(high[1]))

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Return the signed distance in mm, negative inside."""
        c, s = float(np.cos(np.radians(self.inclination))), float(np.sin(np.radians(self.inclination)))
        y, z = y - self.root[0], z - self.root[1]
        u, v = -y * c - z * s, z * c - y * s
        t = np.clip(u / self.length, 0.0, 1.0)
        half = (self.heights[0] + (self.heights[1] - self.heights[0]) * t) * 0.5
        first, middle, last = self.halves
        thick = (1.0 - t) ** 2 * first + 2.0 * t * (1.0 - t) * middle + t * t * last
        thick = thick * (1.0 - 0.25 * np.clip(v / half, -1.0, 1.0))
        across = np.abs(x)
        if self.fork:
            across = np.abs(across - self.fork * smoothstep((t - 0.45) * 1.9))
        end = u - self.length + min(s / c, _STEEPEST) * v + v * v / (2.0 * _ROUND)
        if self.fork:  # a notch between the prongs
            end = end + 0.8 * self.fork * np.exp((x * (1.0 / self.fork)) ** 2 * -1.0)
        ends = np.maximum(end, -u)
        return rounded_box(ends, np.abs(v) - half, across - thick, 2.5)
