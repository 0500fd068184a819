"""Pairs of image and labels for training a segmentation: any contrast, any resolution, any person, always true labels.

The idea is that of SynthSeg (Billot B et al. 2023, Med Image Anal 86:102789): a network that has seen every contrast needs no
particular one. The sides are kept: positions are turned a little but never mirrored, so that left stays left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ...anatomy import level, levels_between
from ...errors import ParameterError
from ...geometry import FloatArray, Grid
from ..grids import Spacing, grid_around
from ..posture.grades import DiscGrade
from ..posture.parameters import Curve, SpineParameters
from ..shape.distances import Array
from ..spine import Spine, make_spine
from ..voxels import block_of
from .artefacts import Image, average_slices, rician, ring, smooth_field
from .contrast import MODALITIES, SIZE, Look, look, tissue_id
from .curve import spine_curve
from .linear import along
from .render import add_texture, paint_image
from .scene import Anatomy
from .viscera import bowel

APICES = tuple(each.name for each in levels_between(level("T2"), level("L3")) if each.name != "T13")
"""Levels with room for a curve on both sides."""
DISCS = tuple(each.name for each in levels_between(level("C3"), level("L5")) if each.name not in ("T13", "L6"))
"""Levels above the discs that may be worn."""
_Number = TypeVar("_Number", bound=np.generic)

_LIMITS = (
    ("cobb", 80.0),
    ("turn", 30.0),
    ("deformation", 6.0),
    ("thickness", 10.0),
    ("strange", 1.0),
    ("lateral", 1.0),
    ("bias", 1.0),
    ("noise", 0.5),
    ("worn", 1.0),
    ("rudiments", 1.0),
)
"""What of a `RandomSpec` is a number from 0 to a maximum."""
_CANAL = (0.0, -22.0, 0.0)
"""About where the canal lies from the middle of a vertebra, mm along right, anterior and superior."""
_NODE_MM = 32.0
"""Distance of the control points of a deformation, mm."""
SACRAL_DISCS = ((-7.0, -17.0), (-18.0, -42.0))
"""Where the remains of the first two discs of the sacrum lie in the frame of S1, mm along anterior and superior."""
SACRAL_AXIS = (0.33, 0.94)
"""Which way the sacrum runs there, along anterior and superior."""


@dataclass(frozen=True)
class RandomSpec:
    """What training pairs look like and how much they vary; every amount is a maximum from which each pair draws its own.

    Attributes
    ----------
    shape : (3,) tuple of int
        Voxels.
    spacing : float or Spacing
        Size of the voxels of the pair, mm: the same along all axes, or by direction in the patient.
    orientation : str
        Direction in which each array index grows, as in `Spine.grid`; never mirrored.
    first, last : str
        Levels between which the middle of the field of view lies.
    wander : (3,) tuple of float
        How far that middle is from the canal of its level, mm along right, anterior and superior.
    cobb : float
        Cobb angle of a scoliosis, degrees; half of the spines have none.
    turn : float
        Angle of the person in the scanner about each axis, degrees.
    deformation : float
        Displacement by a smooth deformation, mm.
    thickness : float
        Thickness of the slices that are taken, mm; afterwards they are resampled to the voxels of the pair.
    modalities : tuple of str
        What tissues may look like before that is disturbed, each as likely as any other.
    strange : float
        Share of pairs whose tissues look like nothing in particular.
    lateral : float
        Share of pairs whose slices follow each other along the last array index; the others' do along any other.
    bias, noise : float
        Amplitude of a smooth shading, and standard deviation of the noise against the range of grey values.
    worn : float
        Share of spines of which about half of the discs are worn: thin, and dark where the look is that of a T2w image.
    rudiments : float
        Share of sacra in which remains of the discs between their first segments are seen (O'Driscoll et al. 1996, four
        types from none to a disc that is well formed): they are sacrum nevertheless.
    """

    shape: tuple[int, int, int] = (96, 96, 96)
    spacing: float | Spacing = 1.0
    orientation: str = "PIR"
    first: str = "C2"
    last: str = "L5"
    wander: tuple[float, float, float] = (12.0, 20.0, 10.0)
    cobb: float = 50.0
    turn: float = 12.0
    deformation: float = 4.0
    thickness: float = 4.0
    modalities: tuple[str, ...] = MODALITIES
    strange: float = 0.5
    lateral: float = 1 / 3
    bias: float = 0.4
    noise: float = 0.08
    worn: float = 0.0
    rudiments: float = 0.0

    def __post_init__(self) -> None:
        if len(self.shape) != 3 or min(self.shape) < 16:
            raise ParameterError(f"A training pair has three sides of at least 16 voxels, not {self.shape}.")
        _ = self.voxel
        if level(self.first).order > level(self.last).order:
            raise ParameterError(f"The first level must lie above the last, but {self.first} lies below {self.last}.")
        if len(self.wander) != 3 or not all(0.0 <= each <= 150.0 for each in self.wander):
            raise ParameterError(f"The wander of training pairs is three lengths of 0 to 150 mm, not {self.wander}.")
        unknown = [each for each in self.modalities if each not in MODALITIES]
        if unknown or not self.modalities:
            raise ParameterError(
                f"Training pairs may look like {', '.join(MODALITIES)}, not {', '.join(unknown) or 'nothing'}."
            )
        for name, most in _LIMITS:
            value = getattr(self, name)
            if not (np.isfinite(value) and 0.0 <= value <= most):
                raise ParameterError(f"The {name} of training pairs must be between 0 and {most:g}, not {value:g}.")

    @property
    def voxel(self) -> Spacing:
        """Size of the voxels by direction in the patient."""
        if isinstance(self.spacing, Spacing):
            return self.spacing
        return Spacing(self.spacing, self.spacing, self.spacing)


def training_pair(
    rng: np.random.Generator, spec: RandomSpec | None = None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Return a random image and its true labels.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance; the same state gives the same bytes.
    spec : RandomSpec, optional
        What varies, and how much.

    Returns
    -------
    image : array of float32, shape `spec.shape`
        Grey values from 0 to 1.
    labels : array of uint8, same shape
        Subregions 41-49, 60, 61, 62, 100 and 26; 0 elsewhere.
    """
    spec = spec or RandomSpec()
    spine = random_spine(rng, spec)
    grid, inner = random_grid(spine, rng, spec)
    labels = spine.voxelise(grid, endplates=True).subregions.astype(np.uint8, copy=False)
    image = random_image(spine, grid, rng, spec)
    moved = deformation(grid, rng, spec.deformation)
    warped = warp(image, moved, inner, order=1)
    return degrade(warped, grid.spacing, rng, spec), warp(labels, moved, inner, order=0)


def random_spine(rng: np.random.Generator, spec: RandomSpec) -> Spine:
    """Return the whole spine of some person in some posture."""
    curves: tuple[Curve, ...] = ()
    if rng.random() < 0.5:
        cobb, apex, side = (
            rng.uniform(0.2, 1.0) * spec.cobb,
            APICES[rng.integers(len(APICES))],
            ("left", "right")[rng.integers(2)],
        )
        curves = (Curve(cobb, apex, side),)
    posture = SpineParameters(
        lordosis=rng.uniform(25.0, 70.0),
        kyphosis=rng.uniform(20.0, 60.0),
        cervical_lordosis=rng.uniform(-5.0, 30.0),
        curves=curves,
        scale=rng.uniform(0.8, 1.12),
        spacing=rng.uniform(0.8, 1.15),
        grades=_worn(rng) if spec.worn and rng.random() < spec.worn else (),
    )
    return make_spine(posture, rng)


def _worn(rng: np.random.Generator) -> tuple[DiscGrade, ...]:
    """Return the Pfirrmann grades of about half of the discs, from the third on."""
    return tuple(DiscGrade(name, int(rng.integers(3, 6))) for name in DISCS if rng.random() < 0.5)


def random_grid(spine: Spine, rng: np.random.Generator, spec: RandomSpec) -> tuple[Grid, tuple[slice, ...]]:
    """Return a grid somewhere on a spine with a border for the deformation, and the part of it without the border."""
    keys = [key for key in spine.frames if level(spec.first).order <= level(key).order <= level(spec.last).order]
    frame = spine.frames[keys[rng.integers(len(keys))]]
    centre = frame.to_ras(rng.uniform(-1.0, 1.0, 3) * spec.wander + _CANAL)
    unit = grid_around([(frame, ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))], spec.voxel, spec.orientation, 0.0, 0.0)
    border = np.ceil(spec.deformation / unit.spacing).astype(int) + 1
    affine = np.eye(4)
    affine[:3, :3] = _turned(rng.uniform(-1.0, 1.0, 3) * spec.turn) @ unit.ijk_to_ras[:3, :3]
    i, j, k = (np.array(spec.shape) + 2 * border).tolist()
    affine[:3, 3] = centre - affine[:3, :3] @ ((np.array([i, j, k]) - 1) / 2)
    inner = tuple(slice(first, first + n) for first, n in zip(border.tolist(), spec.shape, strict=True))
    return Grid((i, j, k), affine), inner


def _turned(degrees: FloatArray) -> FloatArray:
    """Rotation by a rotation vector (Rodrigues)."""
    vector = np.radians(degrees)
    angle = max(float(np.linalg.norm(vector)), 1e-12)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def random_look(rng: np.random.Generator, spec: RandomSpec) -> Look:
    """Return what tissues look like in no particular modality: sometimes anything, else a modality that is disturbed."""
    chance = rng.random(SIZE, dtype=np.float32)
    amount = 1.0 if rng.random() < spec.strange else rng.uniform(0.1, 0.5)
    basis = look(spec.modalities[rng.integers(len(spec.modalities))]).mean
    known = np.clip(basis, -200.0, 1000.0) if basis.min() < 0 else basis
    scaled = (known - known.min()) / (known.max() - known.min())
    mean = (scaled * (1.0 - amount) + chance * amount).astype(np.float32)
    texture = (rng.random((3, SIZE), dtype=np.float32) ** 2 * np.float32(0.12)).astype(np.float32)
    return Look(mean, texture)


def random_image(spine: Spine, grid: Grid, rng: np.random.Generator, spec: RandomSpec) -> Image:
    """Return an image of random contrast, before anything is done to it."""
    grades = rng.integers(1, 6, 256)
    anatomy = Anatomy(spine, bowel(spine_curve(spine), rng), lambda key: spine.parameters.grade(key) or int(grades[key]))
    looks = random_look(rng, spec)
    image, tissues = paint_image(anatomy, grid, looks, 0.0)
    add_texture(image, tissues, looks, grid, spine, rng)
    if spec.rudiments and rng.random() < spec.rudiments:
        _paint_rudiments(image, tissues, looks, grid, spine, rng)
    return image * smooth_field(image.shape, spec.bias * rng.random(), rng)


def _paint_rudiments(
    image: Image, tissues: npt.NDArray[np.uint8], looks: Look, grid: Grid, spine: Spine, rng: np.random.Generator
) -> None:
    """Paint the remains of the first two discs of the sacrum into its marrow, and their dark borders."""
    block = block_of(grid, spine.frames[level("S1").id])
    marrow = tissues == tissue_id("cancellous_bone")
    for place, wide in zip(SACRAL_DISCS, (1.0, 0.7), strict=True):
        size = rng.uniform(0.4, 1.1) * wide
        height = rng.uniform(1.0, 5.0) * wide
        part = block.within(((-20.0, place[0] - 14.0, place[1] - 12.0), (20.0, place[0] + 14.0, place[1] + 12.0)), 0.0)
        if 0 in part.shape:
            continue
        x, y, z = part.coordinates()
        along = (y - place[0]) * SACRAL_AXIS[0] + (z - place[1] - rng.uniform(-3.0, 3.0)) * SACRAL_AXIS[1]
        across = (y - place[0]) * SACRAL_AXIS[1] - (z - place[1]) * SACRAL_AXIS[0]
        held = ((x / (17.0 * size)) ** 2 + (across / (11.0 * size)) ** 2 < 1.0) & marrow[part.where]
        inside = looks.mean[tissue_id(("annulus_3", "nucleus_2", "nucleus_4")[rng.integers(3)])]
        painted = image[part.where]
        painted[held & (np.abs(along) < height / 2 + 0.8)] = looks.mean[tissue_id("endplate")]
        painted[held & (np.abs(along) < height / 2)] = inside


def deformation(grid: Grid, rng: np.random.Generator, most: float) -> npt.NDArray[np.float32]:
    """Return a smooth displacement (3, i, j, k) in voxels, nowhere longer than `most` mm along an axis."""
    nodes = np.maximum(np.array(grid.shape) * grid.spacing / _NODE_MM, 1.0).astype(int) + 3
    coarse = rng.uniform(-1.0, 1.0, (3, *nodes)) * most * rng.random()
    moved = np.empty((3, *grid.shape), dtype=np.float32)
    for axis, values in enumerate(coarse):
        moved[axis] = _spread(values, grid.shape) / grid.spacing[axis]
    return moved


def _spread(coarse: Array, shape: tuple[int, ...]) -> Array:
    """Stretch control values to an array by cubic B-splines, axis by axis (convex weights: never beyond the control values)."""
    for axis, size in enumerate(shape):
        count = coarse.shape[axis] - 3
        place = np.linspace(0.0, count - 1e-6, size)
        node, t = place.astype(int), place % 1.0
        weights = np.zeros((size, coarse.shape[axis]))
        basis = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
        for n, values in enumerate(basis):
            weights[np.arange(size), node + n] = values / 6.0
        coarse = along(weights, coarse, axis)
    return coarse


def warp(
    array: npt.NDArray[_Number], moved: npt.NDArray[np.float32], inner: tuple[slice, ...], order: int
) -> npt.NDArray[_Number]:
    """Return the inner part of an array, each voxel taken from where its displacement points."""
    from scipy import ndimage

    places = np.stack(np.meshgrid(*(np.arange(s.start, s.stop, dtype=np.float32) for s in inner), indexing="ij"))
    places += moved[(slice(None), *inner)]
    found: npt.NDArray[_Number] = ndimage.map_coordinates(array, places, order=order, mode="nearest", prefilter=False)
    return found


def degrade(image: Image, spacing: FloatArray, rng: np.random.Generator, spec: RandomSpec) -> Image:
    """Take an image with a random resolution, ringing, noise and grey scale; voxels in mm, the result from 0 to 1."""
    from scipy import ndimage

    axis = 2 if rng.random() < spec.lateral else int(rng.integers(2))
    count = max(int(rng.uniform(1.0, spec.thickness) / float(spacing[axis])), 1)
    image = ndimage.gaussian_filter(image, rng.uniform(0.0, 0.7, 3))
    if count > 1:
        image = thick_slices(image, axis, count)
    if rng.random() < 0.3:
        image = ring(image, (axis + 1) % 3, rng.uniform(0.0, 0.4))
    low, high = float(image.min()), max(float(image.max()), float(image.min()) + 1e-6)
    noisy = rician((image - np.float32(low)) / np.float32(high - low), spec.noise * rng.random(), rng)
    gamma = np.float32(np.exp(rng.uniform(-0.4, 0.4)))
    low, high = (float(value) for value in np.percentile(noisy, (0.5, 99.5)))
    scaled = np.clip((noisy - np.float32(low)) / np.float32(max(high - low, 1e-6)), 0.0, 1.0)
    return np.asarray(scaled**gamma, dtype=np.float32)


def thick_slices(image: Image, axis: int, count: int) -> Image:
    """Average every `count` voxels along an axis to a slice, and interpolate between the slices again."""
    size = image.shape[axis]
    pad = [(count, count + (-size) % count) if n == axis else (0, 0) for n in range(3)]
    slices = average_slices(np.pad(image, pad, mode="edge"), axis, count, count, 0.15)
    centres = (np.arange(size) - (count - 1) / 2) / count
    places = np.clip(centres, 0.0, slices.shape[axis] - 1.0)
    low = np.minimum(places.astype(int), max(slices.shape[axis] - 2, 0))
    part = (places - low).astype(np.float32).reshape([-1 if n == axis else 1 for n in range(3)])
    upper = np.minimum(low + 1, slices.shape[axis] - 1)
    return np.asarray(np.take(slices, low, axis=axis) * (1 - part) + np.take(slices, upper, axis=axis) * part)
