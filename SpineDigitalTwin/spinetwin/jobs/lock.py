"""A lock on a file that ends with the process, however that ends."""

from __future__ import annotations

import sys
from typing import IO


def try_lock(file: IO[bytes]) -> bool:
    """Lock a file until it is closed; False where another holds it, or where the disk knows no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            # beyond the end, so that the signature can still be read
            file.seek(1 << 20)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            file.seek(0)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
