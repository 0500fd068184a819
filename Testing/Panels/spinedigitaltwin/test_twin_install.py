"""From a Python without ONNX Runtime to a segmentation: Install is pressed, watched, cancelled, and goes wrong."""

import functools
import os
from pathlib import Path

import numpy as np
import pytest
from slicerhost.waiting import settle
from spinetwin.phantom import SpineParameters, make_spine

ROOT = Path(__file__).resolve().parents[3]
WORKER = Path(__file__).with_name("bare_worker.py")
PATIENCE_S = 600


@pytest.fixture
def tools(monkeypatch):
    """The helpers of the tests in Testing/Python."""
    monkeypatch.syspath_prepend(os.fspath(ROOT / "Testing" / "Python"))
    import lent_packages
    import tiny_network

    return lent_packages, tiny_network


@pytest.fixture(scope="module")
def lumbar():
    spine = make_spine(SpineParameters(levels="L3-S1"))
    return spine.voxelise(spine.grid(2.0, "PIR"), endplates=True)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home ü"


@pytest.fixture
def bare(host, monkeypatch, tmp_path, tools, home, lumbar, panel):
    """Return a function that opens the panel with an image chosen, on a worker without ONNX Runtime."""
    if os.name != "posix":
        pytest.skip("needs a shell")
    from SpineDigitalTwinLib.running import process
    from SpineDigitalTwinLib.running.interpreter import candidates

    packages, network = tools
    model = network.write_model(tmp_path / "model", window=(32, 64, 32), spacing=2.0)
    wheels = packages.write_wheels(tmp_path / "wheels")
    python = candidates()[0]

    def make(trouble=""):
        script = tmp_path / "PythonSlicer"
        variables = {
            "PYTHONPATH": ROOT / "SpineDigitalTwin",
            "SPINETWIN_HOME": home,
            "PIP_NO_INDEX": 1,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_FIND_LINKS": wheels,
        }
        if trouble == "no network":
            variables |= {"PIP_NO_INDEX": 0, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": 1, "PIP_PROXY": ""}
        exports = "".join(f'export {name}="{value}"\n' for name, value in variables.items())
        run = f'exec "{python}" "{WORKER}" "$4" "{model}" "{trouble}"\n'
        script.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exit 0\n{exports}{run}', "utf-8")
        script.chmod(0o755)
        monkeypatch.setattr(process, "WorkerProcess", functools.partial(process.WorkerProcess, interpreter=str(script)))
        from SpineDigitalTwin import SpineDigitalTwinWidget

        twin = panel(SpineDigitalTwinWidget, 460, 1180)
        twin.enter()
        values = network.shown(lumbar.subregions)
        image = host.util.addVolumeFromArray(np.ascontiguousarray(values.T), lumbar.grid.ijk_to_ras, "Patient 1 T2w")
        twin.ui.imageSelector.setCurrentNode(image)
        known(twin, host)
        return twin

    return make


def known(twin, host):
    chooser = twin.panel.segment.chooser
    settle(host, PATIENCE_S, until=lambda: chooser.offer is not None and not chooser.busy)


def press_install(twin):
    twin.ui.installButton.click()
    twin.ui.installNowButton.click()


def ended(twin, host):
    panel = twin.panel
    settle(
        host,
        PATIENCE_S,
        until=lambda: not any(each.busy for each in (panel.segment, panel.background, panel.labels, panel.data)),
    )
    known(twin, host)


def left(home):
    folder = home / "environments"
    return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []


def test_one_press_and_the_network_segments(bare, host, home, lumbar):
    twin = bare()
    ui = twin.ui
    assert ui.backendBox.currentText == "Automatic: Network that comes with spinetwin"
    assert ui.availabilityLabel.text.startswith("Cannot run: it needs ONNX Runtime, which this Python lacks")
    assert (ui.segmentButton.enabled, ui.installButton.text) == (False, "Install... (77 MB)")
    ui.installButton.click()
    question = ui.installLabel.text
    assert question.startswith("Install Network that comes with spinetwin? 77 MB are downloaded: lender 1.0")
    assert "(onnxruntime MIT, scipy BSD-3-Clause)" in question
    assert "the application itself is not changed. Licence of its weights: Apache-2.0." in question
    assert question.endswith(
        "Without a network, somebody can bring the packages in a folder, as wheels; then type in a terminal: "
        "spinetwin install embedded --from FOLDER"
    )
    assert left(home) == []
    ui.notNowButton.click()
    assert (ui.installFrame.visible, twin.panel.background.busy) == (False, False)
    ui.logButton.click()
    press_install(twin)
    settle(host, PATIENCE_S, until=lambda: "looking for lender" in ui.logText.plainText)
    assert ui.segmentLabel.text.startswith("Installing Network that comes with spinetwin: ")
    assert (ui.segmentBar.visible, ui.segmentCancelButton.visible, ui.installButton.enabled) == (True, True, False)
    settle(host, PATIENCE_S, until=lambda: ui.segmentButton.enabled)
    assert ui.availabilityLabel.text.startswith("✓ Can run: it comes with spinetwin")
    assert (ui.installButton.visible, ui.segmentBar.visible, left(home)) == (False, False, ["embedded"])
    ui.segmentButton.click()
    ended(twin, host)
    assert ui.segmentMessage.text.startswith("Segmented: 3 levels (L3 to L5) by embedded"), ui.segmentLabel.text
    found = host.util.arrayFromVolume(twin._parameters.vertebrae).T
    assert np.mean(found != lumbar.vertebrae) < 0.01


def test_cancelled_it_leaves_nothing(bare, host, home):
    twin = bare("slow")
    press_install(twin)
    settle(host, PATIENCE_S, until=lambda: "looking for lender" in twin.ui.logText.plainText)
    assert left(home) != []
    twin.ui.segmentCancelButton.click()
    ended(twin, host)
    assert twin.ui.segmentLabel.text == "Cancelled; nothing was changed."
    assert (twin.ui.segmentBar.visible, twin.ui.segmentCancelButton.visible) == (False, False)
    assert (twin.ui.installButton.visible, twin.ui.installButton.enabled) == (True, True)
    assert left(home) == []


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (
            "no network",
            "The installation failed: the place that packages are fetched from cannot be reached. Check the network and try",
        ),
        ("full disk", "embedded needs 1 MB on the disk of "),
        ("wrong python", "no python makes no environment that runs: "),
    ],
)
def test_whatever_goes_wrong_is_a_sentence_and_it_can_be_tried_again(bare, host, home, trouble, said):
    twin = bare(trouble)
    press_install(twin)
    ended(twin, host)
    ui = twin.ui
    assert said in ui.segmentLabel.text
    assert (ui.segmentBar.visible, ui.segmentDiagnosticsButton.visible) == (False, True)
    assert (ui.installButton.visible, ui.installButton.enabled, ui.segmentButton.enabled) == (True, True, False)
    assert left(home) == []
