"""What the names of levels rest on: transverse processes, what lies below, and who has said it.

Landmarks are projected from spines of known levels; then they are called otherwise.
"""

import numpy as np
import pytest
from spinetwin.anatomy import level
from spinetwin.errors import ParameterError
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.xray.films import Film
from spinetwin.xray.landmarks import LANDMARKS, Landmarks, LevelNames, beside, landmarks_of, renamed
from spinetwin.xray.level_names import hints_of, misfit, tip_distances
from spinetwin.xray.synthetic import usual_cameras

L3, L5 = level("L3").id, level("L5").id
VIEWS = ("frontal", "lateral")


def _films(pixels=900):
    return [Film(view, np.zeros((pixels, pixels)), camera) for view, camera in zip(VIEWS, usual_cameras(pixels), strict=True)]


def _spine(levels, seed=2):
    spine = make_spine(SpineParameters(levels=levels), np.random.default_rng(seed))
    return spine.transformed(np.eye(3), -np.mean([frame.origin for frame in spine.frames.values()], axis=0))


def _clicks(spine, films, sd=1.0, tips=True):
    """Return endplates and, from the dimensions of each level alone, the tips of the transverse processes."""
    rng, seen = np.random.default_rng(3), {}
    for key, shape in spine.shapes.items():
        row = shape.row
        local = {"superior_endplate": (0, 0, row.height / 2), "inferior_endplate": (0, 0, -row.height / 2)}
        if tips:
            local |= {
                f"transverse_{side}": (sign * row.transverse_span / 2, -30, 0) for side, sign in (("right", 1), ("left", -1))
            }
        for name, at in local.items():
            for film in films:
                pixel = film.camera.project(spine.frames[key].to_ras(np.array(at, dtype=float)))[:2]
                seen[key, name, film.view] = pixel + rng.normal(0.0, sd / film.pixel_mm, 2)
    return Landmarks(seen)


@pytest.mark.parametrize(("levels", "step"), [("T10-L2", 1), ("T10-L2", -1), ("T12-L5", -1), ("T11-L4", 1)])
def test_where_the_ribs_end_contradicts_wrong_names_and_no_right_ones(levels, step):
    """Of eight people nobody is doubted, and of wrong names hardly any pass."""
    films, noticed = _films(), 0
    for seed in range(8):
        right = _clicks(_spine(levels, seed), films)
        lowest = right.levels[-1]
        assert hints_of(films, right) == ()
        wrong = renamed(right, lowest, beside(lowest, step))
        found = [each for each in hints_of(films, wrong) if "transverse" in each]
        noticed += len(found)
        as_if = f"as if the lowest vertebra were {level(lowest).name}, not {level(wrong.levels[-1]).name} "
        assert all(as_if in each for each in found)
    assert noticed >= 6


def test_tips_are_as_far_apart_as_on_the_bone_and_need_both_films():
    films, spine = _films(), _spine("T12-L3")
    marks = _clicks(spine, films, sd=0.0)
    for key, apart in tip_distances(films, marks).items():
        assert apart == pytest.approx(spine.shapes[key].row.transverse_span, abs=0.01)
    less = Landmarks({key: at for key, at in marks.seen.items() if key != (L3, "transverse_left", "lateral")})
    assert L3 not in tip_distances(films, less)


def test_a_large_person_is_no_other_level():
    usual = np.array([58.0, 50.0, 49.0, 72.0])
    levels = [level(name).id for name in ("T10", "T11", "T12", "L1")]
    as_they_are = misfit(usual, levels)
    assert as_they_are == pytest.approx(0.0, abs=1e-9)
    assert misfit(1.12 * usual, levels) < 1.0
    uneven = usual * [1.12, 0.9, 1.1, 0.9]
    assert misfit(uneven, levels) > misfit(1.12 * usual, levels) + 3.0


def test_without_tips_nothing_is_said_of_them():
    films = _films()
    marks = _clicks(_spine("T11-L4"), films, tips=False)
    assert hints_of(films, renamed(marks, marks.levels[-1], L5)) == ()


@pytest.mark.parametrize(("views", "words"), [(("lateral",), "The lateral film ends"), (VIEWS, "Both films end")])
def test_where_a_film_ends_below_the_lowest_nobody_can_count_from_the_sacrum(views, words):
    whole, spine = _films(), _spine("L1-L5")
    marks = _clicks(spine, whole, sd=0.0)
    last = max(marks.seen[L5, "inferior_endplate", view][1] for view in VIEWS)
    cut = [film.cropped((0, 0), (900, int(last) + 4)) if film.view in views else film for film in whole]
    assert hints_of(whole, marks) == ()
    assert hints_of(cut, marks) == (
        f"{words} just below L5: what is below, and so the count from the sacrum, cannot be seen there.",
    )


def test_what_few_people_have_is_asked_after():
    films = _films()
    marks = _clicks(_spine("L1-L5"), films, tips=False)
    assert hints_of(films, renamed(marks, L5, level("L6").id)) == (
        "There are landmarks of L6, which few people have: check that there is one.",
    )


def test_with_landmarks_of_the_sacrum_the_count_has_its_anchor():
    films = _films()
    marks = _clicks(_spine("T12-L5"), films)
    wrong = renamed(marks, L5, level("L4").id)
    assert hints_of(films, wrong) != ()
    sacrum = {(level("S1").id, "superior_endplate", view): np.zeros(2) for view in VIEWS}
    both = Landmarks({**wrong.seen, **sacrum})
    assert hints_of(films, both) == ()
    assert beside(level("S1").id, 1) is None
    with pytest.raises(ParameterError, match=r"S1 is not counted with the others: names go from C3 to L6\. Leave out"):
        renamed(both, level("S1").id, L5)


def test_names_are_verified_by_people_and_then_only_hints_are_said():
    open_ = LevelNames(L3, "nobody knows", False, ("Something.",))
    first, hint, last = open_.said
    assert first == "The names of the levels are not verified: nobody knows."
    assert hint == "Something."
    assert "where it is not L3, --lowest with its name moves all names along; --lowest L3 confirms them" in last
    assert LevelNames(L3, "a person", True, ("Something.",)).said == ("Something.",)


def test_the_landmarks_of_a_procedural_vertebra_are_as_wide_as_its_dimensions():
    """So the tips that are clicked are those that the table of dimensions speaks of."""
    from spinetwin.xray.correspondence import template_of

    (shape,) = make_spine(SpineParameters(levels="L3")).shapes.values()
    marks = dict(zip(LANDMARKS, landmarks_of(shape, template_of(shape, 2.5).vertices), strict=True))
    apart = np.linalg.norm(marks["transverse_right"] - marks["transverse_left"])
    assert apart == pytest.approx(shape.row.transverse_span, rel=0.05)
