"""An nnU-Net v2 model as a function, run by nnU-Net's own predictor: folds averaged, never mirrored."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...errors import ParameterError, ReadError
from ...geometry import FloatArray, IntArray
from .checkpoint import Checkpoint, read_checkpoint
from .devices import device_of, memory_in_words

if TYPE_CHECKING:
    from .model_folder import ModelFolder

Fraction = Callable[[float], None]


def open_model(folder: ModelFolder, device: str) -> NnUNet:
    """Load the folds of a model.

    Parameters
    ----------
    folder : ModelFolder
    device : str
        auto, cpu, cuda:0 or mps.

    Raises
    ------
    ReadError
        If weights are damaged, or do not fit to the plan.
    ParameterError
        If there is no such device, or nnU-Net does not know the trainer.
    """
    place = device_of(device)
    folds = [read_checkpoint(path) for path in folder.checkpoints]
    with memory_in_words(f"the model in {folder.path}"):
        return NnUNet(_predictor(folder, folds, place), folder)


class NnUNet:
    """A loaded model.

    Parameters
    ----------
    predictor : nnunetv2.inference.predict_from_raw_data.nnUNetPredictor
    folder : ModelFolder
    """

    def __init__(self, predictor: Any, folder: ModelFolder) -> None:
        self._predictor = predictor
        self._folder = folder

    def labels(self, image: npt.NDArray[np.float32], spacing: FloatArray, progress: Fraction) -> IntArray:
        """Return the label of every voxel of an image.

        Parameters
        ----------
        image : (i, j, k) array
            In the orientation of training.
        spacing : (3,) array
            Along i, j, k, mm.
        progress : callable
            Takes the fraction of windows done, over all folds.
        """
        with memory_in_words("the network and this image"):
            return self._labels(image, spacing, progress)

    def _labels(self, image: npt.NDArray[np.float32], spacing: FloatArray, progress: Fraction) -> IntArray:
        import torch
        from nnunetv2.inference.export_prediction import convert_predicted_logits_to_segmentation_with_correct_shape

        predictor = self._predictor
        plan, plans = predictor.configuration_manager, predictor.plans_manager
        # nnU-Net reads files by SimpleITK, whose arrays have k, j, i
        properties: dict[str, Any] = {"spacing": [float(each) for each in spacing[::-1]]}
        data, _, properties = plan.preprocessor_class(verbose=False).run_case_npy(
            np.ascontiguousarray(image.T)[None], None, properties, plans, plan, self._folder.dataset
        )
        found = convert_predicted_logits_to_segmentation_with_correct_shape(
            self._scores(data, progress),
            plans,
            plan,
            predictor.label_manager,
            properties,
            num_threads_torch=torch.get_num_threads(),
        )
        return np.asarray(found).T

    def label_file(self, channels: Sequence[Path], target: Path, progress: Fraction) -> None:
        """Write the label of every voxel of an image, both as nnU-Net's own commands read and write them.

        They do this in pools of processes; here it is done in this one.

        Parameters
        ----------
        channels : sequence of Path
            A file for each channel, on one grid.
        target : Path
            The file to write; its folder exists.
        progress : callable
            Takes the fraction of windows done, over all folds.
        """
        with memory_in_words("the network and this image"):
            self._label_file([str(each) for each in channels], target, progress)

    def _label_file(self, channels: list[str], target: Path, progress: Fraction) -> None:
        import torch
        from nnunetv2.inference.export_prediction import export_prediction_from_logits

        plan, plans = self._predictor.configuration_manager, self._predictor.plans_manager
        dataset = dict(self._folder.dataset)
        data, _, properties = plan.preprocessor_class(verbose=False).run_case(channels, None, plans, plan, dataset)
        export_prediction_from_logits(
            self._scores(data, progress),
            properties,
            plan,
            plans,
            dataset,
            str(target).removesuffix(str(dataset["file_ending"])),
            num_threads_torch=torch.get_num_threads(),
        )

    def _scores(self, data: npt.NDArray[Any], progress: Fraction) -> Any:
        """Return the scores of all labels for channels that nnU-Net has prepared."""
        import torch

        with _Counted(self._predictor, data.shape[1:], progress):
            return self._predictor.predict_logits_from_preprocessed_data(torch.from_numpy(data)).cpu()


def _predictor(folder: ModelFolder, folds: list[Checkpoint], device: Any) -> Any:
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
    from nnunetv2.utilities.label_handling.label_handling import determine_num_input_channels
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

    first = folds[0]
    if any(each.configuration != folder.configuration or each.trainer != first.trainer for each in folds):
        raise ReadError(
            f"The folds of {folder.path} were not trained alike: its plan is {folder.configuration}, and they are "
            f"{', '.join(sorted({each.configuration for each in folds}))}.",
            "Keep the folds of one training.",
        )
    plans = PlansManager(dict(folder.plans))
    plan = plans.get_configuration(folder.configuration)
    trainer = trainer_named(first.trainer) if first.trainer.isidentifier() else None
    if trainer is None:
        raise ParameterError(
            f"{folder.path} was trained by {first.trainer!r}, which this nnU-Net does not know.",
            "Train with one of its own trainers.",
        )
    dataset = dict(folder.dataset)
    network = trainer.build_network_architecture(
        plans,
        plan,
        determine_num_input_channels(plans, plan, dataset),
        plans.get_label_manager(dataset).num_segmentation_heads,
        enable_deep_supervision=False,
    )
    for fold, path in zip(folds, folder.checkpoints, strict=True):
        try:
            network.load_state_dict(dict(fold.weights))
        except RuntimeError as error:
            raise ReadError(
                f"The weights in {path} do not fit to the plan and the labels of {folder.path}.",
                "Keep the files of one training.",
            ) from error
    predictor = nnUNetPredictor(
        use_mirroring=False, perform_everything_on_device=device.type == "cuda", device=device, allow_tqdm=False
    )
    weights = [dict(each.weights) for each in folds]
    predictor.manual_initialization(network, plans, plan, weights, dataset, first.trainer, None)
    return predictor


def trainer_named(name: str) -> Any | None:
    """Return nnU-Net's own trainer of this name, or None.

    nnU-Net itself looks for it by importing one trainer after the other, and some of them want torchvision, which is not there.
    """
    from nnunetv2.training import nnUNetTrainer as trainers

    root = Path(trainers.__path__[0])
    for file in sorted(root.rglob("*.py")):
        if re.search(rf"^class {name}\b", file.read_text(encoding="utf-8"), re.MULTILINE):
            parts = file.relative_to(root).with_suffix("").parts
            return getattr(import_module(".".join((trainers.__name__, *parts))), name)
    return None


class _Counted:
    """Tells the fraction of windows done while the network is called."""

    def __init__(self, predictor: Any, shape: tuple[int, ...], progress: Fraction) -> None:
        from nnunetv2.inference.sliding_window_prediction import compute_steps_for_sliding_window

        patch = predictor.configuration_manager.patch_size
        padded = [max(size, wide) for size, wide in zip(shape, patch, strict=True)]
        steps = compute_steps_for_sliding_window(tuple(padded), tuple(patch), predictor.tile_step_size)
        self._total = len(predictor.list_of_parameters) * int(np.prod([len(each) for each in steps]))
        self._network, self._progress, self._done = predictor.network, progress, 0

    def __enter__(self) -> None:
        self._hook = self._network.register_forward_hook(self._count)

    def __exit__(self, *_: object) -> None:
        self._hook.remove()

    def _count(self, *_: object) -> None:
        self._done += 1
        self._progress(min(1.0, self._done / self._total))
