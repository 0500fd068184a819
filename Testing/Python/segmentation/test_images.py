"""Images that are not what they are taken for: each gets a sentence, none a traceback."""

import numpy as np
import pytest
from spinetwin.errors import MapError
from spinetwin.geometry import Grid
from spinetwin.segmentation.images import check_image, check_sidecar, slice_direction

SHAPE = (16, 120, 160)


def grid_of(shape=SHAPE, spacing=(4.0, 1.0, 1.0), axes=(0, 1, 2)):
    """Make a grid whose array axes run along the RAS axes of these numbers."""
    affine = np.zeros((4, 4))
    for column, axis in enumerate(axes):
        affine[axis, column] = spacing[column]
    affine[3, 3] = 1.0
    return Grid(shape, affine)


def image_of(shape=SHAPE, low=0, high=900, kind=np.int16):
    return np.random.default_rng(1).integers(low, high, shape).astype(kind)


def test_a_sagittal_image_is_fine():
    assert check_image(image_of(), grid_of(), "sub-1_T2w.nii.gz") == ()


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64, np.uint16])
def test_any_type_of_number_is_fine(dtype):
    assert check_image(image_of(high=250, kind=dtype), grid_of(), "a.nii.gz") == ()


@pytest.mark.parametrize(
    ("image", "grid", "word"),
    [
        (np.full(SHAPE, 7, np.int16), grid_of(), "have the value 7"),
        (np.where(image_of() > 890, np.nan, 1.0), grid_of(), "not a number"),
        (image_of((2, 120, 160)), grid_of((2, 120, 160)), "only 2 voxels along one axis"),
        (image_of(), grid_of(spacing=(0.4, 0.1, 0.1)), "only 16 mm from head to feet"),
    ],
)
def test_what_cannot_show_a_spine_is_refused(image, grid, word):
    with pytest.raises(MapError, match=word):
        check_image(image, grid, "a.nii.gz")


@pytest.mark.parametrize(
    ("image", "grid", "name", "word"),
    [
        (image_of(), grid_of(axes=(2, 0, 1)), "a.nii.gz", "axial"),
        (image_of(), grid_of(axes=(1, 0, 2)), "a.nii.gz", "coronal"),
        (image_of(low=-1000), grid_of(), "a.nii.gz", "as CT does"),
        (image_of(high=20), grid_of(), "a.nii.gz", "seems to be a label map"),
        (image_of(), grid_of(spacing=(4.0, 0.4, 0.4)), "a.nii.gz", "only 64 mm from head to feet"),
        (image_of(), grid_of(spacing=(9.0, 1.0, 1.0)), "a.nii.gz", "9 mm apart"),
        (image_of(), grid_of(spacing=(4.0, 2.5, 2.5)), "a.nii.gz", "2.5 mm wide"),
        (image_of(), grid_of(spacing=(40.0, 10.0, 10.0)), "a.nii.gz", "more than a spine is long"),
        (image_of((5, 120, 160)), grid_of((5, 120, 160)), "a.nii.gz", "only 5 slices"),
        (image_of(), grid_of(), "left_KNEE-pd.nii.gz", "is a knee"),
    ],
)
def test_what_the_methods_are_not_made_for_is_said(image, grid, name, word):
    assert [each for each in check_image(image, grid, name) if word in each]


@pytest.mark.parametrize("name", ["factory.nii.gz", "hipster_t2.nii.gz", "act_T2w.nii.gz", "headache.nii.gz"])
def test_a_word_inside_another_word_means_nothing(name):
    assert check_image(image_of(), grid_of(), name) == ()


def test_where_only_the_grid_matters_values_are_not_looked_at():
    assert check_image(None, grid_of(), "knee_ct.nii.gz") == ()
    assert check_image(None, grid_of(spacing=(9.0, 1.0, 1.0)), "a")


def test_slices_of_an_oblique_image_lie_the_way_they_lie_most():
    angle = np.radians(30)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]) * (4, 1, 1)
    assert slice_direction(Grid(SHAPE, affine)) == "sagittal"
    assert slice_direction(grid_of(spacing=(1.0, 1.0, 1.0))) == ""


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ({"Modality": "CT"}, "is no MR but CT"),
        ({"BodyPartExamined": "KNEE"}, "shows the KNEE"),
        ({"EchoTime": 0.012}, "echo time of 0.012 s"),
        ({"InversionTime": 0.16}, "inversion pulse"),
    ],
)
def test_what_the_scanner_said_is_believed(content, word):
    usual = {"Modality": "MR", "BodyPartExamined": "L-SPINE", "EchoTime": 0.1}
    assert check_sidecar(usual, "a.nii.gz") == ()
    (said,) = check_sidecar(usual | content, "a.nii.gz")
    assert word in said


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"Modality": None, "EchoTime": "long", "InversionTime": True, "BodyPartExamined": ["KNEE"]},
        {"BodyPartExamined": " "},
    ],
)
def test_a_scanner_that_said_nothing_useful_is_not_believed(content):
    assert check_sidecar(content, "a.nii.gz") == ()


@pytest.mark.parametrize(
    "text", ['{"EchoTime": 0.1}', '{"EchoTime": 0.1', "[1, 2]", "", "[" * 100000, '{"a": 1' + "0" * 5000 + "}"]
)
def test_a_file_beside_an_image_may_hold_anything(tmp_path, text):
    from spinetwin.io.sidecar import read_sidecar

    (tmp_path / "Bild 1_T2w.json").write_text(text, encoding="utf-8")
    assert read_sidecar(tmp_path / "Bild 1_T2w.nii.gz") == ({"EchoTime": 0.1} if text.endswith("0.1}") else {})
    assert read_sidecar(tmp_path / "none.nii.gz") == {}
