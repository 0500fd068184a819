"""The standing spine from two radiographs of real bones: films by ray-march through a real CT, or through real label maps.

The films of the CT are those of its grey values, with soft tissue, ribs, pelvis and bowel gas. Of the others only masks are at
hand; their bone is homogeneous. Landmarks are clicked by script where the label maps show them (never where a template has
them), with a standard deviation of 2 mm; cameras stand as the preset "long" says. The procedural shape model has never seen any
of these people. A result is compared with the surface of the person's own masks, level by level: from its vertices to the faces
of that surface, the way back, and by how much its frame differs from the one that the rules of `spinetwin poi` find on masks:
that of the shape model, and that which the same rules find on the result, filled into voxels of the same grid.
The data stay outside of the project; without them the benchmark says so. ``python benchmarks/xray_real.py [--picture FOLDER]``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from spinetwin.anatomy import level
from spinetwin.anatomy.levels import parse_levels
from spinetwin.geometry import FloatArray, Frame, Grid
from spinetwin.geometry.surfaces import Surface
from spinetwin.io import read_label_map, read_volume
from spinetwin.jobs.standing_models import kept_model
from spinetwin.poi.compute import compute_pois
from spinetwin.segmentation.backends import table_of
from spinetwin.segmentation.backends.mapping import mapped
from spinetwin.segmentation.whole_vertebrae import split_vertebrae
from spinetwin.xray.cameras import Camera
from spinetwin.xray.films import Film
from spinetwin.xray.landmarks import LANDMARKS, VIEWS, Landmarks
from spinetwin.xray.networks.blocks import filled
from spinetwin.xray.own_shapes import OwnShapes
from spinetwin.xray.pose import vector_of
from spinetwin.xray.presets import PRESETS
from spinetwin.xray.rasterise import fragments
from spinetwin.xray.setups import Setup, camera_of
from spinetwin.xray.silhouettes import silhouette
from spinetwin.xray.standing import Standing, reconstruct
from spinetwin.xray.synthetic import BONE_PER_MM, march
from xray import distances

DATA = Path(os.environ.get("SPINETWIN_REAL_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
WATER_PER_MM = 0.0193
"""Attenuation of water at 70 keV, 1 / mm (NIST: 0.193 cm2/g)."""

PIXEL_MM = 0.834
ROOM_MM = 12.0


@dataclass(frozen=True)
class Case:
    """Whose films: label map, table of its labels, levels that are whole, and the CT if there is one."""

    name: str
    labels: str
    table: str
    levels: str
    image: str = ""


CASES = (
    Case("real CT, 3 mm", "totalsegmentator_example/segmentation.nii.gz", "totalsegmentator-v2", "L1-L5",
         "totalsegmentator_example/ct.nii.gz"),
    Case("the same, its masks alone", "totalsegmentator_example/segmentation.nii.gz", "totalsegmentator-v2", "L1-L5"),
    Case("masks of VerSe 004 (L1 fractured)", "verse004/vertebrae.nii.gz", "verse", "T10-L5"),
    Case("masks of a whole spine", "whole_spine_ct_masks/vertebrae.nii.gz", "verse", "T1-L5"),
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody's vertebrae, the middle of them at the origin.

    Attributes
    ----------
    own : OwnShapes
    weakening : (i, j, k) array
        Of X-rays, 1 / mm.
    grid : Grid
    levels : tuple of int
    """

    own: OwnShapes
    weakening: FloatArray
    grid: Grid
    levels: tuple[int, ...]


def person_of(case: Case) -> Person:
    """Read maps and image, and find the points."""
    labels, grid = read_label_map(DATA / case.labels)
    whole = mapped(labels, table_of(case.table).of_kind("vertebrae"), "vertebra")
    levels = tuple(each.id for each in parse_levels(case.levels) if each.id in np.unique(whole))
    middle = np.mean([grid.to_ras(np.argwhere(whole == key)).mean(axis=0) for key in levels], axis=0)
    maps, _ = split_vertebrae(whole, _moved(grid, middle))
    if case.image:
        values, of_image = read_volume(DATA / case.image)
        weakening = WATER_PER_MM * np.maximum(1.0 + values.astype(np.float64) / 1000.0, 0.0)
        return Person(OwnShapes.of(maps, compute_pois(maps)), weakening, _moved(of_image, middle), levels)
    bone = BONE_PER_MM * np.isin(maps.vertebrae, levels).astype(np.float64)
    return Person(OwnShapes.of(maps, compute_pois(maps)), bone, maps.grid, levels)


def _moved(grid: Grid, middle: FloatArray) -> Grid:
    affine = grid.ijk_to_ras.copy()
    affine[:3, 3] -= middle
    return Grid(grid.shape, affine)


def cameras_of(person: Person) -> dict[str, Camera]:
    """Return the cameras of the preset "long", their films as large as the vertebrae need."""
    preset = next(each for each in PRESETS if each.name == "long")
    setup = Setup(preset.kind, preset.source_detector_mm, preset.source_patient_mm, (PIXEL_MM, PIXEL_MM))
    corners = np.concatenate(
        [person.own.maps.grid.to_ras(np.argwhere(person.own.maps.vertebrae == key)) for key in person.levels]
    )
    reach = (np.abs(corners[:, 2]).max() + 4 * ROOM_MM) * preset.source_detector_mm / preset.source_patient_mm / PIXEL_MM
    size = (512, 2 * int(reach))
    return {view: camera_of(setup, view, size) for view in VIEWS}


def clicked(person: Person, cameras: dict[str, Camera], click_mm: float, rng: np.random.Generator) -> Landmarks:
    """Return where the landmarks of the label maps would be clicked; those that the maps do not show are not."""
    seen = {}
    for key in person.levels:
        model, frame = person.own.model(key), person.own.frames[key]
        known = [name for name, at in zip(LANDMARKS, model.landmarks, strict=True) if at.any()]
        for name in known:
            at = frame.to_ras(model.landmarks[LANDMARKS.index(name)])
            for view, camera in cameras.items():
                spread = click_mm * camera.focal[0] / np.linalg.norm(camera.source)
                seen[(key, name, view)] = camera.project(at)[:2] + rng.normal(0.0, spread, 2)
    return Landmarks(seen, "the label maps")


@dataclass(frozen=True)
class Row:
    """One vertebra beside its mask: distances there and back, how far its frame is off, and how far that of the rules."""

    level: int
    there: FloatArray
    back: FloatArray
    shift: FloatArray
    turn: FloatArray
    ruled: FloatArray
    doubted: bool


def frames_by_rule(person: Person, standing: Standing) -> dict[int, Frame]:
    """Return the frames that the rules find on the result, in voxels as the person's own bones are."""
    grid, found = person.own.maps.grid, [each.model.level for each in standing.found.vertebrae]
    # the others stay as they are: a frame follows its neighbours, too
    whole = np.where(np.isin(person.own.maps.vertebrae, found), 0, person.own.maps.vertebrae)
    for each in standing.found.vertebrae:
        whole[filled(grid.to_ijk(each.surface.vertices), each.surface.triangles, grid.shape)] = each.model.level
    return dict(compute_pois(split_vertebrae(whole, grid)[0]).frames)


def rows_of(person: Person, standing: Standing) -> list[Row]:
    """Compare a result with the masks."""
    rows, ruled = [], frames_by_rule(person, standing)
    for posed, judged in zip(standing.found.vertebrae, standing.judged, strict=True):
        key = posed.model.level
        true, frame = person.own.model(key).mean.placed(person.own.frames[key]), person.own.frames[key]
        there, back = distances(posed.surface.vertices, true), distances(true.vertices, posed.surface)
        shift, turn = frame.axes @ (posed.frame.origin - frame.origin), np.degrees(vector_of(posed.frame.axes @ frame.axes.T))
        same = np.degrees(vector_of(ruled[key].axes @ frame.axes.T)) if key in ruled else np.full(3, np.nan)
        rows.append(Row(key, there, back, shift, turn, same, bool(judged.reasons)))
    return rows


def table(name: str, rows: Sequence[Row], seconds: float) -> None:
    """Print a row a level and one of all."""
    print(f"\n{name} ({seconds:.1f} CPU-s)")
    print("level   there: mean / 95 % / largest    back: mean / 95 % / largest   frame R, A, S mm   ", end="")
    print("turn R, A, S deg   by the same rule   trust")
    for each in rows:
        ways = "   ".join(
            f"{way.mean():8.2f} / {np.percentile(way, 95):5.2f} / {way.max():6.2f}  " for way in (each.there, each.back)
        )
        shift, turn, ruled = (" ".join(f"{value:5.1f}" for value in values) for values in (each.shift, each.turn, each.ruled))
        trust = "no" if each.doubted else "yes"
        print(f"{level(each.level).name:5s} {ways}  {shift}     {turn}   {ruled}       {trust}")
    means = [np.mean([way.mean() for way in ways]) for ways in ([each.there for each in rows], [each.back for each in rows])]
    most = [np.mean([way.max() for way in ways]) for ways in ([each.there for each in rows], [each.back for each in rows])]
    shifts, turns, ruled = (np.array([getattr(each, name) for each in rows]) for name in ("shift", "turn", "ruled"))
    print(
        f"all: there {means[0]:.2f} / {most[0]:.1f}, back {means[1]:.2f} / {most[1]:.1f} mm (mean / largest); frames "
        f"{np.linalg.norm(shifts, axis=1).mean():.1f} mm, {np.linalg.norm(turns, axis=1).mean():.1f} degrees off "
        f"(by the same rule {np.nanmean(np.linalg.norm(ruled, axis=1)):.1f}), without what all have in common "
        f"{np.linalg.norm(turns - turns.mean(axis=0), axis=1).mean():.1f} "
        f"(by the same rule {np.nanmean(np.linalg.norm(ruled - np.nanmean(ruled, axis=0), axis=1)):.1f}); relative to "
        f"the mean of all {np.linalg.norm(shifts - shifts.mean(axis=0), axis=1).mean():.1f} mm"
    )


def shaded(camera: Camera, surfaces: Sequence[Surface]) -> FloatArray:
    """Return what an eye at the source would see, (rows, columns): how much each place faces it, 0 where there is nothing."""
    width, height = camera.size
    nearest, picture = np.full(width * height, np.inf), np.zeros(width * height)
    for each in surfaces:
        found = fragments(camera.project(each.vertices), each.triangles, camera.size, camera.handedness)
        order = np.argsort(-found.depth)
        pixel, depth, triangle = found.pixel[order], found.depth[order], found.triangle[order]
        front = depth <= nearest[pixel]
        pixel, depth, triangle = pixel[front], depth[front], triangle[front]
        facing = np.abs(each.normals @ camera.axes[2]) / np.linalg.norm(each.normals, axis=1)
        nearest[pixel], picture[pixel] = depth, 0.25 + 0.75 * facing[triangle]
    return picture.reshape(height, width)


def draw(path: Path, person: Person, standing: Standing) -> None:
    """Draw each film with the silhouettes of the result, and the result beside the person's own bones, as a png."""
    from matplotlib.figure import Figure

    path.parent.mkdir(parents=True, exist_ok=True)
    own = [
        person.own.model(each.model.level).mean.placed(person.own.frames[each.model.level]) for each in standing.found.vertebrae
    ]
    made = [each.surface for each in standing.found.vertebrae]
    figure = Figure(figsize=(16, 16), layout="constrained")
    for row, film in zip(figure.subplots(2, 4), standing.films, strict=True):
        places = np.concatenate([film.camera.project(each.vertices)[:, :2] for each in (*own, *made)])
        (left, top), (right, bottom) = places.min(axis=0) - ROOM_MM, places.max(axis=0) + ROOM_MM
        titles = (f"{film.view} film", "silhouettes of the result", "the person's own bones", "result")
        for axes, title in zip(row, titles, strict=True):
            axes.set(title=title, xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[])
        inside = film.values[max(int(top), 0) : int(bottom), max(int(left), 0) : int(right)]
        for axes in row[:2]:
            axes.imshow(film.values, cmap="gray", vmin=np.percentile(inside, 1), vmax=np.percentile(inside, 99.7))
        for each in made:
            for piece in silhouette(film.camera, each):
                row[1].plot(*piece.T, color="tab:orange", linewidth=0.6)
        for axes, bones in zip(row[2:], (own, made), strict=True):
            axes.imshow(shaded(film.camera, bones), cmap="bone", vmin=0, vmax=1)
    figure.savefig(path, dpi=60)
    print(f"A picture: {path}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="WORD", help="only the people whose name has this word")
    parser.add_argument("--click", type=float, default=2.0, metavar="MM", help="standard deviation of a click")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture", type=Path, metavar="FOLDER", help="draw films, renderings and surfaces there")
    asked = parser.parse_args()
    for case in CASES:
        if asked.only not in case.name:
            continue
        if not (DATA / case.labels).is_file():
            print(f"{case.name} is left out: there is no {DATA / case.labels}; set SPINETWIN_REAL_DATA to its folder.")
            continue
        person, rng = person_of(case), np.random.default_rng(asked.seed)
        cameras = cameras_of(person)
        films = [Film(view, march(person.weakening, person.grid, camera, 1.0), camera) for view, camera in cameras.items()]
        marks = clicked(person, cameras, asked.click, rng)
        for key in person.levels:
            kept_model(key)
        begun = time.process_time()
        standing = reconstruct(films, marks, person.levels, kept_model)
        table(case.name, rows_of(person, standing), time.process_time() - begun)
        for key, reason in standing.left_out.items():
            print(f"No {level(key).name}: {reason}")
        for each in standing.judged:
            for reason in each.reasons:
                print(f"Do not trust {level(each.level).name}: {reason}")
        if asked.picture:
            draw(asked.picture / f"{case.labels.split('/')[0]}{'-ct' if case.image else ''}.png", person, standing)


if __name__ == "__main__":
    main()
