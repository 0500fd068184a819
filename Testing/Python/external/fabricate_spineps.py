"""Make folders of weights as SPINEPS reads them, with made-up numbers in them: ``python fabricate_spineps.py DIR``.

Run by the Python of the environment, for it needs torch, nnU-Net and SPINEPS itself. The networks are as small as the formats
allow. For the first phase there is one of random numbers, which finds nothing, and one that takes each voxel for the subregion
whose code is nearest to its value. For the second phase there is one of random numbers, too, and one that takes all of a cutout
for the vertebra in its centre; its cutouts are as high as a lumbar vertebra.
"""

import sys
from pathlib import Path

import torch
from fabricate_nnunet import network, plans, reading_codes, write, write_model
from spineps.architectures.pl_unet import PLNet

SPACING = [2.0, 2.0, 4.0]
CODES = {500: 41, 1000: 100, 1500: 49}
"""Subregion by value, where SPINEPS has brought the brightest voxel to 1500."""
SUBREGIONS = (41, 42, 43, 44, 45, 46, 47, 48, 49, 60, 61, 62, 100, 26)


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


def semantic(folder, net, *, norm):
    labels = {str(number): str(value) for number, value in enumerate(SUBREGIONS, start=1)}
    write(folder / "inference_config.json", inference_config("T2w", ["T2w"], "nnunet", labels, "img"))
    write_model(folder, net, plans(SPACING[::-1], [16, 64, 64], 1, norm=norm), 1, [f"s{value}" for value in SUBREGIONS])


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
    classes = len(SUBREGIONS) + 1
    semantic(target / "semantic", network(1, classes, norm=True), norm=True)
    instance(target / "random", PLNet())
    instance(target / "centre", all_centre())
    # last, since what is made before it draws from the same random numbers as ever
    class_of_code = {code: SUBREGIONS.index(value) + 1 for code, value in CODES.items()}
    semantic(target / "reading", reading_codes(1, classes, class_of_code, scale=1e-3), norm=False)
