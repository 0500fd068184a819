"""The steps, run as the panel runs them: `spinetwin worker JOB.json` on a small spine."""

import numpy as np
import pytest
from spinetwin.errors import ParameterError
from spinetwin.io import read_label_maps, read_pois, read_volume, write_label_map
from spinetwin.jobs import Job, State
from spinetwin.jobs.events import LevelReady, Log, Progress
from spinetwin.jobs.output import Output
from spinetwin.jobs.steps import points_of_interest, sample_spine
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.poi.compute import compute_pois
from spinetwin.poi.model import LEVELS_UNVERIFIED


@pytest.fixture(scope="module")
def spine():
    return make_spine(SpineParameters(levels="L1-L3"))


@pytest.fixture
def maps(spine, tmp_path):
    maps = spine.voxelise(spine.grid(2.0))
    inputs = {"subregions": tmp_path / "Maße s.nii.gz", "vertebrae": tmp_path / "Maße v.nii.gz"}
    write_label_map(inputs["subregions"], maps.subregions, maps.grid)
    write_label_map(inputs["vertebrae"], maps.vertebrae, maps.grid)
    return {name: str(path) for name, path in inputs.items()}


def test_points_appear_level_by_level_and_then_all_together(job, start, maps, folder, content):
    worker = start(job("poi", maps), program=None)
    verdict = worker.end()
    assert verdict.state is State.FINISHED, worker.diagnostics()
    levels = [each for each in worker.said() if isinstance(each, LevelReady)]
    assert [each.level for each in levels] == ["L1", "L2", "L3"]
    assert [each.fraction for each in worker.said() if isinstance(each, Progress)][-1] == 1.0
    assert verdict.result.summary.startswith("3 levels, ")
    assert content(folder) == ["old.txt", "points.mrk.json"]
    expected = compute_pois(read_label_maps(maps["subregions"], maps["vertebrae"]))
    assert dict(read_pois(verdict.result.paths["points"]).points) == dict(read_back(expected, folder.parent).points)
    for each, (_, frame) in zip(levels, expected.frames.items(), strict=True):
        matrix = np.array(each.frame)
        np.testing.assert_allclose(matrix @ [10, 20, 30, 1], [*frame.to_ras([10, 20, 30]), 1], atol=1e-9)


def read_back(points, folder):
    from spinetwin.io import write_pois

    write_pois(folder / "expected.mrk.json", points)
    return read_pois(folder / "expected.mrk.json")


def test_a_level_can_be_read_as_soon_as_it_is_announced(maps, tmp_path, job):
    from spinetwin.jobs.job import read_job
    from spinetwin.jobs.steps import STEPS

    asked = read_job(job("poi", maps, only="body,frame"), STEPS)
    seen = {}

    class Reader(Output):
        def emit(self, event):
            if isinstance(event, LevelReady):
                seen[event.level] = read_pois(event.path)

    (tmp_path / "scratch").mkdir()
    done = points_of_interest(asked, tmp_path / "scratch", Reader(None))
    together = read_pois(done.files["points"])
    assert list(seen) == ["L1", "L2", "L3"]
    assert {key: poi for level in seen.values() for key, poi in level.points.items()} == dict(together.points)
    assert {poi.id for poi in together} < {poi.id for poi in compute_pois(read_label_maps(*maps.values()))}


def test_points_of_levels_that_no_person_has_confirmed_say_so_from_the_first_level_on(maps, tmp_path, job):
    from spinetwin.jobs.job import read_job
    from spinetwin.jobs.steps import STEPS

    seen, warned = [], []

    class Reader(Output):
        def emit(self, event):
            if isinstance(event, LevelReady):
                seen.append(read_pois(event.path))
            elif isinstance(event, Log) and event.severity == "warning":
                warned.append(event.text)

    for unverified in (True, False):
        (tmp_path / f"{unverified}").mkdir()
        asked = read_job(job("poi", maps, only="body", unverified=unverified), STEPS)
        done = points_of_interest(asked, tmp_path / f"{unverified}", Reader(None))
        assert len(seen) == 3
        assert all(each.unverified is unverified for each in (*seen, read_pois(done.files["points"])))
        assert (LEVELS_UNVERIFIED in warned) is unverified
        seen.clear()
        warned.clear()


def test_only_the_levels_asked_for(job, start, maps):
    worker = start(job("poi", maps, levels="L2-L5", rules="tptbox"), program=None)
    assert worker.end().state is State.FINISHED
    assert [each.level for each in worker.said() if isinstance(each, LevelReady)] == ["L2", "L3"]


def test_maps_that_do_not_fit_are_refused_with_their_names(job, start, maps, folder, content):
    swapped = {"subregions": maps["vertebrae"], "vertebrae": maps["subregions"]}
    verdict = start(job("poi", swapped), program=None).end()
    assert (verdict.state, verdict.code) == (State.FAILED, "maps")
    assert "Maße v.nii.gz with Maße s.nii.gz: " in verdict.message
    assert verdict.hint
    assert content(folder) == ["old.txt"]


def test_a_warning_of_the_maps_is_in_the_log(spine, job, start, maps, tmp_path):
    whole = spine.voxelise(spine.grid(2.0))
    without = np.where(whole.vertebrae == 21, 0, whole.vertebrae).astype(whole.vertebrae.dtype)
    write_label_map(tmp_path / "no L2.nii.gz", without, whole.grid)
    worker = start(job("poi", maps | {"vertebrae": str(tmp_path / "no L2.nii.gz")}), program=None)
    assert worker.end().state is State.FINISHED
    warnings = [each.text for each in worker.said() if isinstance(each, Log) and each.severity == "warning"]
    assert "L2 is absent between levels that are there." in warnings


def test_a_sample_spine_is_made_as_described(job, start, folder, content):
    asked = job("sample", levels="L2-L3", cobb=20, spacing=[3.0, 2.0, 2.0], orientation="PIR", seed=3)
    verdict = start(asked, program=None).end()
    assert verdict.state is State.FINISHED
    assert content(folder) == ["old.txt", "subregions.nii.gz", "vertebrae.nii.gz"]
    maps = read_label_maps(verdict.result.paths["subregions"], verdict.result.paths["vertebrae"])
    np.testing.assert_allclose(maps.grid.spacing, (2.0, 2.0, 3.0), rtol=1e-6)
    assert set(np.unique(maps.vertebrae)) == {0, 21, 22, 121}


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    def made(name, seed):
        folder = tmp_path / name
        folder.mkdir()
        options = {"levels": "L3", "spacing": (3.0, 3.0, 3.0), "seed": seed}
        done = sample_spine(Job("sample", {}, options, tmp_path), folder, Output(lambda _: None))
        return done.files["subregions"].read_bytes()

    assert made("a", 1) == made("b", 1) != made("c", 2)


def test_a_sample_that_is_too_large_is_refused_before_memory_is_asked_for(tmp_path):
    options = {"spacing": (0.1, 0.1, 0.1)}
    with pytest.raises(ParameterError, match="voxels is too large"):
        sample_spine(Job("sample", {}, options, tmp_path), tmp_path, Output(lambda _: None))


def test_a_bad_job_is_an_error_event(tmp_path, start):
    worker = start(tmp_path / "none.json", program=None)
    verdict = worker.end()
    assert (verdict.state, verdict.code) == (State.FAILED, "read")
    assert verdict.message.startswith("There is no job file")


def test_an_output_folder_that_nobody_may_write_to(job, start, folder):
    import os

    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("this user may write everywhere")
    verdict = start(job("sample", levels="L3"), program=None).end()
    folder.chmod(0o700)
    assert (verdict.code, "you have no permission to write there" in verdict.message) == ("write", True)


def test_a_sample_with_an_image(job, start, folder, content):
    options = {
        "levels": "L2-L3",
        "spacing": [4.0, 2.0, 2.0],
        "orientation": "PIR",
        "margin": 15.0,
        "modality": "t2w",
        "seed": 1,
    }
    verdict = start(job("sample", {}, **options), program=None).end()
    assert content(folder) == ["image.nii.gz", "old.txt", "subregions.nii.gz", "vertebrae.nii.gz"]
    image, grid = read_volume(verdict.result.paths["image"])
    labels = read_label_maps(verdict.result.paths["subregions"], verdict.result.paths["vertebrae"])
    assert labels.grid == grid
    assert np.median(image[labels.subregions == 61]) > 1.5 * np.median(image[labels.subregions == 49])


def test_label_maps_are_exported_under_another_name_in_another_format(maps, job, start, folder, content):
    verdict = start(job("export", maps, name="Patient 1", format=".nrrd"), program=None).end()
    assert verdict.state is State.FINISHED
    assert content(folder) == ["Patient 1_subregions.nrrd", "Patient 1_vertebrae.nrrd", "old.txt"]
    assert verdict.result.summary == "Patient 1_subregions.nrrd and Patient 1_vertebrae.nrrd"
    before, after = read_label_maps(*maps.values()), read_label_maps(*verdict.result.paths.values())
    assert np.array_equal(before.vertebrae, after.vertebrae)
    assert np.array_equal(before.subregions, after.subregions)
    np.testing.assert_allclose(before.grid.ijk_to_ras, after.grid.ijk_to_ras, atol=1e-6)


@pytest.mark.parametrize("name", ["a/b", "..", "a\\b", "a:b"])
def test_a_name_that_leads_elsewhere_is_refused(maps, job, start, folder, content, name):
    verdict = start(job("export", maps, name=name), program=None).end()
    assert "must be a plain file name" in verdict.text
    assert content(folder) == ["old.txt"]
