"""Variants: every one is seen in the voxel map by a measure of its own, known in the truth, and does no harm to the rest."""

from __future__ import annotations

import numpy as np
import pytest
from phantom_measures import disc_voids, overlap, sagittal
from scipy import ndimage
from spinetwin.anatomy import level
from spinetwin.errors import ParameterError
from spinetwin.geometry import LabelMaps
from spinetwin.phantom import (
    VARIANT_KINDS,
    Curve,
    Spine,
    SpineParameters,
    Variant,
    dimensions,
    ground_truth,
    make_spine,
    parse_variant,
    truth,
)
from spinetwin.phantom.ground_truth.gaps import gap_points
from spinetwin.phantom.ground_truth.levels import level_points
from spinetwin.phantom.ground_truth.variants import variant_truths

ALL = {
    "wedge:L1:0.35": "T11-L3",
    "biconcave:T12:0.3": "T10-L2",
    "listhesis:L5:6": "L3-S1",
    "listhesis:L4:30%": "L2-S1",
    "T13": "T11-L2",
    "L6": "L4-S1",
    "four-lumbar": "L3-S1",
    "block:C5": "C3-T1",
    "block:L3": "L2-L5",
    "bifida:S1": "L4-S1",
    "bifida:L5": "L4-S1",
    "asymmetric-arch:L4:right": "L3-L5",
    "asymmetric-arch:T8:left:0.4": "T7-T9",
    "osteophytes:L3:4": "L2-L4",
    "laminectomy:L4": "L3-L5",
}
"""Every kind, and the levels around it."""


def build(text: str, levels: str = "C1-S1") -> Spine:
    return make_spine(SpineParameters(levels=levels, variants=tuple(parse_variant(word) for word in text.split())))


def local(spine: Spine, maps: LabelMaps, name: str, *labels: int) -> np.ndarray:
    """Voxel centres of a level (of some of its labels) in its frame."""
    key = level(name).id
    inside = maps.vertebrae == key
    if labels:
        inside &= np.isin(maps.subregions, labels)
    return spine.frames[key].to_local(maps.grid.to_ras(np.argwhere(inside)))


def voxels(text: str, levels: str, spacing: float = 0.7) -> tuple[Spine, LabelMaps]:
    spine = build(text, levels)
    return spine, spine.voxelise(spine.grid(spacing))


def measured(spine: Spine) -> dict[str, float]:
    (only,) = variant_truths(spine)
    return dict(only.measured)


def height(points: np.ndarray, y: float, width: float = 1.0) -> float:
    """Height of a body (points in its frame) near the midline at a depth y."""
    near = points[(np.abs(points[:, 0]) < 1.0) & (np.abs(points[:, 1] - y) < width)]
    return float(np.ptp(near[:, 2]))


@pytest.mark.parametrize(("text", "levels"), ALL.items())
def test_nothing_intersects_nothing_falls_apart_discs_fill_their_space(text, levels):
    spine = build(text, levels)
    assert overlap(spine, 1.0) < 0.005
    maps = spine.voxelise(spine.grid(1.0))
    for key in spine.shapes:
        assert ndimage.label(maps.vertebrae == key, np.ones((3, 3, 3)))[1] == 1, level(key).name
    assert max(disc_voids(spine, maps).values()) < 0.02
    canal = np.isin(maps.subregions, (60, 61))
    pieces = np.bincount(ndimage.label(canal)[0].ravel())[1:]
    assert pieces.max() > 0.99 * canal.sum()


@pytest.mark.parametrize("text", ALL)
def test_nothing_intersects_in_a_severe_scoliosis_either(text):
    """The apex of a curve of 80 degrees lies near the variant; where levels come or go, it has its usual place."""
    variant = parse_variant(text)
    low = bool(variant.level) and level(variant.level).region == "lumbar"
    curve = Curve(80.0, apex="L2", half_length=4) if low else Curve(80.0)
    assert overlap(make_spine(SpineParameters(curves=(curve,), variants=(variant,))), 2.0) < 0.005


@pytest.mark.parametrize(("cobb", "apex"), [(10.0, "T8"), (45.0, "T5"), (45.0, "L1"), (80.0, "T8"), (80.0, "L2")])
@pytest.mark.parametrize("text", ALL)
def test_nothing_intersects_in_any_scoliosis(text, cobb, apex):
    """An incident: with four lumbar levels a curve of 80 degrees at L2 left no room, and 0.62 % intersected."""
    spine = make_spine(SpineParameters(curves=(Curve(cobb, apex=apex, half_length=4),), variants=(parse_variant(text),)))
    assert overlap(spine, 3.0) < 0.005


def test_a_sacrum_leans_only_below_a_severe_low_curve():
    """What one disc cannot take, and never more than that; the Cobb angle is what was asked for."""
    for cobb, apex, leans in ((45.0, "L2", False), (80.0, "T8", False), (80.0, "L2", True)):
        spine = build_scoliotic(cobb, apex)
        across = spine.frames[level("S1").id].superior[0]
        assert (abs(across) > 0.05) == leans, (cobb, apex)


def build_scoliotic(cobb: float, apex: str) -> Spine:
    curve = Curve(cobb, apex=apex, half_length=4)
    return make_spine(SpineParameters(curves=(curve,), variants=(parse_variant("four-lumbar"),)))


def test_every_kind_is_tested():
    assert {parse_variant(text).kind for text in ALL} == set(VARIANT_KINDS)


def test_a_wedge_is_lower_in_front_and_bends_the_spine_there():
    spine, maps = voxels("wedge:L1:0.35", "T12-L2")
    body = local(spine, maps, "L1", 49)
    row = dimensions("L1")
    depth = row.body_depth
    front, back = height(body, 0.40 * depth), height(body, -0.40 * depth)
    assert front / back == pytest.approx(row.height_front * 0.65 / row.height_back, abs=0.08)  # at the very rim
    facts = measured(spine)
    assert facts["front_to_back"] == pytest.approx(row.height_front * 0.65 / row.height_back, abs=0.015)  # rounded corners
    assert facts["genant_grade"] == 2
    plain, bent = build("", "T11-L3"), build("wedge:L1:0.35", "T11-L3")
    angle = [sagittal(each, "T12", False) - sagittal(each, "L2", True) for each in (plain, bent)]
    assert angle[1] - angle[0] == pytest.approx(np.degrees(np.arctan(row.height_front * 0.35 / depth)), abs=1.5)
    assert bent.shapes[level("L1").id].row.height_front == pytest.approx(row.height_front * 0.65)


def test_a_biconcave_body_is_lower_in_its_middle():
    spine, maps = voxels("biconcave:T12:0.3", "T11-L1")
    body = local(spine, maps, "T12", 49)
    depth = spine.shapes[level("T12").id].row.body_depth
    assert height(body, 0.0) / height(body, -0.44 * depth) == pytest.approx(0.7, abs=0.05)
    assert measured(spine)["middle_to_back"] == pytest.approx(0.7, abs=1e-9)
    assert measured(spine)["genant_grade"] == 2


@pytest.mark.parametrize(("text", "slip"), [("listhesis:L5:6", 6.0), ("listhesis:L4:10", 10.0), ("listhesis:L4:30%", 10.35)])
def test_a_slip_moves_the_body_over_the_one_below(text, slip):
    name = parse_variant(text).level
    below = {"L5": "S1", "L4": "L5"}[name]
    spine, plain = build(text, "L3-S1"), build("", "L3-S1")
    assert measured(spine)["slip_mm"] == pytest.approx(slip, abs=1e-6)

    def behind(each: Spine) -> float:
        """Hindmost midline voxel of the lower quarter of the body, seen from the level below."""
        maps = each.voxelise(each.grid(0.7, levels=f"{name}-{below}"))
        body = local(each, maps, name, 49)
        rim = body[(np.abs(body[:, 0]) < 6) & (body[:, 2] < np.percentile(body[:, 2], 12))]
        seen = each.frames[level(below).id].to_local(each.frames[level(name).id].to_ras(rim))
        return float(np.percentile(seen[:, 1], 3))

    assert behind(spine) - behind(plain) == pytest.approx(slip, abs=1.2)


@pytest.mark.parametrize(("text", "thoracic", "lumbar"), [("T13", 13, 5), ("L6", 12, 6), ("four-lumbar", 12, 4)])
def test_levels_come_and_go(text, thoracic, lumbar):
    spine = build(text, "T11-S1")
    maps = spine.voxelise(spine.grid(1.5))
    found = [level(int(key)).region for key in np.unique(maps.vertebrae) if 0 < key < 100]
    assert (found.count("thoracic"), found.count("lumbar")) == (thoracic - 10, lumbar)
    assert measured(spine) == {"thoracic_levels": thoracic, "lumbar_levels": lumbar}
    assert sagittal(spine, "S1", True) - sagittal(spine, "L1", True) == pytest.approx(50, abs=1e-6)
    keys = list(spine.shapes)
    gaps = [key for key in keys[:-1] if key not in spine.discs]
    assert not gaps


@pytest.mark.parametrize(("name", "below", "levels"), [("C5", "C6", "C4-C7"), ("L3", "L4", "L2-L5")])
def test_a_block_is_one_bone_without_a_disc(name, below, levels):
    spine, maps = voxels(f"block:{name}", levels)
    key, lower = level(name).id, level(below).id
    assert not (maps.vertebrae == level(name).disc_id).any()
    line = np.linspace(spine.frames[key].origin, spine.frames[lower].origin, 200)
    ijk = np.round(maps.grid.to_ijk(line)).astype(int)
    assert (maps.subregions[tuple(ijk.T)] == 49).all()
    assert 100 not in gap_points(spine, key)
    assert 100 in gap_points(spine, key - 1)
    assert 1.0 < measured(spine)["bone_between_mm"] < 6.0


@pytest.mark.parametrize("amount", [2, 4, 6, 10])
@pytest.mark.parametrize(("name", "levels"), [("L5", "L4-L5"), ("S1", "L5-S1"), ("C6", "C5-C6")])
def test_bifida_leaves_a_gap_behind(name, levels, amount):
    """An incident: at S1 the gap was 9 mm wide whatever was asked for."""
    spine, maps = voxels(f"bifida:{name}:{amount}", levels)
    plain = build("", levels)
    shape = spine.shapes[level(name).id]
    points = local(spine, maps, name)
    behind = points[(points[:, 1] < shape.canal.front - 0.9 * shape.canal.depth) & (points[:, 2] > -shape.row.height / 2 - 10)]
    behind = behind[behind[:, 2] > (-8 if name == "S1" else -99)]
    gap = 2 * np.abs(behind[:, 0]).min() - 0.7  # from edge to edge of the voxels
    assert gap == pytest.approx(amount, abs=1.0)
    assert measured(spine)["gap_mm"] == pytest.approx(amount, abs=0.3)
    if name != "S1":
        assert not len(local(spine, maps, name, 42))
        assert 42 not in level_points(shape)
        assert 81 not in level_points(shape)
        assert 81 in level_points(plain.shapes[level(name).id])


def test_a_laminectomy_opens_the_canal_and_leaves_pedicles_and_facets():
    spine, maps = voxels("laminectomy:L4", "L3-L5")
    plain = build("", "L3-L5")
    before = plain.voxelise(plain.grid(0.7))
    key = level("L4").id
    volumes = {}
    for label in range(41, 50):
        volumes[label] = (len(local(spine, maps, "L4", label)), len(local(plain, before, "L4", label)))
    assert volumes[42][0] == 0
    assert volumes[41][0] < 0.85 * volumes[41][1]
    for label in range(43, 50):
        assert volumes[label][0] > 0.9 * volumes[label][1], label
    shape = spine.shapes[key]
    z = np.linspace(-8, 8, 9)
    behind = np.stack(np.meshgrid([-5.0, 0.0, 5.0], np.linspace(-100, shape.canal.front - 2, 90), z), axis=-1)
    assert (shape.solid(behind) > 0).all()
    assert (plain.shapes[key].solid(behind) < 0).any()
    points = level_points(shape)
    assert {42, 81, 125, 127}.isdisjoint(points)
    assert {41, 86, 89} <= set(points)
    assert {94, 95} <= set(gap_points(spine, key))


@pytest.mark.parametrize(
    ("text", "name", "small", "other"),
    [
        ("asymmetric-arch:L4:right", "L4", 44, 43),
        ("asymmetric-arch:T8:left:0.4", "T8", 43, 44),
    ],
)
def test_an_asymmetric_arch_is_smaller_on_one_side(text, name, small, other):
    spine, maps = voxels(text, name, 0.5)
    counts = [len(local(spine, maps, name, label)) for label in (small, other)]
    assert counts[0] < 0.85 * counts[1]
    arch = local(spine, maps, name, 41)
    side = 1 if small == 44 else -1
    assert (side * arch[:, 0] > 0).sum() < 0.85 * (side * arch[:, 0] < 0).sum()
    assert counts[0] / counts[1] == pytest.approx(measured(spine)["transverse_process_volume_to_other_side"], rel=0.05)
    shape = spine.shapes[level(name).id]
    points = level_points(shape)
    assert not shape.symmetric
    assert side * points[82 if small == 44 else 83][0] < abs(points[83 if small == 44 else 82][0]) - 1.0
    for poi, part in ((82, 44), (83, 43), (86, 47), (87, 48), (84, 49), (85, 49)):
        assert abs(shape.distance(points[poi], part)) < 1e-3, poi


def test_osteophytes_widen_the_rims_and_nothing_else():
    spine, maps = voxels("osteophytes:L3:4", "L2-L4")
    plain = build("", "L2-L4")
    before = plain.voxelise(plain.grid(0.7))
    wide = []
    for each, label_maps in ((spine, maps), (plain, before)):
        body = local(each, label_maps, "L3", 49)
        rim, waist = np.abs(body[:, 2]) > 10, np.abs(body[:, 2]) < 2
        wide.append((np.ptp(body[rim, 0]), np.ptp(body[waist, 0]), body[rim, 1].max(), body[rim, 1].min()))
    assert wide[0][0] - wide[1][0] == pytest.approx(8.0, abs=1.5)
    assert wide[0][1] - wide[1][1] < 1.5
    assert wide[0][2] - wide[1][2] == pytest.approx(4.0, abs=1.0)
    assert wide[0][3] == pytest.approx(wide[1][3], abs=0.8)
    assert measured(spine)["lip_in_front_mm"] == pytest.approx(4.0, abs=1.0)


def test_the_truth_names_every_variant():
    spine = build("wedge:T12 osteophytes:L1", "T12-L1")
    result = ground_truth(spine)
    assert [each.variant.kind for each in result.variants] == ["wedge", "osteophytes"]
    assert all(each.measured for each in result.variants)
    assert spine.shapes[level("T12").id].row.height_front == pytest.approx(dimensions("T12").height_front * 0.7)
    whole = ground_truth(build("", "T12-L1"), levels=[level("T12").id]).sizes[level("T12").id]
    assert result.sizes[level("T12").id].height_front == pytest.approx(whole.height_front * 0.7, rel=0.04)


def test_turning_a_variant_turns_its_truth():
    spine = build("asymmetric-arch:L4 wedge:L4", "L4")
    q, _ = np.linalg.qr(np.random.default_rng(2).standard_normal((3, 3)))
    turn = q * np.sign(np.linalg.det(q))
    before, after = truth(spine), truth(spine.rotated(turn))
    assert before.points.keys() == after.points.keys()
    for key, point in before.points.items():
        assert np.abs(turn @ point - after.points[key]).max() < 1e-9
    assert variant_truths(spine) == variant_truths(spine.rotated(turn))


def test_what_is_left_out_is_what_is_usual():
    assert parse_variant("listhesis") == Variant("listhesis", "L5", 6.0, "", "mm")
    assert parse_variant("ASYMMETRIC-arch:l3:LEFT:0.4") == Variant("asymmetric-arch", "L3", 0.4, "left")
    assert parse_variant("wedge:T7:30%").amount == pytest.approx(0.3)
    assert parse_variant("l6") == Variant("L6")
    for kind in VARIANT_KINDS.values():
        assert Variant(kind.name).level == kind.level
        assert len(kind.what) > 10


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("hump", "no variant 'hump'"),
        ("wedge:L1:2", "between 0.05 and 0.6"),
        ("wedge:L1:nan", "between"),
        ("wedge:X1", "level"),
        ("wedge:C1", "from C3 to L6"),
        ("wedge:L1:L2", "cannot be read"),
        ("wedge:", "cannot be read"),
        ("L6:L5", "of no level"),
        ("block:C5:3", "no size"),
        ("listhesis:L5:60%", "between 3 and 45 %"),
        ("wedge:L1:left", "no side"),
    ],
)
def test_bad_variants_get_one_sentence(text, what):
    with pytest.raises(ParameterError, match=what):
        parse_variant(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("wedge:L5 four-lumbar", "no L5"),
        ("L6 four-lumbar", "cannot both be"),
        ("wedge:L1 wedge:L1:0.5", "wedge and wedge cannot both be at L1"),
        ("bifida:L5 laminectomy:L5", "cannot both be at L5"),
        ("block:L4 listhesis:L4", "cannot both be at L4"),
        ("listhesis:L6", "no L6"),
    ],
)
def test_impossible_combinations_get_one_sentence(text, what):
    with pytest.raises(ParameterError, match=what):
        build(text)


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        ("listhesis:C3", "C4"),
        ("listhesis:L5", "S1"),
        ("listhesis:T4", "T5"),
        ("osteophytes:C4", "C4"),
        ("osteophytes:C7", "C7"),
    ],
)
def test_a_variant_is_no_larger_than_the_bodies_of_this_person_allow(text, beside):
    """An incident: 16 mm of C3 over C4 were 103 % of its depth, while 46 % were refused."""
    for scale in (1.0, 0.8):
        most = 0.45 * scale * dimensions(beside).body_depth

        def made(amount, scale=scale):
            variants = (parse_variant(f"{text}:{amount}"),)
            return make_spine(SpineParameters(levels="C7", scale=scale, variants=variants))

        made(most - 0.01)
        said = rf"at most {np.floor(10 * most + 1e-6) / 10:.1f} mm \(45 % of the depth of {beside}"
        with pytest.raises(ParameterError, match=said):
            made(most + 0.01)
