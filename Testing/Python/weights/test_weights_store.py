"""Weights come in through one door: safe names, known hashes, whole or not at all."""

import io
import json
import os
import stat
import zipfile
from dataclasses import replace

import pytest
from spinetwin import cli
from spinetwin.errors import ParameterError, ReadError, WriteError
from spinetwin.jobs.weights import WEIGHTS, Store, store, weights_for, weights_of
from spinetwin.jobs.weights.unpack import copy_folder, unpack

NAME = "spineps-t2w"
FILES = {"inference_config.json": b"{}", "fold_0/checkpoint_final.pth": os.urandom(1_200_000)}


def quiet(*_):
    pass


def zipped(path, files=FILES, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def content_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = tmp_path / "home ü"
    monkeypatch.setenv("SPINETWIN_HOME", str(home))
    return home


@pytest.fixture
def weights(home):
    return Store(home)


@pytest.fixture
def archive(tmp_path):
    return zipped(tmp_path / "t2w.zip")


@pytest.mark.parametrize("prefix", ["", "T2w_semantic/"])
def test_an_archive_with_or_without_a_folder_around_it(tmp_path, prefix):
    archive = zipped(tmp_path / "a.zip", {prefix + name: content for name, content in FILES.items()})
    unpack(archive, tmp_path / "there", quiet, "inference_config.json")
    assert content_of(tmp_path / "there") == FILES


def _link(name):
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(name, "w") as archive:
        archive.writestr(link, "/etc/passwd")


def _lying(name):
    """A file that is longer than the archive says."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("inference_config.json", b"x" * 1000)
    raw = data.getvalue().replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    name.write_bytes(raw)


HOSTILE = {
    "parent": (lambda name: zipped(name, {"../evil": b"1", "a": b"2"}), "leads out"),
    "deep parent": (lambda name: zipped(name, {"a/../../evil": b"1"}), "leads out"),
    "absolute": (lambda name: zipped(name, {"/etc/evil": b"1", "a": b"2"}), "leads out"),
    "drive": (lambda name: zipped(name, {"C:/evil": b"1", "a": b"2"}), "leads out"),
    "backslash": (lambda name: zipped(name, {"..\\evil": b"1", "a": b"2"}), "leads out"),
    "stream": (lambda name: zipped(name, {"a:b": b"1"}), "leads out"),
    "two of one name": (lambda name: zipped(name, {"a/b": b"1", "A/B": b"2", "c": b"3"}), "two files of one name"),
    "link": (_link, "a link or a device"),
    "bomb": (lambda name: zipped(name, {"a": bytes(5_000_000)}, compression=zipfile.ZIP_DEFLATED), "would grow to 5 MB"),
    "crowd": (lambda name: zipped(name, {f"a{number}": b"" for number in range(5001)}), "holds 5001 files"),
    "lie": (_lying, "damaged"),
    "something else": (lambda name: zipped(name, {"photo.jpg": b"1"}), "holds no inference_config.json: it is something else"),
    "empty": (lambda name: zipped(name, {}), "holds no file"),
    "no archive": (lambda name: name.write_bytes(b"<html>Please log in</html>"), "no zip archive"),
    "cut": (lambda name: name.write_bytes(zipped(name).read_bytes()[:2000]), "damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_are_refused_and_write_nothing_elsewhere(tmp_path, weights, name):
    make, words = HOSTILE[name]
    make(tmp_path / "hostile.zip")
    before = {path for path in tmp_path.rglob("*") if "home" not in path.parts[-1]}
    with pytest.raises(ReadError, match=words):
        weights.add(NAME, tmp_path / "hostile.zip", quiet, trust=True)
    assert weights.state(NAME).kind == "missing"
    assert {path for path in tmp_path.rglob("*") if weights.folder.parent not in (path, *path.parents)} == before
    assert not list(weights.folder.rglob("evil"))
    assert not list(weights.folder.glob(".spinetwin*"))


def test_a_folder_with_a_link_is_refused(tmp_path):
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "link").symlink_to("/etc/passwd")
    with pytest.raises(ReadError, match="link"):
        copy_folder(tmp_path / "from", tmp_path / "to", quiet)


def test_a_folder_of_a_trainer_is_no_folder_around_it_all(weights, tmp_path):
    name, inside = "totalspineseg-step1", {"nnUNetTrainer__nnUNetPlans__3d_fullres/fold_0/checkpoint_final.pth": b"1"}
    for number, prefix in enumerate(("", "Dataset101_TotalSpineSeg_step1/")):
        archive = zipped(tmp_path / f"{number}.zip", {prefix + path: content for path, content in inside.items()})
        weights.add(name, archive, quiet, trust=True)
        assert content_of(weights.place(name)) == inside


def test_what_is_missing_says_size_licence_and_how(weights):
    state = weights.state(NAME)
    assert (state.kind, state.ready) == ("missing", False)
    assert "licence Apache-2.0" in state.reason
    assert "`spinetwin weights download spineps-t2w`" in state.reason
    with pytest.raises(ParameterError, match="is missing"):
        weights.verify(NAME)
    with pytest.raises(ParameterError, match="is missing"):
        weights.trust(NAME)


def test_an_import_needs_somebody_who_vouches_for_it(weights, archive):
    with pytest.raises(ParameterError, match=r"Nobody has vouched for t2w\.zip.*--trust"):
        weights.add(NAME, archive, quiet)
    weights.add(NAME, archive, quiet, trust=True)
    assert weights.state(NAME).ready
    assert content_of(weights.place(NAME)) == FILES
    assert set(weights.verify(NAME)) == set(FILES)


def test_an_archive_that_is_known_needs_nobody(weights, archive):
    weights.add(NAME, archive, quiet, trust=True)
    assert weights.remove(NAME)
    assert not weights.remove(NAME)
    assert weights.state(NAME).kind == "missing"
    weights.add(NAME, archive, quiet)
    assert weights.state(NAME).ready


def test_a_folder_is_imported(weights, tmp_path, archive):
    unpack(archive, tmp_path / "folder", quiet)
    weights.add(NAME, tmp_path / "folder", quiet, trust=True)
    assert content_of(weights.place(NAME)) == FILES


def _swap(folder):
    path = folder / "fold_0" / "checkpoint_final.pth"
    path.write_bytes(bytes(reversed(path.read_bytes())))


CHANGES = {
    "longer": lambda folder: (folder / "inference_config.json").write_bytes(b"{} "),
    "other bytes": _swap,
    "one more": lambda folder: (folder / "more.py").write_bytes(b"import os"),
    "one less": lambda folder: (folder / "inference_config.json").unlink(),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_files_are_refused(weights, archive, name):
    weights.add(NAME, archive, quiet, trust=True)
    CHANGES[name](weights.place(NAME))
    with pytest.raises(ReadError, match="not what they were when they came"):
        weights.verify(NAME)


def test_files_that_nobody_vouched_for(weights):
    folder = weights.place(NAME)
    folder.mkdir(parents=True)
    (folder / "checkpoint.pth").write_bytes(b"pickle")
    assert weights.state(NAME).kind == "unknown"
    with pytest.raises(ParameterError, match="--trust"):
        weights.verify(NAME)
    weights.trust(NAME)
    assert weights.state(NAME).ready


@pytest.mark.parametrize("text", ["", "[]", '{"format": "spinetwin weights", "files": {"a": 1}}', "{"])
def test_a_record_that_is_damaged_vouches_for_nothing(weights, archive, text):
    weights.add(NAME, archive, quiet, trust=True)
    (weights.folder / "records" / f"{NAME}.json").write_text(text)
    assert weights.state(NAME).kind == "unknown"


@pytest.fixture
def published(monkeypatch, archive):
    """What the place where they are published gives out."""
    given = {"file": archive}
    monkeypatch.setattr(store, "download", lambda _, target, *__: target.write_bytes(given["file"].read_bytes()))
    return given


def test_a_download_is_remembered_and_another_file_refused_ever_after(weights, published, tmp_path):
    weights.download(NAME, quiet)
    assert weights.state(NAME).ready
    weights.remove(NAME)
    published["file"] = zipped(tmp_path / "other.zip", {"inference_config.json": b"1", "b": b"2"})
    with pytest.raises(ReadError, match="not the file that it was when it came first"):
        weights.download(NAME, quiet)
    assert weights.state(NAME).kind == "missing"
    assert not list(weights.folder.glob("*.zip"))
    weights.add(NAME, published["file"], quiet, trust=True)
    assert content_of(weights.place(NAME)) == {"inference_config.json": b"1", "b": b"2"}


def test_offline_nothing_is_fetched(weights):
    with pytest.raises(ParameterError, match="nothing may be fetched"):
        weights.download(NAME, quiet, offline=True)


def test_a_full_disk(weights, archive, monkeypatch):
    import collections
    import shutil

    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1000, 900, 100))
    with pytest.raises(WriteError, match="are free"):
        weights.add(NAME, archive, quiet, trust=True)


def test_the_manifest():
    assert weights_for("spineps", "semantic", "T2w").name == "spineps-t2w"
    assert weights_for("spineps", "instance", "CT").name == "spineps-ct-instance"
    assert weights_for("spineps", "semantic", "DWI") is None
    assert weights_for("totalspineseg", "step1").name == "totalspineseg-step1"
    with pytest.raises(ParameterError, match="no weights 'best'"):
        weights_of("best")
    for each in WEIGHTS.values():
        assert each.url.startswith("https://")
        assert each.licence
        assert each.source
        assert ".." not in each.folder
    assert len({each.folder for each in WEIGHTS.values()}) == len(WEIGHTS)


@pytest.mark.usefixtures("published")
def test_the_command(home, archive, capsys, monkeypatch):
    from spinetwin.commands import weights as command

    monkeypatch.setattr(command, "size_of", lambda *_: 187.4)
    assert cli.main(["weights", "list"]) == 0
    assert "spineps-t2w: semantic model of spineps for T2w; size not published, licence Apache-2.0" in capsys.readouterr().out
    assert cli.main(["weights", "download", NAME]) == 1
    said = capsys.readouterr()
    assert "spineps-t2w: 187 MB, licence Apache-2.0, from https://" in said.out
    assert "Nothing was fetched." in said.err
    assert cli.main(["weights", "download", NAME, "--offline"]) == 1
    assert cli.main(["weights", "download", NAME, "--yes", "--quiet"]) == 0
    assert cli.main(["weights", "verify", NAME]) == 0
    assert "sha256:" in capsys.readouterr().out
    assert cli.main(["weights", "list"]) == 0
    listed = capsys.readouterr().out
    assert "  spineps-t2w is there\n  On this computer: 1.2 MB\n" in listed
    assert listed.count("On this computer") == 1, "of what is missing no size is told"
    assert cli.main(["weights", "remove", NAME]) == 0
    assert cli.main(["weights", "import", NAME, str(archive), "--trust", "--quiet"]) == 0
    assert cli.main(["weights", "import", NAME, str(archive.with_name("none.zip")), "--quiet"]) == 1
    record = json.loads((home / "weights" / "records" / f"{NAME}.json").read_text(encoding="utf-8"))
    assert record["origin"] == "imported from t2w.zip"
    assert replace(WEIGHTS[NAME], size_mb=12.0).size == "12 MB"
