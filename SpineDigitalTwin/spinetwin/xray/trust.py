"""How well each vertebra agrees with the films, and which ones not to trust (`trust.csv`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..anatomy.tables import read_table
from ..geometry import FloatArray
from .compare import Compared
from .films import Film
from .fit import Fitted
from .landmarks import LANDMARKS, Landmarks
from .pose import at_bound
from .shapes import Posed

_LIMITS = {row["name"]: (float(row["limit"]), row["reason"]) for row in read_table("trust.csv", __package__)}
_AROUND_MM = 3.0


@dataclass(frozen=True)
class Agreement:
    """One vertebra beside the films.

    Attributes
    ----------
    level : int
    residual_mm : mapping of view to float
        Root mean square difference around its shadow, as way through bone.
    correlation : mapping of view to float
        Between film (less the background) and rendering, around its shadow.
    landmark_mm : float
        Root mean square distance of its landmarks from where they were clicked, at the patient.
    score : float
        Largest standard deviation of a mode.
    reasons : tuple of str
        Why not to trust it; none if it can be trusted.
    """

    level: int
    residual_mm: dict[str, float]
    correlation: dict[str, float]
    landmark_mm: float
    score: float
    reasons: tuple[str, ...]

    @property
    def astray(self) -> bool:
        """Whether more is doubtful than an unusual shape."""
        return len(self.reasons) > _beyond("score", self.score)


def agreements(found: Fitted, given: Sequence[Film], landmarks: Landmarks) -> tuple[Agreement, ...]:
    """Judge each vertebra.

    Parameters
    ----------
    found : Fitted
    given : sequence of Film
        As they were read; landmarks are in their pixels.
    landmarks : Landmarks
    """
    given = found.calibrated(given)
    return tuple(
        _agreement(each, start, found, given, landmarks) for each, start in zip(found.vertebrae, found.starts, strict=True)
    )


def _agreement(posed: Posed, start: Posed, found: Fitted, given: Sequence[Film], landmarks: Landmarks) -> Agreement:
    residual, correlation = {}, {}
    for film, compared in zip(found.films, found.compared, strict=True):
        where = _around(posed, film)
        residual[film.view] = (
            float(np.sqrt((compared.residual[where] ** 2).mean())) if compared.residual[where].size else np.inf
        )
        correlation[film.view] = _correlation(film, compared, where)
    marks, score = _landmark_distance(posed, given, landmarks), float(np.abs(posed.scores).max())
    values = {"correlation": min(correlation.values()), "landmark_mm": marks, "score": score}
    values["residual_mm"] = max(residual.values())
    reasons = [
        _LIMITS[name][1].format(value=value, limit=_LIMITS[name][0]) for name, value in values.items() if _beyond(name, value)
    ]
    if at_bound(posed, start.frame):
        reasons.append("its pose came to the bound of how far it may go from its landmarks")
    return Agreement(posed.model.level, residual, correlation, marks, score, tuple(reasons))


def _beyond(name: str, value: float) -> bool:
    limit = _LIMITS[name][0]
    return value < limit if name == "correlation" else value > limit


def _around(posed: Posed, film: Film) -> tuple[slice, slice]:
    places = film.camera.project(posed.surface.vertices)[:, :2]
    rim = _AROUND_MM / film.pixel_mm
    low = np.maximum(np.floor(places.min(axis=0) - rim), 0).astype(int)
    high = np.maximum(np.ceil(places.max(axis=0) + rim), 0).astype(int)
    return slice(low[1], high[1]), slice(low[0], high[0])


def _correlation(film: Film, compared: Compared, where: tuple[slice, slice]) -> float:
    seen: FloatArray = np.sign(compared.gain) * (film.values - compared.behind)[where].ravel()
    path = compared.path[where].ravel()
    if seen.size < 2 or seen.std() == 0 or path.std() == 0:
        return 0.0
    return float(np.corrcoef(seen, path)[0, 1])


def _landmark_distance(posed: Posed, given: Sequence[Film], landmarks: Landmarks) -> float:
    squares = []
    for name, views in landmarks.of_level(posed.model.level).items():
        for film in given:
            if film.view in views:
                away = film.camera.project(posed.landmarks[LANDMARKS.index(name)])[:2] - views[film.view]
                squares.append(float(away @ away) * film.pixel_mm**2)
    return float(np.sqrt(np.mean(squares)))
