"""Muscles as strong, and as far from the spine, as they were measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ..anatomy import level
from ..geometry import FloatArray, IntArray
from .model import MultibodyModel, Muscles

ERECTOR = ("longissimus", "iliocostalis", "spinalis")
GROUPS = {
    "multifidus": ("multifidus",),
    "erector_spinae": ERECTOR,
    "deep_back_muscles": ("multifidus", *ERECTOR),
    "psoas": ("psoas",),
    "quadratus_lumborum": ("quadratus_lumborum",),
}
"""Which groups of fascicles a measured muscle holds."""

_PSOAS, _ILIOPSOAS = "psoas", "iliopsoas"
_ALONE = {level(name).id for name in ("T12", "L1", "L2", "L3", "L4")}
"""Levels below which an iliopsoas is the psoas alone: the iliacus comes to it from the iliac fossa, further down."""

LEAST, MOST = 0.25, 4.0
"""Ends of the factors that are believed."""

FARTHEST_MM = 30.0
"""Shift of a muscle's centroid that is believed at most."""

_UNKNOWN, _CENTROID = "points of interest or template", "the centroid that was measured"
"""Where points of paths are from, in files that do not say it, and at discs where the muscle was measured."""

Place = tuple[str, str, int]
"""Muscle, "left" or "right", and id of the level above the disc at which it was measured."""

_Value = TypeVar("_Value")
_Path = list[tuple[int, FloatArray, str]]


def with_measured_areas(model: MultibodyModel, areas: Mapping[Place, float]) -> MultibodyModel:
    """Scale the fascicles of a group and side so that they fill the areas that were measured.

    At each disc the factor is the measured cross-section over the sum of the table's areas of the fascicles that pass there. A
    fascicle takes the mean over the discs that it passes, or where none of them was measured that of its muscle. Image-based
    pipelines take the anatomical cross-section for the physiological one, as is done here; both differ where fibres run askew.

    Parameters
    ----------
    model : MultibodyModel
    areas : mapping of Place to float
        Cross-section at the disc below the level, mm2; muscles of `GROUPS`. An iliopsoas is taken for the psoas where it is
        no more than that.

    Returns
    -------
    MultibodyModel
        With a note for each muscle that was scaled, that is not in the model, or whose factor is beyond belief.
    """
    pcsa, sources = model.muscles.pcsa_mm2.copy(), list(model.muscles.sources)
    areas, notes = without_iliacus(areas), list(_unused(model, areas))
    for muscle, side, chosen in _measured(model, areas):
        passing = {key: chosen & _passes(model, key) for key in _levels(model, areas, muscle, side)}
        factors = {key: areas[muscle, side, key] / float(pcsa[who].sum()) for key, who in passing.items() if who.any()}
        if not factors:
            continue
        mean, label = float(np.mean(list(factors.values()))), f"{muscle.replace('_', ' ')} {side}"
        if not all(LEAST <= each <= MOST for each in (mean, *factors.values())):
            odd = max((mean, *factors.values()), key=lambda each: abs(np.log(max(each, 1e-9))))
            notes.append(f"The measured area of the {label} is {odd:.2f} times the usual one and was not believed.")
            continue
        passed = np.array([passing[key] for key in factors])
        own = np.array(list(factors.values())) @ passed / np.maximum(passed.sum(axis=0), 1)
        pcsa[chosen] *= np.where(passed.any(axis=0), own, mean)[chosen]
        for one in np.flatnonzero(chosen):
            sources[one] = f"measured cross-section of the {label}, shared among its fascicles as in: {sources[one]}"
        notes.append(f"The {label} is as strong as its measured area: {mean:.2f} times the usual one.")
    muscles = replace(model.muscles, pcsa_mm2=pcsa, sources=tuple(sources))
    return replace(model, muscles=muscles, notes=(*model.notes, *notes))


def with_measured_centroids(model: MultibodyModel, centroids: Mapping[Place, FloatArray]) -> MultibodyModel:
    """Lead the fascicles of a group and side through the discs where their centroid was measured.

    Attachments stay on their bones. Each fascicle gets a point at each measured disc that it passes, as far from where it
    passed before as the measured centroid is from that of the model; points of its path between two discs move with them.

    Parameters
    ----------
    model : MultibodyModel
        With the areas that weight its centroids.
    centroids : mapping of Place to (2,) array
        From the centre of the disc below the level to the right and to the front, mm; muscles as for `with_measured_areas`.

    Returns
    -------
    MultibodyModel
        With a note for each muscle that was moved, or whose centroid is beyond belief.
    """
    paths = _paths(model.muscles)
    centroids, notes = without_iliacus(centroids), []
    for muscle, side, chosen in _measured(model, centroids):
        who, label = np.flatnonzero(chosen), f"{muscle.replace('_', ' ')} {side}"
        places = {key: centroids[muscle, side, key] for key in _levels(model, centroids, muscle, side)}
        shifts = _shifts(model, paths, who, places)
        if not shifts:
            continue
        farthest = max(float(np.linalg.norm(each)) for each in shifts.values())
        if farthest > FARTHEST_MM:
            notes.append(f"The measured centroid of the {label} is {farthest:.0f} mm from the usual one and was not believed.")
            continue
        for one in who:
            paths[one] = _led(model, paths[one], shifts)
        notes.append(f"The {label} runs where its centroid was measured: up to {farthest:.0f} mm from the usual path.")
    owners, points, sources = _padded(paths)
    muscles = replace(model.muscles, owners=owners, points=points, point_sources=sources)
    return replace(model, muscles=muscles, notes=(*model.notes, *notes))


def without_iliacus(values: Mapping[Place, _Value]) -> dict[Place, _Value]:
    """Take an iliopsoas for the psoas where it is no more than that, and the psoas itself was not measured on that side."""
    sides = {side for name, side, _ in values if name == _PSOAS}
    return {
        (_PSOAS, side, key) if name == _ILIOPSOAS and key in _ALONE and side not in sides else (name, side, key): value
        for (name, side, key), value in values.items()
    }


def _unused(model: MultibodyModel, areas: Mapping[Place, float]) -> Iterator[str]:
    """Tell which measured muscles were taken for another, or do nothing, at the levels of the model."""
    usable, here = without_iliacus(areas), [place for place in areas if place[2] in model.levels]
    for name, side in dict.fromkeys((name, side) for name, side, _ in here):
        label, keys = f"{name.replace('_', ' ')} {side}", [key for muscle, at, key in here if (muscle, at) == (name, side)]
        left = [key for key in keys if name not in GROUPS and (name, side, key) in usable]
        if name == _ILIOPSOAS and len(left) < len(keys):
            yield f"The measured {label} is taken for the psoas down to L4/5: the iliacus joins it further down."
        elif left:
            yield f"The measured {label} does nothing: the model has no such muscle."


def _measured(model: MultibodyModel, values: Mapping[Place, object]) -> Iterator[tuple[str, str, npt.NDArray[np.bool_]]]:
    """Yield each muscle and side that was measured with the fascicles (m,) that it holds."""
    pairs = list(zip(model.muscles.groups, model.muscles.sides, strict=True))
    for muscle, side in dict.fromkeys((name, side) for name, side, _ in values if name in GROUPS):
        yield muscle, side, np.array([group in GROUPS[muscle] and at == side for group, at in pairs])


def _levels(model: MultibodyModel, values: Mapping[Place, object], muscle: str, side: str) -> list[int]:
    return [key for name, at, key in values if (name, at) == (muscle, side) and key in model.levels]


def _passes(model: MultibodyModel, key: int) -> npt.NDArray[np.bool_]:
    """Tell which fascicles pass the joint below a level."""
    joint = model.levels.index(key)
    return np.asarray((model.muscles.owners.min(axis=1) <= joint) & (model.muscles.owners.max(axis=1) > joint))


def _paths(muscles: Muscles) -> list[_Path]:
    """Return the paths without the points that only fill a row up."""
    repeated = np.zeros(muscles.owners.shape, dtype=np.bool_)
    repeated[:, 1:] = (muscles.points[:, 1:] == muscles.points[:, :-1]).all(axis=-1)
    sources = muscles.point_sources or [[_UNKNOWN] * row.size for row in muscles.owners]
    return [
        [(int(owner), point, source) for owner, point, source, same in zip(*row, strict=True) if not same]
        for row in zip(muscles.owners, muscles.points, sources, repeated, strict=True)
    ]


def _padded(paths: list[_Path]) -> tuple[IntArray, FloatArray, tuple[tuple[str, ...], ...]]:
    """Return owners (m, p), points (m, p, 3) and their sources; short paths repeat their last point."""
    most = max((len(path) for path in paths), default=0)
    full = [[*path, *[path[-1]] * (most - len(path))] for path in paths]
    owners = np.array([[owner for owner, _, _ in path] for path in full], dtype=np.int64).reshape(len(paths), most)
    points = np.array([[point for _, point, _ in path] for path in full]).reshape(len(paths), most, 3)
    return owners, points, tuple(tuple(source for _, _, source in path) for path in full)


def _heights(model: MultibodyModel, path: _Path, joint: int) -> FloatArray:
    """Return how far the points of a path lie above the plane of a disc, mm."""
    return np.asarray((np.array([point for _, point, _ in path]) - model.joints[joint]) @ model.joint_axes[joint, 2])


def _crossing(model: MultibodyModel, path: _Path, joint: int) -> tuple[float, FloatArray] | None:
    """Return where along a path (in segments) and in space it passes the plane of a disc between its bodies."""
    heights = _heights(model, path, joint)
    for at in range(len(path) - 1):
        low, high = heights[at], heights[at + 1]
        if (low < 0) != (high < 0):
            part = low / (low - high)
            return at + part, (1 - part) * path[at][1] + part * path[at + 1][1]
    return None


def _shifts(
    model: MultibodyModel, paths: list[_Path], who: npt.NDArray[np.intp], places: Mapping[int, FloatArray]
) -> dict[int, FloatArray]:
    """Return by joint how far (3,) the centroid of some fascicles must move to be where it was measured, mm."""
    shifts = {}
    for key, wanted in places.items():
        joint = model.levels.index(key)
        here = [(one, _crossing(model, paths[one], joint)) for one in who]
        found = [(model.muscles.pcsa_mm2[one], place[1]) for one, place in here if place is not None]
        if found:
            centroid = np.average([point for _, point in found], axis=0, weights=[area for area, _ in found])
            across = model.joint_axes[joint, :2]
            shifts[joint] = (np.asarray(wanted) - across @ (centroid - model.joints[joint])) @ across
    return shifts


def _led(model: MultibodyModel, path: _Path, shifts: Mapping[int, FloatArray]) -> _Path:
    """Return a path through the discs by their shifts; beyond the measured discs the shift fades to nothing at the next."""
    known = [at for at in range(min(shifts) - 1, max(shifts) + 2) if 0 <= at < len(model.levels)]
    outer = {at: np.zeros(3) for at in known if at < min(shifts) or at > max(shifts)}
    anchors = sorted({**outer, **shifts}.items())
    heights = [float(model.joints[at] @ model.trunk[2]) for at, _ in anchors]
    moves = np.array([move for _, move in anchors])
    passed = [
        (place[0], (joint + 1, place[1] + move, _CENTROID))
        for joint, move in shifts.items()
        if (place := _crossing(model, path, joint))
    ]
    kept = [(float(at), each) for at, each in enumerate(path)]
    for at, (owner, point, source) in enumerate(path[1:-1], start=1):
        height = float(point @ model.trunk[2])
        move = np.array([np.interp(height, heights, column, left=0.0, right=0.0) for column in moves.T])
        kept[at] = (float(at), (owner, point + move, source if not move.any() else f"{source}, moved to {_CENTROID}"))
    return [each for _, each in sorted([*kept, *passed], key=lambda entry: entry[0])]
