"""The weights of a published method, in the panel: fetched from a server on this computer, imported, deleted, never unasked."""

import functools
import io
import os
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from handmade_wheels import make_wheel
from lent_packages import write_wheels
from slicerhost.waiting import settle
from spinetwin.jobs.weights import Store
from weights_server import Server

ROOT = Path(__file__).resolve().parents[3]
WORKER = Path(__file__).with_name("weights_worker.py")
PATIENCE_S = 120
SEMANTIC, INSTANCE = "spineps-t2w", "spineps-instance"
FILES = {
    "inference_config.json": b"{}",
    "trainer__plans__3d/fold_0/checkpoint_final.pth": bytes(range(256)) * 12000,
}
"""What makes an archive one of weights, for either method."""


@pytest.fixture
def server():
    with Server() as server:
        packed = io.BytesIO()
        _zip(packed)
        server.content = packed.getvalue()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.going_on.set()
        server.shutdown()


def _zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home ü"


@pytest.fixture
def opened(host, monkeypatch, tmp_path, home, server, panel):
    """Return a function that opens the panel with an image of a name and a method chosen."""
    if os.name != "posix":
        pytest.skip("needs a shell")
    from SpineDigitalTwinLib.running import process
    from SpineDigitalTwinLib.running.interpreter import candidates

    wheels = write_wheels(tmp_path / "wheels")
    # a torch of this version need not be asked for graphics cards
    make_wheel(wheels, "torch", "1.0+cpu", {"torch.py": ""})
    variables = {
        "PYTHONPATH": ROOT / "SpineDigitalTwin",
        "SPINETWIN_HOME": home,
        "PIP_NO_INDEX": 1,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": wheels,
        "no_proxy": "127.0.0.1",
    }
    exports = "".join(f'export {name}="{value}"\n' for name, value in variables.items())
    script = tmp_path / "PythonSlicer"
    address = server.url.rpartition("/")[0]
    script.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exit 0\n{exports}exec "{candidates()[0]}" "{WORKER}" "$4" "{address}"\n')
    script.chmod(0o755)
    monkeypatch.setattr(process, "WorkerProcess", functools.partial(process.WorkerProcess, interpreter=str(script)))

    def make(backend="spineps", name="Patient 1 T2w"):
        from SpineDigitalTwin import SpineDigitalTwinWidget

        twin = panel(SpineDigitalTwinWidget, 460, 1180)
        twin.enter()
        values = np.random.default_rng(1).integers(0, 900, (60, 40, 6)).astype(np.int16)
        twin.ui.imageSelector.setCurrentNode(host.util.addVolumeFromArray(values, np.diag([4.0, 2.0, 2.0, 1.0]), name))
        twin._parameters.backend = backend
        known(twin, host)
        return twin

    return make


def known(twin, host):
    panel, chooser = twin.panel, twin.panel.segment.chooser
    settle(host, PATIENCE_S, until=lambda: chooser.offer is not None and not (panel.background.busy or chooser.busy))


def rows(twin):
    box = twin.ui.weightsBox
    return [box.itemText(each) for each in range(box.count)]


def press_get(twin, host):
    twin.ui.getWeightsButton.click()
    known(twin, host)


def press_import(twin, host, source, button="weightsAgreeButton"):
    keeper = twin.panel.segment.weights
    keeper.chooseArchive = keeper.chooseFolder = lambda: str(source)
    twin.ui.importWeightsButton.click()
    getattr(twin.ui, button).click()
    known(twin, host)


@pytest.fixture
def archive(tmp_path):
    _zip(tmp_path / "t2w.zip")
    return tmp_path / "t2w.zip"


def test_from_nothing_to_a_method_that_can_run(opened, host, home, server):
    twin = opened()
    ui = twin.ui
    assert ui.availabilityLabel.text.startswith("Cannot run: its environment is not installed: ")
    assert "spineps-t2w is missing (size not published, licence Apache-2.0): get it, or import" in ui.availabilityLabel.text
    assert "`" not in ui.availabilityLabel.text, "there are buttons for what one would type in a terminal"
    ui.installButton.click()
    assert "Its weights are not among that: they are fetched or imported by themselves, below." in ui.installLabel.text
    assert "Licence of its weights" not in ui.installLabel.text
    ui.installNowButton.click()
    settle(host, PATIENCE_S, until=lambda: not ui.installButton.visible and "environment" not in ui.availabilityLabel.text)
    known(twin, host)
    assert ui.installButton.visible is False
    assert (rows(twin), ui.getWeightsButton.enabled) == ([f"{SEMANTIC}: missing", f"{INSTANCE}: missing"], True)
    assert ui.deleteWeightsButton.enabled is False
    assert server.methods == [], "nobody has pressed anything that goes over the network"

    press_get(twin, host)
    assert server.methods == ["HEAD", "HEAD"]
    question = ui.weightsQuestion.text
    assert f"{SEMANTIC} (semantic network, for T2w): 3 MB, licence Apache-2.0, from 127.0.0.1" in question
    assert f"{INSTANCE} (instance network, for T2w T1w Vibe): 3 MB" in question
    assert "can run any program when it is opened" in question
    assert "The SHA-256 of every file is written down now and compared before each use." in question
    ui.weightsDisagreeButton.click()
    assert (ui.weightsQuestionFrame.visible, twin.panel.background.busy) == (False, False)
    assert server.methods == ["HEAD", "HEAD"]

    press_get(twin, host)
    ui.weightsAgreeButton.click()
    known(twin, host)
    assert ui.availabilityLabel.text.startswith("✓ Can run: environment and weights are there"), ui.segmentLabel.text
    assert (ui.segmentButton.enabled, ui.getWeightsButton.visible) == (True, False)
    assert rows(twin) == [f"{SEMANTIC}: there (3 MB)", f"{INSTANCE}: there (3 MB)"]
    assert f"{SEMANTIC}: fetching 1 of 3 MB" in ui.logText.plainText
    assert f"Fetched: {SEMANTIC}, {INSTANCE}" in ui.logText.plainText
    assert set(Store(home).verify(SEMANTIC)) == set(FILES)


def test_both_steps_of_the_other_method(opened, host, home, server):
    twin = opened("totalspineseg")
    press_get(twin, host)
    assert "totalspineseg-step2 (step2 network): 3 MB, licence LGPL-3.0" in twin.ui.weightsQuestion.text
    twin.ui.weightsAgreeButton.click()
    known(twin, host)
    assert rows(twin) == ["totalspineseg-step1: there (3 MB)", "totalspineseg-step2: there (3 MB)"]
    assert "missing" not in twin.ui.availabilityLabel.text


def test_the_name_of_the_image_tells_which_are_needed(opened, host):
    twin = opened(name="Patient 1 T1w")
    assert rows(twin) == ["spineps-t1w: missing", f"{INSTANCE}: missing"]


def test_a_method_without_weights_of_its_own_shows_none(opened, host):
    assert opened("import").ui.weightsFrame.visible is False


def test_cancelled_it_goes_on_where_it_stopped(opened, host, home, server):
    twin = opened()
    press_get(twin, host)
    server.going_on.clear()
    twin.ui.weightsAgreeButton.click()
    part = Store(home).folder / f"{SEMANTIC}.zip.part"
    settle(host, PATIENCE_S, until=lambda: part.exists() and part.stat().st_size > 0)
    assert (twin.ui.segmentCancelButton.visible, twin.ui.getWeightsButton.enabled) == (True, False)
    assert twin.ui.segmentLabel.text.startswith("Getting weights:")
    twin.ui.segmentCancelButton.click()
    known(twin, host)
    assert twin.ui.segmentLabel.text == "Cancelled; nothing was changed."
    assert rows(twin) == [f"{SEMANTIC}: missing", f"{INSTANCE}: missing"]
    server.going_on.set()
    press_get(twin, host)
    twin.ui.weightsAgreeButton.click()
    known(twin, host)
    assert rows(twin) == [f"{SEMANTIC}: there (3 MB)", f"{INSTANCE}: there (3 MB)"]
    assert any("Range" in each for each in server.asked)


@pytest.mark.parametrize(("gone", "said"), [(False, "answers 404"), (True, "127.0.0.1 cannot be reached")])
def test_a_server_that_does_not_give_them(opened, host, server, gone, said):
    twin = opened()
    server.status = 404
    if gone:
        server.shutdown()
        server.server_close()
    press_get(twin, host)
    ui = twin.ui
    assert said in ui.segmentLabel.text.replace(f":{server.server_port}", "")
    assert (ui.weightsQuestionFrame.visible, ui.getWeightsButton.enabled, ui.segmentBar.visible) == (False, True, False)


@pytest.mark.parametrize("kind", ["archive", "folder"])
def test_what_one_has_is_imported_and_nothing_goes_over_the_network(opened, host, home, server, archive, kind, tmp_path):
    twin = opened()
    source, button = archive, "weightsAgreeButton"
    if kind == "folder":
        source, button = tmp_path / "mine ü", "weightsOtherButton"
        zipfile.ZipFile(archive).extractall(source)
    twin.ui.weightsBox.currentIndex = 1
    twin.ui.importWeightsButton.click()
    assert f"Import {INSTANCE} (instance network, for T2w T1w Vibe; licence Apache-2.0)" in twin.ui.weightsQuestion.text
    assert "can run any program when it is opened" in twin.ui.weightsQuestion.text
    assert (twin.ui.weightsAgreeButton.text, twin.ui.weightsOtherButton.text) == ("Zip archive...", "Folder...")
    press_import(twin, host, source, button)
    assert rows(twin) == [f"{SEMANTIC}: missing", f"{INSTANCE}: there (3 MB)"], twin.ui.segmentLabel.text
    assert set(Store(home).verify(INSTANCE)) == set(FILES)
    assert server.methods == []


def test_what_is_no_archive_of_weights_is_refused_in_words(opened, host, home, tmp_path):
    twin = opened()
    other = tmp_path / "photos.zip"
    with zipfile.ZipFile(other, "w") as made:
        made.writestr("photo.jpg", b"1")
    press_import(twin, host, other)
    assert "photos.zip holds no inference_config.json: it is something else. Is it the right one?" in twin.ui.segmentLabel.text
    press_import(twin, host, "")
    assert rows(twin) == [f"{SEMANTIC}: missing", f"{INSTANCE}: missing"]
    assert not list(Store(home).folder.glob(".spinetwin*"))


def test_deleting_asks_and_what_was_changed_is_said(opened, host, home, archive):
    twin = opened()
    press_import(twin, host, archive)
    (Store(home).place(SEMANTIC) / "inference_config.json").write_bytes(b"{ }")
    twin.panel.segment.chooser.again()
    known(twin, host)
    assert rows(twin)[0] == f"{SEMANTIC}: changed or damaged (3 MB)"
    assert "they have been changed or damaged" in twin.ui.availabilityLabel.text
    twin.ui.deleteWeightsButton.click()
    assert twin.ui.weightsQuestion.text.startswith(f"Delete {SEMANTIC} (semantic network, for T2w; 3 MB) from this computer?")
    twin.ui.weightsDisagreeButton.click()
    assert Store(home).place(SEMANTIC).is_dir()
    twin.ui.deleteWeightsButton.click()
    twin.ui.weightsAgreeButton.click()
    known(twin, host)
    assert rows(twin)[0] == f"{SEMANTIC}: missing"
    assert not Store(home).place(SEMANTIC).exists()


def test_the_folder_of_ones_own_models_is_chosen_in_the_panel(opened, host, tmp_path):
    twin = opened("two-phase")
    assert (twin.ui.modelsFolder.visible, twin.ui.weightsFrame.visible) == (True, False)
    mine = tmp_path / "my models ü"
    mine.mkdir()
    assert str(mine) not in twin.ui.availabilityLabel.text
    twin.ui.modelsFolder.currentPath = str(mine)
    known(twin, host)
    assert str(mine) in twin.ui.availabilityLabel.text
    twin._parameters.backend = "spineps"
    known(twin, host)
    settle(host)
    assert twin.ui.modelsFolder.visible is False
