"""Records of visual quality control."""

import pytest
from spinetwin.errors import ParameterError, ReadError
from spinetwin.poi import Poi, PoiSet, Status
from spinetwin.poi.review import COLUMNS, Record, Review, Verdict, from_csv, to_csv

L1, L2, T13 = 20, 21, 28
POIS = PoiSet.of(
    [
        Poi(L1, 101, Status.OK, (0.0, 0.0, 0.0)),
        Poi(L1, 102, Status.SUSPECT, (0.0, 0.0, 1.0), "why"),
        Poi(L2, 101, Status.OK, (0.0, 0.0, 0.0)).moved_to((1.0, 0.0, 0.0)),
        Poi(L2, 103, Status.MISSING, None, "gone"),
    ]
)
REVIEW = Review().with_record(Record(L2, Verdict.REJECT, 'left and right, "swapped"\nagain', "reader é", "2026-01-02T03:04"))
REVIEW = REVIEW.with_record(Record(T13, Verdict.ACCEPT))


def test_one_row_a_level_from_the_top_with_counts():
    rows = to_csv(REVIEW, POIS).splitlines()
    assert rows[0] == ",".join(COLUMNS)
    assert rows[1] == "T13,accept,,,,0,0,0,0"
    assert rows[2] == "L1,,,,,1,1,0,0"
    assert rows[3].startswith('L2,reject,"left and right, ""swapped""')
    assert rows[4] == 'again",reader é,2026-01-02T03:04,1,0,1,1'


def test_the_table_comes_back():
    assert from_csv(to_csv(REVIEW, POIS)) == REVIEW


def test_judging_again_replaces_and_notes_need_a_verdict():
    again = REVIEW.with_record(Record(L2, Verdict.SUSPECT))
    assert again.records[L2].verdict is Verdict.SUSPECT
    assert again.with_notes(L2, "look").records[L2] == Record(L2, Verdict.SUSPECT, "look")
    with pytest.raises(ParameterError, match="L1 has not been judged yet"):
        again.with_notes(L1, "look")
    assert list(again.without(L2).records) == [T13]


def test_what_is_left_to_do():
    assert REVIEW.open_levels((T13, L1, L2)) == (L1,)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("level,notes\nL1,x\n", "no column verdict"),
        ("level,verdict\nL9,accept\n", "'L9'"),
        ("level,verdict\nL1,fine\n", "'fine'"),
        ("level,verdict\nL1,accept\nL1,reject\n", "twice"),
    ],
)
def test_tables_that_are_not_understood(text, word):
    with pytest.raises(ReadError, match=word):
        from_csv(text)


def test_rows_without_verdict_and_other_columns_are_passed_over():
    assert from_csv("more,verdict,level\n1, ,L1\n2,Accept,L2\n") == Review({L2: Record(L2, Verdict.ACCEPT)})
