"""A file is written whole or not at all, and the one before survives."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from spinetwin.errors import WriteError
from spinetwin.geometry import Grid
from spinetwin.io import atomic_write, write_label_map


def half_write(path, error):
    with atomic_write(path) as temporary:
        temporary.write_text("half")
        raise error


def test_writes_and_leaves_nothing_else(tmp_path):
    with atomic_write(tmp_path / "a.nii.gz") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.endswith(".nii.gz")
        temporary.write_text("x")
    assert [each.name for each in tmp_path.iterdir()] == ["a.nii.gz"]


@pytest.mark.parametrize(
    ("code", "says"),
    [(errno.ENOSPC, "disk is full"), (errno.EACCES, "no permission"), (errno.EROFS, "read-only"), (errno.EIO, "error")],
)
def test_a_failed_write_keeps_the_old_file(tmp_path, code, says):
    target = tmp_path / "a.csv"
    target.write_text("before")
    with pytest.raises(WriteError, match=says) as caught:
        half_write(target, OSError(code, os.strerror(code)))
    assert str(target) in str(caught.value)
    assert target.read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 1


def test_any_other_failure_cleans_up_too(tmp_path):
    with pytest.raises(KeyError):
        half_write(tmp_path / "a.csv", KeyError())
    assert not list(tmp_path.iterdir())


def test_folder_missing_path_is_a_folder_and_parent_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    for path, says in (
        (tmp_path / "no" / "a.csv", "does not exist"),
        (tmp_path, "it is a folder"),
        (tmp_path / "file" / "a.csv", "is not a folder"),
    ):
        with pytest.raises(WriteError, match=says), atomic_write(path):
            pytest.fail("must not start")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_replaced_by_a_file(tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with pytest.raises(WriteError, match="a device or a pipe"), atomic_write(pipe):
        raise AssertionError("the block must not run")
    assert pipe.is_fifo()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write to, not even root")
def test_no_permission():
    with pytest.raises(WriteError, match=r"Cannot write /proc/self/a\.csv"):
        half_write("/proc/self/a.csv", KeyError())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_in_the_middle_of_a_label_map(tmp_path, monkeypatch):
    target = tmp_path / "a.nii"
    target.write_text("before")
    real = Path.open

    def to_the_full_disk(self, mode="r", **options):
        return real(Path("/dev/full") if "w" in mode else self, mode, **options)

    monkeypatch.setattr(Path, "open", to_the_full_disk)
    with pytest.raises(WriteError, match="disk is full"):
        write_label_map(target, np.ones((90, 90, 90), np.uint8), Grid((90, 90, 90), np.eye(4)))
    monkeypatch.undo()
    assert target.read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.csv").write_text("before")
    (tmp_path / "link.csv").symlink_to("real.csv")
    with atomic_write(tmp_path / "link.csv") as temporary:
        temporary.write_text("after")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "after"
