"""`spinetwin evaluate` beside panoptica: the same numbers, and the CPU seconds of both.

    python benchmarks/evaluation.py

panoptica (Apache-2.0) is what the authors of SPINEPS measure instances with. It is no dependency: panoptica 2.1.7 asks for a
numpy below 2.3, which that of Slicer is not, and brings pandas, plotly and scikit-image. Where it is absent, so is its line.
"""

from __future__ import annotations

import time

import numpy as np
from spinetwin.anatomy import level
from spinetwin.geometry import PartialMaps
from spinetwin.phantom import Spacing, SpineParameters, make_spine
from spinetwin.segmentation.evaluation import score_case

PRESACRAL = range(1, level("S1").id)


def maps() -> tuple[PartialMaps, PartialMaps]:
    """Return a whole spine, and one that is shifted, lacks C5, calls T2 T3, and has a stray box."""
    spine = make_spine(SpineParameters(), np.random.default_rng(5))
    grid = spine.grid(Spacing(1.0, 1.25, 0.8))
    vertebrae = spine.voxelise(grid).vertebrae
    reference = np.where(np.isin(vertebrae, PRESACRAL), vertebrae, 0).astype(np.uint8)
    prediction = np.roll(reference, (1, 0, 1), (0, 1, 2))
    prediction[prediction == level("C5").id] = 0
    prediction[prediction == level("T2").id] = level("T3").id
    prediction[5:15, 5:15, 5:15] = level("L6").id
    return PartialMaps(grid, None, prediction), PartialMaps(grid, None, reference)


def by_panoptica(prediction: PartialMaps, reference: PartialMaps) -> tuple[dict[str, float], float] | None:
    """Measure the same with panoptica, where it is installed."""
    try:
        from panoptica import InputType, NaiveThresholdMatching, Panoptica_Evaluator
        from panoptica.metrics import Metric
    except ImportError:
        return None
    begun = time.process_time()
    evaluator = Panoptica_Evaluator(
        expected_input=InputType.UNMATCHED_INSTANCE,
        instance_matcher=NaiveThresholdMatching(matching_threshold=0.5),
        instance_metrics=[Metric.DSC, Metric.IOU, Metric.ASSD],
    )
    arrays = [each.vertebrae.astype(np.uint16) for each in (prediction, reference)]
    found = evaluator.evaluate(*arrays, voxelspacing=tuple(reference.grid.spacing))["ungrouped"]
    names = {"rq": "rq", "sq": "sq", "pq": "pq", "dice": "sq_dsc", "assd": "sq_assd"}
    return {ours: float(getattr(found, theirs)) for ours, theirs in names.items()}, time.process_time() - begun


def main() -> None:
    """Print both."""
    prediction, reference = maps()
    begun = time.process_time()
    case = score_case("", prediction, reference)
    seconds = time.process_time() - begun
    ours = next(each for each in case.instances if each.family == "vertebra" and not each.region)
    names = ("rq", "sq", "pq", "dice", "assd")
    print(f"{'':12s}" + "".join(f"{name:>9s}" for name in (*names, "CPU s")))
    print(f"{'spinetwin':12s}" + "".join(f"{getattr(ours, name):9.5f}" for name in names) + f"{seconds:9.2f}")
    theirs = by_panoptica(prediction, reference)
    if theirs:
        print(f"{'panoptica':12s}" + "".join(f"{theirs[0][name]:9.5f}" for name in names) + f"{theirs[1]:9.2f}")


if __name__ == "__main__":
    main()
