"""Two processes that fetch the same weights at the same time, from a server on this computer."""

import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from spinetwin.errors import WriteError
from spinetwin.jobs import lock
from spinetwin.jobs.lock import one_at_a_time
from spinetwin.jobs.weights import Store
from weights_server import Server

NAME = "spineps-t2w"
PROGRAM = Path(__file__).with_name("fetching_process.py")
LIMIT_S = 60


@pytest.fixture
def server():
    """A server that sends half of an archive and then waits until it may go on."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("inference_config.json", "{}")
        archive.writestr("fold_0/checkpoint_final.pth", os.urandom(3 << 20))
    with Server() as server:
        server.content = content.getvalue()
        server.going_on.clear()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.going_on.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = tmp_path / "home ü"
    monkeypatch.setenv("SPINETWIN_HOME", str(home))
    monkeypatch.setenv("no_proxy", "*")
    for name in [name for name in os.environ if name.lower().endswith("_proxy") and name != "no_proxy"]:
        monkeypatch.delenv(name)
    return home


@pytest.fixture
def fetch(server, home):  # noqa: ARG001 - the home is in the environment
    """Start a process that fetches."""
    begun = []

    def fetch():
        command = [sys.executable, str(PROGRAM), NAME, server.url]
        begun.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"))
        return begun[-1]

    yield fetch
    for each in begun:
        each.kill()
        each.communicate(timeout=LIMIT_S)


def until(process, word):
    for line in process.stdout:
        if word in line:
            return
    pytest.fail(f"never came to {word!r}: {process.stderr.read()}")


def ended(process):
    said, errors = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, errors
    return said.splitlines()[-1]


def assert_whole(home, server):
    """What is there is what the server has, and so is what was written down."""
    store = Store(home)
    assert set(store.verify(NAME)) == {"inference_config.json", "fold_0/checkpoint_final.pth"}
    record = json.loads((store.folder / "records" / f"{NAME}.json").read_text(encoding="utf-8"))
    assert record["archive_sha256"] == hashlib.sha256(server.content).hexdigest()
    assert not list(store.folder.glob("*.zip*"))


def test_the_second_waits_for_the_first_and_fetches_nothing(server, home, fetch):
    first = fetch()
    until(first, "fetching 1 of 3 MB")
    second = fetch()
    until(second, f"waiting for another process that works on {NAME}")
    server.going_on.set()
    assert [ended(first), ended(second)] == ["1.000 unpacked", "1.000 another process has fetched it"]
    assert server.methods == ["GET"]
    assert_whole(home, server)


def test_the_second_goes_on_where_the_first_was_killed(server, home, fetch):
    first = fetch()
    until(first, "fetching 1 of 3 MB")
    second = fetch()
    until(second, "waiting")
    first.kill()
    server.going_on.set()
    assert ended(second) == "1.000 unpacked"
    assert server.asked[-1]["Range"].startswith("bytes=1")
    assert_whole(home, server)


def test_a_disk_that_keeps_nobody_apart_is_refused(tmp_path, monkeypatch):
    def no_locks(_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(lock, "_lock", no_locks)
    with (
        pytest.raises(WriteError, match=r"cannot keep two processes apart.*SPINETWIN_HOME"),
        one_at_a_time(tmp_path / "a", list),
    ):
        pytest.fail("this must not be reached")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    with pytest.raises(WriteError), one_at_a_time(tmp_path / "none" / "a", list):
        pytest.fail("this must not be reached")
