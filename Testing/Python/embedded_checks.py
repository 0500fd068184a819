"""What only torch can show of the training of the embedded network: ``python embedded_checks.py NAME FOLDER`` fails where not.

The recipe is that of the package, but everything in it is small: voxels of 4 mm, few channels, pairs of three lumbar vertebrae.
"""

import csv
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np


def _small(*names):
    """Let the training and its export know small stages alone."""
    from embedded import export, recipe, train
    from spinetwin.phantom import Spacing

    few = {"patch": (32, 48, 16), "widths": (8, 16), "ring": 2, "reuse": 100.0, "held_out": 1, "steps": 4, "batch": 2}
    pair = {"shape": (48, 64, 32), "first": "L2", "last": "L4", "wander": (10.0, 20.0, 10.0), "strange": 0.0}
    spacing = {"coarse": Spacing(4.0, 4.0, 4.0), "fine": Spacing(2.0, 4.0, 4.0)}
    stages = tuple(
        replace(stage, **few, pairs=(replace(stage.pairs[0], **pair, spacing=spacing[stage.name]),))
        for stage in recipe.STAGES
        if stage.name in names
    )
    train.STAGES = export.STAGES = stages
    train.LOOK_EVERY = 2
    return train, export, stages


def _made_up(recipe, number):
    """Return a pair that takes no time to make."""
    rng = np.random.default_rng([recipe.seed, number])
    channels = rng.integers(len(recipe.widths) + 1, size=recipe.patch, dtype=np.uint8)
    return (0.3 * channels + rng.normal(0.0, 0.1, recipe.patch)).clip(0, 1).astype(np.float32), channels


def _run(module, *arguments):
    sys.argv = [module.__name__, *map(str, arguments)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of the way it exports
        module.main()


def _train(train, folder):
    _run(train, "--out", folder, "--device", "cpu", "--no-short", "--workers", 1, "--threads", 1)


def _log(folder):
    with (folder / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def what_is_trained_is_what_the_backend_runs(folder):
    import torch
    from common.checkpoint import read_kept
    from spinetwin.geometry import Grid
    from spinetwin.segmentation.backends import EmbeddedBackend, Request, Stages
    from spinetwin.segmentation.embedded.network import read_description, segment
    from spinetwin.segmentation.embedded.runtime import RuntimeHere

    train, export, stages = _small("coarse", "fine")
    _train(train, folder)
    logs = [_log(folder / stage.name) for stage in stages]
    for log in logs:
        assert [row["step"] for row in log] == ["2", "4"]
        assert set(log[0]) == {"stage", "step", "loss", *(f"dice_{label}" for label in train.LABELS if label)}
    # each stage goes on from the one before
    losses = [float(row["loss"]) for log in logs for row in log]
    assert losses == sorted(losses, reverse=True)
    _run(export, folder, "--out", folder / "model")
    description = read_description(folder / "model")
    assert (description.labels, description.spacing, description.window) == (train.LABELS, (4.0, 4.0, 4.0), stages[-1].patch)
    assert description.trained.endswith("coarse: 4 of 4 steps, seed 7; fine: 4 of 4 steps, seed 8")

    image, _ = train.pair(stages[-1], train.HELD_OUT)
    # posterior, inferior, right
    grid = Grid(image.shape, np.array([[0, 0, 4.0, 0], [-4.0, 0, 0, 0], [0, -4.0, 0, 0], [0, 0, 0, 1]]))
    available = EmbeddedBackend(folder / "model").available(Request(lambda: image, grid))
    assert available.ready, available.reason
    found = RuntimeHere().subregions(image, grid, folder / "model", lambda *_: None, Stages(None)).labels

    network = train.spine_net(stages[-1])
    read_kept(folder / "fine", network)
    network.eval()

    @torch.no_grad()
    def run(window):
        return network(torch.from_numpy(window[None, None].copy()))[0].numpy()

    expected = segment(image, grid, run, description)
    assert len(np.unique(expected)) > 3
    assert (found == expected).mean() > 0.999


def a_training_that_was_stopped_goes_on_as_if_it_had_not_been(folder):
    import torch
    from embedded import pairs

    train, _, _ = _small("fine")
    pairs.pair = train.pair = _made_up
    _train(train, folder / "straight")
    taken = train.Training.take

    def stopped(training, batch):
        if training.step == 3:
            raise KeyboardInterrupt
        return taken(training, batch)

    train.Training.take = stopped
    try:
        _train(train, folder / "stopped")
    except KeyboardInterrupt:
        train.Training.take = taken
    assert train.Training.take is taken, "it was stopped"
    _train(train, folder / "stopped")

    straight, again = (folder / name / "fine" for name in ("straight", "stopped"))
    states = [torch.load(each / "training.pt", weights_only=True) for each in (straight, again)]
    assert states[0]["step"] == states[1]["step"] == 4
    for name in ("network", "kept"):
        assert all(torch.equal(states[0][name][key], states[1][name][key]) for key in states[0][name])
    dice = [[[value for name, value in row.items() if name != "loss"] for row in _log(each)] for each in (straight, again)]
    assert dice[0] == dice[1]
    assert not list(again.glob("*.part"))


CHECKS = {
    each.__name__: each
    for each in (what_is_trained_is_what_the_backend_runs, a_training_that_was_stopped_goes_on_as_if_it_had_not_been)
}

if __name__ == "__main__":
    CHECKS[sys.argv[1]](Path(sys.argv[2]))
