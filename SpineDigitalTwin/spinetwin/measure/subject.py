"""Everything that is known of one person when measuring starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..anatomy import POINTS, PointId, level
from ..geometry import FloatArray, Frame, Grid, LabelMaps
from .curves import ScolioticCurve, find_curves, tilts
from .landmarks import Key, Landmarks, Plate
from .muscle_levels import DiscPlane, UnseenDisc, disc_planes
from .muscles import MuscleMap
from .planes import View, patient_coronal, patient_sagittal, reference_frame
from .plates import with_plates
from .regions import Regions
from .results import MissingInput
from .sacrum import with_sacrum
from .spread import VOXEL_SPREAD

_OF_THE_BODY = ("corpus", "body_", "muscle_insertion_vertebral_body", "anterior_longitudinal", "posterior_longitudinal")
_BODY_POINTS = tuple(each.id for each in POINTS if each.name.startswith(_OF_THE_BODY))

SUSPECT_FACTOR = 3.0
"""How much less a suspect point is trusted."""

DEFAULT_VOXEL = 1.0
"""Voxel size that is assumed where no image is given, mm."""


@dataclass(frozen=True)
class Subject:
    """One spine, ready to be measured.

    Attributes
    ----------
    spine : Landmarks
        Points and frames without draws; with the sacrum's endplate where the maps show it.
    regions : Regions or None
        The label maps, cut into pieces.
    heads : (2, 3) array or None
        Centres of the femoral heads, RAS mm.
    voxel : (3, 3) array
        Columns are the edges of a voxel in RAS, mm: how well points are known in each direction.
    muscles : MuscleMap or None
        The muscles around the spine, on a grid of their own.
    standing : bool
        Whether the person stood; images in three dimensions show people who lie.
    unverified : bool
        Whether a program has named the levels, and no person has confirmed it.
    """

    spine: Landmarks
    regions: Regions | None = None
    heads: FloatArray | None = None
    voxel: FloatArray = None  # type: ignore[assignment]
    muscles: MuscleMap | None = None
    standing: bool = False
    unverified: bool = False

    def __post_init__(self) -> None:
        if self.voxel is None:
            object.__setattr__(self, "voxel", np.eye(3) * DEFAULT_VOXEL)

    @classmethod
    def of(
        cls,
        points: Mapping[Key, FloatArray],
        frames: Mapping[int, Frame],
        *,
        suspect: frozenset[Key] = frozenset(),
        edited: frozenset[Key] = frozenset(),
        maps: LabelMaps | None = None,
        heads: FloatArray | None = None,
        grid: Grid | None = None,
        muscles: MuscleMap | None = None,
        whole: bool = False,
        standing: bool = False,
        unverified: bool = False,
    ) -> Subject:
        """Gather what is known.

        The grid of the image tells how well points are known where there are no maps; `whole` says that the maps come from
        `spinetwin.segmentation.whole_vertebrae` and do not tell the parts behind the bodies apart.
        """
        regions = Regions(maps, whole=whole) if maps is not None else None
        grid = maps.grid if maps is not None else grid
        spine = with_sacrum(with_plates(Landmarks(points, frames, suspect, edited=edited), regions), regions)
        voxel = np.eye(3) * DEFAULT_VOXEL if grid is None else grid.ijk_to_ras[:3, :3].copy()
        return cls(spine, regions, heads, voxel, muscles, standing, unverified)

    @property
    def posture(self) -> str:
        """How the person was held, in words."""
        return "standing position" if self.standing else "lying position"

    @cached_property
    def reference(self) -> tuple[int, Frame]:
        """The level that stands for the pelvis, and its axes."""
        if not self.spine.frames:
            raise MissingInput("the axes of no vertebra are known")
        return reference_frame(dict(self.spine.frames))

    def doubt(self, *levels: int) -> str:
        """Say which of these levels have suspect points of the body, such as where the image ends; "" where none has."""
        names = [level(key).name for key in levels if any((key, poi) in self.spine.suspect for poi in _BODY_POINTS)]
        return f"points of {' and '.join(names)} are suspect" if names else ""

    @property
    def reference_note(self) -> str:
        """What stands for the pelvis, in words; "" for the sacrum itself."""
        key = self.reference[0]
        return "" if level(key).region == "sacral" else f"against {level(key).name}, the lowest level seen"

    @cached_property
    def coronal(self) -> View:
        """The patient's coronal plane."""
        return patient_coronal(self.reference[1])

    @cached_property
    def sagittal(self) -> View:
        """The patient's sagittal plane."""
        return patient_sagittal(self.reference[1])

    @cached_property
    def curves(self) -> tuple[ScolioticCurve, ...]:
        """The scoliotic curves in the patient's coronal plane, from the top."""
        return find_curves(tilts(self.spine, self.coronal))

    @cached_property
    def column(self) -> tuple[int, ...]:
        """Levels with a body, from the top; the sacrum where its endplate is known."""
        spine = self.spine
        return tuple(key for key in spine.levels if (key, PointId.BODY) in spine.points or (key, "superior") in spine.plates)

    @cached_property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        """Pairs of neighbouring levels; one that is not seen leaves no pair."""
        return tuple(
            (upper, lower) for upper, lower in zip(self.column, self.column[1:], strict=False) if _neighbours(upper, lower)
        )

    @cached_property
    def disc_planes(self) -> tuple[DiscPlane | UnseenDisc, ...]:
        """The plane of every disc with the muscles around it; none without a muscle map."""
        return disc_planes(self.spine, self.gaps, self.muscles) if self.muscles is not None else ()

    def drawn(self, count: int, rng: np.random.Generator) -> Landmarks:
        """Return the spine with `count` draws of its points, spread as far as voxels and doubts let them."""
        points = {}
        for key, where in self.spine.points.items():
            spread = VOXEL_SPREAD * (SUSPECT_FACTOR if key in self.spine.suspect else 1.0)
            points[key] = where + spread * rng.standard_normal((count, 3)) @ self.voxel.T
        plates = {key: _drawn_plate(plate, count, self.voxel.T, rng) for key, plate in self.spine.plates.items()}
        return replace(self.spine, points=points, plates=plates)


def _drawn_plate(plate: Plate, count: int, voxel: FloatArray, rng: np.random.Generator) -> Plate:
    """Return an endplate with `count` draws of its normal, rims and bottom; its centre is as sure as many voxels make it."""
    turns = np.radians(plate.tilt_spread) * rng.standard_normal((count, 3))
    normals = plate.normal + np.cross(turns, plate.normal)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)

    def blurred(place: FloatArray) -> FloatArray:
        return np.asarray(place + plate.rim_spread * rng.standard_normal((count, 3)) @ voxel)

    front, back = blurred(plate.front), blurred(plate.back)
    bottom = None if plate.bottom is None else blurred(plate.bottom)
    return replace(
        plate, centre=np.broadcast_to(plate.centre, (count, 3)), normal=normals, front=front, back=back, bottom=bottom
    )


def _neighbours(upper: int, lower: int) -> bool:
    """Say whether nothing is missing between two levels; T13 and L6 are in few people."""
    between = level(lower).order - level(upper).order
    optional = sum(level(upper).order < level(name).order < level(lower).order for name in ("T13", "L6"))
    return between - optional == 1
