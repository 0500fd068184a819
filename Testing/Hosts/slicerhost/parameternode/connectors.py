"""Which widget can show which type of parameter. The exact class counts, as in Slicer; anything else is a RuntimeError."""

from __future__ import annotations

import enum
import pathlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .annotations import Choice, Decimals, Maximum, Minimum, SingleStep, WithinRange


@dataclass
class Connector:
    """Reads and writes one widget."""

    widget: Any
    signal: str
    read: Callable[[], Any]
    write: Callable[[Any], None]
    _slot: Callable[..., None] | None = None

    def follow(self, changed):
        self._slot = lambda *_: changed()
        if self.signal:
            getattr(self.widget, self.signal).connect(self._slot)

    def stop(self):
        if self.signal:
            getattr(self.widget, self.signal).disconnect(self._slot)


def connector(widget, parameter):
    """Return the connector of a widget to a parameter."""
    kind, name = parameter.kinds[0], type(widget).__name__
    if parameter.is_node:
        kind = "node"
    elif issubclass(kind, enum.Enum):
        kind = "enum"
    make = _MAKERS.get((name, kind))
    if make is None:
        raise RuntimeError(f"Unable to create GUI connector from datatype '{parameter.declared}' to widget type '{name}'")
    return make(widget, parameter)


def _of_property(signal, prop, convert=lambda value: value, prepare=lambda widget, parameter: None):
    def make(widget, parameter):
        prepare(widget, parameter)
        return Connector(
            widget,
            signal,
            lambda: parameter.kinds[0](getattr(widget, prop)),
            lambda value: setattr(widget, prop, convert(value)) if convert(value) != getattr(widget, prop) else None,
        )

    return make


def _checkable(widget, _parameter):
    widget.checkable = True


def _limits(widget, parameter):
    within, low, high = (parameter.annotation(each) for each in (WithinRange, Minimum, Maximum))
    low = within.minimum if within else low.minimum if low else None
    high = within.maximum if within else high.maximum if high else None
    if type(widget).__name__ in ("ctkSliderWidget", "QSlider") and (low is None or high is None):
        raise RuntimeError("a slider needs a type with limits")
    whole = type(widget).__name__ in ("QSpinBox", "QSlider")
    widget.setMinimum(low if low is not None else -(2**31) if whole else float("-inf"))
    widget.setMaximum(high if high is not None else 2**31 - 1 if whole else float("inf"))
    if (decimals := parameter.annotation(Decimals)) is not None:
        widget.decimals = decimals.value
    if (step := parameter.annotation(SingleStep)) is not None:
        widget.singleStep = step.value


def _choice(widget, choices):
    widget.clear()
    for text, _ in choices:
        widget.addItem(text)
    values = [value for _, value in choices]

    def write(value):
        widget.currentIndex = values.index(value)

    return Connector(widget, "currentIndexChanged", lambda: values[widget.currentIndex], write)


def _enum(widget, parameter):
    label = getattr(parameter.kinds[0], "label", lambda each: each.name)
    # like Slicer's, this reads the index before it fills the box: the items must be in the .ui file or the first is taken
    return _choice(widget, [(label(each), each) for each in parameter.kinds[0]])


def _among(widget, parameter):
    allowed = parameter.annotation(Choice)
    if allowed is None:
        raise RuntimeError("a combo box needs the annotation Choice")
    return _choice(widget, [(str(each), each) for each in allowed.choices])


def _text(widget, _parameter):
    return Connector(widget, "textChanged", lambda: widget.plainText, lambda value: widget.setPlainText(value))


def _node(widget, parameter):
    widget.nodeTypes = [each.__name__ for each in parameter.kinds]
    return Connector(widget, "currentNodeChanged", widget.currentNode, widget.setCurrentNode)


_NUMBER = _of_property("valueChanged", "value", prepare=_limits)
_MAKERS = {
    ("QCheckBox", bool): _of_property("stateChanged", "checked"),
    ("QPushButton", bool): _of_property("toggled", "checked", prepare=_checkable),
    ("QSpinBox", int): _NUMBER,
    ("QSlider", int): _NUMBER,
    ("QDoubleSpinBox", float): _NUMBER,
    ("QDoubleSpinBox", int): _NUMBER,
    ("ctkSliderWidget", float): _NUMBER,
    ("ctkSliderWidget", int): _NUMBER,
    ("QLineEdit", str): _of_property("textChanged", "text"),
    ("QLabel", str): _of_property("", "text"),
    ("QTextEdit", str): _text,
    ("ctkPathLineEdit", pathlib.Path): _of_property("currentPathChanged", "currentPath", convert=str),
    ("QComboBox", "enum"): _enum,
    **{("QComboBox", kind): _among for kind in (str, int, float, bool)},
    ("qMRMLNodeComboBox", "node"): _node,
}
