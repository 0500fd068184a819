"""What is said of the maps of another program, and left and right in them."""

import numpy as np
from spinetwin.geometry import LabelMaps
from spinetwin.jobs.external.judging import judged
from spinetwin.phantom import Spacing, SpineParameters, make_spine
from spinetwin.segmentation.separation import exchange_sides


def phantom():
    spine = make_spine(SpineParameters(levels="L1-L4"))
    return spine.voxelise(spine.grid(Spacing(right=3.3, anterior=1.5, superior=1.5)))


def test_a_program_that_takes_left_for_right_is_put_right():
    truth = phantom()
    mirrored = exchange_sides(truth.subregions, truth.vertebrae, np.unique(truth.vertebrae))
    assert (mirrored != truth.subregions).any()
    maps, confidence, said = judged(LabelMaps(truth.grid, mirrored, truth.vertebrae))
    np.testing.assert_array_equal(maps.subregions, truth.subregions)
    np.testing.assert_array_equal(maps.vertebrae, truth.vertebrae)
    assert said[0] == "The network took left for right on every level; the orientation of the image put that right."
    assert min(confidence.values()) > 0.5


def test_a_program_that_tells_the_sides_is_left_alone():
    truth = phantom()
    maps, _, said = judged(truth)
    np.testing.assert_array_equal(maps.subregions, truth.subregions)
    assert not any("left for right" in each for each in said)
