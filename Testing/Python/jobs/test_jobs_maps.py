"""The step that unpacks a label map: exact, told by its labels, refused in one sentence."""

import numpy as np
import pytest
from spinetwin.geometry import Grid
from spinetwin.io import read_label_map, write_label_map
from spinetwin.jobs import State

OBLIQUE = np.array([[0.6, -1.6, 0.0, 1.234567891], [0.8, 1.2, 0.0, 2.0], [0.0, 0.0, 2.7, 3.0], [0, 0, 0, 1.0]])
SHEARED = OBLIQUE + np.array([[0, 0, 0.4, 0]] + [[0.0] * 4] * 3)


def written(path, label, dtype=np.uint8, affine=OBLIQUE):
    array = np.zeros((5, 6, 7), dtype)
    array[1:3, 2:4, 3:5] = label
    write_label_map(path, array, Grid(array.shape, affine))
    return array


@pytest.mark.parametrize(("label", "dtype", "kind"), [(49, np.uint8, "subregions"), (22, np.uint16, "vertebrae")])
@pytest.mark.parametrize(
    ("suffix", "affine", "unpacked"),
    [(".nii.gz", OBLIQUE, ".nii"), (".nii.gz", SHEARED, ".nii"), (".nrrd", OBLIQUE, ".mha"), (".mha", OBLIQUE, ".mha")],
)
def test_a_map_comes_out_as_it_went_in(job, start, tmp_path, folder, content, label, dtype, kind, suffix, affine, unpacked):
    path = tmp_path / f"Köpfe{suffix}"
    array = written(path, label, dtype, affine)
    verdict = start(job("import", {"map": str(path)}), program=None).end()
    assert verdict.state is State.FINISHED
    assert content(folder) == sorted([f"{kind}{unpacked}", "old.txt"])
    found, grid = read_label_map(verdict.result.paths[kind])
    place = read_label_map(path)[1]
    assert np.array_equal(found, array)
    assert np.abs(grid.ijk_to_ras - place.ijk_to_ras).max() < 1e-6
    assert verdict.result.summary == f"Köpfe{suffix}: {kind} on 5 x 6 x 7 voxels"


@pytest.mark.parametrize("label", [0, 190])
def test_a_map_of_something_else_is_refused(job, start, tmp_path, folder, content, label):
    written(tmp_path / "liver.nrrd", label)
    verdict = start(job("import", {"map": str(tmp_path / "liver.nrrd")}), program=None).end()
    assert (verdict.state, verdict.code) == (State.FAILED, "maps")
    assert "liver.nrrd holds neither levels nor parts of vertebrae" in verdict.message
    assert content(folder) == ["old.txt"]


def test_a_damaged_file_is_refused(job, start, tmp_path, folder, content):
    path = tmp_path / "half.nii.gz"
    written(path, 22)
    path.write_bytes(path.read_bytes()[:100])
    verdict = start(job("import", {"map": str(path)}), program=None).end()
    assert verdict.state is State.FAILED
    assert "half.nii.gz" in verdict.message
    assert content(folder) == ["old.txt"]
