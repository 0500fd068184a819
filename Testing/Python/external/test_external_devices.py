"""Where a backend can run: asked of the torch of its environment, in a process of its own; here a stand-in for torch."""

import subprocess
import sys
from pathlib import Path

import pytest
from spinetwin.errors import ParameterError, ProgramError
from spinetwin.jobs.devices import refuse_absent_device
from spinetwin.jobs.environments import Environment, Program
from spinetwin.jobs.environments.application import ApplicationPython
from spinetwin.jobs.external import running, two_phase
from spinetwin.jobs.external.devices import cuda_devices, torch_devices
from spinetwin.segmentation.backends import Request

STAND_IN = """
from types import SimpleNamespace

class cuda:
    is_available = staticmethod(lambda: {cards} > 0)
    device_count = staticmethod(lambda: {cards} or 8)

backends = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: {mps}))
print("a banner of a library")
"""


@pytest.fixture
def torch(tmp_path):
    """Return a function that makes an environment whose torch knows so many cards."""

    def make(cards=0, mps=False, source=STAND_IN, version="2.13.0"):
        folder = tmp_path / f"{cards}{mps}"
        (folder / "packages").mkdir(parents=True)
        (folder / "packages" / "torch.py").write_text(source.format(cards=cards, mps=mps))
        return Environment("any", folder, {"torch": version}, ApplicationPython(Path(sys.executable), {}))

    return make


@pytest.mark.parametrize(
    ("cards", "mps", "devices"),
    [
        (0, False, ("cpu",)),
        (1, False, ("cpu", "cuda:0")),
        (3, False, ("cpu", "cuda:0", "cuda:1", "cuda:2")),
        (0, True, ("cpu", "mps")),
    ],
)
def test_torch_tells_what_there_is(torch, cards, mps, devices):
    environment = torch(cards, mps)
    assert torch_devices(environment.program) == devices
    assert cuda_devices(environment) == tuple(each for each in devices if each != "mps")
    assert "torch" not in sys.modules


def test_it_is_asked_once(torch, monkeypatch):
    environment = torch(2)
    first = torch_devices(environment.program)
    monkeypatch.setattr(subprocess, "Popen", None)
    assert torch_devices(environment.program) == first


def test_a_torch_that_was_built_for_the_processor_is_not_asked(torch, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", None)
    assert cuda_devices(torch(1, version="2.13.0+cpu")) == ("cpu",)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("raise OSError('libcudart.so.12: cannot open shared object file')", "cannot be asked for its devices: .*libcudart"),
        ("import sys; print('nonsense'); sys.exit(0)", "gave no answer about its devices"),
        ("import os; os.abort()", "cannot be asked for its devices"),
    ],
)
def test_a_torch_that_does_not_load_is_said_and_not_taken_for_a_processor(torch, source, words):
    with pytest.raises(ProgramError, match=words):
        torch_devices(torch(source=source).program)


def test_a_backend_whose_torch_does_not_load_cannot_run(torch, monkeypatch):
    environment = torch(source="raise OSError('libcudart.so.12 is missing')")
    state = type("State", (), {"ready": True, "reason": "", "environment": environment})
    monkeypatch.setattr(running, "state_for", lambda *_: state)
    found = running.availability("spineps", (), None)
    assert not found.ready
    assert "libcudart.so.12 is missing" in found.reason


def test_a_backend_tells_the_devices_of_its_environment(torch, monkeypatch, tmp_path):
    environment = torch(2)
    state = type("State", (), {"ready": True, "reason": "", "environment": environment})
    monkeypatch.setattr(running, "state_for", lambda *_: state)
    assert running.availability("spineps", (), None).devices == ("cpu", "cuda:0", "cuda:1")
    monkeypatch.setattr(two_phase, "state_for", lambda *_: state)
    monkeypatch.setattr(two_phase, "lacking", lambda _: "")
    monkeypatch.setattr(two_phase, "refuse_unknown_program", lambda _: None)
    found = two_phase.TwoPhaseBackend(tmp_path).available(Request(None, None))
    assert (found.ready, found.devices) == (True, ("cpu", "cuda:0", "cuda:1"))


def test_a_program_that_knows_the_processor_and_cuda(torch):
    with_cards, without = torch(2), torch(0, True)
    assert running.device_for("cpu", with_cards, "It") == "cpu"
    assert running.device_for("auto", with_cards, "It") == "cuda:0"
    assert running.device_for("cuda", with_cards, "It") == "cuda:0"
    assert running.device_for("cuda:1", with_cards, "It") == "cuda:1"
    assert running.device_for("auto", without, "It") == "cpu"
    with pytest.raises(ParameterError, match=r"It cannot run on cuda:2: on this computer it runs on cpu, cuda:0, cuda:1\."):
        running.device_for("cuda:2", with_cards, "It")
    with pytest.raises(ParameterError, match=r"It cannot run on mps: on this computer it runs on cpu\."):
        running.device_for("mps", without, "It")
    assert running.gpu_variables("cuda:1") == {"CUDA_VISIBLE_DEVICES": "1"}
    assert running.gpu_variables("auto") == {}


def test_a_device_that_is_not_there_is_refused_with_those_that_are():
    for wanted in ("auto", "cpu", "cuda", "cuda:0"):
        refuse_absent_device(wanted, ("cpu", "cuda:0"), "The network")
    with pytest.raises(ParameterError, match=r"The network cannot run on mps: on this computer it runs on cpu, cuda:0\."):
        refuse_absent_device("mps", ("cpu", "cuda:0"), "The network")


def test_programs_of_a_venv_get_no_variables_of_an_application(tmp_path):
    plain = Environment("any", tmp_path)
    assert plain.program("module", ("a",), {"PYTHONPATH": "lent"}) == Program(
        plain.python, "module", ("a",), {"PYTHONPATH": "lent"}
    )
