"""Filling tables: only what has changed is touched, so that a table can follow every drag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import qt

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Cell:
    """One cell: its text, and optionally the colours of background and letters, a colour square before it, and a tooltip."""

    text: str
    background: Rgb | None = None
    ink: Rgb | None = None
    square: Rgb | None = None
    toolTip: str = field(default="", compare=False)


class Table:
    """A table that shows rows of cells, each row with a number that is its own.

    Parameters
    ----------
    widget : QTableWidget
    titles : sequence of str
        Of the columns.
    wide : int
        The column that takes the space that is left.
    """

    def __init__(self, widget: qt.QTableWidget, titles: Sequence[str], wide: int) -> None:
        self.widget = widget
        self._shown: list[list[Cell]] = []
        self._keys: list[int] = []
        widget.setColumnCount(len(titles))
        widget.setHorizontalHeaderLabels(list(titles))
        widget.verticalHeader().setVisible(False)
        widget.verticalHeader().setDefaultSectionSize(22)
        header = widget.horizontalHeader()
        header.setHighlightSections(False)
        for column in range(len(titles)):
            header.setSectionResizeMode(column, qt.QHeaderView.Stretch if column == wide else qt.QHeaderView.ResizeToContents)

    def show(self, rows: dict[int, list[Cell]]) -> None:
        """Show rows, by their numbers."""
        before = self.widget.blockSignals(True)
        if len(rows) != len(self._keys):
            self._shown = []
            self.widget.setRowCount(len(rows))
        self._keys = list(rows)
        for row, cells in enumerate(rows.values()):
            known = self._shown[row] if row < len(self._shown) else [None] * len(cells)
            for column, cell in enumerate(cells):
                if cell != known[column]:
                    self.widget.setItem(row, column, _item(cell))
        self._shown = [list(cells) for cells in rows.values()]
        self.widget.blockSignals(before)

    def chosen(self) -> list[int]:
        """Return the numbers of the selected rows, the current one first."""
        rows = sorted({item.row() for item in self.widget.selectedItems()})
        current = self.widget.currentRow()
        if current in rows:
            rows.remove(current)
            rows.insert(0, current)
        return [self._keys[row] for row in rows if row < len(self._keys)]

    def choose(self, keys: Sequence[int]) -> None:
        """Select rows by their numbers, quietly, and bring the first into sight."""
        if self.chosen() == [key for key in keys if key in self._keys]:
            return
        before = self.widget.blockSignals(True)
        self.widget.clearSelection()
        rows = [self._keys.index(key) for key in keys if key in self._keys]
        model = self.widget.selectionModel()
        for row in reversed(rows):
            index = self.widget.model().index(row, 0)
            model.setCurrentIndex(index, qt.QItemSelectionModel.Select | qt.QItemSelectionModel.Rows)
        if rows:
            self.widget.scrollToItem(self.widget.item(rows[0], 0))
        self.widget.blockSignals(before)


def _item(cell: Cell) -> qt.QTableWidgetItem:
    item = qt.QTableWidgetItem(cell.text)
    item.setToolTip(cell.toolTip or cell.text)
    if cell.background is not None:
        item.setBackground(qt.QBrush(_color(cell.background)))
    if cell.ink is not None:
        item.setForeground(qt.QBrush(_color(cell.ink)))
    if cell.square is not None:
        square = qt.QPixmap(12, 12)
        square.fill(_color(cell.square))
        item.setIcon(qt.QIcon(square))
    return item


def _color(rgb: Rgb) -> qt.QColor:
    return qt.QColor(*(round(255 * each) for each in rgb))
