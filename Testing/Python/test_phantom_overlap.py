"""How much two neighbouring vertebrae share, against the smaller of both: of whole spines the worst pair would not be seen."""

import pytest
from phantom_measures import overlap, pair_overlaps
from spinetwin.anatomy import LEVELS, level
from spinetwin.phantom import VARIANT_KINDS, Curve, SpineParameters, dimensions, make_spine, parse_variant

MOST = 0.005

POSTURES = {
    "mean": (SpineParameters(), MOST),
    "no kyphosis": (SpineParameters(kyphosis=0.0), MOST),
    "most kyphosis": (SpineParameters(kyphosis=80.0), MOST),
    "no lordosis": (SpineParameters(lordosis=0.0), MOST),
    "most lordosis": (SpineParameters(lordosis=85.0), MOST),
    "kyphotic neck": (SpineParameters(cervical_lordosis=-15.0), MOST),
    "lordotic neck": (SpineParameters(cervical_lordosis=40.0), MOST),
    # above its first end vertebra a curve fades so steeply that T1 takes 0.6 % of C7, at 80 degrees 0.9 %
    "Cobb 60": (SpineParameters(curves=(Curve(60.0),)), 0.007),
    "Cobb 80": (SpineParameters(curves=(Curve(80.0),)), 0.011),
}

SINGLE = {
    f"{kind.name}:{kind.level}:{size:g}".replace("::", ":"): MOST
    for kind in VARIANT_KINDS.values()
    if kind.level and kind.name != "listhesis" and kind.amount
    for size in (kind.least, kind.most)
}
"""Every kind that has a size, with its least and its greatest."""

OTHERS = {
    "listhesis:L5:1": MOST,
    "listhesis:L4:45%": MOST,
    "listhesis:L5:45%": 0.014,  # its facets, 15 mm in front of where they belong, take 1.2 % of L5
    "listhesis:C3:45%": MOST,
    "block:C5": MOST,
    "block:L3": MOST,
    "laminectomy:L4": MOST,
    "T13": MOST,
    "L6": MOST,
    "four-lumbar": MOST,
    "wedge:L1:0.6 biconcave:L2:0.6": MOST,
    "listhesis:L4:45% osteophytes:L5:8": MOST,
    "L6 listhesis:L5:45%": MOST,
    "block:C5 listhesis:C3:6.9": MOST,
    "osteophytes:L3:8 osteophytes:L4:8": MOST,
    "listhesis:L3:45% listhesis:L4:45%": MOST,
}
"""Kinds without a size, slips, and pairs of variants side by side."""


def around(words):
    """Names of the levels of some variants, and of those above and below."""
    places = [parse_variant(word).level or {"T13": "T13", "L6": "L6"}.get(word, "L4") for word in words]
    orders = [level(place).order for place in places]
    return [each.name for each in LEVELS if min(orders) - 3 <= each.order <= max(orders) + 1]


@pytest.mark.parametrize("name", POSTURES)
def test_neighbours_share_next_to_nothing_in_any_posture(name):
    parameters, most = POSTURES[name]
    found = pair_overlaps(make_spine(parameters))
    assert len(found) == 24
    assert max(found.values()) < most, max(found.items(), key=lambda each: each[1])


@pytest.mark.parametrize(("text", "most"), {**SINGLE, **OTHERS}.items())
def test_neighbours_share_next_to_nothing_around_any_variant(text, most):
    words = text.split()
    spine = make_spine(SpineParameters(variants=tuple(parse_variant(word) for word in words)))
    found = pair_overlaps(spine, around(words))
    assert len(found) >= 2
    assert max(found.values()) < most, max(found.items(), key=lambda each: each[1])


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
