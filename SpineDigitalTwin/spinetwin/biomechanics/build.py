"""From points of interest to the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

import numpy as np

from ..anatomy import PointId, level, point
from ..anatomy.axes import points_of_axes
from ..anatomy.tables import read_table
from ..geometry import FloatArray, Frame
from .column import SACRUM, Column, Points, find_column, joint_axes
from .model import Belly, Ligaments, Masses, MultibodyModel, Muscles
from .person import Person
from .settings import MM2_PER_CM2, TABLE, Settings
from .template import SIDES, Attachments

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
_COLUMN_POINTS = (PointId.BODY, PointId.DISC, PointId.BODY_SUPERIOR, PointId.BODY_INFERIOR)
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
    places = Attachments(points, column, settings.template_sacral_slope, warped=settings.template == "warped")
    bodies = [SACRUM, *column.levels]
    axes = np.array([column.frames[key].axes for key in bodies])
    muscles = _muscles(places, person, settings)
    shoulders = [places.find("shoulder", side) for side in SIDES]
    doubtful = _doubtful(places, set(suspect))
    return MultibodyModel(
        person=person,
        levels=column.levels,
        origins=np.array([column.frames[key].origin for key in bodies]),
        axes=axes,
        joints=column.joints,
        joint_axes=joint_axes(axes),
        mobile=np.array([_is_mobile(below) for below in bodies[:-1]]),
        trunk=column.trunk,
        masses=_masses(places, person),
        muscles=muscles,
        ligaments=_ligaments(points, places),
        shoulders=np.array([position for _, position in shoulders]),
        shoulder_owner=shoulders[0][0],
        notes=(*column.notes, *_made_up_note(places), *_unspanned_note(points, column), *_suspect_note(doubtful)),
        suspect=_suspect_levels(column, doubtful),
        belly=_belly(column, settings),
        template_share=places.template_share,
    )


def _doubtful(places: Attachments, suspect: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return the points of the model that are suspect, or cannot be where they are placed."""
    column = places.column
    of_ligaments = set(_strand_points(column)) & places.points.keys()
    rested_on = {*places.used, *_of_the_column(places), *of_ligaments}
    return (rested_on & suspect) | places.astray | _far_joints(column)


def _strand_points(column: Column) -> dict[tuple[int, int], None]:
    """Return the points of interest between which ligaments run, from below."""
    found: dict[tuple[int, int], None] = {}
    for key, below in zip(column.levels, (SACRUM, *column.levels), strict=False):
        for _, upper, lower, _ in _STRANDS:
            found[key, upper] = None
            if lower.isdigit():
                found[below, int(lower)] = None
    return found


def _unspanned_note(points: Points, column: Column) -> tuple[str, ...]:
    """Name the points of vertebrae whose ligaments are left out; what the sacrum lacks is that of the template."""
    lacking = [each for each in _strand_points(column) if each[0] != SACRUM and each not in points]
    if not lacking:
        return ()
    return (f"Ligaments are left out where their points are not placed: {_named(lacking)}.",)


def _of_the_column(places: Attachments) -> set[tuple[int, int]]:
    """Return the points that bodies, their axes and joints rest on, placed or not."""
    return {
        (key, poi) for key in (SACRUM, *places.column.levels) for poi in (*_COLUMN_POINTS, *points_of_axes(places.points, key))
    }


def _far_joints(column: Column) -> set[tuple[int, int]]:
    """Return the discs that lie nowhere between their vertebrae."""
    ends = np.array([column.frames[key].origin for key in (SACRUM, *column.levels)])
    away = np.linalg.norm(column.joints - (ends[:-1] + ends[1:]) / 2, axis=1)
    return {(key, PointId.DISC) for key, far in zip(column.levels, away, strict=True) if far > _FAR_JOINT_MM * column.size}


def _suspect_levels(column: Column, points: Collection[tuple[int, int]]) -> tuple[str, ...]:
    return tuple(level(key).name for key in (SACRUM, *column.levels) if any(each == key for each, _ in points))


def _suspect_note(points: Collection[tuple[int, int]]) -> tuple[str, ...]:
    return (f"Suspect points that the model rests on: {_named(sorted(points))}.",) if points else ()


def _is_mobile(below: int) -> bool:
    """Tell by the level below a joint whether it moves: between two thoracic levels the ribs hold it."""
    return level(below).region != "thoracic"


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
        for side in SIDES[: int(row["sides"])]:
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
        for side in SIDES:
            names = [name.strip() for name in row["path"].split(">")]
            path = [(*places.find(name, side), places.source(name, side)) for name in names]
            if len({owner for owner, _, _ in path}) > 1:
                area = float(row["pcsa_mm2"]) * of_person
                found.append((row, side, path, area))
    most = max(len(path) for _, _, path, _ in found)
    padded = [[*path, *[path[-1]] * (most - len(path))] for _, _, path, _ in found]
    return Muscles(
        names=tuple(f"{row['name']}_{side}" for row, side, _, _ in found),
        groups=tuple(row["group"] for row, _, _, _ in found),
        sides=tuple(side for _, side, _, _ in found),
        owners=np.array([[owner for owner, _, _ in path] for path in padded]),
        points=np.array([[position for _, position, _ in path] for path in padded]),
        pcsa_mm2=np.array([area for _, _, _, area in found]),
        sources=tuple(f"{row['source']}; {scaled}" for row, _, _, _ in found),
        point_sources=tuple(tuple(source for _, _, source in path) for path in padded),
    )


def _ligaments(points: Points, places: Attachments) -> Ligaments:
    """Span the strands whose two ends are known; on the sacrum the template has them where nobody has placed them."""
    levels = places.column.levels
    found = []
    for key, below in zip(levels, (SACRUM, *levels), strict=False):
        ends = [
            (
                name,
                points.get((key, upper)),
                _lower_point(places, below, lower, upper),
                beyond,
                _sources(places, (key, below), (upper, lower), beyond),
            )
            for name, upper, lower, beyond in _STRANDS
        ]
        spanned = [
            (name, upper, _end(upper, lower, beyond), sources)
            for name, upper, lower, beyond, sources in ends
            if upper is not None and lower is not None
        ]
        whole = [each for each in spanned if np.linalg.norm(each[2] - each[1]) > _SHORTEST_MM]
        owners = places.body_index(key), places.body_index(below)
        counts = Counter(each[0] for each in whole)
        found += [(name, key, owners, (upper, lower), 1.0 / counts[name], at) for name, upper, lower, at in whole]
    return Ligaments(
        names=tuple(each[0] for each in found),
        levels=tuple(each[1] for each in found),
        owners=np.array([each[2] for each in found], dtype=np.int64).reshape(-1, 2),
        points=np.array([each[3] for each in found], dtype=np.float64).reshape(-1, 2, 3),
        shares=np.array([each[4] for each in found], dtype=np.float64),
        sources=tuple(each[5] for each in found),
    )


def _sources(places: Attachments, levels: tuple[int, int], ends: tuple[int, str], beyond_mm: float) -> tuple[str, str]:
    """Return where the upper and the lower point of a strand are from."""
    upper, lower = ends
    end = places.interest_source(levels[1], int(lower)) if lower.isdigit() else places.source(lower, point(upper).side)
    away = f"{beyond_mm:g} mm from the upper point, away from the " if beyond_mm else ""
    return places.interest_source(levels[0], upper), away + end


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
    return (f"Muscles attach where the template has points that are not placed: {_named(list(places.made_up))}.",)


def _named(points: list[tuple[int, int]]) -> str:
    """Return the names of the first points, and how many more there are."""
    names = [f"{point(poi).name} of {level(key).name}" for key, poi in points]
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
