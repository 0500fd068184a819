"""The published SPINEPS as a backend: real package, real process, real files, weights with made-up numbers."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from spinetwin import cli
from spinetwin.anatomy import SubregionId, level
from spinetwin.errors import ParameterError, ProgramError, ReadError
from spinetwin.io import read_label_map, write_volume
from spinetwin.jobs import State
from spinetwin.jobs.environments import HangError, Program, environment_for
from spinetwin.jobs.events import Progress
from spinetwin.jobs.external import spineps
from spinetwin.jobs.external.spineps import SpinepsBackend
from spinetwin.jobs.weights import Store
from spinetwin.segmentation.instance_naming import named_anew
from spinetwin.segmentation.levels import levels_of
from spinetwin.segmentation.separation.voxels import BODY, POSTERIOR

posix = pytest.mark.skipif(os.name != "posix", reason="needs the signals and processes of POSIX")
CANCEL_S = 2.0
CODES = {500: POSTERIOR, 1000: (SubregionId.DISC,), 1500: BODY}
"""Subregions by the value that shows them, as fabricate_spineps.py has them."""


def quiet(*_):
    pass


@pytest.fixture(scope="session")
def fabricated(fabricate):
    return fabricate("fabricate_spineps.py")


@pytest.fixture
def with_weights(home, fabricated):
    """Let weights in by the door that people use."""
    store = Store(home)

    def put(instance, semantic="semantic"):
        store.add("spineps-t2w", fabricated / semantic, quiet, trust=True)
        store.add("spineps-instance", fabricated / instance, quiet, trust=True)
        return store

    return put


def segment(case, out, *more):
    return cli.main(["segment", str(case[0] / "spine_T2w.nii.gz"), "--out", str(out), "--backend", "spineps", *more])


def test_a_map_that_is_there_is_taken_over_and_its_vertebrae_are_found(case, with_weights, tmp_path, capsys):
    with_weights("centre")
    out = tmp_path / "out ü"
    code = segment(case, out, "--map", str(case[0] / "subregions.nii.gz"), "--table", "spineps")
    said = capsys.readouterr()
    assert code == 0, said.err
    report = json.loads((out / "segmentation.json").read_text(encoding="utf-8"))
    assert report["backend"]["name"] == "spineps"
    assert report["backend"]["device"] == "cpu"
    assert report["versions"]["SPINEPS"] == "2.1.3"
    assert report["versions"]["contrast"] == "T2w"
    assert "spineps/T2w_semantic_v1.0.9/fold_0/checkpoint_final.pth" in report["weights"]
    assert all(digest.startswith("sha256:") for digest in report["weights"].values())
    assert "not verified" in said.out
    maps = case[1]
    subregions, grid = read_label_map(out / "subregions.nii.gz")
    vertebrae, _ = read_label_map(out / "vertebrae.nii.gz")
    assert grid.shape == maps.grid.shape
    np.testing.assert_allclose(grid.ijk_to_ras, maps.grid.ijk_to_ras, atol=1e-4)
    # what was taken over is still where it was
    both = (subregions > 0) & (maps.subregions > 0)
    assert np.count_nonzero(subregions[both] == maps.subregions[both]) > 0.95 * np.count_nonzero(both)
    # nothing in view tells which three these are: SPINEPS counts them from C2, and a person is asked
    named, told = named_anew(maps)
    assert (
        list(report["levels"])
        == [each.name for each in levels_of(vertebrae)]
        == [each.name for each in levels_of(named.vertebrae)]
    )
    assert set(told) <= set(report["warnings"])
    assert any(each.startswith("Which vertebra is the uppermost one?") for each in report["warnings"])
    assert not any("the map's own" in each for each in report["warnings"])
    assert not list((tmp_path / "home ü" / "runs").iterdir())


def test_lumbar_vertebrae_above_a_sacrum_get_their_names(lumbar_case, with_weights, tmp_path, capsys):
    with_weights("centre")
    folder, truth = lumbar_case
    assert segment(lumbar_case, tmp_path, "--map", str(folder / "subregions.nii.gz"), "--table", "spineps") == 0
    report = json.loads((tmp_path / "segmentation.json").read_text(encoding="utf-8"))
    assert list(report["levels"]) == ["L1", "L2", "L3", "L4", "L5"]
    assert "Levels were told from the subregions (sacrum) and are not verified." in report["warnings"]
    assert "(L1 to L5)" in capsys.readouterr().out
    vertebrae, _ = read_label_map(tmp_path / "vertebrae.nii.gz")
    for name in ("L1", "L2", "L3", "L4", "L5"):
        each = level(name)
        for label, least in ((each.id, 0.8), (each.disc_id, 0.9)):
            found, there = vertebrae == label, truth.vertebrae == label
            assert 2 * (found & there).sum() > least * (found.sum() + there.sum()), (name, label)


def test_networks_that_find_no_spine_say_so(case, with_weights, tmp_path, capsys):
    with_weights("random")
    assert segment(case, tmp_path / "out") == 1
    said = capsys.readouterr().err
    assert "SPINEPS did not segment spine_T2w.nii.gz: the image or one of the predicted masks was empty" in said
    assert not list((tmp_path / "out").iterdir())


def test_vertebrae_that_are_not_found_are_said(case, with_weights, tmp_path, capsys):
    with_weights("random")
    assert segment(case, tmp_path / "out", "--map", str(case[0] / "subregions.nii.gz"), "--table", "spineps") == 1
    said = capsys.readouterr().err
    assert "SPINEPS did not segment spine_T2w.nii.gz: Number of vertebra 0 smaller than number of corpus regions" in said


@pytest.fixture
def coded(case, tmp_path):
    """The case with an image whose values are the codes that the network `reading` reads."""
    maps = case[1]
    codes = np.zeros(256, np.int16)
    for code, labels in CODES.items():
        codes[list(labels)] = code
    path = tmp_path / "Rücken 1.nii.gz"
    write_volume(path, codes[maps.subregions], maps.grid)
    return {"image": str(path)}


@posix
def test_a_killed_run_goes_on_with_the_map_of_its_first_phase(coded, case, with_weights, job, start, folder, tmp_path):
    with_weights("centre", "reading")
    asked = job("segment", coded, backend="spineps", contrast="t2")
    killed = start(asked, program=None)
    killed.until_progress("the vertebrae")  # the made-up network is too quick for some words to be said
    killed.process.kill()
    killed.end()
    (stages,) = folder.glob(".spinetwin-stages-*")
    assert [each.name for each in stages.glob("*.npz")] == ["spineps-semantic.npz"]
    again = start(asked, program=None)
    assert again.end().state is State.FINISHED, again.diagnostics()
    at_work = {each.message for each in again.said() if isinstance(each, Progress)}
    assert "taking the subregions over" in at_work
    assert not [each for each in at_work if each.startswith("predicting the subregions")]
    report = json.loads((folder / "segmentation.json").read_text(encoding="utf-8"))
    assert report["reused_stages"] == ["spineps-semantic"]
    assert (report["image"]["contrast"], report["image"]["contrast_told_by"]) == ("T2w", "person")
    parts = ["check", "load", "prepare", "tidy", "instance", "clean", "end", "take over"]
    assert list(report["backend_seconds"]) == parts
    # the first phase reads the image without an error; of the bodies the second one, which is made up, takes but a part
    subregions, _ = read_label_map(folder / "subregions.nii.gz")
    ours, theirs = subregions == SubregionId.BODY_BORDER, np.isin(case[1].subregions, CODES[1500])
    assert np.count_nonzero(ours & theirs) > max(0.95 * np.count_nonzero(ours), 0.4 * np.count_nonzero(theirs))
    assert report["levels"]
    assert not list((tmp_path / "home ü" / "runs").iterdir())


@posix
def test_cancelling_the_worker_ends_it_and_leaves_nothing(coded, with_weights, job, start, folder, content, tmp_path):
    with_weights("centre", "reading")
    worker = start(job("segment", coded, backend="spineps"), program=None)
    worker.until_progress("loading the networks")
    verdict, family, seconds = worker.cancel()
    assert len(family) > 1
    assert seconds < CANCEL_S
    assert verdict.state is State.CANCELLED
    fractions = [each.fraction for each in worker.said() if isinstance(each, Progress)]
    assert fractions == sorted(fractions)
    assert content(folder) == ["old.txt"]
    assert not list((tmp_path / "home ü" / "runs").glob("*"))


@posix
def test_a_hang_is_noticed(request_of, with_weights, monkeypatch, tmp_path):
    with_weights("random")
    hanging = Program(Path(sys.executable), "-c", ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",))
    monkeypatch.setattr(spineps, "_program", lambda *_: hanging)
    with pytest.raises(HangError, match="silent for 2 seconds"):
        SpinepsBackend(patience_s=2.0).run(request_of(), quiet)
    assert not list((tmp_path / "home ü" / "runs").iterdir())


def test_what_is_missing_is_said_with_licence_and_command(request_of, home):
    state = SpinepsBackend().available(request_of())
    assert not state.ready
    assert "`spinetwin weights download spineps-t2w`" in state.reason
    assert "licence Apache-2.0" in state.reason
    assert environment_for("spineps", home).versions("SPINEPS") == {"SPINEPS": "2.1.3"}


def test_weights_that_have_changed_are_never_opened(request_of, with_weights):
    store = with_weights("random")
    path = store.place("spineps-instance") / "fabricated-weights.ckpt"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert SpinepsBackend().available(request_of()).ready
    with pytest.raises(ReadError, match="not what they were when they came"):
        SpinepsBackend().run(request_of(), quiet)


def test_weights_that_nobody_vouched_for_are_never_opened(request_of, with_weights):
    store = with_weights("random")
    (store.folder / "records" / "spineps-t2w.json").unlink()
    assert "--trust" in SpinepsBackend().available(request_of()).reason
    with pytest.raises(ParameterError, match="--trust"):
        SpinepsBackend().run(request_of(), quiet)


def test_a_device_that_is_not_there(request_of, with_weights):
    with_weights("random")
    with pytest.raises(ParameterError, match=r"SPINEPS cannot run on cuda:0: on this computer it runs on cpu\."):
        SpinepsBackend().run(request_of(device="cuda:0"), quiet)


def test_weights_that_are_no_weights(request_of, home, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "inference_config.json").write_text("{}")
    for name in ("spineps-t2w", "spineps-instance"):
        Store(home).add(name, tmp_path / "bad", quiet, trust=True)
    with pytest.raises(ProgramError, match=r"spineps\.entrypoint ended with exit code 1: .*Error"):
        SpinepsBackend().run(request_of(), quiet)
