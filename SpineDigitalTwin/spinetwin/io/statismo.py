"""Shape models as HDF5 in the layout of statismo 0.9, which Scalismo reads and writes.

Vertices are in LPS, as those of every surface that this program writes. Beside what statismo defines, a group ``spinetwin``
tells the level, the landmarks and the points of interest; other programs do not mind it.

References
----------
StatismoIO.scala of Scalismo. Luethi M et al. (2012) Statismo: a framework for PCA based statistical models. Insight Journal.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import __version__
from ..anatomy import level as level_of
from ..errors import ParameterError, ReadError
from ..geometry import FloatArray
from ..geometry.surfaces import Surface
from ..xray.landmarks import LANDMARKS
from ..xray.model_builder.statistical import StatisticalModel
from .atomic import atomic_write
from .limits import DAMAGED
from .shape_limits import MOST_NUMBERS, check_count, check_file, check_finite, check_places, check_triangles
from .surfaces import TO_LPS
from .texts import PathLike

HDF5_SUFFIXES = (".h5", ".hdf5")

OWN = "spinetwin"
"""The group of what statismo does not define."""

_VERSIONS = ((0, 8), (0, 9), (1, 0))
_SCALED = (0, 8)
"""The version whose basis is that of one standard deviation, not of unit length."""


def check_h5py() -> None:
    """Say that h5py is missing before any work is done.

    Raises
    ------
    ParameterError
        If so.
    """
    try:
        import h5py  # noqa: F401
    except ImportError as error:
        raise ParameterError(
            "Files of shape models need h5py, which is not installed.", "Install it with: pip install h5py."
        ) from error


def write_shape_model(path: PathLike, model: StatisticalModel) -> None:
    """Write a shape model, whole or not at all; the same model gives the same bytes.

    Raises
    ------
    ParameterError
        If h5py is not installed.
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    check_h5py()
    import h5py

    with atomic_write(path) as temporary, h5py.File(temporary, "w") as file:
        _write_model(file, model)
        _write_representer(file, model.mean)
        _write_own(file, model)


def _write_model(file: Any, model: StatisticalModel) -> None:
    count = model.modes.shape[2]
    flat = (model.modes * TO_LPS[:, None]).reshape(-1, count)
    file["model/mean"] = (model.mean.vertices * TO_LPS).ravel().astype(np.float32)
    file["model/pcaBasis"] = (flat / np.sqrt(np.maximum(model.variances, 1e-30))).astype(np.float32)
    file["model/pcaVariance"] = model.variances.astype(np.float32)
    file["model/noiseVariance"] = np.array([model.noise], dtype=np.float32)
    file["modelinfo/scores"] = model.scores.T.astype(np.float32)
    file["modelinfo/build-time"] = _text("-")
    file["modelinfo/modelBuilder-0/builderName"] = _text(f"spinetwin {__version__}")
    file["modelinfo/modelBuilder-0/buildTime"] = _text("-")
    for group in ("parameters", "dataInfo"):
        file.create_group(f"modelinfo/modelBuilder-0/{group}")
    file["version/majorVersion"], file["version/minorVersion"] = np.int32(0), np.int32(9)
    name = "model" if model.level is None else level_of(model.level).name
    file[f"catalog/{name}/modelPath"] = _text("/")
    file[f"catalog/{name}/modelType"] = _text("POLYGON_MESH_MODEL")


def _write_representer(file: Any, mean: Surface) -> None:
    group = file.create_group("representer")
    said = {"name": "itkStandardMeshRepresenter", "datasetType": "POLYGON_MESH"}
    for key, value in (said | {"version/majorVersion": "0", "version/minorVersion": "9"}).items():
        group.attrs[key] = _text(value)
    group["points"] = (mean.vertices * TO_LPS).T.astype(np.float32)
    group["cells"] = mean.triangles.T.astype(np.int32)


def _write_own(file: Any, model: StatisticalModel) -> None:
    group = file.create_group(OWN)
    group.attrs["version"], group.attrs["space"] = _text("1"), _text("LPS")
    if model.level is not None:
        group.attrs["level"] = _text(level_of(model.level).name)
    if model.landmarks is not None:
        group["landmarks"] = model.landmarks * TO_LPS
        group["landmarkNames"] = np.array([name.encode("ascii") for name in LANDMARKS])
    group["pointIds"] = np.array(list(model.points), dtype=np.int32)
    group["points"] = np.array(list(model.points.values()), dtype=np.float64).reshape(-1, 3) * TO_LPS


def _text(value: str) -> np.bytes_:
    return np.bytes_(value.encode("ascii"))


def read_statismo(path: PathLike) -> StatisticalModel:
    """Read a shape model of triangles.

    Parameters
    ----------
    path : path
        Vertices in LPS; any program's. Without the group ``spinetwin`` level, landmarks and points are not known.

    Raises
    ------
    ReadError
        If the file is no HDF5 file, lacks something, or holds impossible sizes or numbers.
    ParameterError
        If h5py is not installed.
    """
    with _opened(Path(path)) as reader:
        root = reader.root()
        mean, basis = reader.numbers(f"{root}model/mean"), reader.numbers(f"{root}model/pcaBasis")
        variances = reader.numbers(f"{root}model/pcaVariance").ravel()
        vertices, modes = _shapes(reader, mean, basis, variances)
        if reader.version() != _SCALED:
            modes = modes * np.sqrt(variances)
        surface = Surface(vertices * TO_LPS, reader.cells(f"{root}representer/cells", len(vertices)))
        noise, scores = reader.noise(root), reader.scores(root, len(variances))
        # the basis of a Gaussian process is not of unit length: what a standard deviation does is the same for all
        variances = (modes**2).sum(axis=(0, 1))
        return StatisticalModel(reader.level(), surface, modes * TO_LPS[:, None], variances, noise, scores, *reader.marks())


def _shapes(reader: _Reader, mean: FloatArray, basis: FloatArray, variances: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the mean (n, 3) and the basis (n, 3, m) once their sizes agree."""
    if mean.size % 3 or basis.shape != (mean.size, len(variances)):
        raise ReadError(f"{reader.name} holds a mean of {mean.size} numbers and a basis of {basis.shape}.", DAMAGED)
    if (variances < 0).any():
        raise ReadError(f"{reader.name} holds a negative variance.", DAMAGED)
    check_count(reader.name, "vertices", mean.size // 3)
    check_places(reader.name, mean)
    return mean.reshape(-1, 3), basis.reshape(-1, 3, len(variances))


@contextmanager
def _opened(path: Path) -> Iterator[_Reader]:
    check_file(path)
    check_h5py()
    import h5py

    try:
        with h5py.File(path, "r") as file:
            yield _Reader(file, path.name)
    except (OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise ReadError(f"{path.name} is no whole HDF5 file of a shape model.", DAMAGED) from error


class _Reader:
    """A file of which nothing is believed."""

    def __init__(self, file: Any, name: str) -> None:
        self._file, self.name = file, name

    def numbers(self, place: str) -> FloatArray:
        """Return a data set of numbers that lies in the file itself, mm or mm^2."""
        with np.errstate(invalid="ignore", over="ignore"):
            values = np.asarray(self._data(place), dtype=np.float64)
        check_finite(self.name, values)
        return values

    def _data(self, place: str) -> npt.NDArray[Any]:
        import h5py

        found = self._file.get(place, getlink=True)
        if isinstance(found, h5py.ExternalLink):
            raise ReadError(f"{self.name} points to another file.", "Save the model into one file.")
        data = self._file.get(place)
        if not isinstance(data, h5py.Dataset):
            raise ReadError(f"{self.name} lacks {place.lstrip('/')}: it is no statistical shape model.", DAMAGED)
        if data.external or data.is_virtual:
            raise ReadError(f"{self.name} points to another file.", "Save the model into one file.")
        if data.dtype.kind not in "fiu":
            raise ReadError(f"{place.lstrip('/')} of {self.name} holds no numbers.", DAMAGED)
        check_count(self.name, "numbers", int(data.size), MOST_NUMBERS)
        return np.asarray(data[()])

    def cells(self, place: str, vertices: int) -> npt.NDArray[np.int64]:
        """Return triangles (t, 3) with indices of vertices."""
        values = self._data(place)
        if values.ndim != 2 or values.shape[0] != 3 or values.dtype.kind not in "iu":
            raise ReadError(f"{self.name} is no model of a surface of triangles.", "Models of images or volumes are not read.")
        triangles = np.ascontiguousarray(values.T.astype(np.int64))
        check_triangles(self.name, triangles, vertices)
        return triangles

    def root(self) -> str:
        """Return where the model lies: as the catalogue says, if there is one."""
        catalog = self._file.get("catalog")
        if catalog is None:
            return "/"
        places = [str(self._string(entry["modelPath"][()])) for entry in catalog.values() if "modelPath" in entry]
        if len(places) > 1:
            raise ReadError(f"{self.name} holds {len(places)} models.", "Save one model to a file of its own.")
        return places[0].rstrip("/") + "/" if places else "/"

    def version(self) -> tuple[int, int]:
        """Return the version of the layout."""
        numbers = [self._file.get(f"version/{part}Version") for part in ("major", "minor")]
        if any(each is None for each in numbers):
            return _SCALED
        major, minor = (int(np.asarray(each[()]).ravel()[0]) for each in numbers)
        if (major, minor) not in _VERSIONS and major != 1:
            raise ReadError(f"{self.name} has version {major}.{minor} of statismo, which is not known.", "Save it as 0.9.")
        return major, minor

    def noise(self, root: str) -> float:
        """Return the variance of each coordinate besides the modes, mm^2; 0 where the file does not say."""
        place = f"{root}model/noiseVariance"
        return float(self.numbers(place).ravel()[0]) if place in self._file else 0.0

    def scores(self, root: str, modes: int) -> FloatArray:
        """Return the scores (k, m) of the shapes it was made of, as far as they are told for every mode."""
        place = f"{root}modelinfo/scores"
        found = self.numbers(place) if place in self._file and self._file[place].size else np.zeros(0)
        return found.T if found.ndim == 2 and len(found) == modes else np.zeros((0, modes))

    def level(self) -> int | None:
        """Return the level, if this program wrote it."""
        group = self._file.get(OWN)
        return level_of(self._string(group.attrs["level"])).id if group is not None and "level" in group.attrs else None

    def marks(self) -> tuple[FloatArray | None, dict[int, FloatArray]]:
        """Return landmarks and points, RAS, as far as this program wrote them."""
        group = self._file.get(OWN)
        if group is None:
            return None, {}
        marks = self._marks() if "landmarks" in group else None
        if "points" not in group or not group["points"].size:
            return marks, {}
        ids, places = self._data(f"{OWN}/pointIds").ravel(), self.numbers(f"{OWN}/points").reshape(-1, 3)
        if len(ids) != len(places):
            raise ReadError(f"{self.name} names {len(ids)} points and places {len(places)}.", DAMAGED)
        return marks, {int(key): at for key, at in zip(ids, places * TO_LPS, strict=True)}

    def _marks(self) -> FloatArray:
        names = [self._string(each) for each in self._file[f"{OWN}/landmarkNames"][()][: len(LANDMARKS)]]
        places = np.asarray(self._data(f"{OWN}/landmarks"), dtype=np.float64)
        if places.shape != (len(names), 3):
            raise ReadError(f"{self.name} names {len(names)} landmarks and places {len(places)}.", DAMAGED)
        known = dict(zip(names, places * TO_LPS, strict=True))
        return np.array([known.get(name, np.full(3, np.nan)) for name in LANDMARKS])

    @staticmethod
    def _string(value: Any) -> str:
        first = np.asarray(value).ravel()[0]
        return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)
