"""Cameras and closed surfaces that the tests of radiographs share."""

import numpy as np
from spinetwin.geometry.surfaces import Surface
from spinetwin.xray.cameras import ConeCamera, SlotCamera


def cone(pixels=128, pitch=2.4, azimuth=0.0, mirrored=False):
    """Return a camera 1500 mm in front of the origin (left of it at 90 degrees), its film at 1800 mm."""
    turn = np.radians(azimuth)
    forward = np.array([np.sin(turn), -np.cos(turn), 0.0])
    across = np.array([-np.cos(turn), -np.sin(turn), 0.0]) * (-1.0 if mirrored else 1.0)
    axes = np.stack([across, [0.0, 0.0, -1.0], forward])
    focal = np.full(2, 1800.0 / pitch)
    return ConeCamera(-1500.0 * forward, axes, focal, np.full(2, (pixels - 1) / 2), (pixels, pixels))


def slot(pixels=128, pitch=2.4, azimuth=0.0):
    at = cone(pixels, pitch, azimuth)
    return SlotCamera(at.source, at.axes, np.array([at.focal[0], 1.2 / pitch]), at.centre, at.size)


def ball(radius=30.0, finer=4, middle=(0.0, 0.0, 0.0)):
    """Return a sphere from an octahedron, whose every triangle is cut in four `finer` times."""
    points = np.vstack([np.eye(3), -np.eye(3)])
    faces = np.array([[0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5]])
    for _ in range(finer):
        edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        unique, back = np.unique(edges, axis=0, return_inverse=True)
        middles = points[unique].sum(axis=1)
        new = len(points) + back.reshape(-1, 3)
        points = np.vstack([points, middles / np.linalg.norm(middles, axis=1, keepdims=True)])
        a, b, c = faces.T
        ab, bc, ca = new.T
        faces = np.vstack([np.stack(each, axis=1) for each in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    return Surface(radius * points + np.asarray(middle), faces)


def box(low, high):
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=float)
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = [tri for a, b, c, d in quads for tri in ((a, b, c), (a, c, d))]
    return Surface(np.asarray(low) + corners * (np.asarray(high) - np.asarray(low)), np.array(faces))


def chord_of_ball(camera, radius, middle=(0.0, 0.0, 0.0)):
    """Return the exact way of every ray through a sphere."""
    origins, directions = camera.all_rays()
    unit = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    to = np.asarray(middle) - origins
    along = (to * unit).sum(-1)
    apart = (to * to).sum(-1) - along**2
    return 2 * np.sqrt(np.maximum(radius**2 - apart, 0.0))


def chord_of_box(camera, low, high):
    """Return the exact way of every ray through a box (slabs)."""
    origins, directions = camera.all_rays()
    unit = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    with np.errstate(divide="ignore"):
        a, b = (np.asarray(low) - origins) / unit, (np.asarray(high) - origins) / unit
    return np.maximum(np.maximum(a, b).min(-1) - np.minimum(a, b).max(-1), 0.0)
