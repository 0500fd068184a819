"""Job files: every bad one is refused in one clear sentence, before anything is done."""

import json
import math

import pytest
from spinetwin.anatomy import POINTS
from spinetwin.errors import ParameterError, ReadError, SpineTwinError, WriteError
from spinetwin.jobs.job import MAX_BYTES, read_job
from spinetwin.jobs.steps import STEPS


@pytest.fixture
def read(tmp_path):
    """Read a job made up of a good one and some changes, or of a text."""
    (tmp_path / "out").mkdir()
    for name in ("s.nii.gz", "v.nii.gz"):
        (tmp_path / name).touch()
    good = {"step": "poi", "inputs": {"subregions": "s.nii.gz", "vertebrae": "v.nii.gz"}, "options": {}, "output": "out"}

    def read(text=None, **changes):
        path = tmp_path / "the job.json"
        content = {key: value for key, value in (good | changes).items() if value is not ...}
        path.write_text(json.dumps(content) if text is None else text, encoding="utf-8")
        return read_job(path, STEPS)

    read.folder = tmp_path
    return read


def test_a_good_job_starts_its_paths_from_its_own_folder(read):
    job = read(options={"levels": "T12,L1", "only": "body", "rules": "tptbox"})
    assert job.step == "poi"
    assert job.inputs == {"subregions": read.folder / "s.nii.gz", "vertebrae": read.folder / "v.nii.gz"}
    assert job.output == read.folder / "out"
    assert job.options["levels"] == {19, 20}
    assert job.options["only"] == {each.id for each in POINTS if each.family == "body"}
    assert job.options["rules"] == "tptbox"


def test_inputs_and_options_may_be_left_out_where_none_is_needed(read):
    job = read(step="sample", inputs=..., options=...)
    assert (job.inputs, job.options) == ({}, {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no JSON file. A job is {"),
        ("{", "is no JSON file. A job is {"),
        ("\ufffd\u0000", "is no JSON file."),
        ("[" * 100_000, "is no JSON file."),
        ('{"step": ' + "9" * 5000 + "}", "is no JSON file."),
        ("[]", "is no job. A job is {"),
        ('"poi"', "is no job."),
        (" " * (MAX_BYTES + 1), "is too large for a job file."),
    ],
)
def test_what_is_no_job(read, text, words):
    with pytest.raises(ReadError, match=r"the job\.json") as found:
        read(text)
    assert words in str(found.value)


@pytest.mark.parametrize(
    ("changes", "kind", "sentence"),
    [
        (
            {"step": ...},
            ParameterError,
            (
                "step None, which there is not. Steps: import, segment, install, backends, poi, "
                "measure, simulate, film_landmarks, xray, sample, "
            ),
        ),
        ({"step": "magic"}, ParameterError, "asks for the step 'magic', which there is not."),
        ({"step": ["poi"]}, ParameterError, "asks for the step ['poi'], which there is not."),
        ({"step": "x" * 100_000}, ParameterError, "asks for the step 'xxx"),
        ({"more": 1}, ReadError, "the job.json has an unknown key 'more'."),
        ({"inputs": []}, ReadError, "The inputs in the job.json are no JSON object."),
        ({"inputs": {"subregions": "s.nii.gz"}}, ReadError, "The step poi needs the input vertebrae."),
        ({"inputs": {"mask": "s.nii.gz"}}, ParameterError, "has no input 'mask'. Its inputs: subregions, vertebrae."),
        ({"inputs": {"subregions": 1, "vertebrae": "v.nii.gz"}}, ReadError, "The input subregions in the job.json is no file"),
        ({"inputs": {"subregions": "a\0b", "vertebrae": "v.nii.gz"}}, ReadError, "is no file name."),
        ({"inputs": {"subregions": "s" * 9999, "vertebrae": "v"}}, ReadError, "has an impossible name"),
        ({"inputs": {"subregions": "none.nii", "vertebrae": "v.nii.gz"}}, ReadError, "none.nii for the input subregions."),
        ({"inputs": {"subregions": "out", "vertebrae": "v.nii.gz"}}, ReadError, "There is no file"),
        ({"options": "fast"}, ReadError, "The options in the job.json are no JSON object."),
        ({"options": {"speed": 1}}, ParameterError, "has no option 'speed'. Its options: rules, levels, only, unverified."),
        ({"options": {"rules": "mine"}}, ParameterError, "The option rules must be one of paper, tptbox, not 'mine'."),
        ({"options": {"rules": []}}, ParameterError, "The option rules must be one of paper, tptbox, not []."),
        ({"options": {"levels": 3}}, ParameterError, "The option levels must be a text of 1 to 1000 letters, not 3."),
        ({"options": {"levels": "L" * 1001}}, ParameterError, "must be a text of 1 to 1000 letters"),
        ({"options": {"levels": "Q1"}}, ParameterError, "The option levels is not right: There is no vertebral level 'Q1'."),
        ({"options": {"only": "nose"}}, ParameterError, "The option only is not right: There is no point of interest 'nose'."),
        ({"output": ...}, ReadError, "The output in the job.json is no file name."),
        ({"output": " "}, ReadError, "The output in the job.json is no file name."),
        ({"output": "nowhere"}, WriteError, "nowhere does not exist. Make it first, or choose another."),
        ({"output": "s.nii.gz"}, WriteError, "s.nii.gz is no folder."),
    ],
)
def test_a_bad_job_is_refused_in_one_sentence(read, changes, kind, sentence):
    with pytest.raises(kind) as found:
        read(**changes)
    assert sentence in str(found.value)
    assert len(str(found.value)) < 600


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("cobb", math.nan, "a number from 0 to 80"),
        ("cobb", math.inf, "a number from 0 to 80"),
        ("cobb", True, "a number from 0 to 80"),
        ("cobb", "45", "a number from 0 to 80"),
        ("cobb", 10**300, "a number from 0 to 80"),
        ("cobb", None, "a number from 0 to 80"),
        ("seed", 1.5, "a whole number from 0"),
        ("seed", True, "a whole number from 0"),
        ("seed", -1, "a whole number from 0"),
        ("spacing", 1.0, "a list of three numbers from 0.1 to 20"),
        ("spacing", [1, 1], "a list of three numbers from 0.1 to 20"),
        ("spacing", [1, 1, 0], "a number from 0.1 to 20"),
        ("spacing", [1, math.nan, 1], "a number from 0.1 to 20"),
        ("levels", "", "a text"),
    ],
)
def test_a_value_of_another_kind_or_size(read, option, value, words):
    with pytest.raises(ParameterError, match=f"The option {option} must be {words}"):
        read(step="sample", inputs={}, options={option: value})


def test_good_values_pass(read):
    options = {"cobb": 0, "seed": 0, "spacing": [3.3, 0.75, 0.75], "orientation": "PIR", "levels": "L1-L5"}
    assert read(step="sample", inputs={}, options=options).options == options | {"spacing": (3.3, 0.75, 0.75)}


def test_no_file_at_all(tmp_path):
    with pytest.raises(ReadError, match="There is no job file"):
        read_job(tmp_path / "none.json", STEPS)
    with pytest.raises(SpineTwinError, match="Cannot open the job file"):
        read_job(tmp_path, STEPS)
