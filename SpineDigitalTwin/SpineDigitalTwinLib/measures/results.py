"""The results of measuring, kept in the scene as the text that the file has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slicer.i18n import tr as _

from .. import rolenodes
from ..running.folders import existing

if TYPE_CHECKING:
    from spinetwin.measure.known import KnownPlates
    from spinetwin.measure.results import Measurements

NOW, EARLIER = "now", "earlier"
"""The two studies that a scene can hold."""

PLATES = "endplates"


_TEXT = "vtkMRMLTextNode"
_POINTS = "SpineDigitalTwin.points"
_ABOUT = "SpineDigitalTwin.about"


@dataclass(frozen=True)
class Study:
    """The measurements of one time.

    Attributes
    ----------
    found : Measurements
    about : str
        Where they come from, for people.
    points : str
        What `live.digest` said of the points that were measured; "" for another person's, or another time's.
    """

    found: Measurements
    about: str
    points: str = ""


def read(path: str | Path) -> Measurements | None:
    """Read a file of measurements; None for a JSON file, or any other, that holds something else, such as points.

    Raises
    ------
    ReadError
        If it cannot be read, or holds measurements that are damaged.
    """
    from spinetwin.io.measurements import FORMAT, measurements_in
    from spinetwin.io.texts import read_json

    if not str(path).lower().endswith(".json"):
        return None
    content = read_json(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        return None
    return measurements_in(content, Path(path).name)


def keep(which: str, path: str | Path, about: str, points: str = "") -> None:
    """Keep a file of measurements in the scene, in place of the one that is there.

    Parameters
    ----------
    which : {"now", "earlier"}
    path : path
        Written by `spinetwin.io.measurements.write_measurements`.
    about, points : str
        As for `Study`.
    """
    names = {NOW: _("Spine measurements"), EARLIER: _("Spine measurements, earlier")}
    node = rolenodes.ensure(_TEXT, which, names[which])
    was = node.StartModify()
    node.SetText(Path(path).read_text(encoding="utf-8"))
    node.SetAttribute(_ABOUT, about)
    node.SetAttribute(_POINTS, points)
    node.HideFromEditorsOn()
    node.EndModify(was)


def keepEndplates(path: str | Path) -> None:
    """Keep the endplates that the worker saw, for the angles that follow the points."""
    node = rolenodes.ensure(_TEXT, PLATES, _("Spine measurements, endplates"))
    node.SetText(Path(path).read_text(encoding="utf-8"))
    node.HideFromEditorsOn()


def endplates() -> KnownPlates | None:
    """Return the endplates of the latest measurement; None where there are none, or loaded ones are damaged."""
    from spinetwin.errors import ReadError
    from spinetwin.io.endplates import endplates_in

    node = rolenodes.find(_TEXT, PLATES)
    if node is None or not node.GetText():
        return None
    try:
        return endplates_in(node.GetText(), node.GetName())
    except ReadError:
        return None


def forget(which: str) -> None:
    """Take a study out of the scene."""
    rolenodes.remove(_TEXT, [which])


def stamp(which: str) -> tuple[str, int]:
    """Return what is another one whenever the study of the scene is another one; without one, nothing but ("", 0)."""
    node = rolenodes.find(_TEXT, which)
    return ("", 0) if node is None else (node.GetID(), node.GetMTime())


def study(which: str) -> Study | None:
    """Return a study of the scene; None where there is none, or a loaded one is damaged."""
    from spinetwin.errors import ReadError
    from spinetwin.io.measurements import measurements_in

    node = rolenodes.find(_TEXT, which)
    if node is None or not node.GetText():
        return None
    try:
        found = measurements_in(json.loads(node.GetText()), node.GetName())
    except (ValueError, RecursionError, ReadError):
        return None
    return Study(found, node.GetAttribute(_ABOUT) or "", node.GetAttribute(_POINTS) or "")


def export(study: Study, folder: Path, name: str, report: Path | None) -> list[Path]:
    """Write a study as JSON and as a table, and its report where there is one; each file is there whole or not at all.

    Parameters
    ----------
    folder : Path
    name : str
        The files are called NAME_measurements.json, .csv and .html.
    report : Path or None
        The page that goes with it.

    Raises
    ------
    WriteError
        If a file cannot be written.
    """
    from spinetwin.io.atomic import write_text
    from spinetwin.io.measurements import write_measurements, write_measurements_table

    files = [existing(folder) / f"{name}_measurements{suffix}" for suffix in (".json", ".csv")]
    write_measurements(files[0], study.found, about=study.about)
    write_measurements_table(files[1], study.found)
    if report is not None:
        files.append(folder / f"{name}_{report.name}")
        write_text(files[-1], report.read_text(encoding="utf-8"))
    return files
