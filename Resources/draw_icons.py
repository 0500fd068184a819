"""Draw the icons and the pictures of the sample spines, 128 x 128 pixels, into SpineDigitalTwin/Resources/Icons.

Usage: draw_icons.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
from spinetwin.geometry import LabelMaps
from spinetwin.phantom import Curve, ImageParameters, Spacing, SpineParameters, make_spine, render_image
from spinetwin.report import colours

SIZE = 128
OVERSAMPLING = 8
ICONS = Path(__file__).resolve().parents[1] / "SpineDigitalTwin" / "Resources" / "Icons"


def surface(mask: np.ndarray, ijk_to_ras: np.ndarray, colour: tuple[float, float, float]):
    """Return an actor of one structure."""
    import vtk
    from vtkmodules.util.numpy_support import numpy_to_vtk

    inside = np.pad(mask.astype(np.uint8), 1)
    image = vtk.vtkImageData()
    image.SetDimensions(*inside.shape)
    image.SetOrigin(-1, -1, -1)
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(inside.T).reshape(-1), deep=True))
    nets = vtk.vtkSurfaceNets3D()
    nets.SetInputData(image)
    nets.SetValue(0, 1)
    nets.GetSmoother().SetNumberOfIterations(25)
    matrix, transform = vtk.vtkMatrix4x4(), vtk.vtkTransform()
    matrix.DeepCopy(ijk_to_ras.reshape(-1).tolist())
    transform.SetMatrix(matrix)
    placed = vtk.vtkTransformPolyDataFilter()
    placed.SetInputConnection(nets.GetOutputPort())
    placed.SetTransform(transform)
    normals = vtk.vtkPolyDataNormals()
    normals.SetInputConnection(placed.GetOutputPort())
    normals.SplittingOff()
    mapper = vtk.vtkPolyDataMapper()
    mapper.SetInputConnection(normals.GetOutputPort())
    mapper.ScalarVisibilityOff()
    actor = vtk.vtkActor()
    actor.SetMapper(mapper)
    actor.GetProperty().SetColor(*colour)
    actor.GetProperty().SetAmbient(0.25)
    actor.GetProperty().SetDiffuse(0.8)
    return actor


def actors(maps: LabelMaps):
    """Yield an actor for each part of each level, coloured by part."""
    codes = maps.vertebrae.astype(np.uint32) << 16 | maps.subregions
    for code in np.unique(codes[codes > 0]):
        subregion = int(code) & 0xFFFF
        if subregion not in (60, 61):
            yield surface(codes == code, maps.grid.ijk_to_ras, colours.rgb(colours.of_subregion(subregion)))


def draw(maps: LabelMaps, path: Path, *, azimuth: float, elevation: float, zoom: float) -> None:
    """Draw label maps on a transparent ground, seen from behind and turned."""
    import vtk

    renderer, window = vtk.vtkRenderer(), vtk.vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetAlphaBitPlanes(1)
    window.SetSize(SIZE * OVERSAMPLING, SIZE * OVERSAMPLING)
    window.AddRenderer(renderer)
    renderer.SetBackgroundAlpha(0.0)
    for actor in actors(maps):
        renderer.AddActor(actor)
    camera = renderer.GetActiveCamera()
    camera.SetPosition(0, -1, 0)
    camera.SetFocalPoint(0, 0, 0)
    camera.SetViewUp(0, 0, 1)
    camera.ParallelProjectionOn()
    renderer.ResetCamera()
    camera.Azimuth(azimuth)
    camera.Elevation(elevation)
    renderer.ResetCamera()
    low, high = np.array(renderer.ComputeVisiblePropBounds()).reshape(3, 2).T
    camera.SetParallelScale(max(high - low) / 2 / zoom)
    renderer.ResetCameraClippingRange()
    window.Render()
    grabbed = vtk.vtkWindowToImageFilter()
    grabbed.SetInput(window)
    grabbed.SetInputBufferTypeToRGBA()
    grabbed.ReadFrontBufferOff()
    smaller = vtk.vtkImageResize()
    smaller.SetInputConnection(grabbed.GetOutputPort())
    smaller.SetOutputDimensions(SIZE, SIZE, 1)
    write(smaller.GetOutputPort(), path)


def draw_slice(array: np.ndarray, path: Path) -> None:
    """Draw a slice, (rows, columns) from the top and the front, in grey."""
    import vtk
    from vtkmodules.util.numpy_support import numpy_to_vtk

    scaled = np.clip(array / np.percentile(array, 99.5) * 255, 0, 255).astype(np.uint8)[::-1]
    image = vtk.vtkImageData()
    image.SetDimensions(scaled.shape[1], scaled.shape[0], 1)
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(scaled).reshape(-1), deep=True))
    resized = vtk.vtkImageResize()
    resized.SetInputData(image)
    resized.SetOutputDimensions(SIZE, SIZE, 1)
    write(resized.GetOutputPort(), path)


def write(port, path: Path) -> None:
    """Write a picture."""
    import vtk

    writer = vtk.vtkPNGWriter()
    writer.SetInputConnection(port)
    writer.SetFileName(str(path))
    writer.Write()


def voxels(levels: str, cobb: float, spacing: float) -> LabelMaps:
    """Return the label maps of a spine."""
    spine = make_spine(SpineParameters(levels=levels, curves=(Curve(cobb),) if cobb else ()))
    return spine.voxelise(spine.grid(spacing, "RAS", margin_mm=3))


def main(folder: Path) -> None:
    """Draw all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    draw(voxels("L2-L4", 0.0, 0.8), folder / "SpineDigitalTwin.png", azimuth=-55, elevation=20, zoom=0.8)
    draw(voxels("C1-S1", 0.0, 1.2), folder / "SampleStraight.png", azimuth=-90, elevation=0, zoom=0.95)
    draw(voxels("C1-S1", 45.0, 1.2), folder / "SampleScoliotic.png", azimuth=0, elevation=0, zoom=0.95)
    spine = make_spine(SpineParameters(levels="T11-S1"))
    grid = spine.grid(Spacing(3.3, 0.75, 0.75), "RAS", margin_mm=25)
    image = render_image(spine, grid, ImageParameters(modality="t2w"), np.random.default_rng(1))
    middle = image[round(grid.to_ijk([0.0, 0.0, 0.0])[0])]
    rows = middle.T[::-1, ::-1]
    side = min(rows.shape)
    top, left = (rows.shape[0] - side) // 2, (rows.shape[1] - side) // 2
    draw_slice(rows[top : top + side, left : left + side].astype(float), folder / "SampleLumbarT2w.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ICONS)
