"""Model folders of one's own, whole and damaged; nothing here needs torch."""

import json
import shutil

import numpy as np
import pytest
from model_folders import MODEL, plans, write_model
from spinetwin.errors import ParameterError, ReadError
from spinetwin.segmentation.two_phase.labels import subregions_of
from spinetwin.segmentation.two_phase.model_folder import read_model
from spinetwin.segmentation.two_phase.models import lacking, on_cpu_alone, read_models, weights_of
from spinetwin.segmentation.two_phase.settings import ModelSettings, read_settings, write_settings


@pytest.fixture
def models(tmp_path):
    write_model(tmp_path / "semantic", folds=("fold_0", "fold_1"))
    write_model(tmp_path / "instance", ("above", "centre", "below"), channels={"0": "noNorm"})
    return tmp_path


def test_both_models_are_read(models):
    found = read_models(models)
    assert len(found.semantic.checkpoints) == 2
    assert [found.subregions[n] for n in (1, 2, 10, 14)] == [26, 41, 49, 100]
    # the plan counts k, j, i
    assert found.instance_settings.cutouts.spacing == (0.8, 0.75, 3.3)
    assert found.instance_settings.cutouts.size == (64, 64, 16)
    assert sorted(weights_of(found))[0] == "instance/dataset.json"
    assert lacking(models) == ""


def test_a_second_model_that_sees_but_parts_of_its_cutouts_is_refused(models):
    (models / "instance" / MODEL / "spinetwin.json").write_text('{"cutout": [64, 64, 20]}')
    with pytest.raises(ParameterError, match="64 x 64 x 16 voxels at once"):
        read_models(models)


def test_another_file_gives_another_hash(models):
    before = weights_of(read_models(models))
    (models / "semantic" / MODEL / "fold_1" / "checkpoint_final.pth").write_bytes(b"others")
    after = weights_of(read_models(models))
    assert [name for name in before if before[name] != after[name]] == ["semantic/fold_1/checkpoint_final.pth"]


def test_weights_of_onnx_that_lie_in_another_file_count_too(models):
    place = models / "instance"
    shutil.rmtree(place / MODEL)
    (place / "net.onnx").write_bytes(b"the graph")
    (place / "net.onnx.data").write_bytes(b"the weights")
    before = weights_of(read_models(models))
    assert {"instance/net.onnx", "instance/net.onnx.data"} <= set(before)
    (place / "net.onnx.data").write_bytes(b"other weights")
    after = weights_of(read_models(models))
    assert [name for name in before if before[name] != after[name]] == ["instance/net.onnx.data"]


def test_onnx_says_that_it_runs_on_the_processor(models):
    assert not on_cpu_alone(read_models(models), "cuda:0")
    shutil.rmtree(models / "instance" / MODEL)
    (models / "instance" / "net.onnx").write_bytes(b"the graph")
    found = read_models(models)
    assert on_cpu_alone(found, "cuda:0") == ("Phase 2 ran on the CPU and not on cuda:0: net.onnx is a model for ONNX Runtime.",)
    assert not on_cpu_alone(found, "cpu")


def test_axes_that_nnunet_has_exchanged(tmp_path):
    plan = plans() | {"transpose_forward": [2, 0, 1], "transpose_backward": [1, 2, 0]}
    write_model(tmp_path, plan=plan)
    # planned for (i, k, j) of an image: its spacing along i is the first
    assert read_model(tmp_path).spacing == (3.3, 0.8, 0.75)


def test_a_model_of_one_file(models):
    for each in (models / "instance" / MODEL).rglob("*"):
        if each.is_file():
            each.unlink()
    (models / "instance" / "net.onnx").write_bytes(b"x")
    write_settings(models / "instance", ModelSettings(input="one-hot"))
    found = read_models(models)
    assert found.instance == models / "instance" / "net.onnx"
    assert found.instance_settings.input == "one-hot"
    (models / "instance" / "net.pt").write_bytes(b"x")
    assert "several models: net.onnx, net.pt" in lacking(models)


def damaged(name, text):
    return lambda model: (model / name).write_text(text)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (damaged("plans.json", "{"), "plans.json cannot be read"),
        (damaged("plans.json", "[]"), "holds no JSON object"),
        (damaged("plans.json", "[" * 100_000), "cannot be read"),
        (damaged("plans.json", "{}"), "has no configurations"),
        (damaged("plans.json", json.dumps(plans() | {"transpose_forward": None})), "how the axes are turned"),
        (damaged("plans.json", json.dumps(plans(spacing=[0, 1, 1]))), "has no spacing"),
        (damaged("plans.json", json.dumps(plans(patch_size=None))), "has no patch_size"),
        (damaged("dataset.json", "{}"), "has no channel_names"),
        (damaged("dataset.json", '{"channel_names": {"0": "T2w"}}'), "has no labels"),
        (damaged("dataset.json", '{"channel_names": {"0": "T2w"}, "labels": {"corpus": 5}}'), "not numbered"),
        (damaged("dataset.json", '{"channel_names": {"0": "T2w"}, "labels": {"corpus": "x"}}'), "no whole numbers"),
        (lambda model: (model / "dataset.json").unlink(), "holds no nnU-Net v2 model"),
        (lambda model: (model / "fold_0" / "checkpoint_final.pth").unlink(), "no checkpoint_final.pth in fold_0"),
        (lambda model: (model / "fold_0").rename(model / "fold"), "no folder fold_0"),
    ],
)
def test_a_damaged_model_is_refused_in_words(tmp_path, damage, words):
    damage(write_model(tmp_path))
    with pytest.raises(ReadError, match=words):
        read_model(tmp_path)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (plans(spacing=[1.0, 1.0], patch_size=[8, 8]), "single slices"),
        (plans(previous_stage="3d_lowres"), "cascade"),
        (plans(architecture=None), "before 2.5"),
    ],
)
def test_a_model_of_another_kind_is_refused_in_words(tmp_path, plan, words):
    write_model(tmp_path, plan=plan)
    with pytest.raises(ParameterError, match=words):
        read_model(tmp_path)


def with_architecture(**changes):
    plan = plans()
    plan["configurations"]["3d_fullres"]["architecture"].update(changes)
    return plan


@pytest.mark.parametrize(
    "plan",
    [
        with_architecture(network_class_name="subprocess.Popen"),
        with_architecture(arch_kwargs={"conv_op": "os.system"}),
        with_architecture(network_class_name="dynamic_network_architectures"),
    ],
)
def test_a_plan_that_names_a_program_is_refused(tmp_path, plan):
    write_model(tmp_path, plan=plan)
    with pytest.raises(ReadError, match="no piece of a network"):
        read_model(tmp_path)


def test_regions_that_overlap_are_refused(tmp_path):
    write_model(tmp_path, regions_class_order=[1, 2])
    with pytest.raises(ParameterError, match="overlap"):
        read_model(tmp_path)


def test_two_models_in_one_place_are_refused(tmp_path):
    write_model(tmp_path / "a")
    write_model(tmp_path / "b")
    with pytest.raises(ReadError, match="several models"):
        read_model(tmp_path)


def test_exchanged_models_are_noticed(models):
    (models / "semantic").rename(models / "x")
    (models / "instance").rename(models / "semantic")
    (models / "x").rename(models / "instance")
    with pytest.raises(ParameterError, match="14 labels; phase 2 tells three"):
        read_models(models)


def test_a_model_of_two_contrasts_is_refused(tmp_path):
    write_model(tmp_path / "semantic", channels={"0": "T1w", "1": "T2w"})
    with pytest.raises(ParameterError, match="2 images at once"):
        read_models(tmp_path)


def test_what_is_lacking_is_said_without_opening_anything(tmp_path):
    assert "no folder" in lacking(tmp_path / "nowhere")
    assert "phase 1 is missing" in lacking(tmp_path)
    write_model(tmp_path / "semantic")
    assert "phase 2 is missing" in lacking(tmp_path)


def test_labels_by_number_by_name_and_by_table(tmp_path):
    assert subregions_of({"49": 1, "Vertebra Corpus": 2, "Spinal-Cord": 3}, tmp_path) == {1: 49, 2: 50, 3: 60}
    with pytest.raises(ParameterError, match="'muscle'"):
        subregions_of({"corpus": 1, "muscle": 2}, tmp_path)
    (tmp_path / "labels.csv").write_text("name,subregion\nmuscle,0\nKörper,49\n", encoding="utf-8")
    assert subregions_of({"Körper": 1, "Muscle": 2}, tmp_path) == {1: 49, 2: 0}
    with pytest.raises(ParameterError, match=r"No label .* is a vertebral body"):
        subregions_of({"disc": 1}, tmp_path)


@pytest.mark.parametrize("text", ["name\nx", "name,subregion\nx,many", "name,subregion\nx,77"])
def test_a_damaged_table_of_labels(tmp_path, text):
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(ReadError, match=r"labels\.csv"):
        subregions_of({"corpus": 1}, tmp_path)


def test_without_settings_the_cutouts_are_those_of_the_published_network(tmp_path):
    found = read_settings(tmp_path).cutouts
    assert (found.size, found.spacing, found.orientation) == ((248, 304, 64), (0.75, 0.75, 1.65), "PIR")


def test_settings_come_back_as_they_were_written(tmp_path):
    assert read_settings(tmp_path) == ModelSettings()
    settings = ModelSettings("RAS", bias_correction=False, input="one-hot")
    write_settings(tmp_path, settings)
    found = read_settings(tmp_path)
    assert (found.orientation, found.bias_correction, found.input) == ("RAS", False, "one-hot")
    np.testing.assert_allclose(found.cutouts.spacing, (0.75, 0.75, 1.65))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "7",
        '{"cutout": [1, 2]}',
        '{"cutout": [0, 1, 2]}',
        '{"spacing": [1, 2, 1e9]}',
        '{"input": "x"}',
        '{"cutout": "abc"}',
    ],
)
def test_settings_that_make_no_sense(tmp_path, text):
    (tmp_path / "spinetwin.json").write_text(text)
    with pytest.raises(ReadError, match=r"spinetwin\.json"):
        read_settings(tmp_path)
