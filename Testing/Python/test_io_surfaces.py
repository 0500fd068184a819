"""Closed surfaces: of known solids and of the phantom, and as files that other programs read."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.errors import ParameterError, WriteError
from spinetwin.geometry import Frame
from spinetwin.geometry.surfaces import Surface, surface_of, surface_of_samples
from spinetwin.io.surfaces import write_surface
from spinetwin.phantom import Curve, SpineParameters, make_spine
from spinetwin.phantom.ground_truth.quadrature import moment, part_moments
from spinetwin.phantom.surfaces import surfaces

CORNERS = np.array([[0.0, 0, 0], [2, 0, 0], [0, 3, 0], [0, 0, 4]])
TETRAHEDRON = Surface(CORNERS, np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]))


def ball(x, y, z):
    return np.sqrt((x - 1) ** 2 + (y - 2) ** 2 + (z + 3) ** 2) - 10.0


def assert_closed(surface):
    """Every edge belongs to two triangles, which walk along it in opposite directions."""
    edges = np.concatenate([surface.triangles[:, pair] for pair in ([0, 1], [1, 2], [2, 0])])
    count = len(surface.vertices)
    forth, back = edges[:, 0] * count + edges[:, 1], edges[:, 1] * count + edges[:, 0]
    assert len(np.unique(forth)) == len(forth)
    assert np.array_equal(np.sort(forth), np.sort(back))


def test_volume_and_normals_of_a_tetrahedron():
    assert TETRAHEDRON.volume == pytest.approx(4)
    assert TETRAHEDRON.normals[3] == pytest.approx([12, 8, 6])
    assert_closed(TETRAHEDRON)


def test_placing_turns_and_moves():
    frame = Frame(np.array([10.0, 20, 30]), np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]]))
    placed = TETRAHEDRON.placed(frame)
    assert placed.vertices[1] == pytest.approx([10, 22, 30])
    assert placed.volume == pytest.approx(4)


@pytest.fixture(scope="module")
def _vtk():
    pytest.importorskip("vtkmodules.vtkFiltersCore", reason="needs VTK: pip install vtk")


@pytest.mark.usefixtures("_vtk")
def test_a_ball_has_its_volume_and_looks_outwards():
    surface = surface_of(ball, (-9, -8, -13), (11, 12, 7), 0.8)
    assert_closed(surface)
    assert surface.volume == pytest.approx(4 / 3 * np.pi * 1000, rel=0.005)
    away = surface.vertices[surface.triangles].mean(axis=1) - (1, 2, -3)
    assert (np.einsum("mc,mc->m", surface.normals, away) > 0).all()
    assert np.linalg.norm(surface.vertices - (1, 2, -3), axis=1) == pytest.approx(np.full(len(surface.vertices), 10), abs=0.02)


@pytest.mark.usefixtures("_vtk")
def test_what_reaches_the_border_is_closed_there():
    assert_closed(surface_of(ball, (-9, -8, -3), (11, 12, 7), 1.0))


@pytest.mark.usefixtures("_vtk")
def test_a_sample_on_the_surface_makes_no_hole():
    values = np.full((5, 5, 5), 1.0)
    values[2, 2, 2], values[2, 2, 3] = -1.0, 0.0
    surface = surface_of_samples(values, (0, 0, 0), 1.0)
    assert_closed(surface)
    assert surface.volume > 0


@pytest.mark.usefixtures("_vtk")
def test_nothing_has_no_surface():
    with pytest.raises(ParameterError, match="nothing"):
        surface_of(ball, (100, 100, 100), (110, 110, 110), 1.0)


def test_without_vtk_one_sentence(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("vtkmodules")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "vtkmodules", None)
    with pytest.raises(ParameterError, match="pip install vtk"):
        surface_of(ball, (-9, -8, -13), (11, 12, 7), 2.0)


@pytest.mark.usefixtures("_vtk")
@pytest.mark.parametrize("names", [("C5", "C6"), ("T8", "T9"), ("L3", "L4")])
def test_vertebrae_and_discs_are_closed_and_have_their_volumes(names):
    spine = make_spine(SpineParameters(levels="-".join(names), curves=(Curve(30.0),)))
    upper = level(names[0]).id
    found = dict(surfaces(spine, [upper]))
    assert list(found) == [names[0], "-".join(names)]
    disc = spine.discs[upper]
    bone = sum(each.volume for each in part_moments(spine.shapes[upper], 0.3).values())
    for surface, volume in zip(found.values(), (bone, moment(disc.distance, disc.box, 0.25).volume), strict=True):
        assert_closed(surface)
        assert surface.volume == pytest.approx(volume, rel=0.005)
    # they lie where the person stands
    local = spine.frames[upper].to_local(found[names[0]].vertices)
    assert np.abs(spine.shapes[upper].solid(local)).max() < 0.5


@pytest.mark.usefixtures("_vtk")
@pytest.mark.parametrize("suffix", [".stl", ".vtp"])
def test_vtk_reads_what_we_write(tmp_path, suffix):
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkFiltersCore import vtkMassProperties
    from vtkmodules.vtkIOGeometry import vtkSTLReader
    from vtkmodules.vtkIOXML import vtkXMLPolyDataReader

    surface = surface_of(ball, (-9, -8, -13), (11, 12, 7), 1.5)
    write_surface(tmp_path / f"ball{suffix}", surface)
    reader = vtkSTLReader() if suffix == ".stl" else vtkXMLPolyDataReader()
    reader.SetFileName(str(tmp_path / f"ball{suffix}"))
    reader.Update()
    mesh = reader.GetOutput()
    # LPS: x and y are turned round
    assert mesh.GetBounds() == pytest.approx([-11, 9, -12, 8, -13, 7], abs=0.1)
    assert (mesh.GetNumberOfPoints(), mesh.GetNumberOfPolys()) == (len(surface.vertices), len(surface.triangles))
    mass = vtkMassProperties()
    mass.SetInputData(mesh)
    assert mass.GetVolume() == pytest.approx(surface.volume, rel=1e-5)
    if suffix == ".vtp":
        assert vtk_to_numpy(mesh.GetPoints().GetData()) == pytest.approx(surface.vertices * (-1, -1, 1), abs=1e-5)
        assert mesh.GetFieldData().GetAbstractArray("SPACE").GetValue(0) == "LPS"
    else:
        assert "SPACE=LPS" in reader.GetHeader()


@pytest.mark.parametrize("suffix", [".stl", ".vtp"])
def test_the_same_surface_gives_the_same_bytes_and_no_other_file(tmp_path, suffix):
    for name in ("first", "second"):
        write_surface(tmp_path / f"{name}{suffix}", TETRAHEDRON)
    first, second = sorted(tmp_path.iterdir())
    assert first.read_bytes() == second.read_bytes()


def test_the_triangles_of_an_stl_look_outwards(tmp_path):
    write_surface(tmp_path / "tetrahedron.stl", TETRAHEDRON)
    data = (tmp_path / "tetrahedron.stl").read_bytes()
    assert len(data) == 84 + 50 * 4
    normal, corners = np.split(np.frombuffer(data[84 + 150 : 84 + 198], dtype="<f4").reshape(4, 3), [1])
    assert normal[0] == pytest.approx(np.array([-12, -8, 6]) / np.sqrt(244), abs=1e-6)
    assert corners == pytest.approx(CORNERS[[1, 2, 3]] * (-1, -1, 1))


@pytest.mark.parametrize("name", ["mesh.obj", "mesh", "mesh.vtk"])
def test_an_unknown_format_gets_one_sentence(tmp_path, name):
    with pytest.raises(ParameterError, match=r"\.vtp and \.stl"):
        write_surface(tmp_path / name, TETRAHEDRON)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(WriteError, match="nowhere"):
        write_surface(tmp_path / "nowhere" / "mesh.stl", TETRAHEDRON)
