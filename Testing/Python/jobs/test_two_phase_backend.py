"""The two-phase backend from end to end: real predictor, real files, real process, and weights that are made up."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import fabricated_models
import numpy as np
import pytest
from backends_python import python_with
from damaged_maps import dice_by_level
from grey_phantom import channels, grey
from spinetwin.anatomy import level
from spinetwin.cli import main
from spinetwin.errors import MapError, ParameterError, ProgramError, SpineTwinError
from spinetwin.geometry import Grid
from spinetwin.io import write_volume
from spinetwin.jobs import State
from spinetwin.jobs.backends import BACKENDS
from spinetwin.jobs.environments import Program, lend_package
from spinetwin.jobs.external import two_phase
from spinetwin.jobs.external.two_phase import MODELS_VARIABLE, TwoPhaseBackend
from spinetwin.jobs.external.workers import run_worker
from spinetwin.jobs.weights import vouch
from spinetwin.phantom import Spacing, SpineParameters, make_spine
from spinetwin.segmentation.backends import Request, Segmentation
from spinetwin.segmentation.course import KNOWN
from spinetwin.segmentation.two_phase.orientation import Turn

CANCEL_S = 2.0


def tell_nothing(done, what):
    pass


@pytest.fixture(scope="module")
def python():
    return Path(python_with("torch", "nnunetv2"))


@pytest.fixture(scope="module")
def truth():
    """A lumbar spine on a grid of even sizes, that a U-Net can halve."""
    spine = make_spine(SpineParameters(levels="T12-S1"))
    grid = spine.grid(Spacing(right=3.3, anterior=1.8, superior=1.8))
    i, j, k = (each + each % 2 for each in grid.shape)
    return spine.voxelise(Grid((i, j, k), grid.ijk_to_ras))


@pytest.fixture(scope="module")
def image(truth):
    """Grey values that tell the subregions, and one dark voxel, so that nnU-Net crops nothing away."""
    values = grey(truth)
    values[tuple(each // 2 for each in values.shape)] = 0.0
    return values


@pytest.fixture(scope="module")
def made(python, truth, image, tmp_path_factory):
    """Folders of models by the kind of the second one, all by one process: it takes longer to load torch than to write them."""
    folder, kinds = tmp_path_factory.mktemp("Modelle für Tests"), ["torchscript", "nnunet"]
    if not subprocess.run([python, "-c", "import onnx, onnxruntime"], capture_output=True).returncode:
        kinds.append("onnx")
    turn = Turn.to("PIR", truth.grid)
    np.savez(
        folder / "phantom.npz",
        image=turn.turned(image),
        labels=turn.turned(channels(truth)),
        spacing=turn.grid(truth.grid).spacing,
    )
    command = [python, fabricated_models.__file__, folder, folder / "phantom.npz", *kinds]
    subprocess.run(command, check=True, capture_output=True)
    return {kind: folder / kind for kind in kinds}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of the program's own, in which nobody has vouched for anything."""
    monkeypatch.setenv("SPINETWIN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def torchscript(made):
    """Models of which the second is TorchScript, and a person who has vouched for it."""
    vouch(made["torchscript"] / "instance" / "bands.pt")
    return made["torchscript"]


def request_of(truth, image, **more):
    return Request(lambda: image, truth.grid, device="cpu", **more)


class Segmented(NamedTuple):
    """What the backend has made of the image with the TorchScript model, what it said meanwhile, and what it was asked."""

    found: Segmentation
    told: list[tuple[float, str]]
    request: Request


@pytest.fixture(scope="module")
def segmented(python, made, truth, image, tmp_path_factory):
    folder = tmp_path_factory.mktemp("segmented")
    path, told = folder / "Rücken 1.nii.gz", []
    write_volume(path, image, truth.grid)
    (folder / "store").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPINETWIN_HOME", str(folder / "home"))
        vouch(made["torchscript"] / "instance" / "bands.pt")
        backend = TwoPhaseBackend(made["torchscript"], python)
        request = request_of(truth, image, path=path, store=folder / "store")
        assert backend.available(request).ready
        found = backend.run(request, lambda done, what: told.append((done, what)))
    return Segmented(found, told, request)


def test_an_image_becomes_maps(python, torchscript, segmented, truth, image):
    found, told, request = segmented
    # phase 1 tells each subregion by its grey value, by nnU-Net's own predictor with two folds
    assert (found.maps.subregions == truth.subregions).mean() > 0.999
    dice = dice_by_level(found.maps.vertebrae, truth.vertebrae)
    assert all(level(label).name == name for name, (_, label) in dice.items())
    # phase 2 knows but bands across the spine
    assert min(value for value, _ in dice.values()) > 0.7
    assert [level(key).name for key in found.confidence] == ["T12", "L1", "L2", "L3", "L4", "L5"]
    assert any("not verified" in each for each in found.warnings)
    assert {"torch", "nnunetv2"} <= set(found.versions)
    assert found.device == "cpu"
    assert sum(name.endswith(".pth") for name in found.weights) == 2
    assert all(value.startswith("sha256:") and len(value) == 71 for value in found.weights.values())
    fractions = [done for done, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    # progress that comes too fast is left out
    assert any(what.startswith("phase 2") for _, what in told)
    assert list(found.seconds) == ["start", "check", "grey", "load", "semantic", "separate", "instance", "clean", "take over"]
    assert request.stages.reused == ()

    # both phases are there already
    kept = {each.name: each.stat().st_mtime_ns for each in request.store.iterdir()}
    assert sorted(kept) == ["two-phase-instances.npz", "two-phase-semantic.npz"]
    request = request_of(truth, image, path=request.path, store=request.store)
    again = TwoPhaseBackend(torchscript, python).run(request, tell_nothing)
    assert request.stages.reused == ("two-phase-semantic", "two-phase-instances")
    np.testing.assert_array_equal(again.maps.vertebrae, found.maps.vertebrae)
    assert again.confidence == found.confidence
    assert {each.name: each.stat().st_mtime_ns for each in request.store.iterdir()} == kept


@pytest.mark.skipif(os.name != "posix", reason="needs the processes of POSIX")
def test_cancelling_the_worker_ends_the_networks_and_leaves_nothing(
    python, torchscript, home, truth, image, tmp_path, monkeypatch, job, start, folder, content
):
    (home / "temporary").mkdir()
    (home / "environments").symlink_to(python.absolute().parents[2], target_is_directory=True)
    monkeypatch.setenv("TMPDIR", str(home / "temporary"))
    monkeypatch.setenv(MODELS_VARIABLE, str(torchscript))
    write_volume(tmp_path / "Rücken 1.nii.gz", image, truth.grid)
    inputs = {"image": str(tmp_path / "Rücken 1.nii.gz")}
    worker = start(job("segment", inputs, backend="two-phase", device="cpu"), program=None)
    worker.until_progress("phase 1")
    verdict, family, seconds = worker.cancel()
    assert len(family) > 1
    assert seconds < CANCEL_S
    assert verdict.state is State.CANCELLED
    assert content(folder) == ["old.txt"]
    assert not list((home / "temporary").iterdir())


def test_of_its_two_folds_each_alone_is_wrong_and_their_mean_is_right(truth, image):
    labels = channels(truth)
    values = ((image - image.mean()) / image.std())[..., None]
    folds = fabricated_models.unlike(*fabricated_models.last_layer_for(image, labels))
    scores = [values * weights + bias for weights, bias in folds]
    mean = sum(scores) / len(scores)
    assert (mean.argmax(axis=-1) == labels)[labels > 0].mean() > 0.99
    assert max((each.argmax(axis=-1) == labels)[labels > 0].mean() for each in scores) < 0.9


def test_onnx_says_the_same_as_torchscript(python, made, segmented, truth, image):
    if "onnx" not in made:
        pytest.skip("that Python has no onnx and onnxruntime")
    maps = TwoPhaseBackend(made["onnx"], python).run(request_of(truth, image), tell_nothing).maps
    np.testing.assert_array_equal(maps.vertebrae, segmented.found.maps.vertebrae)


def test_a_second_network_that_sees_one_vertebra_everywhere_is_not_believed(python, made, truth, image):
    found = TwoPhaseBackend(made["nnunet"], python).run(request_of(truth, image), tell_nothing)
    assert len(found.confidence) < 6
    assert max(found.confidence.values()) < 0.5
    assert any("disagree" in each for each in found.warnings)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda models: (models / "fold_1" / "checkpoint_final.pth").write_bytes(b"PK\x03\x04 cut off"), "damaged"),
        (lambda models: _exchange(models / "dataset.json", lambda content: content["labels"].popitem()), "do not fit"),
        (lambda models: _pickle_a_program(models / "fold_0" / "checkpoint_final.pth"), "holds more than weights"),
    ],
)
def test_a_damaged_model_is_refused_in_words(python, torchscript, truth, image, tmp_path, damage, words):
    models = tmp_path / "models"
    _copy(torchscript, models)
    damage(next((models / "semantic").glob("*")))
    with pytest.raises(SpineTwinError, match=words):
        TwoPhaseBackend(models, python).run(request_of(truth, image), tell_nothing)
    assert not (tmp_path / "was here").exists()


def test_a_device_that_is_not_there(python, torchscript, truth, image):
    request = Request(lambda: image, truth.grid, device="cuda:7")
    with pytest.raises(SpineTwinError, match="no device cuda:7"):
        TwoPhaseBackend(torchscript, python).run(request, tell_nothing)


def test_torchscript_runs_once_a_person_has_vouched_for_it_and_onnx_at_once(python, made, truth, image, tmp_path):
    models, request = tmp_path / "Modelle 2", request_of(truth, image)
    _copy(made["torchscript"], models)
    program, backend = models / "instance" / "bands.pt", TwoPhaseBackend(models, python)

    def refused():
        assert not backend.available(request).ready
        assert f'`spinetwin weights vouch "{program}"`' in backend.available(request).reason
        # the process that would open it asks again
        with pytest.raises(ParameterError, match=r"Nobody has vouched for .*bands\.pt"):
            backend.run(request, tell_nothing)

    refused()
    assert main(["weights", "vouch", str(program)]) == 0
    assert backend.available(request).ready
    with program.open("ab") as file:
        file.write(b"more")
    refused()
    assert TwoPhaseBackend(made["nnunet"], python).available(request).ready
    program.replace(program.with_suffix(".onnx"))
    assert backend.available(request).ready


def _copy(source, target):
    import shutil

    shutil.copytree(source, target)


def _exchange(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def _pickle_a_program(path):
    """Put a pickle that makes a folder into a file as PyTorch writes it."""
    import zipfile

    target = str(path.parents[4] / "was here").encode()
    program = b"cos\nmkdir\n(X" + len(target).to_bytes(4, "little") + target + b"tR."
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", program)
        file.writestr("archive/version", "3\n")
        file.writestr("archive/byteorder", "little")


# what needs no torch


def test_it_is_one_of_the_backends():
    assert any(isinstance(each, TwoPhaseBackend) for each in BACKENDS)


def test_what_is_missing_is_said(tmp_path, monkeypatch, truth):
    request = request_of(truth, None)
    monkeypatch.setenv(MODELS_VARIABLE, str(tmp_path / "nowhere"))
    said = TwoPhaseBackend().available(request)
    assert not said.ready
    assert "nowhere" in said.reason
    assert MODELS_VARIABLE in said.reason


def test_its_environment_is_installed_and_models_of_ones_own_are_given(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(two_phase, "install", lambda name, _, root: made.append((name, root)))
    TwoPhaseBackend(tmp_path).install(tmp_path, tell_nothing)
    assert made == [("two-phase", tmp_path)]


def test_what_is_fetched_is_said_and_nothing_where_all_is_there(tmp_path, monkeypatch):
    monkeypatch.setenv("SPINETWIN_HOME", str(tmp_path))
    monkeypatch.setattr(two_phase, "find_spec", lambda _: None)
    described = TwoPhaseBackend(tmp_path).describe()
    assert described.download_mb == 480
    assert described.fetches.startswith("torch 2.13.0, nnunetv2 2.8.1, onnxruntime 1.30.0 and 84 packages")
    assert TwoPhaseBackend(tmp_path, Path(sys.executable)).describe().download_mb == 0


STARTED = 'import os, time; print(\'{"event": "started", "pid": %d, "version": "1"}\' % os.getpid(), flush=True);'


def child(code):
    return Program(Path(sys.executable), "-c", (STARTED + code,))


def test_a_child_that_is_silent_is_ended():
    with pytest.raises(ProgramError, match="silent"):
        run_worker(child("time.sleep(60)"), tell_nothing, patience_s=1.0)


def test_a_child_that_dies_is_told_of():
    with pytest.raises(ProgramError, match="ended"):
        run_worker(child("os.kill(os.getpid(), 9)" if os.name == "posix" else "os._exit(3)"), tell_nothing)


def test_a_child_without_a_result_is_told_of():
    with pytest.raises(ProgramError, match="without a result"):
        run_worker(child("print('garbage'); print('{\"event\": 7}'); print('[[[')"), tell_nothing)


@pytest.mark.parametrize(("code", "kind"), [("maps", MapError), ("parameter", ParameterError), ("disk", SpineTwinError)])
def test_what_a_child_says_itself_counts_most(code, kind):
    failure = f'{{"event": "error", "code": "{code}", "message": "No bone.", "hint": "Look again."}}'
    with pytest.raises(SpineTwinError, match=r"No bone\. Look again\.") as raised:
        run_worker(child(f"print('{failure}'); os._exit(1)"), tell_nothing)
    assert type(raised.value) is kind


def test_progress_of_a_child_never_goes_back():
    lines = [f'{{"event": "progress", "stage": "s", "fraction": {each}, "message": "m"}}' for each in (0.2, 0.1, 0.9, 7)]
    result = '{"event": "result", "paths": {"a": "b"}, "summary": ""}'
    told = []
    found = run_worker(child(f"print({json.dumps(chr(10).join([*lines, result]))!s})"), lambda done, _: told.append(done))
    assert told == [0.2, 0.2, 0.9, 1.0]
    assert found.paths == {"a": "b"}


def test_the_child_can_import_this_package_alone(tmp_path):
    seen = []
    variables = lend_package(tmp_path)
    code = "import spinetwin.jobs.external.two_phase_worker as w; print(w.STEP)"
    from spinetwin.jobs.environments import run_program

    run_program(Program(Path(sys.executable), "-c", (code,), variables), seen.append)
    assert seen[-1] == "two-phase"


def test_what_a_child_says_that_remains_is_handed_on_as_known():
    said = ((0.2, "40"), (0.3, "null"), (0.6, "9.5"))
    lines = [
        f'{{"event": "progress", "stage": "s", "fraction": {each}, "message": "m", "eta_s": {rest}}}' for each, rest in said
    ]
    result = '{"event": "result", "paths": {}, "summary": ""}'
    told = []
    run_worker(
        child(f"print({json.dumps(chr(10).join([*lines, result]))!s})"),
        tell_nothing,
        foretell=lambda done, rest: told.append((done, [(each.seconds, each.kind) for each in rest])),
    )
    assert told == [(0.2, [(40, KNOWN)]), (0.6, [(9.5, KNOWN)])]
