"""Up, back and right of the labels, compared with those of the patient as the file header gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from ...anatomy import level as level_of
from ...geometry import FloatArray, LabelMaps
from .findings import Finding
from .groups import BODY, BONE, INFERIOR_ARTICULAR, POSTERIOR, SIDES, SUPERIOR_ARTICULAR
from .survey import Parts, total


def orientation(levels: list[int], maps: LabelMaps, parts: Parts) -> Iterator[Finding]:
    """Compare the labels with up, back and right of the patient as the file header gives them."""
    centres = {
        level: maps.grid.to_ras(part.centre)
        for level in levels
        if (part := total(parts, level, BODY) or total(parts, level, BONE))
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
        back = _between(level, BODY, POSTERIOR, maps, parts)
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


def _between(level: int, start: Iterable[int], end: Iterable[int], maps: LabelMaps, parts: Parts) -> FloatArray | None:
    """Return the RAS vector (3,) from one group of subregions to another."""
    first, last = total(parts, level, start), total(parts, level, end)
    return None if first is None or last is None else maps.grid.to_ras(last.centre) - maps.grid.to_ras(first.centre)


def _single_superior(level: int, maps: LabelMaps, parts: Parts) -> FloatArray:
    """Return a rough superior axis of a level without neighbours."""
    up = _between(level, INFERIOR_ARTICULAR, SUPERIOR_ARTICULAR, maps, parts)
    return np.array([0.0, 0.0, 1.0]) if up is None else _unit(up)


def _upside_down(ordered: list[int], maps: LabelMaps, parts: Parts, upward: FloatArray) -> Finding:
    """Tell a wrong numbering from a flipped image: a vertebra itself has an upper and a lower end."""
    first, last = level_of(ordered[0]).name, level_of(ordered[-1]).name
    ends = [_between(level, INFERIOR_ARTICULAR, SUPERIOR_ARTICULAR, maps, parts) for level in ordered]
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


def _sides_right(level: int, superior: FloatArray, back: FloatArray | None, maps: LabelMaps, parts: Parts) -> dict[str, bool]:
    """Say for each pair of processes whether "right" lies to the patient's right, in the axes of this vertebra."""
    posterior = np.array([0.0, -1.0, 0.0])
    if back is not None:
        across = _unit(back - superior * (back @ superior))
        posterior = across if across[1] < 0 else -across
    right = np.cross(superior, posterior)
    result = {}
    for left_label, right_label, name in SIDES:
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
