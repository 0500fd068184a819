"""What makes one vertebra different from what its row of dimensions says: wedging, development, disease, surgery.

Everything here works on finished parts, whatever solids they are made of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .parts import Part
from .solids import Body


@dataclass(frozen=True)
class Alteration:
    """Changes of one vertebra.

    Attributes
    ----------
    wedge : float
        Lateral wedge of the body in degrees, positive where its left side is higher.
    """

    wedge: float = 0.0

    @property
    def symmetric(self) -> bool:
        """Whether the changes are the same on both sides."""
        return self.wedge == 0.0

    def of_body(self, body: Body) -> Body:
        """Return the changed body."""
        return replace(body, lateral=-float(np.tan(np.radians(self.wedge / 2)))) if self.wedge else body

    def of_parts(self, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        """Return the changed parts."""
        return tuple(replace(part, solid=self.of_body(part.solid)) if isinstance(part.solid, Body) else part for part in parts)


NOTHING = Alteration()
"""No change."""
