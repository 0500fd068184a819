"""How long the Cobb lines need to follow one step of a dragged point on a whole spine: needs slicer-core.

Usage: PYTHONPATH=SpineDigitalTwin:SpinePOI:Testing/Python python benchmarks/cobb_lines.py
"""

import sys
import time
import types

import numpy as np

STEPS = 50
PER_LEVEL = 47


def whole_spine():  # noqa: ANN201
    """Return the points of C3 to L5 in three curves, filled up to as many points a level as the rules place."""
    from bent_points import bent_points
    from spinetwin.anatomy import POINTS
    from spinetwin.poi import Poi, PoiSet, Status

    placed = bent_points({"C3": 0.0, "T4": -12.0, "T5": -13.0, "T11": 21.0, "L4": -9.0, "L5": -8.0})
    for key in {key for key, _point in placed}:
        missing = [each.id for each in POINTS if (key, each.id) not in placed]
        have = sum(level == key for level, _point in placed)
        placed |= {(key, point): placed[key, 50] + [0.0, -40.0, 0.1 * point] for point in missing[: PER_LEVEL - have]}
    return PoiSet.of(Poi(*key, Status.OK, tuple(place.tolist()), source="paper 1") for key, place in placed.items())


def main() -> None:
    """Print CPU milliseconds of one step: a point moves, curves are found, lines and angles follow."""
    import slicer
    import slicer.util

    translations = types.ModuleType("slicer.i18n")
    translations.tr = lambda text: text  # type: ignore[attr-defined]
    sys.modules["slicer.i18n"] = translations
    slicer.mrmlScene = slicer.vtkMRMLScene()
    from SpineDigitalTwinLib.measures import lines, live, pointwatch
    from SpinePOILib import pointnodes

    pois = whole_spine()
    nodes = pointnodes.show(pois)
    watch = pointwatch.PointWatch(lambda: None)
    figures = live.figures(watch.positions())
    lines.show(figures)
    node = nodes[figures[-1].lower]
    row = pointnodes.idsOf(node).index(103)
    start = np.array(node.GetNthControlPointPosition(row))
    times = []
    for step in range(STEPS):
        begun = time.process_time()
        node.SetNthControlPointPosition(row, *np.add(start, (0.0, 0.0, 0.1 * step)))
        live.digest(watch.positions())
        lines.show(live.figures(watch.positions()))
        times.append(1e3 * (time.process_time() - begun))
    print(f"{len(pois)} points of {len(pois.levels)} levels, {len(figures)} curves, {STEPS} steps of a drag, CPU milliseconds")
    print(f"median {np.median(times):.1f}, largest {max(times):.1f}")


if __name__ == "__main__":
    main()
