"""The template of pelvis, ribs and sternum, warped onto a person by the points of the spine."""

import numpy as np
import pytest
from made_columns import LEVELS, MAN, made_column, mirrored
from scipy.spatial.transform import Rotation
from spinetwin.anatomy import level
from spinetwin.biomechanics import Settings, Task, build_model, loads
from spinetwin.biomechanics.column import find_column
from spinetwin.biomechanics.statics import above_joints, directions
from spinetwin.biomechanics.template import SIDES, Attachments, landmarks_of, smoothing_of
from spinetwin.biomechanics.warp import warp_between
from spinetwin.errors import ParameterError
from spinetwin.geometry import Frame
from spinetwin.phantom import Curve, SpineParameters, make_spine

SLOPE = 40.0
BONES = ("xiphoid", "costal7", "costal9", "costal10", "rib11_tip", "rib12_tip", "rib8_angle", "rib12_angle", "shoulder", "head")
PELVIS = ("asis", "pubis", "psis", "crest_lateral", "pelvic_brim", "s4_back")
RNG = np.random.default_rng(5)


def template(points, frames, *, warped=True):
    """Return all points (t, 2, 3) of the template on a column, right and left."""
    places = Attachments(points, find_column(points, frames, 15.0), SLOPE, warped=warped)
    return np.array([[places.find(name, side)[1] for side in SIDES] for name in (*BONES, *PELVIS)])


def moved(points, frames, size, turn, shift):
    def place(at):
        return size * turn.apply(at) + shift

    turned = {key: Frame(place(frame.origin), turn.apply(frame.axes)) for key, frame in frames.items()}
    return {key: place(at) for key, at in points.items()}, turned


def test_a_warp_of_landmarks_onto_themselves_changes_nothing():
    landmarks, points = RNG.normal(0.0, 80.0, (40, 3)), RNG.normal(0.0, 200.0, (30, 3))
    warp = warp_between(landmarks, points, np.full(40, 100.0))
    np.testing.assert_allclose(warp.place(landmarks, 1.0), points, atol=1e-9)
    np.testing.assert_allclose(warp.surprise(landmarks), 0.0, atol=1e-9)


def test_an_affine_map_of_the_landmarks_takes_everything_along():
    landmarks, points = RNG.normal(0.0, 80.0, (40, 3)), RNG.normal(0.0, 200.0, (30, 3))
    matrix, shift = RNG.normal(0.0, 1.0, (3, 3)), np.array([5.0, -900.0, 40.0])
    warp = warp_between(landmarks, points, np.full(40, 100.0))
    np.testing.assert_allclose(warp.place(landmarks @ matrix + shift, 1.0), points @ matrix + shift, atol=1e-8)


def test_without_smoothing_the_warp_is_the_spline_of_another_library():
    from scipy.interpolate import RBFInterpolator

    landmarks, there, points = (RNG.normal(0.0, 80.0, (size, 3)) for size in (40, 40, 30))
    for smoothing in (1e-9, 50.0):
        spline = RBFInterpolator(landmarks, there, kernel="linear", degree=1, smoothing=smoothing)
        warp = warp_between(landmarks, points, np.full(40, smoothing))
        np.testing.assert_allclose(warp.placing @ there, spline(points), atol=1e-6)


def test_what_surprises_is_the_distance_to_the_warp_of_all_other_landmarks():
    landmarks, there = RNG.normal(0.0, 80.0, (25, 3)), RNG.normal(0.0, 80.0, (25, 3))
    whole = warp_between(landmarks, landmarks, np.full(25, 100.0))
    for left_out in (0, 12):
        rest = np.arange(25) != left_out
        others = warp_between(landmarks[rest], landmarks[[left_out]], np.full(24, 100.0))
        away = np.linalg.norm(there[left_out] - others.placing @ there[rest])
        assert whole.surprise(there)[left_out] == pytest.approx(away, rel=1e-6)


@pytest.mark.parametrize("warped", [True, False])
def test_turned_moved_and_enlarged_points_take_the_template_along(warped):
    points, frames = made_column(curve_mm=25.0)
    turn, shift = Rotation.from_euler("xyz", [12.0, -20.0, 35.0], degrees=True), np.array([30.0, -500.0, 70.0])
    there = template(*moved(points, frames, 1.1, turn, shift), warped=warped)
    here = template(points, frames, warped=warped)
    np.testing.assert_allclose(there, 1.1 * turn.apply(here.reshape(-1, 3)).reshape(here.shape) + shift, atol=1e-6)


def test_the_mirror_image_of_a_spine_has_the_mirror_image_of_the_template():
    points, frames = made_column(curve_mm=25.0)
    here, there = template(points, frames), template(*mirrored(points, frames))
    np.testing.assert_allclose(there[:, ::-1], here * [-1.0, 1.0, 1.0], atol=1e-6)


def crooked(cobb, apex="T8", side="right"):
    """Return points and frames of a phantom; those of interest lie where the template of its vertebrae has them."""
    spine = make_spine(SpineParameters("T1-S1", curves=(Curve(cobb, apex, side),) if cobb else (), ribs=True))
    points = {(key, 50): frame.origin for key, frame in spine.frames.items() if level(key).region != "sacral"}
    points[level("S1").id, 105] = spine.frames[level("S1").id].origin
    return spine, points, dict(spine.frames)


@pytest.mark.parametrize("curve", [(25.0, "T8", "right"), (50.0, "T8", "left"), (70.0, "T9", "right"), (45.0, "L2", "left")])
def test_a_crooked_spine_keeps_ribs_sternum_and_pelvis_at_sane_distances(curve):
    straight, bent = (template(*crooked(*which)[1:]) for which in ((0.0,), curve))
    _, points, frames = crooked(*curve)
    for name, here, there in zip((*BONES, *PELVIS), straight, bent, strict=True):
        width, was = (float(np.linalg.norm(each[0] - each[1])) for each in (there, here))
        assert width == pytest.approx(was, rel=0.3, abs=4.0), name
    chest = find_column(points, frames, 15.0)
    ahead = (bent[BONES.index("xiphoid")].mean(axis=0) - chest.frame_of(level("T9").id).origin) @ chest.trunk[1]
    assert 90.0 < ahead < 170.0
    pelvis = slice(len(BONES), None)
    apart = [
        np.linalg.norm(each[pelvis].reshape(-1, 1, 3) - each[pelvis].reshape(1, -1, 3), axis=-1) for each in (straight, bent)
    ]
    np.testing.assert_allclose(apart[1], apart[0], atol=8.0)


@pytest.mark.parametrize("curve", [(50.0, "T8", "right"), (70.0, "T9", "left")])
def test_muscles_of_a_crooked_spine_turn_it_the_way_they_do(curve):
    """Back muscles extend every lumbar joint that they pass, belly muscles flex it."""
    _, points, frames = crooked(*curve)
    model = build_model(points, frames, MAN)
    pulls = above_joints(model, model.muscles.owners, model.muscles.points, directions(model.muscles.points))
    lumbar = [at for at, key in enumerate(model.levels) if level(key).region == "lumbar"]
    for group, sign in {"multifidus": 1.0, "longissimus": 1.0, "iliocostalis": 1.0, "rectus_abdominis": -1.0}.items():
        mine = [at for at, each in enumerate(model.muscles.groups) if each == group]
        assert (sign * pulls[lumbar, 3][:, mine].sum(axis=1) > 0.0).all(), group


def test_ribs_in_front_lie_nearer_to_the_truth_than_on_rigid_frames():
    """The chest of a phantom turns with a scoliosis, and goes along with it only in part: neither method knows how."""
    (here, *of), (there, *onto) = crooked(0.0), crooked(50.0)
    ends, wanted = (
        np.array([each.frames[key].to_ras(rib.axis[-1]) for key, pair in each.ribs.items() for rib in pair])
        for each in (here, there)
    )
    column, bent = find_column(*of, 15.0), find_column(*onto, 15.0)
    warp = warp_between(landmarks_of(of[0], column, SLOPE), ends, smoothing_of())
    warped = warp.place(landmarks_of(onto[0], bent, SLOPE), bent.size / column.size)
    levels = [key for key, pair in here.ribs.items() for _ in pair]
    fixed = np.array(
        [
            bent.frame_of(key).origin + (end - column.frame_of(key).origin) @ column.trunk.T @ bent.trunk
            for key, end in zip(levels, ends, strict=True)
        ]
    )
    away = [np.linalg.norm(each - wanted, axis=1).mean() for each in (warped, fixed)]
    assert away[0] < 0.75 * away[1]


@pytest.mark.parametrize("wrong_mm", [20.0, 60.0, 400.0])
@pytest.mark.parametrize(("name", "poi"), [("L3", 81), ("L1", 82), ("T9", 105), ("L5", 89), ("T5", 81)])
def test_one_wrong_point_hardly_moves_the_template(name, poi, wrong_mm):
    """However far it is off: what is not believed does not bend."""
    points, frames = made_column(curve_mm=15.0)
    wrong = {**points, (level(name).id, poi): points[level(name).id, poi] + wrong_mm * np.array([0.6, 0.0, 0.8])}
    assert np.linalg.norm(template(wrong, frames) - template(points, frames), axis=-1).max() < 5.0


def test_errors_of_all_points_average_out():
    points, frames = made_column(curve_mm=15.0)
    generator = np.random.default_rng(2)
    noisy = {key: at + 1.5 * generator.standard_normal(3) if key[1] != 50 else at for key, at in points.items()}
    away = np.linalg.norm(template(noisy, frames) - template(points, frames), axis=-1)
    assert away.max() < 4.0
    assert away.mean() < 1.5


@pytest.mark.parametrize("names", [LEVELS[9:], LEVELS[12:]])
def test_a_part_of_the_column_carries_much_the_same_template_as_the_whole(names):
    _, points, frames = crooked(0.0)
    kept = {level(name).id for name in (*names, "S1")}
    part = {key: at for key, at in points.items() if key[0] in kept}, {key: frames[key] for key in kept}
    away = np.linalg.norm(template(*part) - template(points, frames), axis=-1)
    assert away[len(BONES) :].max() < 10.0
    assert away.max() < 35.0


def test_rigid_frames_may_be_chosen_and_load_much_the_same():
    made = [build_model(*made_column(), MAN, Settings(template=way)) for way in ("warped", "fixed")]
    assert np.abs(made[0].muscles.points - made[1].muscles.points).max() > 1.0
    one, other = (loads(each, Task("stand")).compression for each in made)
    np.testing.assert_allclose(one, other, rtol=0.1)


def test_another_way_to_place_the_template_is_refused():
    with pytest.raises(ParameterError, match="no way to place the template 'glued'"):
        Settings(template="glued")
