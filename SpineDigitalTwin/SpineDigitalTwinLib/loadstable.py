"""The table of the loads: sorted as a person likes, copied into a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import qt

from . import loadsrows

if TYPE_CHECKING:
    from .loadsrows import Value


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
        widget.verticalHeader().setVisible(False)
        widget.verticalHeader().setDefaultSectionSize(20)
        widget.horizontalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)

    def show(self, titles: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
        """Show other rows; what stays the same is not touched."""
        rows, titles = [list(row) for row in rows], list(titles)
        if (rows, titles) == (self._rows, self._titles):
            return
        # a row would run away as soon as the cell that it is sorted by changes
        self._widget.setSortingEnabled(False)
        if titles != self._titles or len(rows) != len(self._rows):
            self._make(titles, len(rows))
        at = {self._widget.item(row, 0).data(qt.Qt.UserRole): row for row in range(len(rows))}
        for number, values in enumerate(rows):
            for column, value in enumerate(values):
                item = self._widget.item(at[number], column)
                if item.data(qt.Qt.DisplayRole) != value:
                    item.setData(qt.Qt.DisplayRole, value)
        self._titles, self._rows = titles, rows
        self._widget.setSortingEnabled(True)

    def _make(self, titles: Sequence[str], count: int) -> None:
        self._widget.setColumnCount(len(titles))
        self._widget.setHorizontalHeaderLabels(list(titles))
        self._widget.setRowCount(count)
        for row in range(count):
            for column in range(len(titles)):
                item = qt.QTableWidgetItem()
                item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
                self._widget.setItem(row, column, item)
            self._widget.item(row, 0).setData(qt.Qt.UserRole, row)
        self._widget.sortItems(0)

    def copy(self) -> None:
        """Put all of it into the clipboard, from the head down."""
        qt.QApplication.clipboard().setText(loadsrows.text(self._titles, self._rows))
