"""Make folders of weights as TotalSpineSeg reads them: ``python fabricate_totalspineseg.py DIR``.

The numbers in them are set by hand: the networks pass the first channel on and take each voxel for the class whose code is
nearest to its value. With an image that holds these codes, everything but the numbers in the weights is exercised.

Codes: 0 nothing, 1 and 2 every other vertebra, 3 a disc, 4 the disc above the sacrum, 5 the sacrum, 6 the canal, 7 the cord.
"""

import sys
from pathlib import Path

import torch
from fabricate_nnunet import network, plans, write_model

NEVER = -1000.0
STEP_1 = {3: 1, 4: 5, 5: 6, 6: 8, 7: 9}
STEP_2 = {0: 0, 1: 7, 2: 8, 3: 1, 4: 5, 5: 9, 6: 10, 7: 11}
"""Class by code, in the numbering of each step."""


def reading_codes(channels, classes, class_of_code, *, background):
    """Return a network whose logits are lines over the value of a voxel, the highest at the nearest code."""
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
            head.weight[number, 0] = 2.0 * code
            head.bias[number] = -(float(code) ** 2)
    return net


def step(folder, net, channels, classes):
    plan = plans([1.0, 1.0, 1.0], [48, 64, 64], channels, norm=False)
    write_model(folder / "nnUNetTrainer__nnUNetPlans__3d_fullres", net, plan, channels, [f"c{n}" for n in range(1, classes)])


if __name__ == "__main__":
    target = Path(sys.argv[1])
    # in the first step, vertebrae are background
    step(target / "step1", reading_codes(1, 10, STEP_1, background=2), 1, 10)
    step(target / "step2", reading_codes(2, 12, STEP_2, background=0), 2, 12)
    step(target / "blind1", reading_codes(1, 10, {}, background=0), 1, 10)
