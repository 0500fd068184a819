"""The networks of the package in an environment of their own, for a Python that lacks ONNX Runtime."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lent_packages import lent, write_wheels
from spinetwin.errors import ParameterError, ProgramError, SpineTwinError
from spinetwin.geometry import Grid
from spinetwin.jobs.backends import BACKENDS
from spinetwin.jobs.environments import ENVIRONMENTS, install, state_of
from spinetwin.jobs.external import embedded, film_network
from spinetwin.jobs.external.embedded import RuntimeAtHand
from spinetwin.jobs.external.film_network import network_at_hand, volume_network_at_hand
from spinetwin.jobs.external.workers import run_worker
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.segmentation.backends import EmbeddedBackend, Request, Stages
from spinetwin.segmentation.embedded.network import looks_at
from spinetwin.segmentation.embedded.network import read_description as read_model
from spinetwin.segmentation.embedded.runtime import RuntimeHere
from spinetwin.xray.networks import volumes
from spinetwin.xray.networks.blocks import SHOWN
from spinetwin.xray.networks.model import open_network, read_description
from tiny_network import shown, write_model
from xray import hull_network

onnxruntime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed; `make test` installs it")

SPACING = 2.0
WIDE = 32
"""Voxels of that size that fit into one window of the network from left to right, at both of its looks."""
KEPT_NOWHERE = Stages(None)
KEPT = ["embedded-first-look.npz", "embedded-subregions.npz"]


def quiet(*_):
    """Take progress."""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model ü"), window=(32, 64, 32), spacing=SPACING)


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="L3-S1"))
    return spine.voxelise(spine.grid(SPACING, "PIR", oblique_deg=12.0), endplates=True)


@pytest.fixture
def _without(monkeypatch):
    """Let this Python lack ONNX Runtime."""
    monkeypatch.setattr(embedded, "_is_here", lambda: False)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    return write_wheels(tmp_path_factory.mktemp("wheels"))


@pytest.fixture
def _pip_looks_there_only(monkeypatch, wheels):
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    for name, value in (("CONFIG_FILE", os.devnull), ("NO_INDEX", "1"), ("FIND_LINKS", str(wheels))):
        monkeypatch.setenv(f"PIP_{name}", value)


@pytest.fixture(scope="module")
def root(wheels, tmp_path_factory):
    """Install the environment once, by the backend itself."""
    root = tmp_path_factory.mktemp("home ü")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("CONFIG_FILE", os.devnull), ("NO_INDEX", "1"), ("FIND_LINKS", str(wheels))):
            patch.setenv(f"PIP_{name}", value)
        patch.setattr(embedded, "_is_here", lambda: False)
        patch.setitem(ENVIRONMENTS, "embedded", lent("embedded"))
        EmbeddedBackend(runtime=RuntimeAtHand(root)).install(root, quiet)
    return root


@pytest.fixture
def _installed(monkeypatch, _without):
    monkeypatch.setitem(ENVIRONMENTS, "embedded", lent("embedded"))


def test_the_list_of_backends_has_it():
    (found,) = (each for each in BACKENDS if isinstance(each, EmbeddedBackend))
    assert isinstance(found._runtime, RuntimeAtHand)


def test_a_python_that_has_it_runs_it_itself(model, maps, monkeypatch):
    monkeypatch.setattr(embedded, "run_worker", None)
    backend = EmbeddedBackend(model, RuntimeAtHand(model / "no environment"))
    request = Request(lambda: shown(maps.subregions), maps.grid)
    assert backend.available(request).ready
    assert (backend.describe().download_mb, backend.describe().fetches) == (0.0, "")
    assert backend.run(request, quiet).versions["onnxruntime"] == onnxruntime.__version__


@pytest.mark.usefixtures("_without")
def test_without_it_what_is_fetched_is_said_before(model, maps, tmp_path):
    backend = EmbeddedBackend(model, RuntimeAtHand(tmp_path))
    found = backend.available(Request(None, maps.grid))
    assert not found.ready
    assert found.reason.startswith("it needs ONNX Runtime, which this Python lacks, and its environment is not installed")
    assert "77 MB to fetch" in found.reason
    described = backend.describe()
    assert described.download_mb == 77
    assert described.fetches == (
        "onnxruntime 1.30.0, scipy 1.17.1 and 4 packages that they need (onnxruntime MIT, scipy BSD-3-Clause)"
    )
    with pytest.raises(ParameterError, match="embedded cannot run: its environment is not installed"):
        backend.run(Request(lambda: shown(maps.subregions), maps.grid), quiet)


@pytest.mark.usefixtures("_installed")
def test_its_environment_finds_exactly_what_this_python_finds(root, model, maps):
    image, told = shown(maps.subregions), []
    request = Request(lambda: image, maps.grid)
    backend = EmbeddedBackend(model, RuntimeAtHand(root))
    assert backend.available(request).ready
    assert backend.describe().download_mb == 0.0
    found = backend.run(request, lambda done, what: told.append((done, what)))
    here = EmbeddedBackend(model).run(request, quiet)
    assert np.array_equal(found.maps.subregions, here.maps.subregions)
    assert np.array_equal(found.maps.vertebrae, here.maps.vertebrae)
    assert (found.versions, found.weights, found.warnings) == (here.versions, here.weights, here.warnings)
    done = [each for each, _ in told]
    assert done == sorted(done)
    assert done[-1] == 1.0


@pytest.mark.usefixtures("_installed")
def test_its_environment_keeps_and_finds_the_first_look(root, maps, tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    model = write_model(tmp_path / "model", window=(32, 64, 32), spacing=SPACING, second_look=0.85)
    request = Request(lambda: shown(maps.subregions), maps.grid, store=store)
    found = EmbeddedBackend(model, RuntimeAtHand(root)).run(request, quiet)
    assert list(found.seconds) == ["prepare", "look", "look again", "clean", "separate"]
    assert (sorted(each.name for each in store.iterdir()), request.stages.reused) == (KEPT, ())
    # as if the process had died in the middle of the second look
    (store / KEPT[1]).unlink()
    request = replace(request)
    again = EmbeddedBackend(model, RuntimeAtHand(root)).run(request, quiet)
    assert request.stages.reused == ("embedded-first-look",)
    assert np.array_equal(again.maps.vertebrae, found.maps.vertebrae)


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("kind", [np.uint8, np.uint64, np.float64])
def test_every_bit_of_the_image_and_its_place_reaches_the_network(root, model, kind):
    image = np.random.default_rng(3).uniform(0, 250, (9, 40, 33)).astype(kind)
    grid = Grid(image.shape, np.array([[0, 0.1 / 3, 2, 5], [-1.7, 0, 0, 1 / 7], [0, -1.9, 0, 2], [0, 0, 0, 1.0]]))
    there, here = (each.subregions(image, grid, model, quiet, KEPT_NOWHERE) for each in (RuntimeAtHand(root), RuntimeHere()))
    assert np.array_equal(there.labels, here.labels)


@pytest.mark.usefixtures("_installed")
def test_what_the_child_says_of_a_damaged_model_is_what_people_read(root, maps, tmp_path):
    (write_model(tmp_path / "model") / "model.onnx").write_bytes(b"cut off")
    with pytest.raises(SpineTwinError, match="not what they should be"):
        RuntimeAtHand(root).subregions(shown(maps.subregions), maps.grid, tmp_path / "model", quiet, KEPT_NOWHERE)


@pytest.mark.parametrize("damage", ["no labels", "other shape", "other kind", "no record"])
def test_what_the_child_has_written_may_be_anything(tmp_path, damage):
    paths = {"labels": tmp_path / "labels.npy", "record": tmp_path / "record.json"}
    shape = (3, 4, 6) if damage == "other shape" else (3, 4, 5)
    np.save(paths["labels"], np.zeros(shape, np.float32 if damage == "other kind" else np.uint8))
    record = '{"onnxruntime": "1", "seconds": {"look": 1.5}, "reused": []}'
    paths["record"].write_text("[]" if damage == "no record" else record)
    if damage == "no labels":
        paths["labels"].write_bytes(b"\x93NUMPY cut off")
    with pytest.raises(SpineTwinError, match=r"cannot be read|another shape"):
        embedded._taken_over(paths, (3, 4, 5), KEPT_NOWHERE)


@pytest.mark.usefixtures("_pip_looks_there_only", "_without")
def test_for_the_python_of_an_application_its_packages_lie_in_a_folder(model, maps, tmp_path, monkeypatch):
    """PythonSlicer is told by PYTHONHOME where its modules are, and a venv made from it does not run."""
    monkeypatch.setitem(ENVIRONMENTS, "embedded", replace(lent("embedded"), imports=()))
    monkeypatch.setenv("PYTHONHOME", sys.base_prefix)
    made = install("embedded", quiet, root=tmp_path)
    monkeypatch.delenv("PYTHONHOME")
    assert made.application is not None
    assert made.python == Path(sys.executable)
    assert not (made.folder / "pyvenv.cfg").exists()
    assert (made.folder / "packages" / "lender.pth").is_file()
    assert state_of("embedded", tmp_path).environment == made
    program = made.program("any", (), {"PYTHONPATH": "lent"})
    assert program.variables["PYTHONHOME"] == sys.base_prefix
    assert program.variables["PYTHONPATH"] == os.pathsep.join((str(made.folder / "packages"), "lent"))
    found = EmbeddedBackend(model, RuntimeAtHand(tmp_path)).run(Request(lambda: shown(maps.subregions), maps.grid), quiet)
    assert len(found.confidence) == 3


@pytest.mark.usefixtures("_without")
def test_the_real_environment_runs_the_real_network(backends_python):
    """Installed from the registry by the product's own installer; one window, because the network takes its time."""
    spine = make_spine(SpineParameters(levels="L4-L4"))
    whole = spine.grid(SPACING, "PIR", margin_mm=4.0)
    maps = spine.voxelise(whole.crop((0, 0, (whole.shape[2] - WIDE) // 2), (*whole.shape[:2], WIDE)))
    home = backends_python.parents[3]
    if not state_of("embedded", home).ready:
        pytest.skip("`make test` installs the environment `embedded`; here it could not")
    (backend,) = (each for each in BACKENDS if isinstance(each, EmbeddedBackend))
    image = np.where(maps.subregions > 0, 600, 60).astype(np.int16)
    description = read_model(backend._model)
    assert [each.runs for each in looks_at(maps.grid, description)] == [2 if description.both_ways else 1, 1]
    runtimes = RuntimeAtHand(home), RuntimeHere()
    there, here = (each.subregions(image, maps.grid, backend._model, quiet, KEPT_NOWHERE) for each in runtimes)
    assert there.version == "1.30.0"
    assert np.array_equal(there.labels, here.labels)
    assert np.any(there.labels)


@pytest.mark.usefixtures("_without")
def test_the_real_environment_sees_the_same_on_a_film(backends_python, film):
    home = backends_python.parents[3]
    if not state_of("embedded", home).ready:
        pytest.skip("`make test` installs the environment `embedded`; here it could not")
    description = read_description()
    there, here = network_at_hand(description, home)(film), open_network(description)(film)
    assert all(np.array_equal(*each) for each in zip(there, here, strict=True))


@pytest.mark.usefixtures("_installed")
def test_a_disk_that_is_full(model, maps, monkeypatch, root):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(ProgramError, match=r"cannot be handed to the network: No space left.*Free some space"):
        RuntimeAtHand(root).subregions(shown(maps.subregions), maps.grid, model, quiet, KEPT_NOWHERE)


@pytest.fixture(scope="module")
def film():
    """What the network that finds landmarks is given: noise, and the sign of a lateral film."""
    return np.stack([np.random.default_rng(8).normal(size=(64, 96)), np.ones((64, 96))]).astype(np.float32)


@pytest.mark.usefixtures("_installed")
def test_a_film_is_seen_there_exactly_as_here(root, film):
    description = read_description()
    there, here = network_at_hand(description, root)(film), open_network(description)(film)
    assert [each.shape for each in there] == [(8, 16, 24), (14, 16, 24), (64, 96)]
    assert all(np.array_equal(*each) for each in zip(there, here, strict=True))


@pytest.mark.usefixtures("_installed")
def test_all_vertebrae_are_seen_there_by_one_child_exactly_as_here(root, tmp_path, monkeypatch):
    monkeypatch.setattr(volumes, "FOLDER", hull_network.write_model(tmp_path / "hull ü"))
    films = np.random.default_rng(3).random((3, 2, SHOWN, 64, 64)).astype(np.float32)
    children = []

    def counted(*given):
        children.append(given)
        return run_worker(*given)

    monkeypatch.setattr(film_network, "run_worker", counted)
    there, here = volume_network_at_hand(root), volumes.open_network(volumes.FOLDER)
    assert (there.sha256, there.trained) == (here.sha256, "on shadows")
    seen = there.run(films)
    assert seen.shape == (3, 64, 64, 64)
    assert len(children) == 1
    np.testing.assert_array_equal(seen, here.run(films))
    np.testing.assert_allclose(seen, [hull_network.hull(each) for each in films], atol=1e-6)


@pytest.mark.usefixtures("_without")
def test_without_it_volumes_get_a_sentence_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(volumes, "FOLDER", hull_network.write_model(tmp_path / "hull"))
    with pytest.raises(ParameterError, match="cannot look at films: it needs ONNX Runtime"):
        volume_network_at_hand(tmp_path)


def test_a_python_that_has_it_looks_at_films_itself(film, tmp_path, monkeypatch):
    monkeypatch.setattr(film_network, "run_worker", None)
    heat, _offsets, _bone = network_at_hand(read_description(), tmp_path)(film)
    assert heat.shape == (8, 16, 24)


@pytest.mark.usefixtures("_without")
def test_without_it_films_get_a_sentence_with_what_to_do(tmp_path):
    with pytest.raises(ParameterError, match=r"cannot look at films: it needs ONNX Runtime.*77 MB to fetch.*section Segment"):
        network_at_hand(read_description(), tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK cut off"])
def test_what_the_child_has_seen_may_be_anything(tmp_path, content):
    (tmp_path / "seen.npz").write_bytes(content)
    with pytest.raises(ProgramError, match="cannot be read"):
        film_network._arrays(tmp_path / "seen.npz", ("heat",))
    np.savez(tmp_path / "seen.npz", heat=np.zeros(3))
    with pytest.raises(ProgramError, match="cannot be read"):
        film_network._arrays(tmp_path / "seen.npz", ("heat", "offsets"))
