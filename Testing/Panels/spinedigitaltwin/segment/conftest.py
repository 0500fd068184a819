"""Section Segment of the panel: images for it, and backends that stand in for networks."""

import functools
import os
from pathlib import Path

import numpy as np
import pytest
from slicerhost.segmenting import image_of, known
from slicerhost.waiting import settle
from spinetwin.phantom import Spacing, SpineParameters, make_spine, render_image

ROOT = Path(__file__).resolve().parents[4]
WORKER = Path(__file__).with_name("stand_in_segmenter.py")


@pytest.fixture(scope="module")
def small_maps():
    """Two vertebrae and what lies between, of coarse voxels."""
    spine = make_spine(SpineParameters(levels="L3-L5"))
    return spine.voxelise(spine.grid(3.0, "PIR", margin_mm=6))


@pytest.fixture(scope="module")
def scan():
    """A sagittal T2w image of the same vertebrae, and what it shows."""
    spine = make_spine(SpineParameters(levels="L3-L5"))
    grid = spine.grid(Spacing(3.3, 1.0, 1.0), "PIR", margin_mm=12)
    return render_image(spine, grid), spine.voxelise(grid)


@pytest.fixture
def stand_in(host, monkeypatch, tmp_path):
    """Let the panel's worker have the backends of stand_in_segmenter.py; returns the file that says what is installed."""
    if os.name != "posix":
        pytest.skip("needs a shell")
    from SpineDigitalTwinLib.running import process
    from SpineDigitalTwinLib.running.interpreter import candidates

    script, installed = tmp_path / "ein Python mit Leerzeichen", tmp_path / "installed"
    python = candidates()[0]
    # the interpreter is given `-m spinetwin worker JOB`; this one passes JOB on
    run = f'export PYTHONPATH="{ROOT}/SpineDigitalTwin"\nexec "{python}" "{WORKER}" "$4" "{installed}"\n'
    script.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exit 0\n{run}', "utf-8")
    script.chmod(0o755)
    monkeypatch.setattr(process, "WorkerProcess", functools.partial(process.WorkerProcess, interpreter=str(script)))
    return installed


@pytest.fixture
def image(host, small_maps):
    return image_of(host, small_maps)


@pytest.fixture
def segmenting(stand_in, twin, host, image):
    """The panel with the image chosen, knowing what can run."""
    twin.ui.imageSelector.setCurrentNode(image)
    known(twin, host)
    return twin


@pytest.fixture
def scanned(stand_in, twin, host, scan):
    """The same with the T2w image."""
    image, maps = scan
    np.save(stand_in.with_name("truth.npy"), [maps.vertebrae, maps.subregions])
    node = host.util.addVolumeFromArray(np.ascontiguousarray(image.T), maps.grid.ijk_to_ras, "Patient 1 T2w")
    twin.ui.imageSelector.setCurrentNode(node)
    known(twin, host)
    return twin


@pytest.fixture
def picture(host, screenshot):
    """Return a function that draws the sections Data and Segment; all others are closed."""

    def draw(twin, name):
        ui = twin.ui
        for section in (ui.labelMapsSection, ui.levelsSection, ui.poiSection, ui.measureSection, ui.exportSection):
            section.collapsed = True
        # the layout follows first
        settle(host)
        twin.parent.resize(480, 900)
        settle(host)
        return screenshot(twin.parent, name)

    return draw
