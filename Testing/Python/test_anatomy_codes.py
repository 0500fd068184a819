"""Standard codes: for every level, disc and subregion, with check digits that are right."""

import itertools

import pytest
from spinetwin.anatomy import GROUPS, LEVELS, SUBREGIONS, code_of_disc, code_of_level, code_of_subregion, group_of, short_name
from spinetwin.anatomy.codes import DISC, SPINE, STRUCTURE


def _multiplied(a, b):
    """Multiply in the dihedral group of the pentagon, as Verhoeff's check digit does."""
    flip_a, flip_b = a >= 5, b >= 5
    a, b = a % 5, b % 5
    turn = (a - b if flip_a else a + b) % 5
    return turn + 5 * (flip_a != flip_b)


def _is_snomed(text):
    """Say whether an identifier has the check digit that SNOMED CT prescribes (Verhoeff 1969)."""
    permutations = [list(range(10)), [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
    while len(permutations) < 8:
        permutations.append([permutations[-1][permutations[1][digit]] for digit in range(10)])
    check = 0
    for position, digit in enumerate(reversed(text)):
        check = _multiplied(check, permutations[position % 8][int(digit)])
    return check == 0


def test_the_check_of_the_check_digit_bites():
    assert _is_snomed("36470004")
    assert not _is_snomed("36470005")
    assert not _is_snomed("34670004")


def _all_codes():
    yield from (STRUCTURE, SPINE, DISC)
    yield from (code_of_level(each.id) for each in LEVELS)
    yield from (code_of_disc(a.id, b.id) for a, b in itertools.pairwise(LEVELS))
    for each in SUBREGIONS:
        part, side = code_of_subregion(each.id)
        yield part
        if side:
            yield side


@pytest.mark.parametrize("code", sorted(set(_all_codes()), key=lambda each: each.value), ids=lambda each: each.meaning)
def test_every_code_has_its_check_digit(code):
    assert _is_snomed(code.value)
    assert code.scheme == "SCT"
    assert code.meaning


def test_levels_from_c1_to_l5_have_codes_of_their_own():
    usual = [each for each in LEVELS if each.region in ("cervical", "thoracic", "lumbar") and each.name not in ("T13", "L6")]
    assert len({code_of_level(each.id).value for each in usual}) == 24
    assert code_of_level("T13").meaning == "Thoracic spine"
    assert code_of_level("L6").meaning == "Lumbar spine"


def test_discs_have_the_code_of_their_two_levels():
    assert code_of_disc("C2", "C3").value == "1078209008"
    assert code_of_disc("T12", "L1").meaning == "T12/L1 disc"
    assert code_of_disc("T12", "T13") is code_of_disc("L6", "S1") is DISC


def test_sides():
    for each in SUBREGIONS:
        _, side = code_of_subregion(each.id)
        expected = "Left" if each.name.endswith("_left") else "Right" if each.name.endswith("_right") else None
        assert (side.meaning if side else None) == expected


def test_every_subregion_has_a_short_name_and_a_group():
    assert {group_of(each.id) for each in SUBREGIONS} == set(GROUPS)
    assert len({short_name(each.id) for each in SUBREGIONS}) == len(SUBREGIONS)
    assert short_name(42) == "spinous process"
