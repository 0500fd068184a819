"""The step of the measurements, run as the panel runs it: `spinetwin worker JOB.json` on a small spine."""

import pytest
from spinetwin.cli import main
from spinetwin.io import write_label_map, write_pois
from spinetwin.io.measurements import read_measurements
from spinetwin.jobs import State
from spinetwin.jobs.events import Progress
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.poi import compute_pois

REPORT = [
    "endplates.json",
    "measurements.csv",
    "measurements.html",
    "measurements.json",
    "old.txt",
    "profiles.png",
    "spine.png",
]


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="L1-L4"))
    return spine.voxelise(spine.grid(2.0))


@pytest.fixture
def inputs(maps, tmp_path):
    """The files of a study, under names that a clinic may give."""
    points = compute_pois(maps)
    files = {
        "points": tmp_path / "Punkte.mrk.json",
        "subregions": tmp_path / "Maße s.mha",
        "vertebrae": tmp_path / "Maße v.mha",
    }
    write_pois(files["points"], points)
    write_label_map(files["subregions"], maps.subregions, maps.grid)
    write_label_map(files["vertebrae"], maps.vertebrae, maps.grid)
    return {name: str(path) for name, path in files.items()}


def test_it_writes_what_the_command_writes(job, start, inputs, folder, content, tmp_path):
    worker = start(job("measure", inputs), program=None)
    verdict = worker.end()
    assert verdict.state is State.FINISHED, worker.diagnostics()
    assert content(folder) == REPORT
    assert [each.fraction for each in worker.said() if isinstance(each, Progress)][-1] == 1.0
    out = tmp_path / "by hand"
    maps = ("--subregions", inputs["subregions"], "--vertebrae", inputs["vertebrae"])
    assert main(["measure", inputs["points"], *maps, "--out", str(out), "--quiet"]) == 0
    for name in REPORT:
        assert name in ("old.txt", "endplates.json") or (folder / name).read_bytes() == (out / name).read_bytes()


def test_points_alone_are_enough_and_the_rest_has_its_reason(job, start, inputs, folder):
    verdict = start(job("measure", {"points": inputs["points"]}, draws=0), program=None).end()
    assert verdict.state is State.FINISHED
    found = read_measurements(folder / "measurements.json")
    assert verdict.result.summary == f"{len(found)} measurements, {sum(each.missing for each in found)} missing with a reason"
    assert found.get("canal_area", 22).reason == "there are no label maps"
    assert found.get("body_height_back", 22).uncertainty is None


def test_an_earlier_study_adds_what_changed(job, start, inputs, folder, tmp_path, content):
    first = start(job("measure", {"points": inputs["points"]}), program=None).end()
    assert first.state is State.FINISHED
    before = tmp_path / "before.json"
    before.write_bytes((folder / "measurements.json").read_bytes())
    verdict = start(job("measure", {"points": inputs["points"], "before": str(before)}), program=None).end()
    assert verdict.result.summary.endswith(" 0 beyond the uncertainty")
    assert content(folder) == sorted([*REPORT, "changes.csv"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"vertebrae": None}, "The two label maps belong together."),
        ({"before": "points"}, "holds no measurements"),
        ({"points": "subregions"}, "Maße s.mha"),
        ({"points": None}, "needs the input points"),
    ],
)
def test_what_cannot_be_measured_leaves_nothing(job, start, inputs, folder, content, change, sentence):
    wrong = {**inputs, **{name: inputs.get(other) for name, other in change.items()}}
    worker = start(job("measure", {name: path for name, path in wrong.items() if path}), program=None)
    verdict = worker.end()
    assert verdict.state is State.FAILED
    assert sentence in verdict.text
    assert content(folder) == ["old.txt"]
