"""The embedded backend around a network that makes no mistakes: what the image may be, and what must be there."""

import hashlib
import sys
from itertools import permutations, product

import numpy as np
import pytest
from spinetwin.anatomy import SubregionId, level
from spinetwin.errors import MapError, ParameterError
from spinetwin.geometry import Grid
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.segmentation.backends import EmbeddedBackend, ImportBackend, Request, Source, choose, table_of
from spinetwin.segmentation.embedded.network import looks_at, read_description
from spinetwin.segmentation.separation.sides import PAIRS
from tiny_network import shown, write_model

pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed; `make test` installs it")

LEVELS = ("L3", "L4", "L5")
SPACING = 2.0


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model"), window=(32, 64, 32), spacing=SPACING)


@pytest.fixture(scope="module")
def spine():
    return make_spine(SpineParameters(levels="L3-S1"))


@pytest.fixture(scope="module")
def maps(spine):
    return spine.voxelise(spine.grid(SPACING, "PIR"), endplates=True)


@pytest.fixture
def run(model, maps):
    def run(image, grid=maps.grid):
        return EmbeddedBackend(model).run(Request(lambda: image, grid), lambda *_: None)

    return run


@pytest.fixture(scope="module")
def found(model, maps):
    return EmbeddedBackend(model).run(Request(lambda: shown(maps.subregions), maps.grid), lambda *_: None)


def dice(ours, theirs):
    return 2 * np.count_nonzero(ours & theirs) / (np.count_nonzero(ours) + np.count_nonzero(theirs))


def assert_same(found, maps):
    for label in np.unique(maps.subregions)[1:]:
        assert dice(found.maps.subregions == label, maps.subregions == label) > 0.95, label
    for name in LEVELS:
        each = level(name)
        assert dice(found.maps.vertebrae == each.id, maps.vertebrae == each.id) > 0.98, name
        assert dice(found.maps.vertebrae == each.disc_id, maps.vertebrae == each.disc_id) > 0.95, name


def test_from_an_image_to_both_maps(found, maps):
    assert_same(found, maps)
    assert [level(key).name for key in found.confidence] == list(LEVELS)
    assert min(found.confidence.values()) == 1.0
    assert "told from the subregions (sacrum)" in found.warnings[0]
    assert not [each for each in found.warnings if "CPU" in each]
    assert found.maps.grid.same_place(maps.grid)


@pytest.mark.parametrize(("order", "signs"), [((1, 2, 0), (-1, 1, -1)), ((2, 1, 0), (-1, -1, -1))])
def test_another_storage_order_gives_the_same_maps(run, found, maps, order, signs):
    plain = found.maps

    def stored(array):
        return np.ascontiguousarray(array.transpose(order)[tuple(slice(None, None, sign) for sign in signs)])

    affine = np.eye(4)
    axes = maps.grid.ijk_to_ras[:3, :3][:, order]
    affine[:3, :3] = axes * signs
    last = (np.array(maps.grid.shape)[list(order)] - 1) * (np.array(signs) < 0)
    affine[:3, 3] = maps.grid.ijk_to_ras[:3, 3] + axes @ last
    image = stored(shown(maps.subregions))
    turned = run(image, Grid(image.shape, affine)).maps
    assert np.array_equal(turned.subregions, stored(plain.subregions))
    assert np.mean(turned.vertebrae != stored(plain.vertebrae)) < 1e-4


@pytest.mark.parametrize("orientation", ["PIR", "LAS"])
def test_a_person_who_lies_obliquely(run, spine, orientation):
    maps = spine.voxelise(spine.grid(SPACING, orientation, oblique_deg=20.0), endplates=True)
    assert_same(run(shown(maps.subregions), maps.grid), maps)


def test_finer_slices_than_the_network_sees(run, spine):
    """Grey values between two labels are those of a third: only what is thick is compared."""
    maps = spine.voxelise(spine.grid(1.5, "PIR"), endplates=True)
    found = run(shown(maps.subregions), maps.grid)
    assert found.maps.subregions.shape == maps.grid.shape
    assert dice(found.maps.subregions == SubregionId.BODY_BORDER, maps.subregions == SubregionId.BODY_BORDER) > 0.8


def test_sides_are_those_of_the_image_and_not_of_the_network(run, maps):
    swapped = maps.subregions.copy()
    for left, right in PAIRS:
        swapped[maps.subregions == left], swapped[maps.subregions == right] = right, left
    found = run(shown(swapped))
    assert_same(found, maps)
    names = ", ".join(LEVELS)
    assert found.warnings[0] == f"The network took left for right at {names}; the orientation of the image put that right."
    assert not [each for each in found.warnings if "exchanged" in each]


def test_a_swap_on_one_level_is_named(run, maps):
    swapped = maps.subregions.copy()
    for left, right in PAIRS:
        for label, other in ((left, right), (right, left)):
            swapped[(maps.subregions == label) & (maps.vertebrae == level("L3").id)] = other
    found = run(shown(swapped))
    assert_same(found, maps)
    assert found.warnings[0].startswith("The network took left for right at L3;")


def test_bodies_in_the_abdomen_become_no_vertebrae(run, found, maps):
    wide = np.pad(maps.subregions, ((45, 0), (0, 0), (0, 0)))
    grid = maps.grid.crop((-45, 0, 0), wide.shape)
    false = wide.copy()
    for first in (10, 40, 70):
        false[6:18, first : first + 12, 20:32] = SubregionId.BODY_BORDER
        false[6:18, first + 12 : first + 15, 20:32] = SubregionId.DISC
    plain, found = found, run(shown(false), grid)
    assert np.array_equal(found.maps.subregions, np.pad(plain.maps.subregions, ((45, 0), (0, 0), (0, 0))))
    assert [level(key).name for key in found.confidence] == list(LEVELS)


def test_a_piece_of_the_sacrum_that_is_taken_for_a_body_is_no_vertebra(run, found, maps):
    strange = maps.subregions.copy()
    sacrum = np.argwhere(strange == SubregionId.SACRUM)
    first, middle = sacrum[:, 1].min(), np.median(sacrum[:, 2]).astype(int)
    piece = np.zeros(strange.shape, bool)
    piece[:, first + 4 : first + 9, middle - 4 : middle + 4] = True
    piece &= strange == SubregionId.SACRUM
    strange[piece] = SubregionId.BODY_BORDER
    assert list(run(shown(strange)).confidence) == list(found.confidence)


def test_where_much_was_left_out_that_is_said(run, maps):
    wide = np.pad(maps.subregions, ((60, 0), (0, 0), (0, 0)))
    wide[4:30] = SubregionId.CANAL
    found = run(shown(wide), maps.grid.crop((-60, 0, 0), wide.shape))
    assert found.warnings[0].endswith(" % of what the network took for parts of the spine lay apart from it and was left out.")


@pytest.mark.parametrize("factor", [1e-6, 1e300])
def test_the_scale_of_the_grey_values_does_not_matter(run, found, maps, factor):
    assert np.array_equal(run(shown(maps.subregions) * factor).maps.subregions, found.maps.subregions)


@pytest.mark.parametrize("kind", [np.uint8, np.uint64, np.float32])
def test_any_type_of_numbers(run, maps, kind):
    image = (shown(maps.subregions) // 2).astype(kind)
    assert_same(run(image), maps)


def test_voxels_that_are_no_number_count_as_nothing(run, maps):
    image = shown(maps.subregions).astype(float)
    image[:4, :4, :4] = np.nan
    image[-4:, -4:, -4:] = np.inf
    assert_same(run(image), maps)
    with pytest.raises(MapError, match="No vertebra was found"):
        run(np.full((30, 30, 30), np.nan), Grid((30, 30, 30), np.eye(4)))


@pytest.mark.parametrize("image", [np.zeros((40, 40, 20), np.int16), np.full((40, 40, 20), 7.5), np.zeros((1, 1, 1), np.uint8)])
def test_where_there_is_nothing_to_see_no_vertebra_is_invented(run, image):
    with pytest.raises(MapError, match=r"No vertebra was found in the image\. Is it an image of the spine"):
        run(image, Grid(image.shape, np.diag([SPACING, SPACING, SPACING, 1.0])))


def test_a_slice_of_two_voxels(run, maps):
    middle = maps.grid.shape[2] // 2
    image = shown(maps.subregions)[:, :, middle : middle + 2]
    grid = maps.grid.crop((0, 0, middle), image.shape)
    found = run(image, grid)
    assert found.maps.subregions.shape == image.shape
    assert dice(found.maps.subregions == SubregionId.DISC, maps.subregions[:, :, middle : middle + 2] == SubregionId.DISC) > 0.9
    assert found.confidence


def test_it_runs_on_the_processor_alone(model, maps):
    assert EmbeddedBackend(model).available(Request(nothing, maps.grid)).devices == ("cpu",)


def test_progress_goes_up_window_by_window(model, maps):
    told = []
    EmbeddedBackend(model).run(Request(lambda: shown(maps.subregions), maps.grid), lambda *event: told.append(event))
    done = [each for each, _ in told]
    assert done == sorted(done)
    assert done[-1] == 1.0
    looking = [each for each, what in told if what == "looking for the spine"]
    assert len(looking) > 8
    assert np.ptp(np.diff(looking)) < 1e-9


def test_weights_and_versions_are_told(found, model):
    import onnxruntime

    weights = hashlib.sha256((model / "model.onnx").read_bytes()).hexdigest()
    assert found.weights == {"model.onnx": f"sha256:{weights}"}
    assert found.versions == {"onnxruntime": onnxruntime.__version__, "network": "on nothing"}


def test_its_quality_is_told_as_measured_and_not_at_all_before(tmp_path):
    described = EmbeddedBackend(write_model(tmp_path / "a")).describe()
    assert described.makes.endswith("cord and sacrum; teaching and demo quality")
    assert (described.download_mb, described.licence, described.reads_image) == (0.0, "Apache-2.0", True)
    measured = [
        {"on": "12 held-out phantoms", "dice": {"bodies": 0.912, "discs": 0.9}},
        {"on": "one scan", "dice": {"bodies": 0.8}},
    ]
    described = EmbeddedBackend(write_model(tmp_path / "b", measured=measured)).describe()
    assert described.makes.endswith(
        "demo quality (mean Dice on 12 held-out phantoms: bodies 0.91, discs 0.90; one scan: bodies 0.80)"
    )
    assert EmbeddedBackend(tmp_path / "none").describe().makes.endswith("teaching and demo quality")


@pytest.mark.parametrize("measured", [5, [{}], [{"on": "x", "dice": {"bodies": "good"}}], ["x"], {"on": 1}])
def test_a_damaged_note_of_what_was_measured_is_no_number(tmp_path, measured):
    assert EmbeddedBackend(write_model(tmp_path, measured=measured)).describe().makes.endswith("teaching and demo quality")


def nothing():
    raise AssertionError("the image is not to be read")


@pytest.fixture
def reason(maps):
    def reason(folder):
        found = EmbeddedBackend(folder).available(Request(nothing, maps.grid))
        return None if found.ready else found.reason

    return reason


def test_all_is_there(reason, model):
    assert reason(model) is None


def test_missing_weights(reason, tmp_path):
    assert "missing or damaged" in reason(tmp_path / "none")
    (write_model(tmp_path) / "model.onnx").unlink()
    assert reason(tmp_path).endswith("Install spinetwin again.")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"labels": [0, 49]}', b'{"labels": "x"}'])
def test_a_damaged_description(reason, tmp_path, content):
    (write_model(tmp_path) / "model.json").write_bytes(content)
    assert "missing or damaged" in reason(tmp_path)


def test_weights_that_were_cut_off_or_exchanged(reason, tmp_path):
    weights = write_model(tmp_path) / "model.onnx"
    weights.write_bytes(weights.read_bytes()[:-10])
    assert "not what they should be" in reason(tmp_path)


def test_without_onnx_runtime(reason, model, maps, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert reason(model) == "it needs onnxruntime, which this Python lacks. Install it: pip install onnxruntime"
    with pytest.raises(ParameterError, match=r"ONNX Runtime cannot be loaded.*pip install onnxruntime"):
        EmbeddedBackend(model).run(Request(lambda: shown(maps.subregions), maps.grid), lambda *_: None)


def test_auto_takes_an_import_where_a_label_map_was_given(model, maps):
    backends = EmbeddedBackend(model), ImportBackend()
    source = Source("v", "vertebrae", maps.vertebrae, maps.grid)
    request = Request(nothing, maps.grid, (source,), table_of("spineps"))
    chosen, why = choose("auto", request, backends)
    assert chosen is backends[1]
    assert why.endswith("a label map was given")
    with pytest.raises(ParameterError, match=r"embedded cannot run: it looks at the image alone.*Leave the map out"):
        choose("embedded", request, backends)
    chosen, why = choose("auto", Request(nothing, maps.grid), backends)
    assert chosen is backends[0]
    assert "teaching" in why


def test_nothing_needs_to_be_installed(model, tmp_path):
    told = []
    EmbeddedBackend(model).install(tmp_path, lambda *event: told.append(event))
    assert told[-1][0] == 1.0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("order", list(permutations(range(3)))[:2])
@pytest.mark.parametrize("signs", list(product((1, -1), repeat=2))[:2])
def test_slabs_do_not_show(order, signs):
    """A person in one slab and in many has the same label at every voxel, at a spacing that fits neither."""
    from spinetwin.segmentation.embedded.lattice import lattice_of

    grid = Grid((37, 45, 21), np.diag([0.7 * signs[0], 0.9 * signs[1], 2.3, 1.0])[:, [*order, 3]])
    lattice = lattice_of(grid, (1.5, 1.0, 2.5))
    rng = np.random.default_rng(3)
    shares = rng.random((4, *lattice.size)).astype(np.float32)
    shares[0] += rng.random(lattice.size) < 0.9
    labels = np.array([0, 49, 100, 26], np.uint8)
    parts = [(first, shares[:, :, first : first + 6]) for first in range(0, lattice.size[1], 5)]
    assert np.array_equal(lattice.to_labels(iter(parts), labels), lattice.to_labels([(0, shares)], labels))


def test_a_second_look_with_finer_voxels_sees_the_same(tmp_path, spine):
    model = write_model(tmp_path / "model", window=(32, 64, 32), spacing=SPACING, second_look=0.8)
    maps = spine.voxelise(spine.grid(1.3, "ASL", margin_mm=25.0), endplates=True)
    twice, told = EmbeddedBackend(model), []
    result = twice.run(Request(lambda: shown(maps.subregions), maps.grid), lambda done, _: told.append(done))
    for name in LEVELS:
        each = level(name)
        assert dice(result.maps.vertebrae == each.id, maps.vertebrae == each.id) > 0.90, name
    assert dice(np.isin(result.maps.subregions, PAIRS), np.isin(maps.subregions, PAIRS)) > 0.85
    assert told == sorted(told)


def test_what_it_takes_is_told_by_its_windows_and_so_is_how_far_it_is(model, maps):
    backend, told = EmbeddedBackend(model), []
    request = Request(lambda: shown(maps.subregions), maps.grid)
    found = backend.run(request, lambda done, what: told.append((done, what)))
    fractions = [done for done, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    looked = [done for done, what in told if what == "looking for the spine"]
    # the first one is told before a window is seen, each of the others after one
    assert len(looked) - 1 == looks_at(maps.grid, read_description(model))[0].runs
    assert looked[0] > 0
    effort = backend.effort(request)
    labelled = np.count_nonzero(found.maps.subregions)
    assert 0.5 * labelled < effort.labelled < 2 * labelled
    longer = Grid((maps.grid.shape[0], 3 * maps.grid.shape[1], maps.grid.shape[2]), maps.grid.ijk_to_ras)
    assert backend.effort(Request(request.image, longer)).seconds > 2 * effort.seconds


def events_of(model, maps):
    told = []
    EmbeddedBackend(model).run(Request(lambda: shown(maps.subregions), maps.grid), lambda *event: told.append(event))
    return told


def test_each_run_of_the_network_is_told_where_it_sees_a_window_both_ways(tmp_path, maps):
    """A small image has but one window: without this nothing is heard of the speed before half of the work is done."""
    counts = []
    for both in (False, True):
        folder = write_model(tmp_path / str(both), window=(32, 64, 32), spacing=SPACING, both_ways=both)
        looked = [done for done, what in events_of(folder, maps) if what == "looking for the spine"]
        counts.append(len(looked) - 1)
        assert np.ptp(np.diff(looked)) < 1e-9
        assert counts[-1] == looks_at(maps.grid, read_description(folder))[0].runs
    assert counts[1] == 2 * counts[0]


def test_what_the_second_look_takes_is_told_when_the_first_is_over(tmp_path, spine):
    """A wide image of which the spine is a part: the second look is at that part alone."""
    model = write_model(tmp_path / "model", window=(32, 64, 32), spacing=SPACING, second_look=0.8)
    maps = spine.voxelise(spine.grid(1.3, "ASL", margin_mm=60.0), endplates=True)
    told, done = [], []
    request = Request(lambda: shown(maps.subregions), maps.grid, foretell=lambda *each: told.append((*each, len(done))))
    backend = EmbeddedBackend(model)
    backend.run(request, lambda fraction, _: done.append(fraction))
    ((fraction, rest, calls),) = told
    assert [each.name for each in rest] == ["look again", "clean", "separate"]
    (first_told,) = (each.seconds for each in backend.effort(request).rest if each.name == "look again")
    assert 0 < rest[0].seconds < first_told
    assert done[calls - 1] <= fraction <= done[calls]
    assert done == sorted(done)
