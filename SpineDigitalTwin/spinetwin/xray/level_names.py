"""What the names of the levels on two films rest on, and what speaks against them.

Films of a part of the spine do not tell which vertebra is which: they are counted from one whose name somebody knows. So names
are not verified until a person has confirmed them, and what contradicts them is said, never acted upon. What can be checked:

* Transverse processes are short at T12, where a rib is all that goes sideways, and long from L1 on. The distance of their tips
  beside that of the mean adult, level by level, tells where this border lies, once for each person whether large or small.
* Whether the films go on below the lowest vertebra: where they end, nobody can count from the sacrum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..anatomy import level as level_of
from ..errors import ParameterError
from ..geometry import FloatArray
from ..phantom.person.dimensions import DIMENSIONS
from .films import Film
from .landmarks import Landmarks, beside, renamed
from .triangulate import triangulate

TIPS = ("transverse_right", "transverse_left")
_ENDPLATES = ("superior_endplate", "inferior_endplate")

_LEVEL_SD, _PERSON_SD = 0.10, 0.12
"""Of the logarithm of a distance between tips: from level to level with the clicks, and of a person's whole spine."""

_STEPS = (-2, -1, 1, 2)
"""Other names that are tried: so many levels further down."""

_CLEARLY = 6.0
"""Chi-squared by which other names must fit better. Of label maps of three real people (widths of the bone behind the body) no
part of 4 to 8 levels was doubted under its own names (65 parts), and all 50 that hold T12 and L1 were under names one off; of
procedural spines, tips off by 2 mm, none of 200 and 189 of 200."""

_LEAST_LEVELS = 3
_RARE = ("T13", "L6")
_COUNTED = ("cervical", "thoracic", "lumbar")


def hints_of(films: Sequence[Film], landmarks: Landmarks) -> tuple[str, ...]:
    """Return what speaks against the names of levels, or keeps them from being checked, as sentences.

    Parameters
    ----------
    films : sequence of Film
        A frontal and a lateral one.
    landmarks : Landmarks
        At least of one level.
    """
    if not all(level_of(key).region in _COUNTED and key in DIMENSIONS for key in landmarks.levels):
        # beside the sacrum or the dens nothing needs to be guessed: what was clicked there is what one counts from
        return landmarks.remarks
    rare = [level_of(key).name for key in landmarks.levels if level_of(key).name in _RARE]
    unusual = [f"There are landmarks of {name}, which few people have: check that there is one." for name in rare]
    return (*landmarks.remarks, *_by_transverse_processes(films, landmarks), *_below(films, landmarks), *unusual)


def _by_transverse_processes(films: Sequence[Film], landmarks: Landmarks) -> list[str]:
    spans = tip_distances(films, landmarks)
    lowest = landmarks.levels[-1]
    misfits = {to: misfit for to in _others(lowest) if (misfit := _misfit_as(landmarks, spans, to)) is not None}
    own = _misfit_as(landmarks, spans, lowest)
    if len(spans) < _LEAST_LEVELS or own is None or not misfits:
        return []
    best = min(misfits, key=lambda to: misfits[to])
    if own - misfits[best] < _CLEARLY:
        return []
    as_if = f"as if the lowest vertebra were {level_of(best).name}, not {level_of(lowest).name}"
    return [f"The transverse processes are as wide {as_if} (they are short at T12 and long from L1 on): count again."]


def _others(lowest: int) -> list[int]:
    return [to for step in _STEPS if (to := beside(lowest, step)) is not None]


def _misfit_as(landmarks: Landmarks, spans: Mapping[int, float], to: int) -> float | None:
    """Return how badly distances of tips fit if the lowest level were another one; None where there are not so many levels."""
    try:
        names = dict(zip(landmarks.levels, renamed(landmarks, landmarks.levels[-1], to).levels, strict=True))
    except ParameterError:
        return None
    return misfit(np.array(list(spans.values())), [names[key] for key in spans])


def misfit(spans: FloatArray, levels: Sequence[int]) -> float:
    """Return chi-squared of distances between the tips of transverse processes (k,), mm, if they are those of these levels.

    A person may be larger or smaller as a whole than the mean adult.
    """
    usual = np.array([DIMENSIONS[key].transverse_span for key in levels])
    away = np.log(spans / usual)
    spread = _LEVEL_SD**2 * np.eye(len(away)) + _PERSON_SD**2
    return float(away @ np.linalg.solve(spread, away))


def tip_distances(films: Sequence[Film], landmarks: Landmarks) -> dict[int, float]:
    """Return the distance of the tips of the transverse processes, mm, of levels where both films show both, from the top."""
    found = {}
    for key in landmarks.levels:
        tips = _places(films, landmarks, key, TIPS)
        if tips is not None:
            found[key] = float(np.linalg.norm(tips[0] - tips[1]))
    return found


def _places(films: Sequence[Film], landmarks: Landmarks, key: int, names: Sequence[str]) -> FloatArray | None:
    """Return where landmarks of a level are, RAS mm; None where a film lacks one."""
    seen, cameras = landmarks.of_level(key), [film.camera for film in films]
    if not all(film.view in seen.get(name, ()) for film in films for name in names):
        return None
    return np.array([triangulate(cameras, [seen[name][film.view] for film in films]).position for name in names])


def _below(films: Sequence[Film], landmarks: Landmarks) -> list[str]:
    """Say which films end before the middle of what lies below the lowest level."""
    lowest = landmarks.levels[-1]
    plates = _places(films, landmarks, lowest, _ENDPLATES)
    if plates is None:
        return []
    top, bottom = plates
    row = DIMENSIONS[lowest]
    # the next middle lies half a vertebra beyond this one's lower endplate and the disc
    next_one = bottom + (bottom - top) * (0.5 + row.disc_height / row.height)
    ends = [film.view for film in films if not _shows(film, next_one)]
    if not ends:
        return []
    which = "Both films end" if len(ends) == len(films) else f"The {ends[0]} film ends"
    return [
        f"{which} just below {level_of(lowest).name}: what is below, and so the count from the sacrum, cannot be seen there."
    ]


def _shows(film: Film, place: FloatArray) -> bool:
    column, row = film.camera.project(place)[:2]
    columns, rows = film.camera.size
    return bool(-0.5 <= column <= columns - 0.5 and -0.5 <= row <= rows - 0.5)
