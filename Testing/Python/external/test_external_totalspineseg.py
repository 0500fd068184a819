"""The published TotalSpineSeg as a backend: real package, real process, weights that read codes out of the image."""

import json
import os
import shutil
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from spinetwin import cli
from spinetwin.anatomy import level, subregion
from spinetwin.errors import ProgramError, SpineTwinError
from spinetwin.geometry import LabelMaps
from spinetwin.io import read_label_map, write_volume
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


def test_whole_vertebrae_are_found_and_what_they_lack_is_said(coded, with_weights, tmp_path, capsys):
    path, maps = coded
    with_weights("step1")
    out = tmp_path / "out ü"
    code = cli.main(["segment", str(path), "--out", str(out), "--backend", "totalspineseg"])
    said = capsys.readouterr()
    assert code == 0, said.err
    report = json.loads((out / "segmentation.json").read_text(encoding="utf-8"))
    assert report["versions"]["totalspineseg"] == "20260807"
    assert LACKS_POSTERIOR in report["warnings"]
    assert any(name.startswith("totalspineseg/nnUNet/results/Dataset101") for name in report["weights"])
    vertebrae, grid = read_label_map(out / "vertebrae.nii.gz")
    np.testing.assert_allclose(grid.ijk_to_ras, maps.grid.ijk_to_ras, atol=1e-4)
    for name in LEVELS:
        mine, truth = vertebrae == level(name).id, maps.vertebrae == level(name).id
        assert 2 * np.count_nonzero(mine & truth) / (mine.sum() + truth.sum()) > 0.9, name
    assert not list((tmp_path / "home ü" / "runs").iterdir())


def test_networks_that_find_nothing_say_so(coded, with_weights, tmp_path, capsys):
    with_weights("blind1")
    assert cli.main(["segment", str(coded[0]), "--out", str(tmp_path / "out"), "--backend", "totalspineseg"]) == 1
    assert "TotalSpineSeg found nothing of a spine: its map step1_raw is empty." in capsys.readouterr().err
    assert not list((tmp_path / "out").iterdir())


def request_for(coded, **more):
    path, maps = coded
    return Request(lambda: codes(maps), maps.grid, path=path, device="cpu", **more)


def test_progress_grows_by_windows_and_finished_steps_are_kept(coded, with_weights, home, tmp_path):
    with_weights("step1")
    told, store = [], tmp_path / "store"
    store.mkdir()
    found = TotalSpineSegBackend(home).run(request_for(coded, store=store), lambda done, what: told.append((done, what)))
    fractions = [done for done, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {"predicting discs and vertebrae", "predicting each vertebra"} <= {what for _, what in told}
    kept = {each.name: each.stat().st_mtime_ns for each in store.iterdir()}
    assert sorted(kept) == ["totalspineseg-step1_raw.npz", "totalspineseg-step2_raw.npz"]
    again = TotalSpineSegBackend(home).run(request_for(coded, store=store), quiet)
    np.testing.assert_array_equal(again.maps.vertebrae, found.maps.vertebrae)
    assert {each.name: each.stat().st_mtime_ns for each in store.iterdir()} == kept


def children():
    """Return the ids of the processes that this one has started, and of theirs."""
    found = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    parents = dict(zip(map(int, found[::2]), map(int, found[1::2]), strict=True))
    mine = {os.getpid()}
    for _ in range(8):
        mine |= {pid for pid, parent in parents.items() if parent in mine}
    return mine - {os.getpid()}


def at_work(pids):
    return {pid for pid in pids if Path(f"/proc/{pid}/stat").is_file() and " Z " not in Path(f"/proc/{pid}/stat").read_text()}


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
                seen.update(at_work(children()))
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
    raised, pids = while_it_works(lambda pids: [os.kill(pid, signal.SIGSTOP) for pid in pids], patience_s=30.0)
    assert "silent for 30 seconds" in str(raised)
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
