"""What a segmentation will take, and the hint where it cannot fit."""

import numpy as np
import pytest
from spinetwin.errors import ParameterError
from spinetwin.geometry import Grid
from spinetwin.jobs.backends import BACKENDS
from spinetwin.jobs.preflight import Needs, needs_of, refuse_too_large, stage_seconds
from spinetwin.segmentation.backends import Effort
from spinetwin.segmentation.course import Part


def grid_of(*shape):
    return Grid(shape, np.diag([0.5, 0.5, 2.0, 1.0]))


def test_every_backend_has_been_measured():
    for each in BACKENDS:
        assert needs_of(each.describe().name, grid_of(10, 10, 10)) is not None


def test_needs_grow_with_the_image():
    small, large = (needs_of("import", grid_of(n, n, n)) for n in (100, 400))
    assert small.memory < large.memory
    assert large.seconds == pytest.approx(64 * small.seconds)
    assert str(large) == "about 838 MB of memory and 6 seconds"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 second"),
        (1.6, "2 seconds"),
        (121.0, "2 minutes"),
        (1e4, "167 minutes"),
        (4e4, "11 hours"),
    ],
)
def test_times_are_told_in_units_that_people_use(seconds, words):
    assert str(Needs(2e9, seconds)) == f"about 2.0 GB of memory and {words}"


@pytest.mark.parametrize("backend", ["two-phase", "spineps", "totalspineseg"])
def test_networks_of_nnunet_meet_the_measured_memory_and_have_a_fixed_part(backend):
    assert needs_of(backend, grid_of(512, 512, 16)).memory == pytest.approx(5.3e9, rel=0.01)
    assert needs_of(backend, grid_of(10, 10, 10)).memory == pytest.approx(4e9, rel=0.01)


def test_the_stages_together_take_what_is_needed():
    grid = grid_of(300, 300, 300)
    needs = needs_of("embedded", grid)
    seconds = stage_seconds(needs, grid)
    assert seconds.total == pytest.approx(needs.seconds)
    assert min(each.seconds for each in seconds.stages) > 0


def test_what_a_backend_foretells_counts_more_than_the_size_of_the_image():
    grid = grid_of(300, 300, 300)
    needs, run = needs_of("import", grid), (Part("all", 2.0),)
    few, many = (stage_seconds(needs, grid, Effort(run, labelled)) for labelled in (10_000, 5_000_000))
    assert few.run.seconds == many.run.seconds == 2.0
    assert (few.read, few.write) == (many.read, many.write)
    assert many.check.seconds > 5 * few.check.seconds


def test_what_fits_passes_and_what_nobody_has_measured_too():
    assert refuse_too_large("import", grid_of(100, 100, 100), "a.nii.gz", 1e9) is not None
    assert refuse_too_large("import", grid_of(2000, 2000, 2000), "a.nii.gz", None) is not None
    assert refuse_too_large("magic", grid_of(2000, 2000, 2000), "a.nii.gz", 1e3) is None


def test_memory_that_a_backend_foretells_counts_more_than_the_size_of_the_image():
    grid = grid_of(512, 512, 16)
    small, large = (Effort((Part("all", 2.0),), memory=memory) for memory in (1e9, 9e9))
    assert refuse_too_large("two-phase", grid, "a.nii.gz", 2e9, small).memory == 1e9
    with pytest.raises(ParameterError, match=r"needs about 9\.0 GB of memory"):
        refuse_too_large("two-phase", grid, "a.nii.gz", 6e9, large)


def test_what_cannot_fit_is_refused_with_a_hint():
    with pytest.raises(ParameterError) as refused:
        refuse_too_large("import", grid_of(1000, 1000, 1000), "big.nii.gz", 2e9)
    assert refused.value.message == "big.nii.gz needs about 12.1 GB of memory, and 2.0 GB are free."
    assert refused.value.hint == "Crop it to less than 15 % of its voxels, or make them 1.9 times as long each way."
