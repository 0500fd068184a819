"""Widgets of the Common Toolkit."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import Property, Signal


class ctkCollapsibleButton(QtWidgets.QAbstractButton):
    """A heading that shows and hides what lies below it; collapsed is the opposite of checked."""

    contentsCollapsed = Signal(bool)
    _MARGIN = 6

    def __init__(self, *arguments):
        texts = [each for each in arguments if isinstance(each, str)]
        super().__init__(next((each for each in arguments if isinstance(each, QtWidgets.QWidget)), None))
        self._collapsed = False
        self.setText(texts[0] if texts else "")
        self.setCheckable(True)
        self.setChecked(True)
        self.setSizePolicy(QtWidgets.QSizePolicy.Policy.Preferred, QtWidgets.QSizePolicy.Policy.Maximum)
        self.setContentsMargins(0, self._header(), 0, 0)
        self.toggled.connect(lambda checked: self.setCollapsed(not checked))

    def _header(self):
        return self.fontMetrics().height() + 2 * self._MARGIN

    def isCollapsed(self):
        return self._collapsed

    def setCollapsed(self, collapsed):
        if collapsed == self._collapsed:
            return
        self._collapsed = collapsed
        self.setChecked(not collapsed)
        for each in self.children():
            if isinstance(each, QtWidgets.QWidget):
                each.setVisible(not collapsed)
        if self.layout():
            self.layout().setEnabled(not collapsed)
        self.setMaximumHeight(self._header() if collapsed else 16777215)
        self.updateGeometry()
        self.contentsCollapsed.emit(collapsed)

    collapsed = Property(bool, isCollapsed, setCollapsed)

    def childEvent(self, event):
        child = event.child()
        if event.added() and isinstance(child, QtWidgets.QWidget) and self._collapsed:
            child.setVisible(False)
        super().childEvent(event)

    def sizeHint(self):
        inner = self.layout().totalSizeHint() if self.layout() and not self._collapsed else QtCore.QSize(100, self._header())
        return inner.expandedTo(QtCore.QSize(100, self._header()))

    def minimumSizeHint(self):
        inner = self.layout().totalMinimumSize() if self.layout() and not self._collapsed else QtCore.QSize(0, 0)
        return inner.expandedTo(QtCore.QSize(100, self._header()))

    def hitButton(self, position):
        return position.y() <= self._header()

    def paintEvent(self, _event):
        painter = QtWidgets.QStylePainter(self)
        header = QtCore.QRect(0, 0, self.width(), self._header())
        painter.fillRect(header, self.palette().color(QtGui.QPalette.ColorRole.Midlight))
        painter.setPen(self.palette().color(QtGui.QPalette.ColorRole.Mid))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        arrow = QtWidgets.QStyleOption()
        arrow.initFrom(self)
        side = header.height() - 2 * self._MARGIN
        arrow.rect = QtCore.QRect(self._MARGIN, self._MARGIN, side, side)
        style = QtWidgets.QStyle.PrimitiveElement
        painter.drawPrimitive(style.PE_IndicatorArrowRight if self._collapsed else style.PE_IndicatorArrowDown, arrow)
        painter.setPen(self.palette().color(QtGui.QPalette.ColorRole.ButtonText))
        text = header.adjusted(side + 2 * self._MARGIN, 0, 0, 0)
        painter.drawText(text, QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft, self.text())


class ctkCollapsibleGroupBox(QtWidgets.QGroupBox):
    """A group box that can be folded by its check mark."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._collapsed = False

    def isCollapsed(self):
        return self._collapsed

    def setCollapsed(self, collapsed):
        self._collapsed = collapsed
        for each in self.children():
            if isinstance(each, QtWidgets.QWidget):
                each.setVisible(not collapsed)
        self.updateGeometry()

    collapsed = Property(bool, isCollapsed, setCollapsed)


class ctkPathLineEdit(QtWidgets.QWidget):
    """A path with a button that browses for it."""

    currentPathChanged = Signal(str)
    validInputChanged = Signal(bool)

    class Filter:
        """What kinds of paths are asked for."""

        Dirs, Files, Writable = 0x1, 0x2, 0x20

    Dirs, Files, Writable = Filter.Dirs, Filter.Files, Filter.Writable

    def __init__(self, parent=None):
        super().__init__(parent)
        self._name_filters, self._filters, self._key = [], 0x1 | 0x2 | 0x4 | 0x8, ""
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._edit = QtWidgets.QLineEdit(self)
        self._button = QtWidgets.QToolButton(self)
        self._button.setText("...")
        layout.addWidget(self._edit)
        layout.addWidget(self._button)
        self._edit.textChanged.connect(self.currentPathChanged)

    def _path(self):
        return self._edit.text()

    def setCurrentPath(self, path):
        if path != self._edit.text():
            self._edit.setText(path)

    currentPath = Property(str, _path, setCurrentPath, notify=currentPathChanged)
    nameFilters = Property(
        "QStringList", lambda self: self._name_filters, lambda self, value: setattr(self, "_name_filters", list(value))
    )
    filters = Property(int, lambda self: self._filters, lambda self, value: setattr(self, "_filters", int(value)))
    settingKey = Property(str, lambda self: self._key, lambda self, value: setattr(self, "_key", value))

    def addCurrentPathToHistory(self):
        pass


class ctkSliderWidget(QtWidgets.QWidget):
    """A slider with a spin box."""

    valueChanged = Signal(float)

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal, self)
        self._spin = QtWidgets.QDoubleSpinBox(self)
        layout.addWidget(self._slider)
        layout.addWidget(self._spin)
        self._slider.setRange(0, 1000)
        self._spin.setRange(0.0, 100.0)
        self._slider.sliderMoved.connect(self._moved)
        self._spin.valueChanged.connect(self._changed)

    def _moved(self, position):
        low, high = self._spin.minimum(), self._spin.maximum()
        self._spin.setValue(low + (high - low) * position / 1000)

    def _changed(self, value):
        low, high = self._spin.minimum(), self._spin.maximum()
        self._slider.setValue(round(1000 * (value - low) / ((high - low) or 1)))
        self.valueChanged.emit(value)

    def setValue(self, value):
        self._spin.setValue(value)

    value = Property(float, lambda self: self._spin.value(), lambda self, value: self._spin.setValue(value))
    minimum = Property(float, lambda self: self._spin.minimum(), lambda self, value: self._spin.setMinimum(value))
    maximum = Property(float, lambda self: self._spin.maximum(), lambda self, value: self._spin.setMaximum(value))
    singleStep = Property(float, lambda self: self._spin.singleStep(), lambda self, value: self._spin.setSingleStep(value))
    decimals = Property(int, lambda self: self._spin.decimals(), lambda self, value: self._spin.setDecimals(value))
    suffix = Property(str, lambda self: self._spin.suffix(), lambda self, value: self._spin.setSuffix(value))


class ctkComboBox(QtWidgets.QComboBox):
    """A combo box with a text for nothing chosen."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self._default = ""

    def _set(self, text):
        self._default = text
        self.setPlaceholderText(text)

    defaultText = Property(str, lambda self: self._default, _set)


class ctkCheckableComboBox(QtWidgets.QComboBox):
    """A combo box whose items have check marks."""

    checkedIndexesChanged = Signal()

    def addItem(self, *arguments):
        super().addItem(*arguments)
        self.setItemData(self.count() - 1, QtCore.Qt.CheckState.Unchecked, QtCore.Qt.ItemDataRole.CheckStateRole)

    def addItems(self, texts):
        for each in texts:
            self.addItem(each)

    def setCheckState(self, index, state):
        self.setItemData(index.row(), state, QtCore.Qt.ItemDataRole.CheckStateRole)
        self.checkedIndexesChanged.emit()

    def checkedIndexes(self):
        role, model = QtCore.Qt.ItemDataRole.CheckStateRole, self.model()
        found = [model.index(row, 0) for row in range(self.count())]
        return [each for each in found if QtCore.Qt.CheckState(each.data(role)) == QtCore.Qt.CheckState.Checked]


CLASSES = (
    ctkCollapsibleButton,
    ctkCollapsibleGroupBox,
    ctkPathLineEdit,
    ctkSliderWidget,
    ctkComboBox,
    ctkCheckableComboBox,
)
