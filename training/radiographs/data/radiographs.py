"""A pair of random radiographs and all that is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter
from spinetwin.geometry import FloatArray
from spinetwin.geometry.surfaces import Surface
from spinetwin.xray.cameras import Camera, SlotCamera
from spinetwin.xray.drr import path_lengths
from spinetwin.xray.landmarks import VIEWS
from spinetwin.xray.setups import Setup, camera_of

from .exposure import Image, develop, shutters, smooth_field
from .people import Vertebra, person, vertebrae
from .skeleton import pelvis, ribs
from .soft_tissue import Tissue, tissues
from .solids import together
from .spec import RadiographSpec

_BONY = 45.0
"""How far beyond the rim of the film bones are drawn, mm."""

_RIB_SHARE, _PELVIS_SHARE = (0.3, 0.7), (0.4, 0.9)
"""Attenuation of ribs and pelvis, hollow as they are drawn full, against that of vertebrae."""

_PATIENT_FILM = 200.0
"""Any distance: where films have pixels of a given size at the patient, it changes nothing."""

_SOFT_BLUR = 2.0
_TEXTURE_PX = 3.0


@dataclass(frozen=True)
class View:
    """One film and its truth.

    Attributes
    ----------
    camera : Camera
    film : (rows, columns) array of float32
        Larger where more is in the way of the rays, from 0 to 1.
    open : (rows, columns) array of bool
        What the shutters leave open.
    landmarks : (n, 7, 2) array
        Column and row of the landmarks of each vertebra of the pair.
    visible : (n, 7) array of bool
        Whether they lie on the film, where it is open.
    thickness : (n, rows, columns) array of float32
        How far the ray of each pixel runs in each vertebra, mm.
    """

    camera: Camera
    film: Image
    open: npt.NDArray[np.bool_]
    landmarks: FloatArray
    visible: npt.NDArray[np.bool_]
    thickness: Image

    @property
    def bone(self) -> Image:
        """How far the rays run in all vertebrae together, (rows, columns), mm: what the decomposition shall find."""
        return np.asarray(self.thickness.sum(axis=0))

    def labels(self, levels: Sequence[int]) -> npt.NDArray[np.uint8]:
        """Return the level id of the vertebra in which the ray of each pixel runs furthest, 0 where there is none."""
        most = np.array(levels, dtype=np.uint8)[self.thickness.argmax(axis=0)]
        return np.where(self.thickness.max(axis=0) > 0, most, np.uint8(0))


@dataclass(frozen=True)
class Radiographs:
    """A frontal and a lateral film of one person.

    Attributes
    ----------
    vertebrae : tuple of Vertebra
        From the top; the first axis of the arrays of `View`. All that reach onto the film are among them.
    views : mapping of str to View
        "frontal" and "lateral".
    """

    vertebrae: tuple[Vertebra, ...]
    views: Mapping[str, View]

    @property
    def levels(self) -> tuple[int, ...]:
        """Level ids, from the top."""
        return tuple(each.level for each in self.vertebrae)


def radiographs(rng: np.random.Generator, spec: RadiographSpec) -> Radiographs:
    """Draw a person, take both films, and return them with their truth: the same state of `rng` gives the same bytes.

    Parameters
    ----------
    rng : numpy.random.Generator
    spec : RadiographSpec
    """
    someone = person(rng, spec)
    reach = spec.pixels * spec.pixel_mm * max(spec.zoom) / 2 + 2 * max(spec.off_middle) + _BONY
    cameras = _cameras(rng, spec)
    bones = vertebrae(someone, rng, spec, reach)
    around = _Around(tissues(someone, rng, spec), ribs(someone, rng, reach), pelvis(someone, rng))
    amounts = _Amounts.drawn(rng, spec)
    return Radiographs(
        bones, {view: _view(camera, bones, around, amounts, rng, spec) for view, camera in zip(VIEWS, cameras, strict=True)}
    )


def _cameras(rng: np.random.Generator, spec: RadiographSpec) -> list[Camera]:
    """Return both cameras, the frontal one before or behind the person, the lateral one on the right."""
    kind = "slot" if rng.random() < spec.slot else "cone"
    above = rng.uniform(*spec.source_above)
    up = rng.normal(0.0, 0.5) * max(spec.off_middle)
    aside = rng.uniform(*spec.off_middle, 2)
    sides = ("A" if rng.random() < 0.5 else "P", "R")
    found = []
    for view, side, off in zip(VIEWS, sides, aside, strict=True):
        source = float(rng.uniform(*spec.source_patient))
        pixel = spec.pixel_mm * float(rng.uniform(*spec.zoom))
        half = (spec.pixels - 1) / 2
        setup = Setup(
            kind=kind,
            source_detector_mm=source + _PATIENT_FILM,
            source_patient_mm=source,
            pixel_mm=(1.0, 1.0),
            source_side=side,
            azimuth_deg=float(rng.uniform(-spec.azimuth, spec.azimuth)),
        )
        found.append(
            _zoomed(camera_of(setup, view, (spec.pixels, spec.pixels)), pixel, above, (half + off / pixel, half + up / pixel))
        )
    return found


def _zoomed(camera: Camera, pixel_mm: float, above: float, middle: tuple[float, float]) -> Camera:
    """Return the camera with pixels of a size at the patient, its source raised, and the origin at a place of the film."""
    source = camera.source + np.array([0.0, 0.0, above])
    focal = np.array([1.0, 1.0]) / pixel_mm
    focal = np.where(_per_slope(camera), focal * np.linalg.norm(camera.source), focal)
    raised = replace(camera, source=source, focal=focal, centre=np.zeros(2))
    return replace(raised, centre=np.array(middle) - raised.project(np.zeros(3))[:2])


def _per_slope(camera: Camera) -> npt.NDArray[np.bool_]:
    """Return for which of columns and rows the focal length is in pixels for a unit slope, not for a mm."""
    return np.array([True, not isinstance(camera, SlotCamera)])


@dataclass(frozen=True)
class _Around:
    """What a film shows beside the vertebrae."""

    tissues: Sequence[Tissue]
    ribs: Sequence[Surface]
    pelvis: Sequence[Surface]


@dataclass(frozen=True)
class _Amounts:
    """Attenuations of one person, 1 / mm, and shares of that of bone."""

    soft: float
    bone: float
    marrow: float
    ribs: float
    pelvis: float

    @classmethod
    def drawn(cls, rng: np.random.Generator, spec: RadiographSpec) -> _Amounts:
        """Draw them."""
        ranges = spec.soft_per_mm, spec.bone_per_mm, spec.marrow, _RIB_SHARE, _PELVIS_SHARE
        return cls(*(float(rng.uniform(*each)) for each in ranges))


def _view(
    camera: Camera,
    bones: Sequence[Vertebra],
    around: _Around,
    amounts: _Amounts,
    rng: np.random.Generator,
    spec: RadiographSpec,
) -> View:
    size = camera.size[::-1]
    thickness = np.array([path_lengths(camera, [each.surface]) for each in bones], dtype=np.float32).reshape(-1, *size)
    total = _soft(camera, around.tissues, amounts.soft, rng) + amounts.bone * _bony(
        camera, bones, around, amounts, thickness, rng
    )
    openings = shutters(size, rng, spec)
    film = develop(total, openings, rng, spec)
    film[~openings] = rng.choice([0.0, 1.0, float(film.min()), float(film.max())])
    marks = np.array([camera.project(each.landmarks)[:, :2] for each in bones]).reshape(-1, 7, 2)
    return View(camera, film, openings, marks, _visible(marks, openings), thickness)


def _soft(camera: Camera, parts: Sequence[Tissue], per_mm: float, rng: np.random.Generator) -> Image:
    """Return the attenuation of the soft tissue, never less than none, uneven by some percent."""
    total = np.zeros(camera.size[::-1])
    for each in parts:
        total += each.share * path_lengths(camera, [each.surface])
    smooth = gaussian_filter(np.maximum(total, 0.0).astype(np.float32), _SOFT_BLUR)
    uneven = sum(
        np.float32(rng.uniform(0.0, amount)) * smooth_field(smooth.shape, size, rng)
        for amount, size in ((0.03, 60.0), (0.012, 18.0), (0.006, 6.0))
    )
    return np.asarray(smooth * np.float32(per_mm) * (1.0 + uneven), dtype=np.float32)


def _bony(
    camera: Camera, bones: Sequence[Vertebra], around: _Around, amounts: _Amounts, thickness: Image, rng: np.random.Generator
) -> Image:
    """Return the way through bone, mm of that of a vertebra: marrow, ribs and pelvis count less."""
    marrow = path_lengths(camera, [each.marrow for each in bones])
    total = thickness.sum(axis=0) - amounts.marrow * marrow.astype(np.float32)
    density = 1.0 + np.float32(rng.uniform(0.0, 0.1)) * smooth_field(total.shape, _TEXTURE_PX, rng)
    for share, surfaces in ((amounts.ribs, around.ribs), (amounts.pelvis, around.pelvis)):
        if surfaces:
            total = total + np.float32(share) * path_lengths(camera, [together(surfaces)]).astype(np.float32)
    return np.asarray(total * density, dtype=np.float32)


def _visible(marks: FloatArray, openings: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    rows, columns = openings.shape
    place = np.rint(marks).astype(int)
    inside = ((place >= 0) & (place < (columns, rows))).all(axis=-1)
    held = np.clip(place, 0, (columns - 1, rows - 1))
    return np.asarray(inside & openings[held[..., 1], held[..., 0]])
