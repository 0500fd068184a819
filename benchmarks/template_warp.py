"""How near pelvis, ribs and sternum are placed to where they are: a smooth warp beside rigid frames, on phantoms with ribs.

The ribs of one phantom are carried to others by their true points of interest alone, and compared with the ribs that those
have: behind they follow their vertebra, in front the chest, which a scoliosis turns and shifts by other rules than any of the
two methods knows. Rigid frames are those that the model would use: behind that of the level, in front that of the trunk. The
pelvis is a rigid bone on the true axes of the sacrum. Run ``python benchmarks/template_warp.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from spinetwin.anatomy import PointId, level
from spinetwin.biomechanics.column import SACRUM, Column, find_column
from spinetwin.biomechanics.template import SMOOTHING_MM, landmarks_of, smoothing_of
from spinetwin.biomechanics.warp import BELIEVED_MM, warp_between
from spinetwin.geometry import FloatArray, Frame
from spinetwin.phantom import Curve, SpineParameters, lenke_curves, make_spine
from spinetwin.phantom.ground_truth.truth import truth

OF = SpineParameters("T1-S1", sex="m", height_cm=176.0, ribs=True)
ONTO = {
    "woman, 165 cm": SpineParameters("T1-S1", sex="f", height_cm=165.0, ribs=True),
    "woman, 150 cm": SpineParameters("T1-S1", sex="f", height_cm=150.0, ribs=True),
    "man, 195 cm": SpineParameters("T1-S1", sex="m", height_cm=195.0, ribs=True),
    "kyphosis 75": SpineParameters("T1-S1", kyphosis=75.0, ribs=True),
    "flat": SpineParameters("T1-S1", kyphosis=15.0, lordosis=25.0, ribs=True),
    "lordosis 75": SpineParameters("T1-S1", kyphosis=45.0, lordosis=75.0, ribs=True),
    "Cobb 25": SpineParameters("T1-S1", curves=(Curve(25.0),), ribs=True),
    "Cobb 50": SpineParameters("T1-S1", curves=(Curve(50.0),), ribs=True),
    "Cobb 70, left": SpineParameters("T1-S1", curves=(Curve(70.0, "T9", "left"),), ribs=True),
    "Lenke 3, 50": SpineParameters("T1-S1", curves=lenke_curves(3, 50.0), ribs=True),
    "lumbar 45": SpineParameters("T1-S1", curves=(Curve(45.0, "L2", "left", 3),), ribs=True),
}
PARTS = 9
"""Points along a rib, the first third of which is behind and the last third in front."""

SMOOTHINGS = (10.0, 30.0, 100.0, 300.0)
SLOPE = 40.0
WRONG_MM = 20.0
LUMBAR_KEPT = "T12"
"""The highest level that is left where only a lumbar spine is seen."""


@dataclass(frozen=True, eq=False)
class Person:
    """Points of interest, column, and true ribs: axes (r, p, 3) of `ribs`, level and side of each."""

    points: dict[tuple[int, int], FloatArray]
    column: Column
    axes: FloatArray
    ribs: tuple[tuple[int, str], ...]

    @property
    def pelvis(self) -> FloatArray:
        """Points (6, 3) of a pelvis that is fixed to the sacrum."""
        offsets = np.array([[110.0, 40.0, 0.0], [40.0, -30.0, -60.0], [20.0, 60.0, -150.0]])
        both = np.concatenate([offsets, offsets * [-1.0, 1.0, 1.0]])
        return self.column.frame_of(SACRUM).to_ras(self.column.size * both)


def person(parameters: SpineParameters) -> Person:
    """Make a phantom with its true points."""
    spine = make_spine(parameters)
    points = {key: np.asarray(at) for key, at in truth(spine).points.items()}
    points[SACRUM, int(PointId.BODY_SUPERIOR)] = spine.frames[SACRUM].origin
    ribs = {(key, rib.side): spine.frames[key].to_ras(rib.axis) for key, pair in spine.ribs.items() for rib in pair}
    axes = np.array([_even(axis) for axis in ribs.values()])
    return Person(points, find_column(points, spine.frames, 0.0), axes, tuple(ribs))


def _even(axis: FloatArray) -> FloatArray:
    """Return points at equal distances along an axis."""
    far = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(axis, axis=0), axis=1))])
    return np.stack([np.interp(np.linspace(0.0, far[-1], PARTS), far, one) for one in axis.T], axis=1)


def lumbar(whole: Person) -> Person:
    """Return the same person, seen from T12 down."""
    top = level(LUMBAR_KEPT).order
    points = {key: at for key, at in whole.points.items() if level(key[0]).order >= top}
    frames: dict[int, Frame] = {key: whole.column.frame_of(key) for key, _ in points}
    return Person(points, find_column(points, frames, 0.0), whole.axes, whole.ribs)


def warped(of: Person, onto: Person, smoothing: float = SMOOTHING_MM) -> tuple[FloatArray, FloatArray]:
    """Return ribs and pelvis of one person on another by the warp."""
    bodies = np.concatenate([of.axes.reshape(-1, 3), of.pelvis])
    warp = warp_between(landmarks_of(of.points, of.column, SLOPE), bodies, smoothing_of(smoothing))
    found = warp.place(landmarks_of(onto.points, onto.column, SLOPE), onto.column.size / of.column.size)
    return found[: -len(of.pelvis)].reshape(of.axes.shape), found[-len(of.pelvis) :]


def fixed(of: Person, onto: Person) -> tuple[FloatArray, FloatArray]:
    """Return ribs and pelvis of one person on another by rigid frames: of the levels behind, of the trunk in front."""
    size = onto.column.size / of.column.size
    found = np.empty_like(of.axes)
    for at, (key, _) in enumerate(of.ribs):
        here, there = of.column.frame_of(key), onto.column.frame_of(key)
        behind = there.to_ras(size * here.to_local(of.axes[at]))
        ahead = there.origin + size * (of.axes[at] - here.origin) @ of.column.trunk.T @ onto.column.trunk
        found[at] = np.where(np.arange(PARTS)[:, None] < PARTS // 2, behind, ahead)
    return found, onto.pelvis


def errors(found: tuple[FloatArray, FloatArray], onto: Person) -> FloatArray:
    """Return mean distances of the third behind, the third in front, all of the ribs, and the pelvis."""
    away = np.linalg.norm(found[0] - onto.axes, axis=-1)
    third = PARTS // 3
    pelvis = np.linalg.norm(found[1] - onto.pelvis, axis=-1)
    return np.array([away[:, :third].mean(), away[:, -third:].mean(), away.mean(), pelvis.mean()])


def influence(of: Person, smoothing: float) -> float:
    """Return how far one wrong point of interest moves any point of the template at most."""
    straight = landmarks_of(of.points, of.column, SLOPE)
    bodies = np.concatenate([of.axes.reshape(-1, 3), of.pelvis])
    warp = warp_between(straight, bodies, smoothing_of(smoothing))
    farthest = 0.0
    for at in np.flatnonzero(smoothing_of() == SMOOTHING_MM):
        moved = straight.copy()
        moved[at] += WRONG_MM * np.array([0.6, 0.0, 0.8])
        farthest = max(farthest, float(np.linalg.norm(warp.place(moved, 1.0) - bodies, axis=1).max()))
    return farthest


def unexpected(of: Person, onto: Person) -> float:
    """Return how far the most surprising landmark of a person is from where the others predict it."""
    own = landmarks_of(of.points, of.column, SLOPE)
    return float(warp_between(own, own[:1], smoothing_of()).surprise(landmarks_of(onto.points, onto.column, SLOPE)).max())


def main() -> None:
    """Make the phantoms and print the tables."""
    of, people = person(OF), {name: person(parameters) for name, parameters in ONTO.items()}
    print("Mean distance to the true place, mm: ribs behind, in front, all of them, pelvis; and the most surprising landmark")
    print(f"  {'':14s} {'rigid frames':>27s} {'warp':>27s}   {'surprise':>8s}")
    table = {name: (errors(fixed(of, each), each), errors(warped(of, each), each)) for name, each in people.items()}
    for name, (rigid, smooth) in table.items():
        print(f"  {name:14s} {_row(rigid)} {_row(smooth)}   {unexpected(of, people[name]):8.1f}")
    print(f"  {'mean':14s} {_row(np.mean([a for a, _ in table.values()], axis=0))}", end=" ")
    print(_row(np.mean([b for _, b in table.values()], axis=0)), f"  believed {BELIEVED_MM:g}")
    print(f"\nThe same with nothing seen above {LUMBAR_KEPT}")
    below = {name: lumbar(each) for name, each in people.items()}
    for name, place in (("rigid frames", fixed), ("warp", warped)):
        print(f"  {name:14s} {_row(np.mean([errors(place(of, each), each) for each in below.values()], axis=0))}")
    print(f"\nSmoothing of the points of interest, mm; and what one point wrong by {WRONG_MM:g} mm moves at most")
    for smoothing in SMOOTHINGS:
        mean = np.mean([errors(warped(of, each, smoothing), each) for each in people.values()], axis=0)
        print(f"  {smoothing:14g} {_row(mean)}   {influence(of, smoothing):8.1f}")


def _row(values: FloatArray) -> str:
    return " ".join(f"{value:6.1f}" for value in values)


if __name__ == "__main__":
    main()
