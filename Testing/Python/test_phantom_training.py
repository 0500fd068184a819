"""Training pairs: true labels, true sides, any contrast."""

from dataclasses import replace

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.errors import ParameterError
from spinetwin.geometry import Grid
from spinetwin.phantom import Curve, RandomSpec, Spacing, SpineParameters, make_spine, training_pair
from spinetwin.phantom.image.contrast import tissue_id
from spinetwin.phantom.image.randomise import (
    APICES,
    deformation,
    degrade,
    random_grid,
    random_image,
    random_look,
    random_spine,
    warp,
)

CLASSES = {0, 26, 41, 42, 43, 44, 45, 46, 47, 48, 49, 60, 61, 62, 100}
SMALL = RandomSpec(shape=(48, 54, 48), spacing=2.0)


@pytest.fixture(scope="module")
def pairs():
    anywhere = [training_pair(np.random.default_rng(seed), SMALL) for seed in range(6)]
    low = training_pair(np.random.default_rng(6), replace(SMALL, first="L5", last="L5"))  # a sacrum is rarely met by chance
    return [*anywhere, low]


def test_a_pair_is_what_a_network_expects(pairs):
    seen = set()
    for image, labels in pairs:
        assert image.shape == labels.shape == SMALL.shape
        assert image.dtype == np.float32
        assert labels.dtype == np.uint8
        assert image.min() >= 0.0
        assert image.max() <= 1.0
        assert image.std() > 0.05
        seen |= set(np.unique(labels).tolist())
        assert 0.02 < (labels > 0).mean() < 0.6
    assert seen == CLASSES


def test_the_same_seed_gives_the_same_bytes(pairs):
    again = training_pair(np.random.default_rng(3), SMALL)
    assert [each.tobytes() for each in again] == [each.tobytes() for each in pairs[3]]
    assert pairs[3][0].tobytes() != pairs[4][0].tobytes()


def test_voxels_may_differ_by_direction():
    """An uneven grid has its sizes along the directions of the patient, whatever the orientation; even ones are as before."""
    size = Spacing(right=3.0, anterior=2.0, superior=1.5)
    spine = random_spine(np.random.default_rng(0), SMALL)
    for orientation, expected in (("PIR", (2.0, 1.5, 3.0)), ("LPS", (3.0, 2.0, 1.5))):
        spec = replace(SMALL, spacing=size, orientation=orientation)
        grid, inner = random_grid(spine, np.random.default_rng(1), spec)
        assert grid.spacing == pytest.approx(expected)
        assert tuple(each.stop - each.start for each in inner) == spec.shape
    even = replace(SMALL, spacing=Spacing(2.0, 2.0, 2.0))
    pairs = [training_pair(np.random.default_rng(5), each) for each in (SMALL, even)]
    assert [each.tobytes() for each in pairs[0]] == [each.tobytes() for each in pairs[1]]


def test_worn_discs_are_thin():
    worn = random_spine(np.random.default_rng(3), replace(SMALL, worn=1.0))
    grades = {each.level for each in worn.parameters.grades}
    assert len(grades) > 5
    assert random_spine(np.random.default_rng(3), SMALL).parameters.grades == ()
    healthy = make_spine(replace(worn.parameters, grades=()), np.random.default_rng(3))

    def height(spine, above, below):
        return np.linalg.norm(spine.frames[level(above).id].origin - spine.frames[level(below).id].origin)

    for above, below in (("L2", "L3"), ("L3", "L4"), ("L4", "L5")):
        if above in grades:
            assert height(worn, above, below) < height(healthy, above, below) - 0.5


def test_remains_of_sacral_discs_are_seen_within_the_sacrum_alone():
    low = replace(SMALL, first="L5", last="L5", wander=(0.0, 0.0, 0.0), turn=0.0, noise=0.0, bias=0.0, deformation=0.0)
    spine = random_spine(np.random.default_rng(2), low)
    grid, _ = random_grid(spine, np.random.default_rng(2), low)
    without, with_remains = (
        random_image(spine, grid, np.random.default_rng(4), replace(low, rudiments=amount)) for amount in (0.0, 1.0)
    )
    changed = np.abs(without - with_remains) > 1e-6
    labels = spine.voxelise(grid, endplates=True).subregions
    assert 100 < changed.sum() < 0.1 * (labels == 26).sum()
    assert set(np.unique(labels[changed])) == {26}


@pytest.mark.parametrize(("orientation", "axis", "sign"), [("PIR", 2, 1), ("LPS", 0, -1)])
def test_left_stays_left(orientation, axis, sign):
    """Left and right labels of the whole pair, wherever the person lies and however it was deformed."""
    for seed in range(3):
        spec = RandomSpec(shape=(48, 48, 48), spacing=2.0, orientation=orientation, deformation=6.0, turn=20.0)
        _, labels = training_pair(np.random.default_rng(seed), spec)
        compared = 0
        for left in (43, 45, 47):
            sides = [np.argwhere(labels == label) for label in (left, left + 1)]
            if min(len(side) for side in sides) < 30:
                continue
            means = [side[:, axis].mean() for side in sides]
            assert sign * (means[1] - means[0]) > 2.0, (seed, left)
            compared += 1
        assert compared


@pytest.mark.parametrize("apex", APICES)
def test_every_apex_that_may_be_drawn_has_room(apex):
    spine = make_spine(SpineParameters(curves=(Curve(60.0, apex),)))
    assert {"C1", "L5"} <= {level(key).name for key in spine.frames}


def test_the_middle_wanders_as_far_as_asked():
    """Half of the field of view in front of the canal is abdomen, and behind it skin and air."""
    spine = random_spine(np.random.default_rng(1), SMALL)
    depths = []
    for seed in range(40):
        grid, _ = random_grid(spine, np.random.default_rng(seed), replace(SMALL, wander=(0.0, 70.0, 0.0), turn=0.0))
        centre = grid.to_ras((np.array(grid.shape) - 1) / 2)
        depths.append(min((frame.to_local(centre) for frame in spine.frames.values()), key=lambda at: abs(at[2]))[1])
    assert -92.5 < min(depths) < -60.0
    assert 20.0 < max(depths) < 48.5


@pytest.mark.parametrize("wander", [(1.0, 2.0), (0.0, -1.0, 0.0), (0.0, float("nan"), 0.0), (0.0, 200.0, 0.0)])
def test_a_senseless_wander_is_refused(wander):
    with pytest.raises(ParameterError, match="wander"):
        replace(SMALL, wander=wander)


def test_contrasts_differ_from_pair_to_pair():
    looks = [random_look(np.random.default_rng(seed), SMALL).mean for seed in range(12)]
    order = {tuple(np.argsort(each[[2, 3, 6, 11]])) for each in looks}
    assert len(order) > 4
    assert min(each.min() for each in looks) >= 0.0


def test_tissues_may_look_like_a_modality_alone():
    """Without strange pairs, fat is brighter than the cortex of bone in T1w, whatever disturbs it."""
    spec = replace(SMALL, strange=0.0, modalities=("t1w",))
    fat, cortex = tissue_id("fat"), tissue_id("cortical_bone")
    looks = [random_look(np.random.default_rng(seed), spec).mean for seed in range(20)]
    assert all(each[fat] > each[cortex] for each in looks)


@pytest.mark.parametrize(("lateral", "smooth"), [(1.0, True), (0.0, False)])
def test_slices_follow_each_other_from_side_to_side(lateral, smooth):
    """Thick slices make noise smooth across them: along the last index where all slices are lateral, else along another."""
    noise = np.random.default_rng(0).random((48, 48, 48), dtype=np.float32)
    spec = replace(SMALL, lateral=lateral, thickness=10.0, spacing=1.0, noise=0.0)
    counted = 0
    for seed in range(9):
        image = degrade(noise, np.ones(3), np.random.default_rng(seed), spec)
        steps = [np.abs(np.diff(image, axis=axis)).mean() for axis in range(3)]
        counted += int(np.argmin(steps)) == 2
    assert (counted >= 7) if smooth else (counted <= 2)


@pytest.mark.parametrize("modalities", [(), ("t2w", "x-ray")])
def test_an_unknown_modality_is_refused(modalities):
    with pytest.raises(ParameterError, match="may look like t2w"):
        replace(SMALL, modalities=modalities)


def test_a_deformation_is_short_and_does_not_fold():
    grid = Grid((60, 70, 50), np.diag([1.0, 1.0, 2.0, 1.0]))
    for seed in range(5):
        moved = deformation(grid, np.random.default_rng(seed), 6.0)
        assert np.abs(moved * grid.spacing[:, None, None, None]).max() <= 6.0
        jacobian = np.stack([np.stack(np.gradient(each), axis=-1) for each in moved], axis=-2) + np.eye(3)
        assert np.linalg.det(jacobian).min() > 0.2


def test_image_and_labels_are_deformed_alike():
    rng = np.random.default_rng(1)
    grid = Grid((40, 40, 40), np.eye(4))
    inner = (slice(8, 32),) * 3
    moved = deformation(grid, rng, 6.0)
    blob = (np.indices(grid.shape)[0] > 18).astype(np.float32)
    assert ((warp(blob, moved, inner, 1) > 0.5) == (warp(blob.astype(np.uint8), moved, inner, 0) > 0)).mean() > 0.995


def test_labels_change_where_the_image_does(pairs):
    """Across the edge of the labelled region grey values differ more than within it, in most pairs."""
    better = 0
    for image, labels in pairs:
        bone = labels == 49
        steps = np.abs(np.diff(image, axis=1))
        edge = bone[:, 1:] != bone[:, :-1]
        inside = bone[:, 1:] & bone[:, :-1]
        better += steps[edge].mean() > steps[inside].mean()
    assert better >= 5


def test_people_and_places_differ():
    spines = [random_spine(np.random.default_rng(seed), RandomSpec()) for seed in range(8)]
    assert len({round(each.parameters.lordosis, 3) for each in spines}) == 8
    assert {len(each.parameters.curves) for each in spines} == {0, 1}
    grids = [random_grid(spines[0], np.random.default_rng(seed), RandomSpec())[0] for seed in range(5)]
    for grid in grids:
        axes = grid.ijk_to_ras[:3, :3] / grid.spacing
        assert np.linalg.det(axes) == pytest.approx(np.linalg.det(np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]])))
        assert axes[0, 2] > 0.8  # right stays right


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ({"shape": (8, 64, 64)}, "16 voxels"),
        ({"spacing": 0.0}, "0.1"),
        ({"first": "L3", "last": "T4"}, "above"),
        ({"turn": 90.0}, "turn"),
        ({"deformation": 20.0}, "deformation"),
        ({"noise": -1.0}, "noise"),
        ({"first": "Z1"}, "Z1"),
        ({"worn": 1.5}, "worn"),
        ({"rudiments": -0.5}, "rudiments"),
    ],
)
def test_bad_specifications_get_one_sentence(words, what):
    with pytest.raises(ParameterError, match=what):
        RandomSpec(**words)
