"""From points of interest to the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from itertools import pairwise

import numpy as np

from ..anatomy import PointId, level, point
from ..anatomy.tables import read_table
from ..geometry import FloatArray, Frame, nearest_frame
from .column import SACRUM, Column, Points, find_column
from .model import Belly, Ligaments, Masses, MultibodyModel, Muscles
from .person import Person
from .settings import MM2_PER_CM2, TABLE, Settings
from .template import Attachments

_FASCICLES = read_table("fascicles.csv", __package__)
GROUPS = tuple(dict.fromkeys(row["group"] for row in _FASCICLES))
"""Groups of muscles that a model can have."""

_STRANDS = [
    (row["ligament"], int(row["upper_point"]), row["lower_point"], float(row["beyond_mm"] or 0.0))
    for row in read_table("ligament_strands.csv", __package__)
]
"""Ligament, point of the upper vertebra and of the lower one or of the template of the pelvis, and how far beyond the upper
point the strand ends (0: at the lower)."""
_SLICES = read_table("trunk_slices.csv", __package__)
_SEGMENTS = read_table("other_segments.csv", __package__)
_SIDES = ("right", "left")
_COLUMN_POINTS = (
    PointId.BODY,
    PointId.DISC,
    PointId.BODY_SUPERIOR,
    PointId.BODY_INFERIOR,
    PointId.DIRECTION_POSTERIOR,
    PointId.DIRECTION_INFERIOR,
    PointId.DIRECTION_RIGHT,
)
_FAR_JOINT_MM = 25.0
_SHORTEST_MM = 0.1
"""A strand whose ends are nearer has no direction, and is left out."""

_SHOWN = 4
"""Made-up points that a note names."""


def build_model(
    points: Points,
    frames: Mapping[int, Frame],
    person: Person,
    settings: Settings | None = None,
    *,
    suspect: Collection[tuple[int, int]] = (),
) -> MultibodyModel:
    """Build the model of one person.

    Parameters
    ----------
    points : mapping of (level id, point id) to (3,) array
        Placed points of interest, RAS mm.
    frames : mapping of level id to Frame
        Axes of the vertebrae.
    person : Person
    settings : Settings, optional
    suspect : collection of (level id, point id)
        Points that are doubtful.

    Raises
    ------
    ParameterError
        If the column is not whole, or impossible.

    References
    ----------
    Graf et al. (points as force application points and joint frames); Christophy et al. 2012 (muscles); Pearsall et al. 1996
    and de Leva 1996 (masses). Each row of the tables beside this file has its source.
    """
    settings = settings or Settings()
    column = find_column(points, frames, settings.template_l5_s1_angle)
    places = Attachments(points, column, settings.template_sacral_slope)
    bodies = [SACRUM, *column.levels]
    axes = np.array([column.frames[key].axes for key in bodies])
    muscles = _muscles(places, person, settings)
    shoulders = [places.find("shoulder", side) for side in _SIDES]
    return MultibodyModel(
        person=person,
        levels=column.levels,
        origins=np.array([column.frames[key].origin for key in bodies]),
        axes=axes,
        joints=column.joints,
        joint_axes=np.array([_between(lower, upper) for lower, upper in pairwise(axes)]),
        mobile=np.array([_is_mobile(below) for below in bodies[:-1]]),
        trunk=column.trunk,
        masses=_masses(places, person),
        muscles=muscles,
        ligaments=_ligaments(points, places),
        shoulders=np.array([position for _, position in shoulders]),
        shoulder_owner=shoulders[0][0],
        notes=(*column.notes, *_made_up_note(places)),
        suspect=_suspect_levels(
            column, ({*places.used, *_of_the_column(column)} & set(suspect)) | places.astray | _far_joints(column)
        ),
        belly=_belly(column, settings),
        template_share=places.template_share,
    )


def _of_the_column(column: Column) -> set[tuple[int, int]]:
    """Return the points that bodies and joints rest on, placed or not."""
    return {(key, poi) for key in (SACRUM, *column.levels) for poi in _COLUMN_POINTS}


def _far_joints(column: Column) -> set[tuple[int, int]]:
    """Return the discs that lie nowhere between their vertebrae."""
    ends = np.array([column.frames[key].origin for key in (SACRUM, *column.levels)])
    away = np.linalg.norm(column.joints - (ends[:-1] + ends[1:]) / 2, axis=1)
    return {(key, PointId.DISC) for key, far in zip(column.levels, away, strict=True) if far > _FAR_JOINT_MM * column.size}


def _suspect_levels(column: Column, points: Collection[tuple[int, int]]) -> tuple[str, ...]:
    return tuple(level(key).name for key in (SACRUM, *column.levels) if any(each == key for each, _ in points))


def _is_mobile(below: int) -> bool:
    """Tell by the level below a joint whether it moves: between two thoracic levels the ribs hold it."""
    return level(below).region != "thoracic"


def _between(lower: FloatArray, upper: FloatArray) -> FloatArray:
    frame = nearest_frame(np.zeros(3), (lower + upper) / 2, "between")
    return upper if frame is None else frame.axes


def _masses(places: Attachments, person: Person) -> Masses:
    column = places.column
    names, owners, positions, kilograms, sources = [], [], [], [], []
    for row in _SLICES:
        key = level(row["level"]).id
        frame = column.frame_of(key)
        names.append(f"slice at {row['level']}")
        owners.append(places.body_index(key))
        positions.append(frame.origin + column.size * float(row["anterior_mm"]) * column.trunk[1])
        kilograms.append(person.weight_kg * float(row["percent_of_mass"]) / 100)
        sources.append(row["source"])
    for row in _SEGMENTS:
        for side in _SIDES[: int(row["sides"])]:
            owner, position = places.find(row["point"], side)
            names.append(row["segment"] if row["sides"] == "1" else f"{row['segment']} {side}")
            owners.append(owner)
            positions.append(position)
            kilograms.append(person.weight_kg * float(row[f"percent_{person.sex}"]) / 100)
            sources.append(row["source"])
    return Masses(tuple(names), np.array(owners), np.array(positions), np.array(kilograms), tuple(sources))


def _muscles(places: Attachments, person: Person, settings: Settings) -> Muscles:
    """Place every fascicle on both sides; those whose ends move together are left out, for they load nothing."""
    of_person = (person.weight_kg / settings.reference_mass) ** (2 / 3)
    of_person *= settings.female_muscle_area if person.sex == "f" else 1.0
    scaled = f"area times {of_person:.3f} for {person.weight_kg:g} kg and sex {person.sex}"
    found = []
    for row in _FASCICLES:
        for side in _SIDES:
            path = [places.find(name.strip(), side) for name in row["path"].split(">")]
            if len({owner for owner, _ in path}) > 1:
                area = float(row["pcsa_mm2"]) * of_person
                found.append((row, side, path, area))
    most = max(len(path) for _, _, path, _ in found)
    padded = [[*path, *[path[-1]] * (most - len(path))] for _, _, path, _ in found]
    return Muscles(
        names=tuple(f"{row['name']}_{side}" for row, side, _, _ in found),
        groups=tuple(row["group"] for row, _, _, _ in found),
        sides=tuple(side for _, side, _, _ in found),
        owners=np.array([[owner for owner, _ in path] for path in padded]),
        points=np.array([[position for _, position in path] for path in padded]),
        pcsa_mm2=np.array([area for _, _, _, area in found]),
        sources=tuple(f"{row['source']}; {scaled}" for row, _, _, _ in found),
    )


def _ligaments(points: Points, places: Attachments) -> Ligaments:
    """Span the strands whose two ends are known; on the sacrum the template has them where nobody has placed them."""
    levels = places.column.levels
    found = []
    for key, below in zip(levels, (SACRUM, *levels), strict=False):
        ends = [
            (name, points.get((key, upper)), _lower_point(places, below, lower, upper), beyond)
            for name, upper, lower, beyond in _STRANDS
        ]
        spanned = [
            (name, upper, _end(upper, lower, beyond))
            for name, upper, lower, beyond in ends
            if upper is not None and lower is not None
        ]
        whole = [each for each in spanned if np.linalg.norm(each[2] - each[1]) > _SHORTEST_MM]
        owners = places.body_index(key), places.body_index(below)
        counts = Counter(name for name, _, _ in whole)
        found += [(name, key, owners, (upper, lower), 1.0 / counts[name]) for name, upper, lower in whole]
    return Ligaments(
        names=tuple(each[0] for each in found),
        levels=tuple(each[1] for each in found),
        owners=np.array([each[2] for each in found], dtype=np.int64).reshape(-1, 2),
        points=np.array([each[3] for each in found], dtype=np.float64).reshape(-1, 2, 3),
        shares=np.array([each[4] for each in found], dtype=np.float64),
    )


def _lower_point(places: Attachments, below: int, lower: str, upper: int) -> FloatArray | None:
    """Return the lower point of a strand: of interest, or on the pelvis one of the template on the side of the upper one."""
    if lower.isdigit():
        return places.ligament_end(below, int(lower))
    return places.find(lower, point(upper).side)[1] if below == SACRUM else None


def _end(upper: FloatArray, lower: FloatArray, beyond_mm: float) -> FloatArray:
    """Return where a strand ends on the lower vertebra.

    Articular processes overlap, so that their tips come nearer in flexion while the capsule around them is stretched: its
    fibres run from the tip of the upper process on, away from that of the lower one, to the foot of the lower process.
    """
    way = upper - lower
    away = float(np.linalg.norm(way))
    return upper + beyond_mm / away * way if beyond_mm and away else lower


def _belly(column: Column, settings: Settings) -> Belly:
    area = settings.belly_area * MM2_PER_CM2 * column.size**2
    return Belly(area, settings.belly_arm * column.size, TABLE["belly_area"]["source"])


def _made_up_note(places: Attachments) -> tuple[str, ...]:
    if not places.made_up:
        return ()
    names = [f"{point(poi).name} of {level(key).name}" for key, poi in places.made_up]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (f"Muscles attach where the template has points that are not placed: {', '.join(names[:_SHOWN])}{more}.",)
