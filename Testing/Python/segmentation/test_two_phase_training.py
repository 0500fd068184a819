"""The data sets that both phases are trained on, made from a BIDS-like folder of phantoms."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from backends_python import TRAINING, python_with, run_script
from damaged_maps import dice_by_level
from grey_phantom import grey
from short_training import write_short_trainer
from spinetwin.anatomy import SubregionId, level
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.io import read_label_map, read_label_maps, read_volume, write_label_map, write_volume
from spinetwin.phantom import Spacing, SpineParameters, make_spine
from spinetwin.segmentation.two_phase.model_folder import find_model, read_model
from spinetwin.segmentation.two_phase.orientation import Turn
from spinetwin.segmentation.two_phase.settings import read_settings

CUTOUT, SPACING = ("48", "64", "24"), ("2.5", "2.5", "3.3")
NOISE = 4.0


def with_training(script, *arguments, **options):
    return run_script(TRAINING / "two_phase" / script, *arguments, **options)


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="L1-L4"))
    return spine.voxelise(spine.grid(Spacing(right=3.3, anterior=2.5, superior=2.5)))


def write_case(folder, name, maps, spine_name="seg-spine", vertebra_name="seg-vert"):
    subject = name.split("_")[0]
    image = grey(maps) + np.random.default_rng(0).normal(0.0, NOISE, maps.grid.shape)
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


@pytest.fixture(scope="module")
def nnunet():
    """A Python that has nnU-Net."""
    return python_with("torch", "nnunetv2")


def check_plan(out, raw, name, channel):
    folder = out / "preprocessed" / name
    plan = json.loads((folder / "nnUNetPlans.json").read_text())["configurations"]["3d_fullres"]
    assert plan["normalization_schemes"] == [channel]
    assert (folder / "splits_final.json").read_text() == (raw / name / "splits_final.json").read_text()
    assert len(list((folder / "nnUNetPlans_3d_fullres").glob("*.pkl"))) == len(list((raw / name / "labelsTr").iterdir()))
    return plan


@pytest.fixture(scope="module")
def short(nnunet, tmp_path_factory):
    """How scripts are run that know the short trainer."""
    return {"python": nnunet, "more": write_short_trainer(tmp_path_factory.mktemp("trainers"))}


PLAN_ONLY = ("--phases", "instance", "--plan-only", "--processes", 1)


@pytest.fixture(scope="module")
def planned(raw, short, tmp_path_factory):
    """Return the folder of a training whose second phase is planned."""
    out = tmp_path_factory.mktemp("Training für Wirbel")
    done = with_training("train.py", raw, "--out", out, *PLAN_ONLY, **short)
    assert done.returncode == 0, done.stderr[-2000:]
    return out


def test_nnunet_sees_each_cutout_of_phase_two_whole(raw, nnunet, planned):
    """nnU-Net itself reads the data set."""
    plan = check_plan(planned, raw, INSTANCE, "NoNormalization")
    assert plan["patch_size"] == [24, 64, 48]
    assert plan["spacing"] == [3.3, 2.5, 2.5]
    again = with_training("train.py", raw, "--out", planned, *PLAN_ONLY, python=nnunet)
    assert (again.returncode, again.stdout) == (0, ""), "what is prepared is not prepared again"


@pytest.fixture(scope="module")
def stopped(raw, short, planned):
    """Return what the training of the first phase said, whose second fold was killed before its last epoch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STOPPED_IN", "1, 1")
        done = with_training("train.py", raw, *semantic(planned), "--processes", 1, **short)
    assert "plan_and_preprocess" in done.stdout
    check_plan(planned, raw, SEMANTIC, "ZScoreNormalization")
    assert [each.read_text() for each in epochs(planned)] == ["0 1 ", "0 "], done.stderr[-2000:]
    assert not (planned / "models").exists()
    return done


@pytest.fixture(scope="module")
def resumed(raw, short, planned, stopped):
    """Return what the same command said when it went on."""
    assert stopped.returncode == 1
    done = with_training("train.py", raw, *semantic(planned), **short)
    assert done.returncode == 0, done.stderr[-2000:]
    return done


def semantic(out):
    return "--out", out, "--phases", "semantic", "--folds", 0, 1, "--device", "cpu"


def epochs(out):
    name = "nnUNetTrainerNoMirroring__nnUNetPlans__3d_fullres"
    return [out / "results" / SEMANTIC / name / f"fold_{fold}" / "epochs.txt" for fold in (0, 1)]


def test_a_training_that_was_killed_goes_on_and_becomes_a_model(raw, planned, stopped, resumed):
    """By nnU-Net itself."""
    assert "The same command goes on from here." in stopped.stderr
    ours = [line for line in resumed.stdout.splitlines() if "run_training" in line or "plan_and_preprocess" in line]
    assert len(ours) == 1, "the first fold and the preparation are not made again"
    assert ours[0].endswith("-tr nnUNetTrainerNoMirroring -device cpu --c")
    assert [each.read_text() for each in epochs(planned)] == ["0 1 "] * 2
    # a loss that is no number would make weights that are none
    told = [line for each in epochs(planned) for log in each.parent.glob("*.txt") for line in log.read_text().splitlines()]
    losses = [float(line.split()[-1]) for line in told if "train_loss" in line]
    assert len(losses) >= 4
    assert np.isfinite(losses).all()

    model = read_model(find_model(planned / "models" / "semantic"))
    assert [each.relative_to(model.path).as_posix() for each in model.checkpoints] == [
        "fold_0/checkpoint_final.pth",
        "fold_1/checkpoint_final.pth",
    ]
    assert model.labels == {key: value for key, value in labels_of_phase_one(raw).items() if value}
    assert read_settings(model.path).orientation == "PIR"


@pytest.mark.usefixtures("resumed")
def test_from_a_folder_of_studies_to_the_maps_of_an_image(raw, short, planned, maps, tmp_path, monkeypatch):
    """All the way that the page on training tells: both networks trained by nnU-Net, then one image and one command."""
    options = ("--out", planned, "--phases", "instance", "--folds", 0, "--device", "cpu")
    done = with_training("train.py", raw, *options, **short)
    assert done.returncode == 0, done.stderr[-2000:]

    # the same spine, stored another way, and other noise
    turn = Turn.to("SAL", maps.grid)
    truth = LabelMaps(turn.grid(maps.grid), turn.turned(maps.subregions), turn.turned(maps.vertebrae))
    noise = np.random.default_rng(1).normal(0.0, NOISE, truth.grid.shape)
    image, out = tmp_path / "Rücken_T2w.nii.gz", tmp_path / "maps"
    write_volume(image, grey(truth) + noise, truth.grid)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "environments").symlink_to(Path(short["python"]).absolute().parents[2], target_is_directory=True)
    monkeypatch.setenv("SPINETWIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SPINETWIN_MODELS", str(planned / "models"))
    command = (image, "--backend", "two-phase", "--device", "cpu", "--out", out)
    done = subprocess.run([sys.executable, "-m", "spinetwin", "segment", *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]

    found = read_label_maps(out / "subregions.nii.gz", out / "vertebrae.nii.gz")
    assert found.grid.same_place(truth.grid)
    assert (found.subregions == truth.subregions).mean() > 0.999
    dice = dice_by_level(found.vertebrae, truth.vertebrae)
    assert list(dice) == ["L1", "L2", "L3", "L4"]
    # nothing in view tells their names; and the second network knows but bands across the spine
    assert set(np.diff([label for _, label in dice.values()])) == {1}
    assert min(value for value, _ in dice.values()) > 0.7
    said = json.loads((out / "segmentation.json").read_text())
    trained = (planned / "models").rglob("*.pth")
    hashes = [f"sha256:{hashlib.sha256(each.read_bytes()).hexdigest()}" for each in trained]
    assert sorted(value for name, value in said["weights"].items() if name.endswith(".pth")) == sorted(hashes)
    assert len(hashes) == 3


def labels_of_phase_one(raw):
    return json.loads((raw / SEMANTIC / "dataset.json").read_text())["labels"]
