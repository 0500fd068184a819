"""A whole spine: the shapes of a person's vertebrae, standing in a posture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ..anatomy import Level, level
from ..errors import ParameterError
from ..geometry import FloatArray, Frame, Grid, LabelMaps
from .grids import Spacing, grid_around
from .person.dimensions import DIMENSIONS, Dimensions
from .person.sampling import sample_person
from .person.sex_and_stature import mean_person
from .posture.column import Posture, posture
from .posture.fit import Fit, fit_posture
from .posture.grades import DISC_HEIGHTS
from .posture.parameters import SpineParameters, built_levels, check_measured, chosen_levels, with_levels
from .shape.alteration import alteration_of
from .shape.changed_solids import Bridge
from .shape.gaps import CanalPiece, DiscShape, Joints, canal_piece, disc_shape, joints_between
from .shape.places import default_joint
from .shape.rib_course import ribs_between
from .shape.ribs import Rib
from .shape.variants import changed_row, check_sizes
from .shape.vertebra import VertebraShape


@dataclass(frozen=True)
class Spine:
    """Shapes and poses of the vertebrae of one person.

    Attributes
    ----------
    parameters : SpineParameters
        What was asked for.
    shapes : mapping of level id to VertebraShape
        The vertebrae, from the top.
    upright : mapping of level id to Frame
        Their poses as the person stands, RAS.
    discs : mapping of level id to DiscShape
        The disc below each level, in that level's frame.
    canal : mapping of level id to CanalPiece
        The stretch of canal and cord at each level, in that level's frame.
    ribs : mapping of level id to (left, right) pair of Rib
        The ribs of each thoracic level, in that level's frame; empty if the person was made without.
    rotation : (3, 3) array
        By which the whole person was turned afterwards (`rotated`), about the RAS origin.
    translation : (3,) array
        By which the person was moved after that, mm.
    fit : Fit or None
        Of a spine that stands as a measured one does: how well, and which levels were left out of account. The angles and
        curves of its `parameters` then describe nothing.
    """

    parameters: SpineParameters
    shapes: Mapping[int, VertebraShape]
    upright: Mapping[int, Frame]
    discs: Mapping[int, DiscShape]
    canal: Mapping[int, CanalPiece]
    ribs: Mapping[int, tuple[Rib, Rib]] = field(default_factory=lambda: MappingProxyType({}))
    rotation: FloatArray = field(default_factory=lambda: np.eye(3))
    translation: FloatArray = field(default_factory=lambda: np.zeros(3))
    fit: Fit | None = None

    @property
    def levels(self) -> tuple[Level, ...]:
        """The levels, from the top."""
        return tuple(level(key) for key in self.shapes)

    @cached_property
    def frames(self) -> Mapping[int, Frame]:
        """Where every vertebra stands: origin in the middle of its body, RAS mm."""
        return MappingProxyType({key: self.place(frame) for key, frame in self.upright.items()})

    def place(self, frame: Frame) -> Frame:
        """Move a frame of the upright person to where the person is now."""
        return Frame(self.rotation @ frame.origin + self.translation, frame.axes @ self.rotation.T, frame.source)

    def transformed(self, rotation: npt.ArrayLike, translation: npt.ArrayLike = (0.0, 0.0, 0.0)) -> Spine:
        """Return the spine turned about the RAS origin and then moved.

        Raises
        ------
        ParameterError
            If `rotation` is not a 3x3 rotation matrix.
        """
        turn = np.array(rotation, dtype=np.float64)
        if turn.shape != (3, 3) or np.abs(turn @ turn.T - np.eye(3)).max() > 1e-9 or np.linalg.det(turn) < 0:
            raise ParameterError("A spine is turned by a 3x3 rotation matrix.")
        moved = turn @ self.translation + np.asarray(translation, dtype=np.float64)
        return replace(self, rotation=turn @ self.rotation, translation=moved)

    def rotated(self, rotation: npt.ArrayLike) -> Spine:
        """Return the spine turned about the RAS origin by a 3x3 rotation matrix."""
        return self.transformed(rotation)

    def grid(
        self,
        spacing: Spacing | float = 1.0,
        orientation: str = "RAS",
        oblique_deg: float = 0.0,
        margin_mm: float = 8.0,
        levels: str | None = None,
    ) -> Grid:
        """Return a voxel grid around the spine or some of its levels.

        Parameters
        ----------
        spacing : Spacing or float
            Voxel size by anatomical direction, mm; a sagittal MR is ``Spacing(right=3.3, anterior=0.75, superior=0.75)``.
        orientation : str
            Three letters: the direction in which each array index grows, such as "RAS" or "PIR".
        oblique_deg : float
            Angle by which the grid is turned against the patient (about an axis between all three directions).
        margin_mm : float
            Space left on every side.
        levels : str, optional
            Levels the grid shall hold, such as "L1-L5"; all if left out.

        Raises
        ------
        ParameterError
            If spacing, orientation or levels are impossible.
        """
        wanted = {each.id for each in chosen_levels(levels)} if levels else set(self.shapes)
        held = [key for key in self.shapes if key in wanted]
        if not held:
            raise ParameterError(f"The spine has none of the levels {levels}.")
        boxes = [(self.frames[key], self.shapes[key].box) for key in held]
        boxes += [(self.frames[key], rib.box) for key in held for rib in self.ribs.get(key, ())]
        return grid_around(boxes, spacing, orientation, oblique_deg, margin_mm)

    def voxelise(self, grid: Grid, endplates: bool = False, convention: str = "mr") -> LabelMaps:
        """Return the label maps of the spine on a grid: every voxel gets what lies at its centre.

        Parameters
        ----------
        grid : Grid
            Any grid; it may hold a part of the spine only.
        endplates : bool
            Whether to lay endplates (62) of 1 mm between bodies and discs.
        convention : str
            "mr": the body is 49 as a whole; "ct": 49 is a shell of 2.5 mm around 50.
        """
        from .voxels import voxelise  # not with the file: the ground truth, which needs this class, must not know of voxels

        return voxelise(self, grid, endplates, convention)


def make_spine(
    parameters: SpineParameters | None = None,
    rng: np.random.Generator | None = None,
    measured: Mapping[int, FloatArray] | None = None,
    person: Mapping[int, Dimensions] | None = None,
) -> Spine:
    """Build a spine.

    Parameters
    ----------
    parameters : SpineParameters, optional
        Levels and posture; the default is a straight whole spine.
    rng : numpy.random.Generator, optional
        Draws the dimensions of a person; without it the person is the mean one.
    measured : mapping of level id to (3, 3) array, optional
        Body centre, left and right pedicle (RAS mm, NaN where missing) of a real spine, whose posture and spacing the spine
        gets instead of the angles and curves of the parameters; see `spinetwin.phantom.posture.fit`. The grades of its discs
        then concern images only, because their heights are measured.
    person : mapping of level id to Dimensions, optional
        The dimensions of every level from C1 to S1, such as those of `factor_person`, instead of those that sex, stature and
        chance would give.

    Raises
    ------
    ParameterError
        If curves have no room or exclude each other, a variant is too large for the person, a measured spine is given another
        posture too, or a person lacks a level or is given beside sex, stature or chance.

    Examples
    --------
    >>> from spinetwin.phantom import Curve
    >>> spine = make_spine(SpineParameters(levels="L1-L5", curves=(Curve(20, apex="L2"),)))
    >>> [each.name for each in spine.levels]
    ['L1', 'L2', 'L3', 'L4', 'L5']
    """
    parameters = parameters or SpineParameters()
    asked = parameters if measured is None else replace(parameters, degeneration=None, grades=())
    person = _adapted(_given(person, asked, rng) if person is not None else _anybody(asked, rng), asked)
    fit: Fit | None = None
    if measured is None:
        rows: Mapping[int, Dimensions] = {key: changed_row(row, parameters.variants) for key, row in person.items()}
        standing = posture(parameters, person, rows)
    else:
        check_measured(parameters)
        fit = fit_posture(measured, person)
        rows, standing = fit.rows, fit.posture
        parameters = with_levels(parameters, fit.posture.frames)
    frames, column = standing.frames, list(standing.frames)
    check_sizes(parameters.variants, {key: rows[key] for key in column})
    shapes = _vertebrae(parameters, rows, standing)
    kept = [each.id for each in built_levels(parameters)]
    pairs = [(upper, lower) for upper, lower in pairwise(column) if level(upper).name != "C1"]
    between = {upper: disc_shape(shapes[upper], frames[upper], shapes[lower], frames[lower]) for upper, lower in pairs}
    fused = [level(each.level).id for each in parameters.variants if each.kind == "block"]
    for key in fused:
        shapes[key] = replace(shapes[key], alteration=replace(shapes[key].alteration, bridge=Bridge(between[key])))
    discs = {upper: between[upper] for upper, lower in pairs if {upper, lower} <= set(kept) and upper not in fused}
    canal = {key: canal_piece(column, key, shapes, frames) for key in kept}
    ribs = ribs_between(shapes, frames, between, kept) if parameters.ribs else {}
    return Spine(
        parameters,
        MappingProxyType({key: shapes[key] for key in kept}),
        MappingProxyType({key: frames[key] for key in kept}),
        MappingProxyType(discs),
        MappingProxyType(canal),
        MappingProxyType(ribs),
        fit=fit,
    )


def _vertebrae(parameters: SpineParameters, rows: Mapping[int, Dimensions], standing: Posture) -> dict[int, VertebraShape]:
    """Shapes of the whole column, the facet joints of neighbours half way between them."""
    frames, column = standing.frames, list(standing.frames)
    above = {column[0]: Joints(default_joint(rows[column[0]], above=True))}
    below = {column[-1]: Joints(default_joint(rows[column[-1]], above=False))}
    for upper, lower in pairwise(column):
        below[upper], above[lower] = joints_between(rows[upper], frames[upper], rows[lower], frames[lower])
    shapes = {}
    for key in column:
        alike = above[key].left is None and below[key].left is None
        left = None if alike else (above[key].on_the_left, below[key].on_the_left)
        change = alteration_of(rows[key], parameters.variants, standing.wedge[key])
        shapes[key] = VertebraShape(rows[key], above[key].right, below[key].right, left, change)
    return shapes


def _anybody(parameters: SpineParameters, rng: np.random.Generator | None) -> dict[int, Dimensions]:
    """Return the mean person of a sex and stature, or one drawn by chance."""
    sex, height_cm = parameters.sex, parameters.height_cm
    return mean_person(sex, height_cm) if rng is None else sample_person(rng, 1.0, sex, height_cm)


def _given(
    person: Mapping[int, Dimensions], parameters: SpineParameters, rng: np.random.Generator | None
) -> Mapping[int, Dimensions]:
    if rng is not None or parameters.sex or parameters.height_cm is not None:
        raise ParameterError("A spine of given dimensions has neither sex nor stature nor chance.", "Leave those out.")
    missing = [level(key).name for key in DIMENSIONS if key not in person]
    if missing:
        raise ParameterError(f"The given dimensions lack {', '.join(missing)}.", "Give every level of `factor_person`.")
    return person


def _adapted(person: Mapping[int, Dimensions], parameters: SpineParameters) -> dict[int, Dimensions]:
    """Scale a person, and the discs by what is asked of them."""
    rows = {key: row.scaled(parameters.scale) for key, row in person.items()}
    heights = {key: parameters.spacing * DISC_HEIGHTS.get(parameters.grade(key) or 0, 1.0) for key in rows}
    return {key: row.scaled(heights[key], ("disc_front", "disc_back")) for key, row in rows.items()}
