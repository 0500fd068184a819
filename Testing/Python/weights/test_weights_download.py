"""Fetching from a server on this computer that cuts connections, knows no ranges, lies, and sends people elsewhere."""

import collections
import os
import shutil
import threading
from pathlib import Path

import pytest
from spinetwin.errors import ReadError, WriteError
from spinetwin.jobs.weights.download import download, size_of
from weights_server import CONTENT, Server

HOSTS = ("127.0.0.1",)


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "weights ü"
    folder.mkdir()
    return folder / "weights.zip"


def fetch(server, target, seen=None):
    download(server.url, target, HOSTS, lambda done, what: None if seen is None else seen.append((done, what)))


def only(target):
    return [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_file_arrives_whole(server, target):
    seen = []
    fetch(server, target, seen)
    assert target.read_bytes() == CONTENT
    assert only(target)
    assert seen[-1] == (1.0, "fetching 1 of 1 MB")
    assert size_of(server.url, HOSTS) == len(CONTENT) / 1e6


def test_nothing_of_this_computer_is_told(server, target):
    fetch(server, target)
    assert set(server.asked[0]) <= {"Accept-Encoding", "Host", "User-Agent", "Connection"}


def test_a_cut_connection_is_taken_up_where_it_was_cut(server, target):
    server.cut_after, server.cuts = 300_000, 2
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert [each.get("Range") for each in server.asked] == [None, "bytes=300000-", "bytes=600000-"]


def test_a_connection_that_is_always_cut_leaves_a_part_for_the_next_time(server, target):
    server.cut_after, server.cuts = 100_000, 3
    with pytest.raises(ReadError, match=r"broke off after 0 MB.*goes on where it stopped"):
        fetch(server, target)
    assert not target.exists()
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked[3]["Range"] == "bytes=300000-"
    assert only(target)


def test_a_server_without_ranges_begins_again(server, target):
    server.cut_after, server.cuts, server.ranges = 300_000, 1, False
    fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_a_server_without_versions_begins_again(server, target):
    server.cut_after, server.cuts, server.etag = 300_000, 1, ""
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert "Range" not in server.asked[1]


def test_another_version_on_the_server_is_not_glued_to_the_old_part(server, target):
    server.cut_after, server.cuts = 300_000, 3
    with pytest.raises(ReadError):
        fetch(server, target)
    server.content, server.etag = bytes(reversed(CONTENT)), '"two"'
    fetch(server, target)
    assert target.read_bytes() == server.content


def test_a_part_that_is_longer_than_the_file_is_given_up(server, target):
    server.cut_after, server.cuts = 300_000, 3
    with pytest.raises(ReadError):
        fetch(server, target)
    server.content = CONTENT[:1000]
    fetch(server, target)
    assert target.read_bytes() == CONTENT[:1000]


def test_a_server_that_announces_more_than_it_sends(server, target):
    server.announce, server.ranges = len(CONTENT) + 10, False
    with pytest.raises(ReadError, match="broke off"):
        fetch(server, target)
    assert not target.exists()


def test_a_server_that_announces_nothing(server, target):
    server.announce = "nothing"
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert size_of(server.url, HOSTS) is None


@pytest.mark.parametrize(
    ("redirect", "words"),
    [
        ("http://elsewhere.example/weights.zip", "sends on to elsewhere.example, which is not known"),
        ("file:///etc/passwd", "not known|not allowed"),
        ("http://127.0.0.1.elsewhere.example/", "not known"),
    ],
)
def test_a_server_that_sends_people_elsewhere(server, target, redirect, words):
    server.redirect = redirect
    with pytest.raises(ReadError, match=words):
        fetch(server, target)
    assert not target.exists()


@pytest.mark.parametrize(
    "url", ["http://github.com/weights.zip", "ftp://github.com/weights.zip", "file:///etc/passwd", "weights.zip"]
)
def test_addresses_without_encryption_or_host_are_refused(url, target):
    with pytest.raises(ReadError, match="Nothing was fetched"):
        download(url, target, ("github.com",), lambda *_: None)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_what_a_server_refuses(server, target, status):
    server.status = status
    with pytest.raises(ReadError, match=f"answers {status}"):
        fetch(server, target)


def test_a_server_that_is_not_there(server, target):
    server.shutdown()
    server.server_close()
    with pytest.raises(ReadError, match="cannot be reached"):
        fetch(server, target)


def test_a_disk_that_is_too_full_is_noticed_before(server, target, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1000, 900, 100))
    with pytest.raises(WriteError, match=r"1 MB are to be fetched, and 0 MB are free"):
        fetch(server, target)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_up_on_the_way(server, target):
    target.with_name("weights.zip.part").symlink_to("/dev/full")
    with pytest.raises(WriteError, match="the disk is full"):
        fetch(server, target)


def test_cancelling_keeps_the_part(server, target):
    def cancel(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(server.url, target, HOSTS, cancel)
    assert not target.exists()
    assert target.with_name("weights.zip.part").exists()
