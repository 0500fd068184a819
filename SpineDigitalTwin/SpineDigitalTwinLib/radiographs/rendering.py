"""What the films would show of the vertebrae as they stand: a volume for each film, to blink with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import slicer
from slicer.i18n import tr as _

from .. import rolenodes
from .marks import FOLDER

if TYPE_CHECKING:
    from spinetwin.geometry.surfaces import Surface

    from .films import PlacedFilm

VOLUME = "vtkMRMLScalarVolumeNode"
_MOST_PIXELS = 640
"""Along the longer side: enough to compare by eye, and quick without compiled loops."""


def _factor(film: PlacedFilm) -> int:
    return int(np.ceil(max(film.camera.size) / _MOST_PIXELS))


def rendered(films: Mapping[str, PlacedFilm], surfaces: Sequence[Surface]) -> dict[str, np.ndarray]:
    """Return the way through bone of each film, (rows, columns), mm, on larger pixels; safe to call in a thread."""
    from spinetwin.xray.drr import path_lengths

    return {view: path_lengths(film.camera.scaled(_factor(film)), surfaces) for view, film in films.items()}


def show(film: PlacedFilm, path: np.ndarray) -> slicer.vtkMRMLScalarVolumeNode:
    """Bring a rendering into the scene, where its film is."""
    from spinetwin.xray.in_space import plane_of

    from ..maps import volumes

    node = rolenodes.ensure(VOLUME, f"rendering {film.view}", _("Rendering, {view}").format(view=film.view), FOLDER)
    small = film.camera.scaled(_factor(film))
    plane = plane_of(small, float(film.setup.source_detector_mm or 0.0))
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(plane))
    node.SetAndObserveImageData(volumes.imageOf(path.T[:, :, None].astype(np.float32)))
    if node.GetDisplayNode() is None:
        node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(0.0, float(max(path.max(), 1.0)))
    node.SetSaveWithScene(False)
    return node


def forget(films: Sequence[str]) -> None:
    """Take the renderings out of the scene."""
    rolenodes.remove(VOLUME, [f"rendering {view}" for view in films], FOLDER)
