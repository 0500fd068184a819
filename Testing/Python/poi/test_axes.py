"""Frames from points alone against the frames that the points were computed in."""

import numpy as np
import pytest
from spinetwin.phantom import Curve, SpineParameters, make_spine
from spinetwin.poi import Poi, PoiSet, Status, compute_pois
from spinetwin.poi.axes import frames_of


@pytest.fixture(scope="module")
def computed():
    spine = make_spine(SpineParameters(levels="C1-C3,L1-L3", curves=(Curve(25.0, apex="L2"),)))
    return compute_pois(spine.voxelise(spine.grid(2.0)))


def test_direction_points_give_the_frame_back(computed):
    found = frames_of(PoiSet(computed.points))
    for level, frame in computed.frames.items():
        if (level, 50) in computed.points and computed[level, 50].position is not None:
            assert found[level].source == "direction points"
            assert np.abs(found[level].axes - frame.axes).max() < 1e-9
            assert np.abs(found[level].origin - computed[level, 50].position).max() == 0.0
    assert list(found) == list(computed.levels)


def test_frames_that_are_known_are_kept(computed):
    assert frames_of(computed)[22] is computed.frames[22]


def test_the_atlas_borrows_the_axes_of_the_axis(computed):
    found = frames_of(PoiSet(computed.points))
    assert found[1].source == "neighbour C2"
    assert (found[1].axes == found[2].axes).all()
    places = [poi.position for poi in computed.of_level(1) if poi.position is not None]
    assert found[1].origin == pytest.approx(np.mean(places, axis=0))


def test_moving_a_direction_point_by_hand_does_not_tilt_the_vertebra(computed):
    points = dict(computed.points)
    for key in ((22, 50), (22, 128)):
        points[key] = points[key].moved_to((0.0, 0.0, 0.0))
    assert np.abs(frames_of(PoiSet(points))[22].axes - computed.frames[22].axes).max() < 1e-9


def test_without_any_direction_the_patient_lends_the_axes():
    points = [Poi(22, 101, Status.OK, (1.0, 0.0, 0.0)), Poi(22, 102, Status.OK, (3.0, 0.0, 0.0))]
    found = frames_of(PoiSet.of(points))[22]
    assert found.source == "patient axes"
    assert found.origin.tolist() == [2.0, 0.0, 0.0]
    assert frames_of(PoiSet.of([Poi(22, 101, Status.MISSING, None, "gone")])) == {}


def test_a_file_whose_directions_are_mirrored_is_not_believed(computed):
    points = {key: poi for key, poi in computed.points.items() if key[0] == 22}
    body, right = points[22, 50].position, points[22, 130].position
    left = tuple(2 * a - b for a, b in zip(body, right, strict=True))
    points[22, 130] = Poi(22, 130, Status.OK, left)
    assert frames_of(PoiSet(points))[22].source == "patient axes"
