"""The first press is as quick as the second: what it needs is loaded while the opened panel rests, and is no garbage."""

import gc
import os
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
from made_columns import made_pois
from slicerhost import waiting
from slicerhost.waiting import settle
from spinetwin.io import write_pois
from spinetwin.poi import PoiSet

HOSTS = Path(waiting.__file__).parents[1]


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """The points of a whole spine, and of one level of it, as the worker writes them."""
    pois = made_pois()
    folder = tmp_path_factory.mktemp("points")
    write_pois(folder / "all.mrk.json", pois)
    write_pois(folder / "level.mrk.json", PoiSet.of(pois.of_level(pois.levels[0])))
    return folder / "all.mrk.json"


@pytest.mark.parametrize("module", ["spine_poi", "spine_digital_twin"])
@pytest.mark.usefixtures("on_the_host")
def test_nothing_is_imported_when_the_first_result_arrives(module, points):
    pytest.importorskip("slicer", reason="needs 3D Slicer's modules: pip install slicer-core")
    pytest.importorskip("PySide6.QtWidgets", reason="needs Qt: pip install PySide6-Essentials", exc_type=ImportError)
    paths = os.pathsep.join([str(HOSTS), *filter(None, sys.path)])
    run = subprocess.run(
        [sys.executable, str(HOSTS / "first_press.py"), module, str(points)],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": paths},
    )  # fmt: skip
    lines = run.stdout.splitlines()
    assert lines[-1:] == ["done"], run.stderr[-2000:]
    assert [each for each in lines if each.startswith("imported only then")] == []


class TestGarbage:
    def test_what_is_loaded_is_spared_as_long_as_the_panel_is_open(self, host, panel):
        from SpinePOI import SpinePOIWidget

        widget = panel(SpinePOIWidget)
        assert gc.get_freeze_count() == 0
        widget.enter()
        settle(host, until=lambda: not widget.panel.warmup.busy)
        assert gc.get_freeze_count() > 0
        widget.exit()
        assert gc.get_freeze_count() == 0, "another panel is open"
        widget.enter()
        widget.exit()
        settle(host)
        assert gc.get_freeze_count() == 0, "left before all was loaded"

    def test_garbage_of_the_open_panel_is_collected(self, host, panel):
        from SpineDigitalTwin import SpineDigitalTwinWidget

        widget = panel(SpineDigitalTwinWidget)
        widget.enter()
        settle(host, until=lambda: not widget.panel.warmup.busy)
        circle = type("Circle", (), {})()
        circle.itself = circle
        gone = weakref.ref(circle)
        del circle
        gc.collect()
        assert gone() is None
        widget.exit()
        assert gc.get_freeze_count() == 0
