"""What people's spines have beside the usual: variants of development, fractures, wear, surgery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...anatomy import level, parse_levels
from ...anatomy.tables import read_table
from ...errors import ParameterError
from ..person.dimensions import Dimensions

EXTRA = {"T13": "T13", "L6": "L6"}
"""Kinds that add a level, and which."""

MISSING = {"four-lumbar": "L5"}
"""Kinds that take a level away, and which."""

_SIDED = "asymmetric-arch"
_PERCENT = "listhesis"
_BESIDE_A_BODY = {"listhesis": 1, "osteophytes": 0}
"""Kinds whose size is limited by the depth of a body, and how many levels below their own it is."""

MOST_OF_A_BODY = 45.0
"""Most of the depth of a body that a slip over it or lips around it may have, %: beyond, facets and canals have no room."""

_EXCLUSIVE = ({"L6", "four-lumbar"}, {"T13", "four-lumbar"}, {"bifida", "laminectomy"}, {"block", "listhesis"})


@dataclass(frozen=True)
class VariantKind:
    """A kind of variant, a row of ``variants.csv``.

    Attributes
    ----------
    name : str
        What it is called.
    levels : tuple of str
        Where it can be; empty where it concerns the spine as a whole.
    level : str
        Where it is if nothing is said.
    amount, least, most : float or None
        Usual size and its limits, None where it has no size.
    unit : str
        "mm", or "" for a part of the whole.
    what : str
        In words.
    """

    name: str
    levels: tuple[str, ...]
    level: str
    amount: float | None
    least: float | None
    most: float | None
    unit: str
    what: str


def _kind(row: dict[str, str]) -> VariantKind:
    levels = tuple(each.name for each in parse_levels(row["levels"])) if row["levels"] else ()
    amount, least, most = (float(row[column]) if row[column] else None for column in ("amount", "least", "most"))
    return VariantKind(row["kind"], levels, row["level"], amount, least, most, row["unit"], row["what"])


VARIANT_KINDS: dict[str, VariantKind] = {row["kind"]: _kind(row) for row in read_table("variants.csv", __package__)}
"""Every kind by name."""


@dataclass(frozen=True)
class Variant:
    """One variant of one spine; what is left out becomes what is usual for its kind.

    Attributes
    ----------
    kind : str
        One of `VARIANT_KINDS`.
    level : str
        Where.
    amount : float, optional
        How much, in `unit`; None for a kind without a size.
    side : str
        "left" or "right" for a kind that has a side.
    unit : str
        "mm", "%" (a slip in per cent of the depth of the body below), or "" for a part of the whole.
    """

    kind: str
    level: str = ""
    amount: float | None = None
    side: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        kind = VARIANT_KINDS.get(self.kind)
        if kind is None:
            raise ParameterError(f"There is no variant {self.kind!r}.", f"Known are {', '.join(VARIANT_KINDS)}.")
        self._set("level", level(self.level or kind.level).name if kind.levels else self.level)
        self._set("unit", self.unit or kind.unit)
        self._set("amount", kind.amount if self.amount is None else self.amount)
        self._set("side", self.side or ("right" if self.kind == _SIDED else ""))
        self._check(kind)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check(self, kind: VariantKind) -> None:
        if self.level not in (kind.levels or ("",)):
            where = f"from {kind.levels[0]} to {kind.levels[-1]}" if kind.levels else "of no level"
            raise ParameterError(f"The variant {self.kind} cannot be at {self.level}: it is one {where}.")
        if self.side not in (("left", "right") if self.kind == _SIDED else ("",)):
            raise ParameterError(f"The variant {self.kind} has no side {self.side!r}.")
        if self.unit not in ((kind.unit, "%") if self.kind == _PERCENT else (kind.unit,)):
            raise ParameterError(f"The variant {self.kind} is not given in {self.unit}.")
        if kind.amount is None and self.amount is not None:
            raise ParameterError(f"The variant {self.kind} has no size.")
        least, most = (3.0, MOST_OF_A_BODY) if self.unit == "%" else (kind.least, kind.most)
        if self.amount is not None and not (np.isfinite(self.amount) and (least or 0) <= self.amount <= (most or 0)):
            limits = f"{least:g} and {most:g} {self.unit}".rstrip()
            raise ParameterError(f"The size of {self.kind} must be between {limits}, not {self.amount:g}.")


def parse_variant(text: str) -> Variant:
    """Read a variant such as ``"wedge:L1:0.35"``, ``"listhesis:L5:20%"``, ``"asymmetric-arch:L4:right"`` or ``"L6"``.

    Raises
    ------
    ParameterError
        If it is none, or its level, size or side are impossible.

    Examples
    --------
    >>> parse_variant("listhesis:L4").amount
    6.0
    """
    kind, *words = (word.strip() for word in text.split(":"))
    names = {name.lower(): name for name in VARIANT_KINDS}
    found: dict[str, str] = {}
    for word in words:
        found[_meaning(word, text, found)] = word
    unit = "%" if found.get("amount", "").endswith("%") else ""
    amount = float(found["amount"].rstrip("%")) if "amount" in found else None
    if unit and kind.lower() != _PERCENT and amount is not None:
        amount, unit = amount / 100, ""
    return Variant(names.get(kind.lower(), kind), found.get("level", ""), amount, found.get("side", "").lower(), unit)


def _meaning(word: str, text: str, found: dict[str, str]) -> str:
    """Tell what a word of a variant is: level, amount or side."""
    try:
        float(word.rstrip("%"))
        meaning = "amount"
    except ValueError:
        meaning = "side" if word.lower() in ("left", "right") else "level"
    if meaning in found or not word:
        raise ParameterError(f"The variant {text!r} cannot be read.", "Write kind:level:size, such as wedge:L1:0.35.")
    return meaning


def check_variants(variants: Sequence[Variant], names: Sequence[str]) -> None:
    """Refuse what cannot be together, or is at a level that the spine (levels `names`) does not have.

    Raises
    ------
    ParameterError
        In one sentence.
    """
    for each in variants:
        if each.level and each.level not in names:
            raise ParameterError(f"There is no {each.level} in this spine for the variant {each.kind}.")
    for first, second in combinations(variants, 2):
        if first.level == second.level and (first.kind == second.kind or {first.kind, second.kind} in _EXCLUSIVE):
            place = f" at {first.level}" if first.level else ""
            raise ParameterError(f"The variants {first.kind} and {second.kind} cannot both be{place}.")


def check_sizes(variants: Sequence[Variant], rows: Mapping[int, Dimensions]) -> None:
    """Refuse a slip or bony lips that are too large for the bodies of this person (`rows` of the column, from the top).

    Raises
    ------
    ParameterError
        In one sentence, which tells the most that is possible.
    """
    keys = list(rows)
    for each in variants:
        if each.kind in _BESIDE_A_BODY and each.unit == "mm":
            own = keys.index(level(each.level).id)
            beside = rows[keys[own + _BESIDE_A_BODY[each.kind]]]
            most = MOST_OF_A_BODY * beside.body_depth / 100
            if (each.amount or 0.0) > most + 1e-9:
                raise ParameterError(
                    f"The size of {each.kind} at {each.level} must be at most {np.floor(10 * most + 1e-6) / 10:.1f} mm"
                    f" ({MOST_OF_A_BODY:g} % of the depth of {level(beside.level).name} of this person), not {each.amount:g}."
                )


def changed_row(row: Dimensions, variants: Sequence[Variant]) -> Dimensions:
    """Return the dimensions of a level after what the variants do to them."""
    for each in variants:
        if each.level == level(row.level).name and each.kind == "wedge":
            row = row.scaled(1.0 - (each.amount or 0.0), ("height_front",))
        if each.level == level(row.level).name and each.kind == "block":
            row = row.scaled(FUSED_DISC, ("disc_front", "disc_back"))
    return row


FUSED_DISC = 0.5
"""Height of the bone between fused bodies against the disc that would be there: block vertebrae have a waist."""


def slip(variant: Variant, below: Dimensions) -> float:
    """Return how far a level slips over the one below it, mm."""
    amount = variant.amount or 0.0
    return amount * below.body_depth / 100 if variant.unit == "%" else amount
