"""Slices and cameras that go to a vertebra and look along its own axes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import slicer

if TYPE_CHECKING:
    from spinetwin.geometry import FloatArray, Frame

FIXED_VIEW_MM = 110.0
"""Height of what a slice view shows in quality control: a lumbar vertebra with its processes."""

_DEFAULT_ORIENTATION = "Axial"


def sliceToRas(frame: Frame, orientation: FloatArray, centre: FloatArray | None = None) -> FloatArray:
    """Return the pose of a slice view through a vertebra.

    Parameters
    ----------
    frame : Frame
        The vertebra's axes.
    orientation : (3, 3) array
        Columns are screen right, screen up and towards the viewer, along right, anterior and superior: an orientation preset
        of Slicer, which then holds for the vertebra instead of the patient.
    centre : (3,) array, optional
        RAS mm; left out, it is the middle of the vertebral body.

    Returns
    -------
    (4, 4) array
        SliceToRAS.
    """
    matrix = np.eye(4)
    matrix[:3, :3] = frame.axes.T @ orientation
    matrix[:3, 3] = frame.origin if centre is None else centre
    return matrix


def jumpToVertebra(frame: Frame, centre: Iterable[float] | None = None) -> None:
    """Cut through a vertebra in every slice view, tilted with it, and centre the 3D views on it.

    Parameters
    ----------
    frame : Frame
        The vertebra's axes.
    centre : (3,) RAS mm, optional
        A point of it to go to instead of its middle.
    """
    place = frame.origin if centre is None else np.asarray(tuple(centre), dtype=np.float64)
    for view in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
        _setPose(view, sliceToRas(frame, _preset(view), place))
    centre3D(place)


def jumpToPoint(position: Iterable[float]) -> None:
    """Bring every slice view to a point, RAS mm, without turning it, and centre the 3D views on it."""
    place = np.asarray(tuple(position), dtype=np.float64)
    for view in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
        pose = slicer.util.arrayFromVTKMatrix(view.GetSliceToRAS())
        pose[:3, 3] = place
        _setPose(view, pose)
    centre3D(place)


def backToScanner() -> None:
    """Turn every slice view back to the axes of the patient; it keeps showing the same place."""
    for view in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
        view.SetOrientation(_orientationName(view))


def isTilted() -> bool:
    """Say whether any slice view is turned away from the axes of the patient."""
    views = slicer.util.getNodesByClass("vtkMRMLSliceNode")
    return any(view.GetOrientation() == view.GetReformatOrientationName() for view in views)


def zoomTo(height: float = FIXED_VIEW_MM) -> None:
    """Let every slice view show `height` mm from bottom to top."""
    for view in slicer.util.getNodesByClass("vtkMRMLSliceNode"):
        width, now, depth = view.GetFieldOfView()
        if now > 0:
            view.SetFieldOfView(width * height / now, height, depth)


def centre3D(place: Iterable[float]) -> None:
    """Move the cameras of the 3D views so that they look at a place, RAS mm, from where they looked before."""
    place = np.asarray(tuple(place), dtype=np.float64)
    for camera in slicer.util.getNodesByClass("vtkMRMLCameraNode"):
        focus, eye = np.array(camera.GetFocalPoint()), np.array(camera.GetPosition())
        with_modify = camera.StartModify()
        camera.SetFocalPoint(*place)
        camera.SetPosition(*(eye + place - focus))
        camera.EndModify(with_modify)
        camera.ResetClippingRange()


def look3D(frame: Frame, direction: str, distance: float = 300.0) -> None:
    """Let the cameras look at a vertebra from one of its own sides.

    Parameters
    ----------
    frame : Frame
    direction : str
        Where the camera stands, seen from the vertebra: "P", "R", "A + 0.5 S", ...
    distance : float
        Of the camera, mm.
    """
    towards = frame.direction(direction)
    up = frame.superior if abs(towards @ frame.superior) < 0.9 else frame.anterior
    for camera in slicer.util.getNodesByClass("vtkMRMLCameraNode"):
        with_modify = camera.StartModify()
        camera.SetFocalPoint(*frame.origin)
        camera.SetPosition(*(frame.origin + distance * towards))
        camera.SetViewUp(*up)
        camera.EndModify(with_modify)
        camera.ResetClippingRange()


def crossing() -> tuple[float, float, float] | None:
    """Return where the slice views cross, RAS mm; None without slice views."""
    views = slicer.util.getNodesByClass("vtkMRMLSliceNode")
    if not views:
        return None
    poses = [slicer.util.arrayFromVTKMatrix(view.GetSliceToRAS()) for view in views]
    normals = np.array([pose[:3, 2] for pose in poses])
    offsets = np.array([pose[:3, 2] @ pose[:3, 3] for pose in poses])
    middle = np.mean([pose[:3, 3] for pose in poses], axis=0)
    # of all places on the planes, the one nearest to the middles of the views: parallel planes leave some freedom
    step = np.linalg.lstsq(normals, offsets - normals @ middle, rcond=None)[0]
    x, y, z = (middle + step).tolist()
    return x, y, z


def _preset(view: slicer.vtkMRMLSliceNode) -> FloatArray:
    """Return the orientation that a view has by default, whatever the user has made of left and right on the screen."""
    preset = view.GetSliceOrientationPreset(_orientationName(view))
    return np.array([[preset.GetElement(row, column) for column in range(3)] for row in range(3)])


def _orientationName(view: slicer.vtkMRMLSliceNode) -> str:
    name = view.GetDefaultOrientation()
    return name if name and view.HasSliceOrientationPreset(name) else _DEFAULT_ORIENTATION


def _setPose(view: slicer.vtkMRMLSliceNode, pose: FloatArray) -> None:
    with_modify = view.StartModify()
    slicer.util.updateVTKMatrixFromArray(view.GetSliceToRAS(), pose)
    view.SetSliceOrigin(0.0, 0.0, 0.0)
    view.UpdateMatrices()
    view.EndModify(with_modify)
