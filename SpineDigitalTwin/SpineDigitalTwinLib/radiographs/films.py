"""Radiographs as volume nodes, each lying in the scene where its film was."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import slicer
from slicer.i18n import tr as _

if TYPE_CHECKING:
    from spinetwin.geometry import FloatArray
    from spinetwin.xray.cameras import Camera
    from spinetwin.xray.films import Picture
    from spinetwin.xray.setups import Setup

    from ..parameters import SpineDigitalTwinParameters

_SETUP = "SpineDigitalTwin.film"
"""Attribute of a volume: what its file said of how it was taken."""

_FIRST_WINDOW = (1.0, 99.5)
"""Percentiles of the grey values that are black and white."""

_MOST_SAMPLES = 200_000
_SAME_MM = 1e-7


@dataclass(frozen=True)
class PlacedFilm:
    """A film in the scene.

    Attributes
    ----------
    view : str
        "frontal" or "lateral".
    node : vtkMRMLScalarVolumeNode
    setup : Setup
        With what the form says.
    camera : Camera
    spacing : str
        Which size of a pixel is used, for people.
    """

    view: str
    node: slicer.vtkMRMLScalarVolumeNode
    setup: Setup
    camera: Camera
    spacing: str

    @property
    def plane(self) -> FloatArray:
        """Takes column, row and 0 to where the film was, (4, 4), RAS mm."""
        from spinetwin.xray.in_space import plane_of

        return plane_of(self.camera, float(self.setup.source_detector_mm or 0.0))


@dataclass(frozen=True)
class Greys:
    """A film that was read, ready for the scene.

    Attributes
    ----------
    values : (rows, columns) array of float32
    window : (float, float)
        Grey values that are black and white.
    setup : Setup
        What its file says of its geometry.
    """

    values: np.ndarray
    window: tuple[float, float]
    setup: Setup


def greys(picture: Picture) -> Greys:
    """Prepare a film for the scene; takes a moment for a large one, and is safe to call in a thread."""
    values = np.ascontiguousarray(picture.values, dtype=np.float32)
    low, high = np.percentile(values.ravel()[:: max(1, values.size // _MOST_SAMPLES)], _FIRST_WINDOW)
    return Greys(values, (float(low), float(max(high, low + 1e-6))), picture.setup)


def add(name: str, film: Greys) -> slicer.vtkMRMLScalarVolumeNode:
    """Add a film that was read from a file to the scene; `place` puts it where it was."""
    from spinetwin.geometry import Grid

    from ..maps import volumes

    values = film.values.T[:, :, None]
    node = volumes.addImage(name, values, Grid(values.shape, np.eye(4)))
    node.SetAttribute(_SETUP, json.dumps(asdict(film.setup)))
    display = node.GetDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(*film.window)
    display.SetInterpolate(True)
    return node


def setupOf(node: slicer.vtkMRMLScalarVolumeNode) -> Setup:
    """Return what is known of how a film was taken; of a volume that Slicer has loaded, the size of its pixels.

    It is written down at the first look, because placing a film changes the spacing of its volume.
    """
    from spinetwin.xray.setups import Setup

    text = node.GetAttribute(_SETUP)
    if text is None:
        across, along, _deep = node.GetSpacing()
        setup = Setup(pixel_mm=(across, along), spacing_from=_("spacing of the volume"))
        node.SetAttribute(_SETUP, json.dumps(asdict(setup)))
        return setup
    kept = json.loads(text)
    known = {each.name for each in fields(Setup)}
    return Setup(**{name: tuple(value) if isinstance(value, list) else value for name, value in kept.items() if name in known})


def formOf(parameters: SpineDigitalTwinParameters) -> dict[str, Any]:
    """Return what the form of the panel says of both films, as `Setup.with_form` takes it."""
    numbers = {
        "source_detector_mm": parameters.filmSdd,
        "source_patient_mm": parameters.filmSod,
        "pixel_mm": parameters.filmPixel,
    }
    said: dict[str, Any] = {name: value for name, value in numbers.items() if value > 0}
    if "pixel_mm" in said:
        said["pixel_at"] = "detector"
    if parameters.filmSlot:
        said["kind"] = "slot"
    if parameters.filmInverted:
        said["bright"] = "air"
    return said


def placed(view: str, node: slicer.vtkMRMLScalarVolumeNode, form: Mapping[str, Any]) -> PlacedFilm:
    """Return a film with its camera.

    Raises
    ------
    ParameterError
        If the volume is no single picture, or its geometry is not known or impossible.
    """
    from spinetwin.errors import ParameterError
    from spinetwin.xray.setups import camera_of, spacing_sentence

    if node.GetImageData() is None:
        raise ParameterError(_("The {view} film {name} is empty.").format(view=view, name=node.GetName()))
    columns, rows, slices = node.GetImageData().GetDimensions()
    if slices != 1 or node.GetImageData().GetNumberOfScalarComponents() != 1:
        raise ParameterError(
            _("{name} is no radiograph: it has {slices} slices.").format(name=node.GetName(), slices=slices),
            _("Choose a single grey picture as the {view} film.").format(view=view),
        )
    setup = setupOf(node).with_form(form, _("the form"))
    camera = camera_of(setup, view, (columns, rows))
    return PlacedFilm(view, node, setup, camera, spacing_sentence(setup, camera))


def isPlaced(film: PlacedFilm) -> bool:
    """Say whether the volume of a film lies where the film was."""
    return bool(np.allclose(planeOfNode(film.node), film.plane, atol=_SAME_MM))


def place(film: PlacedFilm) -> None:
    """Put the volume of a film where the film was."""
    film.node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(film.plane))


def planeOfNode(node: slicer.vtkMRMLScalarVolumeNode) -> FloatArray:
    """Return where a placed film lies: from column, row, 0 to RAS mm, (4, 4)."""
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return np.asarray(slicer.util.arrayFromVTKMatrix(matrix))


def values(node: slicer.vtkMRMLScalarVolumeNode) -> np.ndarray:
    """Return the grey values of a film, (rows, columns), without a copy."""
    return np.asarray(slicer.util.arrayFromVolume(node)[0])


def forWorker(films: Mapping[str, PlacedFilm], folder: Path) -> tuple[dict[str, Path], Callable[[], None]]:
    """Return where in a folder the worker finds both films and their geometry, and what writes them; safe in a thread."""
    from spinetwin.io.atomic import write_text

    files = {**{view: folder / f"{view}.mha" for view in films}, "geometry": folder / "geometry.json"}
    geometry, greyValues = geometryText(films), {view: values(film.node) for view, film in films.items()}

    def write() -> None:
        for view, pixels in greyValues.items():
            _write(files[view], pixels)
        write_text(files["geometry"], geometry)

    return files, write


def _write(path: Path, pixels: np.ndarray) -> None:
    """Write the grey values (rows, columns) of a film."""
    from spinetwin.geometry import Grid
    from spinetwin.io import write_volume

    picture = np.asarray(pixels.T[:, :, None], dtype=np.float32)
    write_volume(path, picture, Grid(picture.shape, np.eye(4)), packed=False)


def geometryText(films: Mapping[str, PlacedFilm]) -> str:
    """Return the form of a geometry for the worker, with all that is known of both films."""
    said = {
        view: {name: value for name, value in asdict(film.setup).items() if value is not None and name != "spacing_from"}
        for view, film in films.items()
    }
    return json.dumps(said, indent=1)
