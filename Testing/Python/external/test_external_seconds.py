"""What the published programs will take, from the files of their weights and the grid of the image alone."""

import json

import numpy as np
import pytest
from spinetwin.anatomy.tables import read_table
from spinetwin.geometry import Grid
from spinetwin.jobs.external.seconds import cutout_seconds, fixed_part, megabytes_in, network_part
from spinetwin.jobs.external.spineps import SpinepsBackend
from spinetwin.jobs.external.totalspineseg import TotalSpineSegBackend
from spinetwin.jobs.weights import Store
from spinetwin.segmentation.backends import Request, Source

GRID = Grid((200, 240, 150), np.diag([1.0, 1.0, 1.0, 1.0]))
TALL = Grid((200, 240, 300), np.diag([1.0, 1.0, 1.0, 1.0]))


def weights(folder, megabytes, cutout=(64, 16, 16)):
    """Lay files as large as weights are where a program looks for them."""
    folder.mkdir(parents=True)
    (folder / "weights.ckpt").write_bytes(b"\0" * int(megabytes * 1e6))
    (folder / "inference_config.json").write_text(json.dumps({"cutout_size": cutout}))
    return folder


def seconds_of(effort):
    return {each.name: each.seconds for each in effort.rest}


def test_every_part_that_a_program_tells_of_is_foretold(tmp_path):
    home = tmp_path / "home"
    store = Store(home)
    for name in ("spineps-t2w", "spineps-instance", "totalspineseg-step1", "totalspineseg-step2"):
        weights(store.place(name), 0.1)
    request = Request(None, GRID)
    for program, backend in (("spineps", SpinepsBackend(home)), ("totalspineseg", TotalSpineSegBackend(home))):
        foretold = seconds_of(backend.effort(request))
        told = {row["part"] for row in read_table("progress.csv", "spinetwin.jobs.external") if row["program"] == program}
        assert told - {""} <= set(foretold)
        assert all(each > 0 for each in foretold.values())


def test_a_map_that_is_given_is_not_predicted(tmp_path):
    store = Store(tmp_path)
    for name in ("spineps-t2w", "spineps-instance"):
        weights(store.place(name), 0.1)
    source = Source("map.nii.gz", "subregions", np.zeros(GRID.shape, np.uint8), GRID)
    without, given = (seconds_of(SpinepsBackend(tmp_path).effort(Request(None, GRID, sources))) for sources in ((), (source,)))
    assert set(without) - set(given) == {"semantic"}
    assert all(without[name] == given[name] for name in given)


def test_larger_networks_and_images_take_longer_and_a_start_does_not(tmp_path):
    small, large = weights(tmp_path / "small", 1.0), weights(tmp_path / "large", 3.0)
    assert cutout_seconds(large, (1, 1, 1)) == pytest.approx(3 * cutout_seconds(small, (1, 1, 1)))
    parts = [network_part("step1", each, GRID, "LPI", 0.5, "network").seconds for each in (small, large)]
    assert parts[1] == pytest.approx(3 * parts[0])
    assert fixed_part("totalspineseg", "load", GRID) == fixed_part("totalspineseg", "load", TALL)
    assert fixed_part("totalspineseg", "name", TALL).seconds > 1.5 * fixed_part("totalspineseg", "name", GRID).seconds


def test_a_cutout_without_a_known_size_has_the_published_one(tmp_path):
    folder = weights(tmp_path / "weights", 1.0)
    as_told = cutout_seconds(folder, (248, 304, 64))
    (folder / "inference_config.json").write_text("{}")
    assert cutout_seconds(folder, (248, 304, 64)) == pytest.approx(as_told * 248 * 304 * 64 / (64 * 16 * 16))


def test_the_size_of_folders_is_that_of_all_files_in_them(tmp_path):
    weights(tmp_path / "a" / "b", 2.0)
    assert megabytes_in([tmp_path / "a", tmp_path / "missing"]) == pytest.approx(2.0, rel=0.001)
