"""The standing spine from two radiographs, on phantoms: how quick, how near; prints the tables of ``make xray``.

Times are CPU seconds of one thread. Films are made by marching rays through voxels of 1 mm, which shares nothing with the
surfaces that are fitted; landmarks are clicked with a standard deviation of 1 mm at the patient. Vertebrae come from the family
of shapes that the model was made of, so that the errors are those of the fit, and no promise for real films. The second camera
is refined with the vertebrae in every row.
Distances are from the vertices of the result to the faces of the true surface. Run ``python benchmarks/xray.py [--seed N]``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from spinetwin.anatomy import level
from spinetwin.geometry import FloatArray, Frame
from spinetwin.geometry.surfaces import Surface
from spinetwin.jobs.standing_models import kept_model
from spinetwin.phantom import Curve, Spine, SpineParameters, VertebraShape, make_spine
from spinetwin.phantom.surfaces import usual_spacing, vertebra_surface
from spinetwin.xray.calibrate import moved_camera
from spinetwin.xray.cameras import Camera
from spinetwin.xray.correspondence import template_of
from spinetwin.xray.drr import engine, path_lengths
from spinetwin.xray.films import Film
from spinetwin.xray.fit import Fitted, fit, start_poses
from spinetwin.xray.landmarks import Landmarks
from spinetwin.xray.pose import rotation_of
from spinetwin.xray.shapes import Posed
from spinetwin.xray.stages import STAGES, Stage
from spinetwin.xray.synthetic import FilmLook, clicked_landmarks, films_of, usual_cameras
from spinetwin.xray.trust import agreements

LEVELS = "L1-L5"
ROUNDS = 5
PLAIN = FilmLook(soft_tissue=False, marrow=False, photons=0.0)
HARD = FilmLook()
FEW = (*(stage for stage in STAGES if stage.modes <= 14), Stage(0.7, 14, 6, 2.0, 4.0, 0.01))


@dataclass(frozen=True)
class Case:
    """What is reconstructed: its name, the spine, how its films look, and what is wrong with them."""

    name: str
    spine: Spine
    look: FilmLook
    azimuth: float = 0.0
    magnified: float = 1.0
    off: tuple[float, float] = (0.0, 0.0)
    pixels: int = 512


def cases(rng: np.random.Generator) -> list[Case]:
    """Return the cases, each of another person."""

    def lumbar(*curves: Curve) -> Spine:
        spine = make_spine(SpineParameters(levels=LEVELS, curves=curves), rng)
        return spine.transformed(np.eye(3), -np.mean([frame.origin for frame in spine.frames.values()], axis=0))

    usual = lumbar()
    whole = make_spine(SpineParameters(levels="T1-L5"), rng)
    whole = whole.transformed(np.eye(3), -np.mean([frame.origin for frame in whole.frames.values()], axis=0))
    return [
        Case("homogeneous bone", usual, PLAIN),
        Case("the same, start off by 5 mm and 8 degrees", usual, PLAIN, off=(5.0, 8.0)),
        Case("Cobb 40", lumbar(Curve(40, apex="L2")), PLAIN),
        Case("marrow, soft tissue, noise, 0.5 degrees, 1 %", lumbar(), HARD, azimuth=0.5, magnified=1.01),
        Case("the same, seventeen levels", whole, HARD, azimuth=0.5, magnified=1.01, pixels=768),
    ]


def rendering() -> None:
    """Print how long a film of five vertebrae takes, and how exact a path is."""
    rng = np.random.default_rng(0)
    spine = make_spine(SpineParameters(levels=LEVELS), rng)
    middle = np.mean([frame.origin for frame in spine.frames.values()], axis=0)
    camera = usual_cameras()[0]
    placed = []
    for key, shape in spine.shapes.items():
        mesh = template_of(shape, 1.33).placed(spine.frames[key])
        placed.append(Surface(mesh.vertices - middle, mesh.triangles))
    path_lengths(camera, placed)
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        path_lengths(camera, placed)
        times.append(time.process_time() - start)
    count = round(np.mean([len(each.vertices) for each in placed]))
    name = engine().__name__.rpartition(".")[2]
    print(f"Rendering 5 vertebrae of {count} vertices, 512 x 512, {name}: {1000 * min(times):.1f} ms a view (aim: 5)")


def distances(vertices: FloatArray, surface: Surface) -> FloatArray:
    """Return the distance of points (n, 3) from the faces of a surface, mm."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import mutable, vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkGenericCell, vtkPolyData, vtkStaticCellLocator

    points, cells, mesh = vtkPoints(), vtkCellArray(), vtkPolyData()
    points.SetData(numpy_to_vtk(surface.vertices, deep=True))
    cells.SetData(3, numpy_to_vtkIdTypeArray(surface.triangles.ravel().astype(np.int64), deep=True))
    mesh.SetPoints(points)
    mesh.SetPolys(cells)
    locator, cell, nearest = vtkStaticCellLocator(), vtkGenericCell(), [0.0, 0.0, 0.0]
    locator.SetDataSet(mesh)
    locator.BuildLocator()
    number, part, square, found = mutable(0), mutable(0), mutable(0.0), []
    for vertex in vertices.tolist():
        locator.FindClosestPoint(vertex, nearest, cell, number, part, square)
        found.append(float(square))
    return np.sqrt(found)


def from_truth(posed: Posed, shape: VertebraShape, frame: Frame) -> FloatArray:
    """Return the distance of every vertex from the faces of the true surface, mm."""
    return distances(frame.to_local(posed.surface.vertices), vertebra_surface(shape, usual_spacing(shape)))


def films_for(case: Case, rng: np.random.Generator) -> tuple[tuple[Film, Film], Landmarks]:
    """Return films and landmarks as cameras saw them that differ from the ones the fit is told of."""
    nominal = usual_cameras(case.pixels)
    real: tuple[Camera, Camera] = (nominal[0], moved_camera(nominal[1], np.array([case.azimuth, 0.0, 0.0, 0.0])))
    real = real[0], replace(real[1], focal=real[1].focal * case.magnified)
    films = films_of(case.spine, real, case.look, rng)
    told = tuple(replace(film, camera=camera) for film, camera in zip(films, nominal, strict=True))
    return (told[0], told[1]), clicked_landmarks(case.spine, real, rng)


def off_by(starts: Sequence[Posed], millimetres: float, degrees: float, rng: np.random.Generator) -> tuple[Posed, ...]:
    """Return the starts moved and turned by these amounts, each in a direction of its own."""
    moved = []
    for each in starts:
        shift, axis = (way / np.linalg.norm(way) for way in rng.normal(size=(2, 3)))
        turn = rotation_of(np.radians(degrees) * axis)
        frame = Frame(each.frame.origin + millimetres * shift, each.frame.axes @ turn.T, "off")
        moved.append(replace(each, frame=frame))
    return tuple(moved)


def tilt_and_turn(frames: Sequence[Frame]) -> tuple[FloatArray, FloatArray]:
    """Return coronal tilt and axial rotation of every vertebra, degrees."""
    up, right = np.array([each.superior for each in frames]), np.array([each.right for each in frames])
    return np.degrees(np.arctan2(up[:, 0], up[:, 2])), np.degrees(np.arctan2(-right[:, 1], right[:, 0]))


def reconstruct(case: Case, rng: np.random.Generator) -> None:
    """Print one row for 14 modes and one for all."""
    films, marks = films_for(case, rng)
    models = [kept_model(key) for key in case.spine.shapes]
    starts = off_by(start_poses(films, marks, models), *case.off, rng) if any(case.off) else start_poses(films, marks, models)
    for modes, stages in ((14, FEW), (40, STAGES)):
        begun = time.process_time()
        found = fit(films, starts, marks, stages, calibrate=True)
        seconds = time.process_time() - begun
        flagged = sum(bool(each.reasons) for each in agreements(found, films, marks))
        print(
            f"{case.name:46s} {modes:5d} {row_of(case.spine, found)} {flagged:4d} of {len(starts)} {seconds:7.2f}", flush=True
        )


@dataclass(frozen=True)
class Errors:
    """How far a reconstruction is from the truth.

    Attributes
    ----------
    mean, hausdorff : (levels,) arrays
        Distance of the vertices from the true faces, mm.
    cobb : float
        Error of the Cobb angle, degrees.
    turn : (levels,) array
        Error of the axial rotation, degrees.
    """

    mean: FloatArray
    hausdorff: FloatArray
    cobb: float
    turn: FloatArray


def errors_of(spine: Spine, found: Fitted) -> Errors:
    """Compare a reconstruction with the truth."""
    keys = [each.model.level for each in found.vertebrae]
    away = [from_truth(each, spine.shapes[key], spine.frames[key]) for key, each in zip(keys, found.vertebrae, strict=True)]
    tilt, turn = tilt_and_turn([each.frame for each in found.vertebrae])
    true_tilt, true_turn = tilt_and_turn([spine.frames[key] for key in keys])
    first, last = int(true_tilt.argmax()), int(true_tilt.argmin())
    cobb = abs((tilt[first] - tilt[last]) - (true_tilt[first] - true_tilt[last]))
    means, most = np.array([each.mean() for each in away]), np.array([each.max() for each in away])
    return Errors(means, most, float(cobb), np.abs(turn - true_turn))


def row_of(spine: Spine, found: Fitted) -> str:
    """Return distances (mean / max of all, and of the worst level), errors of the Cobb angle and of the axial rotation."""
    errors = errors_of(spine, found)
    all_of = f"{errors.mean.mean():.2f} / {errors.hausdorff.mean():.1f}"
    worst = f"{errors.mean.max():.2f} / {errors.hausdorff.max():.1f}"
    return f"{all_of:>12s} {worst:>12s} {errors.cobb:6.2f} {errors.turn.mean():6.2f}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="WORD", help="only the films whose name has this word")
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    rendering()
    begun = time.process_time()
    for key in ("L1", "L2", "L3", "L4", "L5"):
        kept_model(level(key).id)
    print(f"Models of five levels (kept from the second time on): {time.process_time() - begun:.1f} CPU-s")
    print(f"{'films':46s} modes   mean / max  worst level   Cobb  axial   flagged   CPU-s")
    for case in cases(rng):
        if asked.only in case.name:
            reconstruct(case, rng)


if __name__ == "__main__":
    main()
