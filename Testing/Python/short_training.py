"""A short training for tests, for the Python that has torch and nnU-Net: the place from which it finds modules of its own."""

from pathlib import Path

SHORT_TRAINER = """
import json, os
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import torch
from fabricated_models import BAND_MM, by_hand, last_layer_for
from nnunetv2.training.nnUNetTrainer.variants import data_augmentation

spec = spec_from_file_location("longer", Path(data_augmentation.__path__[0]) / "nnUNetTrainerNoMirroring.py")
longer = module_from_spec(spec)
spec.loader.exec_module(longer)

os.environ["nnUNet_n_proc_DA"] = "0"  # no processes for the augmentation


class nnUNetTrainerNoMirroring(longer.nnUNetTrainerNoMirroring):
    def __init__(self, plans, configuration, fold, dataset_json, device):
        planned = plans["configurations"][configuration]
        self.second = planned["normalization_schemes"] == ["NoNormalization"]
        planned["patch_size"] = planned["patch_size"] if self.second else [16, 32, 32]
        # the second network sees the whole height of a cutout at once: so it can tell above from below
        below = [1, planned["patch_size"][1], 1] if self.second else [2, 2, 2]
        planned["architecture"]["arch_kwargs"] |= {
            "n_stages": 2,
            "features_per_stage": [2, 2],
            "kernel_sizes": [[1, 1, 1], [1, 1, 1]],
            "strides": [[1, 1, 1], below],
            "n_conv_per_stage": [1, 1],
            "n_conv_per_stage_decoder": [1],
            "norm_op": None,
            "norm_op_kwargs": {},
        }
        super().__init__(plans, configuration, fold, dataset_json, device)
        self.num_epochs, self.num_iterations_per_epoch, self.num_val_iterations_per_epoch, self.save_every = 2, 1, 1, 1
        # of two stages one tells its result, and nnU-Net takes the last of several out of the loss
        self.initial_lr, self.enable_deep_supervision = 1e-4, False
        self.logger.plot_progress_png = lambda _: None

    def initialize(self):
        super().initialize()
        with torch.no_grad():
            (self.begin_with_bands if self.second else self.begin_with_nearest_grey)(self.network.state_dict())

    def begin_with_nearest_grey(self, state):
        names, _ = self.do_split()
        data, labels, *_ = self.dataset_class(self.preprocessed_dataset_folder, names[:1]).load_case(names[0])
        by_hand(state, *last_layer_for(np.asarray(data[0]), np.asarray(labels[0])))

    def begin_with_bands(self, state):
        height, spacing = self.configuration_manager.patch_size[1], self.configuration_manager.spacing[1]
        band = np.round((np.arange(height) - height // 2) * spacing / BAND_MM) + 2
        codes = torch.arange(4.0)
        # a module has several names that share its tensors
        for value in state.values():
            value.zero_()
        for name, value in state.items():
            if name.endswith("encoder.stages.1.0.convs.0.conv.bias"):
                value[0] = 1.0
            if name.endswith("transpconvs.0.weight"):
                value[0, 0, 0, :, 0] = torch.tensor(np.where((band >= 1) & (band <= 3), band, 0))
            if name.endswith("decoder.stages.0.convs.0.conv.weight"):
                value[0, 0] = 1.0
            if "seg_layers" in name and name.endswith("weight"):
                value[:, 0, 0, 0, 0] = 2.0 * codes
            if "seg_layers" in name and name.endswith("bias"):
                value[:] = -(codes**2)

    def on_epoch_start(self):
        if os.environ.get("STOPPED_IN") == f"{self.fold}, {self.current_epoch}":
            os._exit(9)
        super().on_epoch_start()
        with (Path(self.output_folder) / "epochs.txt").open("a") as file:
            file.write(f"{self.current_epoch} ")

    def perform_actual_validation(self, save_probabilities=False):
        folder = Path(self.output_folder) / "validation"
        folder.mkdir(exist_ok=True)
        (folder / "summary.json").write_text(json.dumps({}))
"""
"""nnU-Net's own trainer for two epochs of one step, without validation; it dies where it is told to.

Its networks begin with weights that are right already, since learning takes days: the first sees the label whose grey value is
the nearest, the second bands across the spine.
"""

FOUND_FIRST = """
import multiprocessing, sys
from importlib.util import spec_from_file_location
from pathlib import Path

REPLACED = "nnunetv2.training.nnUNetTrainer.variants.data_augmentation.nnUNetTrainerNoMirroring"

class Finder:
    @staticmethod
    def find_spec(name, *_):
        return spec_from_file_location(name, Path(__file__).with_name("short_trainer.py")) if name == REPLACED else None

sys.meta_path.insert(0, Finder)

get_context = multiprocessing.get_context
if "fork" in multiprocessing.get_all_start_methods():
    multiprocessing.get_context = lambda method=None: get_context("fork" if method == "spawn" else method)
"""
"""Lets nnU-Net find it in the place of its own trainer of that name, and begin the processes of its pools as copies of itself:
they read a case or two, and to load torch anew would take each of them longer than that."""


def write_short_trainer(folder):
    """Write it; returns the folders where a Python finds it."""
    (folder / "short_trainer.py").write_text(SHORT_TRAINER)
    (folder / "sitecustomize.py").write_text(FOUND_FIRST)
    return [folder, Path(__file__).parent]
