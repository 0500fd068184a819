"""The standing vertebrae: a model and a transform with handles for each level, and what was said of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import slicer
from slicer.i18n import tr as _

from .. import rolenodes
from .marks import FOLDER

if TYPE_CHECKING:
    from spinetwin.geometry import FloatArray
    from spinetwin.geometry.surfaces import Surface
    from spinetwin.io.standing import StandingReport
    from spinetwin.poi import PoiSet

MODEL, TRANSFORM, TEXT = "vtkMRMLModelNode", "vtkMRMLLinearTransformNode", "vtkMRMLTextNode"
_REPORT, _POINTS, _LYING = "standing report", "standing points", "lying points"
_OPACITY = 0.75


def role(level: int) -> str:
    """Return the role of model and transform of a level."""
    from spinetwin.anatomy import level as levelOf

    return f"standing {levelOf(level).name}"


def levels() -> list[int]:
    """Return the ids of the levels that stand in the scene, from the top."""
    from spinetwin.anatomy import LEVELS

    roles = {node.GetAttribute(rolenodes.ROLE) for node in slicer.util.getNodesByClass(MODEL)}
    return [each.id for each in LEVELS if role(each.id) in roles]


def colour(level: int) -> tuple[float, float, float]:
    """Return the colour of a level: that of its points, which stands out from grey films."""
    from spinetwin.io.markups import level_color

    return level_color(level)


def show(level: int, path: str | Path, origin: tuple[float, float, float]) -> None:
    """Bring a vertebra into the scene, or the new shape of one that is there; its handle goes back to rest."""
    import vtk
    from spinetwin.anatomy import level as levelOf

    reader = vtk.vtkXMLPolyDataReader()
    reader.SetFileName(str(path))
    # files are in LPS
    turn = vtk.vtkTransform()
    turn.Scale(-1.0, -1.0, 1.0)
    turned = vtk.vtkTransformPolyDataFilter()
    turned.SetTransform(turn)
    turned.SetInputConnection(reader.GetOutputPort())
    turned.Update()
    name = levelOf(level).name
    node = rolenodes.ensure(MODEL, role(level), _("{level}, standing").format(level=name), FOLDER)
    node.SetAndObservePolyData(turned.GetOutput())
    if node.GetDisplayNode() is None:
        node.CreateDefaultDisplayNodes()
        node.GetDisplayNode().SetColor(*colour(level))
        node.GetDisplayNode().SetOpacity(_OPACITY)
        node.GetDisplayNode().SetVisibility2D(False)
    handle = rolenodes.ensure(TRANSFORM, role(level), _("{level}, moved by hand").format(level=name), FOLDER)
    handle.SetMatrixTransformToParent(vtk.vtkMatrix4x4())
    handle.SetCenterOfTransformation(*origin)
    node.SetAndObserveTransformNodeID(handle.GetID())


def transform(level: int) -> slicer.vtkMRMLLinearTransformNode | None:
    """Return the transform by which a person has moved a vertebra."""
    return rolenodes.find(TRANSFORM, role(level))


def moved(level: int) -> FloatArray:
    """Return that transform, (4, 4)."""
    node = transform(level)
    return np.eye(4) if node is None else np.asarray(slicer.util.arrayFromTransformMatrix(node))


def surface(level: int) -> Surface:
    """Return the surface of a vertebra where it is now, RAS mm."""
    from spinetwin.geometry.surfaces import Surface

    data = rolenodes.find(MODEL, role(level)).GetPolyData()
    from vtk.util.numpy_support import vtk_to_numpy

    vertices = vtk_to_numpy(data.GetPoints().GetData()).astype(np.float64)
    triangles = vtk_to_numpy(data.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)
    matrix = moved(level)
    return Surface(vertices @ matrix[:3, :3].T + matrix[:3, 3], triangles)


def showHandle(chosen: int | None) -> None:
    """Show the handle of one vertebra, by which it is moved and turned in 3D and over the films."""
    for each in levels():
        node = transform(each)
        if node is None:
            continue
        if node.GetDisplayNode() is None:
            node.CreateDefaultDisplayNodes()
        display = node.GetDisplayNode()
        mine = each == chosen
        display.SetEditorVisibility(mine)
        display.SetEditorSliceIntersectionVisibility(mine)
        if mine:
            display.SetEditorScalingEnabled(False)


def keep(report: str | Path, points: str | Path) -> None:
    """Keep in the scene what was said of the vertebrae, and their points, as the texts that the files have."""
    for which, title, path in (
        (_REPORT, _("Standing spine, report"), report),
        (_POINTS, _("Standing spine, points"), points),
    ):
        node = rolenodes.ensure(TEXT, which, title, FOLDER)
        node.SetText(Path(path).read_text(encoding="utf-8"))
        node.HideFromEditorsOn()


def exchange(level: int, report: str | Path, points: str | Path) -> None:
    """Take over from other results what is said of one level; the rest stays.

    Raises
    ------
    ReadError
        If what is in the scene, or the other results, are damaged.
    """
    import json

    from spinetwin.anatomy import level as levelOf
    from spinetwin.io import read_pois, write_pois
    from spinetwin.io.texts import read_json
    from spinetwin.poi import PoiSet

    name, folder = levelOf(level).name, Path(report).parent
    now: Any = json.loads(rolenodes.find(TEXT, _REPORT).GetText())
    other: Any = read_json(report)
    fresh = {each["level"]: each for each in other["levels"] if each["level"] == name}
    now["levels"] = [fresh.get(each["level"], each) for each in now["levels"]]
    merged, before = folder / "merged.json", folder / "before.mrk.json"
    merged.write_text(json.dumps(now), encoding="utf-8")
    before.write_text(rolenodes.find(TEXT, _POINTS).GetText(), encoding="utf-8")
    found = read_pois(points).of_level(level)
    kept = [poi for poi in read_pois(before) if poi.level != level or not found]
    write_pois(folder / "merged.mrk.json", PoiSet.of([*kept, *found]))
    keep(merged, folder / "merged.mrk.json")


def confirmNames(lowest: int) -> None:
    """Take down in report and points of the scene that a person has confirmed the names, if these are counted from this level.

    Raises
    ------
    ReadError
        If what is in the scene is damaged.
    """
    import json
    import tempfile

    from spinetwin.io import read_pois, write_pois

    found = report()
    if found is None or found.lowest != lowest or found.verified:
        return
    content: Any = json.loads(rolenodes.find(TEXT, _REPORT).GetText())
    content["level_names"]["verified"] = True
    rolenodes.find(TEXT, _REPORT).SetText(json.dumps(content))
    node = rolenodes.find(TEXT, _POINTS)
    with tempfile.TemporaryDirectory(prefix="spinetwin-", dir=slicer.app.temporaryPath) as folder:
        path = Path(folder) / "points.mrk.json"
        path.write_text(node.GetText(), encoding="utf-8")
        write_pois(path, read_pois(path).with_verified_levels())
        node.SetText(path.read_text(encoding="utf-8"))


def stamp(level: int) -> tuple[int, int]:
    """Return what is another one whenever a vertebra has another shape or stands elsewhere."""
    model, handle = rolenodes.find(MODEL, role(level)), transform(level)
    return model.GetMTime(), 0 if handle is None else handle.GetTransformToWorldMTime()


def report() -> StandingReport | None:
    """Return what was said of the vertebrae; None where there are none, or what was loaded is damaged."""
    from spinetwin.errors import ReadError
    from spinetwin.io.standing import standing_in

    node = rolenodes.find(TEXT, _REPORT)
    if node is None or not node.GetText():
        return None
    try:
        return standing_in(node.GetText(), node.GetName())
    except ReadError:
        return None


def keepLying(points: PoiSet, scratch: Path) -> None:
    """Keep the points of a lying person, whose place in the scene the standing ones take."""
    from spinetwin.io import write_pois

    path = scratch / "lying.mrk.json"
    write_pois(path, points)
    node = rolenodes.ensure(TEXT, _LYING, _("Points before standing"), FOLDER)
    node.SetText(path.read_text(encoding="utf-8"))


def lying() -> str:
    """Return the text of the file that these points would be; "" where there are none."""
    node = rolenodes.find(TEXT, _LYING)
    return "" if node is None else str(node.GetText())


def points(scratch: Path) -> PoiSet:
    """Return the points of the standing vertebrae, moved with their handles.

    Raises
    ------
    ReadError
        If there are none, or they are damaged.
    """
    from dataclasses import replace

    from spinetwin.errors import ReadError
    from spinetwin.io import read_pois
    from spinetwin.poi import PoiSet

    node = rolenodes.find(TEXT, _POINTS)
    if node is None or not node.GetText():
        raise ReadError(_("There are no standing points in the scene."), _("Reconstruct first."))
    path = scratch / "standing.mrk.json"
    path.write_text(node.GetText(), encoding="utf-8")
    matrices = {level: moved(level) for level in levels()}

    def placed() -> Iterator[object]:
        for poi in read_pois(path):
            matrix = matrices.get(poi.level)
            if matrix is None:
                continue
            if poi.position is None:
                yield poi
                continue
            x, y, z = (matrix[:3, :3] @ poi.position + matrix[:3, 3]).tolist()
            yield replace(poi, position=(x, y, z))

    return PoiSet.of(placed())


def forget() -> None:
    """Take the standing vertebrae out of the scene."""
    from .drawing import hide

    for each in levels():
        rolenodes.remove(MODEL, [role(each)], FOLDER)
        rolenodes.remove(TRANSFORM, [role(each)], FOLDER)
    rolenodes.remove(TEXT, [_REPORT, _POINTS], FOLDER)
    roles = [node.GetAttribute(rolenodes.ROLE) or "" for node in slicer.util.getNodesByClass(MODEL)]
    hide([each for each in roles if each.startswith("silhouette ")])
