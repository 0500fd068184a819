"""What is in a pair of label maps and what looks wrong, in words, before anything is computed from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ..anatomy import LEVELS, SUBREGIONS, SubregionId, subregion
from ..anatomy import level as level_of
from ..geometry import FloatArray, LabelMaps

Severity = Literal["note", "warning", "error"]
BoolArray = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]

_BODY = (SubregionId.BODY, SubregionId.BODY_BORDER)
_SIDES = (
    (SubregionId.COSTAL_LEFT, SubregionId.COSTAL_RIGHT, "transverse processes"),
    (SubregionId.SUPERIOR_ARTICULAR_LEFT, SubregionId.SUPERIOR_ARTICULAR_RIGHT, "superior articular processes"),
    (SubregionId.INFERIOR_ARTICULAR_LEFT, SubregionId.INFERIOR_ARTICULAR_RIGHT, "inferior articular processes"),
)
_POSTERIOR = (SubregionId.ARCH, SubregionId.SPINOUS)
_PROCESSES = (*_POSTERIOR, *(label for left, right, _ in _SIDES for label in (left, right)))
_BONE = (*_PROCESSES, *_BODY, SubregionId.DENS)
_SUPERIOR_ARTICULAR, _INFERIOR_ARTICULAR = _SIDES[1][:2], _SIDES[2][:2]
_WITHOUT = {"C1": (*_BODY, SubregionId.SPINOUS)}
_OPTIONAL_LEVELS = ("T13", "L6")
_DISTRICTS = ("cervical", "thoracic", "lumbar")

_MAX_VALUES = 2000
_BLOCK = 1 << 21
"""Voxels looked at together, to keep memory small."""
_STRAY_SHARE = 0.05
_HOLLOW_SHARE = 0.9
_HOLE_MM3 = 20.0
_OVERLAP_SHARE = 0.5


@dataclass(frozen=True)
class Finding:
    """One thing that a person should know: how bad it is, the level it concerns (None: all), and a sentence."""

    severity: Severity
    level: int | None
    text: str


@dataclass(frozen=True)
class LevelContent:
    """What the maps hold of one level.

    Attributes
    ----------
    level : int
        Level id.
    subregions : tuple of int
        Subregion labels inside this level.
    missing : tuple of int
        Bony subregions that a whole vertebra of this level would have too (the body counts as one, `SubregionId.BODY`).
    touches_border : bool
        Whether the level reaches the edge of the image, and may be cut off there.
    volume : float
        Cubic mm.
    """

    level: int
    subregions: tuple[int, ...]
    missing: tuple[int, ...]
    touches_border: bool
    volume: float

    @property
    def complete(self) -> bool:
        """Whether every bony part is there."""
        return not self.missing


@dataclass(frozen=True)
class MapReport:
    """The result of `check_maps`: levels from the top, and findings."""

    levels: tuple[LevelContent, ...]
    findings: tuple[Finding, ...]

    @property
    def usable(self) -> bool:
        """Whether points can be computed and trusted: no finding is an error."""
        return not any(finding.severity == "error" for finding in self.findings)


@dataclass(frozen=True)
class _Part:
    """All voxels of one subregion in one level: how many, their mean index, and the block they lie in."""

    count: int
    centre: FloatArray
    low: Index
    high: Index


_Parts = Mapping[tuple[int, int], _Part]


def check_maps(maps: LabelMaps) -> MapReport:
    """Look a pair of label maps over.

    Parameters
    ----------
    maps : LabelMaps

    Returns
    -------
    MapReport
        Findings concern: empty maps, unknown labels, maps that do not belong together, missing or hollow bodies, missing parts,
        wrong level order, swapped sides, a flipped image, stray pieces and holes. Nothing is changed or repaired.
    """
    for array, name in ((maps.subregions, "subregion map"), (maps.vertebrae, "vertebra map")):
        if not array.any():
            return MapReport((), (Finding("error", None, f"The {name} is empty."),))
    parts = _survey(maps)
    if parts is None:
        text = (
            f"The maps hold more than {_MAX_VALUES} different values: an image seems to have been given instead of a label map."
        )
        return MapReport((), (Finding("error", None, text),))
    findings = [*_unknown_labels(parts), *_overlap(parts)]
    contents = tuple(_content(each.id, parts, maps) for each in LEVELS if any(level == each.id for level, _ in parts))
    vertebrae = [each for each in contents if level_of(each.level).region in _DISTRICTS]
    if not contents:
        findings.append(
            Finding(
                "error", None, "The vertebra map holds no vertebral level; perhaps the two maps were given in the wrong order."
            )
        )
    elif not vertebrae:
        findings.append(Finding("error", None, "Only the sacrum is labelled; points are computed for C1 to L6."))
    elif not any(set(each.subregions) & set(_BONE) for each in vertebrae):
        findings.append(Finding("error", None, "No vertebra has any bony subregion."))
    else:
        findings += [finding for each in vertebrae for finding in _level_findings(each, maps, parts)]
        findings += _skipped(vertebrae)
        findings += _orientation([each.level for each in vertebrae], maps, parts)
    return MapReport(contents, tuple(findings))


def _survey(maps: LabelMaps) -> _Parts | None:
    """Collect every (vertebra label, subregion label) in one pass; None where there are too many to be labels."""
    order: Literal["F", "C"] = "F" if maps.subregions.flags.f_contiguous else "C"
    subregions, vertebrae = maps.subregions.ravel(order), maps.vertebrae.ravel(order)
    parts: dict[tuple[int, int], _Part] = {}
    for start in range(0, subregions.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        at = np.flatnonzero((subregions[block] != 0) | (vertebrae[block] != 0)) + start
        if not at.size:
            continue
        pairs = vertebrae[at].astype(np.uint32)
        pairs <<= 16
        pairs |= subregions[at]
        values = _values(pairs)
        if len(values) + len(parts) > _MAX_VALUES:
            return None
        rank = np.searchsorted(values, pairs).astype(np.uint16)
        by_rank = np.argsort(rank, kind="stable")
        starts = np.searchsorted(rank[by_rank], np.arange(len(values)))
        index = np.array(np.unravel_index(at[by_rank], maps.grid.shape, order=order))
        counts = np.diff([*starts, len(at)])
        centres = (np.add.reduceat(index, starts, axis=1) / counts).T
        lows, highs = np.minimum.reduceat(index, starts, axis=1).T, np.maximum.reduceat(index, starts, axis=1).T
        for value, *part in zip(values.tolist(), counts.tolist(), centres, lows, highs, strict=True):
            key, found = (value >> 16, value & 0xFFFF), _Part(*part)
            parts[key] = _join([parts[key], found]) if key in parts else found
    return parts


def _join(parts: list[_Part]) -> _Part:
    count = sum(each.count for each in parts)
    centre = np.sum([each.centre * each.count for each in parts], axis=0) / count
    return _Part(count, centre, np.min([each.low for each in parts], axis=0), np.max([each.high for each in parts], axis=0))


def _values(pairs: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Return the sorted different values; neighbouring voxels are mostly equal, so few need sorting."""
    changes = np.flatnonzero(np.diff(pairs)) + 1
    return np.unique(pairs[np.concatenate([[0], changes])])


def _total(parts: _Parts, level: int, labels: Iterable[int]) -> _Part | None:
    """Join several subregions of one level."""
    found = [parts[level, label] for label in labels if (level, label) in parts]
    return _join(found) if found else None


def _labels_of(parts: _Parts, level: int) -> list[int]:
    return sorted(label for each, label in parts if each == level and label)


def _names(labels: Iterable[int]) -> str:
    names = ["vertebral body" if label in _BODY else subregion(label).meaning.lower() for label in labels]
    return "; ".join(dict.fromkeys(names))


def _unknown_labels(parts: _Parts) -> Iterator[Finding]:
    known_subregions = {each.id for each in SUBREGIONS} | {0}
    known_levels = {label for each in LEVELS for label in (each.id, each.disc_id, each.endplate_id, each.rib_id)} | {0}
    total = sum(part.count for part in parts.values())
    for side, known, name in ((1, known_subregions, "subregion map"), (0, known_levels, "vertebra map")):
        strange: dict[int, int] = {}
        for key, part in parts.items():
            if key[side] not in known:
                strange[key[side]] = strange.get(key[side], 0) + part.count
        if not strange:
            continue
        listed = ", ".join(f"{label} ({count} voxels)" for label, count in list(strange.items())[:8])
        more = f" and {len(strange) - 8} more" if len(strange) > 8 else ""
        text = f"The {name} holds labels that are not known here and are ignored: {listed}{more}."
        if sum(strange.values()) > total / 2:
            text += " Were the two maps given in the wrong order, or do they come from another program?"
        yield Finding("warning", None, text)


def _overlap(parts: _Parts) -> Iterator[Finding]:
    """Compare bone in the one map with vertebrae in the other."""
    levels = {each.id for each in LEVELS if each.region in _DISTRICTS}
    bone = sum(part.count for (_, label), part in parts.items() if label in _BONE)
    shared = sum(part.count for (level, label), part in parts.items() if label in _BONE and level in levels)
    if bone and not shared:
        yield Finding(
            "error", None, "The two maps do not overlap: no bony subregion lies inside a vertebra. Do they belong together?"
        )
    elif shared < _OVERLAP_SHARE * bone:
        text = f"Only {100 * shared / bone:.0f} % of the bony subregions lie inside a vertebra. Do the maps belong together?"
        yield Finding("warning", None, text)


def _content(level: int, parts: _Parts, maps: LabelMaps) -> LevelContent:
    labels = _labels_of(parts, level)
    whole = _total(parts, level, (0, *labels))
    name, region = level_of(level).name, level_of(level).region
    expected = (SubregionId.BODY, *_PROCESSES) if region in _DISTRICTS else ()
    present = set(labels) | ({SubregionId.BODY} if set(labels) & set(_BODY) else set())
    missing = tuple(int(each) for each in expected if each not in present and each not in _WITHOUT.get(name, ()))
    border = whole is not None and bool((whole.low == 0).any() or (whole.high == np.array(maps.grid.shape) - 1).any())
    return LevelContent(level, tuple(labels), missing, border, (whole.count if whole else 0) * maps.grid.voxel_volume)


def _level_findings(content: LevelContent, maps: LabelMaps, parts: _Parts) -> Iterator[Finding]:
    name = level_of(content.level).name
    border = " It touches the edge of the image and may be cut off there." if content.touches_border else ""
    if not set(content.subregions) & set(_BONE):
        yield Finding("warning", content.level, f"{name} has no bony subregion at all.{border}")
        return
    if content.missing:
        yield Finding(
            "note" if content.touches_border else "warning", content.level, f"{name} lacks: {_names(content.missing)}.{border}"
        )
    elif content.touches_border:
        yield Finding("note", content.level, f"{name} touches the edge of the image and may be cut off there.")
    yield from _body_filled(content.level, maps, parts)
    yield from _pieces(content.level, maps, parts, touches_border=content.touches_border)


def _crop(maps: LabelMaps, level: int, labels: tuple[int, ...], parts: _Parts) -> tuple[BoolArray, Index] | None:
    """Return the mask of some subregions of a level in the block that holds them, and where the block begins."""
    part = _total(parts, level, labels)
    if part is None:
        return None
    block = tuple(slice(a, b + 1) for a, b in zip(part.low, part.high, strict=True))
    wanted = np.zeros(max(int(maps.subregions.max()), *labels) + 1, dtype=bool)
    wanted[list(labels)] = True
    return wanted[maps.subregions[block]] & (maps.vertebrae[block] == level), part.low


def _enclosed(mask: BoolArray, *, by_slice: bool) -> int:
    """Count background voxels that are enclosed: in space, or in any slice along any axis (the worst of the three)."""
    if not by_slice:
        labels, _ = ndimage.label(~np.pad(mask, 1))
        return int((labels > 1).sum())
    worst = 0
    plane = ndimage.generate_binary_structure(3, 1)
    plane[1, 1, ::2] = False
    for axis in range(3):
        padded = np.pad(np.moveaxis(mask, axis, 2), ((1, 1), (1, 1), (0, 0)))
        labels, _ = ndimage.label(~padded, plane)
        # the first row of the padding belongs to the outside of every slice
        worst = max(worst, int((~np.isin(labels, np.unique(labels[0])) & ~padded).sum()))
    return worst


def _body_filled(level: int, maps: LabelMaps, parts: _Parts) -> Iterator[Finding]:
    crop = _crop(maps, level, _BODY, parts)
    if crop is None:
        return
    filled = int(crop[0].sum())
    share = filled / (filled + _enclosed(crop[0], by_slice=True))
    if share < _HOLLOW_SHARE:
        text = f"The body of {level_of(level).name} is hollow: only {100 * share:.0f} % of it is filled."
        yield Finding("warning", level, text)


def _pieces(level: int, maps: LabelMaps, parts: _Parts, *, touches_border: bool) -> Iterator[Finding]:
    crop = _crop(maps, level, _BONE, parts)
    if crop is None:
        return
    name, voxel = level_of(level).name, maps.grid.voxel_volume
    holes = _enclosed(crop[0], by_slice=False) * voxel
    if holes >= _HOLE_MM3:
        yield Finding("note", level, f"{name} has holes of {holes:.0f} mm³ in all.")
    labels, count = ndimage.label(crop[0], np.ones((3, 3, 3)))
    if count < 2:
        return
    sizes = np.bincount(labels.ravel())[1:]
    main = int(sizes.argmax())
    others = np.delete(np.arange(count), main)
    stray = [each for each in others if sizes[each] < _STRAY_SHARE * sizes.sum()]
    if stray:
        volumes = ", ".join(f"{sizes[each] * voxel:.3g}" for each in sorted(stray, key=lambda each: -sizes[each])[:4])
        text = f"{name} has {len(stray)} stray {'piece' if len(stray) == 1 else 'pieces'} ({volumes} mm³)."
        yield Finding("note", level, text)
    detached = [sizes[each] * voxel for each in others if sizes[each] >= _STRAY_SHARE * sizes.sum()]
    if detached:
        volumes = ", ".join(f"{volume:.3g}" for volume in detached)
        text = f"{name} is in {len(detached) + 1} separate parts; apart from the largest: {volumes} mm³."
        yield Finding("note" if touches_border else "warning", level, text)


def _skipped(vertebrae: list[LevelContent]) -> Iterator[Finding]:
    orders = {level_of(each.level).order for each in vertebrae}
    gap = [
        each.name
        for each in LEVELS
        if min(orders) < each.order < max(orders) and each.order not in orders and each.name not in _OPTIONAL_LEVELS
    ]
    if gap:
        verb = "is" if len(gap) == 1 else "are"
        yield Finding("warning", None, f"{', '.join(gap)} {verb} absent between levels that are there.")


def _orientation(levels: list[int], maps: LabelMaps, parts: _Parts) -> Iterator[Finding]:
    """Compare the labels with up, back and right of the patient as the file header gives them."""
    centres = {
        level: maps.grid.to_ras(part.centre)
        for level in levels
        if (part := _total(parts, level, _BODY) or _total(parts, level, _BONE))
    }
    ordered = [level for level in levels if level in centres]
    line = np.array([centres[level] for level in ordered])
    upward = _upward(line)
    if len(line) > 1 and (line[0] - line[-1]) @ upward < 0:
        yield _upside_down(ordered, maps, parts, upward)
        line, ordered = line[::-1], ordered[::-1]
    yield from _out_of_order(ordered, line, upward)
    tangents = -np.gradient(line, axis=0) if len(line) > 1 else None
    backs, sides = [], {}
    for row, level in enumerate(ordered):
        superior = _unit(tangents[row]) if tangents is not None else _single_superior(level, maps, parts)
        superior = superior if superior @ upward > 0 else upward
        back = _between(level, _BODY, _POSTERIOR, maps, parts)
        if back is not None:
            backs.append(back[1] < 0)
        sides[level] = _sides_right(level, superior, back, maps, parts)
    if backs and np.mean(backs) < 0.5:
        yield Finding("error", None, "The arches lie in front of the bodies: the image is flipped front to back.")
    yield from _side_findings(sides)


def _upward(line: FloatArray) -> FloatArray:
    """Return the main direction of the spine, on the side of the head by the header."""
    if len(line) < 2:
        return np.array([0.0, 0.0, 1.0])
    axis = np.asarray(np.linalg.svd(line - line.mean(axis=0))[2][0], dtype=np.float64)
    return axis if axis[2] >= 0 else -axis


def _unit(vector: FloatArray) -> FloatArray:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def _between(level: int, start: Iterable[int], end: Iterable[int], maps: LabelMaps, parts: _Parts) -> FloatArray | None:
    """Return the RAS vector (3,) from one group of subregions to another."""
    first, last = _total(parts, level, start), _total(parts, level, end)
    return None if first is None or last is None else maps.grid.to_ras(last.centre) - maps.grid.to_ras(first.centre)


def _single_superior(level: int, maps: LabelMaps, parts: _Parts) -> FloatArray:
    """Return a rough superior axis of a level without neighbours."""
    up = _between(level, _INFERIOR_ARTICULAR, _SUPERIOR_ARTICULAR, maps, parts)
    return np.array([0.0, 0.0, 1.0]) if up is None else _unit(up)


def _upside_down(ordered: list[int], maps: LabelMaps, parts: _Parts, upward: FloatArray) -> Finding:
    """Tell a wrong numbering from a flipped image: a vertebra itself has an upper and a lower end."""
    first, last = level_of(ordered[0]).name, level_of(ordered[-1]).name
    ends = [_between(level, _INFERIOR_ARTICULAR, _SUPERIOR_ARTICULAR, maps, parts) for level in ordered]
    votes = [float(end @ upward) > 0 for end in ends if end is not None]
    if votes and np.mean(votes) < 0.5:
        return Finding(
            "error", None, f"The image is upside down: {first} and the upper ends of the vertebrae lie towards the feet."
        )
    return Finding("error", None, f"The levels are numbered from below: {first} lies under {last}.")


def _out_of_order(ordered: list[int], line: FloatArray, upward: FloatArray) -> Iterator[Finding]:
    for row, drop in enumerate((line[:-1] - line[1:]) @ upward):
        if drop < 0:
            upper, lower = level_of(ordered[row]).name, level_of(ordered[row + 1]).name
            yield Finding("warning", ordered[row], f"{upper} and {lower} are out of order: {lower} lies above {upper}.")


def _sides_right(level: int, superior: FloatArray, back: FloatArray | None, maps: LabelMaps, parts: _Parts) -> dict[str, bool]:
    """Say for each pair of processes whether "right" lies to the patient's right, in the axes of this vertebra."""
    posterior = np.array([0.0, -1.0, 0.0])
    if back is not None:
        across = _unit(back - superior * (back @ superior))
        posterior = across if across[1] < 0 else -across
    right = np.cross(superior, posterior)
    result = {}
    for left_label, right_label, name in _SIDES:
        vector = _between(level, (left_label,), (right_label,), maps, parts)
        if vector is not None:
            result[name] = bool(vector @ right > 0)
    return result


def _side_findings(sides: Mapping[int, Mapping[str, bool]]) -> Iterator[Finding]:
    votes = [good for pairs in sides.values() for good in pairs.values()]
    if votes and not any(votes):
        yield Finding(
            "error", None, "Left and right are swapped on all levels: the labels are exchanged or the image is mirrored."
        )
        return
    for level, pairs in sides.items():
        wrong = [name for name, good in pairs.items() if not good]
        if wrong:
            yield Finding("warning", level, f"Left and right are swapped in {level_of(level).name}: {', '.join(wrong)}.")
