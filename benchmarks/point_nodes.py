"""How long a whole spine of points takes to appear in the scene: needs slicer-core.

Usage: PYTHONPATH=SpineDigitalTwin:SpinePOI python benchmarks/point_nodes.py
"""

import sys
import time
import types

import numpy as np


def whole_spine():  # noqa: ANN201
    """Return 24 levels of 47 points."""
    from spinetwin.anatomy import POINTS, parse_levels
    from spinetwin.poi import Poi, PoiSet, Status

    rng = np.random.default_rng(1)
    levels = [each for each in parse_levels("C1-L5") if each.name != "T13"]
    points = [each.id for each in POINTS][:47]
    found = (
        Poi(level.id, point, Status.OK, tuple(rng.uniform(-99.0, 99.0, 3).tolist()), source="paper 1")
        for level in levels
        for point in points
    )
    return PoiSet.of(found)


def main() -> None:
    """Print CPU milliseconds of five rounds each."""
    import slicer

    translations = types.ModuleType("slicer.i18n")
    translations.tr = lambda text: text  # type: ignore[attr-defined]
    sys.modules["slicer.i18n"] = translations
    slicer.mrmlScene = slicer.vtkMRMLScene()
    from SpinePOILib import pointnodes

    pois = whole_spine()
    print(f"{len(pois)} points of {len(pois.levels)} levels, CPU milliseconds")
    for name, work in (
        ("appear", lambda: pointnodes.show(pois)),
        ("are renewed", lambda: pointnodes.show(pois)),
        ("are read", pointnodes.readAll),
    ):
        times = []
        for _ in range(5):
            if name == "appear":
                pointnodes.remove()
            start = time.process_time()
            work()
            times.append(1e3 * (time.process_time() - start))
        print(f"{name:12s} {' '.join(f'{each:6.1f}' for each in times)}")


if __name__ == "__main__":
    main()
