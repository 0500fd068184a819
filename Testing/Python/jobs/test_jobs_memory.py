"""How much memory is free, as each operating system tells it."""

import ctypes
import sys

import pytest
from spinetwin.jobs import memory
from spinetwin.jobs.memory import free_memory, of_kernel32, of_vm_stat

VM_STAT = """Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                                1000.
Pages active:                            500000.
Pages inactive:                            2000.
Pages speculative:                          300.
Pages throttled:                              0.
Pages wired down:                         90000.
Pages purgeable:                           7000.
"Translation faults":                  98765432.
Pages copy-on-write:                     345678.
File-backed pages:                       456789.
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")
def test_free_memory_is_told_on_linux():
    assert 1e6 < free_memory() < 1e15


@pytest.mark.parametrize("text", ["", "MemTotal: 5 kB\n", "MemAvailable: many kB\n"])
def test_a_system_that_does_not_tell_stops_nothing(tmp_path, monkeypatch, text):
    (tmp_path / "meminfo").write_text(text)
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_CGROUP", tmp_path / "nowhere")
    monkeypatch.setattr(memory, "_own_limit", lambda: None)
    assert free_memory() is None


def test_the_narrowest_limit_counts(tmp_path, monkeypatch):
    (tmp_path / "meminfo").write_text("MemAvailable: 8000000 kB\n")
    (tmp_path / "memory.max").write_text("3000000000\n")
    (tmp_path / "memory.current").write_text("1000000000\n")
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    monkeypatch.setattr(memory, "_own_limit", lambda: None)
    assert free_memory() == 2e9
    (tmp_path / "memory.max").write_text("max\n")
    assert free_memory() == 8000000 * 1024


def test_macos_gives_free_inactive_and_speculative_pages():
    assert of_vm_stat(VM_STAT) == 16384 * (1000 + 2000 + 300)
    assert of_vm_stat(VM_STAT.replace("16384", "4096")) == 4096 * 3300


@pytest.mark.parametrize("text", ["", "vm_stat: not found", VM_STAT.replace("Pages free", "Seiten frei"), VM_STAT[70:]])
def test_what_vm_stat_never_says_tells_nothing(text):
    assert of_vm_stat(text) is None


@pytest.mark.skipif(sys.platform == "win32", reason="its stand-in is a shell script")
def test_on_a_mac_vm_stat_is_asked(tmp_path, monkeypatch):
    program = tmp_path / "vm_stat"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{VM_STAT}END\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(memory, "_VM_STAT", str(program))
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "nowhere")
    monkeypatch.setattr(memory, "_CGROUP", tmp_path / "nowhere")
    monkeypatch.setattr(memory, "_own_limit", lambda: None)
    assert free_memory() == 16384 * 3300
    program.write_text("#!/bin/sh\nexit 1\n")
    assert free_memory() is None


class Kernel:
    """Answers as kernel32 does, by the layout that Microsoft documents: two of 4 bytes, seven of 8."""

    def __init__(self, **told):
        self.told = told

    def GlobalMemoryStatusEx(self, pointer):  # noqa: N802 - its name in Windows
        size = ctypes.c_uint32.from_address(ctypes.addressof(pointer._obj)).value
        if size != 64:
            return 0
        places = {"ullAvailPhys": 2, "ullAvailPageFile": 4, "ullAvailVirtual": 6}
        words = (ctypes.c_uint64 * 8).from_address(ctypes.addressof(pointer._obj))
        for name, value in self.told.items():
            words[places[name]] = value
        return 1


@pytest.mark.parametrize(
    ("physical", "committable", "addresses", "free"),
    [(6e9, 9e9, 1.4e14, 6e9), (6e9, 2e9, 1.4e14, 2e9), (6e9, 9e9, 1e9, 1e9)],
)
def test_windows_gives_what_is_free_and_may_be_committed(physical, committable, addresses, free):
    kernel = Kernel(ullAvailPhys=int(physical), ullAvailPageFile=int(committable), ullAvailVirtual=int(addresses))
    assert of_kernel32(kernel) == free


def test_a_windows_that_does_not_answer_tells_nothing():
    class Silent:
        def GlobalMemoryStatusEx(self, _):  # noqa: N802 - its name in Windows
            return 0

    assert of_kernel32(Silent()) is None
