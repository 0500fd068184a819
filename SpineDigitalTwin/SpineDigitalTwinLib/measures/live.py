"""The coronal curves of the points as they are this moment, and the lines that show them. Knows no scene.

Cobb angles need the endplates as planes. Those that a measurement found in the label maps hold until one of their corners is
moved; from then on, and where there was no measurement, an endplate is the plane of its corners. So the angle agrees with the
measurement as long as nothing is moved, and with the next one when something is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from spinetwin.geometry import FloatArray
    from spinetwin.measure.curves import ScolioticCurve
    from spinetwin.measure.known import KnownPlates
    from spinetwin.measure.planes import View
    from spinetwin.measure.subject import Subject

Positions = Mapping[tuple[int, int], "FloatArray"]
"""(level id, point id) to (3,) array, RAS mm."""

REACH_MM = 62.0
"""How far the line of an endplate goes beyond the middle of the body, to the hollow side."""

BEHIND_MM = 22.0
"""How far it goes to the other side: to the rim of the body."""

LEG_MM = 34.0


@dataclass(frozen=True)
class CobbFigure:
    """One curve as it is drawn.

    Attributes
    ----------
    upper, apex, lower : int
        Level ids of the upper end vertebra, the apex and the lower end vertebra.
    side : str
        "right" or "left": where the convexity points.
    angle : float
        Cobb angle in the patient's coronal plane, degrees.
    lines : pair of (2, 3) arrays
        Along the upper and the lower end plate, in that plane, RAS mm.
    corner : (3, 3) array
        End of one leg, vertex and end of the other leg of the same angle beside the apex, RAS mm.
    """

    upper: int
    apex: int
    lower: int
    side: str
    angle: float
    lines: tuple[FloatArray, FloatArray]
    corner: FloatArray


def figures(positions: Positions, known: KnownPlates | None = None) -> tuple[CobbFigure, ...]:
    """Find the curves of points and their lines, from the top; none where too little is placed.

    Parameters
    ----------
    positions : mapping of (level id, point id) to (3,) array
        Placed points, RAS mm.
    known : KnownPlates, optional
        Endplates that a measurement found in the label maps.
    """
    from spinetwin.measure.known import KnownPlates
    from spinetwin.measure.results import MissingInput

    subject = (known or KnownPlates()).subject(positions)
    try:
        return tuple(_figure(subject, curve) for curve in subject.curves)
    except MissingInput:
        return ()


def _figure(subject: Subject, curve: ScolioticCurve) -> CobbFigure:
    spine, view = subject.spine, subject.coronal
    hollow = -1.0 if curve.side == "right" else 1.0
    plates = [spine.plate(curve.upper, "superior"), spine.plate(curve.lower, "inferior")]
    ways = [hollow * _along(view, float(view.tilt(each.normal))) for each in plates]
    upper, lower = (
        np.stack([plate.centre - BEHIND_MM * way, plate.centre + REACH_MM * way])
        for plate, way in zip(plates, ways, strict=True)
    )
    # the lines themselves meet far away; legs of the same directions show the same angle where one looks
    vertex = spine.centre(curve.apex) + hollow * REACH_MM * view.across
    corner = np.stack([vertex - LEG_MM * ways[0], vertex, vertex - LEG_MM * ways[1]])
    return CobbFigure(curve.upper, curve.apex, curve.lower, curve.side, curve.cobb, (upper, lower), corner)


def _along(view: View, tilt: float) -> FloatArray:
    """Return the direction (3,) in a plane of view of an endplate whose normal leans by `tilt` degrees towards `across`."""
    angle = np.radians(tilt)
    return np.asarray(np.cos(angle) * view.across - np.sin(angle) * view.up)


def digest(positions: Positions) -> str:
    """Return a short text that is another one as soon as a point has moved by more than a hundredth of a millimetre."""
    from hashlib import sha256

    keys = sorted(positions)
    places = np.round(np.array([positions[key] for key in keys]).reshape(-1, 3), 2) + 0.0
    return sha256(np.array(keys, dtype=np.int64).tobytes() + places.tobytes()).hexdigest()[:16]
