"""One vertebra of one person, as label maps show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...errors import ParameterError
from ...geometry import FloatArray, LabelMaps
from ...geometry.surfaces import Surface
from ...poi import PoiSet
from ..correspondence import vertex_normals
from ..landmarks import LANDMARKS, Solid
from ..own_shapes import OwnBone, OwnShapes
from .matching import Cloud
from .remeshing import remeshed


@dataclass(frozen=True)
class Specimen:
    """A vertebra, everything in its own frame (mm along right, anterior, superior).

    Attributes
    ----------
    name : str
        Of the person.
    level : int
        Level id.
    surface : Surface
        Closed, its triangles of about one size.
    solid : Solid
        Its signed distance.
    landmarks : (7, 3) array
        In the order of `LANDMARKS`; nan where one is not known.
    points : mapping of point id to (3,) array
        Points of interest.
    """

    name: str
    level: int
    surface: Surface
    solid: Solid
    landmarks: FloatArray
    points: Mapping[int, FloatArray]

    @cached_property
    def normals(self) -> FloatArray:
        """Unit vectors (n, 3) that point out of the surface at its vertices."""
        return vertex_normals(self.surface)

    @cached_property
    def cloud(self) -> Cloud:
        """Its vertices and where they face."""
        return Cloud(self.surface.vertices, self.normals)


def specimen_of(name: str, bone: OwnBone, level: int, vertices: int) -> Specimen:
    """Return a vertebra with about so many vertices.

    Raises
    ------
    ParameterError
        As `remeshed`.
    """
    marks = np.array([bone.landmarks.get(each, np.full(3, np.nan)) for each in LANDMARKS])
    return Specimen(name, level, remeshed(bone, vertices), bone, marks, bone.points)


def specimens_of(
    name: str, maps: LabelMaps, points: PoiSet, levels: tuple[int, ...], vertices: int
) -> tuple[dict[int, Specimen], dict[int, str]]:
    """Take the vertebrae of one person out of label maps.

    Parameters
    ----------
    name : str
        Of the person, for messages.
    maps : LabelMaps
    points : PoiSet
        Computed from them.
    levels : tuple of int
        Level ids that are wanted.
    vertices : int
        About how many a surface is to have.

    Returns
    -------
    specimens : dict of level id to Specimen
    left_out : dict of level id to str
        Why there is none.
    """
    shapes = OwnShapes.of(maps, points)
    found: dict[int, Specimen] = {}
    left_out: dict[int, str] = {}
    for key in levels:
        try:
            found[key] = specimen_of(name, shapes.bone(key), key, vertices)
        except ParameterError as error:
            left_out[key] = str(error)
    return found, left_out
