"""The image shows what the labels say in crooked and altered spines too: bone, large vessels, muscles."""

import numpy as np
import pytest
from scipy import ndimage
from spinetwin.anatomy import level
from spinetwin.anatomy.subregions import SubregionId as Sub
from spinetwin.geometry import Grid
from spinetwin.phantom import Curve, SpineParameters, make_spine, parse_variant
from spinetwin.phantom.image.contrast import look, tissue_id
from spinetwin.phantom.image.render import paint_image
from spinetwin.phantom.image.scene import Anatomy, muscle_map, tissue_map
from spinetwin.phantom.image.soft_tissue import MUSCLES

BONE_HU = 110.0

ALTERED = {
    "Cobb 60": ("T8", SpineParameters(curves=(Curve(60.0),))),
    "fracture": ("L2", SpineParameters(variants=(parse_variant("wedge:L2:0.4"),))),
    "laminectomy": ("L4", SpineParameters(variants=(parse_variant("laminectomy:L4"),))),
    "block": ("L3", SpineParameters(variants=(parse_variant("block:L3"),))),
    "bifida": ("L4", SpineParameters(variants=(parse_variant("bifida:L4:12"),))),
    "osteophytes": ("L3", SpineParameters(variants=(parse_variant("osteophytes:L3:8"),))),
}


def around(spine, name, low=(-62.0, -75.0, -27.0), high=(62.0, 28.0, 15.0), step=1.0):
    """Voxels along the axes of one vertebra, about its bone and no other."""
    frame, size = spine.frames[level(name).id], (np.array(high) - low) / step
    affine = np.eye(4)
    affine[:3, :3] = frame.axes.T * step
    affine[:3, 3] = frame.to_ras(low)
    return Grid(tuple(int(n) for n in size), affine)


def perfect(spine, grid, modality):
    """Grey values of a scanner that adds nothing but partial volume."""
    return paint_image(Anatomy(spine, (), lambda _: 2), grid, look(modality), 0.0)[0]


def bone_of(spine, grid):
    vertebrae = spine.voxelise(grid).vertebrae
    return (vertebrae > 0) & (vertebrae < 30)


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


@pytest.mark.parametrize("name", ALTERED)
def test_bone_lies_where_the_labels_have_it(name):
    place, parameters = ALTERED[name]
    spine = make_spine(parameters)
    grid = around(spine, place)
    bone = bone_of(spine, grid)
    seen = ndimage.binary_fill_holes(perfect(spine, grid, "ct") > BONE_HU)
    best = dice(bone, seen)
    assert best > 0.9
    for axis in range(3):
        for way in (-1, 1):
            assert dice(bone, np.roll(seen, way, axis=axis)) < best


@pytest.mark.parametrize("name", ["fracture", "laminectomy", "block", "bifida", "osteophytes"])
def test_what_a_variant_changes_is_changed_in_the_image(name):
    """Where a variant has bone that nobody else has, or lacks what they have, the image follows."""
    place, parameters = ALTERED[name]
    altered, usual = make_spine(parameters), make_spine()
    grid = around(altered, place)
    # the usual vertebra is put where the altered one stands
    frame = altered.frames[level(place).id].axes.T @ usual.frames[level(place).id].axes
    moved = usual.rotated(frame)
    moved = moved.transformed(np.eye(3), altered.frames[level(place).id].origin - moved.frames[level(place).id].origin)
    mine, others = bone_of(altered, grid), bone_of(moved, grid)
    image = perfect(altered, grid, "ct")
    # two voxels in: beside bone lie the endplates, which are bright as well
    core = [ndimage.binary_erosion(each, iterations=2) for each in (mine & ~others, others & ~mine)]
    assert core[0].sum() + core[1].sum() > 20
    if core[0].any():
        assert (image[core[0]] > BONE_HU).mean() > 0.9
    if core[1].any():
        assert (image[core[1]] > BONE_HU).mean() < 0.1


@pytest.mark.parametrize("parameters", [SpineParameters(), ALTERED["Cobb 60"][1]], ids=["straight", "Cobb 60"])
@pytest.mark.parametrize("name", ["L1", "L3"])
def test_aorta_is_dark_and_on_the_left_and_vena_cava_on_the_right(name, parameters):
    """Blood that flows leaves the slice before it is seen; at L1 to L3 the aorta lies left of the midline, the cava right."""
    spine = make_spine(parameters)
    grid = around(spine, name, (-60.0, -25.0, -4.0), (60.0, 60.0, 4.0))
    tissues, image = tissue_map(spine, grid), perfect(spine, grid, "t2w")
    blood, count = ndimage.label(ndimage.binary_erosion(tissues == tissue_id("flowing_blood")))
    assert count == 2
    frame, row = spine.frames[level(name).id], spine.shapes[level(name).id].row
    cava, aorta = sorted(
        (frame.to_local(grid.to_ras(np.argwhere(blood == each))).mean(axis=0) for each in (1, 2)), key=lambda p: -p[0]
    )
    assert aorta[0] < -3.0
    assert cava[0] > 5.0
    assert min(aorta[1], cava[1]) > 0.4 * row.body_depth
    muscle, fat = (image[ndimage.binary_erosion(tissues == tissue_id(name))].mean() for name in ("muscle", "fat"))
    for each in (1, 2):
        assert image[blood == each].mean() < 0.75 * muscle < 0.2 * fat


def of_group(spine, grid, name):
    """Where the muscles of a group lie on the right side, in the axes of L4, mm."""
    (label,) = (key for key, muscle in MUSCLES.items() if muscle == f"{name}_right")
    return spine.frames[level("L4").id].to_local(grid.to_ras(np.argwhere(muscle_map(spine, grid) == label)))


def test_the_four_groups_of_the_loin_lie_where_they_belong():
    """Psoas beside the body, quadratus lateral to it; multifidus on the laminae, erector spinae lateral to it."""
    spine = make_spine()
    grid = around(spine, "L4", (-110.0, -90.0, -14.0), (110.0, 40.0, -6.0), 1.5)
    psoas, quadratus, erector, multifidus = (
        of_group(spine, grid, name) for name in ("psoas", "quadratus_lumborum", "erector_spinae", "multifidus")
    )
    row = spine.shapes[level("L4").id].row
    wall, side = -row.body_depth / 2, row.body_width / 2
    assert psoas[:, 0].min() > 0.7 * side
    assert psoas[:, 1].mean() > wall
    assert quadratus[:, 0].mean() > psoas[:, 0].mean() + 10.0
    assert quadratus[:, 1].mean() < psoas[:, 1].mean() - 10.0
    assert erector[:, 1].max() < wall
    assert multifidus[:, 0].mean() < erector[:, 0].mean() - 15.0
    assert np.percentile(multifidus[:, 0], 90) < np.median(erector[:, 0])
    assert multifidus[:, 1].max() < wall - row.canal_depth / 2


def test_multifidus_lies_on_the_laminae():
    """The first muscle behind the laminae, between the spinous process and the facet joints, is multifidus, a few mm away."""
    spine = make_spine()
    grid = around(spine, "L4", (-16.0, -75.0, -20.0), (16.0, 0.0, -10.0))
    laminae = spine.voxelise(grid).subregions == Sub.ARCH
    muscles = muscle_map(spine, grid)
    x = np.arange(grid.shape[0]) - 16.0
    behind = {-1.0: [], 1.0: []}
    for i, k in np.argwhere(laminae.any(axis=1)):
        if 7.0 < abs(x[i]) < 13.0:
            back = int(np.argmax(laminae[i, :, k]))
            way = muscles[i, :back, k][::-1]
            behind[np.sign(x[i])].append((MUSCLES[int(way[way > 0][0])], int(np.argmax(way > 0))))
    for sign, side in ((-1.0, "left"), (1.0, "right")):
        names, away = zip(*behind[sign], strict=True)
        assert len(names) > 20
        assert set(names) == {f"multifidus_{side}"}
        assert np.median(away) <= 4.0
