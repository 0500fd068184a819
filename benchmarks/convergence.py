"""How near voxels of 0.5 mm come to the continuous volumes, level by level from C1 to the sacrum; run `make convergence`.

The continuous volume is found twice: by quadrature of the signed distance on a lattice (`part_moments`, what the truth says),
and by the divergence theorem on a closed triangulated surface. That one is taken at two spacings and extrapolated to none,
because its error goes with the square of the spacing. The voxel grid is oblique to both.
"""

from __future__ import annotations

from spinetwin.phantom import Spine, SpineParameters, VertebraShape, make_spine
from spinetwin.phantom.ground_truth.quadrature import part_moments
from spinetwin.phantom.surfaces import vertebra_surface

VOXEL = 0.5
WANTED = 1.0
"""Percent that the volume of no level may be off."""
OBLIQUE = 10.0
FINE = 0.35
"""Of the finer surface, mm; the other has twice as much."""


def by_voxels(spine: Spine, key: int) -> float:
    """Count the voxels of one vertebra by itself, cubic mm."""
    alone = Spine(spine.parameters, {key: spine.shapes[key]}, {key: spine.upright[key]}, {}, {})
    maps = alone.voxelise(alone.grid(VOXEL, oblique_deg=OBLIQUE))
    return float((maps.vertebrae == key).sum() * maps.grid.voxel_volume)


def by_surface(shape: VertebraShape) -> float:
    """Return the volume inside the surface of a vertebra, cubic mm."""
    coarse, fine = (vertebra_surface(shape, factor * FINE).volume for factor in (2.0, 1.0))
    return fine + (fine - coarse) / 3.0


def by_quadrature(shape: VertebraShape) -> float:
    """Return the volume of a vertebra as the truth has it, cubic mm."""
    return sum(each.volume for each in part_moments(shape).values())


def main() -> None:
    """Print the table."""
    spine = make_spine(SpineParameters())
    print(
        f"| level | surface, ml | quadrature | off, % | voxels of {VOXEL} mm | off, % | wanted |\n|---|---|---|---|---|---|---|"
    )
    worst = [0.0, 0.0]
    for each in spine.levels:
        shape = spine.shapes[each.id]
        true, truth, voxels = by_surface(shape), by_quadrature(shape), by_voxels(spine, each.id)
        off = [100.0 * (value / true - 1.0) for value in (truth, voxels)]
        worst = [max(most, abs(value)) for most, value in zip(worst, off, strict=True)]
        volumes = [f"{value / 1000:.3f}" for value in (true, truth, voxels)]
        print(
            f"| {each.name} | {volumes[0]} | {volumes[1]} | {off[0]:+.3f} | {volumes[2]} | {off[1]:+.3f} | < {WANTED:g} |",
            flush=True,
        )
    print(f"| worst | | | {worst[0]:.3f} | | {worst[1]:.3f} | < {WANTED:g} |")


if __name__ == "__main__":
    main()
