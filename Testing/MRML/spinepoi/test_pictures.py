"""What a person sees: slices through a tilted vertebra and the spine in 3D, with points; drawn for the README too."""

import os
from pathlib import Path

import numpy as np
import pytest
from slicerhost import spines
from spinetwin.anatomy import level
from spinetwin.io.markups import SUSPECT_COLOR, level_color
from spinetwin.phantom import ImageParameters, render_image
from spinetwin.poi import Poi, PoiSet, Status

ROOT = Path(__file__).resolve().parents[3]
L2, L3 = level("L2").id, level("L3").id


def write(pixels, path):
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    image = vtk.vtkImageData()
    image.SetDimensions(pixels.shape[1], pixels.shape[0], 1)
    image.GetPointData().SetScalars(numpy_to_vtk(pixels[::-1].reshape(-1, 3), deep=True))
    writer = vtk.vtkPNGWriter()
    writer.SetFileName(os.fspath(path))
    writer.SetInputData(image)
    writer.Write()


@pytest.fixture
def seen(views, poi, phantom, pois):
    """Image, bone and points of L2 in four views, one point amber; returns the pixels of each view."""
    from SpineDigitalTwinLib.maps import volumes
    from SpinePOILib import display, navigation, pointnodes, whiskers

    maps = phantom.maps
    image = render_image(phantom.spine, maps.grid, ImageParameters(modality="t2w"), np.random.default_rng(1))
    background = volumes.addImage("T2w", image, maps.grid)
    background.GetDisplayNode().SetAutoWindowLevel(True)
    bone = spines.segmented(poi, "Bone", volumes.addVertebrae("levels", maps.vertebrae, maps.grid))
    bone.CreateClosedSurfaceRepresentation()
    bone.GetDisplayNode().SetVisibility2D(False)
    bone.GetDisplayNode().SetOpacity3D(0.55)
    points = dict(pois.points)
    points[L2, 108] = Poi(L2, 108, Status.SUSPECT, pois[L2, 108].position, "why", "paper 1")
    pointnodes.show(PoiSet(points, pois.frames))
    display.activate(L2)
    whiskers.show(L2)
    for view in (views.red, views.yellow, views.green):
        view.show(background)
        view.node.SetFieldOfView(110.0, 110.0, 1.0)
    navigation.jumpToVertebra(pois.frames[L2])
    navigation.look3D(pois.frames[L2], "P + 0.8 R + 0.4 S", 260.0)
    return {name: getattr(views, name).pixels() for name in ("red", "three", "green", "yellow")}


def near(pixels, colour, tolerance=25):
    return int(
        (np.abs(pixels[..., :3].astype(int) - np.round(255 * np.array(colour)).astype(int)).max(axis=-1) < tolerance).sum()
    )


def test_slices_show_the_points_of_the_level_and_the_suspect_one_in_amber(seen):
    assert near(seen["yellow"], level_color(L2)) > 100
    assert near(seen["yellow"], SUSPECT_COLOR) > 20
    assert near(seen["red"], level_color(L3)) == 0, "another level is not in this cut"
    folder = ROOT / "Resources" / "Screenshots" if os.environ.get("SPINETWIN_SCREENSHOTS") else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        line = np.full((400, 4, 3), 255, np.uint8)
        rows = [
            np.concatenate([seen[left][..., :3], line, seen[right][..., :3]], axis=1)
            for left, right in (("red", "three"), ("green", "yellow"))
        ]
        write(np.concatenate([rows[0], np.full((4, 804, 3), 255, np.uint8), rows[1]]), folder / "SpinePOI-views.png")


def test_the_3d_view_shows_points_of_every_level(seen):
    for key in (L2, L3):
        assert near(seen["three"], level_color(key), 60) > 20


def test_a_bland_altman_plot_is_seen(drawing, poi, pois, picture):
    from slicerhost import plots
    from SpinePOILib import compare

    rng = np.random.default_rng(2)
    there = [each for each in pois if each.position is not None]
    frames = pois.frames
    moves = [frames[each.level].axes.T @ rng.normal((0.1, 0.6, 0.0), (0.5, 0.8, 0.4)) for each in there]
    second = PoiSet.of(
        (each.moved_to(tuple(np.add(each.position, move).tolist())) for each, move in zip(there, moves, strict=True)), frames
    )
    chart = compare.addPlots(compare.agree(pois, second))["anterior"]
    path = picture("SpinePOI-bland-altman.png")
    plots.draw(chart, path)
    pixels = read(path)
    blue, red = (pixels[..., 2] > pixels[..., 0] + 50), (pixels[..., 0] > pixels[..., 2] + 80)
    assert blue.sum() > 500, "a dot for each pair"
    rows = np.flatnonzero(red.sum(axis=1) > 100)
    assert len(rows) >= 2, "two dashed lines"
    assert rows.max() - rows.min() > 60, "far apart: 95 % of the pairs lie between"
    dots = np.flatnonzero(blue.any(axis=1))
    assert dots.min() < rows.min() < rows.max() < dots.max(), "the axes show pairs beyond the limits too"


def read(path):
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    reader = vtk.vtkPNGReader()
    reader.SetFileName(os.fspath(path))
    reader.Update()
    image = reader.GetOutput()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(*image.GetDimensions()[1::-1], -1).astype(int)
