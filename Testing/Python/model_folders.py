"""Folders of nnU-Net v2 models whose weights are nothing: for what is known of a model before it is loaded."""

import json

from fabricated_models import NAMES

MODEL = "nnUNetTrainer__nnUNetPlans__3d_fullres"


def plans(**changes):
    kwargs = {"n_stages": 2, "conv_op": "torch.nn.modules.conv.Conv3d", "dropout_op": None}
    configuration = {
        "spacing": [3.3, 0.75, 0.8],
        "patch_size": [16, 64, 64],
        "architecture": {
            "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
            "arch_kwargs": kwargs,
            "_kw_requires_import": ["conv_op", "dropout_op"],
        },
    }
    configuration.update(changes)
    turns = {"transpose_forward": [0, 1, 2], "transpose_backward": [0, 1, 2]}
    return {"configurations": {"3d_fullres": configuration}, **turns}


def write_model(folder, names=NAMES, plan=None, channels=None, folds=("fold_0",), **dataset):
    model = folder / MODEL
    model.mkdir(parents=True)
    labels = {"background": 0, **{name: number for number, name in enumerate(names, start=1)}}
    content = {"channel_names": channels or {"0": "T2w"}, "labels": labels, **dataset}
    (model / "dataset.json").write_text(json.dumps(content))
    (model / "plans.json").write_text(json.dumps(plan or plans()))
    for fold in folds:
        (model / fold).mkdir()
        (model / fold / "checkpoint_final.pth").write_bytes(b"weights")
    return model
