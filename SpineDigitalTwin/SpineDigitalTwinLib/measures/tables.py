"""The measurements, and what changed, as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import slicer
from slicer.i18n import tr as _

from .. import rolenodes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spinetwin.measure.changes import Change
    from spinetwin.measure.results import Measurement, Measurements

TABLE, CHANGES = "table", "changes"


def statusOf(measured: Measurement) -> str:
    """Return "ok", "suspect" for what rests on suspect points, or "missing"."""
    if measured.missing:
        return "missing"
    return "suspect" if "suspect" in measured.reason else "ok"


def placeOf(measured: Measurement) -> str:
    """Return the level, the curve, or the spine."""
    from spinetwin.anatomy import level

    if measured.level is not None:
        return level(measured.level).name
    return _("spine") if measured.curve is None else _("curve {number}").format(number=measured.curve)


def addTable(found: Measurements) -> slicer.vtkMRMLTableNode:
    """Put the measurements into the scene as a table, one row each; an earlier one is replaced."""
    from spinetwin.measure.table import label_of
    from spinetwin.report.measures.numbers import number

    node = rolenodes.ensure("vtkMRMLTableNode", TABLE, _("Spine measurements"))
    every = list(found)
    parts = [" ".join(part for part in (each.side, each.part.replace("_", " ")) if part) for each in every]
    columns = {
        _("Level"): [placeOf(each) for each in every],
        _("Quantity"): [label_of(each.name) for each in every],
        _("Part"): parts,
        _("Value"): [each.text if each.value is None else number(each.value, each.unit) for each in every],
        "±": ["" if each.uncertainty is None else number(each.uncertainty, each.unit) for each in every],
        _("Unit"): [each.unit for each in every],
        _("Status"): [statusOf(each) for each in every],
        _("Reason"): [each.reason for each in every],
    }
    rolenodes.fillTable(node, columns)
    return node


def addChanges(different: Iterable[Change]) -> slicer.vtkMRMLTableNode:
    """Put the changes from one study to the next into the scene as a table; an earlier one is replaced."""
    from spinetwin.measure.table import label_of
    from spinetwin.report.measures.numbers import number

    node = rolenodes.ensure("vtkMRMLTableNode", CHANGES, _("Spine measurements, changes"))
    every = list(different)
    sure = {None: "", True: _("yes"), False: _("no")}
    columns = {
        _("Level"): [placeOf(each.after) for each in every],
        _("Quantity"): [label_of(each.after.name) for each in every],
        _("Before"): [number(each.before.value or 0.0, each.before.unit) for each in every],
        _("After"): [number(each.after.value or 0.0, each.after.unit) for each in every],
        _("Change"): [number(each.difference, each.after.unit) for each in every],
        "±": ["" if each.uncertainty is None else number(each.uncertainty, each.after.unit) for each in every],
        _("Beyond the uncertainty"): [sure[each.sure] for each in every],
        _("Unit"): [each.after.unit for each in every],
    }
    rolenodes.fillTable(node, columns)
    return node
