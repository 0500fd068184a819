"""The step that says what can segment an image here: every backend of the list, whatever it holds."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from spinetwin.errors import ParameterError
from spinetwin.geometry import Grid
from spinetwin.jobs import State, offers
from spinetwin.jobs.backends import BACKENDS
from spinetwin.segmentation.backends import Availability, Description

GRID = {"shape": [512, 512, 16], "ijk_to_ras": np.diag([0.5, 0.5, 4.0, 1.0]).tolist()}


class Stand:
    """A backend that only answers."""

    def __init__(self, name, ready, reason):
        self.name, self.answer, self.asked = name, Availability(ready, reason), []

    def describe(self):
        return Description(self.name, self.name.title(), "bodies", 120.0, "CC BY 4.0")

    def available(self, request):
        self.asked.append(request)
        return self.answer


def test_the_worker_tells_of_every_backend(job, start):
    verdict = start(job("backends", {}, grid=GRID), program=None).end()
    assert verdict.state is State.FINISHED
    found = json.loads(Path(verdict.result.paths["backends"]).read_text(encoding="utf-8"))
    assert [each["name"] for each in found["backends"]] == [each.describe().name for each in BACKENDS]
    offered = next(each for each in found["backends"] if each["name"] == "import")
    assert (offered["ready"], offered["reads_image"]) == (False, False)
    assert "there is no label map to take over" in offered["reason"]
    assert offered["needs"].startswith("about ")


def asked(monkeypatch, tmp_path, backends, **options):
    monkeypatch.setattr("spinetwin.jobs.backends.BACKENDS", backends)
    job = SimpleNamespace(options=options)
    done = offers.offered_backends(job, tmp_path, SimpleNamespace(progress=lambda _stage: lambda *_: None))
    return json.loads(done.files["backends"].read_text(encoding="utf-8")), done.summary


def test_the_best_that_can_run_is_the_automatic_one(monkeypatch, tmp_path):
    backends = (Stand("big", False, "its weights are missing"), Stand("small", True, "it comes with spinetwin"))
    found, summary = asked(monkeypatch, tmp_path, backends, grid=offers.grid_option(GRID), device="cpu")
    assert found["auto"]["name"] == "small"
    assert found["auto"]["why"].endswith("big cannot run here: its weights are missing")
    assert found["backends"][0]["reason"] == "its weights are missing"
    assert [each["ready"] for each in found["backends"]] == [False, True]
    assert summary == "Can run: small"
    request = backends[0].asked[0]
    assert (request.grid.shape, request.device) == ((512, 512, 16), "cpu")


def test_without_any_that_can_run_it_is_said_why(monkeypatch, tmp_path):
    found, summary = asked(monkeypatch, tmp_path, (Stand("big", False, "its weights are missing"),))
    assert found["auto"]["name"] == ""
    assert "its weights are missing" in found["auto"]["why"]
    assert summary == "Can run: none"


def test_an_image_that_is_too_large_is_said_to_be(monkeypatch, tmp_path):
    def refuse(*_):
        raise ParameterError("The image needs about 90 GB of memory.", "Crop it.")

    monkeypatch.setattr(offers, "refuse_too_large", refuse)
    found, _ = asked(monkeypatch, tmp_path, (Stand("small", True, "here"),))
    assert found["backends"][0]["fits"] is False
    assert found["backends"][0]["needs"] == "The image needs about 90 GB of memory. Crop it."
    assert found["auto"]["name"] == ""
    assert "The image needs about 90 GB of memory. Crop it." in found["auto"]["why"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        GRID | {"more": 1},
        GRID | {"shape": [0, 1, 1]},
        GRID | {"shape": [1, 1]},
        GRID | {"shape": [1.5, 1, 1]},
        GRID | {"ijk_to_ras": [[1, 2], [3, 4]]},
        GRID | {"ijk_to_ras": np.zeros((4, 4)).tolist()},
        GRID | {"ijk_to_ras": [["x"] * 4] * 4},
    ],
)
def test_a_grid_that_is_none_is_refused(value):
    with pytest.raises(ValueError, match="four rows"):
        offers.grid_option(value)


def test_a_grid_is_read():
    assert offers.grid_option(GRID) == Grid((512, 512, 16), np.diag([0.5, 0.5, 4.0, 1.0]))
