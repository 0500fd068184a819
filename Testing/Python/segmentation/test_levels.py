"""Corrections of vertebra maps: names, discs and endplates follow; merging and splitting; undo is exact."""

import numpy as np
import pytest
from spinetwin.anatomy import SubregionId, level
from spinetwin.errors import ParameterError
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.poi import Poi, PoiSet, Status
from spinetwin.poi.renumber import renumber
from spinetwin.segmentation.chain import Chain, shifted
from spinetwin.segmentation.history import History
from spinetwin.segmentation.levels import levels_of, merge_levels, rename_levels, split_level

BODY, DISC, ENDPLATE = int(SubregionId.BODY_BORDER), int(SubregionId.DISC), int(SubregionId.ENDPLATE)


def column(*names, affine=None):
    """A column of bricks from the top: per level an endplate, a body, an endplate, and the disc below it; k points down."""
    subregions, vertebrae = np.zeros((3, 4, 10 * len(names)), np.uint8), np.zeros((3, 4, 10 * len(names)), np.uint8)
    for row, name in enumerate(names):
        found, at = level(name), 10 * row
        if found.region == "sacral":
            subregions[:, :, at : at + 8], vertebrae[:, :, at : at + 8] = 26, found.id
            continue
        parts = [
            (1, ENDPLATE, found.endplate_id),
            (6, BODY, found.id),
            (1, ENDPLATE, found.endplate_id),
            (2, DISC, found.disc_id),
        ]
        for thickness, subregion, label in parts:
            subregions[:, :, at : at + thickness], vertebrae[:, :, at : at + thickness] = subregion, label
            at += thickness
    down = np.diag([1.0, 1.0, -3.0, 1.0])
    return LabelMaps(Grid(subregions.shape, down if affine is None else affine), subregions, vertebrae)


def names_of(maps):
    return [each.name for each in levels_of(maps.vertebrae)]


def test_levels_of_a_map_come_from_the_top_and_t13_is_in_its_place():
    assert names_of(column("L1", "T13", "T12")) == ["T12", "T13", "L1"]


class TestRename:
    def test_discs_and_endplates_follow(self):
        maps = column("T12", "L1", "L2")
        mapping = shifted([19, 20, 21], 1, Chain())
        edit = rename_levels(maps, mapping)
        assert names_of(edit.maps) == ["L1", "L2", "L3"]
        assert np.array_equal(edit.maps.vertebrae, column("L1", "L2", "L3").vertebrae)
        assert edit.maps.subregions is maps.subregions
        assert edit.renamed == mapping
        assert edit.lost == ()

    def test_of_one_alone_only_where_the_name_is_free(self):
        maps = column("T11", "L1")
        assert names_of(rename_levels(maps, {20: 19}).maps) == ["T11", "T12"]
        with pytest.raises(ParameterError, match="Two vertebrae would be called T11"):
            rename_levels(maps, {20: 18})

    def test_the_sacrum_stays(self):
        edit = rename_levels(column("L3", "L4", "S1"), {22: 23, 23: 24})
        assert names_of(edit.maps) == ["L4", "L5", "S1"]

    def test_other_labels_stay(self):
        maps = column("L3")
        maps.vertebrae[0, 0, 0] = 99
        assert rename_levels(maps, {22: 23}).maps.vertebrae[0, 0, 0] == 99

    def test_labels_above_255(self):
        maps = column("L3")
        wide = maps.vertebrae.astype(np.uint16)
        wide[0, 0, 0] = 300
        edit = rename_levels(LabelMaps(maps.grid, maps.subregions, wide), {22: 23})
        assert edit.maps.vertebrae[0, 0, 0] == 300
        assert edit.maps.vertebrae.dtype == np.uint16


class TestMerge:
    def test_two_pieces_become_one_and_the_rest_moves_up(self):
        maps = column("L1", "L2", "L3", "L4")
        edit = merge_levels(maps, 21, 22, Chain())
        assert names_of(edit.maps) == ["L1", "L2", "L3"]
        whole = edit.maps.vertebrae == 21
        assert whole.sum() == 12 * (6 + 2 + 6), "both bodies and what was taken for the disc between them"
        assert (edit.maps.subregions[whole] == BODY).all()
        assert (edit.maps.vertebrae == level("L2").disc_id).sum() == 12 * 2
        assert (edit.maps.vertebrae == level("L2").endplate_id).sum() == 12 * 4
        assert (edit.maps.vertebrae[:, :, 30:] == column("L3").vertebrae).all()
        assert edit.renamed == {23: 22}
        assert (edit.lost, edit.reshaped) == ((21, 22), (21,))

    def test_without_renumbering_a_gap_stays(self):
        assert names_of(merge_levels(column("L1", "L2", "L3"), 20, 21, Chain(), renumber=False).maps) == ["L1", "L3"]

    @pytest.mark.parametrize("pair", [(20, 22), (22, 20), (20, 20), (22, 26)])
    def test_only_neighbours(self, pair):
        with pytest.raises(ParameterError, match="no neighbours"):
            merge_levels(column("L1", "L2", "L3", "S1"), *pair, Chain())


class TestSplit:
    def test_a_plane_gives_two_vertebrae_and_the_rest_moves_down(self):
        maps = column("L1", "L2")
        middle = maps.grid.to_ras([0, 0, 3.5])
        edit = split_level(maps, 20, middle, [0, 0, 1], Chain())
        assert names_of(edit.maps) == ["L1", "L2", "L3"]
        assert (
            edit.maps.vertebrae[0, 0]
            == [220, 20, 20, 20, 21, 21, 21, 221, 121, 121, 222, 22, 22, 22, 22, 22, 22, 222, 122, 122]
        ).all()
        assert edit.renamed == {21: 22}
        assert (edit.lost, edit.reshaped) == ((20,), (20, 21))

    def test_the_side_of_the_plane_from_which_one_looks_does_not_matter(self):
        maps = column("L1")
        middle = maps.grid.to_ras([0, 0, 3.5])
        up, down = (split_level(maps, 20, middle, normal, Chain()) for normal in ([0, 0, 2], [0, 0, -1]))
        assert np.array_equal(up.maps.vertebrae, down.maps.vertebrae)

    def test_in_any_storage_order(self):
        turned = np.array([[0, 0, -3.0, 5], [1.0, 0, 0, 6], [0, 1.0, 0, 7], [0, 0, 0, 1]])
        maps = column("L1", affine=turned)
        edit = split_level(maps, 20, maps.grid.to_ras([1, 1.5, 3]), [0, 0, 1], Chain())
        first = maps.grid.to_ras(np.argwhere(edit.maps.vertebrae == 20))
        second = maps.grid.to_ras(np.argwhere(edit.maps.vertebrae == 21))
        assert first[:, 2].min() > second[:, 2].max()

    def test_a_plane_that_misses_is_refused(self):
        with pytest.raises(ParameterError, match="does not cut L1"):
            split_level(column("L1"), 20, [0, 0, 100], [0, 0, 1], Chain())

    def test_no_name_left_below(self):
        maps = column("L4", "L5", "S1")
        with pytest.raises(ParameterError, match="below L5"):
            split_level(maps, 23, maps.grid.to_ras([0, 0, 3.5]), [0, 0, 1], Chain())
        assert names_of(split_level(maps, 23, maps.grid.to_ras([0, 0, 3.5]), [0, 0, 1], Chain(12, 6)).maps) == [
            "L4",
            "L5",
            "L6",
            "S1",
        ]

    def test_merging_what_was_split_gives_the_same_voxels(self):
        maps = column("L1", "L2")
        once = split_level(maps, 20, maps.grid.to_ras([0, 0, 3.5]), [0, 0, 1], Chain()).maps
        again = merge_levels(once, 20, 21, Chain()).maps
        assert np.array_equal(again.vertebrae, maps.vertebrae)
        assert np.array_equal(again.subregions, maps.subregions)


class TestHistory:
    def test_undo_and_redo_restore_exactly(self):
        maps = column("L1", "L2", "L3")
        first = merge_levels(maps, 20, 21, Chain())
        history = History().add("merge", maps, first)
        second = rename_levels(first.maps, {20: 21, 21: 22})
        history = history.add("shift", first.maps, second)
        history, back = history.undo(second.maps)
        assert np.array_equal(back.maps.vertebrae, first.maps.vertebrae)
        assert back.renamed == {21: 20, 22: 21}
        history, back = history.undo(back.maps)
        assert np.array_equal(back.maps.vertebrae, maps.vertebrae)
        assert np.array_equal(back.maps.subregions, maps.subregions)
        assert (back.lost, back.reshaped) == ((20,), (20, 21))
        history, again = history.redo(back.maps)
        history, again = history.redo(again.maps)
        assert np.array_equal(again.maps.vertebrae, second.maps.vertebrae)
        assert [step.name for step in history.done] == ["merge", "shift"]

    def test_a_new_correction_forgets_what_was_taken_back(self):
        maps = column("L1", "L2")
        edit = rename_levels(maps, {21: 22})
        history, back = History().add("a", maps, edit).undo(edit.maps)
        assert history.undone
        assert not history.add("b", back.maps, edit).undone

    def test_maps_in_any_memory_order(self):
        maps = column("L1", "L2")
        fortran = LabelMaps(maps.grid, np.asfortranarray(maps.subregions), np.asfortranarray(maps.vertebrae))
        edit = merge_levels(fortran, 20, 21, Chain())
        _, back = History().add("merge", fortran, edit).undo(edit.maps)
        assert np.array_equal(back.maps.vertebrae, maps.vertebrae)


def test_points_follow_their_vertebra():
    pois = PoiSet.of([Poi(20, 101, Status.OK, (1.0, 2.0, 3.0)), Poi(21, 101, Status.OK, (4.0, 5.0, 6.0))])
    moved = renumber(pois, {21: 22}, lost=[20])
    assert [(poi.level, poi.position) for poi in moved] == [(22, (4.0, 5.0, 6.0))]
