"""The pictures of the report: projections, depth maps, sides, cuts."""

from itertools import pairwise

import numpy as np
import pytest
from spinetwin.anatomy import PointId, SubregionId, level
from spinetwin.errors import ParameterError
from spinetwin.geometry import Frame, Grid, LabelMaps
from spinetwin.poi import Poi, PoiSet, Status
from spinetwin.report import colours, marks
from spinetwin.report.blocks import blocks
from spinetwin.report.closeup import choose_level, label_places, short_label, subregion_label
from spinetwin.report.overlay import spread
from spinetwin.report.render import DepthMap, add_blocks, shade
from spinetwin.report.scene import Scene
from spinetwin.report.sections import Plane, section
from spinetwin.report.views import VIEWS, Canvas

FRONT, RIGHT, BACK = VIEWS
L3 = level("L3").id
L4 = level("L4").id


def maps_of(inside, shape=(50, 50, 50), spacing=(1.0, 1.0, 1.0), axes=None, origin=None):
    """Voxelise a solid: `inside` says for RAS positions (..., 3) which are bone of L3."""
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) if axes is None else axes) * np.array(spacing)
    centre = affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    affine[:3, 3] = -centre if origin is None else origin
    grid = Grid(shape, affine)
    bone = inside(grid.to_ras(np.moveaxis(np.indices(shape), 0, -1)))
    return LabelMaps(grid, np.where(bone, SubregionId.BODY, 0).astype(np.uint8), np.where(bone, L3, 0).astype(np.uint8))


def depth_map(maps, view, half=30.0, factor=2):
    """Draw one view of a box of +-half mm."""
    result = DepthMap.empty(Canvas.around(view, [-half] * 3, [half] * 3, 1.0 / factor))
    for block in blocks(maps, 1.0):
        add_blocks([result], block, 1.0, factor)
    return result


def sphere(ras):
    return np.linalg.norm(ras - [2.0, -3.0, 4.0], axis=-1) <= 15.0


def test_front_view_has_the_patients_right_on_the_left_and_the_head_on_top():
    canvas = Canvas.around(FRONT, [-10, -10, -10], [10, 10, 10], 0.5)
    assert canvas.shape == (41, 41)
    column, row, towards = canvas.project([[10, 7, 10], [-10, 7, -10]])
    assert column.tolist() == [0, 40]
    assert row.tolist() == [0, 40]
    assert towards.tolist() == [7, 7]
    assert (FRONT.left_letter, FRONT.right_letter) == ("R", "L")


@pytest.mark.parametrize(
    ("view", "letters", "towards"),
    [(FRONT, "RL", "A"), (RIGHT, "PA", "R"), (BACK, "LR", "P")],
    ids=["front", "right", "back"],
)
def test_letters_say_where_the_patients_sides_are(view, letters, towards):
    directions = {"R": (1, 0, 0), "L": (-1, 0, 0), "A": (0, 1, 0), "P": (0, -1, 0)}
    assert directions[letters[1]] == view.across
    assert directions[letters[0]] == tuple(-number for number in view.across)
    assert directions[towards] == view.towards
    assert (view.left_letter, view.right_letter) == tuple(letters)
    assert np.cross(view.across, view.up).tolist() == list(view.towards)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
@pytest.mark.parametrize("factor", [2, 3])
def test_the_depth_of_a_sphere_is_right_within_a_pixel(view, factor):
    drawn = depth_map(maps_of(sphere), view, factor=factor)
    rows, columns = np.indices(drawn.canvas.shape)
    column, row, depth = drawn.canvas.project([2.0, -3.0, 4.0])
    distance = np.hypot(rows - row, columns - column) / factor
    bone = drawn.level > 0
    assert bone[distance < 14.0].all()
    assert not bone[distance > 15.8].any()
    well_inside = distance < 12.0
    expected = depth + np.sqrt(15.0**2 - distance[well_inside] ** 2)
    assert np.abs(drawn.depth[well_inside] - expected).max() < 0.6
    normal = np.stack([(columns - column) / factor, (row - rows) / factor, np.sqrt(np.maximum(225 - distance**2, 0))], -1) / 15
    assert (drawn.normal[well_inside] * normal[well_inside]).sum(-1).min() > 0.97


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_box_is_where_it_is(view):
    def box(ras):
        return (np.abs(ras - [5, 0, -2]) <= [8.25, 12.25, 10.25]).all(axis=-1)

    drawn = depth_map(maps_of(box, spacing=(0.5, 0.5, 0.5), shape=(80, 80, 80)), view)
    centre, half = np.array([5, 0, -2]), np.array([8.5, 12.5, 10.5]) - 0.0
    column, row, _ = drawn.canvas.project(np.array([centre - half, centre + half]))
    found_rows, found_columns = np.nonzero(drawn.level)
    assert abs(found_rows.min() - row.min()) <= 1
    assert abs(found_rows.max() - row.max()) <= 1
    assert abs(found_columns.min() - column.min()) <= 1
    assert abs(found_columns.max() - column.max()) <= 1
    nearest = view.components(centre)[2] + np.abs(view.components(half)[2])
    middle = drawn.surface_at(column.mean(), row.mean())
    assert abs(middle - nearest) < 0.5


def rotation(degrees):
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])


def test_storage_order_does_not_change_the_picture():
    maps = maps_of(sphere)
    order, flip = (2, 0, 1), (slice(None, None, -1), slice(None), slice(None, None, -1))
    affine = np.eye(4)
    affine[:3, :3] = maps.grid.ijk_to_ras[:3, list(order)] * [-1, 1, -1]
    shape = np.array(maps.grid.shape)[list(order)]
    corner = np.zeros(3)
    corner[list(order)] = (shape - 1) * [1, 0, 1]
    affine[:3, 3] = maps.grid.to_ras(corner)
    stored = LabelMaps(
        Grid(tuple(shape), affine), maps.subregions.transpose(order)[flip].copy(), maps.vertebrae.transpose(order)[flip].copy()
    )
    for view in VIEWS:
        assert np.array_equal(shade(depth_map(maps, view)), shade(depth_map(stored, view)))


@pytest.mark.parametrize("spacing", [(3.3, 0.8, 0.8), (1.0, 1.0, 2.0)])
def test_thick_and_oblique_slices_give_nearly_the_same_silhouette(spacing):
    fine = depth_map(maps_of(sphere), FRONT).level > 0
    shape = tuple(int(60 / each) for each in spacing)
    thick = depth_map(maps_of(sphere, shape=shape, spacing=spacing, axes=rotation(25)), FRONT).level > 0
    assert (fine & thick).sum() / (fine | thick).sum() > 0.93


def test_a_stray_voxel_far_away_makes_no_huge_block():
    def solid(ras):
        return sphere(ras) | (np.linalg.norm(ras - [28, 28, 28], axis=-1) < 1.8)

    made = list(blocks(maps_of(solid, shape=(60, 60, 60)), 1.0))
    assert len(made) == 2
    assert sum(block.values.size for block in made) < 40**3


def test_what_is_nearer_hides_what_is_behind():
    near = maps_of(sphere, shape=(50, 90, 50))
    behind = LabelMaps(near.grid, near.subregions, np.roll(near.vertebrae, -20, axis=1) // L3 * np.uint8(L4))
    both = LabelMaps(
        near.grid,
        np.maximum(near.subregions, (behind.vertebrae > 0) * np.uint8(SubregionId.BODY)),
        np.where(near.vertebrae > 0, near.vertebrae, behind.vertebrae).astype(np.uint8),
    )
    for view, nearer in ((FRONT, L3), (BACK, L4)):
        drawn = depth_map(both, view)
        column, row, _ = drawn.canvas.project([2.0, -3.0, 4.0])
        assert drawn.level[int(row), int(column)] == nearer


def test_soft_tissue_with_a_level_is_not_drawn_as_bone():
    maps = maps_of(sphere)
    canal = LabelMaps(maps.grid, np.where(maps.subregions > 0, SubregionId.CANAL, 0).astype(np.uint8), maps.vertebrae)
    assert list(blocks(canal, 1.0)) == []


def test_a_section_is_coloured_where_the_solid_is():
    maps = maps_of(sphere)
    plane = Plane(np.zeros(3), np.array([-1.0, 0, 0]), np.array([0, 1.0, 0]), (-25.0, 25.0), (-25.0, 25.0))
    x, y, regions = section(maps, L3, plane)
    (region,) = regions
    assert region.own
    assert region.label == SubregionId.BODY
    radius = np.hypot(x[None, :] + 2.0, y[:, None] + 3.0)
    edge = np.sqrt(15.0**2 - 4.0**2)
    assert (region.lead[radius < edge - 0.8] > 0).all()
    assert (region.lead[radius > edge + 0.8] < 0).all()


def test_a_section_tells_the_neighbours_from_the_level():
    maps = maps_of(sphere)
    plane = Plane(np.zeros(3), np.array([-1.0, 0, 0]), np.array([0, 1.0, 0]), (-20.0, 20.0), (-20.0, 20.0))
    assert [region.own for region in section(maps, L4, plane)[2]] == [False]
    away = Plane(np.full(3, 500.0), plane.across, plane.up, plane.x_range, plane.y_range)
    assert section(maps, L3, away)[2] == []


def placed(key, point, position=(0.0, 0.0, 0.0), **more):
    return Poi(key, point, more.pop("status", Status.OK), position, **more)


def test_the_close_up_shows_l3_or_the_middle_level_with_flavum_points():
    flavum = next(each for each in range(200) if _name(each) == "ligamentum_flavum_superior_median")
    names = ("T11", "T12", "L1", "L3")
    keys = [level(name).id for name in names]
    every = Scene.of(PoiSet.of(placed(key, flavum) for key in keys), {})
    assert choose_level(every, None) == keys[3]
    some = Scene.of(PoiSet.of([*(placed(key, flavum) for key in keys[:3]), placed(keys[3], PointId.BODY)]), {})
    assert choose_level(some, None) == keys[1]
    assert choose_level(some, keys[0]) == keys[0]
    assert choose_level(Scene.of(PoiSet({}), {}), None) is None
    with pytest.raises(ParameterError, match="C5"):
        choose_level(some, level("C5").id)


def _name(key):
    from spinetwin.anatomy import POINTS

    return next((each.name for each in POINTS if each.id == key), "")


def test_frames_come_from_the_direction_points_where_no_frame_is_known():
    axes = rotation(30).T
    tips = {
        PointId.BODY: [0, 0, 0],
        PointId.DIRECTION_RIGHT: 10 * axes[0],
        PointId.DIRECTION_POSTERIOR: -10 * axes[1],
        PointId.DIRECTION_INFERIOR: -10 * axes[2],
    }
    pois = PoiSet.of(placed(L3, int(key), tuple(np.add(tip, 5.0))) for key, tip in tips.items())
    frame = Scene.of(pois, {}).frames[L3]
    assert np.allclose(frame.axes, axes)
    assert np.allclose(frame.origin, 5.0)
    assert Scene.of(PoiSet.of([placed(L3, PointId.BODY)]), {}).frames == {}
    known = Frame(np.ones(3), np.eye(3), "spline")
    assert Scene.of(PoiSet(pois.points, {L3: known}), {}).frames[L3] is known


def test_a_dot_is_painted_where_its_point_projects():
    canvas = Canvas.around(FRONT, [-20, -20, -20], [20, 20, 20], 0.25)
    figure = marks.new_figure(canvas.shape[1], canvas.shape[0])
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(-0.5, canvas.shape[1] - 0.5)
    axes.set_ylim(canvas.shape[0] - 0.5, -0.5)
    axes.set_axis_off()
    poi = placed(L3, PointId.BODY, (8.0, 1.0, 6.0), status=Status.SUSPECT, reason="why")
    column, row, _ = canvas.project([poi.position])
    marks.draw_points(axes, [poi], column, row, 9.0)
    figure.canvas.draw()
    picture = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)
    amber = np.abs(picture - np.round(np.multiply(colours.rgb(colours.SUSPECT), 255))).sum(axis=-1) < 12
    rows, columns = np.nonzero(amber)
    assert abs(columns.mean() - column[0]) < 1.0
    assert abs(rows.mean() - row[0]) < 2.5
    assert (column[0], row[0]) == ((20 - 8) * 4, (20 - 6) * 4)


def test_edited_and_suspect_points_have_marks_of_their_own():
    ok, suspect = placed(L3, PointId.BODY), placed(L3, PointId.ARCH, status=Status.SUSPECT, reason="why")
    kinds = [marks.kind(each) for each in (ok, suspect, suspect.moved_to((1.0, 2.0, 3.0)))]
    assert kinds == ["ok", "suspect", "edited"]
    labels = [handle.get_label() for handle in marks.legend_handles([ok, suspect], 10.0, faint=False)]
    assert labels == ["body", "suspect"]


def test_level_names_are_moved_apart_in_their_own_order():
    moved = spread(np.array([10.0, 12.0, 50.0, 11.0]), 8.0)
    assert np.diff(np.sort(moved)).min() >= 8.0 - 1e-9
    assert np.argsort(moved).tolist() == [0, 3, 1, 2]
    assert spread(np.array([0.0, 40.0]), 8.0).tolist() == [0.0, 40.0]
    assert spread(np.zeros(0), 8.0).tolist() == []


def test_labels_of_close_points_do_not_lie_on_each_other():
    x, y = np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.3, 0.1])
    places = label_places(x, y, [0, 1, 2], ["spinal cord", "spinal canal", "flavum superior"])
    for index, (a, b) in enumerate(places):
        for c, d in places[index + 1 :]:
            assert abs(b - d) > 1.5 or abs(a - c) > 10.0


def test_names_are_short_and_for_people():
    from spinetwin.anatomy import POINTS, SUBREGIONS

    by_name = {each.name: each.id for each in POINTS}
    assert short_label(by_name["anterior_longitudinal_ligament_superior_median"]) == "ALL superior"
    assert short_label(by_name["ligamentum_flavum_inferior_left"]) == "flavum inferior, left"
    assert subregion_label(SubregionId.COSTAL_LEFT) == "Transverse process, left"
    assert subregion_label(SubregionId.BODY) == "Vertebral body"
    assert subregion_label(250) == "label 250"
    assert all(subregion_label(each.id) for each in SUBREGIONS)


def test_every_level_has_a_colour_and_neighbours_of_a_region_differ():
    from spinetwin.anatomy import LEVELS

    for above, below in pairwise(LEVELS):
        assert colours.of_level(above.id) != colours.of_level(below.id)


def test_an_empty_picture_is_white():
    canvas = Canvas.around(FRONT, [-5, -5, -5], [5, 5, 5], 0.5)
    assert (shade(DepthMap.empty(canvas)) == 255).all()
