"""How much people differ in what `realism_measure` measures: in the sums of columns of whose spread nobody has published.

Persons are drawn from the phantom's table with its published spread, voxelised and measured like everybody else; printed is the
standard deviation against the mean, as the median of the levels. ``DRAWN`` of `realism_sd` has what it printed.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from realism_axes import bones
from realism_data import masks_of
from realism_measure import dimensions_of
from spinetwin.phantom import Spacing, SpineParameters, make_spine

PERSONS = 24
SEED = 20260101


def main() -> None:
    """Draw and measure the persons, and print the table."""
    found: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    rng = np.random.default_rng(SEED)
    for _ in range(PERSONS):
        spine = make_spine(SpineParameters(levels="C1-L5"), rng)
        for key, bone in bones(masks_of(spine, Spacing(1.5, 1.5, 1.5))).items():
            for name, value in dimensions_of(bone).items():
                found[name][key].append(value)
    print("| dimension | SD, % |\n|---|---|")
    for name, levels in found.items():
        relative = [np.std(values, ddof=1) / abs(np.mean(values)) for values in levels.values()]
        print(f"| {name} | {100 * np.median(relative):.1f} |")


if __name__ == "__main__":
    main()
