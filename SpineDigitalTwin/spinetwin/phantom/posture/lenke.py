"""The six curve types of adolescent idiopathic scoliosis, as presets.

References
----------
Lenke LG et al. (2001) Adolescent idiopathic scoliosis: a new classification to determine extent of spinal arthrodesis.
J Bone Joint Surg Am 83:1169-1181. Apexes: proximal thoracic T3-T5, main thoracic T6 to the disc T11/T12, thoracolumbar T12-L1,
lumbar from the disc L1/L2 to L4. The relative sizes in ``lenke.csv`` are ours, within what the definition allows.
"""

from __future__ import annotations

from ...anatomy.tables import read_table
from ...errors import ParameterError
from .parameters import Curve, within

_ROWS = tuple(read_table("lenke.csv", __package__))

LENKE_TYPES: dict[int, str] = {int(row["type"]): row["name"] for row in _ROWS}
"""Name of each type."""


def lenke_curves(kind: int, cobb: float) -> tuple[Curve, ...]:
    """Return the curves of a Lenke type, from the top.

    Parameters
    ----------
    kind : int
        1 to 6.
    cobb : float
        Cobb angle of the largest curve, degrees.

    Raises
    ------
    ParameterError
        If there is no such type, or the angle is not between 10 (less is no scoliosis) and 80 degrees.

    Examples
    --------
    >>> [(curve.apex, curve.side, round(curve.cobb)) for curve in lenke_curves(5, 40)]
    [('T7', 'right', 11), ('L1', 'left', 40)]
    """
    if kind not in LENKE_TYPES:
        raise ParameterError(f"There is no Lenke type {kind!r}.", "Types go from 1 to 6.")
    within("The Cobb angle of a Lenke type", cobb, 10.0, 80.0, "degrees")
    return tuple(
        Curve(
            cobb=cobb * float(row["relative_cobb"]),
            apex=row["apex"],
            side=row["side"],
            half_length=int(row["half_length"]),
            structural=row["structural"] == "yes",
        )
        for row in _ROWS
        if int(row["type"]) == kind
    )
