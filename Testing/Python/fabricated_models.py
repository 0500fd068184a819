"""Makes real model folders with weights that were never trained, for a phantom whose grey values tell its subregions.

Run by a Python that has torch and nnU-Net: ``python fabricated_models.py OUT PHANTOM.npz INSTANCE...``, where PHANTOM holds
`image`, `labels` (channels) and `spacing`, and each INSTANCE is nnunet, random, torchscript or onnx: a folder of models in OUT.
"""

import json
import sys
from pathlib import Path

import numpy as np

NAMES = (
    "sacrum",
    "arcus_vertebrae",
    "spinous_process",
    "costal_process_left",
    "costal_process_right",
    "superior_articular_left",
    "superior_articular_right",
    "inferior_articular_left",
    "inferior_articular_right",
    "corpus_border",
    "spinal_cord",
    "spinal_canal",
    "endplate",
    "intervertebral_disc",
)
"""Label n of phase 1 is called NAMES[n - 1]."""
CUTOUT, SPACING = (64, 128, 32), (1.5, 1.5, 3.3)
"""Voxels and edges of the cutouts of phase 2, posterior, inferior, right."""
BAND_MM = 36.0
"""Height of a vertebra and its disc, as the fabricated networks of phase 2 know it."""


def main() -> None:
    phantom = np.load(sys.argv[2])
    for kind in sys.argv[3:]:
        write_models(Path(sys.argv[1]) / kind, phantom, kind)


def write_models(out, phantom, instance):
    """Write the models of both phases, the second one of a kind."""
    image, labels, spacing = phantom["image"], phantom["labels"], phantom["spacing"]
    folder = out / "semantic" / "nnUNetTrainer__nnUNetPlans__3d_fullres"
    shape = image.T.shape
    nearest = last_layer_for(image, labels)
    write_nnunet(folder, shape, spacing[::-1], {"T2w": "ZScoreNormalization"}, NAMES, unlike(*nearest))
    (folder / "spinetwin.json").write_text(json.dumps({"orientation": "PIR", "bias_correction": False}))
    (out / "instance").mkdir(parents=True)
    WAYS[instance](out / "instance")


def last_layer_for(image, labels):
    """Return (weights, bias) of a last layer on the standardised grey value that chooses the channel with the nearest mean."""
    grey = (image - image.mean()) / image.std()
    means = np.full(len(NAMES) + 1, 30.0)  # what the phantom lacks is nowhere near
    for channel in np.unique(labels):
        means[channel] = grey[labels == channel].mean()
    return 2.0 * means, -(means**2)


def unlike(weights, bias):
    """Return the last layers of two folds: each prefers every other label, and only the mean of their scores is right."""
    leaning = np.where(np.arange(len(bias)) % 2, 50.0, -50.0)
    return [(weights, bias + leaning), (weights, bias - leaning)]


def write_nnunet(folder, shape, spacing, channels, names, layers, random=False):
    """Write a model of nnU-Net v2 with a U-Net of two stages, one fold for each last layer."""
    import torch
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

    settings = {
        "n_stages": 2,
        "features_per_stage": [2, 2],
        "conv_op": "torch.nn.modules.conv.Conv3d",
        "kernel_sizes": [[1, 1, 1], [1, 1, 1]],
        "strides": [[1, 1, 1], [2, 2, 2]],
        "n_conv_per_stage": [1, 1],
        "n_conv_per_stage_decoder": [1],
        "conv_bias": True,
        "norm_op": None if not random and "noNorm" in channels else "torch.nn.modules.instancenorm.InstanceNorm3d",
        "norm_op_kwargs": {"eps": 1e-05, "affine": True},
        "dropout_op": None,
        "dropout_op_kwargs": None,
        "nonlin": "torch.nn.LeakyReLU",
        "nonlin_kwargs": {"inplace": True},
    }
    architecture = {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": settings,
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    }
    resample = "resample_data_or_seg_to_shape"
    configuration = {
        "data_identifier": "nnUNetPlans_3d_fullres",
        "preprocessor_name": "DefaultPreprocessor",
        "batch_size": 2,
        "patch_size": [int(each) for each in shape],
        "median_image_size_in_voxels": [int(each) for each in shape],
        "spacing": [float(each) for each in spacing],
        "normalization_schemes": list(channels.values()),
        "use_mask_for_norm": [False],
        "architecture": architecture,
        "batch_dice": False,
    }
    for what, order in (("data", 3), ("seg", 1), ("probabilities", 1)):
        configuration[f"resampling_fn_{what}"] = resample
        kwargs = {"is_seg": what == "seg", "order": order, "order_z": 0, "force_separate_z": None}
        configuration[f"resampling_fn_{what}_kwargs"] = kwargs
    plans = {
        "dataset_name": "Dataset001_Fabricated",
        "plans_name": "nnUNetPlans",
        "original_median_spacing_after_transp": configuration["spacing"],
        "original_median_shape_after_transp": configuration["patch_size"],
        "image_reader_writer": "SimpleITKIO",
        "transpose_forward": [0, 1, 2],
        "transpose_backward": [0, 1, 2],
        "configurations": {"3d_fullres": configuration},
        "experiment_planner_used": "ExperimentPlanner",
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {"0": {}},
    }
    labels = {"background": 0, **{name: number for number, name in enumerate(names, start=1)}}
    dataset = {
        "channel_names": {str(n): name for n, name in enumerate(channels)},
        "labels": labels,
        "numTraining": 1,
        "file_ending": ".nii.gz",
    }
    folder.mkdir(parents=True)
    (folder / "plans.json").write_text(json.dumps(plans))
    (folder / "dataset.json").write_text(json.dumps(dataset))
    torch.manual_seed(0)
    for fold, layer in enumerate(layers):
        network = get_network_from_plans(
            architecture["network_class_name"],
            dict(settings),
            architecture["_kw_requires_import"],
            1,
            len(labels),
            deep_supervision=False,
        )
        state = network.state_dict()
        if not random:
            by_hand(state, *layer)
        (folder / f"fold_{fold}").mkdir()
        content = {
            "network_weights": state,
            "optimizer_state": {},
            "grad_scaler_state": None,
            # what nnU-Net's log holds: numbers of numpy, which are no tensors
            "logging": {"mean_fg_dice": [np.float64(0.5), np.float32(0.5)], "epoch_end_timestamps": [1.0]},
            "_best_ema": np.float64(0.5),
            "current_epoch": 1,
            "init_args": {"configuration": "3d_fullres", "fold": fold, "device": torch.device("cpu")},
            "trainer_name": "nnUNetTrainer",
            "inference_allowed_mirroring_axes": (0, 1, 2),
        }
        torch.save(content, folder / f"fold_{fold}" / "checkpoint_final.pth")


def by_hand(state, weights, bias):
    """Let the grey value through both stages as u = lrelu(x) and v = lrelu(-x), whose difference is 1.01 x."""
    import torch

    # a module is listed under several names that share its tensors, so these are changed where they are
    for value in state.values():
        value.zero_()
    for name, value in state.items():
        if name.endswith("norm.weight"):
            value.fill_(1.0)
        if name.endswith("conv.weight") and ".stages.0." in name and "encoder" in name:
            value[0], value[1] = 1.0, -1.0
        if name.endswith("conv.weight") and "decoder.stages.0." in name:
            # the lower stage comes first, what was skipped past it second
            value[0, 2:, 0, 0, 0] = torch.tensor([1.0, -1.0]) / 1.01
            value[1, 2:, 0, 0, 0] = torch.tensor([-1.0, 1.0]) / 1.01
        if "seg_layers" in name and name.endswith("weight"):
            value[:, 0, 0, 0, 0] = torch.tensor(weights / 1.01)
            value[:, 1, 0, 0, 0] = torch.tensor(-weights / 1.01)
        if "seg_layers" in name and name.endswith("bias"):
            value[:] = torch.tensor(bias)


def nnunet(folder, random=False):
    """Phase 2 by nnU-Net: all bone in view is said to belong to the vertebra in the centre."""
    weights, bias = np.array([0.0, 0.0, 1.0, 0.0]), np.array([0.0, -9.0, -1.5, -9.0])
    names = ("above", "centre", "below")
    model = folder / "nnUNetTrainer__nnUNetPlans__3d_fullres"
    write_nnunet(model, CUTOUT[::-1], SPACING[::-1], {"noNorm": "NoNormalization"}, names, [(weights, bias)], random)
    (model / "spinetwin.json").write_text(json.dumps({"cutout": CUTOUT}))


def bands():
    """Return scores (1, 4, i, j, k) of bone at each place: the vertebra in the centre and its neighbours are bands."""
    down = (np.arange(CUTOUT[1]) - CUTOUT[1] // 2) * SPACING[1]
    which = np.round(down / BAND_MM).astype(int) + 2
    scores = np.zeros((1, 4, *CUTOUT), dtype=np.float32)
    for j, label in enumerate(which):
        scores[:, label if 1 <= label <= 3 else 0, :, j] = 1.0
    return scores


def torchscript(folder):
    import torch

    class Bands(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("scores", torch.from_numpy(bands()))
            self.register_buffer("air", torch.tensor([1.0, 0.0, 0.0, 0.0]).reshape(1, 4, 1, 1, 1))

        def forward(self, classes):
            bone = (classes > 0).float()
            return bone * self.scores + (1.0 - bone) * self.air

    torch.jit.trace(Bands(), torch.zeros(1, 1, *CUTOUT)).save(str(folder / "bands.pt"))
    write_settings(folder)


def onnx(folder):
    from onnx import TensorProto, helper, numpy_helper, save

    air = np.zeros((1, 4, 1, 1, 1), dtype=np.float32)
    air[0, 0] = 1.0
    constants = {"scores": bands(), "air": air, "zero": np.zeros(1, np.float32), "one": np.ones(1, np.float32)}
    steps = [("Greater", "classes zero", "there"), ("Mul", "bone scores", "inside"), ("Sub", "one bone", "rest")]
    steps += [("Mul", "rest air", "outside"), ("Add", "inside outside", "result")]
    nodes = [helper.make_node(kind, given.split(), [made]) for kind, given, made in steps]
    nodes.insert(1, helper.make_node("Cast", ["there"], ["bone"], to=TensorProto.FLOAT))
    graph = helper.make_graph(
        nodes,
        "bands",
        [helper.make_tensor_value_info("classes", TensorProto.FLOAT, [1, 1, *CUTOUT])],
        [helper.make_tensor_value_info("result", TensorProto.FLOAT, [1, 4, *CUTOUT])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(folder / "bands.onnx"))
    write_settings(folder)


def write_settings(folder):
    (folder / "spinetwin.json").write_text(json.dumps({"cutout": CUTOUT, "spacing": SPACING, "orientation": "PIR"}))


WAYS = {"nnunet": nnunet, "random": lambda folder: nnunet(folder, random=True), "torchscript": torchscript, "onnx": onnx}

if __name__ == "__main__":
    main()
