"""Names of vertebrae: by anchors, by size where there is none; the unusual is said and asked for."""

import numpy as np
import pytest
from spinetwin.anatomy import SubregionId, level
from spinetwin.errors import MapError
from spinetwin.phantom import Spacing, SpineParameters, Variant, make_spine
from spinetwin.segmentation.separation import Anchors, name_levels, separate_vertebrae

PITCH = [17.6, 17.6, 17.6, 17.5, 17.4, 17.5, 19, 20, 21, 21, 21.5, 22, 23, 23.5, 24, 25, 26.6, 28, 30, 33, 35, 36, 36, 37]


def names(naming):
    return [each.name for each in naming.levels]


def test_the_dens_names_downwards_and_the_sacrum_upwards():
    assert names(name_levels([18.0] * 4, Anchors(dens=1))) == ["C1", "C2", "C3", "C4"]
    assert names(name_levels([35.0] * 3, Anchors(sacrum=True))) == ["L3", "L4", "L5"]
    assert names(name_levels([30.0] * 3, Anchors(last_thoracic=1))) == ["T11", "T12", "L1"]


def test_names_are_never_verified_here():
    for anchors in (Anchors(), Anchors(dens=0), Anchors(dens=1, sacrum=True)):
        assert not name_levels(PITCH, anchors).verified


def test_from_dens_to_sacrum_twenty_four_are_the_rule_and_leave_no_question():
    naming = name_levels(PITCH, Anchors(dens=1, sacrum=True))
    assert names(naming)[0] == "C1"
    assert names(naming)[-1] == "L5"
    assert naming.question == ""
    assert naming.findings == ()


@pytest.mark.parametrize(
    ("last_thoracic", "tail", "finding"),
    [
        (18, ["T12", "L1", "L2", "L3", "L4", "L5", "L6"], "There are 6 lumbar vertebrae instead of 5."),
        (19, ["T12", "T13", "L1", "L2", "L3", "L4", "L5"], "There are 13 thoracic vertebrae instead of 12."),
    ],
)
def test_one_more_is_l6_or_t13_by_the_shape_of_the_last_thoracic_one_and_is_asked_for(last_thoracic, tail, finding):
    naming = name_levels([*PITCH, 37.0], Anchors(dens=1, sacrum=True, last_thoracic=last_thoracic))
    assert names(naming)[18:] == tail
    assert finding in naming.findings
    assert "25 presacral vertebrae" in naming.question
    assert "ribs" in naming.question


def test_one_less_is_l4_or_eleven_thoracic_ones_and_is_asked_for():
    naming = name_levels(PITCH[:-1], Anchors(dens=1, sacrum=True, last_thoracic=18))
    assert names(naming)[-2:] == ["L3", "L4"]
    assert naming.chain.lumbar == 4
    assert "23 presacral vertebrae" in naming.question
    naming = name_levels(PITCH[:-1], Anchors(dens=1, sacrum=True, last_thoracic=17))
    assert naming.chain.thoracic == 11
    assert names(naming)[-1] == "L5"


def test_without_t12_in_view_the_sacrum_alone_cannot_exclude_l4_or_l6():
    naming = name_levels(PITCH[-4:], Anchors(sacrum=True))
    assert any("L4 or L6 cannot be excluded" in finding for finding in naming.findings)
    naming = name_levels(PITCH[-6:], Anchors(sacrum=True, last_thoracic=0))
    assert not naming.findings


def test_without_anchors_the_size_guesses_and_a_person_is_asked():
    naming = name_levels(PITCH[18:22], Anchors())
    assert names(naming) == ["T12", "L1", "L2", "L3"]
    assert "Neither dens nor sacrum is in view" in naming.question
    assert "T12 to L3 is a guess" in naming.question
    small = name_levels([0.85 * each for each in PITCH[3:9]], Anchors())
    assert small.levels[0].region == "cervical"


def test_an_anchor_that_cannot_be_is_dropped_and_reported():
    naming = name_levels(PITCH, Anchors(dens=1, sacrum=True, last_thoracic=5))
    assert naming.anchors == ("dens", "sacrum")
    assert "T12" in naming.findings[0]
    missing = name_levels(PITCH[:20], Anchors(dens=1, sacrum=True))
    assert missing.anchors == ("dens",)
    assert names(missing)[-1] == "L1"
    assert "19 vertebrae" in missing.findings[0]


def test_ribs_name_where_nothing_else_is_in_view_and_say_what_may_be_wrong():
    naming = name_levels([30.0] * 4, Anchors(last_rib=1))
    assert names(naming) == ["T11", "T12", "L1", "L2"]
    assert naming.anchors == ("ribs",)
    assert "short twelfth rib" in naming.findings[0]
    assert names(name_levels([19.0] * 5, Anchors(first_rib=2))) == ["C6", "C7", "T1", "T2", "T3"]


@pytest.mark.parametrize(
    ("count", "last_rib", "finding", "asked"),
    [
        (25, 19, "There are 13 thoracic vertebrae instead of 12.", "Is T13 really the last one with ribs?"),
        (25, 18, "There are 6 lumbar vertebrae instead of 5.", "Is T12 really the last one with ribs?"),
        (23, 18, "There are 4 lumbar vertebrae instead of 5.", "Is T12 really the last one with ribs?"),
        (23, 17, "There are 11 thoracic vertebrae instead of 12.", "Is T11 really the last one with ribs?"),
    ],
)
def test_ribs_tell_which_vertebra_is_one_more_or_one_less_and_a_person_is_asked(count, last_rib, finding, asked):
    naming = name_levels([25.0] * count, Anchors(dens=1, sacrum=True, first_rib=7, last_rib=last_rib))
    assert naming.levels[last_rib].region == "thoracic"
    assert naming.levels[last_rib + 1].name == "L1"
    assert naming.findings == (finding,)
    assert asked in naming.question


def test_ribs_and_sacrum_exclude_l6():
    naming = name_levels([35.0] * 7, Anchors(sacrum=True, last_rib=1))
    assert names(naming) == ["T11", "T12", "L1", "L2", "L3", "L4", "L5"]
    assert naming.question == ""
    naming = name_levels([35.0] * 8, Anchors(sacrum=True, last_rib=1))
    assert names(naming)[-1] == "L6"
    assert naming.question


@pytest.mark.parametrize(
    ("anchors", "word"),
    [
        (
            Anchors(dens=1, sacrum=True, last_rib=10),
            "The last ribs that are labelled lie where no spine has them, counted from",
        ),
        (Anchors(dens=1, first_rib=3), "The first ribs that are labelled cannot be those of T1"),
        (Anchors(dens=1, last_rib=4), "The last ribs that are labelled lie where no spine has them"),
    ],
)
def test_ribs_that_cannot_be_are_not_believed(anchors, word):
    naming = name_levels([25.0] * 24, anchors)
    assert naming.levels[0].name == "C1"
    assert "ribs" not in naming.anchors
    assert word in naming.findings[0]


def test_more_vertebrae_than_any_spine_has_are_refused():
    with pytest.raises(MapError, match="27 vertebrae were found, more than a spine has"):
        name_levels([20.0] * 27, Anchors())


def separated(parameters, change=None, spacing=None):
    spine = make_spine(parameters)
    maps = spine.voxelise(spine.grid(spacing or Spacing(3.3, 1.0, 1.0), orientation="PIR"))
    subregions = maps.subregions if change is None else change(maps)
    return separate_vertebrae(subregions, maps.grid)


def with_ribs(kind="", seed=3):
    variants = (Variant(kind),) if kind else ()
    spine = make_spine(SpineParameters(levels="T9-S1", ribs=True, variants=variants), np.random.default_rng(seed))
    return spine.voxelise(spine.grid(2.0, orientation="PIR", oblique_deg=7.0))


def test_labelled_ribs_count_more_than_shape_and_a_lost_one_is_flagged():
    maps = with_ribs()
    naming = separate_vertebrae(maps.subregions, maps.grid).naming
    assert naming.anchors == ("sacrum", "ribs")
    assert names(naming) == ["T9", "T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5"]
    assert not any("one side only" in finding for finding in naming.findings)
    lost = maps.subregions.copy()
    lost[(maps.vertebrae == level("T12").rib_id) & (maps.subregions == SubregionId.RIB_LEFT)] = 0
    naming = separate_vertebrae(lost, maps.grid).naming
    assert any(finding.startswith("T12, the last vertebra with ribs, has one on one side only") for finding in naming.findings)


@pytest.mark.parametrize(
    ("kind", "total", "last"),
    [("T13", "25 presacral", None), ("L6", "25 presacral", "L6"), ("four-lumbar", "23 presacral", "L4")],
)
def test_unusual_numbers_are_seen_in_whole_spines(kind, total, last):
    naming = separated(SpineParameters(variants=(Variant(kind),))).naming
    assert total in naming.question
    assert naming.findings
    assert last is None or naming.levels[-1].name == last


def test_a_labelled_dens_is_believed():
    def neck_without_its_top(maps):
        subregions = np.where(np.isin(maps.vertebrae, (level("C1").id, level("C2").id)), 0, maps.subregions)
        subregions[(maps.vertebrae == level("C3").id) & (maps.subregions == SubregionId.BODY_BORDER)] = SubregionId.DENS
        return subregions

    naming = separated(SpineParameters(levels="C1-C7"), neck_without_its_top).naming
    assert naming.anchors == ("dens",)
    assert naming.levels[0].name == "C2"


def test_a_last_vertebra_that_has_grown_to_the_sacrum_is_flagged():
    def sacralised(maps):
        subregions = maps.subregions.copy()
        subregions[maps.vertebrae == level("L5").disc_id] = SubregionId.SACRUM
        return subregions

    usual, grown = (separated(SpineParameters(levels="L1-S1"), change).naming for change in (None, sacralised))
    assert not any("transitional" in finding for finding in usual.findings)
    assert any("No disc is seen" in finding and "transitional" in finding for finding in grown.findings)
    assert grown.anchors[0] == "sacrum"


def test_transverse_processes_that_meet_the_sacrum_are_flagged():
    def bridged(maps):
        """Let the left transverse process of L5 reach down to the sacrum, as in Castellvi II."""
        subregions = maps.subregions.copy()
        process = np.argwhere((maps.vertebrae == level("L5").id) & (subregions == SubregionId.COSTAL_LEFT))
        i, j, k = process[np.abs(process - np.median(process, axis=0)).sum(axis=1).argmin()]
        down = np.flatnonzero(subregions[i - 3 : i + 4, :, k].max(axis=0) == SubregionId.SACRUM)
        stop = int(down[down > j].min()) if (down > j).any() else j + 40
        column = subregions[i - 3 : i + 4, j : stop + 12, k - 1 : k + 2]
        column[column == 0] = SubregionId.COSTAL_LEFT
        return subregions

    naming = separated(SpineParameters(levels="L3-S1"), bridged).naming
    assert any("meets the sacrum" in finding for finding in naming.findings)
