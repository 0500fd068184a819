"""The published SPINEPS as a backend: real package, real process, real files, weights with made-up numbers."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from spinetwin import cli
from spinetwin.errors import ParameterError, ProgramError, ReadError
from spinetwin.geometry import labels_in
from spinetwin.io import read_label_map
from spinetwin.jobs.environments import HangError, Program, environment_for
from spinetwin.jobs.external import spineps
from spinetwin.jobs.external.spineps import SpinepsBackend
from spinetwin.jobs.weights import Store


def quiet(*_):
    pass


@pytest.fixture(scope="session")
def fabricated(fabricate):
    return fabricate("fabricate_spineps.py")


@pytest.fixture
def with_weights(home, fabricated):
    """Let weights in by the door that people use."""
    store = Store(home)

    def put(instance):
        store.add("spineps-t2w", fabricated / "semantic", quiet, trust=True)
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
    assert len(report["levels"]) >= 3
    assert labels_in(vertebrae)
    assert not list((tmp_path / "home ü" / "runs").iterdir())


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


def test_cancelling_ends_it_and_leaves_nothing(request_of, with_weights, tmp_path):
    with_weights("centre")
    heard = []

    def cancel(done, what):
        heard.append((done, what))
        if what == "loading the networks":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SpinepsBackend().run(request_of(), cancel)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert not list((tmp_path / "home ü" / "runs").iterdir())


@pytest.mark.skipif(os.name != "posix", reason="needs a signal that stops a process")
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
