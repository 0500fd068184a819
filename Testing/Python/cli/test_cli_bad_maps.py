"""Label maps with every flaw: unusable ones end in a sentence, the others give what they can and say why."""

import numpy as np
import pytest
from scipy.ndimage import binary_erosion
from spinetwin.anatomy import SubregionId, level
from spinetwin.geometry import Grid
from spinetwin.io import read_pois
from spinetwin.io.nifti import write_nifti
from spinetwin.poi import Status

L2, L3, L4, S1 = (level(name).id for name in ("L2", "L3", "L4", "S1"))
BODY = (SubregionId.BODY_BORDER, SubregionId.BODY)
POSTERIOR = (SubregionId.ARCH, SubregionId.SPINOUS)
PAIRS = [(left, left + 1) for left in (43, 45, 47)]


def without(maps, labels, levels=(L2, L3, L4)):
    subregions = maps.subregions.copy()
    subregions[np.isin(subregions, labels) & np.isin(maps.vertebrae, levels)] = 0
    return subregions


def exchanged(array, pairs):
    result = array.copy()
    for one, other in pairs:
        result[array == one], result[array == other] = other, one
    return result


def hollow(maps):
    subregions = maps.subregions.copy()
    for each in (L2, L3, L4):
        body = np.isin(subregions, BODY) & (maps.vertebrae == each)
        subregions[binary_erosion(body, iterations=2)] = 0
    return subregions


def broken(maps, value):
    array = maps.subregions.astype(np.float32)
    array[0, 0, 0] = value
    return array


def only(maps, wanted, becomes):
    return np.where(maps.vertebrae == wanted, becomes, 0).astype(np.uint8)


def moved(maps):
    affine = maps.grid.ijk_to_ras.copy()
    affine[2, 3] += 3.0
    return Grid(maps.grid.shape, affine)


UNUSABLE = {
    "different grids": (lambda m: (m.subregions, m.vertebrae, moved(m)), "different grids", "bad_s", "bad_v", "Resample"),
    "no subregions": (lambda m: (m.subregions * 0, m.vertebrae), "bad_s.nii.gz is empty", "Segment the spine"),
    "no vertebrae": (lambda m: (m.subregions, m.vertebrae * 0), "bad_v.nii.gz is empty", "Segment the spine"),
    "S1 only": (lambda m: (only(m, L3, 26), only(m, L3, S1)), "Only the sacrum", "C1 to L6"),
    "no known level": (lambda m: (m.subregions, only(m, L3, 77)), "bad_v.nii.gz", "do not overlap", "belong together"),
    "no known subregion": (lambda m: (only(m, L3, 77), m.vertebrae), "bad_s.nii.gz", "bony subregion", "spinetwin check"),
    "maps exchanged": (lambda m: (m.vertebrae, m.subregions), "given in the wrong order", "bad_v.nii.gz"),
    "numbered from below": (
        lambda m: (m.subregions, exchanged(m.vertebrae, [(L2, L4)])),
        "L2 lies under L4",
        "numbered from below",
        "Correct the maps",
    ),
    "sides exchanged": (
        lambda m: (exchanged(m.subregions, PAIRS), m.vertebrae),
        "Left and right are swapped",
        "on all levels",
        "bad_s.nii.gz",
        "mirrored",
    ),
    "NaN": (lambda m: (broken(m, np.nan), m.vertebrae), "bad_s.nii.gz", "not a number", "nearest neighbour"),
    "infinite": (lambda m: (broken(m, np.inf), m.vertebrae), "bad_s.nii.gz", "infinite"),
    "fractions": (lambda m: (broken(m, 1.5), m.vertebrae), "1.5", "no whole number", "nearest neighbour"),
    "an image": (lambda m: (broken(m, -1000.0), m.vertebrae), "-1000", "not an image"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_maps_that_cannot_be_used(run, poi, folder, out, maps, name, content, refused):
    spoil, *words = UNUSABLE[name]
    subregions, vertebrae, *grid = spoil(maps)
    write_nifti(folder / "bad_s.nii.gz", subregions, maps.grid, packed=True)
    write_nifti(folder / "bad_v.nii.gz", vertebrae, *grid or [maps.grid], packed=True)
    before = content(out)
    for target in ("new.mrk.json", "old.csv"):
        refused(poi(out / target, "--report", out / "report", s="bad_s.nii.gz", v="bad_v.nii.gz"), *words)
    assert content(out) == before
    assert not (out / "report").exists()
    said = run("check", folder / "bad_s.nii.gz", folder / "bad_v.nii.gz")
    if said.err:
        refused(said, *words)
    else:
        assert said.code == 1
        assert "Error: " in said.out
        assert said.out.endswith("The maps cannot be used as they are.\n")


USABLE = {
    "one level only": (
        lambda m: (m.subregions * (m.vertebrae == L3), only(m, L3, L3)),
        ("Axes of L3: own endplates and arch", "no vertebra below"),
        ("L3 ", "complete"),
    ),
    "unknown labels": (
        lambda m: (np.where(m.subregions == 42, 77, m.subregions), np.where(m.vertebrae == L3, 88, m.vertebrae)),
        ("2 levels", "at L2, L4: no spinous process"),
        ("77 (", "88 (", "not known", "L3 is absent"),
    ),
    "body missing": (
        lambda m: (without(m, BODY, [L3]), m.vertebrae),
        ("Axes of L3: neighbour L2, L4", "at L3: no vertebral body"),
        ("L3 lacks: vertebral body",),
    ),
    "body hollow": (
        lambda m: (hollow(m), m.vertebrae),
        ("suspect at L2-L4: the ray starts outside its mask",),
        ("body of L3 is hollow", "filled"),
    ),
    "arch missing at one level": (
        lambda m: (without(m, POSTERIOR, [L3]), m.vertebrae),
        ("Axes of L3: spline and neighbour L2, L4", "suspect at L3: the vertebra has no arch"),
        ("L3 lacks: vertebral arch",),
    ),
    "arch missing everywhere": (
        lambda m: (without(m, POSTERIOR), m.vertebrae),
        ("Axes of L2-L4: spline and spinal canal", "suspect at L2-L4: the vertebra has no arch"),
        ("L2 lacks: vertebral arch", "L4 lacks"),
    ),
}


@pytest.mark.parametrize("name", USABLE)
def test_maps_with_a_flaw_give_what_they_can_and_say_why(run, poi, folder, out, maps, name):
    spoil, words, findings = USABLE[name]
    subregions, vertebrae = spoil(maps)
    write_nifti(folder / "bad_s.nii.gz", subregions.astype(np.uint8), maps.grid, packed=True)
    write_nifti(folder / "bad_v.nii.gz", vertebrae.astype(np.uint8), maps.grid, packed=True)
    said = poi(out / "a.csv", s="bad_s.nii.gz", v="bad_v.nii.gz")
    assert (said.code, said.err) == (0, "")
    for word in words:
        assert word in said.out
    points = read_pois(out / "a.csv")
    assert all(poi.reason for poi in points if poi.status is not Status.OK)
    assert sum(poi.status is Status.OK for poi in points) > 5, "the rest is not lost"
    checked = run("check", folder / "bad_s.nii.gz", folder / "bad_v.nii.gz")
    assert checked.code == 0
    for word in findings:
        assert word in checked.out
