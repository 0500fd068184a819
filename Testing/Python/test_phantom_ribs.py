"""The ribs of the phantom: sizes, joints, where they run in any posture, and how maps, images and files show them."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial import cKDTree
from spinetwin.anatomy import level
from spinetwin.anatomy.subregions import SubregionId
from spinetwin.anatomy.tables import read_table
from spinetwin.geometry import Grid
from spinetwin.io.truth import read_truth, write_truth
from spinetwin.phantom import Curve, ImageParameters, SpineParameters, ground_truth, lenke_curves, make_spine, parse_variant
from spinetwin.phantom.image.contrast import tissue_id
from spinetwin.phantom.image.render import render_image
from spinetwin.phantom.image.scene import tissue_map
from spinetwin.phantom.shape.ribs import FORMS
from spinetwin.phantom.surfaces import surfaces
from spinetwin.phantom.voxels import block_of, rib_pieces, sample
from spinetwin.poi.check import check_maps

INCH = 25.4
HUTCHINSON = {  # length, distance of the extremities, height of the arc over it; inches, ribs 1 to 12
    "length": (5.25, 9.0, 11.0, 12.25, 12.5, 12.6, 12.25, 12.1, 11.5, 10.5, 8.25, 4.5),
    "chord": (2.0, 3.75, 5.1, 6.0, 6.9, 7.1, 7.5, 7.9, 7.75, 7.0, 5.9, 3.75),
    "arc": (1.75, 3.0, 3.4, 3.5, 3.5, 3.5, 3.3, 3.25, 3.1, 2.9, 2.25, 1.0),
}
NAKO = np.array([297.0, 187.0, 322.0])
"""Width, depth and height of the cage of the ribs, mean of 26275 adults 173 cm tall."""

POSTURES = {
    "straight": SpineParameters(ribs=True),
    "Cobb 60": SpineParameters(ribs=True, curves=(Curve(60),)),
    "Cobb 80": SpineParameters(ribs=True, curves=(Curve(80),)),
    "Lenke 3": SpineParameters(ribs=True, curves=lenke_curves(3, 60)),
    "hunched": SpineParameters(ribs=True, kyphosis=80),
    "flat": SpineParameters(ribs=True, kyphosis=10),
    "T13": SpineParameters(ribs=True, variants=(parse_variant("T13"),)),
    "one small side": SpineParameters(ribs=True, variants=(parse_variant("osteophytes:T8"), parse_variant("wedge:T7"))),
}


@pytest.fixture(scope="module")
def spine():
    return make_spine(POSTURES["straight"])


@pytest.fixture(scope="module")
def maps(spine):
    return spine.voxelise(spine.grid(1.5))


def masks(spine, grid):
    """Voxels of bone and discs, and how many ribs each voxel lies in, each solid evaluated on its own."""
    others, count = np.zeros(grid.shape, dtype=bool), np.zeros(grid.shape, dtype=np.uint8)
    for key, shape in spine.shapes.items():
        sampled = sample(shape, block_of(grid, spine.frames[key]))
        others[sampled.block.where] |= sampled.solid < 0
    for key, disc in spine.discs.items():
        block = block_of(grid, spine.frames[key]).within(disc.box, 0.0)
        others[block.where] |= disc.distance(*block.coordinates()) < 0
    for key, pair in spine.ribs.items():
        for rib in pair:
            for where, distance in rib_pieces(rib, block_of(grid, spine.frames[key]), 0.0):
                count[where] += distance < 0
    return others, count


@pytest.mark.parametrize("name", POSTURES)
def test_ribs_cut_neither_vertebrae_nor_each_other(name):
    spine = make_spine(POSTURES[name])
    others, count = masks(spine, spine.grid(1.5))
    assert ((count > 0) & others).sum() < 0.0005 * (count > 0).sum()
    assert (count > 1).sum() < 0.005 * (count > 0).sum()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ribs_of_other_people_cut_nothing_either(seed):
    sex = "mf"[seed % 2]
    parameters = SpineParameters(ribs=True, sex=sex, height_cm=150.0 + 15 * seed, curves=(Curve(30, apex="T9", side="left"),))
    spine = make_spine(parameters, np.random.default_rng(seed))
    others, count = masks(spine, spine.grid(1.5))
    assert ((count > 0) & others).sum() < 0.0005 * (count > 0).sum()
    assert (count > 1).sum() < 0.005 * (count > 0).sum()


def test_twelve_pairs_or_thirteen_or_none():
    assert [level(key).name for key in make_spine(POSTURES["straight"]).ribs] == [f"T{n}" for n in range(1, 13)]
    assert [level(key).name for key in make_spine(POSTURES["T13"]).ribs] == [f"T{n}" for n in range(1, 14)]
    assert not make_spine(SpineParameters()).ribs
    assert list(make_spine(SpineParameters(levels="T8-L2", ribs=True)).ribs) == [level(f"T{n}").id for n in range(8, 13)]
    assert not make_spine(SpineParameters(levels="L1-S1", ribs=True)).ribs


def test_without_ribs_the_maps_are_what_they_were(maps):
    plain = make_spine(SpineParameters()).voxelise(maps.grid)
    ribs = np.isin(maps.subregions, (SubregionId.RIB_LEFT, SubregionId.RIB_RIGHT))
    assert np.array_equal(np.where(ribs, 0, maps.subregions), plain.subregions)
    assert np.array_equal(np.where(ribs, 0, maps.vertebrae), plain.vertebrae)


def test_ribs_are_as_long_and_as_bent_as_those_of_people(spine):
    for n, pair in enumerate(spine.ribs.values()):
        for rib in pair:
            way = rib.axis[-1] - rib.axis[0]
            chord = np.linalg.norm(way)
            arc = np.linalg.norm(np.cross(rib.axis - rib.axis[0], way / chord), axis=1).max()
            assert rib.length == pytest.approx(HUTCHINSON["length"][n] * INCH, rel=0.06), n
            if n:  # the first rib is measured flat
                assert chord == pytest.approx(HUTCHINSON["chord"][n] * INCH, rel=0.13), n
                assert arc == pytest.approx(HUTCHINSON["arc"][n] * INCH, abs=14), n


def test_the_cage_is_as_large_as_those_of_people(spine, maps):
    where = np.argwhere(np.isin(maps.vertebrae, [level(key).rib_id for key in spine.ribs]))
    size = np.ptp(where, axis=0) * 1.5
    assert size == pytest.approx(NAKO * 169 / 173, rel=0.08)


def test_a_tall_person_has_longer_ribs():
    short, tall = (make_spine(SpineParameters(levels="T6", ribs=True, height_cm=cm)) for cm in (150, 190))
    key = level("T6").id
    grown = tall.shapes[key].row.height / short.shapes[key].row.height
    assert 1.1 < tall.ribs[key][0].length / short.ribs[key][0].length == pytest.approx(grown, rel=0.02)


def near(surface, points):
    return float(cKDTree(surface).query(points)[0].min())


def cloud(distance, middle, reach):
    """Points within 0.1 mm of a surface, and less than `reach` mm from a point."""
    ticks = np.arange(-reach, reach + 0.2, 0.35)
    points = middle + np.stack(np.meshgrid(ticks, ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 3)
    points = points[np.linalg.norm(points - middle, axis=1) < reach]
    return points[np.abs(distance(points)) < 0.2]


@pytest.mark.parametrize("posture", ["straight", "Cobb 80"])
@pytest.mark.parametrize("name", ["T1", "T4", "T7", "T10", "T12"])
def test_heads_and_tubercles_meet_their_joints(posture, name):
    spine = make_spine(POSTURES[posture])
    key = level(name).id
    for rib in spine.ribs[key]:
        head = cloud(lambda p, rib=rib: rib.distance(*p.T), rib.axis[0], 9.0)
        shape = spine.shapes[key]
        body = cloud(shape.solid, rib.axis[0], 14.0)
        assert 0.1 < near(head, body) < 2.6
        if rib.tubercle is None:
            assert name == "T12"
            continue
        label = SubregionId.COSTAL_LEFT if rib.side == "left" else SubregionId.COSTAL_RIGHT
        process = cloud(lambda p, shape=shape, label=label: shape.distance(p, label), rib.tubercle, 11.0)
        bump = cloud(lambda p, rib=rib: rib.distance(*p.T), rib.tubercle, 6.0)
        assert 0.1 < near(bump, process) < 1.6


def test_labels_have_the_ids_of_the_field(spine, maps):
    ids = {level(key).name: level(key).rib_id for key in spine.ribs}
    assert ids == {f"T{n}": 39 + n for n in range(1, 13)}
    assert level("T13").rib_id == 53
    assert level("L1").rib_id is None
    right = np.argwhere(maps.subregions == 64) @ maps.grid.ijk_to_ras[:3, :3].T + maps.grid.ijk_to_ras[:3, 3]
    left = np.argwhere(maps.subregions == 63) @ maps.grid.ijk_to_ras[:3, :3].T + maps.grid.ijk_to_ras[:3, 3]
    assert right[:, 0].min() > 0 > left[:, 0].max()
    for number in ids.values():
        for side in (63, 64):
            _, count = ndimage.label((maps.vertebrae == number) & (maps.subregions == side), np.ones((3, 3, 3)))
            assert count == 1
    assert not [each for each in check_maps(maps).findings if "not known" in each.text]


def test_a_straight_cage_is_its_own_mirror_image(spine):
    for left, right in spine.ribs.values():
        assert np.abs(left.axis * (-1, 1, 1) - right.axis).max() < 1e-9
        assert left.half == pytest.approx(right.half)


def test_the_convex_side_stands_out_behind():
    curved = make_spine(SpineParameters(ribs=True, curves=(Curve(50, apex="T8", side="right"),)))
    key = level("T8").id
    place = curved.upright[key].to_ras
    behind = {rib.side: place(rib.axis)[:, 1].min() for rib in curved.ribs[key]}
    assert behind["right"] < behind["left"] - 20
    mirrored = make_spine(SpineParameters(ribs=True, curves=(Curve(50, apex="T8", side="left"),)))
    for (left, right), (other_left, other_right) in zip(curved.ribs.values(), mirrored.ribs.values(), strict=True):
        assert np.abs(left.axis * (-1, 1, 1) - other_right.axis).max() < 1e-6
        assert np.abs(right.axis * (-1, 1, 1) - other_left.axis).max() < 1e-6


def test_ribs_follow_each_other_downwards(spine):
    for upper, lower in pairwise(spine.ribs):
        for side in (0, 1):
            ends = [spine.frames[key].to_ras(spine.ribs[key][side].axis[0]) for key in (upper, lower)]
            assert 14 < ends[0][2] - ends[1][2] < 36
    assert list(FORMS) == [level(f"T{n}").id for n in range(1, 14)]


def test_every_column_has_its_source():
    sources = {row["column"]: row for row in read_table("rib_sources.csv", "spinetwin.phantom.shape")}
    columns = set(read_table("ribs.csv", "spinetwin.phantom.shape")[0]) - {"level"}
    assert sources.keys() == columns
    assert {row["basis"] for row in sources.values()} <= {"looked up", "recalled", "proportion"}
    names = {row["name"] for row in read_table("rib_references.csv", "spinetwin.phantom.shape")}
    looked_up = [row for row in sources.values() if row["basis"] == "looked up"]
    assert all(row["checked"] and any(name in row["source"] for name in names) for row in looked_up)


def test_surfaces_are_closed_and_as_large_as_the_voxels(spine):
    pytest.importorskip("vtkmodules", reason="surfaces need VTK")
    key = level("T7").id
    found = {name: surface for name, surface in surfaces(spine, [key]) if "rib" in name}
    assert set(found) == {"T7-rib-left", "T7-rib-right"}
    fine = spine.voxelise(spine.grid(0.8, levels="T7"))
    for name, surface in found.items():
        label = 63 if name.endswith("left") else 64
        voxels = ((fine.vertebrae == level(key).rib_id) & (fine.subregions == label)).sum() * 0.8**3
        assert surface.volume == pytest.approx(voxels, rel=0.02)
        edges = np.sort(surface.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
        assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()


def slab(spine, name):
    """An axial slab across the chest."""
    size = np.array([300, 240, 10])
    affine = np.eye(4)
    affine[:3, 3] = spine.frames[level(name).id].origin + np.array([0, 15, 0]) - size / 2
    return Grid(tuple(size.tolist()), affine)


def test_images_show_compact_bone_around_marrow(spine):
    grid = slab(spine, "T8")
    labels = np.isin(spine.voxelise(grid).subregions, (63, 64))
    inside = ndimage.binary_erosion(labels, iterations=2)
    edge = labels & ~ndimage.binary_erosion(labels)
    ct, mr = (render_image(spine, grid, ImageParameters(each, snr=1e6)).astype(float) for each in ("ct", "t1w"))
    assert ct[edge].mean() > ct[inside].mean() + 150
    assert np.median(mr[inside]) > 1.5 * np.median(mr[edge])
    without = render_image(make_spine(SpineParameters()), grid, ImageParameters("ct", snr=1e6)).astype(float)
    assert ct[labels].mean() > without[labels].mean() + 300


def test_ribs_lie_within_the_skin(spine):
    plain = make_spine(SpineParameters())
    for name in ("T2", "T5", "T8", "T11"):
        grid = slab(spine, name)
        labels = np.isin(spine.voxelise(grid).subregions, (63, 64))
        under = tissue_map(plain, grid)[labels]
        assert not np.isin(under, (tissue_id("air"), tissue_id("skin"))).any()


def test_the_truth_knows_heads_and_tubercles(tmp_path):
    turned = make_spine(SpineParameters(levels="T11-T12", ribs=True))
    q, _ = np.linalg.qr(np.random.default_rng(5).standard_normal((3, 3)))
    turn = q * np.sign(np.linalg.det(q))
    before, after = (ground_truth(each, [18, 19]) for each in (turned, turned.transformed(turn, (1, 2, 3))))
    assert set(before.ribs) == {18, 19}
    for key, sides in before.ribs.items():
        assert sides["left"].head[0] < 0 < sides["right"].head[0]
        assert sides["left"].tubercle is None  # floating ribs
        for side, rib in sides.items():
            assert np.abs(turn @ rib.head + (1, 2, 3) - after.ribs[key][side].head).max() < 1e-9
    write_truth(tmp_path / "truth.json", before)
    again = read_truth(tmp_path / "truth.json")
    assert np.array_equal(again.ribs[18]["left"].end, before.ribs[18]["left"].end)
    assert again.ribs[19]["right"].length == before.ribs[19]["right"].length
    upper = ground_truth(make_spine(SpineParameters(levels="T6", ribs=True)), [13]).ribs[13]
    assert upper["right"].tubercle[1] < upper["right"].head[1]
    assert np.linalg.norm(upper["right"].tubercle - upper["right"].head) == pytest.approx(19, abs=5)
