"""Points and strands as plain tables, for programs that build their own model: OpenSim Creator and Simpack."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ..anatomy import level as level_of
from ..anatomy import point as point_of
from ..biomechanics.mechanism import Mechanism, resting_name
from ..geometry import FloatArray
from .atomic import write_text
from .opensim import opensim_points
from .texts import PathLike

LANDMARK_COLUMNS = ("name", "x", "y", "z")
"""Of the landmarks of OpenSim Creator (``LandmarkHelpers.cpp``): a header, and a name and three numbers in each row."""
POINT_COLUMNS = ("point", "body", "x mm", "y mm", "z mm", "x in body mm", "y in body mm", "z in body mm")
STRAND_COLUMNS = ("strand", "upper point", "lower point", "slack length mm", "law (strain:force N)")
MUSCLE_COLUMNS = (
    "muscle",
    "points",
    "strength N",
    "force in the task N",
    "slack length at rest mm",
    "law at rest (strain:force N)",
)
"""A fascicle at rest resists along its own path; both last columns are empty where it does not."""


def write_landmarks(path: PathLike, points: Mapping[tuple[int, int], FloatArray]) -> None:
    """Write points as landmarks of OpenSim Creator: metres; x forward, y up, z to the right, as in the exported model.

    Parameters
    ----------
    path : path
        ``.csv``.
    points : mapping of (level id, point id) to (3,) array
        RAS mm.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    rows = ([f"{level_of(key).name}_{point_of(poi).name}", *_told(opensim_points(at))] for (key, poi), at in points.items())
    _write(path, LANDMARK_COLUMNS, rows)


def write_simpack_points(path: PathLike, mechanism: Mechanism) -> None:
    """Write origins, joints and attachments with their bodies for Simpack: mm, as imaged (RAS) and along the axes of the body.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    _write(path, POINT_COLUMNS, _point_rows(mechanism))


def write_simpack_strands(path: PathLike, mechanism: Mechanism) -> None:
    """Write the strands of ligaments as pairs of points for Simpack, each with its law.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    bands = mechanism.bands
    rows = (
        [name, f"{name}_P1", f"{name}_P2", repr(float(slack)), _law(curve)]
        for name, slack, curve in zip(bands.names, bands.slack_mm, bands.curves, strict=True)
    )
    _write(path, STRAND_COLUMNS, rows)


def write_simpack_muscles(path: PathLike, mechanism: Mechanism) -> None:
    """Write the fascicles for Simpack: their points from end to end, what they pull with, and how they resist at rest.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    strings, resting = mechanism.strings, mechanism.resting
    at_rest = {
        name: (repr(float(slack)), _law(curve))
        for name, slack, curve in zip(resting.names, resting.slack_mm, resting.curves, strict=True)
    }
    rows = (
        [
            name,
            " ".join(f"{name}_P{number + 1}" for number in range(len(path_points))),
            repr(float(strength)),
            repr(float(force)),
            *at_rest.get(resting_name(name), ("", "")),
        ]
        for name, path_points, strength, force in zip(
            strings.names, strings.points, strings.strengths, strings.forces, strict=True
        )
    )
    _write(path, MUSCLE_COLUMNS, rows)


def write_remarks(path: PathLike, mechanism: Mechanism) -> None:
    """Write what to know of a model in a task as text, for tables beside it whose readers take no comments.

    Raises
    ------
    WriteError
        As `spinetwin.io.atomic.atomic_write`.
    """
    write_text(path, "\n".join([mechanism.title, *mechanism.notes, ""]))


def _law(curve: FloatArray) -> str:
    return " ".join(f"{strain:.9g}:{force:.9g}" for strain, force in curve)


def _point_rows(mechanism: Mechanism) -> Iterable[Sequence[object]]:
    bodies, joints = mechanism.bodies, mechanism.joints
    numbers = range(len(bodies.names))
    yield from (_point_row(mechanism, f"origin_{bodies.names[at]}", at, bodies.origins[at]) for at in numbers)
    yield from (_point_row(mechanism, f"joint_{joints.names[at]}", at, joints.centres[at]) for at in numbers[1:])
    for held in (mechanism.bands, mechanism.strings):
        for name, carriers, path in zip(held.names, held.owners, held.points, strict=True):
            for number, (owner, point) in enumerate(zip(carriers, path, strict=True)):
                yield _point_row(mechanism, f"{name}_P{number + 1}", int(owner), point)


def _point_row(mechanism: Mechanism, name: str, owner: int, point: FloatArray) -> Sequence[object]:
    bodies = mechanism.bodies
    return [name, bodies.names[owner], *_told(point), *_told(bodies.axes[owner] @ (point - bodies.origins[owner]))]


def _told(point: FloatArray) -> list[str]:
    return [repr(float(each)) for each in np.asarray(point)]


def _write(path: PathLike, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_text(path, text.getvalue())
