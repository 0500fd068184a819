"""What each level holds and lacks: parts, filling, pieces, holes, and levels that are skipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from ...anatomy import LEVELS, SubregionId, subregion
from ...anatomy import level as level_of
from ...geometry import LabelMaps
from .findings import Finding, LevelContent
from .groups import BODY, BONE, PROCESSES, REGIONS
from .survey import Index, Parts, labels_of, total

BoolArray = npt.NDArray[np.bool_]

_WITHOUT = {"C1": (*BODY, SubregionId.SPINOUS)}
_OPTIONAL_LEVELS = ("T13", "L6")
_STRAY_SHARE = 0.05
_HOLLOW_SHARE = 0.9
_HOLE_MM3 = 20.0


def content_of(level: int, parts: Parts, maps: LabelMaps) -> LevelContent:
    """Return what the maps hold of one level and what they lack of it."""
    labels = labels_of(parts, level)
    whole = total(parts, level, (0, *labels))
    name, region = level_of(level).name, level_of(level).region
    expected = (SubregionId.BODY, *PROCESSES) if region in REGIONS else ()
    present = set(labels) | ({SubregionId.BODY} if set(labels) & set(BODY) else set())
    missing = tuple(int(each) for each in expected if each not in present and each not in _WITHOUT.get(name, ()))
    border = whole is not None and bool((whole.low == 0).any() or (whole.high == np.array(maps.grid.shape) - 1).any())
    return LevelContent(level, tuple(labels), missing, border, (whole.count if whole else 0) * maps.grid.voxel_volume)


def level_findings(content: LevelContent, maps: LabelMaps, parts: Parts) -> Iterator[Finding]:
    """Say what is wrong with one vertebra: missing parts, a cut, a hollow body, holes, pieces."""
    name = level_of(content.level).name
    border = " It touches the edge of the image and may be cut off there." if content.touches_border else ""
    if not set(content.subregions) & set(BONE):
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


def _crop(maps: LabelMaps, level: int, labels: tuple[int, ...], parts: Parts) -> tuple[BoolArray, Index] | None:
    """Return the mask of some subregions of a level in the block that holds them, and where the block begins."""
    part = total(parts, level, labels)
    if part is None:
        return None
    block = tuple(slice(a, b + 1) for a, b in zip(part.low, part.high, strict=True))
    wanted = np.zeros(max(int(maps.subregions.max()), *labels) + 1, dtype=bool)
    wanted[list(labels)] = True
    return wanted[maps.subregions[block]] & (maps.vertebrae[block] == level), part.low


def _enclosed(mask: BoolArray, *, by_slice: bool) -> int:
    """Count background voxels that are enclosed: in space, or in any slice along any axis (the worst of the three)."""
    from scipy import ndimage

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


def _body_filled(level: int, maps: LabelMaps, parts: Parts) -> Iterator[Finding]:
    crop = _crop(maps, level, BODY, parts)
    if crop is None:
        return
    filled = int(crop[0].sum())
    share = filled / (filled + _enclosed(crop[0], by_slice=True))
    if share < _HOLLOW_SHARE:
        text = f"The body of {level_of(level).name} is hollow: only {100 * share:.0f} % of it is filled."
        yield Finding("warning", level, text)


def _pieces(level: int, maps: LabelMaps, parts: Parts, *, touches_border: bool) -> Iterator[Finding]:
    from scipy import ndimage

    crop = _crop(maps, level, BONE, parts)
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


def skipped(vertebrae: list[LevelContent]) -> Iterator[Finding]:
    """Name the levels that are absent between levels that are there."""
    orders = {level_of(each.level).order for each in vertebrae}
    gap = [
        each.name
        for each in LEVELS
        if min(orders) < each.order < max(orders) and each.order not in orders and each.name not in _OPTIONAL_LEVELS
    ]
    if gap:
        verb = "is" if len(gap) == 1 else "are"
        yield Finding("warning", None, f"{', '.join(gap)} {verb} absent between levels that are there.")


def _names(labels: Iterable[int]) -> str:
    names = ["vertebral body" if label in BODY else subregion(label).meaning.lower() for label in labels]
    return "; ".join(dict.fromkeys(names))
