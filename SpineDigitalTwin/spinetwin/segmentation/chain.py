"""Which presacral vertebrae a person has, and what a renumbering calls each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..anatomy import LEVELS, Level, level
from ..errors import ParameterError

MOST_THORACIC = 13
MOST_LUMBAR = 6


@dataclass(frozen=True)
class Chain:
    """The presacral vertebrae of one person.

    Attributes
    ----------
    thoracic : int
        11 to 13; 13 where there is a T13.
    lumbar : int
        4 to 6; 6 where there is an L6, 4 where the sacrum begins below L4.
    """

    thoracic: int = 12
    lumbar: int = 5

    def __post_init__(self) -> None:
        if not 11 <= self.thoracic <= MOST_THORACIC:
            raise ParameterError(f"A spine with {self.thoracic} thoracic vertebrae is not known.", "There are 11 to 13.")
        if not 4 <= self.lumbar <= MOST_LUMBAR:
            raise ParameterError(f"A spine with {self.lumbar} lumbar vertebrae is not known.", "There are 4 to 6.")

    @classmethod
    def of(cls, present: Iterable[int]) -> Chain:
        """Return the usual chain, with T13 and L6 where these labels are present."""
        labels = set(present)
        return cls(13 if level("T13").id in labels else 12, 6 if level("L6").id in labels else 5)

    @property
    def levels(self) -> tuple[Level, ...]:
        """From C1 to the lowest lumbar vertebra."""
        counts = {"cervical": 7, "thoracic": self.thoracic, "lumbar": self.lumbar}
        return tuple(each for region, count in counts.items() for each in _of_region(region)[:count])

    def moved(self, label: int, steps: int) -> int:
        """Return the label that lies `steps` below another one (above for negative steps).

        Raises
        ------
        ParameterError
            If there is none, or the label is no vertebra of this chain.
        """
        ids = [each.id for each in self.levels]
        if label not in ids:
            raise ParameterError(f"{level(label).name} is no vertebra of this spine.", "Change the numbers of its vertebrae.")
        at = ids.index(label) + steps
        if not 0 <= at < len(ids):
            end = "above C1" if at < 0 else f"below {self.levels[-1].name}"
            raise ParameterError(
                f"{level(label).name} would come to lie {end}.", "Change the numbers of vertebrae, or choose another name."
            )
        return ids[at]


def _of_region(region: str) -> list[Level]:
    return [each for each in LEVELS if each.region == region]


def is_presacral(label: int) -> bool:
    """Say whether a label is a vertebra above the sacrum."""
    return any(each.id == label and each.region in ("cervical", "thoracic", "lumbar") for each in LEVELS)


def presacral(present: Iterable[int]) -> list[int]:
    """Return the labels of vertebrae above the sacrum, from the top."""
    return sorted((each for each in present if is_presacral(each)), key=lambda label: level(label).order)


def shifted(present: Iterable[int], steps: int, chain: Chain) -> dict[int, int]:
    """Return the new label of every presacral vertebra when all names move down by `steps` (up for negative ones).

    Parameters
    ----------
    present : iterable of int
        Labels of the vertebrae in the map. The sacrum keeps its name.
    steps : int
        1 turns L3 into L4.
    chain : Chain
        The vertebrae of this person.

    Raises
    ------
    ParameterError
        If a vertebra would come to lie above C1 or on the sacrum.
    """
    return {label: chain.moved(label, steps) for label in presacral(present)}


def renamed(present: Iterable[int], old: int, new: int, chain: Chain) -> dict[int, int]:
    """Return the new labels when one vertebra gets another name and all others move along.

    Gaps in the chain stay gaps: a vertebra that the segmentation missed is still missing.

    Raises
    ------
    ParameterError
        As `shifted`; or if a name belongs to the sacrum.
    """
    ids = [each.id for each in chain.levels]
    for label in (old, new):
        if label not in ids:
            raise ParameterError(
                f"{level(label).name} is no vertebra of a spine with {chain.thoracic} thoracic and {chain.lumbar} lumbar ones.",
                "Choose another name, or change these numbers.",
            )
    return shifted(present, ids.index(new) - ids.index(old), chain)


def recounted(present: Iterable[int], old: Chain, new: Chain, *, from_sacrum: bool) -> dict[int, int]:
    """Return the new labels when the person turns out to have other numbers of thoracic or lumbar vertebrae.

    Parameters
    ----------
    present : iterable of int
        Labels of the vertebrae in the map.
    old, new : Chain
        The numbers that the labels follow now, and those that they are to follow.
    from_sacrum : bool
        Count upwards from the sacrum instead of downwards from C1.

    Examples
    --------
    >>> ids = [level(name).id for name in ("T11", "T12", "L1")]
    >>> mapping = recounted(ids, Chain(), Chain(thoracic=13), from_sacrum=False)
    >>> [level(mapping[each]).name for each in ids]
    ['T11', 'T12', 'T13']
    """
    before, after = [each.id for each in old.levels], [each.id for each in new.levels]
    offset = len(after) - len(before) if from_sacrum else 0
    mapping = {}
    for label in presacral(present):
        if label not in before:
            raise ParameterError(f"{level(label).name} is no vertebra of the spine as it is numbered now.")
        at = before.index(label) + offset
        if not 0 <= at < len(after):
            side = "sacrum" if from_sacrum else "top"
            raise ParameterError(
                f"There are more vertebrae than a spine with {new.thoracic} thoracic and {new.lumbar} lumbar ones has.",
                f"Counted from the {side}, {level(label).name} would have no name left.",
            )
        mapping[label] = after[at]
    return mapping


def changes(mapping: Mapping[int, int]) -> dict[int, int]:
    """Return only what a mapping changes."""
    return {old: new for old, new in mapping.items() if old != new}
