"""Two segmentations at the same time, each in a process of its own: both end as each does alone."""

import json
import os
from pathlib import Path

import pytest
from spinetwin.io import write_label_map, write_volume
from spinetwin.jobs import State
from spinetwin.phantom import SpineParameters, make_spine
from tiny_network import shown, write_model

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the strange backends need POSIX")
PROGRAM = Path(__file__).with_name("strange_segmenter.py")
LEVELS = {"Frau Müller": "L1-L3", "Herr Groß": "T10-T12"}
MAPS = ("subregions.nii.gz", "vertebrae.nii.gz")
TOLD = ("backend", "levels", "warnings", "inputs", "image", "weights")
"""Of a report, what is not how long it took."""


@pytest.fixture(scope="module")
def spines():
    found = {}
    for name, levels in LEVELS.items():
        spine = make_spine(SpineParameters(levels=levels))
        found[name] = spine.voxelise(spine.grid(2.0))
    return found


@pytest.fixture
def inputs(spines, tmp_path):
    """An image and its maps of each person; the tiny network sees every label in it."""
    paths = {}
    for person, maps in spines.items():
        mine = {name: tmp_path / f"{person} {name}.nii.gz" for name in ("image", "map", "second_map")}
        write_volume(mine["image"], shown(maps.subregions), maps.grid)
        write_label_map(mine["map"], maps.subregions, maps.grid)
        write_label_map(mine["second_map"], maps.vertebrae, maps.grid)
        paths[person] = {name: str(path) for name, path in mine.items()}
    return paths


@pytest.fixture
def asked(inputs, tmp_path):
    """Write the job of one person, with a folder of its own for the results."""

    def asked(person, backend, occasion):
        output = tmp_path / f"{occasion} {person}"
        output.mkdir()
        given = {"image": inputs[person]["image"]} if backend == "embedded" else inputs[person]
        options = {"backend": backend} if backend == "embedded" else {"backend": backend, "table": "spineps"}
        path = tmp_path / f"{occasion} {person}.json"
        content = {"step": "segment", "inputs": given, "options": options, "output": str(output)}
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return path, output

    return asked


def results(folder):
    report = json.loads((folder / "segmentation.json").read_text(encoding="utf-8"))
    return {name: report[name] for name in TOLD}, [(folder / name).read_bytes() for name in MAPS]


@pytest.mark.parametrize("backend", ["meet", "embedded"])
def test_both_end_as_each_does_alone(start, asked, tmp_path, monkeypatch, content, backend):
    if backend == "embedded":
        pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed; `make test` installs it")
        monkeypatch.setenv("TINY_MODEL", str(write_model(tmp_path / "model", spacing=2.0)))
    (tmp_path / "go on").touch()
    meeting = tmp_path / "both are here"
    monkeypatch.setenv("MEETING", str(meeting))
    together = {person: asked(person, backend, "together") for person in LEVELS}
    workers = [start(path, program=PROGRAM) for path, _ in together.values()]
    for each in workers:
        each.until_log("here")
    meeting.touch()
    assert [each.end().state for each in workers] == [State.FINISHED] * 2, [each.diagnostics() for each in workers]

    seen = {}
    for person, (_, output) in together.items():
        path, alone = asked(person, backend, "alone")
        assert start(path, program=PROGRAM).end().state is State.FINISHED
        seen[person], expected = results(output), results(alone)
        assert seen[person] == expected
        assert content(output) == ["segmentation.json", *MAPS]
    (report, maps), (other_report, other_maps) = seen.values()
    assert all(mine != others for mine, others in zip(maps, other_maps, strict=True))
    assert report["inputs"] != other_report["inputs"]
    assert len(report["levels"]) >= 2
