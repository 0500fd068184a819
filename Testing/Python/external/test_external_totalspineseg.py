"""The published TotalSpineSeg as a backend: real package, real process, weights that read codes out of the image."""

import json
import os
import shutil
import signal
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from real_worker import alive, children_of
from spinetwin import cli
from spinetwin.anatomy import level, subregion
from spinetwin.errors import ProgramError, SpineTwinError
from spinetwin.geometry import LabelMaps
from spinetwin.io import read_label_map, write_volume
from spinetwin.jobs import State
from spinetwin.jobs.events import Progress
from spinetwin.jobs.external.totalspineseg import LACKS_POSTERIOR, TotalSpineSegBackend
from spinetwin.jobs.weights import Store
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.segmentation.backends import Request

LEVELS = ("L4", "L5")


def quiet(*_):
    pass


@pytest.fixture(scope="session")
def fabricated(fabricate):
    return fabricate("fabricate_totalspineseg.py")


@pytest.fixture(scope="module")
def coded(tmp_path_factory):
    """An image whose values are the codes that the weights read, of a phantom with a sacrum."""
    spine = make_spine(SpineParameters(levels="L4-S1"))
    maps = spine.voxelise(spine.grid(1.0, "RAS", margin_mm=8.0, levels="L4-L5"))
    path = tmp_path_factory.mktemp("coded ü") / "spine.nii.gz"
    write_volume(path, codes(maps), maps.grid)
    return path, maps


def codes(maps: LabelMaps):
    image = np.zeros(maps.grid.shape, dtype=np.int16)
    for number, name in enumerate(LEVELS):
        found = level(name)
        image[maps.vertebrae == found.id] = 1 + number % 2
        image[maps.vertebrae == found.disc_id] = 4 if name == "L5" else 3
    image[maps.vertebrae == level("S1").id] = 5
    image[maps.subregions == subregion("spinal_canal").id] = 6
    image[maps.subregions == subregion("spinal_cord").id] = 7
    return image


@pytest.fixture
def with_weights(home, fabricated):
    def put(first):
        store = Store(home)
        store.add("totalspineseg-step1", fabricated / first, quiet, trust=True)
        store.add("totalspineseg-step2", fabricated / "step2", quiet, trust=True)

    return put


@pytest.mark.skipif(os.name != "posix", reason="needs the signals of POSIX")
def test_a_killed_run_goes_on_with_its_first_step_and_whole_vertebrae_are_found(
    coded, with_weights, job, start, folder, tmp_path
):
    path, maps = coded
    with_weights("step1")
    asked = job("segment", {"image": str(path)}, backend="totalspineseg")
    killed = start(asked, program=None)
    killed.until_progress("predicting each vertebra")
    killed.process.kill()
    killed.end()
    again = start(asked, program=None)
    assert again.end().state is State.FINISHED, again.diagnostics()
    report = json.loads((folder / "segmentation.json").read_text(encoding="utf-8"))
    assert report["reused_stages"] == ["totalspineseg-step1_raw"]
    first, second = ["load", "prepare", "begin1", "step1", "order"], ["begin2", "step2", "name", "resample"]
    assert list(report["backend_seconds"]) == ["check", "start", *first, *second, "take over"]
    assert report["versions"]["totalspineseg"] == "20260807"
    assert LACKS_POSTERIOR in report["warnings"]
    assert any(name.startswith("totalspineseg/nnUNet/results/Dataset101") for name in report["weights"])
    vertebrae, grid = read_label_map(folder / "vertebrae.nii.gz")
    np.testing.assert_allclose(grid.ijk_to_ras, maps.grid.ijk_to_ras, atol=1e-4)
    for name in LEVELS:
        mine, truth = vertebrae == level(name).id, maps.vertebrae == level(name).id
        assert 2 * np.count_nonzero(mine & truth) / (mine.sum() + truth.sum()) > 0.9, name
    for worker in (killed, again):
        fractions = [each.fraction for each in worker.said() if isinstance(each, Progress)]
        assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert not list((tmp_path / "home ü" / "runs").iterdir())


def test_networks_that_find_nothing_say_so(coded, with_weights, tmp_path, capsys):
    with_weights("blind1")
    assert cli.main(["segment", str(coded[0]), "--out", str(tmp_path / "out"), "--backend", "totalspineseg"]) == 1
    assert "TotalSpineSeg found nothing of a spine: its map step1_raw is empty." in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())


def request_for(coded, **more):
    path, maps = coded
    return Request(lambda: codes(maps), maps.grid, path=path, device="cpu", **more)


def at_work(pids):
    return {pid for pid in pids if alive(pid)}


@pytest.fixture
def while_it_works(coded, with_weights, home):
    """Return a function that does something to the child of a run when its first step begins; gives what came of the run."""
    with_weights("step1")
    if not Path("/proc").is_dir():
        pytest.skip("there is no /proc to look the processes up in")

    def do(what, patience_s=60.0):
        seen = set()

        def told(_, message):
            if message.startswith("predicting") and not seen:
                seen.update(at_work(children_of(os.getpid())))
                what(seen)

        raised = None
        try:
            TotalSpineSegBackend(home, patience_s).run(request_for(coded), told)
        except (ProgramError, KeyboardInterrupt) as error:
            raised = error
        assert seen
        assert not list((home / "runs").iterdir())
        return raised, seen

    return do


def test_cancelling_leaves_no_process_and_no_file(while_it_works):
    moments = []

    def cancel(_):
        moments.append(time.monotonic())
        raise KeyboardInterrupt

    raised, pids = while_it_works(cancel)
    assert isinstance(raised, KeyboardInterrupt)
    while at_work(pids) and time.monotonic() < moments[0] + 2.0:
        time.sleep(0.05)
    assert not at_work(pids)


def test_a_crash_is_told_of(while_it_works):
    raised, pids = while_it_works(lambda pids: [os.kill(pid, signal.SIGSEGV) for pid in pids])
    assert "was ended by the signal 11" in str(raised)
    assert not at_work(pids)


def test_a_hang_is_noticed(while_it_works):
    raised, pids = while_it_works(lambda pids: [os.kill(pid, signal.SIGSTOP) for pid in pids], patience_s=15.0)
    assert "silent for 15 seconds" in str(raised)
    assert not at_work(pids)


def test_weights_that_would_run_a_program_are_not_opened(coded, with_weights, home, tmp_path):
    with_weights("step1")
    bad = tmp_path / "bad"
    shutil.copytree(Store(home).place("totalspineseg-step1"), bad)
    target = str(tmp_path / "was here").encode()
    program = b"cos\nmkdir\n(X" + len(target).to_bytes(4, "little") + target + b"tR."
    with zipfile.ZipFile(next(bad.glob("**/checkpoint_final.pth")), "w") as file:
        for name, content in (("data.pkl", program), ("version", "3\n"), ("byteorder", "little")):
            file.writestr(f"archive/{name}", content)
    Store(home).remove("totalspineseg-step1")
    Store(home).add("totalspineseg-step1", bad, quiet, trust=True)
    with pytest.raises(SpineTwinError, match="holds more than weights"):
        TotalSpineSegBackend(home).run(request_for(coded), quiet)
    assert not (tmp_path / "was here").exists()


def test_what_is_missing_is_said(coded, home):
    path, maps = coded
    state = TotalSpineSegBackend(home).available(Request(lambda: None, maps.grid, path=path))
    assert not state.ready
    assert "totalspineseg-step1 is missing (size not published, licence LGPL-3.0)" in state.reason
    assert "totalspineseg-step2 is missing" in state.reason


def test_its_description_says_what_it_lacks():
    assert "posterior points will be missing" in TotalSpineSegBackend().describe().makes


def test_weights_that_are_no_weights(coded, home, tmp_path):
    (tmp_path / "bad" / "nnUNetTrainer__nnUNetPlans__3d_fullres" / "fold_0").mkdir(parents=True)
    for name in ("plans.json", "fold_0/checkpoint_final.pth"):
        (tmp_path / "bad" / "nnUNetTrainer__nnUNetPlans__3d_fullres" / name).write_text("{}")
    for name in ("totalspineseg-step1", "totalspineseg-step2"):
        Store(home).add(name, tmp_path / "bad", quiet, trust=True)
    with pytest.raises(SpineTwinError, match="holds no nnU-Net v2 model"):
        TotalSpineSegBackend(home).run(request_for(coded), quiet)
