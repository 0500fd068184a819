"""How good the landmarks must be: fewer of them, worse clicks, and starts that are off; prints a table.

Films are those of `xray_sweep.py` at a Cobb angle of 20 degrees, with marrow, soft tissue and noise, and the second camera half
a degree and one per cent from where the fit is told. A level is good where the mean distance from the true surface is below
0.5 mm; what counts most is the last column, the share of levels that are not good (above 0.8 mm) and not flagged either.
Run ``python benchmarks/xray_clicks.py [--people N]``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from spinetwin.jobs.standing_models import kept_model
from spinetwin.phantom import Spine
from spinetwin.xray.films import Film
from spinetwin.xray.fit import start_poses
from spinetwin.xray.landmarks import LANDMARKS, Landmarks
from spinetwin.xray.restarts import fit_from_best
from spinetwin.xray.synthetic import clicked_landmarks, usual_cameras
from spinetwin.xray.trust import agreements
from xray import HARD, Case, errors_of, films_for, off_by
from xray_sweep import person

FOUR = ("superior_endplate", "inferior_endplate", "pedicle_right", "spinous")
GOOD_MM, WRONG_MM = 0.5, 0.8
COBB = 20.0


@dataclass(frozen=True)
class Clicks:
    """Which landmarks were clicked, how well (mm), and by how much the starts are off (mm, degrees)."""

    name: str
    which: Sequence[str] = LANDMARKS
    click_mm: float = 1.0
    off: tuple[float, float] = (0.0, 0.0)


ROWS = (
    Clicks("7 landmarks, 2 mm", click_mm=2.0),
    Clicks("7 landmarks, 4 mm", click_mm=4.0),
    Clicks("4 landmarks, 2 mm", FOUR, 2.0),
    Clicks("4 landmarks, 4 mm", FOUR, 4.0),
    Clicks("7, 1 mm, start off by 5 mm, 8 degrees", off=(5.0, 8.0)),
    Clicks("7, 1 mm, start off by 10 mm, 15 degrees", off=(10.0, 15.0)),
)


@dataclass(frozen=True)
class Result:
    """Mean and largest distance (levels,), which levels are flagged (levels,), error of the Cobb angle and CPU seconds."""

    mean: np.ndarray
    largest: np.ndarray
    flagged: np.ndarray
    turn: np.ndarray
    cobb: float
    seconds: float


def measured(row: Clicks, spine: Spine, films: Sequence[Film], rng: np.random.Generator) -> Result:
    """Reconstruct one person from such clicks."""
    marks = clicked_landmarks(spine, usual_cameras(), rng, row.click_mm)
    marks = Landmarks({key: pixel for key, pixel in marks.seen.items() if key[1] in row.which}, marks.source)
    starts = start_poses(films, marks, [kept_model(key) for key in spine.shapes])
    starts = off_by(starts, *row.off, rng) if any(row.off) else starts
    begun = time.process_time()
    found = fit_from_best(films, starts, marks, calibrate=True, rng=rng)
    took = time.process_time() - begun
    errors = errors_of(spine, replace(found, starts=starts))
    flagged = np.array([bool(each.reasons) for each in agreements(found, films, marks)])
    return Result(errors.mean, errors.hausdorff, flagged, errors.turn, errors.cobb, took)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=3)
    asked = parser.parse_args()
    people = []
    for number in range(asked.people):
        rng = np.random.default_rng([int(COBB), number])
        spine = person(COBB, rng)
        people.append((spine, films_for(Case("", spine, HARD, 0.5, 1.01), rng)[0]))
    print(f"{'landmarks':40s}  mean / largest   Cobb  axial   good  flagged  wrong, trusted CPU-s")
    for row in ROWS:
        results = [measured(row, *each, np.random.default_rng([7, place])) for place, each in enumerate(people)]
        mean, largest, turn, flagged = (
            np.concatenate([getattr(each, name) for each in results]) for name in ("mean", "largest", "turn", "flagged")
        )
        wrong = (mean > WRONG_MM) & ~flagged
        print(
            f"{row.name:40s} {mean.mean():7.2f} / {largest.mean():4.1f} {np.mean([each.cobb for each in results]):7.2f} "
            f"{turn.mean():6.2f} {(mean < GOOD_MM).mean():6.0%} {flagged.mean():8.0%} {wrong.mean():15.0%} "
            f"{np.mean([each.seconds for each in results]):5.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
