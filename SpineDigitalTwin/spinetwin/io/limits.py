"""What a volume file may claim about itself before anything is allocated for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import ReadError

DAMAGED = "Copy or download it again."
MAX_VOXELS = 2**31
"""A whole body at half a millimetre has a third of this."""

_BEST_GZIP_RATIO = 1040
"""Deflate cannot pack more than 1032 bytes into one."""


def check_dimensions(path: Path, sizes: Sequence[int]) -> tuple[int, int, int]:
    """Return the three sizes of a volume; further dimensions may only have size one.

    Raises
    ------
    ReadError
        If the sizes are not those of one volume.
    """
    sizes = [int(n) for n in sizes]
    if not sizes or min(sizes) < 1:
        raise ReadError(f"{path.name} has an impossible size in its header.", DAMAGED)
    if len(sizes) < 3:
        raise ReadError(f"{path.name} is a flat image of {' x '.join(map(str, sizes))} pixels.", "A volume is needed.")
    if any(n > 1 for n in sizes[3:]):
        raise ReadError(
            f"{path.name} holds several volumes ({' x '.join(map(str, sizes))}).", "Save one volume to a file of its own."
        )
    ni, nj, nk = sizes[:3]
    if ni * nj * nk > MAX_VOXELS:
        raise ReadError(
            f"{path.name} claims to have {ni} x {nj} x {nk} voxels, which is more than this program reads.", DAMAGED
        )
    return ni, nj, nk


def check_size(path: Path, shape: tuple[int, int, int], itemsize: int, offset: int = 0, *, packed: bool) -> None:
    """Refuse a file that is too short for the voxels it claims, before memory is asked for.

    Raises
    ------
    ReadError
        If the file cannot hold what its header says.
    """
    needed = shape[0] * shape[1] * shape[2] * itemsize + offset
    if path.stat().st_size * (_BEST_GZIP_RATIO if packed else 1) < needed:
        raise ReadError(f"{path.name} is truncated: its header claims {shape[0]} x {shape[1]} x {shape[2]} voxels.", DAMAGED)
