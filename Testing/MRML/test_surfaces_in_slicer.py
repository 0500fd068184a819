"""The surfaces we write are opened by 3D Slicer's own models, and lie where they should."""

import os

import numpy as np
import pytest
from spinetwin.geometry.surfaces import Surface
from spinetwin.io.surfaces import write_surface

slicer = pytest.importorskip("slicer", reason="needs 3D Slicer's modules: pip install slicer-core")
if not hasattr(slicer, "vtkMRMLModelStorageNode"):
    pytest.skip("this `slicer` has no models", allow_module_level=True)

CORNERS = np.array([[10.0, 20, 30], [12, 20, 30], [10, 23, 30], [10, 20, 34]])
TETRAHEDRON = Surface(CORNERS, np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]))


@pytest.mark.parametrize("suffix", [".vtp", ".stl"])
def test_a_surface_lies_in_slicer_where_it_lies_in_ras(tmp_path, suffix, capfd):
    path = tmp_path / f"bone{suffix}"
    write_surface(path, TETRAHEDRON)
    scene = slicer.vtkMRMLScene()
    storage, model = slicer.vtkMRMLModelStorageNode(), slicer.vtkMRMLModelNode()
    scene.AddNode(storage)
    scene.AddNode(model)
    # what Slicer assumes of a file that does not say; ours does
    storage.SetCoordinateSystem(slicer.vtkMRMLStorageNode.CoordinateSystemRAS)
    storage.SetFileName(os.fspath(path))
    assert storage.ReadData(model) == 1, capfd.readouterr()
    mesh = model.GetPolyData()
    assert mesh.GetNumberOfPolys() == 4
    points = {tuple(np.round(mesh.GetPoint(row), 4)) for row in range(mesh.GetNumberOfPoints())}
    assert points == {tuple(corner) for corner in CORNERS}
    scene.Clear(True)
    capfd.readouterr()
