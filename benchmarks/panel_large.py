"""How long the panel holds the application up with a CT of the whole spine, 512 x 512 x 705 voxels.

As panel_turns.py, whose clock it uses: CPU milliseconds of the longest single turn of the event loop after each press.

Usage: PYTHONPATH=SpineDigitalTwin:SpinePOI:Testing/Hosts:benchmarks python benchmarks/panel_large.py [PART OF A ROW'S NAME]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np
from panel_turns import Clock, application, shown, whole_spine
from spinetwin.geometry import Grid, LabelMaps

SHAPE = (512, 512, 705)


def embedded_in(shape: tuple[int, int, int], maps: LabelMaps) -> LabelMaps:
    """Return two maps in the middle of a larger grid; of what sticks out of it, nothing is left."""
    start = [(whole - part) // 2 for whole, part in zip(shape, maps.grid.shape, strict=True)]
    grid = maps.grid.crop(start=[-each for each in start], shape=shape)
    arrays = []
    for array in (maps.subregions, maps.vertebrae):
        whole = np.zeros(shape, array.dtype, order="F")
        target = tuple(slice(max(a, 0), a + n) for a, n in zip(start, array.shape, strict=True))
        source = tuple(slice(max(-a, 0), max(-a, 0) + n) for a, n in zip(start, shape, strict=True))
        part = array[source]
        whole[target][tuple(slice(0, n) for n in part.shape)] = part
        arrays.append(whole)
    return LabelMaps(grid, *arrays)


def image_on(grid: Grid) -> np.ndarray:
    """Return a CT-like image: noise between air and bone."""
    rng = np.random.default_rng(1)
    slab = rng.integers(-1000, 1500, (*grid.shape[:2], 5), dtype=np.int16)
    return np.asfortranarray(np.tile(slab, (1, 1, grid.shape[2] // 5 + 1))[:, :, : grid.shape[2]])


def press(host: ModuleType, clock: Clock, maps: LabelMaps, folder: Path) -> None:
    """Press what reads whole volumes."""
    from SpineDigitalTwinLib.data import imagekind
    from SpineDigitalTwinLib.maps import labelfiles, volumes
    from SpineDigitalTwinLib.running.steps import StepRunner

    from SpineDigitalTwin import SpineDigitalTwinWidget

    with shown(host, SpineDigitalTwinWidget) as widget:
        ui, panel = widget.ui, widget.panel
        ui.segmentSection.collapsed = True  # asks no worker
        image = volumes.addImage("CT", image_on(maps.grid), maps.grid)
        subregions = volumes.addSubregions("CT, subregions", maps.subregions, maps.grid)
        vertebrae = volumes.addVertebrae("CT, vertebrae", maps.vertebrae, maps.grid)
        host.app.processEvents()
        clock.row("large: choose the image", lambda: ui.imageSelector.setCurrentNode(image))
        runner = StepRunner(lambda _fraction: None, lambda: None)
        world = imagekind.worldGridOf(image)
        writing = labelfiles.writingImage(image, world, folder, "CT")
        clock.row("large: hand the image to the worker", lambda: runner.start(writing), lambda: not runner.busy)
        clock.row("large: choose the subregion map", lambda: ui.subregionsSelector.setCurrentNode(subregions))
        clock.row("large: choose the vertebra map", lambda: ui.vertebraeSelector.setCurrentNode(vertebrae))
        clock.row("large: show label maps", ui.showButton.click, lambda: not panel.labels.busy)
        ui.exportFolder.currentPath = str(folder)
        host.app.processEvents()
        clock.row("large: write the maps for the worker", ui.exportButton.click, lambda: panel.background.busy)
        panel.background.cancel()


def main() -> None:
    """Print the table."""
    maps = embedded_in(SHAPE, whole_spine())
    print(f"{' x '.join(map(str, maps.grid.shape))} voxels")
    print(f"{'CPU milliseconds':64s} {'longest':>8s} {'all':>8s} {'turns':>6s}")
    with application() as host, tempfile.TemporaryDirectory() as folder:
        press(host, Clock(host, sys.argv[1] if len(sys.argv) > 1 else ""), maps, Path(folder))


if __name__ == "__main__":
    main()
