"""Make folders of weights as TotalSpineSeg reads them: ``python fabricate_totalspineseg.py DIR``.

The numbers in them are set by hand: the networks pass the first channel on and take each voxel for the class whose code is
nearest to its value. With an image that holds these codes, everything but the numbers in the weights is exercised.

Codes: 0 nothing, 1 and 2 every other vertebra, 3 a disc, 4 the disc above the sacrum, 5 the sacrum, 6 the canal, 7 the cord.
"""

import sys
from pathlib import Path

from fabricate_nnunet import plans, reading_codes, write_model

STEP_1 = {3: 1, 4: 5, 5: 6, 6: 8, 7: 9}
STEP_2 = {0: 0, 1: 7, 2: 8, 3: 1, 4: 5, 5: 9, 6: 10, 7: 11}
"""Class by code, in the numbering of each step."""


def step(folder, net, channels, classes):
    plan = plans([1.0, 1.0, 1.0], [48, 64, 64], channels, norm=False)
    write_model(folder / "nnUNetTrainer__nnUNetPlans__3d_fullres", net, plan, channels, [f"c{n}" for n in range(1, classes)])


if __name__ == "__main__":
    target = Path(sys.argv[1])
    # in the first step, vertebrae are background
    step(target / "step1", reading_codes(1, 10, STEP_1, background=2), 1, 10)
    step(target / "step2", reading_codes(2, 12, STEP_2, background=0), 2, 12)
    step(target / "blind1", reading_codes(1, 10, {}, background=0), 1, 10)
