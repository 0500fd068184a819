"""Which kind of image a file holds: a person says it, its name tells it, or what was saved beside it."""

from pathlib import Path

import pytest
from spinetwin.errors import ParameterError
from spinetwin.segmentation.contrast import (
    CONTRASTS,
    FILE_NAME,
    PERSON,
    SIDECAR,
    Contrast,
    check_contrast,
    contrast_named,
    contrast_of,
)

T1W = {"SeriesDescription": "t1_tse_sag", "Modality": "MR"}


@pytest.mark.parametrize(
    ("name", "contrast"),
    [
        ("sub-01_T2w.nii.gz", "T2w"),
        ("sub-01_acq-sag_T1w.nii", "T1w"),
        ("spine ct.mha", "CT"),
        ("T1_and_T2.nii.gz", "T2w"),
        ("fact2w.nii.gz", ""),
        ("spine.nii.gz", ""),
    ],
)
def test_names_tell_it(name, contrast):
    assert contrast_of(Path(name)) == Contrast(contrast, FILE_NAME if contrast else "")


def test_a_file_without_a_name_tells_nothing():
    assert contrast_of(None) == Contrast()


@pytest.mark.parametrize(
    ("sidecar", "contrast"),
    [
        (T1W, "T1w"),
        ({"ProtocolName": "LWS T2 sag"}, "T2w"),
        ({"Modality": "CT"}, "CT"),
        ({"SeriesDescription": 7, "ProtocolName": None, "Modality": ["T1"]}, ""),
        ({"SeriesDescription": "localizer"}, ""),
        ({}, ""),
    ],
)
def test_what_was_saved_beside_it_tells_it(sidecar, contrast):
    assert contrast_of(Path("spine.nii.gz"), sidecar=sidecar) == Contrast(contrast, SIDECAR if contrast else "")


def test_a_person_counts_more_than_a_name_and_a_name_more_than_a_protocol():
    assert contrast_of(Path("a_T2w.nii"), sidecar=T1W) == Contrast("T2w", FILE_NAME)
    assert contrast_of(Path("a_T2w.nii"), "CT", T1W) == Contrast("CT", PERSON)


@pytest.mark.parametrize(
    ("word", "contrast"), [("t1", "T1w"), (" T1w ", "T1w"), ("t2w", "T2w"), ("ct", "CT"), ("VIBE", "Vibe")]
)
def test_any_spelling_is_understood(word, contrast):
    assert contrast_named(word) == contrast


@pytest.mark.parametrize("word", ["T3w", "", " ", "x" * 5000, 1, None, ["T1w"]])
def test_an_unknown_word_is_a_sentence(word):
    with pytest.raises(ParameterError, match=rf"There is no contrast .* Choose one of {', '.join(CONTRASTS)}") as raised:
        contrast_named(word)
    assert len(str(raised.value)) < 120


def test_a_kind_that_a_method_is_not_made_for_is_said_with_who_told_it():
    t1w = Contrast("T1w", PERSON)
    (said,) = check_contrast(t1w, ("T2w",), "a.nii")
    assert said == "As was said, a.nii is a T1w image; the method is made for T2w images of the spine."
    assert check_contrast(Contrast("CT", FILE_NAME), ("T2w", "T1w"), "a.nii")[0].startswith("By its name a.nii is a CT image")
    for contrast, made_for in ((t1w, ("T2w", "T1w")), (t1w, ()), (Contrast(), ("T2w",))):
        assert check_contrast(contrast, made_for, "a.nii") == ()
