"""What `make embedded` leaves behind, and that it starts: nothing else runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"

ROWS = """
import sys
from pathlib import Path
from embedded_page import Row, write_page
write_page(Path(sys.argv[1]), [
    Row("scans", "scan 1", "body 0.970", "9 / 0 / 0 / 0", None, "", ["scan.png"]),
    Row("real", "good", "body 0.900", "5 / 0 / 0 / 0", True, "", ["good.png"]),
    Row("real", "bad", "body 0.000", "0 / 5 / 0 / 0", False, "No vertebra was found.", ["bad.png", "bad_worst.png"]),
])
"""

PLACE = """
import numpy as np
from embedded_cases import Case
from embedded_pictures import worst_place
from spinetwin.geometry import Grid, PartialMaps
affine = np.array([[0, 0, -4.0, 50], [-2, 0, 0, 0], [0, -2, 0, 0], [0, 0, 0, 1]])
grid = Grid((10, 12, 8), affine)
right = np.zeros(grid.shape, bool)
right[2:6, 3:7, 1:7] = True
found = right.copy()
case = Case("any", right.astype(float), grid, PartialMaps(grid, None, None), "bodies")
assert worst_place(case, {"body": (found, right)}) is None
found[2:4, 3:7, 5] = False  # eight voxels too few in this slice
found[8, 3, 2] = True  # and one too many elsewhere
print(*worst_place(case, {"body": (found, right)}))
"""


def run(*command):
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, cwd=BENCHMARKS)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_it_starts():
    """The training became a package, and the benchmark looked for its modules where they had been."""
    assert "--record" in run("embedded.py", "--help")


def test_its_page_shows_what_failed_first(tmp_path):
    run("-c", ROWS, tmp_path)
    text = (tmp_path / "index.md").read_text()
    table = [line.split(" | ")[1] for line in text.splitlines() if line.startswith(("| real", "| scans"))]
    assert table == ["bad", "good", "scan 1"]
    assert "| real | bad | body 0.000 | 0 / 5 / 0 / 0 | no | No vertebra was found. |" in text
    pictures = [line for line in text.splitlines() if line.startswith("![")]
    assert pictures == ["![bad](bad.png)", "![bad](bad_worst.png)", "![good](good.png)", "![scan 1](scan.png)"]


def test_the_worst_slice_is_that_with_most_voxels_wrong():
    # slice 5 lies at 50 - 4 * 5 mm, to the right; in it rows 2 and 3, and 3 to 6
    assert [float(each) for each in run("-c", PLACE).split()] == pytest.approx([30.0, -5.0, -9.0])
