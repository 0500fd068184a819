"""How long the panels hold the application up: CPU milliseconds of the longest single turn of the event loop after each press.

The real widgets run on the Qt host of Testing/Hosts, on a whole scoliotic spine of 1 mm; needs slicer-core and PySide6. Drawing
is not counted, as there are no views. One turn of this host is one `processEvents`, which may serve more than one event.

Usage: PYTHONPATH=SpineDigitalTwin:SpinePOI:Testing/Hosts python benchmarks/panel_turns.py [PART OF A ROW'S NAME]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

os.environ.setdefault("VTK_SMP_MAX_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from slicerhost import desktop, spines
from spinetwin.geometry import LabelMaps
from spinetwin.phantom import Curve, SpineParameters, make_spine

COBB = 45.0
SPACING_MM = 1.0


class Clock:
    """Times the turns of the event loop."""

    def __init__(self, host: ModuleType, wanted: str) -> None:
        self._host, self._wanted = host, wanted

    def row(self, name: str, press: Callable[[], object], done: Callable[[], bool] = lambda: True) -> None:
        """Press something, let the event loop run until all is done, and print the longest turn and the sum of them."""
        turns = [self._turn(press)]
        while True:
            turns.append(self._turn(self._host.app.processEvents))
            if done() and turns[-1] < 1 and turns[-2] < 1:
                break
            time.sleep(0.001)
        if self._wanted in name:
            print(f"{name:64s} {max(turns):8.0f} {sum(turns):8.0f} {sum(each > 1 for each in turns):6d}", flush=True)

    def _turn(self, work: Callable[[], object]) -> float:
        start = time.thread_time()
        work()
        return 1e3 * (time.thread_time() - start)


@contextmanager
def application() -> Iterator[Any]:
    """Start the host of the panel tests."""
    import slicer

    patch = pytest.MonkeyPatch()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield desktop.start(patch, slicer, folder)
    patch.undo()


@contextmanager
def shown(host: ModuleType, widget_class: type) -> Iterator[Any]:
    """Show the panel of a module."""
    import qt

    parent = host.qMRMLWidget()
    parent.setLayout(qt.QVBoxLayout())
    parent.setMRMLScene(host.mrmlScene)
    widget = widget_class(parent)
    widget.setup()
    parent.show()
    widget.enter()
    yield widget
    widget.cleanup()
    parent.delete()


def whole_spine() -> LabelMaps:
    """Return the label maps of C1 to S1."""
    spine = make_spine(SpineParameters(curves=(Curve(COBB),)))
    return spine.voxelise(spine.grid(SPACING_MM, "LPS"))


def twin(host: ModuleType, clock: Clock, maps: LabelMaps, folder: Path) -> None:
    """Press what the panel Spine Digital Twin has."""
    from SpineDigitalTwinLib.maps import volumes
    from spinetwin.io import write_label_map

    from SpineDigitalTwin import SpineDigitalTwinWidget

    with shown(host, SpineDigitalTwinWidget) as widget:
        ui, panel = widget.ui, widget.panel
        subregions = volumes.addSubregions("Patient, subregions", maps.subregions, maps.grid)
        vertebrae = volumes.addVertebrae("Patient, vertebrae", maps.vertebrae, maps.grid)
        host.app.processEvents()
        clock.row("twin: choose the subregion map", lambda: ui.subregionsSelector.setCurrentNode(subregions))
        clock.row("twin: choose the vertebra map", lambda: ui.vertebraeSelector.setCurrentNode(vertebrae))
        clock.row("twin: show label maps", ui.showButton.click, lambda: not panel.labels.busy)
        clock.row("twin: choose a level in the table", lambda: ui.levelTable.setCurrentCell(20, 0))
        clock.row("twin: preset bodies", ui.showBodiesButton.click)
        clock.row("twin: preset all", ui.showAllButton.click)
        clock.row("twin: colour by level", lambda: setattr(ui.colouringBox, "currentIndex", 1))
        busy = lambda: not panel.labels.busy and not panel.levels.busy  # noqa: E731
        clock.row("twin: shift all names up is refused", ui.shiftUpButton.click, busy)
        ui.newNameBox.currentIndex = ui.newNameBox.findText("L3")
        clock.row("twin: merge two levels", ui.mergeButton.click, busy)
        clock.row("twin: undo", ui.undoButton.click, busy)
        clock.row("twin: redo", ui.redoButton.click, busy)
        clock.row("twin: shift all names one down", ui.shiftDownButton.click, busy)
        clock.row("twin: undo of the shift", ui.undoButton.click, busy)
        clock.row("twin: undo of the merging", ui.undoButton.click, busy)
        _add_red_slice(host)
        widget._parameters.lumbar = 6
        ui.recountButton.click()
        ui.levelTable.setCurrentCell(15, 0)
        host.app.processEvents()
        clock.row("twin: split a level", ui.splitButton.click, busy)
        clock.row("twin: undo of the splitting", ui.undoButton.click, busy)
        ui.exportFolder.currentPath = str(folder)
        host.app.processEvents()
        done = lambda: not panel.export.busy  # noqa: E731
        clock.row("twin: export, the first time, which loads SimpleITK", ui.exportButton.click, done)
        clock.row("twin: export", ui.exportButton.click, done)
        files = [str(folder / f"{name}.nii.gz") for name in ("a", "b")]
        for path, array in zip(files, (maps.subregions, maps.vertebrae), strict=True):
            write_label_map(Path(path), array, maps.grid)
        plain = folder / "a.nrrd"
        write_label_map(plain, maps.subregions, maps.grid, packed=False)
        for path in (Path(files[0]), plain):
            name = f"Slicer's own reading of one {path.name[1:]}"
            clock.row(name, lambda path=path: host.util.loadVolume(str(path), {"labelmap": True}))
        idle = lambda: not (panel.background.busy or panel.data.busy or panel.labels.busy)  # noqa: E731
        clock.row("twin: load two .nii.gz and show them", lambda: panel.data.loadFiles(files), idle)
        clock.row("twin: sample spine", panel.data.sampleButtons[0].click, idle)
        clock.row("twin: sample spine with an image", panel.data.sampleButtons[2].click, idle)
        clock.row("twin: close the scene", lambda: host.mrmlScene.Clear(False))


def poi(host: ModuleType, clock: Clock, maps: LabelMaps) -> None:
    """Press what the panel Spine POI has."""
    from SpineDigitalTwinLib.maps import segments, volumes

    from SpinePOI import SpinePOIWidget

    with shown(host, SpinePOIWidget) as widget:
        ui, panel, session = widget.ui, widget.panel, widget.panel.session
        subregions = volumes.addSubregions("Patient, subregions", maps.subregions, maps.grid)
        vertebrae = volumes.addVertebrae("Patient, vertebrae", maps.vertebrae, maps.grid)
        host.app.processEvents()
        clock.row("poi: open the module, maps are guessed", widget.enter)
        idle = lambda: not panel.compute.busy  # noqa: E731
        clock.row("poi: compute from label maps", ui.computeButton.click, idle)
        clock.row("poi: choose a level", lambda: session.step(1))
        clock.row("poi: keep on the bone", lambda: setattr(ui.surfaceBox, "checked", True))
        point = next(each for each, found in session.points().items() if found.position)
        session.select([point])
        nudge = next(each for each in widget.parent.findChildren("QPushButton") if each.name == "nudgeRButton")
        clock.row("poi: first nudge on the bone", nudge.click)
        clock.row("poi: second nudge on the bone", nudge.click)
        clock.row("poi: compare with the computed points", ui.compareComputedButton.click)
        clock.row("poi: third nudge while comparing", nudge.click)
        clock.row("poi: end the comparison", ui.endCompareButton.click)
        segmentation = segments.show(maps, "Patient, segments")
        table = spines.segmented(host, "Patient, levels", vertebrae)
        host.app.processEvents()
        clock.row("poi: choose a segmentation of the levels", lambda: _choose(ui, table, subregions))
        clock.row("poi: compute from a segmentation", ui.computeButton.click, idle)
        clock.row("poi: first nudge on the bone of a segmentation", nudge.click)
        segments.release(segmentation)
        clock.row("poi: close the scene", lambda: host.mrmlScene.Clear(False))


def _add_red_slice(host: ModuleType) -> None:
    node = host.vtkMRMLSliceNode()
    node.SetLayoutName("Red")
    node.SetSingletonTag("Red")
    node.SetOrientationToAxial()
    host.mrmlScene.AddNode(node)


def _choose(ui: SimpleNamespace, table: object, subregions: object) -> None:
    ui.vertebraeSelector.setCurrentNode(table)
    ui.subregionsSelector.setCurrentNode(subregions)


def main() -> None:
    """Print the table."""
    maps = whole_spine()
    print(f"whole spine, {' x '.join(map(str, maps.grid.shape))} voxels of {SPACING_MM:g} mm")
    print(f"{'CPU milliseconds':64s} {'longest':>8s} {'all':>8s} {'turns':>6s}")
    with application() as host, tempfile.TemporaryDirectory() as folder:
        clock = Clock(host, sys.argv[1] if len(sys.argv) > 1 else "")
        twin(host, clock, maps, Path(folder))
        poi(host, clock, maps)
        raised = desktop.slots_that_raised()
        if raised:
            raise raised[0]


if __name__ == "__main__":
    main()
