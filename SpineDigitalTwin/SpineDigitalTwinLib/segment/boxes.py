"""Combo boxes that are filled anew when what they offer changes."""

from __future__ import annotations

from typing import Any


def fill(box: Any, texts: list[str], index: int) -> None:
    """Fill a combo box anew where it holds something else, without telling that something was chosen."""
    blocked = box.blockSignals(True)
    if [box.itemText(each) for each in range(box.count)] != texts:
        box.clear()
        box.addItems(texts)
    box.currentIndex = index
    box.blockSignals(blocked)
