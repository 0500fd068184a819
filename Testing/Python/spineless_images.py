"""Images without a spine: a leg with its two bones at the knee, and a trunk that is fat, muscle and gut alone."""

import numpy as np
from spinetwin.geometry import Grid
from spinetwin.phantom.image.artefacts import rician, texture

SPACING = (4.0, 1.2, 1.2)
AIR, MUSCLE, FAT, CORTEX, MARROW, FLUID, CARTILAGE = 4.0, 110.0, 330.0, 20.0, 260.0, 520.0, 190.0
"""Grey values as in T2-weighted turbo spin echo: fat and marrow bright, cortical bone black."""
_NOISE, _TEXTURE = 12.0, 0.06


def leg(shape=(20, 128, 128), seed=0):
    """Return (image, grid) of thigh and shank about a straight knee, from right to left, back to front, and below to above.

    The shafts widen to condyles at the joint, behind a kneecap, and are filled with marrow below a cortex of 3 mm.
    """
    right, front, up = _places(shape)
    radius = np.hypot(right, front)
    image = np.where(radius < 66.0, FAT, AIR)
    image[radius < 56.0] = MUSCLE
    width = 14.0 + 22.0 * np.exp(-((up / 26.0) ** 2))
    bone = np.hypot(right * 0.85, front) - width
    for side in (up > 3.0, up < -3.0):
        image[side & (bone < 0.0)] = CORTEX
        image[side & (bone < -3.0) & (np.abs(up) > 6.0)] = MARROW
    image[(np.abs(up) <= 3.0) & (bone < 0.0)] = CARTILAGE
    image[(np.abs(up) <= 1.2) & (bone < 0.0)] = FLUID
    cap = np.sqrt((right / 18.0) ** 2 + ((front - 46.0) / 8.0) ** 2 + ((up - 12.0) / 18.0) ** 2)
    image[cap < 1.0] = CORTEX
    image[cap < 0.8] = MARROW
    return _seen(image, seed)


def trunk(shape=(20, 128, 128), seed=1):
    """Return (image, grid) of a trunk with loops of gut between its walls, and no bone in it."""
    right, front, up = _places(shape)
    wall = np.hypot(right / 1.3, front)
    image = np.where(wall < 74.0, FAT, AIR)
    image[wall < 60.0] = MUSCLE
    image[wall < 48.0] = FAT
    rng = np.random.default_rng(seed)
    for _ in range(40):
        centre, size = rng.uniform(-45.0, 45.0, 3) * (1.0, 0.8, 1.6), rng.uniform(8.0, 16.0)
        away = np.sqrt((right - centre[0]) ** 2 + (front - centre[1]) ** 2 + (up - centre[2]) ** 2)
        image[(away < size) & (wall < 48.0)] = MUSCLE
        image[(away < size - 3.0) & (wall < 48.0)] = rng.choice([FLUID, FAT, MARROW])
    return _seen(image, seed)


def _places(shape):
    """Return where each voxel lies to the right, in front of and above the centre, mm."""
    axes = (size * (np.arange(count) - (count - 1) / 2) for size, count in zip(SPACING, shape, strict=True))
    return np.meshgrid(*axes, indexing="ij")


def _seen(image, seed):
    rng = np.random.default_rng(seed)
    image = image * (1.0 + _TEXTURE * texture(image.shape, np.ones(3), rng))
    return rician(image.astype(np.float32), _NOISE, rng).round().astype(np.int16), Grid(image.shape, np.diag([*SPACING, 1.0]))
