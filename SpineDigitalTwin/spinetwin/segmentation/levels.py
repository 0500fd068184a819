"""Corrections of the levels of a vertebra map: other names, merging, splitting. Discs and endplates follow their vertebra."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..anatomy import LEVELS, Level, SubregionId, level
from ..errors import MapError, ParameterError
from ..geometry import Grid, IntArray, LabelMaps
from .chain import Chain, changes, presacral, renamed, shifted
from .flat import Indices, flat, labels_of, occupied, replaced


@dataclass(frozen=True)
class LevelEdit:
    """What a correction leads to.

    Attributes
    ----------
    maps : LabelMaps
        After the correction; new arrays where something changed.
    renamed : mapping of int to int
        Old to new label of each vertebra that only changed its name; what is kept by level, such as points, follows it.
    lost : tuple of int
        Old labels of vertebrae that are no longer what they were: what was computed from their shape no longer holds.
    reshaped : tuple of int
        New labels of what they became.
    repainted : tuple of int
        Labels of vertebrae that are still the same, with other voxels, those of their discs and endplates counted in.
    number : int
        Tells this correction from the others of its history (`History`), whether it is done or taken back.
    """

    maps: LabelMaps
    renamed: Mapping[int, int] = field(default_factory=dict)
    lost: tuple[int, ...] = ()
    reshaped: tuple[int, ...] = ()
    repainted: tuple[int, ...] = ()
    number: int = 0


def levels_of(vertebrae: IntArray) -> tuple[Level, ...]:
    """Return the vertebrae of a map, from the top; discs and endplates do not count."""
    present = set(labels_of(vertebrae).tolist())
    return tuple(each for each in LEVELS if each.id in present)


def rename_levels(maps: LabelMaps, mapping: Mapping[int, int]) -> LevelEdit:
    """Give vertebrae other names.

    Parameters
    ----------
    maps : LabelMaps
    mapping : mapping of int to int
        Old to new label, as `spinetwin.segmentation.chain` computes it.

    Raises
    ------
    ParameterError
        If two vertebrae would get one name.
    """
    final = {each.id: mapping.get(each.id, each.id) for each in levels_of(maps.vertebrae)}
    if len(set(final.values())) < len(final):
        twice = next(new for new in final.values() if list(final.values()).count(new) > 1)
        raise ParameterError(f"Two vertebrae would be called {level(twice).name}.", "Rename the whole chain.")
    vertebrae = _relabelled(maps.vertebrae, changes(final))
    return LevelEdit(LabelMaps(maps.grid, maps.subregions, vertebrae), changes(final))


def rename_lowest(maps: LabelMaps, lowest: int) -> LevelEdit:
    """Give the lowest vertebra above the sacrum a name; all others move along.

    Parameters
    ----------
    maps : LabelMaps
    lowest : int
        Its new label; L6 says that there are six lumbar vertebrae.

    Raises
    ------
    MapError
        If there is no vertebra.
    ParameterError
        If it is no name of such a vertebra, or others would come to lie above C1.
    """
    present = presacral(each.id for each in levels_of(maps.vertebrae))
    if not present:
        raise MapError("There is no vertebra above the sacrum to be named.", "Segment the spine first.")
    return rename_levels(maps, renamed(present, present[-1], lowest, Chain.of([*present, lowest])))


def _family(label: int) -> tuple[int, int | None, int | None]:
    """Return the labels of a vertebra, of the disc below it, and of its endplates."""
    found = level(label)
    return found.id, found.disc_id, found.endplate_id


def _relabelled(vertebrae: IntArray, mapping: Mapping[int, int]) -> IntArray:
    return _through(_table(vertebrae, mapping), vertebrae)


def _table(vertebrae: IntArray, mapping: Mapping[int, int]) -> IntArray:
    """Return the new label of each label, for vertebrae that all move at once."""
    table = _identity(vertebrae)
    for old, new in mapping.items():
        _redirect(table, old, new)
    return table


def _through(table: IntArray, labels: IntArray) -> IntArray:
    """Return the entry of the table for each label; background stays."""
    at = occupied(labels)
    return replaced(labels, at, table[flat(labels)[at]])


def _identity(vertebrae: IntArray) -> IntArray:
    """Return a table that turns each label into itself."""
    return np.arange(np.iinfo(vertebrae.dtype).max + 1, dtype=vertebrae.dtype)


def _redirect(table: IntArray, old: int, new: int) -> None:
    for source, target in zip(_family(old), _family(new), strict=True):
        if source is not None and target is not None:
            table[source] = target


def merge_levels(maps: LabelMaps, upper: int, lower: int, chain: Chain, *, renumber: bool = True) -> LevelEdit:
    """Join two neighbours that are pieces of one vertebra.

    What was taken for the disc between them becomes body; the disc below the lower piece becomes that of the whole.

    Parameters
    ----------
    maps : LabelMaps
    upper, lower : int
        Labels of neighbours; the whole gets the name of the upper one.
    chain : Chain
        The vertebrae of this person.
    renumber : bool
        Close the gap: all vertebrae below move up by one name.

    Raises
    ------
    ParameterError
        If the two are no neighbours, or one of them is no presacral vertebra.
    """
    present = presacral(each.id for each in levels_of(maps.vertebrae))
    if upper not in present or lower not in present or present.index(lower) != present.index(upper) + 1:
        raise ParameterError(
            f"{level(upper).name} and {level(lower).name} are no neighbours of this map.", "Choose two vertebrae side by side."
        )
    between, table = level(upper).disc_id, _identity(maps.vertebrae)
    joined = np.flatnonzero(flat(maps.vertebrae) == between)
    subregions = replaced(maps.subregions, joined, np.array(SubregionId.BODY_BORDER, maps.subregions.dtype))
    assert between is not None  # noqa: S101 - every presacral vertebra has a disc below
    table[between] = upper
    _redirect(table, lower, upper)
    below = present[present.index(lower) + 1 :] if renumber else []
    renamed = shifted(below, -1, chain)
    vertebrae = _through(_table(maps.vertebrae, renamed)[table], maps.vertebrae)
    return LevelEdit(LabelMaps(maps.grid, subregions, vertebrae), renamed, (upper, lower), (upper,))


def split_level(maps: LabelMaps, label: int, point: npt.ArrayLike, normal: npt.ArrayLike, chain: Chain) -> LevelEdit:
    """Cut one label that holds two vertebrae, along a plane.

    The part below gets the next name, and with it the disc below; all vertebrae below move down by one name.

    Parameters
    ----------
    maps : LabelMaps
    label : int
        The vertebra to cut.
    point : (3,) array
        On the plane, RAS mm.
    normal : (3,) array
        Of the plane, in RAS; either direction.
    chain : Chain
        The vertebrae of this person.

    Raises
    ------
    ParameterError
        If the plane does not cut the vertebra, or there is no name left below.
    """
    present = presacral(each.id for each in levels_of(maps.vertebrae))
    if label not in present:
        raise ParameterError(f"{level(label).name} is no presacral vertebra of this map.", "Choose another vertebra.")
    following = shifted(present[present.index(label) + 1 :], 1, chain)
    lower = chain.moved(label, 1)
    _, disc, endplate = _family(label)
    _, disc_below, endplate_below = _family(lower)
    before = flat(maps.vertebrae)
    at = np.flatnonzero((before == label) | (before == (endplate or label)))
    below = _is_below(maps.grid, at, np.asarray(point, dtype=np.float64), np.asarray(normal, dtype=np.float64))
    inside = before[at] == label
    if not (inside & below).any() or not (inside & ~below).any():
        raise ParameterError(f"The plane does not cut {level(label).name}.", "Move the slice between the two vertebrae.")
    table = _table(maps.vertebrae, following)
    if disc is not None and disc_below is not None:
        table[disc] = disc_below
    vertebrae = _through(table, maps.vertebrae)
    vertebrae = replaced(vertebrae, at[inside & below], np.array(lower, vertebrae.dtype))
    if endplate is not None and endplate_below is not None:
        vertebrae = replaced(vertebrae, at[~inside & below], np.array(endplate_below, vertebrae.dtype))
    return LevelEdit(LabelMaps(maps.grid, maps.subregions, vertebrae), following, (label,), (label, lower))


def _is_below(grid: Grid, at: Indices, point: npt.NDArray[np.float64], normal: npt.NDArray[np.float64]) -> IntArray:
    length = np.linalg.norm(normal)
    if not length:
        raise ParameterError("A plane needs a direction.")
    # a plane is cut by people who look from either side: its upper side is where the head is
    upward = normal / length * (1.0 if normal[2] >= 0 else -1.0)
    ijk = np.stack(np.unravel_index(at, grid.shape, order="F"), axis=-1)
    return np.asarray((grid.to_ras(ijk) - point) @ upward < 0)


def repaint(before: LabelMaps, after: LabelMaps) -> LevelEdit:
    """Take maps of one grid, in which somebody has painted, as a correction.

    Parameters
    ----------
    before, after : LabelMaps
        Of one shape.
    """
    pairs = ((before.subregions, after.subregions), (before.vertebrae, after.vertebrae))
    changed = np.flatnonzero(np.logical_or.reduce([flat(first) != flat(second) for first, second in pairs]))
    touched = set()
    for each in (before.vertebrae, after.vertebrae):
        touched.update(labels_of(flat(each)[changed]).tolist())
    return LevelEdit(after, repainted=tuple(each.id for each in LEVELS if touched & set(_family(each.id))))
