"""Shape models of somebody's own for `spinetwin xray`: which file or folder is of which level, and reading it for a fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..anatomy import LEVELS
from ..anatomy import level as level_of
from ..errors import ParameterError, ReadError
from ..io.corresponded import holds_shapes, read_corresponded
from ..io.statismo import HDF5_SUFFIXES, read_statismo
from ..xray.model_builder.corresponding import model_of
from ..xray.model_builder.statistical import StatisticalModel
from ..xray.model_builder.usable import usable
from ..xray.shapes import ShapeModel
from .standing_models import kept_model

_NAMES = {each.name.lower(): each.id for each in LEVELS}
_WORDS = re.compile(r"[a-zA-Z]+\d+")


@dataclass
class StoredModels:
    """The models of a file or folder, each read when a fit asks for it.

    Attributes
    ----------
    places : mapping of level id to Path
        A file of HDF5, or a folder of corresponding shapes.
    source : str
        What was given, for messages.
    said : list of str
        What was carried over from the procedural vertebrae, as sentences; grows with every model that is read.
    """

    places: Mapping[int, Path]
    source: str
    said: list[str] = field(default_factory=list)

    def model(self, key: int) -> ShapeModel:
        """Return the model of a level.

        Raises
        ------
        ParameterError
            If there is none, its file cannot be used, or it is no vertebra: then this level costs no other.
        """
        name = level_of(key).name
        if key not in self.places:
            raise ParameterError(f"{self.source} has no shape model of {name}.", "Add one, or choose --levels.")
        place = self.places[key]
        try:
            stored = _read(place, key)
        except ReadError as error:
            raise ParameterError(error.message, error.hint) from error
        found = usable(stored, key, kept_model(key))
        if found.carried:
            self.said.append(f"The shape model of {name} has no {found.carried}: carried over from the usual vertebra.")
        return found.model


def stored_models(path: Path) -> StoredModels:
    """Find the models in a file or folder.

    Parameters
    ----------
    path : Path
        An HDF5 file with the name of its level in its own name, such as L3.h5; a folder of such files, or of folders with
        corresponding shapes, named alike; or one such folder.

    Raises
    ------
    ReadError
        If there is nothing of this kind, no level in a name, or two of one level.
    """
    if path.is_file():
        return StoredModels({_level_of_name(path): path}, path.name)
    if not path.is_dir():
        raise ReadError(f"There is no file and no folder {path}.", "Check the name.")
    found = [each for each in sorted(path.iterdir()) if not each.name.startswith(".") and _is_model(each)]
    if not found and holds_shapes(path):
        return StoredModels({_level_of_name(path): path}, path.resolve().name)
    if not found:
        raise ReadError(f"{path} holds no shape model.", f"Known are files {', '.join(HDF5_SUFFIXES)} and folders of shapes.")
    places: dict[int, Path] = {}
    for each in found:
        key = _level_of_name(each)
        if key in places:
            raise ReadError(f"{places[key].name} and {each.name} are both models of {level_of(key).name}.", "Keep one.")
        places[key] = each
    return StoredModels(places, path.resolve().name)


def _is_model(path: Path) -> bool:
    return holds_shapes(path) if path.is_dir() else path.suffix.lower() in HDF5_SUFFIXES


def _level_of_name(path: Path) -> int:
    """Return the level that a name tells."""
    keys = {_NAMES[word.lower()] for word in _WORDS.findall(path.resolve().stem) if word.lower() in _NAMES}
    if len(keys) != 1:
        raise ReadError(f"The name of {path.name} tells no level.", "Call it L3.h5, or the like.")
    return keys.pop()


def _read(place: Path, key: int) -> StatisticalModel:
    if place.is_dir():
        return model_of(read_corresponded(place))
    stored = read_statismo(place)
    if stored.level not in (None, key):
        raise ReadError(
            f"{place.name} is a model of {level_of(stored.level or 0).name}, not of {level_of(key).name}.", "Rename it."
        )
    return stored
