"""Names for vertebrae that another program has only counted, and names of maps compared with what is in view."""

import numpy as np
import pytest
from spinetwin.anatomy import SubregionId, level
from spinetwin.errors import MapError
from spinetwin.geometry import LabelMaps
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.segmentation.chain import Chain
from spinetwin.segmentation.instance_naming import named_anew, names_checked
from spinetwin.segmentation.levels import levels_of, rename_levels


def phantom(levels):
    spine = make_spine(SpineParameters(levels=levels))
    return spine.voxelise(spine.grid(2.5))


@pytest.fixture(scope="module")
def lumbar():
    """T12 to S1."""
    return phantom("T12-S1")


@pytest.fixture(scope="module")
def middle():
    """L2 to L4, with nothing that tells which they are."""
    return phantom("L2-L4")


def names(maps):
    return [each.name for each in levels_of(maps.vertebrae)]


def counted_from_the_top(maps):
    """Call the uppermost vertebra C2, as SPINEPS does where no network names levels."""
    present = [each.id for each in levels_of(maps.vertebrae) if each.region != "sacral"]
    chain = [each.id for each in Chain().levels]
    return rename_levels(maps, {old: chain[1 + row] for row, old in enumerate(present)}).maps


def moved(maps, steps):
    """Call every vertebra by the name of one that lies lower."""
    present = [each.id for each in levels_of(maps.vertebrae) if each.region != "sacral"]
    return rename_levels(maps, {each: Chain().moved(each, steps) for each in present}).maps


def test_a_lumbar_map_that_was_counted_from_the_top_gets_its_names_from_the_sacrum(lumbar):
    counted = counted_from_the_top(lumbar)
    assert names(counted) == ["C2", "C3", "C4", "C5", "C6", "C7", "S1"]
    named, said = named_anew(counted)
    # discs and endplates go with their vertebra
    np.testing.assert_array_equal(named.vertebrae, lumbar.vertebrae)
    assert said[0] == "Levels were told from the subregions (sacrum) and are not verified."
    assert not any(each.endswith("?") for each in said)


def test_without_an_anchor_a_person_is_asked(middle):
    named, said = named_anew(counted_from_the_top(middle))
    assert len(names(named)) == 3
    assert said[0] == "Levels were told from the subregions (by size alone) and are not verified."
    assert said[1].startswith("Which vertebra is the uppermost one? Neither dens nor sacrum is in view")
    assert f"{names(named)[0]} to {names(named)[-1]} is a guess" in said[1]
    assert names(named) != ["C2", "C3", "C4"]


def test_the_disc_above_the_uppermost_vertebra_belongs_to_the_level_above(lumbar):
    below = lumbar.vertebrae.copy()
    t12 = level("T12")
    below[np.isin(below, (t12.id, t12.disc_id, t12.endplate_id))] = 0
    subregions = lumbar.subregions.copy()
    subregions[lumbar.vertebrae == t12.id] = 0
    named, _ = named_anew(counted_from_the_top(LabelMaps(lumbar.grid, subregions, below)))
    np.testing.assert_array_equal(named.vertebrae == t12.disc_id, lumbar.vertebrae == t12.disc_id)
    assert names(named) == ["L1", "L2", "L3", "L4", "L5", "S1"]


def test_what_lies_outside_the_bone_is_left_out_and_said(lumbar):
    counted = counted_from_the_top(lumbar)
    vertebrae = counted.vertebrae.copy()
    air = np.argwhere(counted.subregions == 0)[:4]
    vertebrae[tuple(air.T)] = level("T5").id
    named, said = named_anew(LabelMaps(counted.grid, counted.subregions, vertebrae))
    np.testing.assert_array_equal(named.vertebrae, lumbar.vertebrae)
    assert said[-1] == "Left out as they lie outside the bone: 1 of the vertebrae."
    nothing = LabelMaps(
        counted.grid, np.where(counted.subregions == SubregionId.DISC, counted.subregions, 0), counted.vertebrae
    )
    with pytest.raises(MapError, match="outside the bone"):
        named_anew(nothing)


def test_names_that_agree_with_the_sacrum_are_not_doubted(lumbar, middle):
    assert names_checked(lumbar) == ()
    assert names_checked(middle) == ()
    assert names_checked(moved(middle, -1)) == ()


def test_names_that_disagree_with_the_sacrum_are_kept_and_said(lumbar):
    (said,) = names_checked(moved(lumbar, -1))
    assert said == (
        "The map calls its vertebrae T11 to L4; counted from what else is in view (sacrum) they are T12 to L5. "
        "The names of the map were kept: check them."
    )


@pytest.mark.parametrize("name", ["T13", "L6"])
def test_a_vertebra_that_few_people_have_is_flagged(lumbar, name):
    unusual = rename_levels(lumbar, {level("L5" if name == "L6" else "T12").id: level(name).id}).maps
    assert f"The map has a {name}: check that there is one." in names_checked(unusual)


def test_a_map_without_subregions_is_flagged_by_its_names_alone(lumbar):
    whole = LabelMaps(lumbar.grid, np.zeros_like(lumbar.subregions), lumbar.vertebrae)
    assert names_checked(whole) == ()
    assert names_checked(LabelMaps(lumbar.grid, whole.subregions, np.zeros_like(lumbar.vertebrae))) == ()


def test_a_last_vertebra_without_a_disc_above_the_sacrum_may_be_transitional(lumbar):
    gone = lumbar.vertebrae == level("L5").disc_id
    fused = LabelMaps(lumbar.grid, np.where(gone, np.uint8(SubregionId.SACRUM), lumbar.subregions), lumbar.vertebrae)
    sign = "No disc is seen between the last vertebra and the sacrum: it may be a transitional vertebra."
    assert names_checked(fused) == (sign,)
    assert named_anew(fused)[1][-1] == sign
