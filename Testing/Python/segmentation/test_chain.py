"""Numbers of vertebrae, and what a renumbering calls them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spinetwin.anatomy import level
from spinetwin.errors import ParameterError
from spinetwin.segmentation.chain import Chain, recounted, renamed, shifted


def ids(*names):
    return [level(name).id for name in names]


def named(mapping):
    return {level(old).name: level(new).name for old, new in mapping.items()}


def test_the_usual_chain():
    names = [each.name for each in Chain().levels]
    assert len(names) == 24
    assert names[18:20] == ["T12", "L1"]


def test_variants_have_their_own_chains():
    names = [each.name for each in Chain(13, 6).levels]
    assert names[18:21] == ["T12", "T13", "L1"]
    assert names[-1] == "L6"
    assert [each.name for each in Chain(11, 4).levels][-5:] == ["T11", "L1", "L2", "L3", "L4"]


@pytest.mark.parametrize(("thoracic", "lumbar"), [(10, 5), (14, 5), (12, 3), (12, 7)])
def test_impossible_numbers_are_refused(thoracic, lumbar):
    with pytest.raises(ParameterError, match="is not known"):
        Chain(thoracic, lumbar)


def test_the_chain_of_a_map_knows_t13_and_l6():
    assert Chain.of(ids("T12", "T13", "L1")) == Chain(13, 5)
    assert Chain.of(ids("L5", "L6", "S1")) == Chain(12, 6)


def test_shift_moves_every_name_but_the_sacrum():
    assert named(shifted(ids("T11", "T12", "L1", "S1"), 1, Chain())) == {"T11": "T12", "T12": "L1", "L1": "L2"}


def test_shift_through_t13():
    assert named(shifted(ids("T11", "T12", "T13"), 1, Chain(13))) == {"T11": "T12", "T12": "T13", "T13": "L1"}


def test_shift_onto_the_sacrum_is_refused():
    with pytest.raises(ParameterError, match="L5 would come to lie below L5"):
        shifted(ids("L4", "L5", "S1"), 1, Chain())


def test_shift_above_c1_is_refused():
    with pytest.raises(ParameterError, match="above C1"):
        shifted(ids("C1", "C2"), -1, Chain())


def test_renaming_one_moves_all_and_keeps_gaps():
    assert named(renamed(ids("T10", "T12", "L1"), *ids("T12", "T11"), Chain())) == {"T10": "T9", "T12": "T11", "L1": "T12"}


def test_a_name_of_the_sacrum_is_refused():
    with pytest.raises(ParameterError, match="S1 is no vertebra"):
        renamed(ids("L4", "L5"), *ids("L5", "S1"), Chain())


def test_a_thirteenth_thoracic_vertebra_counted_from_the_top():
    mapping = recounted(ids("T12", "L1", "L2"), Chain(), Chain(13), from_sacrum=False)
    assert named(mapping) == {"T12": "T12", "L1": "T13", "L2": "L1"}


def test_a_sixth_lumbar_vertebra_counted_from_the_sacrum():
    mapping = recounted(ids("T12", "L1", "L5", "S1"), Chain(), Chain(12, 6), from_sacrum=True)
    assert named(mapping) == {"T12": "L1", "L1": "L2", "L5": "L6"}


def test_no_fifth_lumbar_vertebra():
    mapping = recounted(ids("T12", "L1", "L5"), Chain(), Chain(12, 4), from_sacrum=True)
    assert named(mapping) == {"T12": "T11", "L1": "T12", "L5": "L4"}


def test_too_many_vertebrae_for_the_new_numbers():
    with pytest.raises(ParameterError, match="more vertebrae"):
        recounted(ids("C1", "L5"), Chain(), Chain(12, 4), from_sacrum=True)


@given(st.integers(11, 13), st.integers(4, 6), st.integers(-3, 3), st.data())
def test_a_shift_and_its_opposite_are_nothing(thoracic, lumbar, steps, data):
    chain = Chain(thoracic, lumbar)
    inner = [each.id for each in chain.levels[3:-3]]
    present = data.draw(st.sets(st.sampled_from(inner), min_size=1))
    there = shifted(present, steps, chain)
    assert len(set(there.values())) == len(there)
    back = shifted(there.values(), -steps, chain)
    assert {old: back[new] for old, new in there.items()} == {old: old for old in there}
