"""Draw the thumbnails of the sample spines and the pictures of the README; run `make pictures` after a change of shapes.

Pictures are files of the repository, so that the README shows them and Slicer's Sample Data module has its buttons.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from spinetwin.phantom import Curve, ImageParameters, Spine, SpineParameters, image_grid, make_spine, render_image

ROOT = Path(__file__).resolve().parents[1]
ICONS = ROOT / "SpineDigitalTwin" / "Resources" / "Icons"
HEIGHT, WIDTH = 280, 260
DPI = 100


def main() -> None:
    """Write all pictures."""
    ICONS.mkdir(parents=True, exist_ok=True)
    straight = make_spine()
    draw_spine(straight, ICONS / "SampleStraight.png")
    draw_spine(make_spine(SpineParameters(curves=(Curve(45.0),))), ICONS / "SampleScoliotic.png")
    images = {name: middle_slice(straight, name) for name in ("t2w", "t1w", "ct")}
    draw_image(images["t2w"], ICONS / "SampleLumbarT2w.png")
    draw_images(list(images.values()), ROOT / "Resources" / "phantom-images.png")


def draw_spine(spine: Spine, path: Path) -> None:
    """Draw the label map of a spine from behind, in the colours of the levels."""
    from spinetwin.report import colours

    grid = spine.grid(2.0)
    maps = spine.voxelise(grid)
    bone = np.where(maps.vertebrae < 100, maps.vertebrae, 0)
    # from behind the first voxel of each column along the anterior axis is seen, the patient's right on the right
    depth = (bone > 0).argmax(axis=1)
    seen = np.take_along_axis(bone, depth[:, None], axis=1)[:, 0]
    shade = 1.0 - 0.55 * depth / max(int(depth.max()), 1)
    picture = np.ones((*seen.shape, 3))
    for key in np.unique(seen[seen > 0]):
        picture[seen == key] = colours.rgb(colours.of_level(int(key)))
    picture[seen > 0] *= shade[seen > 0][:, None]
    save(picture.transpose(1, 0, 2)[::-1], path, background="white")


def middle_slice(spine: Spine, modality: str) -> np.ndarray:
    """Return the sagittal slice through the middle of a lumbar image, from 0 to 1, anterior on the left, head on top."""
    grid = image_grid(spine, "lumbar")
    image = render_image(spine, grid, ImageParameters(modality=modality), np.random.default_rng(1))
    plane = image[::-1, :, image.shape[2] // 2].T.astype(float)[:, ::-1]
    low, high = (-250.0, 900.0) if modality == "ct" else (0.0, float(np.percentile(image, 99.3)))
    return np.clip((plane - low) / (high - low), 0.0, 1.0)


def draw_image(plane: np.ndarray, path: Path) -> None:
    """Draw one slice as a thumbnail."""
    save(np.repeat(plane[..., None], 3, axis=2), path, background="black")


def draw_images(planes: list[np.ndarray], path: Path) -> None:
    """Draw slices side by side."""
    gap = np.zeros((planes[0].shape[0], 6))
    row = np.concatenate([part for plane in planes for part in (plane, gap)][:-1], axis=1)
    figure = Figure(figsize=(row.shape[1] / DPI, row.shape[0] / DPI), dpi=DPI)
    figure.figimage(row, cmap="gray", vmin=0, vmax=1)
    figure.savefig(path, metadata={"Software": None})


def save(picture: np.ndarray, path: Path, background: str) -> None:
    """Write a picture fitted into the size of a thumbnail."""
    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor=background)
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
    axes.imshow(picture, aspect="equal", interpolation="antialiased")
    axes.set_axis_off()
    figure.savefig(path, facecolor=background, metadata={"Software": None})


if __name__ == "__main__":
    main()
