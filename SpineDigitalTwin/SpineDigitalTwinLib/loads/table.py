"""The table of the loads: sorted as a person likes, copied into a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import qt

from . import texts

if TYPE_CHECKING:
    from .texts import Value


class LoadsTable:
    """Shows rows; the order that a person has chosen holds while the numbers change.

    Parameters
    ----------
    widget : QTableWidget
    """

    def __init__(self, widget: qt.QTableWidget) -> None:
        self._widget = widget
        self._titles: list[str] = []
        self._rows: list[list[Value]] = []
        self._items: list[list[qt.QTableWidgetItem]] = []
        widget.verticalHeader().setVisible(False)
        widget.verticalHeader().setDefaultSectionSize(20)
        widget.horizontalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)

    def show(self, titles: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
        """Show other rows; cells that stay the same are not touched."""
        rows, titles = [list(row) for row in rows], list(titles)
        if (rows, titles) == (self._rows, self._titles):
            return
        # a row would run away as soon as the cell that it is sorted by changes
        self._widget.setSortingEnabled(False)
        if titles != self._titles or len(rows) != len(self._rows):
            self._make(titles, len(rows))
        for items, before, values in zip(self._items, self._rows, rows, strict=True):
            for item, was, value in zip(items, before, values, strict=True):
                if value != was:
                    item.setData(qt.Qt.DisplayRole, value)
        self._titles, self._rows = titles, rows
        self._widget.setSortingEnabled(True)

    def _make(self, titles: Sequence[str], count: int) -> None:
        """Make empty cells; each knows its place from the head down by itself, wherever sorting takes it."""
        self._widget.setColumnCount(len(titles))
        self._widget.setHorizontalHeaderLabels(list(titles))
        self._widget.setRowCount(count)
        self._items = [[self._cell(row, column) for column in range(len(titles))] for row in range(count)]
        self._rows = [[""] * len(titles) for _row in range(count)]
        self._widget.sortItems(0)

    def _cell(self, row: int, column: int) -> qt.QTableWidgetItem:
        item = qt.QTableWidgetItem()
        item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
        self._widget.setItem(row, column, item)
        return item

    def copy(self) -> None:
        """Put all of it into the clipboard, from the head down."""
        qt.QApplication.clipboard().setText(texts.text(self._titles, self._rows))
