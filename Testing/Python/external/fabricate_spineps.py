"""Make folders of weights as SPINEPS reads them, with made-up numbers in them: ``python fabricate_spineps.py DIR``.

Run by the Python of the environment, for it needs torch, nnU-Net and SPINEPS itself. The networks are as small as the formats
allow. There are two for the second phase: one of random numbers, which finds nothing, and one that takes all of a cutout for the
vertebra in its centre; its cutouts are as high as a lumbar vertebra.
"""

import json
import sys
from pathlib import Path

import torch
from dynamic_network_architectures.architectures.unet import PlainConvUNet
from spineps.architectures.pl_unet import PLNet

SPACING = [2.0, 2.0, 4.0]
SUBREGIONS = (41, 42, 43, 44, 45, 46, 47, 48, 49, 60, 61, 62, 100, 26)
STAGES = 3


def architecture():
    return {
        "n_stages": STAGES,
        "features_per_stage": [4, 8, 8],
        "conv_op": "torch.nn.modules.conv.Conv3d",
        "kernel_sizes": [[3, 3, 3]] * STAGES,
        "strides": [[1, 1, 1], [2, 2, 2], [2, 2, 2]],
        "n_conv_per_stage": [1] * STAGES,
        "n_conv_per_stage_decoder": [1] * (STAGES - 1),
        "conv_bias": True,
        "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
        "norm_op_kwargs": {"eps": 1e-5, "affine": True},
        "dropout_op": None,
        "dropout_op_kwargs": None,
        "nonlin": "torch.nn.LeakyReLU",
        "nonlin_kwargs": {"inplace": True},
    }


def plans():
    spacing = SPACING[::-1]
    patch = [16, 64, 64]
    resampling = "resample_data_or_seg_to_shape"
    configuration = {
        "data_identifier": "nnUNetPlans_3d_fullres",
        "preprocessor_name": "DefaultPreprocessor",
        "batch_size": 2,
        "patch_size": patch,
        "median_image_size_in_voxels": patch,
        "spacing": spacing,
        "normalization_schemes": ["ZScoreNormalization"],
        "use_mask_for_norm": [False],
        "resampling_fn_data": resampling,
        "resampling_fn_seg": resampling,
        "resampling_fn_data_kwargs": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
        "resampling_fn_seg_kwargs": {"is_seg": True, "order": 1, "order_z": 0, "force_separate_z": None},
        "resampling_fn_probabilities": resampling,
        "resampling_fn_probabilities_kwargs": {"is_seg": False, "order": 1, "order_z": 0, "force_separate_z": None},
        "architecture": {
            "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
            "arch_kwargs": architecture(),
            "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
        },
        "batch_dice": False,
    }
    return {
        "dataset_name": "Dataset001_Spine",
        "plans_name": "nnUNetPlans",
        "original_median_spacing_after_transp": spacing,
        "original_median_shape_after_transp": patch,
        "image_reader_writer": "SimpleITKIO",
        "transpose_forward": [0, 1, 2],
        "transpose_backward": [0, 1, 2],
        "configurations": {"3d_fullres": configuration},
        "experiment_planner_used": "ExperimentPlanner",
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {
            "0": dict.fromkeys(("max", "mean", "median", "min", "percentile_00_5", "percentile_99_5", "std"), 1.0)
        },
    }


def network():
    kinds = {"conv_op": torch.nn.Conv3d, "norm_op": torch.nn.InstanceNorm3d, "nonlin": torch.nn.LeakyReLU}
    return PlainConvUNet(1, num_classes=len(SUBREGIONS) + 1, deep_supervision=False, **{**architecture(), **kinds})


def inference_config(name, modality, kind, labels, expected):
    return {
        "log_name": name,
        "modality": modality,
        "acquisition": "sag",
        "modeltype": kind,
        "model_expected_orientation": ["P", "I", "R"],
        "available_folds": 1,
        "inference_augmentation": False,
        "resolution_range": SPACING,
        "default_step_size": 0.9,
        "labels": labels,
        "expected_inputs": [expected],
        "cutout_size": [64, 16, 16],
    }


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def semantic(folder):
    labels = {str(number): str(value) for number, value in enumerate(SUBREGIONS, start=1)}
    write(folder / "inference_config.json", inference_config("T2w", ["T2w"], "nnunet", labels, "img"))
    write(folder / "plans.json", plans())
    numbers = {"background": 0, **{f"s{value}": number for number, value in enumerate(SUBREGIONS, start=1)}}
    dataset = {"channel_names": {"0": "T2w"}, "labels": numbers, "numTraining": 1, "file_ending": ".nii.gz"}
    write(folder / "dataset.json", dataset)
    checkpoint = {
        "network_weights": network().state_dict(),
        "trainer_name": "nnUNetTrainer",
        "init_args": {"configuration": "3d_fullres", "fold": 0},
        "inference_allowed_mirroring_axes": None,
    }
    (folder / "fold_0").mkdir()
    torch.save(checkpoint, folder / "fold_0" / "checkpoint_final.pth")


def instance(folder, net):
    labels = {"1": "1", "2": "2", "3": "3"}
    write(folder / "inference_config.json", inference_config("Instance", ["SEG"], "unet", labels, "seg"))
    content = {"state_dict": net.state_dict(), "hyper_parameters": {}, "pytorch-lightning_version": "2.0.8"}
    torch.save(content, folder / "fabricated-weights.ckpt")


def all_centre():
    net = PLNet()
    with torch.no_grad():
        net.network.final_conv.weight.zero_()
        net.network.final_conv.bias.copy_(torch.tensor([0.0, 0.0, 9.0, 0.0]))
    return net


if __name__ == "__main__":
    torch.manual_seed(3)
    target = Path(sys.argv[1])
    semantic(target / "semantic")
    instance(target / "random", PLNet())
    instance(target / "centre", all_centre())
