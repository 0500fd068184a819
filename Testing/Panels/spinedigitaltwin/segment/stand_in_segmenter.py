"""A worker whose backends stand in for networks: one that finds what an image holds, and some that go wrong.

The images of the tests hold both label maps in their values, 1000 times the vertebra and the subregion, so that what comes back
can be compared exactly. What an image that looks like one shows is in a file beside the one that says what is installed.
"""

# ruff: noqa: T201
import os
import sys
import time
from pathlib import Path

import numpy as np
from spinetwin.anatomy import LEVELS
from spinetwin.errors import MapError
from spinetwin.geometry import LabelMaps
from spinetwin.jobs import backends, preflight, steps
from spinetwin.jobs.job import Done, Step
from spinetwin.jobs.options import text
from spinetwin.jobs.worker import work
from spinetwin.segmentation.backends import Availability, Description, ImportBackend, Segmentation
from spinetwin.segmentation.backends.protocol import CPU

SHIFT = 1000
TRUTH = "truth.npy"
INSTALLED = Path(__file__).stem if len(sys.argv) < 3 else sys.argv[2]
FOREVER = 600
QUIET_S = 0.15
NEEDS = {"bytes_per_voxel": "0", "fixed_mb": "900", "seconds_per_million_voxels": "65"}


class StandIn:
    """Finds what the values of the image tell, after something has happened."""

    def __init__(self, name, title, happens=lambda: None, devices=CPU, **described):
        self._devices = devices
        self._description = Description(name, title, "bodies, arches, processes, discs and canal", **described)
        self._happens = happens

    def describe(self):
        return self._description

    def available(self, _request):
        if self._description.download_mb and not Path(INSTALLED).exists():
            return Availability(False, f"the programs of {self._description.title} are not on this computer")
        return Availability(True, "nothing has to be fetched", self._devices)

    def run(self, request, progress):
        # what is said within a tenth of a second of something else is left out
        time.sleep(QUIET_S)
        progress(0.3, "looking for the spine")
        print("an öccasional line of a library", flush=True)
        print(f"runs on {request.device}, of a {request.contrast.name} image", flush=True)
        self._happens()
        truth = Path(INSTALLED).with_name(TRUTH)
        if truth.exists():
            vertebrae, subregions = np.load(truth)
        else:
            vertebrae, subregions = np.divmod(np.rint(request.image()).astype(np.int64), SHIFT)
        maps = LabelMaps(request.grid, subregions.astype(np.uint8), vertebrae.astype(np.uint8))
        present = set(np.unique(vertebrae).tolist())
        confidence = {each.id: 0.9 for each in LEVELS if each.id in present}
        return Segmentation(maps, confidence, ("The lowest vertebra is cut off.",))


def refuse():
    raise MapError("No vertebra was found in this image.", "Is it an image of the spine?")


def install(_job, folder, output):
    output.progress("install")(0.5, "fetching the programs")
    Path(INSTALLED).touch()
    (folder / "record.json").write_text("{}")
    return Done({"record": folder / "record.json"}, "installed")


STAND_INS = (
    StandIn("big", "Big network", download_mb=1234.0, licence="CC BY-NC 4.0", fetches="big 1.0 with its weights (MIT)"),
    StandIn("small", "Small network", lambda: time.sleep(0.5), licence="Apache-2.0"),
    StandIn("slow", "Slow network", lambda: time.sleep(FOREVER)),
    StandIn("crashing", "Crashing network", lambda: os.kill(os.getpid(), 11)),
    StandIn("refusing", "Refusing network", refuse),
    StandIn("graphic", "Graphic network", devices=("cpu", "cuda:0", "cuda:1", "mps")),
    ImportBackend(),
)

if __name__ == "__main__":
    backends.BACKENDS = STAND_INS
    preflight._NEEDS = {**preflight._NEEDS, "big": NEEDS, "small": NEEDS}
    sys.exit(work(Path(sys.argv[1]), {**steps.STEPS, "install": Step((), install, {"backend": text})}))
