"""Reading the rule tables: `paper.csv` is whole, `tptbox.csv` holds only the rows that differ.

A second row of a point in one table is an exception: it holds at its levels, the first row at all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from ...anatomy import level as level_of
from ...anatomy import levels_between, point
from ...anatomy.tables import read_table
from ...errors import ParameterError

_TABLES = {"paper": ("paper.csv",), "tptbox": ("paper.csv", "tptbox.csv")}
RULE_SETS: tuple[str, ...] = tuple(_TABLES)
"""Names of the rule sets; the first is the default."""

RULES_VERSION = 1
"""Raised whenever a row or the code that carries it out changes a result."""


@dataclass(frozen=True)
class Rule:
    """How one point is found.

    Attributes
    ----------
    id : int
        The point.
    kind : str
        Which function of `spinetwin.poi.kinds` carries it out.
    start : int or None
        The point that the search starts from.
    shift : float
        How far the start is first shifted to the right, in units of the level's shift (see `LevelContext.shift`);
        negative to the left. "R", "L" and "0.5 R" in the table are 1, -1 and 0.5.
    direction : str
        Direction in the vertebra's frame, such as "I + 0.2 P"; two, joined by "&", for a corner.
    mask : tuple of int
        Subregion labels that together make up the searched mask.
    target : tuple of int
        What the kind needs besides: points that give a height or a goal, or the labels of the facing mask.
    levels : frozenset of int
        Level ids the rule applies to.
    """

    id: int
    kind: str
    start: int | None
    shift: float
    direction: str
    mask: tuple[int, ...]
    target: tuple[int, ...]
    levels: frozenset[int]


@dataclass(frozen=True)
class RuleSet:
    """A named, versioned table of rules; `source` is what each computed point carries as its provenance.

    Attributes
    ----------
    name : str
    rules : mapping of point id to Rule
        How each point is found at most of its levels.
    exceptions : mapping of (level id, point id) to Rule
        How it is found at some of them instead.
    """

    name: str
    rules: Mapping[int, Rule]
    exceptions: Mapping[tuple[int, int], Rule] = field(default_factory=dict)

    def of_level(self, level: int) -> list[Rule]:
        """Return the rules that apply to a level.

        Examples
        --------
        >>> [[each.direction for each in rule_set().of_level(level) if each.id == 121] for level in (2, 3)]
        [['S + 0.4 R'], ['S']]
        """
        return [self.exceptions.get((level, rule.id), rule) for rule in self.rules.values() if level in rule.levels]

    @property
    def source(self) -> str:
        """Name and version, such as "paper 1"."""
        return f"{self.name} {RULES_VERSION}"


def _ids(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("+") if part)


def _shift(text: str) -> float:
    factor, side = text[:-1].strip(), text[-1:]
    return {"R": 1.0, "L": -1.0, "": 0.0}[side] * float(factor or 1.0)


def _levels(text: str) -> frozenset[int]:
    first, _, last = text.partition("-")
    return frozenset(each.id for each in levels_between(level_of(first), level_of(last or first)))


def _rule(row: dict[str, str]) -> Rule:
    return Rule(
        id=point(row["id"]).id,
        kind=row["kind"],
        start=int(row["start"]) if row["start"] else None,
        shift=_shift(row["shift"]),
        direction=row["direction"],
        mask=_ids(row["mask"]),
        target=_ids(row["target"]),
        levels=_levels(row["levels"]),
    )


@cache
def rule_set(name: str = "paper") -> RuleSet:
    """Return a rule set by name.

    Raises
    ------
    ParameterError
        If there is no such rule set.

    Examples
    --------
    >>> rule_set("paper").rules[81].direction, rule_set("tptbox").rules[81].direction
    ('I + 0.2 P', 'P + 0.2 I')
    """
    if name not in _TABLES:
        raise ParameterError(f"There is no rule set {name!r}.", f"Choose one of: {', '.join(RULE_SETS)}.")
    rules: dict[int, Rule] = {}
    exceptions: dict[tuple[int, int], Rule] = {}
    for table in _TABLES[name]:
        seen: set[int] = set()
        for rule in (_rule(row) for row in read_table(table, __package__)):
            if rule.id in seen:
                exceptions |= {(each, rule.id): rule for each in rule.levels}
            else:
                rules[rule.id] = rule
            seen.add(rule.id)
    return RuleSet(name, MappingProxyType(rules), MappingProxyType(exceptions))
