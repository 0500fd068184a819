"""How much people differ in each dimension: the standard deviations that decide whether the phantom is like a real person."""

from __future__ import annotations

from spinetwin.phantom.person.dimensions import DIMENSIONS
from spinetwin.phantom.person.spread import SPREAD

PUBLISHED = {
    "total width": "transverse_span",
    "body width": "body_width",
    "waist width": "body_width",
    "body depth": "body_depth",
    "waist depth": "body_depth",
    "height front": "height_front",
    "height middle": "height_front",
    "height with dens": "height_front",
    "height back": "height_back",
    "canal width": "canal_width",
    "canal depth": "canal_depth",
}
"""Columns of the phantom's table whose published spread, relative to the mean, is that of a dimension."""

DRAWN = {"volume": 0.168, "total depth": 0.077, "total height": 0.081, "spinous reach": 0.092}
"""Relative to the mean, of sums of several columns: what `realism_spread` finds among persons drawn from the table."""

MEASURED = {
    "spinous drop": 3.2,
    "articular rise": 2.6,
    "articular drop": 3.2,
    "transverse back": 2.2,
    "transverse rise": 2.9,
}
"""mm, of where processes end, for which there is no other figure: how much the real persons of this benchmark differ from one
another at T9-L5, once each is compared with a phantom of one's own size (13 degrees of freedom: known to about a third)."""

VOXEL_SD = 1.5
"""mm (volume: ml): what differs by less than a voxel's edge cannot be told apart."""


def sd_of(key: int, name: str, mean: float) -> float:
    """Return the standard deviation among people of a dimension.

    Parameters
    ----------
    key : int
        Level id.
    name : str
        Dimension.
    mean : float
        Its mean among people of one size, mm (volume: ml).
    """
    return MEASURED[name] if name in MEASURED else max(known_sd(key, name, mean), VOXEL_SD)


def known_sd(key: int, name: str, mean: float) -> float:
    """Return the standard deviation that rests on neither the persons of the benchmark nor their voxels; NaN: none."""
    if name in MEASURED:
        return float("nan")
    column = PUBLISHED.get(name)
    relative = SPREAD[key][column] / getattr(DIMENSIONS[key], column) if column else DRAWN[name]
    return relative * mean
