"""What tests do with section Biomechanics of the panel."""

import numpy as np
from spinetwin.biomechanics import TASKS

from slicerhost.waiting import settle


def choose(twin, host, **values):
    """Choose rows of combo boxes and numbers of spin boxes by the names of the widgets."""
    for name, value in values.items():
        widget = getattr(twin.ui, name)
        setattr(widget, "currentIndex" if name in ("sexBox", "taskBox", "ligamentsBox", "rhythmBox") else "value", value)
    settle(host)


def rest(twin, host):
    settle(host, 240, until=lambda: not twin.panel.loads.busy)


def row_of(task):
    return list(TASKS).index(task)


def node_of(key):
    from SpinePOILib import pointnodes

    return pointnodes.nodes()[key]


def shift(key, point, by):
    """Move a point of the scene, as a mouse would."""
    from SpinePOILib import pointnodes

    node = node_of(key)
    row = pointnodes.idsOf(node).index(point)
    node.SetNthControlPointPosition(row, *np.add(node.GetNthControlPointPosition(row), by))


def cells(table):
    return [[table.item(row, column).text() for column in range(table.columnCount)] for row in range(table.rowCount)]
