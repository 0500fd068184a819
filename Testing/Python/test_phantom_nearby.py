"""The quick evaluation of the truth against the shape itself: the same signs, parts and values near every surface."""

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.phantom import Curve, SpineParameters, make_spine, parse_variant
from spinetwin.phantom.shape.nearby import CHUNK, nearby

VARIANTS = ("osteophytes:L3", "asymmetric-arch:L2", "bifida:S1")


@pytest.fixture(scope="module")
def shapes():
    variants = tuple(parse_variant(word) for word in VARIANTS)
    return make_spine(SpineParameters(curves=(Curve(50),), variants=variants), np.random.default_rng(2)).shapes


@pytest.mark.parametrize("name", ["C1", "C2", "C5", "T1", "T8", "T12", "L2", "L3", "S1"])
def test_it_says_what_the_shape_says(shapes, name):
    shape = shapes[level(name).id]
    points = np.random.default_rng(1).uniform(*shape.box, (3 * CHUNK + 5, 3)).reshape(1, -1, 3)
    solid, distances = nearby(shape).evaluate(points)
    whole, parts = shape.evaluate(points)
    surface = np.abs(whole) < 0.5
    assert surface.sum() > 100
    assert np.array_equal(solid[surface], whole[surface])
    assert np.array_equal(solid < 0, whole < 0)
    bone = whole < 0
    assert np.array_equal(distances[:, bone].argmin(axis=0), parts[:, bone].argmin(axis=0))
    for label in shape.subregions:
        inside = shape.distance(points, label) < 0
        assert inside.any()
        assert np.array_equal(nearby(shape).part(label)(points) < 0, inside)
        assert np.array_equal(nearby(shape).inside((label,))(points) < 0, inside)


@pytest.mark.parametrize("name", ["C1", "C2", "C5", "T8", "L2", "L3", "S1"])
@pytest.mark.parametrize("edge", [1.0, 2.0])
def test_the_parts_around_a_point_are_all_that_matter_there(shapes, name, edge):
    """Within cubes on the bone, whose middles alone are asked which parts these are."""
    shape = shapes[level(name).id]
    bone, chance = nearby(shape), np.random.default_rng(3)
    middles = chance.uniform(*shape.box, (40_000, 3))
    solid, distances = bone.evaluate(middles)
    held = np.abs(solid) < 1.75 * edge
    near = bone.parts_around(middles[held], distances[:, held], edge / 2)
    points = middles[held] + chance.uniform(-edge / 2, edge / 2, (held.sum(), 3))
    found, parts = bone.evaluate_among(points, near)
    whole, claims = shape.evaluate(points)
    bone_or_rim = whole < 0.25
    assert bone_or_rim.sum() > 1000
    assert np.array_equal(found[bone_or_rim], whole[bone_or_rim])
    assert np.array_equal(found < 0.25, bone_or_rim)
    owner = claims[:, bone_or_rim].argmin(axis=0)
    assert np.array_equal(parts[:, bone_or_rim].argmin(axis=0), owner)
    rivals = claims[:, bone_or_rim] < claims[:, bone_or_rim].min(axis=0) + 1.0
    assert np.array_equal(parts[:, bone_or_rim][rivals], claims[:, bone_or_rim][rivals])
    if name == "L3":
        assert near.mean() < 0.4
