"""Rendering and fitting beside other programs: gVirtualXray's path lengths, and BOBYQA on the paper's 100 parameters.

Both are packages of their own (``pip install gvxr nlopt``), in an environment for this benchmark only; what is not installed is
left out and said so. gVirtualXray draws with OpenGL, on a machine without a display in software (EGL and Mesa).
Run ``python benchmarks/xray_peers.py [--evaluations N]``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from spinetwin.geometry import FloatArray
from spinetwin.geometry.surfaces import Surface
from spinetwin.jobs.standing_models import kept_model
from spinetwin.xray.cameras import ConeCamera
from spinetwin.xray.drr import path_lengths
from spinetwin.xray.equations import Guess, cost_of
from spinetwin.xray.fit import fit, start_poses, targets_of
from spinetwin.xray.pose import MOST_DEGREES, MOST_MM, MOST_SCORE, changed
from spinetwin.xray.shapes import Posed
from spinetwin.xray.stages import Stage
from spinetwin.xray.synthetic import usual_cameras
from xray import FEW, cases, films_for, row_of

ROUNDS = 5


def balls() -> list[Surface]:
    """Return five spheres of some 10,000 vertices, more and more to the left."""
    return [_ball(22.0, np.array([-9.0 * place, 4.0 * place, 40.0 * place])) for place in range(-2, 3)]


def _ball(radius: float, middle: FloatArray, rings: int = 72) -> Surface:
    across = 2 * rings
    polar, round_ = np.pi * np.arange(1, rings) / rings, 2 * np.pi * np.arange(across) / across
    a, b = np.meshgrid(polar, round_, indexing="ij")
    points = np.stack([np.sin(a) * np.cos(b), np.sin(a) * np.sin(b), np.cos(a)], axis=-1).reshape(-1, 3)
    points = np.vstack([points, [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]])
    top, bottom, faces = len(points) - 2, len(points) - 1, []
    for column in range(across):
        after = (column + 1) % across
        faces += [(top, column, after), (bottom, (rings - 2) * across + after, (rings - 2) * across + column)]
        for row in range(rings - 2):
            p, q = row * across + column, row * across + after
            faces += [(p, p + across, q), (q, p + across, q + across)]
    return Surface(radius * points + middle, np.array(faces, dtype=np.int64))


def by_gvirtualxray(camera: ConeCamera, surfaces: Sequence[Surface]) -> tuple[FloatArray, float]:
    """Return the path lengths (rows, columns), mm, that gVirtualXray computes, and its CPU seconds a view."""
    from gvxrPython3 import gvxr

    gvxr.createWindow(-1, 0, "EGL")
    columns, rows = camera.size
    pitch = 1800.0 / camera.focal[0]
    film = camera.source + 1800.0 * camera.axes[2]
    gvxr.setSourcePosition(*map(float, camera.source), "mm")
    gvxr.usePointSource()
    gvxr.setMonoChromatic(80.0, "keV", 1)
    gvxr.setDetectorPosition(*map(float, film), "mm")
    gvxr.setDetectorUpVector(*map(float, -camera.axes[1]))
    gvxr.setDetectorNumberOfPixels(columns, rows)
    gvxr.setDetectorPixelSize(float(pitch), float(pitch), "mm")
    for number, surface in enumerate(surfaces):
        name = f"bone{number}"
        gvxr.makeTriangularMesh(name, surface.vertices.ravel().tolist(), surface.triangles.ravel().tolist(), "mm")
        gvxr.addPolygonMeshAsInnerSurface(name)
        gvxr.setElement(name, "H")
    times, image = [], np.zeros((rows, columns))
    for _ in range(ROUNDS):
        begun = time.process_time()
        image = sum(np.array(gvxr.computeLBuffer(f"bone{number}")) for number in range(len(surfaces)))
        times.append(time.process_time() - begun)
    # its first row is the lowest one, and its unit a centimetre
    return 10.0 * np.asarray(image, dtype=np.float64)[::-1], min(times)


def rendering() -> None:
    """Print how far both renderers are from each other, and their CPU times."""
    camera = usual_cameras()[0]
    surfaces = balls()
    own = path_lengths(camera, surfaces)
    begun = time.process_time()
    for _ in range(ROUNDS):
        path_lengths(camera, surfaces)
    took = (time.process_time() - begun) / ROUNDS
    try:
        other, seconds = by_gvirtualxray(camera, surfaces)
    except ImportError as error:
        print(f"gVirtualXray is left out: {error}")
        return
    apart = np.abs(other - own)[own > 0]
    most, usual = apart.max(), np.percentile(apart, 99)
    print(f"Five spheres, gVirtualXray and this: median {np.median(apart):.5f}, 99 % {usual:.4f}, largest {most:.2f} mm apart")
    print(f"CPU a view: {1000 * took:.1f} ms here, {1000 * seconds:.1f} ms gVirtualXray")


def fitting(evaluations: int) -> None:
    """Print what BOBYQA and the fit reach on the same films from the same starts, 6 + 14 parameters of five vertebrae."""
    try:
        import nlopt
    except ImportError as error:
        print(f"BOBYQA is left out: {error}")
        return
    rng = np.random.default_rng(1)
    case = cases(rng)[0]
    films, marks = films_for(case, rng)
    starts = start_poses(films, marks, [kept_model(key) for key in case.spine.shapes])
    fit(films, starts, marks, FEW)  # the first one also loads what numba compiled
    begun = time.process_time()
    found = fit(films, starts, marks, FEW)
    print(f"Levenberg-Marquardt, 14 modes: {row_of(case.spine, found)} {time.process_time() - begun:6.1f} CPU-s")
    stage = Stage(1.4, 14, 0, 2.0, 4.0, 0.0)
    begun = time.process_time()
    solver = nlopt.opt(nlopt.LN_BOBYQA, 100)
    bound = np.tile(np.concatenate([np.radians(MOST_DEGREES), np.full(3, MOST_MM), np.full(14, MOST_SCORE)]), len(starts))
    solver.set_lower_bounds(-bound)
    solver.set_upper_bounds(bound)
    solver.set_maxeval(evaluations)
    targets = targets_of(films, stage, starts, marks)

    def posed(values: FloatArray) -> tuple[Posed, ...]:
        return tuple(changed(a, b, a.frame) for a, b in zip(starts, values.reshape(len(starts), -1), strict=True))

    def cost(values: FloatArray, _slope: FloatArray) -> float:
        return cost_of(targets, stage, Guess(posed(values.copy()), np.zeros(0)), {each.model.level: {} for each in starts})[0]

    solver.set_min_objective(cost)
    solver.set_initial_step(bound / 10)
    best = posed(solver.optimize(np.zeros(100)))
    took = time.process_time() - begun
    print(
        f"BOBYQA, {solver.get_numevals()} evaluations:  {row_of(case.spine, replace(found, vertebrae=best))} {took:6.1f} CPU-s"
    )


def main() -> None:
    """Print both comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evaluations", type=int, default=2000, help="of BOBYQA at most")
    asked = parser.parse_args()
    rendering()
    fitting(asked.evaluations)


if __name__ == "__main__":
    main()
