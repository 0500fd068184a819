"""What a clinician reads first: a row for each curve and each angle of posture, and what changed. Knows no Qt, no scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from slicer.i18n import tr as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spinetwin.measure.changes import Change
    from spinetwin.measure.results import Measurement, Measurements

    from .live import CobbFigure

POSTURE = (
    "kyphosis_t4_t12",
    "kyphosis_t1_t12",
    "lordosis_l1_s1",
    "sacral_slope",
    "pelvic_incidence",
    "coronal_balance",
    "sagittal_vertical_axis",
)
"""Quantities of the summary below the curves; one that is missing keeps its row, with the reason."""

FIRST = ("cobb_patient", *POSTURE)
"""Quantities whose change is told first."""


@dataclass(frozen=True)
class Row:
    """One row of the summary.

    Attributes
    ----------
    what, value, note, more : str
        What it is, its value, what to know about it, and more of that.
    bold : bool
        Whether it is what is asked for most.
    missing : bool
        Whether there is no value; the note is the reason.
    """

    what: str
    value: str
    note: str = ""
    more: str = ""
    bold: bool = False
    missing: bool = False


@dataclass(frozen=True)
class ChangeRow:
    """One row of a comparison; `sure` where it is more than the uncertainty of the points explains."""

    what: str
    before: str
    after: str
    change: str
    sure: bool


def summary(found: Measurements) -> list[Row]:
    """Return the rows from the most asked for to the least; what is missing comes last, with its reason."""
    posture = list(_posture(found))
    missing = [row for row in posture if row.missing]
    return [*_curves(found), *_lenke(found), *(row for row in posture if not row.missing), *missing]


def _curves(found: Measurements) -> Iterator[Row]:
    from spinetwin.report.measures.numbers import said

    curves = [each for each in found.of("cobb_patient") if each.curve is not None and not each.missing]
    for each in curves:
        ends, apex, side = (said(found.get(name, curve=each.curve)) for name in ("curve_ends", "curve_apex", "curve_side"))
        what = _("Cobb {ends}, to the {side}").format(ends=ends, side=_(side))
        yield Row(what, said(each), each.reason, bold=True)
        for name, text in (("apical_rotation", _("rotation of {apex}")), ("apical_translation", _("translation of {apex}"))):
            measured = found.get(name, curve=each.curve)
            yield Row(f"   {text.format(apex=apex)}", said(measured), measured.reason if measured is not None else "")
    if not curves:
        reasons = {each.reason for each in found.of("cobb_patient") if each.reason}
        yield Row(_("Scoliosis"), _("no curve of 10° or more") if not reasons else "–", "; ".join(sorted(reasons)), bold=True)


def _lenke(found: Measurements) -> Iterator[Row]:
    for each in found.of("lenke_type"):
        if not each.missing:
            yield Row(_("Lenke type (suggestion)"), each.text, each.reason.partition("; ")[0], each.reason)


def _posture(found: Measurements) -> Iterator[Row]:
    from spinetwin.measure.table import label_of
    from spinetwin.report.measures.numbers import said

    for name in POSTURE:
        for each in found.of(name):
            yield Row(label_of(name), said(each), each.reason, missing=each.missing)


def changesFirst(different: Iterable[Change], now: Measurements) -> list[ChangeRow]:
    """Return the changes: those of curves and posture, then those beyond the uncertainty, the surest first.

    Parameters
    ----------
    different : iterable of Change
    now : Measurements
        The later study, which names the curves.
    """
    from spinetwin.measure.changes import SURE
    from spinetwin.report.measures.numbers import number, said

    every = list(different)
    first = [each for each in every if each.after.name in FIRST]
    rest = [each for each in every if each.after.name not in FIRST and each.sure]
    rest.sort(key=lambda each: -abs(each.difference) / (SURE * (each.uncertainty or 1.0)))
    rows = []
    for each in (*first, *rest):
        unit = each.after.unit
        change = f"{'+' if each.difference > 0 else ''}{number(each.difference, unit)}"
        rows.append(ChangeRow(_nameOf(each.after, now), said(each.before), said(each.after), change, bool(each.sure)))
    return rows


def _nameOf(measured: Measurement, found: Measurements) -> str:
    from spinetwin.measure.table import label_of
    from spinetwin.report.measures.numbers import said

    if measured.name == "cobb_patient":
        return _("Cobb {ends}").format(ends=said(found.get("curve_ends", curve=measured.curve)))
    return label_of(measured.name) + ("" if measured.where == "spine" else f", {measured.where}")


def live(figures: Iterable[CobbFigure]) -> str:
    """Say the Cobb angles of the points as they are now, on one line."""
    from spinetwin.anatomy import level

    said = [f"{level(each.upper).name}-{level(each.lower).name} {each.angle:.1f}°" for each in figures]
    return _("Now: {angles}").format(angles=", ".join(said)) if said else _("No curve of 10° or more")
