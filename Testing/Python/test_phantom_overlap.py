"""How much two neighbouring vertebrae share, against the smaller of both: of whole spines the worst pair would not be seen.

Incidents: at the top of a curve of 80 degrees the inferior process of C7 stood in the transverse one of T1 (0.9 % of T1), and
those of an L5 that had slipped by 45 % in the arch of the sacrum (1.2 % of L5).
"""

import pytest
from phantom_measures import overlap, pair_overlaps
from spinetwin.anatomy import LEVELS, level
from spinetwin.phantom import VARIANT_KINDS, Curve, SpineParameters, dimensions, lenke_curves, make_spine, parse_variant

MOST = 0.005

POSTURES = {
    "mean": SpineParameters(),
    "no kyphosis": SpineParameters(kyphosis=0.0),
    "most kyphosis": SpineParameters(kyphosis=80.0),
    "no lordosis": SpineParameters(lordosis=0.0),
    "most lordosis": SpineParameters(lordosis=85.0),
    "kyphotic neck": SpineParameters(cervical_lordosis=-15.0),
    "lordotic neck": SpineParameters(cervical_lordosis=40.0),
    "Cobb 60": SpineParameters(curves=(Curve(60.0),)),
    "Cobb 80": SpineParameters(curves=(Curve(80.0),)),
    "Cobb 80 within six levels": SpineParameters(curves=(Curve(80.0, half_length=3),)),
    "Cobb 80 in the loin": SpineParameters(curves=(Curve(80.0, apex="L2", side="left", half_length=3),)),
    **{f"Lenke {kind}": SpineParameters(curves=lenke_curves(kind, 80.0)) for kind in range(1, 7)},
}

SINGLE = [
    f"{kind.name}:{kind.level}:{size:g}".replace("::", ":")
    for kind in VARIANT_KINDS.values()
    if kind.level and kind.name != "listhesis" and kind.amount
    for size in (kind.least, kind.most)
]
"""Every kind that has a size, with its least and its greatest."""

OTHERS = [
    "listhesis:L5:1",
    "listhesis:L4:45%",
    "listhesis:L5:45%",
    "listhesis:C3:45%",
    "block:C5",
    "block:L3",
    "laminectomy:L4",
    "T13",
    "L6",
    "four-lumbar",
    "wedge:L1:0.6 biconcave:L2:0.6",
    "listhesis:L4:45% osteophytes:L5:8",
    "L6 listhesis:L5:45%",
    "block:C5 listhesis:C3:6.9",
    "osteophytes:L3:8 osteophytes:L4:8",
    "listhesis:L3:45% listhesis:L4:45%",
]
"""Kinds without a size, slips, and pairs of variants side by side."""


def around(words):
    """Names of the levels of some variants, and of those above and below."""
    places = [parse_variant(word).level or {"T13": "T13", "L6": "L6"}.get(word, "L4") for word in words]
    orders = [level(place).order for place in places]
    return [each.name for each in LEVELS if min(orders) - 3 <= each.order <= max(orders) + 1]


@pytest.mark.parametrize("name", POSTURES)
def test_neighbours_share_next_to_nothing_in_any_posture(name):
    found = pair_overlaps(make_spine(POSTURES[name]))
    assert len(found) == 24
    assert max(found.values()) < MOST, max(found.items(), key=lambda each: each[1])


@pytest.mark.parametrize("text", [*SINGLE, *OTHERS])
def test_neighbours_share_next_to_nothing_around_any_variant(text):
    words = text.split()
    spine = make_spine(SpineParameters(variants=tuple(parse_variant(word) for word in words)))
    found = pair_overlaps(spine, around(words))
    assert len(found) >= 2
    assert max(found.values()) < MOST, max(found.items(), key=lambda each: each[1])


def test_every_kind_is_looked_at():
    assert {parse_variant(word).kind for text in (*SINGLE, *OTHERS) for word in text.split()} == set(VARIANT_KINDS)


def test_two_vertebrae_in_one_place_would_be_found():
    """A disc that is pressed to a third lets bodies meet; against the bone of all levels it is less."""
    spine = make_spine(SpineParameters(levels="L2-L4"))
    l4 = level("L4").id
    near = spine.frames[l4].origin + 0.6 * dimensions("L3").disc_height * spine.frames[l4].superior
    moved = {**spine.upright, l4: type(spine.frames[l4])(near, spine.frames[l4].axes, "moved")}
    crushed = type(spine)(spine.parameters, spine.shapes, moved, spine.discs, spine.canal)
    found = pair_overlaps(crushed)
    assert found["L3"] > MOST > found["L2"]
    exact = pair_overlaps(crushed, ["L3"], 0.7)["L3"]
    assert found["L3"] == pytest.approx(exact, rel=0.15)
    assert overlap(crushed, 1.0) < found["L3"]
