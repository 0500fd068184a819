"""Visual quality control in the scene: the reader's verdicts, kept with it, and the views that each level is shown in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import slicer

from . import navigation, pointnodes

if TYPE_CHECKING:
    from spinetwin.poi.review import Review

TEXT = "SpinePOI.review"

_NODE = "vtkMRMLTextNode"


@dataclass(frozen=True)
class FixedView:
    """One of the views that every level is looked at in: where its camera stands, seen from the vertebra."""

    name: str
    direction: str


FIXED_VIEWS = (FixedView("back", "P"), FixedView("right", "R"), FixedView("left", "L"), FixedView("top", "S + 0.3 P"))


def lookAt(level: int, view: FixedView = FIXED_VIEWS[0]) -> bool:
    """Show a level as every level is shown: slices along its axes at a fixed zoom, and 3D from a fixed side."""
    node = pointnodes.nodes().get(level)
    frame = pointnodes.frameOf(node) if node is not None else None
    if frame is None:
        return False
    navigation.jumpToVertebra(frame)
    navigation.zoomTo()
    navigation.look3D(frame, view.direction)
    return True


def judge(level: int, verdict: str, reader: str = "") -> Review:
    """Write down what a reader thinks of a level; the notes that there are stay.

    Parameters
    ----------
    level : int
    verdict : {"accept", "suspect", "reject"}
    reader : str
    """
    from spinetwin.poi.review import Record, Verdict

    now = datetime.now().astimezone().isoformat(timespec="seconds")
    review = current()
    before = review.records.get(level)
    return _keep(review.with_record(Record(level, Verdict(verdict), before.notes if before else "", reader, now)))


def note(level: int, notes: str) -> Review:
    """Write notes on a level that has been judged.

    Raises
    ------
    ParameterError
        If it has not.
    """
    return _keep(current().with_notes(level, notes))


def withdraw(level: int) -> Review:
    """Take a verdict back."""
    return _keep(current().without(level))


def current() -> Review:
    """Return the verdicts of the scene."""
    from spinetwin.poi.review import Review, from_csv

    node = _find()
    return from_csv(node.GetText()) if node is not None and node.GetText() else Review()


def nextOpen(level: int | None) -> int | None:
    """Return the next level below that nobody has judged, else the first from the top; None when all are judged."""
    levels = list(pointnodes.nodes())
    start = levels.index(level) + 1 if level in levels else 0
    left = current().open_levels([*levels[start:], *levels[:start]])
    return left[0] if left else None


def save(path: str | Path) -> None:
    """Write the verdicts as CSV, one row for every level of the scene.

    Raises
    ------
    WriteError
        If the file cannot be written.
    """
    from spinetwin.io.atomic import write_text
    from spinetwin.poi.review import to_csv

    write_text(Path(path), to_csv(current(), pointnodes.readAll()))


def _keep(review: Review) -> Review:
    """Keep the verdicts in a text node, so that they are saved with the scene."""
    from spinetwin.poi import PoiSet
    from spinetwin.poi.review import to_csv

    node = _find()
    if node is None:
        node = slicer.mrmlScene.AddNewNodeByClass(_NODE, "Spine POI review")
        node.SetAttribute(TEXT, "1")
        node.HideFromEditorsOn()
    node.SetText(to_csv(review, PoiSet.of([])))
    return review


def _find() -> slicer.vtkMRMLTextNode | None:
    return next((node for node in slicer.util.getNodesByClass(_NODE) if node.GetAttribute(TEXT)), None)
