"""Boxes, strokes and words in a label of the panel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import qt

from .bars import Box, Shape, Stroke

_LETTERS = 11
"""Pixels."""


def paint(label: qt.QLabel, shapes: Iterable[Shape], width: float, height: float) -> None:
    """Draw shapes as the picture of a label.

    Parameters
    ----------
    label : QLabel
    shapes : iterable of Shape
        The hindmost first.
    width, height : float
        Of the picture, in pixels of the panel; a fine screen gets more of its own for each.
    """
    fine = label.devicePixelRatio()
    pixmap = qt.QPixmap(round(width * fine), round(height * fine))
    pixmap.setDevicePixelRatio(fine)
    pixmap.fill(qt.QColor("#ffffff"))
    painter = qt.QPainter()
    painter.begin(pixmap)
    painter.setRenderHint(qt.QPainter.TextAntialiasing)
    letters = painter.font()
    letters.setPixelSize(_LETTERS)
    painter.setFont(letters)
    for each in shapes:
        _draw(painter, each)
    painter.end()
    label.setPixmap(pixmap)


def _draw(painter: qt.QPainter, shape: Shape) -> None:
    if isinstance(shape, Box):
        painter.fillRect(qt.QRectF(shape.left, shape.top, shape.width, shape.height), qt.QBrush(qt.QColor(shape.ink)))
    elif isinstance(shape, Stroke):
        painter.setPen(_pen(shape.ink, shape.width))
        painter.drawLine(qt.QLineF(*shape.start, *shape.end))
    else:
        painter.setPen(_pen(shape.ink, 1.0))
        painter.drawText(qt.QRectF(shape.left, shape.top, shape.width, shape.height), _aligned(shape.align), shape.text)


def _pen(ink: str, width: float) -> qt.QPen:
    pen = qt.QPen(qt.QColor(ink))
    pen.setWidthF(width)
    return pen


def _aligned(align: str) -> Any:
    sideways = {"left": qt.Qt.AlignLeft, "right": qt.Qt.AlignRight, "centre": qt.Qt.AlignHCenter}
    return sideways[align] | qt.Qt.AlignVCenter
