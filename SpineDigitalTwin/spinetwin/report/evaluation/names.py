"""What people call the labels of a vertebra map."""

from __future__ import annotations

from ...anatomy import LEVELS

_NAMES = {each.id: each.name for each in LEVELS}
_NAMES |= {each.disc_id: f"disc below {each.name}" for each in LEVELS if each.disc_id}
_NAMES |= {each.endplate_id: f"endplates of {each.name}" for each in LEVELS if each.endplate_id}


def name_of(label: int | None) -> str:
    """Return the name of a label; "" for none, and for one that has no name.

    Examples
    --------
    >>> name_of(22), name_of(122), name_of(None)
    ('L3', 'disc below L3', '')
    """
    return "" if label is None else _NAMES.get(label, "")
