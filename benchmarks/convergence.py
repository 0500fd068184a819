"""How near voxels come to the continuous volumes of vertebrae, sacrum and discs, C1 to S1; run `make convergence`.

The continuous volume of a bone is found twice: by quadrature of the signed distance on a lattice (`part_moments`, what the
truth says), and by the divergence theorem on a closed triangulated surface. That one is taken at two spacings and extrapolated
to none, because its error goes with the square of the spacing. That of a disc is found by quadrature on lattices of two
spacings, which is extrapolated too. The voxel grid is oblique to all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spinetwin.anatomy import level
from spinetwin.anatomy.subregions import SubregionId
from spinetwin.geometry import Grid
from spinetwin.phantom import Spine, SpineParameters, VertebraShape, make_spine
from spinetwin.phantom.grids import grid_around
from spinetwin.phantom.ground_truth.quadrature import moment, part_moments
from spinetwin.phantom.shape.gaps import DiscShape
from spinetwin.phantom.surfaces import vertebra_surface

VOXELS = (1.0, 0.5)
WANTED = 1.0
"""Percent that the volume of no level may be off, with the finer voxels."""
OBLIQUE = 10.0
MARGIN = 3.0
FINE = 0.35
"""Of the finer surface, mm; the other has twice as much."""
FINE_DISC = 0.25
"""Of the finer lattice of a disc, mm; the other has twice as much."""


@dataclass(frozen=True)
class Row:
    """One bone or disc: its name, its kind, its true volume in cubic mm, and how far others are off, percent."""

    name: str
    kind: str
    true: float
    truth: float
    voxels: tuple[float, ...]


def extrapolated(coarse: float, fine: float) -> float:
    """Return the limit of a value whose error goes with the square of a spacing that was halved."""
    return fine + (fine - coarse) / 3.0


def by_surface(shape: VertebraShape) -> float:
    """Return the volume inside the surface of a vertebra, cubic mm."""
    return extrapolated(*(vertebra_surface(shape, factor * FINE).volume for factor in (2.0, 1.0)))


def by_lattices(disc: DiscShape, spacing: float = FINE_DISC) -> float:
    """Return the volume of a disc, cubic mm, by quadrature on lattices in the axes of the level above."""
    found = [moment(disc.distance, disc.box, factor * spacing) for factor in (2.0, 1.0)]
    return extrapolated(*(each.volume if each else 0.0 for each in found))


def bone_in_voxels(spine: Spine, key: int, voxel: float) -> float:
    """Count the voxels of one vertebra by itself, cubic mm."""
    alone = Spine(spine.parameters, {key: spine.shapes[key]}, {key: spine.upright[key]}, {}, {})
    maps = alone.voxelise(alone.grid(voxel, oblique_deg=OBLIQUE))
    return float((maps.vertebrae == key).sum() * maps.grid.voxel_volume)


def disc_in_voxels(spine: Spine, key: int, voxel: float) -> float:
    """Count the voxels of the disc below a level, between both its vertebrae, cubic mm."""
    keys = list(spine.shapes)
    pair = (key, keys[keys.index(key) + 1])
    shapes, frames = ({each: of[each] for each in pair} for of in (spine.shapes, spine.upright))
    between = Spine(spine.parameters, shapes, frames, {key: spine.discs[key]}, {})
    maps = between.voxelise(_around(spine, key, voxel))
    return float((maps.subregions == SubregionId.DISC).sum() * maps.grid.voxel_volume)


def _around(spine: Spine, key: int, voxel: float) -> Grid:
    return grid_around([(spine.upright[key], spine.discs[key].box)], voxel, "RAS", OBLIQUE, MARGIN)


def off(value: float, true: float) -> float:
    """Return by how many percent a value is off."""
    return 100.0 * (value / true - 1.0)


def bone(spine: Spine, key: int) -> Row:
    """Measure one vertebra or the sacrum."""
    shape = spine.shapes[key]
    true = by_surface(shape)
    truth = sum(each.volume for each in part_moments(shape).values())
    kind = "sacrum" if level(key).region == "sacral" else "vertebrae"
    return Row(level(key).name, kind, true, off(truth, true), tuple(off(bone_in_voxels(spine, key, h), true) for h in VOXELS))


def disc(spine: Spine, key: int) -> Row:
    """Measure the disc below a level."""
    shape = spine.discs[key]
    true = by_lattices(shape)
    found = moment(shape.distance, shape.box)
    truth = off(found.volume if found else 0.0, true)
    return Row(
        f"below {level(key).name}", "discs", true, truth, tuple(off(disc_in_voxels(spine, key, h), true) for h in VOXELS)
    )


def summary(rows: list[Row]) -> Mapping[str, tuple[float, ...]]:
    """Return, by kind, the most that the truth and the voxels of each size are off, percent."""
    kinds = dict.fromkeys(row.kind for row in rows)
    values = {kind: [(row.truth, *row.voxels) for row in rows if row.kind == kind] for kind in kinds}
    return {kind: tuple(max(map(abs, column)) for column in zip(*each, strict=True)) for kind, each in values.items()}


def main() -> None:
    """Print a line for each bone and disc, and the worst of each kind."""
    spine = make_spine(SpineParameters())
    sizes = " | ".join(f"voxels of {voxel:g} mm, off by %" for voxel in VOXELS)
    print(f"| what | volume, ml | truth, off by % | {sizes} |\n|---|---|---|{'---|' * len(VOXELS)}")
    rows = []
    for measure, keys in ((bone, spine.shapes), (disc, spine.discs)):
        for key in keys:
            row = measure(spine, key)
            rows.append(row)
            cells = " | ".join(f"{value:+.3f}" for value in (row.truth, *row.voxels))
            print(f"| {row.name} | {row.true / 1000:.3f} | {cells} |", flush=True)
    print(f"\n| worst of | number | truth, off by % | {sizes} | wanted |\n|---|---|---|{'---|' * len(VOXELS)}---|")
    for kind, worst in summary(rows).items():
        count = sum(row.kind == kind for row in rows)
        print(f"| {kind} | {count} | {' | '.join(f'{value:.2f}' for value in worst)} | < {WANTED:g} with {VOXELS[-1]:g} mm |")


if __name__ == "__main__":
    main()
