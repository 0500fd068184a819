"""What panoptica says of pairs of instance maps; run by a Python that has it, which need not have spinetwin.

    python benchmarks/panoptica_scores.py PAIRS.npz > SCORES.json

PAIRS.npz holds `prediction_0`, `reference_0`, `spacing_0` (mm) and so on; SCORES.json a list in their order, with the CPU
seconds of each. All labels of a map are instances of one family. A match needs an intersection over union above one half, not
one half itself, as in Kirillov et al. (2019).
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

THEIR_NAMES = {"matched": "tp", "invented": "fp", "missed": "fn"} | {
    "rq": "rq",
    "sq": "sq",
    "pq": "pq",
    "dice": "sq_dsc",
    "assd": "sq_assd",
}
"""What our numbers are called there."""


def main() -> None:
    """Measure each pair."""
    pairs = np.load(Path(sys.argv[1]))
    # panoptica thanks people on standard output
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        found = [_scores(*(pairs[f"{part}_{at}"] for part in ("prediction", "reference", "spacing"))) for at in _numbers(pairs)]
    print(json.dumps(found))


def _numbers(pairs: np.lib.npyio.NpzFile) -> range:
    return range(sum(name.startswith("spacing_") for name in pairs.files))


def _scores(prediction: np.ndarray, reference: np.ndarray, spacing: np.ndarray) -> dict[str, float]:
    from panoptica import InputType, NaiveThresholdMatching, Panoptica_Evaluator
    from panoptica.metrics import Metric

    evaluator = Panoptica_Evaluator(
        expected_input=InputType.UNMATCHED_INSTANCE,
        instance_matcher=NaiveThresholdMatching(matching_threshold=0.5, strict_threshold=True),
        instance_metrics=[Metric.DSC, Metric.IOU, Metric.ASSD],
    )
    begun = time.process_time()
    found = evaluator.evaluate(prediction.astype(np.uint16), reference.astype(np.uint16), voxelspacing=tuple(spacing.tolist()))
    seconds = time.process_time() - begun
    return {ours: float(getattr(found["ungrouped"], theirs)) for ours, theirs in THEIR_NAMES.items()} | {"seconds": seconds}


if __name__ == "__main__":
    main()
