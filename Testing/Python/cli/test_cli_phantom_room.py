"""What `spinetwin phantom` refuses for want of room: folders with files of another spine, and grids for which memory lacks."""

import numpy as np
import pytest
from spinetwin.commands.phantom_scan import MODALITIES, Scan
from spinetwin.geometry import Grid
from spinetwin.jobs import phantom_memory
from spinetwin.jobs.phantom_memory import phantom_bytes
from spinetwin.phantom import make_spine

SMALL = ("--fov", "C4", "--spacing", "4", "--quiet")


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        (["--modality", "t2w", "--muscles"], [], "image.nii.gz"),
        (["--modality", "ct"], ["--modality", "ct", "--no-truth"], "truth.json"),
        (["--muscles"], ["--modality", "t1w"], "muscles.nii.gz"),
    ],
    ids=["image", "truth", "muscles"],
)
def test_no_file_of_another_spine_stays_beside_a_new_one(run, refused, content, tmp_path, first, second, left):
    """An incident: label maps and truth of one spine lay beside image, muscles and films of another."""
    assert run("phantom", "--out", tmp_path, *SMALL, *first).code == 0
    (tmp_path / "notes.txt").write_text("mine")
    before = content(tmp_path)
    refused(run("phantom", "--out", tmp_path, *SMALL, *second), f"holds the {left} of another spine", "empty folder")
    assert content(tmp_path) == before
    assert run("phantom", "--out", tmp_path, *SMALL, *first).code == 0
    assert content(tmp_path) == before


def test_no_surface_or_film_of_another_spine_stays_either(run, refused, content, tmp_path):
    pytest.importorskip("vtkmodules.vtkFiltersCore", reason="needs VTK: pip install vtk")
    words = ("phantom", "--out", tmp_path, "--spacing", "4", "--quiet", "--no-truth")
    assert run(*words, "--fov", "C4", "--surfaces", "stl").code == 0
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "mine.png").write_text("mine")
    before = content(tmp_path)
    refused(run(*words, "--fov", "C4"), "holds the surfaces/C", "of another spine")
    refused(run(*words, "--fov", "C4", "--surfaces", "vtp"), "holds the surfaces/C", ".stl")
    refused(run(*words, "--fov", "T12", "--surfaces", "stl"), "holds the surfaces/C")
    assert content(tmp_path) == before
    assert run(*words, "--fov", "C4", "--surfaces", "stl").code == 0
    (tmp_path / "films" / "frontal.png").write_text("of another")
    refused(run(*words, "--fov", "C4", "--surfaces", "stl"), "holds the films/frontal.png of another spine")


@pytest.mark.parametrize("modality", ["labels", "t2w", "ct"])
def test_a_grid_that_takes_more_memory_than_is_free_is_refused(run, refused, tmp_path, monkeypatch, modality):
    """An incident: only the number of voxels was limited, whatever was made of them."""
    words = ("--fov", "C4", "--spacing", "4", "--quiet", "--modality", modality)
    grid = Scan(spacing=(4.0,), fov="C4", modality=modality).grid(make_spine())
    needed = phantom_bytes(grid, modality)
    monkeypatch.setattr(phantom_memory, "free_memory", lambda: 0.99 * needed)
    said = run("phantom", "--out", tmp_path / "new", *words)
    refused(said, " x ".join(map(str, grid.shape)), "GB of memory", "coarser spacing or a smaller field of view")
    assert not (tmp_path / "new").exists()
    for enough in (1.01 * needed, None):
        monkeypatch.setattr(phantom_memory, "free_memory", lambda enough=enough: enough)
        phantom_memory.check_phantom_memory(grid, modality)


def test_every_voxel_of_an_image_is_counted():
    grids = [Grid((100, 100, each), np.eye(4)) for each in (1000, 2000)]
    for modality in MODALITIES:
        one, two = (phantom_bytes(grid, modality) for grid in grids)
        assert 4 * 1e7 < two - one < 100 * 1e7, modality
        assert one > 1e7 * 20
