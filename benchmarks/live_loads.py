"""Loads that follow a dragged point: CPU milliseconds from one move to bars, table and muscles that show it.

A real mouse drags a point in a slice view of slicer-core, drawn off-screen; the panel runs on the Qt host of Testing/Hosts.
Each move ends when the event loop has nothing left to do; drawing the views is not counted.

Usage: PYTHONPATH=SpineDigitalTwin:SpinePOI:Testing/Hosts:Testing/Python python benchmarks/live_loads.py
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from types import ModuleType, SimpleNamespace

import numpy as np
from made_columns import made_pois
from panel_turns import application, shown
from slicerhost import views
from slicerhost.waiting import settle

MOVES = 40
L3, TIP = 22, 81


def panel(host: ModuleType) -> AbstractContextManager[SimpleNamespace]:
    """Show the panel; the module can be imported once the application has started."""
    from SpineDigitalTwin import SpineDigitalTwinWidget

    return shown(host, SpineDigitalTwinWidget)


def prepared(host: ModuleType, widget: SimpleNamespace, task: int) -> None:
    """Put a whole spine and a person into the panel, compute, and tick Live."""
    from SpinePOILib import display, pointnodes

    ui: SimpleNamespace = widget.ui
    settle(host, until=lambda: not widget.panel.warmup.busy)
    ui.loadsSection.collapsed = False
    pointnodes.show(made_pois())
    ui.sexBox.currentIndex, ui.heightBox.value, ui.weightBox.value = 1, 168.0, 64.0
    ui.taskBox.currentIndex = task
    host.app.processEvents()
    ui.loadsButton.click()
    ui.liveBox.checked = True
    host.app.processEvents()
    display.activate(L3)


def dragged(host: ModuleType, widget: SimpleNamespace) -> tuple[list[float], int]:
    """Drag the tip of a spinous process; returns CPU ms of each turn, and how many solutions there were."""
    from SpinePOILib import pointnodes

    node = pointnodes.nodes()[L3]
    tip = node.GetNthControlPointPosition(pointnodes.idsOf(node).index(TIP))
    view = views.SliceView(host, f"View{time.monotonic_ns()}")
    view.node.SetFieldOfView(120.0, 120.0, 1.0)
    view.jump(tip)
    move, turns, solutions = view.move, [], []

    def timed(x: float, y: float) -> None:
        move(x, y)
        start = time.thread_time()
        host.app.processEvents()
        turns.append(1e3 * (time.thread_time() - start))
        if not solutions or solutions[-1] is not widget.panel.loads.answer:
            solutions.append(widget.panel.loads.answer)

    view.move = timed
    x, y = view.pixel(tip)
    view.drag((x, y), (x + 60, y), steps=MOVES)
    return turns[-MOVES:], len(solutions) - 1


def main() -> None:
    """Print one row for each task."""
    from spinetwin.biomechanics import TASKS

    print(f"{MOVES} moves of the mouse, 17 levels, 234 fascicles, all muscles and ligaments shown")
    print(f"{'task':24s} {'solutions':>10s} {'median ms':>10s} {'longest ms':>10s} {'a second':>10s}")
    for number, name in enumerate(TASKS):
        with application() as host, panel(host) as widget:
            prepared(host, widget, number)
            turns, solutions = dragged(host, widget)
            median = float(np.median(turns))
            print(f"{name:24s} {solutions:10d} {median:10.0f} {max(turns):10.0f} {1000 / median:10.0f}", flush=True)


if __name__ == "__main__":
    main()
