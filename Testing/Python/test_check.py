"""A spine of boxes, spoilt in one way at a time."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from spinetwin.anatomy import SubregionId, level, parse_levels
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.poi.check import check_maps

# label: low and high corner in mm along right, anterior, superior from the centre of the body
BOXES = {
    SubregionId.BODY: ((-12, -8, -8), (12, 8, 8)),
    SubregionId.ARCH: ((-12, -16, -4), (12, -8, 4)),
    SubregionId.SPINOUS: ((-2, -28, -6), (2, -16, 2)),
    SubregionId.COSTAL_LEFT: ((-24, -16, -2), (-12, -10, 2)),
    SubregionId.COSTAL_RIGHT: ((12, -16, -2), (24, -10, 2)),
    SubregionId.SUPERIOR_ARTICULAR_LEFT: ((-12, -16, 4), (-6, -10, 10)),
    SubregionId.SUPERIOR_ARTICULAR_RIGHT: ((6, -16, 4), (12, -10, 10)),
    SubregionId.INFERIOR_ARTICULAR_LEFT: ((-12, -16, -10), (-6, -10, -4)),
    SubregionId.INFERIOR_ARTICULAR_RIGHT: ((6, -16, -10), (12, -10, -4)),
}


def boxes(names="T12,L1,L2", tilt=None, margin=12.0, step=2.0):
    """Vertebrae 24 mm apart, tilted as a whole, on a RAS grid."""
    levels = parse_levels(names)
    turn = np.eye(3) if tilt is None else Rotation.from_euler("xyz", tilt, degrees=True).as_matrix()
    half = np.array([24 + margin, 28 + margin, 12 * len(levels) + margin])
    reach = np.abs(turn) @ half
    shape = tuple(int(n) for n in np.ceil(2 * reach / step))
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = -reach + 0.37
    grid = Grid(shape, affine)
    local = grid.to_ras(np.moveaxis(np.indices(shape), 0, -1)) @ turn
    subregions, vertebrae = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    for row, each in enumerate(levels):
        here = local - [0, 6, 12 * (len(levels) - 1) - 24 * row]
        for label, (low, high) in BOXES.items():
            inside = ((here >= low) & (here < high)).all(axis=-1)
            subregions[inside], vertebrae[inside] = label, each.id
    return LabelMaps(grid, subregions, vertebrae)


def changed(maps, subregions=None, vertebrae=None, grid=None):
    return LabelMaps(
        maps.grid if grid is None else grid,
        maps.subregions if subregions is None else subregions,
        maps.vertebrae if vertebrae is None else vertebrae,
    )


def swap(array, first, second):
    result = array.copy()
    result[array == first], result[array == second] = second, first
    return result


def texts(report, severity=None):
    return " ".join(each.text for each in report.findings if severity in (None, each.severity))


@pytest.mark.parametrize("tilt", [None, (0, 45, 0), (30, 0, 0), (0, 0, 60), (20, -40, 35)])
def test_a_whole_spine_has_nothing_to_say_at_any_tilt(tilt):
    report = check_maps(boxes(tilt=tilt))
    assert report.usable
    assert report.findings == ()
    assert [level(each.level).name for each in report.levels] == ["T12", "L1", "L2"]
    assert all(each.complete and not each.touches_border for each in report.levels)


def test_one_level_alone():
    assert check_maps(boxes("L3")).findings == ()


def test_empty_maps():
    maps = boxes()
    for spoilt in (changed(maps, subregions=maps.subregions * 0), changed(maps, vertebrae=maps.vertebrae * 0)):
        report = check_maps(spoilt)
        assert not report.usable
        assert "is empty" in texts(report)


def test_an_image_given_as_a_map():
    maps = boxes()
    noise = np.random.default_rng(1).integers(1, 60000, maps.grid.shape).astype(np.uint16)
    assert "image" in texts(check_maps(changed(maps, subregions=noise)), "error")


def test_unknown_labels_are_named_and_the_rest_is_used():
    maps = boxes()
    spoilt = maps.subregions.copy()
    spoilt[:2, :2, :2] = 99
    report = check_maps(changed(maps, subregions=spoilt))
    assert report.usable
    assert "99 (8 voxels)" in texts(report)


def test_maps_in_the_wrong_order():
    maps = boxes()
    report = check_maps(changed(maps, maps.vertebrae, maps.subregions))
    assert not report.usable
    assert "wrong order" in texts(report)


def test_maps_that_do_not_overlap():
    maps = boxes(margin=40)
    report = check_maps(changed(maps, vertebrae=np.roll(maps.vertebrae, 30, axis=0)))
    assert "do not overlap" in texts(report, "error") or "Only" in texts(report)
    apart = np.zeros_like(maps.vertebrae)
    apart[:3] = level("L1").id
    assert "do not overlap" in texts(check_maps(changed(maps, vertebrae=apart)), "error")


def test_only_the_sacrum():
    maps = boxes("L5")
    sacrum = np.where(maps.vertebrae > 0, level("S1").id, 0).astype(np.uint8)
    report = check_maps(changed(maps, np.where(sacrum > 0, SubregionId.SACRUM, 0).astype(np.uint8), sacrum))
    assert not report.usable
    assert "Only the sacrum" in texts(report)


@pytest.mark.parametrize("label", [SubregionId.BODY, SubregionId.ARCH, SubregionId.SPINOUS, SubregionId.COSTAL_LEFT])
def test_a_missing_part_is_named_and_costs_only_its_level(label):
    maps = boxes()
    spoilt = maps.subregions.copy()
    spoilt[(spoilt == label) & (maps.vertebrae == level("L1").id)] = 0
    report = check_maps(changed(maps, subregions=spoilt))
    assert report.usable
    assert [each.missing for each in report.levels] == [(), (label,), ()]
    assert "L1 lacks" in texts(report, "warning")


def test_no_bone_at_all():
    maps = boxes()
    report = check_maps(changed(maps, subregions=np.where(maps.vertebrae > 0, SubregionId.CANAL, 0).astype(np.uint8)))
    assert not report.usable


def test_a_hollow_body():
    maps = boxes()
    spoilt = maps.subregions.copy()
    body = np.argwhere((spoilt == SubregionId.BODY) & (maps.vertebrae == level("L1").id))
    (i, j, k), (a, b, c) = body.min(axis=0) + 1, body.max(axis=0)
    spoilt[i:a, j:b, k:c] = 0
    report = check_maps(changed(maps, subregions=spoilt))
    assert "The body of L1 is hollow" in texts(report, "warning")
    assert "holes" in texts(report, "note")
    spoilt[i:a, j:b, k : c + 1] = 0  # a shell without a lid
    assert "The body of L1 is hollow" in texts(check_maps(changed(maps, subregions=spoilt)), "warning")


def test_touching_the_edge_of_the_image():
    maps = boxes()
    block = maps.subregions[:, :, :-10], maps.vertebrae[:, :, :-10]
    report = check_maps(LabelMaps(Grid(block[0].shape, maps.grid.ijk_to_ras), *block))
    assert report.levels[0].touches_border
    assert "touches the edge" in texts(report, "note")


def test_levels_numbered_from_below():
    maps = boxes()
    report = check_maps(changed(maps, vertebrae=swap(maps.vertebrae, level("T12").id, level("L2").id)))
    assert not report.usable
    assert "numbered from below: T12 lies under L2" in texts(report)


def test_two_levels_exchanged():
    maps = boxes("T10,T11,T12,L1,L2")
    report = check_maps(changed(maps, vertebrae=swap(maps.vertebrae, level("T11").id, level("T12").id)))
    assert "T11 and T12 are out of order" in texts(report, "warning")


def test_skipped_levels_and_the_optional_t13():
    assert "L1 is absent" in texts(check_maps(boxes("T12,L2")))
    assert "T11, L1 are absent" in texts(check_maps(boxes("T10,T12,L2")))
    assert check_maps(boxes("T12,T13,L1")).findings == ()


@pytest.mark.parametrize("tilt", [None, (0, 45, 0), (20, -40, 35)])
def test_left_and_right_swapped(tilt):
    maps = boxes(tilt=tilt)
    spoilt = maps.subregions
    for left in (SubregionId.COSTAL_LEFT, SubregionId.SUPERIOR_ARTICULAR_LEFT, SubregionId.INFERIOR_ARTICULAR_LEFT):
        spoilt = swap(spoilt, left, left + 1)
    report = check_maps(changed(maps, subregions=spoilt))
    assert not report.usable
    assert "swapped on all levels" in texts(report)
    partly = np.where(maps.vertebrae == level("L1").id, spoilt, maps.subregions)
    report = check_maps(changed(maps, subregions=partly))
    assert report.usable
    assert [each.level for each in report.findings] == [level("L1").id]
    assert "swapped in L1" in texts(report, "warning")


@pytest.mark.parametrize(("axis", "says"), [(0, "mirrored"), (1, "flipped front to back"), (2, "upside down")])
def test_an_image_flipped_against_its_header(axis, says):
    maps = boxes()
    report = check_maps(changed(maps, np.flip(maps.subregions, axis), np.flip(maps.vertebrae, axis)))
    assert [each.severity for each in report.findings] == ["error"]
    assert says in texts(report)


def test_stray_pieces_and_separate_parts():
    maps = boxes()
    subregions, vertebrae = maps.subregions.copy(), maps.vertebrae.copy()
    subregions[1:3, 1:3, 1:3], vertebrae[1:3, 1:3, 1:3] = SubregionId.BODY, level("L2").id
    report = check_maps(changed(maps, subregions, vertebrae))
    assert "L2 has 1 stray piece (64 mm³)" in texts(report, "note")
    subregions[1:10, 1:10, 1:10], vertebrae[1:10, 1:10, 1:10] = SubregionId.BODY, level("L2").id
    assert "L2 is in 2 separate parts" in texts(check_maps(changed(maps, subregions, vertebrae)), "warning")


@pytest.mark.parametrize("axes", [(2, 1, 0), (1, 2, 0), (0, 2, 1)])
def test_storage_order_does_not_matter(axes):
    maps = boxes(tilt=(20, -40, 35))
    affine = maps.grid.ijk_to_ras.copy()
    affine[:3, :3] = affine[:3, :3][:, axes]
    subregions, vertebrae = maps.subregions.transpose(axes), maps.vertebrae.transpose(axes)
    assert check_maps(LabelMaps(Grid(subregions.shape, affine), subregions, vertebrae)) == check_maps(maps)
