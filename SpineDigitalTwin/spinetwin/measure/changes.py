"""What changed from one study of a person to the next."""

from __future__ import annotations

from dataclasses import dataclass

from .results import Measurement, Measurements

SURE = 1.96
"""Standard deviations beyond which a change is more than the points' uncertainty (95 %)."""


@dataclass(frozen=True)
class Change:
    """One quantity in two studies.

    Attributes
    ----------
    before, after : Measurement
        The same quantity and place, both with a number.
    """

    before: Measurement
    after: Measurement

    @property
    def difference(self) -> float:
        """After less before, in the unit of the quantity."""
        return (self.after.value or 0.0) - (self.before.value or 0.0)

    @property
    def uncertainty(self) -> float | None:
        """Standard deviation of the difference; None where either study has none."""
        if self.before.uncertainty is None or self.after.uncertainty is None:
            return None
        return float((self.before.uncertainty**2 + self.after.uncertainty**2) ** 0.5)

    @property
    def sure(self) -> bool | None:
        """Whether it changed by more than the uncertainty of the points explains; None where that is not known."""
        return None if self.uncertainty is None else abs(self.difference) > SURE * self.uncertainty


def changes(before: Measurements, after: Measurements) -> tuple[Change, ...]:
    """Return the change of every number that both studies have, in the order of the later one.

    Curves are paired by their number only where both studies have equally many; otherwise they are left out, because the first
    curve of one study may be the second of the other.
    """
    same_curves = _curves(before) == _curves(after)
    earlier = {each.key: each for each in before if each.value is not None}
    return tuple(
        Change(earlier[each.key], each)
        for each in after
        if each.value is not None and each.key in earlier and (each.curve is None or same_curves)
    )


def _curves(found: Measurements) -> int:
    return len({each.curve for each in found if each.curve is not None})
