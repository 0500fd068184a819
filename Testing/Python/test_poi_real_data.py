"""Points on real segmentations (never part of the project): CT of L3 and MR of C6, each with its cut neighbours."""

import os
from pathlib import Path

import numpy as np
import pytest
from spinetwin.anatomy import POINTS, SubregionId, level, point
from spinetwin.cli import main
from spinetwin.io import read_label_maps, read_pois
from spinetwin.poi import Status
from spinetwin.poi.check import check_maps
from spinetwin.poi.compute import compute_pois
from spinetwin.poi.rules import RULE_SETS, rule_set

DATA = Path(os.environ.get("SPINETWIN_REAL_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
CROPS = {
    "CT L3": ("subregions_ct_L3/sub-ct_seg-{}_label-22_msk.nii.gz", "L3"),
    "MR C6": ("subregions_mr_C6/sub-mri_seg-{}_label-6_msk.nii.gz", "C6"),
}
# What a CT segmentation does not show, and what says so.
ABSENT = {
    "CT L3": {61: "no spinal canal", 60: "no spinal cord", 100: "no disc below this level", 126: "no disc"},
    "MR C6": {},
}
ON_A_SURFACE = ("ray", "corner", "flavum")
LEFT_LABELS = (SubregionId.COSTAL_LEFT, SubregionId.SUPERIOR_ARTICULAR_LEFT, SubregionId.INFERIOR_ARTICULAR_LEFT)


@pytest.fixture(scope="module", params=CROPS)
def crop(request):
    """Name, paths, maps and the id of the one complete level of a crop."""
    pattern, name = CROPS[request.param]
    paths = [DATA / pattern.format(which) for which in ("subreg", "vert")]
    absent = [path for path in paths if not path.is_file()]
    if absent:
        pytest.skip(f"there is no {absent[0]}; set SPINETWIN_REAL_DATA to the folder of the real data")
    return request.param, paths, read_label_maps(*paths), level(name).id


@pytest.mark.parametrize("rules", RULE_SETS)
def test_every_point_of_the_complete_vertebra_is_ok(crop, rules):
    name, _, maps, complete = crop
    points = compute_pois(maps, rules)
    expected = {key for key, rule in rule_set(rules).rules.items() if complete in rule.levels}
    assert {poi.id for poi in points.of_level(complete)} == expected
    not_ok = {poi.id: poi for poi in points.of_level(complete) if poi.status is not Status.OK}
    assert set(not_ok) == expected & set(ABSENT[name])
    for key, poi in not_ok.items():
        assert poi.status is Status.MISSING
        assert poi.reason.startswith(ABSENT[name][key])
    assert points.frames[complete].source == "spline and arch"


def test_the_cut_neighbours_are_doubted_and_cost_nothing(crop):
    _, _, maps, complete = crop
    points = compute_pois(maps)
    cut = [content.level for content in check_maps(maps).levels if content.touches_border]
    assert sorted({*cut, complete}) == sorted(points.levels)
    assert complete not in cut
    for each in cut:
        assert any(poi.status is Status.SUSPECT and "border" in poi.reason for poi in points.of_level(each))


def test_left_is_left_in_the_patient(crop):
    _, _, maps, complete = crop
    here = maps.vertebrae == complete
    right_of = {
        label: maps.grid.to_ras(np.argwhere(here & (maps.subregions == label)).mean(axis=0))[0] for label in range(43, 49)
    }
    for left in LEFT_LABELS:
        assert right_of[left] < right_of[left + 1] - 5.0
    points = compute_pois(maps)
    pairs = [(each.id, each.mirror) for each in POINTS if each.side == "left" and (complete, each.id) in points.points]
    assert len(pairs) > 15
    for left, right in pairs:
        assert points[complete, left].position[0] < points[complete, right].position[0] - 3.0, point(left).name
    # The patients lie straight in the scanner: front is front and up is up.
    assert (
        points[complete, 108].position[1] > points[complete, 106].position[1] + 10.0 > points[complete, 81].position[1] + 20.0
    )
    assert points[complete, 105].position[2] > points[complete, 107].position[2] + 8.0


def test_points_of_the_paper_lie_on_the_surface_of_their_mask(crop):
    _, _, maps, complete = crop
    points = compute_pois(maps)
    checked = 0
    for key, rule in rule_set("paper").rules.items():
        if rule.kind not in ON_A_SURFACE or complete not in rule.levels:
            continue
        mask = np.isin(maps.subregions, rule.mask) & (maps.vertebrae == complete)
        ijk = np.floor(maps.grid.to_ijk(points[complete, key].position)).astype(int)
        around = mask[tuple(slice(at, at + 2) for at in ijk)]
        assert around.any(), f"{point(key).name} lies outside"
        assert not around.all(), f"{point(key).name} lies inside"
        checked += 1
    assert checked > 35


def test_the_command_line_runs_on_it(crop, tmp_path, capsys):
    _, (subregions, vertebrae), maps, _ = crop
    target = tmp_path / "a.mrk.json"
    assert main(["poi", "--subregions", str(subregions), "--vertebrae", str(vertebrae), "--out", str(target)]) == 0
    assert capsys.readouterr().out.startswith("3 levels, ")
    assert list(read_pois(target)) == list(compute_pois(maps))
    assert main(["check", str(subregions), str(vertebrae)]) == 0
    assert capsys.readouterr().out.endswith("The maps can be used.\n")
