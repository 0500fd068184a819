"""Shape models of levels, made once and kept with the program's own files: making one takes seconds of a CPU.

A kept model is used only while everything it is made of is as it was: the folder's name is a hash of the tables and the
source of the room `phantom`, and of the files of `xray` that make models. A damaged file is made again. They are not part of
the package: 24 levels of 4 MB.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import phantom, xray
from ..anatomy import level as level_of
from ..errors import WriteError
from ..geometry.surfaces import Surface
from ..segmentation.stages import Stages
from ..xray.shapes import Core, ShapeModel, shape_model
from .environments.folders import home, made

FOLDER = "shape-models"

_MADE_BY = ("shapes.py", "variation.py", "correspondence.py", "landmarks.py", "landmarks.csv", "model_settings.csv")
"""Files of `xray`; a change of how films are fitted leaves kept models as they are."""


def kept_model(key: int | str, folder: Path | None = None) -> ShapeModel:
    """Return the model of a level: the one that was kept, or one that is made and kept.

    Parameters
    ----------
    key : int or str
        Level, from C3 to L6.
    folder : Path, optional
        Where models are kept; a folder of the program if left out. Where nothing can be written, nothing is kept.

    Raises
    ------
    ParameterError
        As `shape_model`.
    """
    here, store = level_of(key), (folder or home() / FOLDER) / _origin()
    with suppress(WriteError):
        made(store)
    return _model(Stages(store).kept_all(here.name.lower(), lambda: _arrays(shape_model(here.id))))


@lru_cache(maxsize=1)
def _origin() -> str:
    """Return a hash of the tables and the source that models are made of."""
    found, (shapes, fitting) = hashlib.sha256(), (Path(str(room.__file__)).parent for room in (phantom, xray))
    for path in (
        *sorted(each for each in shapes.rglob("*") if each.suffix in (".py", ".csv")),
        *(fitting / name for name in _MADE_BY),
    ):
        found.update(f"\n{path.relative_to(shapes.parent).as_posix()}\n".encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _arrays(model: ShapeModel) -> dict[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {
        "level": np.array(model.level),
        "vertices": model.mean.vertices,
        "triangles": model.mean.triangles,
        "modes": model.modes,
        "anatomical": np.array(model.anatomical),
        "landmarks": model.landmarks,
        "point_ids": np.array(list(model.points), dtype=np.int64),
        "points": np.array(list(model.points.values())).reshape(-1, 3),
    }
    if model.core is not None:
        arrays |= {"core_vertices": model.core.mean.vertices, "core_triangles": model.core.mean.triangles}
        arrays |= {"core_modes": model.core.modes}
    return arrays


def _model(arrays: Mapping[str, npt.NDArray[Any]]) -> ShapeModel:
    core = None
    if "core_modes" in arrays:
        core = Core(Surface(arrays["core_vertices"], arrays["core_triangles"]), arrays["core_modes"])
    points = {int(key): place for key, place in zip(arrays["point_ids"], arrays["points"], strict=True)}
    mean = Surface(arrays["vertices"], arrays["triangles"])
    level, anatomical = int(arrays["level"]), int(arrays["anatomical"])
    return ShapeModel(level, mean, arrays["modes"], anatomical, arrays["landmarks"], points, core)
