"""Meshes as VTK writes them, in every way it can, and meshes that nobody should write."""

from itertools import product

import numpy as np
import pytest
from spinetwin.errors import ReadError
from spinetwin.io.meshes import read_mesh
from spinetwin.io.surfaces import write_surface
from xray.made_films import ball


@pytest.fixture(scope="module")
def small():
    return ball(15.0, finer=2, middle=(1.0, 2.0, 3.0))


def _vtk_files(surface, folder):
    """Let VTK write the surface in every way it can."""
    vtk = pytest.importorskip("vtkmodules.all", reason="VTK is not installed")
    write_surface(folder / "ours.vtp", surface)
    reader = vtk.vtkXMLPolyDataReader()
    reader.SetFileName(str(folder / "ours.vtp"))
    reader.Update()
    ways = [("vtp", vtk.vtkXMLPolyDataWriter, ())]
    for mode, packer in product(("Ascii", "Binary", "Appended"), ("None", "ZLib", "LZ4")):
        ways += [("vtp", vtk.vtkXMLPolyDataWriter, (f"SetDataModeTo{mode}", f"SetCompressorTypeTo{packer}"))]
    ways += [
        ("vtp", vtk.vtkXMLPolyDataWriter, ("EncodeAppendedDataOff",)),
        ("vtp", vtk.vtkXMLPolyDataWriter, ("SetByteOrderToBigEndian",)),
    ]
    for kind in ("ASCII", "Binary"):
        ways.append(("vtk", vtk.vtkPolyDataWriter, (f"SetFileTypeTo{kind}",)))
        ways.append(("vtk", vtk.vtkPolyDataWriter, (f"SetFileTypeTo{kind}", "42")))
        ways += [
            ("ply", vtk.vtkPLYWriter, (f"SetFileTypeTo{kind}", f"SetDataByteOrderTo{order}Endian"))
            for order in ("Big", "Little")
        ]
    for number, (suffix, kind, calls) in enumerate(ways):
        writer = kind()
        path = folder / f"{number}{'-'.join(calls)}.{suffix}"
        writer.SetFileName(str(path))
        writer.SetInputData(reader.GetOutput())
        for call in calls:
            writer.SetFileVersion(42) if call == "42" else getattr(writer, call)()
        writer.Write()
        yield path


def test_meshes_are_read_however_vtk_writes_them(small, tmp_path):
    seen = 0
    for path in _vtk_files(small, tmp_path):
        if "LZ4" in path.name:
            with pytest.raises(ReadError, match="packed in a way that is not read"):
                read_mesh(path)
            continue
        found = read_mesh(path)
        np.testing.assert_allclose(found.vertices, small.vertices, atol=1e-4, err_msg=path.name)
        np.testing.assert_array_equal(found.triangles, small.triangles, err_msg=path.name)
        seen += 1
    assert seen >= 14


def test_corners_of_an_stl_that_lie_on_one_place_become_one_vertex(small, tmp_path):
    write_surface(tmp_path / "a.stl", small)
    found = read_mesh(tmp_path / "a.stl")
    assert len(found.vertices) == len(small.vertices)
    assert found.volume == pytest.approx(small.volume, rel=1e-5)


@pytest.mark.parametrize("suffix", ["vtk", "vtp", "ply", "stl"])
def test_damaged_meshes_are_refused_in_one_sentence(small, tmp_path, suffix):
    """Cut off anywhere, or with bytes turned over: a surface or one sentence, never anything else."""
    paths = [path for path in _vtk_files(small, tmp_path) if path.suffix == f".{suffix}" and "LZ4" not in path.name]
    if suffix == "stl":
        write_surface(tmp_path / "a.stl", small)
        paths = [tmp_path / "a.stl"]
    rng, refused = np.random.default_rng(0), 0
    for path in paths:
        whole = path.read_bytes()
        cuts = [whole[: int(share * len(whole))] for share in (0.0, 0.02, 0.3, 0.7)]
        for _ in range(12):
            turned = bytearray(whole)
            for place in rng.integers(0, len(whole), 5):
                turned[place] ^= int(rng.integers(1, 256))
            cuts.append(bytes(turned))
        for number, data in enumerate(cuts):
            path.write_bytes(data)
            said = _refusal(path)
            assert said or number >= 4, "what is cut off cannot be whole"
            assert "\n" not in said
            refused += bool(said)
    assert refused >= 4 * len(paths)


def _refusal(path):
    """Return why a mesh is not read; "" if it is."""
    try:
        read_mesh(path)
    except ReadError as error:
        return str(error)
    return ""


def test_meshes_with_other_polygons_or_entities_are_refused(tmp_path):
    ply = "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\nelement face 1\n"
    ply += "property list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3\n"
    (tmp_path / "quad.ply").write_text(ply, encoding="ascii")
    vtk = "# vtk DataFile Version 3.0\nquad\nASCII\nDATASET POLYDATA\n"
    vtk += "POINTS 4 float\n0 0 0 1 0 0 1 1 0 0 1 0\nPOLYGONS 1 5\n4 0 1 2 3\n"
    (tmp_path / "quad.vtk").write_text(vtk, encoding="ascii")
    (tmp_path / "bomb.vtp").write_text('<!DOCTYPE a [<!ENTITY b "c">]><VTKFile>&b;</VTKFile>', encoding="ascii")
    (tmp_path / "huge.ply").write_text(ply.replace("vertex 4", "vertex 99999999999"), encoding="ascii")
    for name, sentence in {
        "quad.ply": "no triangles",
        "quad.vtk": "no triangles",
        "bomb.vtp": "entities",
        "huge.ply": "claims",
    }.items():
        with pytest.raises(ReadError, match=sentence):
            read_mesh(tmp_path / name)
