"""Bad files, names, options and disks: one sentence each, nothing lost, nothing half-written."""

import errno
import os
import shutil
from pathlib import Path

import pytest
from spinetwin.io import read_pois, write_label_map


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cut.nii.gz", ("cut.nii.gz", "truncated", "again")),
        ("cut.nii", ("cut.nii", "truncated")),
        ("cut.nrrd", ("cut.nrrd", "truncated")),
        ("text.nii.gz", ("text.nii.gz", "not a NIfTI file")),
        ("zero.nii.gz", ("zero.nii.gz is empty",)),
        ("no.nii.gz", ("no.nii.gz", "Check the name")),
        ("folder.nii.gz", ("folder.nii.gz is a folder", "DICOM")),
        ("a.docx", ("a.docx", "Known are .nii")),
    ],
)
def test_files_that_cannot_be_read(run, poi, folder, out, maps, name, words, content, refused):
    write_label_map(folder / "cut.nii", maps.subregions, maps.grid)
    write_label_map(folder / "cut.nrrd", maps.subregions, maps.grid)
    shutil.copy(folder / "s.nii.gz", folder / "cut.nii.gz")
    for cut in folder.glob("cut.*"):
        os.truncate(cut, cut.stat().st_size * 2 // 3)
    (folder / "text.nii.gz").write_text("Dear colleague,")
    (folder / "a.docx").write_text("Dear colleague,")
    (folder / "zero.nii.gz").touch()
    (folder / "folder.nii.gz").mkdir()
    before = content(out)
    refused(poi(out / "old.csv", s=name), *words)
    refused(poi(out / "new.mrk.json", v=name), *words)
    refused(run("check", folder / name, folder / "v.nii.gz"), *words)
    assert content(out) == before


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("new.txt", ("new.txt", ".mrk.json (3D Slicer)")),
        ("new", ("Known are",)),
        ("no/new.csv", ("no/new.csv", "does not exist", "Create it first")),
    ],
)
def test_an_impossible_result_is_refused_before_the_work(poi, out, monkeypatch, target, words, content, refused):
    monkeypatch.setattr("spinetwin.io.read_label_maps", lambda *_: pytest.fail("has begun to work"))
    before = content(out)
    refused(poi(out / target), *words)
    assert content(out) == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--levels", "X9"), ("'X9'", "C1 to C7")),
        (("--levels", "L4-L2"), ("L4 lies below L2", "from the top down")),
        (("--levels", ""), ("C1 to C7",)),
        (("--levels", "T1-T3"), ("None of the levels", "L2, L3, L4")),
        (("--only", "knee"), ("'knee'", "spinetwin points")),
        (("--only", "5"), ("'5'", "spinetwin points")),
        (("--only", ""), ("spinetwin points",)),
    ],
)
def test_levels_and_points_that_do_not_exist(poi, out, options, words, content, refused):
    before = content(out)
    refused(poi(out / "new.csv", *options), *words)
    assert content(out) == before


@pytest.mark.parametrize("options", [("--rules", "mine"), ("--report", ""), ("--nothing",)])
def test_a_wrong_command_line_is_explained(poi, out, options, content):
    said = poi(out / "new.csv", *options)
    assert said.code == 2
    assert said.err.startswith("usage: ")
    assert options[0] in said.err.splitlines()[-1]
    assert set(content(out)) == {"old.csv"}


@pytest.mark.parametrize(
    ("code", "words"),
    [(errno.ENOSPC, ("disk is full", "Free some space")), (errno.EACCES, ("no permission", "folder of your own"))],
)
@pytest.mark.parametrize("name", ["old.csv", "new.mrk.json", "new.json"])
def test_the_disk_refuses_in_the_middle_of_writing(poi, out, monkeypatch, name, code, words, content, refused):
    whole = Path.write_text

    def half(self, text, *more, **options):
        whole(self, text[: len(text) // 2], *more, **options)
        raise OSError(code, os.strerror(code))

    before = content(out)
    monkeypatch.setattr(Path, "write_text", half)
    said = poi(out / name)
    monkeypatch.undo()
    refused(said, name, *words)
    assert said.out == ""
    assert content(out) == before


def test_a_report_that_cannot_be_written_costs_no_points(poi, out, content, refused):
    (out / "file").write_text("before")
    said = poi(out / "new.csv", "--report", out / "file" / "report")
    refused(said, "file is a file", "--report")
    assert f"Points: {out / 'new.csv'}" in said.out
    assert len(read_pois(out / "new.csv")) == 180

    assert sorted(content(out)) == ["file", "new.csv", "old.csv"]


@pytest.mark.parametrize(
    ("error", "says", "code"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "/secret"), "/secret: Permission denied", 1),
        (MemoryError(), "not enough memory", 1),
        (KeyboardInterrupt(), "Stopped", 130),
    ],
)
def test_whatever_the_system_does_ends_in_a_sentence(run, folder, monkeypatch, error, says, code):
    def fail(*_):
        raise error

    monkeypatch.setattr("spinetwin.io.read_label_maps", fail)
    said = run("check", folder / "s.nii.gz", folder / "v.nii.gz")
    assert said.code == code
    assert said.err.count("\n") == 1
    assert says in said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a.csv", "b.json", "--to", "voxel"), ("--like IMAGE",)),
        (("a.csv", "b.json", "--to", "voxel", "--like", "no.nii.gz"), ("no.nii.gz", "Check the name")),
        (("a.csv", "b.mrk.json", "--to", "voxel", "--like", "s.nii.gz"), ("voxel", "lps or ras")),
        (("a.csv", "b.xlsx"), ("b.xlsx", ".csv")),
        (("s.nii.gz", "b.csv"), ("s.nii.gz", "Known are")),
        (("no.csv", "b.csv"), ("no.csv", "Check the name")),
        (("a.csv", "no/b.csv"), ("no/b.csv", "does not exist", "Create it first")),
        (("cut.mrk.json", "b.csv"), ("cut.mrk.json", "cut off")),
        (("empty.csv", "b.csv"), ("empty.csv is empty",)),
    ],
)
def test_convert_refuses(run, poi, folder, monkeypatch, arguments, words, content, refused):
    monkeypatch.chdir(folder)
    poi("a.csv", "--levels", "L3")
    poi("b.mrk.json", "--levels", "L3")
    Path("cut.mrk.json").write_text(Path("b.mrk.json").read_text()[:3000])
    Path("empty.csv").touch()
    before = content(folder)
    refused(run("convert", *arguments), *words)
    assert content(folder) == before
