"""The searches of the truth in their plainest form: one line, point or node after the other, on the whole shape of a vertebra.

They cost a hundred times as much as those of `spinetwin.phantom.ground_truth` and share no code with them.
"""

from __future__ import annotations

import numpy as np

HALVINGS = 40
STEP = 0.1
TOLERANCE = 1e-3


def inside_of(shape, part):
    """Return the function that is negative inside one part of a vertebra."""
    return lambda points: shape.distance(points, part)


def bisected(inside, start, way, low, high):
    """Return where a line crosses a surface between `low` (inside) and `high` (outside), mm."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(start + middle * way) < 0 else (low, middle)
    return low


def last_exit(inside, start, direction, reach=130.0):
    """Return the point where a ray leaves a solid for good."""
    way = np.asarray(direction, dtype=float) / np.linalg.norm(direction)
    t = np.arange(0.0, reach, STEP)
    last = np.flatnonzero(inside(start + t[:, None] * way) < 0)[-1]
    return start + bisected(inside, start, way, t[last], t[last + 1]) * way


def first_change(inside, start, way, reach, step):
    """Return how far along a unit vector the sign first changes."""
    t = np.arange(0.0, reach + step, step)
    negative = inside(start + t[:, None] * way) < 0
    first = np.flatnonzero(negative != negative[0])[0]
    if negative[0]:
        return bisected(inside, start, way, t[first - 1], t[first])
    return bisected(lambda p: -inside(p), start, way, t[first - 1], t[first])


def corner(inside, start, first, second):
    """Return where steps of 1 mm, then halved, in two directions in turn come to an end within a solid."""
    point, step = start, 1.0
    while step > TOLERANCE:
        before = point
        for way in (first, second):
            if inside(point + step * way) < 0:
                point = point + step * way
        if point is before:
            step /= 2
    return point


def extended_corners(inside, start, ways):
    """Return the corners of rectangles spanned by pairs of unit vectors, shrunk and then grown until they just fit."""
    spans = [[last_exit(inside, start, way, 60.0) - start for way in pair] for pair in ways]
    factors, steps = [np.ones(2) for _ in spans], [np.array([1.0, 0.4]) for _ in spans]

    def at(place, factor):
        return start + factor[0] * spans[place][0] + factor[1] * spans[place][1]

    for place in range(len(spans)):
        while inside(at(place, factors[place])) >= 0:
            factors[place] = factors[place] * (0.9, 0.7)
    for place, pair in enumerate(spans):
        while (steps[place] * np.linalg.norm(pair, axis=1)).max() > TOLERANCE:
            before = factors[place]
            for axis in np.eye(2):
                if inside(at(place, factors[place] + steps[place] * axis)) < 0:
                    factors[place] = factors[place] + steps[place] * axis
            if (factors[place] == before).all():
                steps[place] = steps[place] / 2
    return [at(place, factor) for place, factor in enumerate(factors)]


def volumes_and_centroids(shape, spacing):
    """Return volume and centroid by part, from every node of a lattice over the whole box."""
    (x0, y0, z0), (x1, y1, z1) = shape.box
    n = int(np.ceil(max(abs(x0), abs(x1)) / spacing)) + 1
    spans = [(-n, n), *((int(np.floor(a / spacing)) - 1, int(np.ceil(b / spacing)) + 1) for a, b in ((y0, y1), (z0, z1)))]
    inside, weights, places = (np.zeros((len(shape.subregions), *rest)) for rest in ((), (), (3,)))
    _, ys, zs = ((np.arange(a, b) + 0.5) * spacing for a, b in spans)
    for i in range(-n, n):
        points = np.stack(np.meshgrid((i + 0.5) * spacing, ys, zs, indexing="ij"), axis=-1).reshape(-1, 3)
        solid, distances = shape.evaluate(points)
        for index in range(len(shape.subregions)):
            lead = distances[index] - np.delete(distances, index, axis=0).min(axis=0)
            weight = np.clip(0.5 - solid / spacing, 0, 1) * np.clip(0.5 - lead / 2 / spacing, 0, 1)
            inside[index] += ((solid < 0) & (distances.argmin(axis=0) == index)).sum()
            weights[index] += weight.sum()
            places[index] += weight @ points
    return {part: (inside[index] * spacing**3, places[index] / weights[index]) for index, part in enumerate(shape.subregions)}
