"""CPU seconds and memory of both programs: alternately, so that whatever else the machine does hits both."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from scenes import Scene
from sides import WANTED, ours, reference

ROUNDS = 3

# What a user would write to do with the reference what `spinetwin poi` does.
REFERENCE_PROGRAM = """
import sys
from TPTBox import NII, calc_poi_from_subreg_vert
from TPTBox.core.vert_constants import Location
subregions, vertebrae, out, wanted = sys.argv[1], sys.argv[2], sys.argv[3], set(map(int, sys.argv[4].split(",")))
points = calc_poi_from_subreg_vert(
    NII.load(vertebrae, seg=True),
    NII.load(subregions, seg=True),
    subreg_id=[each for each in Location if each.value in wanted],
    verbose=False,
)
points.save(out)
"""

# A child counts the memory of the process that started it, so a bare interpreter starts the one that is measured.
LAUNCHER = """
import json, os, sys
null = os.open(os.devnull, os.O_WRONLY)
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)])
_, status, used = os.wait4(child, 0)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6]))
sys.exit(os.waitstatus_to_exitcode(status))
"""

Measure = Callable[[], tuple[float, ...]]


@dataclass(frozen=True)
class Race:
    """What each round of each program took, or why the reference failed."""

    ours: list[tuple[float, ...]]
    reference: list[tuple[float, ...]]
    failure: str = ""

    def medians(self, quantity: int) -> tuple[float, float]:
        """Return the medians of ours and of the reference."""
        return median(each[quantity] for each in self.ours), median(each[quantity] for each in self.reference)

    def ratios(self, quantity: int) -> list[float]:
        """Return how often ours goes into the reference, pair by pair."""
        return [theirs[quantity] / mine[quantity] for mine, theirs in zip(self.ours, self.reference, strict=True)]


def warm(scene: Scene) -> Race:
    """Compute again and again in this process; the first round of both is not counted."""
    return _race(lambda: (ours("paper", scene).seconds,), lambda: (reference(scene).seconds,), unmeasured=1)


def cold(scene: Scene, folder: Path) -> Race:
    """Start both programs from the command line: read, compute, write; CPU seconds and peak MB."""
    maps = [f"--subregions={scene.subregions}", f"--vertebrae={scene.vertebrae}"]
    mine = ["-m", "spinetwin", "poi", *maps, f"--out={folder / 'spinetwin.mrk.json'}", "--quiet"]
    wanted = ",".join(map(str, WANTED))
    theirs = ["-c", REFERENCE_PROGRAM, str(scene.subregions), str(scene.vertebrae), str(folder / "reference.json"), wanted]
    return _race(lambda: _run(mine), lambda: _run(theirs))


def _run(arguments: list[str]) -> tuple[float, ...]:
    command = [sys.executable, "-I", "-S", "-c", LAUNCHER, sys.executable, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit status {done.returncode}")
    return tuple(json.loads(done.stdout))


def _race(mine: Measure, theirs: Measure, unmeasured: int = 0) -> Race:
    taken: list[tuple[float, ...]] = []
    reference_taken: list[tuple[float, ...]] = []
    failure = ""
    for _ in range(ROUNDS + unmeasured):
        taken.append(mine())
        if not failure:
            try:
                reference_taken.append(theirs())
            except Exception as error:  # noqa: BLE001 - whatever stops the reference is a result
                failure = f"{type(error).__name__}: {error}"
    return Race(taken[unmeasured:], reference_taken[unmeasured:], failure)
