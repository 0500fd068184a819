"""The standing lumbar spine from two radiographs at curves of 10 to 60 degrees, several people each; prints a table.

Films have marrow, soft tissue and noise, the second camera stands half a degree and one per cent from where the fit is told
(`xray.HARD`). The layout is that of the paper: distance from the vertices to the true faces, mean and Hausdorff, per level.
Run ``python benchmarks/xray_sweep.py [--people N] [--cobb 10 20 ...] [--plain]``.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from spinetwin.anatomy import level
from spinetwin.jobs.standing_models import kept_model
from spinetwin.phantom import Curve, Spine, SpineParameters, make_spine
from spinetwin.xray.fit import fit, start_poses
from spinetwin.xray.trust import agreements
from xray import HARD, LEVELS, PLAIN, Case, Errors, errors_of, films_for

PUBLISHED = """\
Published of other methods, on films of people and beside other readings of them; not to be set beside these of phantoms:
  EOS, C3-C7 of 20 volunteers, two readers twice: 95 % within 1.83 mm of the mean shape; position 0.84, 1.42, 0.58 mm and
    2.53, 2.34, 3.24 degrees (Spine 2007, 32:2569, doi:10.1097/BRS.0b013e318158cba2)
  EOS, C3-L5 of 57 adolescents with scoliosis, quasi-automatic beside the clinical method: standard deviation 1 mm, axial
    rotation 3.5 degrees, less than 5 minutes of an operator (Gajny et al., Eur Spine J 2019, 28:658)
  two films, 30 patients of Cobb 22 to 70, articulated shape model beside a validated method: 0.5 mm, 1.5 degrees, axial
    rotation 3.3 degrees, 90 to 110 s (Moura et al., Med Eng Phys 2011, 33:924)"""

ANGLES = (10, 20, 30, 40, 50, 60)


def person(cobb: float, rng: np.random.Generator) -> Spine:
    """Return the lumbar spine of somebody, its middle at the origin."""
    spine = make_spine(SpineParameters(levels=LEVELS, curves=(Curve(cobb, apex="L2"),)), rng)
    return spine.transformed(np.eye(3), -np.mean([frame.origin for frame in spine.frames.values()], axis=0))


def measured(case: Case, rng: np.random.Generator) -> tuple[Errors, int, float]:
    """Return the errors of a reconstruction, how many levels are flagged, and CPU seconds."""
    films, marks = films_for(case, rng)
    starts = start_poses(films, marks, [kept_model(key) for key in case.spine.shapes])
    begun = time.process_time()
    found = fit(films, starts, marks, calibrate=True)
    took = time.process_time() - begun
    return errors_of(case.spine, found), sum(bool(each.reasons) for each in agreements(found, films, marks)), took


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=3)
    parser.add_argument("--cobb", type=float, nargs="+", default=ANGLES)
    parser.add_argument("--plain", action="store_true", help="homogeneous bone, known cameras")
    asked = parser.parse_args()
    look, azimuth, magnified = (PLAIN, 0.0, 1.0) if asked.plain else (HARD, 0.5, 1.01)
    print(f"{'Cobb':>5s}" + "".join(f"{level(key).name:>13s}" for key in ("L1", "L2", "L3", "L4", "L5")), end="")
    print(f"{'all':>13s} {'Cobb err':>9s} {'axial mean/max':>15s} {'flagged':>8s} {'CPU-s':>6s}")
    everything = []
    for cobb in asked.cobb:
        for number in range(asked.people):
            rng = np.random.default_rng([int(cobb), number])
            errors, flagged, took = measured(Case("", person(cobb, rng), look, azimuth, magnified), rng)
            everything.append(errors)
            cells = [f"{a:.2f} / {b:.1f}" for a, b in zip(errors.mean, errors.hausdorff, strict=True)]
            cells.append(f"{errors.mean.mean():.2f} / {errors.hausdorff.mean():.1f}")
            turn = f"{errors.turn.mean():.2f} / {errors.turn.max():.2f}"
            row = "".join(f"{cell:>13s}" for cell in cells)
            print(f"{cobb:5.0f}{row} {errors.cobb:9.2f} {turn:>15s} {flagged:8d} {took:6.2f}", flush=True)
    means, most = (np.array([getattr(each, name) for each in everything]) for name in ("mean", "hausdorff"))
    worst = f"worst level {means.max():.2f} / {most.max():.1f}"
    print(f"All: mean {means.mean():.2f}, Hausdorff {most.mean():.1f} mm ({worst})")
    cobb, turn = np.array([each.cobb for each in everything]), np.array([each.turn for each in everything])
    print(f"Cobb {cobb.mean():.2f} (worst {cobb.max():.2f}), axial {turn.mean():.2f} (worst {turn.max():.2f}) degrees")
    print(PUBLISHED)


if __name__ == "__main__":
    main()
