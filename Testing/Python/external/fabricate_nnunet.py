"""Folders as nnU-Net v2 reads them, as small as the format allows; used by the scripts beside this file."""

import json

import torch
from dynamic_network_architectures.architectures.unet import PlainConvUNet

STAGES = 3
FEATURES = [4, 8, 8]
NEVER = -1000.0


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def architecture(*, norm):
    return {
        "n_stages": STAGES,
        "features_per_stage": FEATURES,
        "conv_op": "torch.nn.modules.conv.Conv3d",
        "kernel_sizes": [[3, 3, 3]] * STAGES,
        "strides": [[1, 1, 1], [2, 2, 2], [2, 2, 2]],
        "n_conv_per_stage": [1] * STAGES,
        "n_conv_per_stage_decoder": [1] * (STAGES - 1),
        "conv_bias": True,
        "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d" if norm else None,
        "norm_op_kwargs": {"eps": 1e-5, "affine": True} if norm else {},
        "dropout_op": None,
        "dropout_op_kwargs": None,
        "nonlin": "torch.nn.LeakyReLU",
        "nonlin_kwargs": {"inplace": True},
    }


def network(channels, classes, *, norm):
    kinds = {"conv_op": torch.nn.Conv3d, "norm_op": torch.nn.InstanceNorm3d if norm else None, "nonlin": torch.nn.LeakyReLU}
    return PlainConvUNet(channels, num_classes=classes, deep_supervision=False, **{**architecture(norm=norm), **kinds})


def reading_codes(channels, classes, class_of_code, *, background=0, scale=1.0):
    """Return a network whose logits are lines over the value of a voxel, the highest at the nearest code.

    `background` is one more code of the class 0. Times `scale`, the square of each code has to fit into half precision, in
    which predictors keep logits.
    """
    net = network(channels, classes, norm=False)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
        net.encoder.stages[0][0].convs[0].conv.weight[0, 0, 1, 1, 1] = 1.0
        last = net.decoder.stages[-1].convs[0].conv.weight
        # the skipped channels come after the ones from below
        last[0, last.shape[1] // 2, 1, 1, 1] = 1.0
        head = net.decoder.seg_layers[-1]
        head.bias.fill_(NEVER)
        for code, number in {background: 0, **class_of_code}.items():
            head.weight[number, 0] = 2.0 * code * scale
            head.bias[number] = -(float(code) ** 2) * scale
    return net


def plans(spacing, patch, channels, *, norm):
    """`spacing` and `patch` in the order of nnU-Net, slices first."""
    resampling = "resample_data_or_seg_to_shape"
    scheme = "ZScoreNormalization" if norm else "NoNormalization"
    configuration = {
        "data_identifier": "nnUNetPlans_3d_fullres",
        "preprocessor_name": "DefaultPreprocessor",
        "batch_size": 2,
        "patch_size": patch,
        "median_image_size_in_voxels": patch,
        "spacing": spacing,
        "normalization_schemes": [scheme] * channels,
        "use_mask_for_norm": [False] * channels,
        "resampling_fn_data": resampling,
        "resampling_fn_seg": resampling,
        "resampling_fn_data_kwargs": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
        "resampling_fn_seg_kwargs": {"is_seg": True, "order": 1, "order_z": 0, "force_separate_z": None},
        "resampling_fn_probabilities": resampling,
        "resampling_fn_probabilities_kwargs": {"is_seg": False, "order": 1, "order_z": 0, "force_separate_z": None},
        "architecture": {
            "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
            "arch_kwargs": architecture(norm=norm),
            "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
        },
        "batch_dice": False,
    }
    properties = dict.fromkeys(("max", "mean", "median", "min", "percentile_00_5", "percentile_99_5", "std"), 1.0)
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
        "foreground_intensity_properties_per_channel": {str(number): properties for number in range(channels)},
    }


def write_model(folder, net, plan, channels, names):
    """Write plans, dataset and one fold."""
    write(folder / "plans.json", plan)
    labels = {"background": 0, **{name: number for number, name in enumerate(names, start=1)}}
    inputs = {str(number): f"input{number}" for number in range(channels)}
    write(folder / "dataset.json", {"channel_names": inputs, "labels": labels, "numTraining": 1, "file_ending": ".nii.gz"})
    checkpoint = {
        "network_weights": net.state_dict(),
        "trainer_name": "nnUNetTrainer",
        "init_args": {"configuration": "3d_fullres", "fold": 0},
        "inference_allowed_mirroring_axes": None,
    }
    (folder / "fold_0").mkdir()
    torch.save(checkpoint, folder / "fold_0" / "checkpoint_final.pth")
