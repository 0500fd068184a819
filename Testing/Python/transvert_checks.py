"""What only torch can show of TransVert: ``python transvert_checks.py NAME FOLDER`` fails where it does not hold.

It is run by a Python that has torch, which need not have what renders the films: samples are made up.
"""

import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np


def _network(**changed):
    import torch
    from radiographs.transvert.recipe import SHAPES
    from radiographs.transvert.train import network_of

    torch.manual_seed(1)
    return network_of(replace(SHAPES, **changed)).eval()


def it_is_small_and_fills_a_block(_):
    import torch

    network = _network()
    assert sum(each.numel() for each in network.parameters()) < 3_000_000
    with torch.no_grad():
        assert network(torch.zeros(2, 3, 64, 64), torch.zeros(2, 3, 64, 64)).shape == (2, 1, 64, 64, 64)


def a_pixel_changes_what_lies_behind_it_most(_):
    """The first axis of a frontal patch is that of the volume, the first of a lateral one is its second."""
    import torch

    shown = [torch.randn(1, 3, 64, 64, requires_grad=True) for _ in range(2)]
    i, j, k = 20, 41, 10
    _network()(*shown)[0, 0, i, j, k].backward()
    for each, place in zip(shown, ((i, k), (j, k)), strict=True):
        slope = each.grad[0, 0].abs().numpy()
        near = slope[max(place[0] - 4, 0) : place[0] + 5, max(place[1] - 4, 0) : place[1] + 5]
        assert near.mean() > 4 * slope.mean()


def the_exported_file_says_what_it_says(folder):
    import torch
    from radiographs.transvert.export import export
    from spinetwin.networks import open_onnx

    network, weights, shown = _network(), folder / "transvert.onnx", torch.randn(2, 3, 64, 64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of the way it exports
        export(network, weights)
    assert weights.stat().st_size < 6e6
    with torch.no_grad():
        expected = network(shown[:1], shown[1:])[0, 0].numpy()
    frontal, lateral = shown[:, None].numpy()
    found = open_onnx(weights).run(None, {"frontal": frontal, "lateral": lateral})[0][0, 0]
    assert np.abs(found - expected).max() < 1e-3


def without_the_disc_it_changes_nothing(_):
    import torch
    from radiographs.transvert.recipe import ABLATIONS

    blind = _network(**ABLATIONS["no-centroid"])
    shown = torch.randn(1, 3, 64, 64)
    other = shown.clone()
    other[:, -1] += 1.0
    with torch.no_grad():
        assert torch.equal(blind(shown, shown), blind(other, other))


def a_training_that_was_stopped_goes_on_as_if_it_had_not_been(folder):
    import torch
    from radiographs.transvert.recipe import SHAPES
    from radiographs.transvert.samples import Sample
    from radiographs.transvert.train import Training

    small = replace(
        SHAPES, flat=(4, 8, 8, 8), fused=(4, 4, 4), deep=(4, 8, 8), judge=(2, 2, 2), adversary=0.1, batch=2, steps=4
    )
    torch.set_num_threads(1)
    rng = np.random.default_rng(5)
    batches = [
        [Sample(rng.random((2, 3, 64, 64), dtype=np.float32), rng.random((64, 64, 64)) < 0.1, 22) for _ in range(small.batch)]
        for _ in range(small.steps)
    ]
    straight = Training(small, folder / "straight", "cpu", short=False)
    losses = [straight.take(each) for each in batches]
    stopped = Training(small, folder / "stopped", "cpu", short=False)
    for each in batches[:2]:
        stopped.take(each)
    stopped.save()
    again = Training(small, folder / "stopped", "cpu", short=False)
    assert again.step == 2
    assert [again.take(each) for each in batches[2:]] == losses[2:]
    for a, b in zip(straight.learner.kept.parameters(), again.learner.kept.parameters(), strict=True):
        assert torch.equal(a, b)
    refused = ""
    try:
        Training(replace(small, rate=1e-5), folder / "stopped", "cpu", short=False)
    except SystemExit as error:
        refused = str(error)
    assert "trained by another recipe" in refused


CHECKS = {
    each.__name__: each
    for each in (
        it_is_small_and_fills_a_block,
        a_pixel_changes_what_lies_behind_it_most,
        the_exported_file_says_what_it_says,
        without_the_disc_it_changes_nothing,
        a_training_that_was_stopped_goes_on_as_if_it_had_not_been,
    )
}

if __name__ == "__main__":
    CHECKS[sys.argv[1]](Path(sys.argv[2]))
