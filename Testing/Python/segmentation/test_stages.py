"""Stages that are kept: used again where they are what they were, and made again where they are not."""

import pickle

import numpy as np
import pytest
from spinetwin.geometry import Grid
from spinetwin.segmentation.backends import Request, Stages

SHAPE = (5, 4, 3)


class Maker:
    """Makes a map, and counts how often it had to."""

    def __init__(self, seed=1):
        self.array = np.random.default_rng(seed).integers(0, 99, SHAPE).astype(np.uint8)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return self.array


@pytest.fixture
def make():
    return Maker()


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "Anfrage für 0123"
    path.mkdir()
    return path


def test_a_stage_is_made_once(store, make):
    for _ in range(3):
        np.testing.assert_array_equal(Stages(store).kept("semantic", make, shape=SHAPE), make.array)
    assert make.calls == 1
    assert [each.name for each in store.iterdir()] == ["semantic.npz"]


def test_several_arrays_and_their_types_survive(store):
    arrays = {
        "map": np.asfortranarray(np.arange(60, dtype=np.uint16).reshape(SHAPE)),
        "scores": np.array([0.25, np.nan]),
        "names": np.array(["Größe", "L3"]),
    }
    Stages(store).kept_all("instances", lambda: arrays)
    again = Stages(store)
    found = again.kept_all("instances", lambda: pytest.fail("made again"))
    assert again.reused == ("instances",)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_without_a_folder_everything_is_made(make):
    stages = Stages(None)
    stages.kept("semantic", make)
    stages.kept("semantic", make)
    assert (make.calls, stages.reused) == (2, ())


def test_other_weights_are_another_stage(store, make):
    Stages(store).kept("semantic", make, of="sha256:aa")
    Stages(store).kept("semantic", make, of="sha256:bb")
    assert make.calls == 2


def cut(file):
    file.write_bytes(file.read_bytes()[:-40])


def flip(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 0xFF
    file.write_bytes(data)


def empty(file):
    file.write_bytes(b"")


def no_digest(file):
    np.savez(file, array=np.zeros(SHAPE, np.uint8))


def wrong_digest(file):
    np.savez(file, array=np.zeros(SHAPE, np.uint8), digest=np.array("0" * 64))


def one_array(file):
    with file.open("wb") as stream:
        np.save(stream, np.zeros(SHAPE, np.uint8))


class Evil:
    def __reduce__(self):
        return pytest.fail, ("a pickle was opened",)


def pickled(file):
    file.write_bytes(pickle.dumps(Evil()))


def pickled_inside(file):
    array = np.empty(1, dtype=object)
    array[0] = 1
    np.savez(file, array=array, digest=np.array("x"), allow_pickle=True)


def folder(file):
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    "damage",
    [cut, flip, empty, no_digest, wrong_digest, one_array, pickled, pickled_inside, folder],
    ids=lambda each: each.__name__,
)
def test_a_damaged_stage_is_made_again(store, make, damage):
    Stages(store).kept("semantic", make, shape=SHAPE)
    damage(store / "semantic.npz")
    stages = Stages(store)
    np.testing.assert_array_equal(stages.kept("semantic", make, shape=SHAPE), make.array)
    assert (make.calls, stages.reused) == (2, ())


def test_a_stage_of_another_request_or_of_another_name_is_foreign(store, make):
    Stages(store).kept("semantic", make)
    other = store.with_name("another request")
    other.mkdir()
    for target in (other / "semantic.npz", store / "instances.npz"):
        target.write_bytes((store / "semantic.npz").read_bytes())
    mine = Maker(2)
    np.testing.assert_array_equal(Stages(other).kept("semantic", mine), mine.array)
    np.testing.assert_array_equal(Stages(store).kept("instances", mine), mine.array)
    assert mine.calls == 2


def test_a_stage_of_another_shape_is_foreign(store, make):
    Stages(store).kept("semantic", lambda: np.zeros((2, 2, 2), np.uint8))
    np.testing.assert_array_equal(Stages(store).kept("semantic", make, shape=SHAPE), make.array)


def test_what_cannot_be_kept_stops_nothing(tmp_path, make):
    stages = Stages(tmp_path / "nowhere")
    np.testing.assert_array_equal(stages.kept("semantic", make), make.array)
    assert not (tmp_path / "nowhere").exists()


def test_a_stage_that_fails_is_not_kept(store, make):
    def fail():
        raise MemoryError

    with pytest.raises(MemoryError):
        Stages(store).kept("semantic", fail)
    assert not list(store.iterdir())
    assert Stages(store).kept("semantic", make) is make.array


def test_a_request_has_its_stages(store, make):
    request = Request(make, Grid(SHAPE, np.eye(4)), store=store)
    request.stages.kept("semantic", make)
    request.stages.kept("semantic", make)
    assert request.stages.reused == ("semantic",)


def test_what_a_program_makes_itself_is_kept_and_found_like_any_other(store, make):
    assert Stages(store).found("semantic", of="sha256:aa") is None
    Stages(store).keep("semantic", {"content": make.array}, of="sha256:aa")
    again = Stages(store)
    assert again.found("semantic", of="sha256:bb") is None
    np.testing.assert_array_equal(again.found("semantic", of="sha256:aa")["content"], make.array)
    assert again.reused == ("semantic",)


def test_without_a_folder_nothing_is_found(make):
    stages = Stages(None)
    stages.keep("semantic", {"array": make.array})
    assert (stages.found("semantic"), stages.reused, stages.folder) == (None, (), None)


def test_what_another_process_has_found_is_noted(store):
    stages = Stages(store)
    stages.note(["semantic", "instances"])
    assert stages.reused == ("semantic", "instances")
