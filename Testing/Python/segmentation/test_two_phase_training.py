"""The data sets that both phases are trained on, made from a BIDS-like folder of phantoms."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from spinetwin.anatomy import SubregionId, level
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.io import read_label_map, read_volume, write_label_map, write_volume
from spinetwin.phantom import Spacing, SpineParameters, make_spine
from spinetwin.segmentation.two_phase.orientation import Turn

TRAINING = Path(__file__).parents[3] / "training" / "two_phase"
CUTOUT, SPACING = ("48", "64", "24"), ("2.5", "2.5", "3.3")


def with_training(script, *arguments, python=None):
    path = os.pathsep.join([str(TRAINING.parents[1] / "SpineDigitalTwin"), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [python or sys.executable, TRAINING / script, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1"},
    )


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="L1-L4"))
    return spine.voxelise(spine.grid(Spacing(right=3.3, anterior=2.5, superior=2.5)))


def write_case(folder, name, maps, spine_name="seg-spine", vertebra_name="seg-vert"):
    subject = name.split("_")[0]
    image = np.random.default_rng(0).normal(300.0, 50.0, maps.grid.shape) + maps.subregions
    for part in ("rawdata", "derivatives"):
        (folder / part / subject).mkdir(parents=True, exist_ok=True)
    write_volume(folder / "rawdata" / subject / f"{name}_T2w.nii.gz", image, maps.grid)
    for what, array in ((spine_name, maps.subregions), (vertebra_name, maps.vertebrae)):
        write_label_map(folder / "derivatives" / subject / f"{name}_{what}_msk.nii.gz", array, maps.grid)


@pytest.fixture(scope="module")
def raw(maps, tmp_path_factory):
    """Three subjects, one of them seen twice, one named as we do."""
    folder = tmp_path_factory.mktemp("Studie für Wirbel")
    write_case(folder, "sub-01_ses-1", maps, "mod-T2w_seg-spine", "mod-T2w_seg-vert")
    write_case(folder, "sub-01_ses-2", maps)
    write_case(folder, "sub-02", maps, "seg-subreg")
    write_case(folder, "sub-3", maps, "subregions", "vertebrae")
    (folder / "rawdata" / "sub-02" / "sub-02_T1w.nii.gz").write_bytes(b"another contrast")
    out = folder / "nnUNet_raw"
    done = with_training("prepare.py", folder, "--out", out, "--cutout", *CUTOUT, "--spacing", *SPACING, "--no-bias-correction")
    assert done.returncode == 0, done.stderr
    return out


SEMANTIC, INSTANCE = "Dataset511_SpineSubregions", "Dataset512_SpineInstances"


def test_phase_one_gets_images_and_subregions(raw, maps):
    folder = raw / SEMANTIC
    names = sorted(each.name for each in (folder / "imagesTr").iterdir())
    assert names == [f"{each}_T2w_0000.nii.gz" for each in ("sub-01_ses-1", "sub-01_ses-2", "sub-02", "sub-3")]
    image, grid = read_volume(folder / "imagesTr" / names[0])
    labels, same = read_label_map(folder / "labelsTr" / names[0].replace("_0000", ""))
    assert same.same_place(grid)
    # stored as the network wants it: posterior, inferior, right
    assert (grid.ijk_to_ras[:3, :3] * [[0, 0, 1], [-1, 0, 0], [0, -1, 0]]).sum() == pytest.approx(grid.spacing.sum())
    assert (image.min(), image.max()) == (0.0, pytest.approx(1500.0, rel=1e-3))
    back = Turn.to("PIR", maps.grid).back(labels)
    named = json.loads((folder / "dataset.json").read_text())["labels"]
    for name, subregion in (("corpus_border", SubregionId.BODY_BORDER), ("intervertebral_disc", SubregionId.DISC)):
        np.testing.assert_array_equal(back == named[name], maps.subregions == subregion)
    assert sorted(named.values()) == list(range(15))


def test_phase_two_gets_cutouts_with_three_vertebrae(raw, maps):
    folder = raw / INSTANCE
    names = sorted(each.name.removesuffix(".nii.gz") for each in (folder / "labelsTr").iterdir() if "sub-02" in each.name)
    assert names == [f"sub-02_T2w_{each}" for each in ("L1", "L2", "L3", "L4")]
    labels, grid = read_label_map(folder / "labelsTr" / "sub-02_T2w_L2.nii.gz")
    seen, _ = read_volume(folder / "imagesTr" / "sub-02_T2w_L2_0000.nii.gz")
    assert labels.shape == tuple(map(int, CUTOUT))
    # nothing is 0, or nnU-Net would cut the border off and lose the middle
    assert (seen.min(), seen.max()) == (1, 10)
    assert not labels[seen == 1].any()
    for label, name in ((1, "L1"), (2, "L2"), (3, "L3")):
        place = grid.to_ras(np.argwhere(labels == label).mean(axis=0))
        truth = maps.grid.to_ras(np.argwhere(maps.vertebrae == level(name).id).mean(axis=0))
        assert np.linalg.norm(place - truth) < 1.5
    # the body of the one in the centre lies in the middle
    assert labels[tuple(each // 2 for each in labels.shape)] == 2
    top, _ = read_label_map(folder / "labelsTr" / "sub-02_T2w_L1.nii.gz")
    assert set(np.unique(top)) == {0, 2, 3}


def test_no_subject_is_trained_on_and_tested_on(raw):
    for name in (SEMANTIC, INSTANCE):
        folds = json.loads((raw / name / "splits_final.json").read_text())
        assert len(folds) == 3
        tested = [{each.split("_")[0] for each in fold["val"]} for fold in folds]
        assert sorted(map(sorted, tested)) == [["sub-01"], ["sub-02"], ["sub-3"]]
        for fold, subjects in zip(folds, tested, strict=True):
            assert not subjects & {each.split("_")[0] for each in fold["train"]}
            assert len(fold["train"]) + len(fold["val"]) == len(list((raw / name / "labelsTr").iterdir()))


def test_what_the_networks_expect_is_written_down(raw):
    said = json.loads((raw / INSTANCE / "spinetwin.json").read_text())
    assert said["cutout"] == [int(each) for each in CUTOUT]
    assert said["orientation"] == "PIR"
    assert said["bias_correction"] is False


def test_the_commands_are_those_of_the_paper(raw, tmp_path):
    done = with_training("train.py", raw, "--out", tmp_path / "out", "--dry-run")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    trained = [each for each in lines if "run_training" in each]
    assert len(trained) == 10
    assert all("nnUNetTrainerNoMirroring" in each and "3d_fullres" in each for each in trained)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_study(tmp_path):
    assert "no folder rawdata" in with_training("prepare.py", tmp_path, "--out", tmp_path / "raw").stderr
    for each in ("rawdata", "derivatives"):
        (tmp_path / each).mkdir()
    done = with_training("prepare.py", tmp_path, "--out", tmp_path / "raw")
    assert (done.returncode, "0 images and 0 maps were seen" in done.stderr) == (1, True)


def test_two_maps_of_one_image(maps, tmp_path):
    write_case(tmp_path, "sub-1", maps)
    write_case(tmp_path, "sub-1", maps, "seg-subreg")
    done = with_training("prepare.py", tmp_path, "--out", tmp_path / "raw")
    assert "both maps of subregions of sub-1_T2w.nii.gz" in done.stderr


def test_a_map_on_another_grid(maps, tmp_path):
    write_case(tmp_path, "sub-1", maps)
    other = LabelMaps(Grid(maps.grid.shape, maps.grid.ijk_to_ras @ np.diag([1, 1, 1.2, 1])), maps.subregions, maps.vertebrae)
    for kind, array in (("spine", other.subregions), ("vert", other.vertebrae)):
        write_label_map(tmp_path / "derivatives" / "sub-1" / f"sub-1_seg-{kind}_msk.nii.gz", array, other.grid)
    done = with_training("prepare.py", tmp_path, "--out", tmp_path / "raw")
    assert "is on another grid than sub-1_T2w.nii.gz" in done.stderr


def test_nnunet_plans_both_phases(raw, tmp_path):
    """nnU-Net itself reads the data sets, and its plan of phase 2 sees each cutout as a whole."""
    here = importlib.util.find_spec("torch") and importlib.util.find_spec("nnunetv2")
    python = sys.executable if here else os.environ.get("SPINETWIN_BACKENDS_PYTHON")
    if not python:
        pytest.skip("no torch and nnU-Net here, and SPINETWIN_BACKENDS_PYTHON names no Python that has them")
    done = with_training("train.py", raw, "--out", tmp_path, "--plan-only", "--processes", 1, python=python)
    assert done.returncode == 0, done.stderr[-2000:]
    for name, channel in ((SEMANTIC, "ZScoreNormalization"), (INSTANCE, "NoNormalization")):
        folder = tmp_path / "preprocessed" / name
        plan = json.loads((folder / "nnUNetPlans.json").read_text())["configurations"]["3d_fullres"]
        assert plan["normalization_schemes"] == [channel]
        assert (folder / "splits_final.json").read_text() == (raw / name / "splits_final.json").read_text()
        assert len(list((folder / "nnUNetPlans_3d_fullres").glob("*.pkl"))) == len(list((raw / name / "labelsTr").iterdir()))
    assert plan["patch_size"] == [24, 64, 48]
    assert plan["spacing"] == [3.3, 2.5, 2.5]
