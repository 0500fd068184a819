"""Images that the methods are not made for, given to a backend that reads them: a warning or a refusal in words."""

import json
import struct
from contextlib import contextmanager

import numpy as np
import pytest
from spinetwin.anatomy import SubregionId, level
from spinetwin.geometry import Grid, LabelMaps
from spinetwin.io import write_volume
from spinetwin.io.nifti import write_nifti
from spinetwin.jobs import backends, segmenting
from spinetwin.segmentation.backends import Availability, Description, Segmentation

SHAPE = (12, 90, 90)
SAGITTAL = np.diag([4.0, 1.0, 1.0, 1.0])


class Reader:
    """A backend that looks at the image: what is brighter than 500 is one vertebra."""

    def __init__(self):
        self.confidence, self.requests = 0.9, []

    def describe(self):
        return Description("reader", "A reader of images", "one vertebra")

    def available(self, request):
        self.requests.append(request)
        return Availability(True, "it is always there", ("cpu", "mps"))

    def run(self, request, progress):
        body = request.image() > 500
        progress(0.5, "half")
        subregions = np.where(body, int(SubregionId.BODY_BORDER), 0).astype(np.uint8)
        vertebrae = np.where(body, level("L3").id, 0).astype(np.uint8)
        found = {level("L3").id: self.confidence} if body.any() else {}
        return Segmentation(
            LabelMaps(request.grid, subregions, vertebrae), found, device="cpu" if request.device == "auto" else request.device
        )


@pytest.fixture(autouse=True)
def reader(monkeypatch):
    backend = Reader()
    monkeypatch.setattr(backends, "BACKENDS", (backend,))
    return backend


def noise(shape=SHAPE, low=0):
    image = np.random.default_rng(0).integers(low, 400, shape).astype(np.int16)
    image[tuple(slice(n // 3, n // 2) for n in shape)] = 900
    return image


@pytest.fixture
def segment(run, folder, out):
    def segment(name="spine.nii.gz", image=None, affine=SAGITTAL, sidecar=None, arguments=()):
        path = folder / name
        if image is not None:
            write_volume(path, image, Grid(image.shape, np.asarray(affine, dtype=float)))
        if sidecar is not None:
            path.with_name(f"{name.removesuffix('.nii.gz')}.json").write_text(json.dumps(sidecar), encoding="utf-8")
        return run("segment", path, "--out", out, *arguments)

    return segment


def test_an_image_of_a_spine_gives_no_warning_and_tells_before_it_begins(segment, monkeypatch):
    monkeypatch.setattr("spinetwin.jobs.preflight._NEEDS", NEEDS)
    said = segment(image=noise())
    assert said.code == 0, said.err
    assert "Warning" not in said.out.replace("Warning: L3: only the body is known", "")
    assert "reader needs about 70 MB of memory and 3 seconds." in said.err


def test_the_remaining_time_is_shown(segment, monkeypatch):
    shown = []

    @contextmanager
    def bar(*_):
        yield lambda _, message: shown.append(message)

    monkeypatch.setattr("spinetwin.commands.segment.progress_bar", bar)
    monkeypatch.setattr("spinetwin.jobs.preflight._NEEDS", NEEDS)
    assert segment(image=noise()).code == 0
    assert any(each.startswith("half, about 5 s left") for each in shown), shown
    assert shown[-1] == "done"


NEEDS = {"reader": {"bytes_per_voxel": "12", "fixed_mb": "69", "seconds_per_million_voxels": "30"}}
AXIAL = np.diag([1.0, 1.0, 4.0, 1.0])
CORONAL = np.diag([1.0, 4.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image": noise((90, 90, 12)), "affine": AXIAL}, "slices of spine.nii.gz are axial"),
        ({"image": noise((90, 12, 90)), "affine": CORONAL}, "slices of spine.nii.gz are coronal"),
        ({"image": noise(low=-1000)}, "as CT does"),
        ({"image": noise(), "name": "sub-1_T1w.nii.gz"}, "is a T1w image"),
        ({"image": noise(), "sidecar": {"EchoTime": 0.009}}, "is no T2w image"),
        ({"image": noise(), "sidecar": {"InversionTime": 0.16}}, "STIR or FLAIR"),
        ({"image": noise(), "sidecar": {"Modality": "CT"}}, "is no MR but CT"),
        ({"image": noise(), "name": "left_knee.nii.gz"}, "is a knee"),
        ({"image": noise(), "sidecar": {"BodyPartExamined": "KNEE"}}, "shows the KNEE"),
        ({"image": (noise() > 500).astype(np.int16) * 900}, "seems to be a label map"),
        ({"image": noise((12, 60, 60))}, "shows only 60 mm"),
        ({"image": noise((4, 90, 90))}, "has only 4 slices"),
        ({"image": noise(), "affine": np.diag([7.0, 1.0, 1.0, 1.0])}, "are 7 mm apart"),
        ({"image": noise(), "affine": np.diag([4.0, 3.0, 3.0, 1.0])}, "are 3 mm wide"),
        ({"image": noise(), "affine": np.diag([4.0, 1.0, 20.0, 1.0])}, "more than a spine is long"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_what_the_methods_are_not_made_for_is_said(segment, out, change, words):
    said = segment(**change)
    assert said.code == 0, said.err
    assert f"Warning: {words}" in said.out or words in said.out
    assert any(words in each for each in json.loads((out / "segmentation.json").read_text(encoding="utf-8"))["warnings"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image": np.full(SHAPE, 7, np.int16)}, ["have the value 7", "nothing to see"]),
        ({"image": np.where(noise() > 500, np.nan, 1.0).astype(np.float32)}, ["not a number"]),
        ({"image": noise((12, 20, 20))}, ["only 20 mm from head to feet", "less than one vertebra"]),
        ({"image": noise((90, 90, 2))}, ["only 2 voxels along one axis"]),
    ],
    ids=["one value", "NaN", "tiny", "a slice"],
)
def test_what_cannot_be_a_spine_is_refused(segment, refused, out, content, change, words):
    before = content(out)
    refused(segment(**change, arguments=("--quiet",)), *words)
    assert content(out) == before


def test_an_image_in_which_nothing_is_found_is_no_result(segment, out, content):
    before = content(out)
    said = segment(image=np.minimum(noise(), 300), arguments=("--quiet",))
    assert (said.code, said.err) == (1, "spinetwin: No vertebra was found in spine.nii.gz. Is it an image of the spine?\n")
    assert content(out) == before


def patched(path, shape, dimensions, kind=None):
    write_nifti(path, np.zeros(shape, np.uint8), Grid(shape, np.eye(4)), packed=False)
    data = bytearray(path.read_bytes())
    data[40:56] = struct.pack("<8h", *dimensions)
    if kind is not None:
        data[70:72] = struct.pack("<h", kind)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("name", "header", "word"),
    [
        ("flat.nii", ((40, 40, 1), (2, 40, 40, 1, 1, 1, 1, 1)), "flat image"),
        ("film.nii", ((20, 20, 100), (4, 20, 20, 20, 5, 1, 1, 1)), "several volumes"),
        ("colours.nii", ((20, 20, 20), (3, 20, 20, 20, 1, 1, 1, 1), 128), "holds colours"),
        ("huge.nii", ((20, 20, 20), (3, 32000, 32000, 32000, 1, 1, 1, 1)), "huge.nii"),
    ],
)
def test_what_is_no_volume_is_refused(segment, refused, folder, name, header, word):
    patched(folder / name, *header)
    refused(segment(name, arguments=("--quiet",)), word)


def test_what_does_not_fit_is_refused_with_how_much_to_crop(segment, refused, monkeypatch):
    monkeypatch.setattr("spinetwin.jobs.preflight._NEEDS", NEEDS)
    monkeypatch.setattr(segmenting, "free_memory", lambda: 6e7)
    refused(segment(image=noise(), arguments=("--quiet",)), "needs about", "are free", "Crop it to less than")


def test_automatically_what_fits_is_taken_and_otherwise_it_is_named(segment, reader, refused, monkeypatch, out):
    class Large(Reader):
        def describe(self):
            return Description("large", "A large reader of images", "one vertebra")

    monkeypatch.setattr(backends, "BACKENDS", (Large(), reader))
    monkeypatch.setattr("spinetwin.jobs.preflight._NEEDS", NEEDS | {"large": NEEDS["reader"] | {"fixed_mb": "4000"}})
    monkeypatch.setattr(segmenting, "free_memory", lambda: 1e9)
    assert segment(image=noise()).code == 0
    chosen = json.loads((out / "segmentation.json").read_text(encoding="utf-8"))["backend"]
    assert chosen["name"] == "reader"
    assert "large cannot run here: spine.nii.gz needs about 4.0 GB of memory, and 1.0 GB are free" in chosen["why"]
    asked = segment(image=noise(), arguments=("--quiet", "--backend", "large"))
    refused(asked, "are free", "Or choose the backend reader, for which there is enough memory")


@pytest.mark.parametrize(
    ("change", "contrast", "told_by"),
    [
        ({"arguments": ("--contrast", "t1")}, "T1w", "person"),
        ({"name": "sub-1_T2w.nii.gz", "arguments": ("--contrast", "CT")}, "CT", "person"),
        ({"name": "sub-1_T2w.nii.gz"}, "T2w", "file name"),
        ({"sidecar": {"ProtocolName": "T2 sag"}}, "T2w", "sidecar"),
        ({}, None, None),
    ],
)
def test_the_contrast_and_who_told_it_reach_the_backend_and_the_report(segment, reader, out, change, contrast, told_by):
    assert segment(image=noise(), **change).code == 0
    report = json.loads((out / "segmentation.json").read_text(encoding="utf-8"))
    assert (report["image"]["contrast"], report["image"]["contrast_told_by"]) == (contrast, told_by)
    assert reader.requests[-1].contrast.name == (contrast or "")
    warned = any("the method is made for T2w images" in each for each in report["warnings"])
    assert warned == (contrast not in ("T2w", None))


def test_a_contrast_that_nobody_knows_is_refused(segment, refused):
    said = segment(image=noise(), arguments=("--quiet", "--contrast", "T3"))
    refused(said, "There is no contrast 'T3'", "Choose one of T2w, T1w, CT, Vibe")


def test_a_find_that_nothing_speaks_for_is_doubted(segment, reader):
    reader.confidence = 0.2
    assert "No vertebra in spine.nii.gz was found with confidence (at most 0.20)" in segment(image=noise()).out


def test_the_report_names_the_device_that_was_used_and_calls_no_level_verified(segment, out):
    assert segment(image=noise()).code == 0
    report = json.loads((out / "segmentation.json").read_text(encoding="utf-8"))
    assert report["backend"]["device"] == "cpu"
    assert report["levels_verified"] is False


def test_device_and_offline_reach_the_backend(segment, reader, out):
    assert segment(image=noise(), arguments=("--device", "mps", "--offline")).code == 0
    assert (reader.requests[-1].device, reader.requests[-1].offline) == ("mps", True)
    assert reader.requests[-1].path.name == "spine.nii.gz"
    assert json.loads((out / "segmentation.json").read_text(encoding="utf-8"))["backend"]["device"] == "mps"


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "CPU", "cuda:-1", "cuda:0;rm", " "])
def test_a_device_that_no_computer_has_is_refused(segment, refused, device):
    refused(segment(image=noise(), arguments=("--quiet", "--device", device)), "device")


def test_a_device_that_a_backend_cannot_use_is_a_sentence(segment, refused):
    refused(
        segment(image=noise(), arguments=("--quiet", "--device", "cuda:7")),
        "A reader of images cannot run on cuda:7: on this computer it runs on cpu, mps",
    )
