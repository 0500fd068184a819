"""The temporary folder of a job that is ended while it tidies up."""

import shutil

import pytest
from spinetwin.jobs import sweep
from spinetwin.jobs.scratch import Scratch


def test_what_was_half_removed_is_removed_by_the_next_job(tmp_path, monkeypatch):
    scratch = Scratch(tmp_path).__enter__()
    (scratch.folder / "environment").mkdir()
    (scratch.folder / "environment" / "package.py").touch()

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            scratch.remove()
    # the lock goes with the process
    scratch._owner.close()
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []
