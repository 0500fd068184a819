"""Clicked landmarks: a markup node for each film, whose points lie on the film."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import slicer
from slicer.i18n import tr as _

from .. import rolenodes

if TYPE_CHECKING:
    from spinetwin.geometry import FloatArray
    from spinetwin.xray.landmarks import Landmarks

    from .films import PlacedFilm

FOLDER = "Radiographs"
NODE = "vtkMRMLMarkupsFiducialNode"

_COLOUR = (1.0, 0.82, 0.1)
_SOURCE = "SpineDigitalTwin.LandmarksBy"
_CONFIRMED = "SpineDigitalTwin.LowestConfirmed"
_PLACED = 2
"""Status of a point that has a position (vtkMRMLMarkupsNode.PositionDefined)."""

Key = tuple[int, str]
"""Level id and name of a landmark."""


def node(view: str) -> slicer.vtkMRMLMarkupsFiducialNode:
    """Return the node of a film's landmarks, a new one where there is none."""
    found = rolenodes.find(NODE, _role(view))
    if found is not None:
        return found
    names = {"frontal": _("Landmarks, frontal film"), "lateral": _("Landmarks, lateral film")}
    made = rolenodes.ensure(NODE, _role(view), names[view], FOLDER)
    made.CreateDefaultDisplayNodes()
    display = made.GetDisplayNode()
    was = display.StartModify()
    display.SetSelectedColor(*_COLOUR)
    display.SetGlyphTypeFromString("CrossDot2D")
    display.SetUseGlyphScale(False)
    display.SetGlyphSize(9.0)
    display.SetTextScale(2.5)
    display.SetSnapMode(display.SnapModeUnconstrained)
    display.EndModify(was)
    return made


def _role(view: str) -> str:
    return f"film landmarks {view}"


def _keys(of: slicer.vtkMRMLMarkupsFiducialNode) -> list[Key | None]:
    """Return what each point of a node is; None for one that a person has added beside the landmarks."""
    from spinetwin.io.texts import parse_level
    from spinetwin.xray.landmarks import LANDMARKS

    found: list[Key | None] = []
    for row in range(of.GetNumberOfControlPoints()):
        name, _space, mark = of.GetNthControlPointDescription(row).partition(" ")
        level = parse_level(name) if name else None
        found.append((level, mark) if level is not None and mark in LANDMARKS else None)
    return found


def ensureLevel(view: str, level: int) -> None:
    """Make the points of a level, which wait for their places."""
    from spinetwin.xray.landmarks import LANDMARKS

    of = node(view)
    there = set(_keys(of))
    was = of.StartModify()
    for name in LANDMARKS:
        if (level, name) not in there:
            _addPoint(of, (level, name))
    of.EndModify(was)


def _addPoint(of: slicer.vtkMRMLMarkupsFiducialNode, key: Key) -> int:
    from spinetwin.anatomy import level as levelOf

    name = levelOf(key[0]).name
    row = of.AddControlPoint(0.0, 0.0, 0.0, f"{name} {key[1].replace('_', ' ')}")
    of.SetNthControlPointDescription(row, f"{name} {key[1]}")
    of.UnsetNthControlPointPosition(row)
    return int(row)


def wait(view: str, key: Key) -> None:
    """Let the next click in a slice view place a landmark of this film."""
    of = node(view)
    row = _keys(of).index(key)
    of.UnsetNthControlPointPosition(row)
    of.SetControlPointPlacementStartIndex(row)
    logic = slicer.app.applicationLogic()
    selection, interaction = logic.GetSelectionNode(), logic.GetInteractionNode()
    selection.SetReferenceActivePlaceNodeClassName(NODE)
    selection.SetActivePlaceNodeID(of.GetID())
    interaction.SetPlaceModePersistence(0)
    interaction.SetCurrentInteractionMode(interaction.Place)


def stopWaiting() -> None:
    """Let clicks look around again."""
    interaction = slicer.app.applicationLogic().GetInteractionNode()
    interaction.SetCurrentInteractionMode(interaction.ViewTransform)


def pixels(film: PlacedFilm) -> dict[Key, FloatArray]:
    """Return the placed landmarks of a film, where its volume lies now: column and row by level and name."""
    from spinetwin.xray.in_space import pixels_at

    from .films import planeOfNode

    of, plane = node(film.view), planeOfNode(film.node)
    return {
        key: pixels_at(plane, of.GetNthControlPointPosition(row))
        for row, key in enumerate(_keys(of))
        if key is not None and of.GetNthControlPointPositionStatus(row) == _PLACED
    }


def put(film: PlacedFilm, places: dict[Key, FloatArray]) -> None:
    """Put landmarks at columns and rows of a film; those that it has not yet are added."""
    from spinetwin.xray.in_space import places_of

    of, plane = node(film.view), film.plane
    rows = {key: row for row, key in enumerate(_keys(of)) if key is not None}
    was = of.StartModify()
    for key, pixel in places.items():
        row = rows[key] if key in rows else _addPoint(of, key)
        of.SetNthControlPointPosition(row, *places_of(plane, pixel))
    of.EndModify(was)


def removeAll(films: dict[str, PlacedFilm]) -> None:
    """Take all landmarks off both films; none of them waits for a click any more."""
    stopWaiting()
    for view in films:
        node(view).RemoveAllControlPoints()
        node(view).SetAttribute(_SOURCE, "")
        node(view).SetAttribute(_CONFIRMED, "")


def showOnly(film: PlacedFilm, level: int) -> None:
    """Show the landmarks of one level, and keep the others from being dragged."""
    of = node(film.view)
    was = of.StartModify()
    for row, key in enumerate(_keys(of)):
        mine = key is not None and key[0] == level
        of.SetNthControlPointVisibility(row, mine)
        of.SetNthControlPointLocked(row, not mine)
    of.EndModify(was)


def gathered(films: dict[str, PlacedFilm]) -> Landmarks:
    """Return all landmarks of both films."""
    from spinetwin.xray.landmarks import Landmarks

    seen = {(*key, view): pixel for view, film in films.items() for key, pixel in pixels(film).items()}
    sources = {node(view).GetAttribute(_SOURCE) or _("clicks") for view in films}
    return Landmarks(seen, " + ".join(sorted(sources)))


def setSource(films: dict[str, PlacedFilm], source: str) -> None:
    """Keep who set the landmarks of both films."""
    for view in films:
        node(view).SetAttribute(_SOURCE, source)


def confirm(films: dict[str, PlacedFilm], name: str) -> None:
    """Note that a person has said what the lowest level with landmarks is; "" takes that back."""
    for view in films:
        node(view).SetAttribute(_CONFIRMED, name)


def confirmed(films: dict[str, PlacedFilm]) -> str:
    """Return the name of the lowest level where a person has said it; "" where nobody has, or another one is the lowest now."""
    from spinetwin.anatomy import level as levelOf

    levels = gathered(films).levels
    name = str(levelOf(levels[-1]).name) if levels else ""
    return name if all(node(view).GetAttribute(_CONFIRMED) == name for view in films) else ""


def spread(films: dict[str, PlacedFilm], landmarks: Landmarks) -> None:
    """Put landmarks that were read from a file onto both films."""
    for view, film in films.items():
        put(film, {(level, name): pixel for (level, name, of), pixel in landmarks.seen.items() if of == view})


def spreadMissing(films: dict[str, PlacedFilm], landmarks: Landmarks) -> None:
    """Put those landmarks onto both films that are not placed there yet."""
    placed = gathered(films).seen
    spread(films, replace(landmarks, seen={key: pixel for key, pixel in landmarks.seen.items() if key not in placed}))


def missing(films: dict[str, PlacedFilm], key: Key) -> float | None:
    """Return by how many mm the rays of a landmark miss each other; None where a film lacks it."""
    from spinetwin.xray.triangulate import triangulate

    seen = [pixels(film).get(key) for film in films.values()]
    if any(each is None for each in seen):
        return None
    cameras = [film.camera for film in films.values()]
    found = triangulate(cameras, [np.asarray(each) for each in seen])
    at = float(np.linalg.norm(cameras[0].source) / cameras[0].focal[0])
    return found.miss * at
