"""Train one fold: nnU-Net's own command, which here finds its trainer without importing all the others.

nnU-Net 2.8.1 imports one trainer after the other until one has the name, and some of them want torchvision: the environment of
the backends does not have it, and the one that pip brings does not load beside a torch for the CPU.
"""

from __future__ import annotations

from nnunetv2.run import run_training
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from spinetwin.segmentation.two_phase.nnunet import trainer_named

_AS_NNUNET_DOES = run_training.recursive_find_trainer_class_by_name


def trainer_or_external(name: str) -> type[nnUNetTrainer]:
    """Return the trainer of this name: one of nnU-Net's own, or one from the folders of `nnUNet_extTrainer`."""
    return trainer_named(name) or _AS_NNUNET_DOES(name)


if __name__ == "__main__":
    run_training.recursive_find_trainer_class_by_name = trainer_or_external
    run_training.run_training_entry()
