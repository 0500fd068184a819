"""How much memory is free, asked of each operating system in its own way."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60
_VM_STAT = "/usr/bin/vm_stat"
_VM_STAT_S = 5.0
_GIVEN_AT_ONCE = ("free", "inactive", "speculative")
"""Pages that macOS gives to whoever asks, without writing anything to the disk."""


def free_memory() -> float | None:
    """Return the bytes of memory that this process may still take, or None where the system does not tell."""
    limits = [each for each in (_linux(), _macos(), _windows(), _cgroup(), _own_limit()) if each is not None]
    return min(limits, default=None)


def _linux() -> float | None:
    with suppress(OSError, ValueError, IndexError):
        for line in _MEMINFO.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024
    return None


def _macos() -> float | None:
    if sys.platform != "darwin":
        return None
    with suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run([_VM_STAT], capture_output=True, text=True, timeout=_VM_STAT_S, check=True)  # noqa: S603
        return of_vm_stat(said.stdout)
    return None


def of_vm_stat(text: str) -> float | None:
    """Return the free bytes that the program vm_stat of macOS tells of; None where its text is another.

    Parameters
    ----------
    text : str
        "Mach Virtual Memory Statistics: (page size of 16384 bytes)", and a line "Pages free: 123." for each kind of page.
        Its free pages are without the speculative ones.
    """
    size = re.search(r"page size of (\d+) bytes", text)
    pages = [re.search(rf"^Pages {kind}:\s+(\d+)\.", text, re.MULTILINE) for kind in _GIVEN_AT_ONCE]
    if size is None or pages[0] is None:
        return None
    return float(size[1]) * sum(float(each[1]) for each in pages if each is not None)


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total_physical", ctypes.c_uint64),
        ("physical", ctypes.c_uint64),
        ("total_committed", ctypes.c_uint64),
        ("committable", ctypes.c_uint64),
        ("total_addresses", ctypes.c_uint64),
        ("addresses", ctypes.c_uint64),
        ("extended", ctypes.c_uint64),
    )


def _windows() -> float | None:
    if sys.platform != "win32":
        return None
    return of_kernel32(ctypes.windll.kernel32)


def of_kernel32(kernel32: Any) -> float | None:
    """Return the free bytes that the library kernel32 of Windows tells of; None where it fails.

    What is physically free counts, and less where this process may not commit as much.
    """
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    if not kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return float(min(status.physical, status.committable, status.addresses))


def _cgroup() -> float | None:
    """Return what a container leaves, of version 2 control groups."""
    with suppress(OSError, ValueError):
        limit = float((_CGROUP / "memory.max").read_text(encoding="ascii"))
        return limit - float((_CGROUP / "memory.current").read_text(encoding="ascii"))
    return None


def _own_limit() -> float | None:
    """Return what `ulimit -v` leaves of addresses."""
    if sys.platform == "win32":
        return None
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY or limit > _UNLIMITED:
        return None
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return float(limit - pages * resource.getpagesize())
    return float(limit)
