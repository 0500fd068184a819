"""How `spinetwin phantom` looks at a spine: the grid of the maps, and the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..anatomy import level, parse_levels
from ..errors import ParameterError

if TYPE_CHECKING:
    from ..geometry import Grid
    from ..phantom import ImageParameters, Spine

LABELS = "labels"
MODALITIES = (LABELS, "t2w", "t1w", "ct")
"""What the image looks like; the first is none."""

_DIRECTIONS = {"R": "right", "L": "right", "A": "anterior", "P": "anterior", "S": "superior", "I": "superior"}


@dataclass(frozen=True)
class Scan:
    """How the spine is looked at.

    Attributes
    ----------
    spacing : tuple of float
        Voxel size in mm: one number, or three that follow the letters of `orientation`.
    orientation : str
        The direction in which each array index grows, such as "PIR".
    oblique : float
        Angle of the grid against the patient, degrees.
    fov : str
        Field of view: one of `spinetwin.phantom.FIELDS_OF_VIEW`, or levels such as "L1-L5".
    modality : str
        One of `MODALITIES`.
    degeneration : int
        Pfirrmann grade, in the image, of the discs of which the spine itself says nothing.
    metal : tuple of str
        Levels with pedicle screws in the image.
    endplates : bool
        Whether the maps have endplates (62, and 200 + n for the n-th level), each the millimetre of a disc next to a body.
    """

    spacing: tuple[float, ...] = (1.0,)
    orientation: str = "RAS"
    oblique: float = 0.0
    fov: str = "whole"
    modality: str = LABELS
    degeneration: int = 2
    metal: tuple[str, ...] = ()
    endplates: bool = False

    def __post_init__(self) -> None:
        if len(self.spacing) not in (1, 3):
            raise ParameterError("--spacing takes one number or three.")
        if self.modality not in MODALITIES:
            raise ParameterError(f"There is no modality {self.modality!r}.", f"Choose one of: {', '.join(MODALITIES)}.")
        if not -45.0 <= self.oblique <= 45.0:
            raise ParameterError(f"The oblique angle must be between -45 and 45 degrees, not {self.oblique:g}.")
        if self.modality == LABELS and self.metal:
            raise ParameterError("Label maps show no metal.", "Choose an image with --modality.")
        if self.modality != LABELS:
            self._image_parameters()

    def grid(self, spine: Spine) -> Grid:
        """Return the voxel grid: the usual field of view of an image, else a box around the levels.

        Raises
        ------
        ParameterError
            If spacing, orientation or field of view are impossible, or the grid would be too large.
        """
        from ..phantom import FIELDS_OF_VIEW, Spacing, image_grid, levels_of_view

        size = Spacing(**dict(zip(self._directions(), self.spacing * (3 // len(self.spacing)), strict=True)))
        name = self.fov.strip().lower()
        if name in FIELDS_OF_VIEW and self.modality != LABELS:
            return image_grid(spine, name, size, self.orientation, self.oblique)
        levels = levels_of_view(name) if name in FIELDS_OF_VIEW else self._levels()
        return spine.grid(size, self.orientation, self.oblique, levels=levels)

    def check(self, spine: Spine) -> None:
        """Make sure that the image can show what is asked for.

        Raises
        ------
        ParameterError
            If the spine has no pedicle where metal is wanted.
        """
        from ..phantom.image.metal import pedicle_screws

        pedicle_screws(spine, self.metal)

    def _levels(self) -> str:
        from ..phantom import FIELDS_OF_VIEW

        try:
            parse_levels(self.fov)
        except ParameterError as error:
            names = ", ".join(FIELDS_OF_VIEW)
            raise ParameterError(
                f"There is no field of view {self.fov!r}.", f"Choose {names}, or levels such as L1-L5."
            ) from error
        return self.fov

    def _directions(self) -> list[str]:
        names = [_DIRECTIONS.get(letter, letter) for letter in self.orientation.upper()]
        if sorted(names) != ["anterior", "right", "superior"]:
            raise ParameterError(f"An orientation is three letters such as RAS or PIR, not {self.orientation!r}.")
        return names

    def image(self, spine: Spine, grid: Grid, rng: np.random.Generator) -> npt.NDArray[Any] | None:
        """Return the image, or None where only label maps are wanted."""
        from ..phantom import render_image

        return None if self.modality == LABELS else render_image(spine, grid, self._image_parameters(), rng)

    def _image_parameters(self) -> ImageParameters:
        from ..phantom import ImageParameters

        metal = tuple(level(name).name for name in self.metal)
        return ImageParameters(self.modality, self.degeneration, metal=metal)

    @property
    def convention(self) -> str:
        """How the body is labelled: as segmentations of MR do, or those of CT."""
        return "ct" if self.modality == "ct" else "mr"
