"""What random radiographs vary in: every number of it."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]
"""From which to which value; all between are equally likely."""


@dataclass(frozen=True)
class RadiographSpec:
    """How people, cameras, tissues and detectors differ.

    Attributes
    ----------
    pixels : int
        Columns and rows of a film.
    pixel_mm : float
        Size of a pixel at the patient's middle, before `zoom`.
    zoom : Range
        Factor of that size.
    top, bottom : str
        Between these levels lies the one in the middle of the film.
    off_middle : Range
        How far that level lies off the middle across, mm to each side; along the body it is twice as far at most.
    first, last : str
        Levels that are drawn where they fall on the film.

    scoliotic : float
        Share of people with a curve; of these every second has two.
    cobb, coupling : Range
        Degrees; axial rotation per degree of it.
    lordosis, kyphosis : Range
        Degrees.
    discs : Range
        Heights of discs against the mean.
    turned, leaning : float
        Degrees by which a person stands turned about the long axis, and leans, to either side at most.
    shape_sd : float
        Standard deviation of the scores of shape modes, beside the dimensions of the person.

    source_patient : Range
        Distance of the source from the patient, mm.
    slot : float
        Share of slot scanners.
    source_above : Range
        Height of the source above the middle of the film, mm.
    azimuth : float
        Degrees by which each source stands beside its place, to either side at most.

    soft_per_mm, bone_per_mm : Range
        Attenuation of soft tissue, and what a mm of bone has more, 1 / mm.
    marrow : Range
        How much less than the bone around it the marrow of a body has, as a share.
    gas, stools : (int, int)
        Fewest and most loops of bowel with gas, and lumps.
    scatter : Range
        Scattered radiation as a share of the mean primary one.
    noise : Range
        Standard deviation of the noise in the darkest tenth of the film, in units of attenuation.
    blur : Range
        Standard deviation of the detector's blur, pixels.
    sharpened : Range
        Strength of edge enhancement, for every second film.
    gamma : Range
        Exponent of the grey scale.
    clipped : (float, float)
        Largest share of the pixels that are cut off where least, and where most, is in the way.
    collimated : float
        Share of films whose rim is shut.
    """

    pixels: int = 256
    pixel_mm: float = 1.0
    zoom: Range = (0.9, 1.1)
    top: str = "T12"
    bottom: str = "L4"
    off_middle: Range = (-25.0, 25.0)
    first: str = "T5"
    last: str = "L5"

    scoliotic: float = 0.5
    cobb: Range = (8.0, 60.0)
    coupling: Range = (0.1, 0.6)
    lordosis: Range = (25.0, 75.0)
    kyphosis: Range = (20.0, 60.0)
    discs: Range = (0.65, 1.1)
    turned: float = 6.0
    leaning: float = 4.0
    shape_sd: float = 0.6

    source_patient: Range = (950.0, 1700.0)
    slot: float = 0.25
    source_above: Range = (-60.0, 300.0)
    azimuth: float = 4.0

    soft_per_mm: Range = (0.016, 0.022)
    bone_per_mm: Range = (0.012, 0.032)
    marrow: Range = (0.2, 0.6)
    gas: tuple[int, int] = (0, 7)
    stools: tuple[int, int] = (0, 16)
    scatter: Range = (0.1, 1.0)
    noise: Range = (0.005, 0.06)
    blur: Range = (0.2, 1.0)
    sharpened: Range = (0.2, 1.5)
    gamma: Range = (0.6, 1.6)
    clipped: tuple[float, float] = (0.2, 0.02)
    collimated: float = 0.4
