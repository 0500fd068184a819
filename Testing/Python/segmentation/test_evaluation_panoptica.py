"""The numbers of instances are those of panoptica, on spines that are segmented badly in every way."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage
from spinetwin.anatomy import level
from spinetwin.geometry import PartialMaps
from spinetwin.phantom import Spacing, SpineParameters, make_spine
from spinetwin.segmentation.evaluation import score_case
from spinetwin.segmentation.evaluation.structures import FAMILIES

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "panoptica_scores.py"
VARIABLE = "SPINETWIN_PANOPTICA_PYTHON"
MEANS_OF_PAIRS = ("sq", "dice", "assd")
NUMBERS = ("matched", "invented", "missed", "rq", "pq", *MEANS_OF_PAIRS)
L1, L2, L3, L4, L6, T13 = (level(name).id for name in ("L1", "L2", "L3", "L4", "L6", "T13"))


@pytest.fixture(scope="module")
def reference():
    spine = make_spine(SpineParameters(levels="T11-S1"))
    maps = spine.voxelise(spine.grid(Spacing(3.0, 1.5, 2.0)), endplates=True)
    return PartialMaps(maps.grid, None, maps.vertebrae)


def shifted(array):
    return np.roll(array, (1, -1, 1), (0, 1, 2))


def lost_invented_and_renamed(array):
    found = np.where(array == L3, 0, array)
    found[found == L2] = T13
    found[:4, :4, :4] = L6
    return found


def fused(array):
    """One vertebra is part of its neighbour, and the neighbour is more than half of what is called so."""
    return np.where(array == L2, L1, array)


def halved(array):
    """The lower part of a vertebra has another name: which part matches says the intersection over union."""
    found = array.copy()
    i, j, k = np.nonzero(array == L4)
    below = k < np.quantile(k, 0.3)
    found[i[below], j[below], k[below]] = L6
    return found


def ragged(array):
    """Every instance loses voxels at random, and grows by a voxel elsewhere."""
    rng = np.random.default_rng(3)
    grown = ndimage.grey_dilation(array, size=(1, 3, 3))
    return np.where(rng.random(array.shape) < 0.7, grown, 0)


def shrunk(array):
    """So much is lost that nothing matches."""
    return np.where(ndimage.binary_erosion(array > 0, iterations=3), array, 0)


SPOILT = (np.array, shifted, lost_invented_and_renamed, fused, halved, ragged, shrunk)


@pytest.fixture(scope="module")
def pairs(reference):
    """Prediction and reference of each family, alone in their maps."""
    return {
        (spoil.__name__, family.name): [np.where(np.isin(array, list(family.regions)), array, 0) for array in (found, right)]
        for spoil in SPOILT
        for right in [reference.vertebrae]
        for found in [spoil(right)]
        for family in FAMILIES
    }


@pytest.fixture(scope="module")
def theirs(pairs, reference, tmp_path_factory):
    """Return what panoptica says of each pair."""
    if VARIABLE not in os.environ:
        pytest.skip(f"{VARIABLE} names no Python that has panoptica; `make test` makes one")
    file = tmp_path_factory.mktemp("pairs") / "pairs.npz"
    arrays = {}
    for at, pair in enumerate(pairs.values()):
        arrays |= {f"prediction_{at}": pair[0], f"reference_{at}": pair[1], f"spacing_{at}": reference.grid.spacing}
    np.savez(file, **arrays)
    done = subprocess.run([os.environ[VARIABLE], SCRIPT, file], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return dict(zip(pairs, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("family", [each.name for each in FAMILIES])
@pytest.mark.parametrize("spoilt", [each.__name__ for each in SPOILT])
def test_panoptica_says_the_same(theirs, pairs, reference, spoilt, family):
    prediction, right = (PartialMaps(reference.grid, None, array) for array in pairs[spoilt, family])
    scores = score_case("case", prediction, right)
    ours = next(each for each in scores.instances if (each.family, each.region) == (family, ""))
    assert ours.matched + ours.missed > 5
    for name in NUMBERS:
        if not ours.matched and name in MEANS_OF_PAIRS:
            assert getattr(ours, name) is None
        else:
            assert getattr(ours, name) == pytest.approx(theirs[spoilt, family][name], abs=1e-9)


def test_the_cases_are_bad_in_different_ways(theirs):
    matched, invented, missed = ({each[name] for each in theirs.values()} for name in ("matched", "invented", "missed"))
    assert 0 in matched
    assert len(matched) > 2
    assert len(invented) > 2
    assert len(missed) > 2
