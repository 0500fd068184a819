"""From coarse to fine: what is fitted when, a row of `stages.csv` each.

``pixel_mm`` is the size of a pixel at the patient, ``modes`` how many modes may change (0: poses only), ``robust_mm`` the way
through bone beyond which a difference counts less, ``prior`` and ``landmark`` how much the spread of the shapes and the clicked
landmarks weigh.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..anatomy.tables import read_table


@dataclass(frozen=True)
class Stage:
    """One row of the table."""

    pixel_mm: float
    modes: int
    iterations: int
    robust_mm: float
    prior: float
    landmark: float


STAGES = tuple(
    Stage(
        float(row["pixel_mm"]),
        int(row["modes"]),
        int(row["iterations"]),
        float(row["robust_mm"]),
        float(row["prior"]),
        float(row["landmark"]),
    )
    for row in read_table("stages.csv", __package__)
)
