"""Plans of U-Nets for tests, and a grid to lay them over."""

import numpy as np
from model_folders import plans
from spinetwin.geometry import Grid

GRID = Grid((512, 512, 16), np.array([[0, 0, 4.0, 0], [-0.6, 0, 0, 0], [0, -0.6, 0, 0], [0, 0, 0, 1.0]]))


def unet(widths=(2, 4), patch=(8, 8, 8), kernel=3, **changes):
    """Return the plan of a U-Net that halves its voxels from stage to stage."""
    settings = {
        "n_stages": len(widths),
        "features_per_stage": list(widths),
        "kernel_sizes": [[kernel] * 3] * len(widths),
        "strides": [[1, 1, 1], *[[2, 2, 2]] * (len(widths) - 1)],
        "n_conv_per_stage": [1] * len(widths),
        "n_conv_per_stage_decoder": [1] * (len(widths) - 1),
        **changes,
    }
    architecture = {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": settings,
        "_kw_requires_import": [],
    }
    return plans(architecture=architecture, patch_size=list(patch), spacing=[3.3, 0.75, 0.8])


PUBLISHED = {
    "widths": (32, 64, 128, 256, 320, 320),
    "patch": (16, 256, 256),
    "kernel_sizes": [[1, 3, 3], *[[3, 3, 3]] * 5],
    "strides": [[1, 1, 1], [1, 2, 2], [2, 2, 2], [2, 2, 2], [1, 2, 2], [1, 2, 2]],
    "n_conv_per_stage": [2] * 6,
    "n_conv_per_stage_decoder": [2] * 5,
}
"""Arguments of `unet` for 30.4 million weights in six stages."""
