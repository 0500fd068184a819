"""Taking label maps over: every table against what its program wrote, and what cannot be right."""

from dataclasses import replace

import numpy as np
import pytest
from spinetwin.anatomy import LEVELS, SUBREGIONS, SubregionId, level
from spinetwin.errors import MapError, ParameterError
from spinetwin.geometry import Grid
from spinetwin.phantom import SpineParameters, make_spine
from spinetwin.segmentation.backends import (
    TABLES,
    Availability,
    Foretelling,
    ImportBackend,
    MappingTable,
    Request,
    Source,
    choose,
    table_of,
)
from spinetwin.segmentation.backends.imported import NOT_VERIFIED
from spinetwin.segmentation.backends.mapping import entries_of
from spinetwin.segmentation.backends.plausible import chain_order, lacking

IMPORT = ImportBackend()
PRESACRAL = [each for each in LEVELS if each.region in ("cervical", "thoracic", "lumbar")]


@pytest.fixture(scope="module")
def maps():
    spine = make_spine(SpineParameters(levels="T12-S1"))
    return spine.voxelise(spine.grid(2.5))


def own(*rows, name="mine.csv"):
    """Make a table of one's own from texts "label,level,part,subregion"."""
    keys = ("label", "level", "part", "subregion")
    return MappingTable(name, name, entries_of([dict(zip(keys, row.split(","), strict=False)) for row in rows], name))


def unread():
    raise AssertionError("an import needs no image")


def take(maps, table, array, kind="vertebrae", grid=None, more=()):
    source = Source("labels.nii.gz", kind, array, grid or maps.grid)
    return IMPORT.run(Request(unread, maps.grid, (source, *more), table), lambda *_: None)


def written_by(maps, names):
    """Renumber the vertebra map the way another program would: names as it calls them, to its label."""
    array = np.zeros(maps.grid.shape, np.uint8)
    for label, (name, part) in names.items():
        found = level(name)
        key = {"vertebra": found.id, "disc": found.disc_id}[part]
        array[maps.vertebrae == key] = label
    array[(maps.subregions == SubregionId.CANAL) | (maps.subregions == SubregionId.CORD)] = 0
    return array


@pytest.mark.parametrize("kinds", [("subregions",), ("vertebrae",), ("subregions", "vertebrae")])
def test_progress_grows_and_says_how_much_of_the_foretold_time_is_over(maps, kinds):
    sources = tuple(Source(f"{kind}.nii.gz", kind, getattr(maps, kind), maps.grid) for kind in kinds)
    request, told = Request(unread, maps.grid, sources, table_of("spineps")), []
    IMPORT.run(request, lambda done, what: told.append((done, what)))
    fractions = [done for done, _ in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    twice = Request(unread, maps.grid, sources, request.table)
    assert IMPORT.effort(twice) == IMPORT.effort(request)
    assert isinstance(IMPORT, Foretelling)
    fullest = max(np.count_nonzero(source.array) for source in sources)
    assert IMPORT.effort(request).labelled == fullest
    looked = next(done for done, what in told if what.startswith("translating"))
    assert 0 < looked < 1
    # each map that is looked at takes the same time
    assert fractions[1] == pytest.approx(looked / len(kinds))


def test_what_is_labelled_takes_time_and_not_the_air_around_it(maps):
    wide = Grid(tuple(2 * each for each in maps.grid.shape), maps.grid.ijk_to_ras)
    array = np.zeros(wide.shape, np.uint8)
    array[tuple(slice(each) for each in maps.grid.shape)] = maps.vertebrae
    narrow, padded = (
        IMPORT.effort(Request(unread, grid, (Source("v.nii.gz", "vertebrae", each, grid),), table_of("verse"))).seconds
        for grid, each in ((maps.grid, maps.vertebrae), (wide, array))
    )
    assert narrow < padded < 8 * narrow


@pytest.mark.parametrize(
    ("kinds", "counts", "checked"),
    [
        (("vertebrae",), False, True),
        (("subregions", "vertebrae"), False, True),
        (("vertebrae",), True, False),
        (("subregions",), False, False),
    ],
)
def test_names_that_a_map_brings_along_are_checked_in_time_that_was_foretold(maps, kinds, counts, checked):
    table, told = replace(table_of("spineps"), counts=counts), {}
    request = Request(
        unread, maps.grid, tuple(Source(f"{kind}.nii.gz", kind, getattr(maps, kind), maps.grid) for kind in kinds), table
    )
    found = IMPORT.run(request, lambda done, what: told.setdefault(what, done))
    foretold = {part.name: part.seconds for part in IMPORT.effort(request).rest}
    assert (foretold["check names"] > 0) == checked
    assert ("check names" in found.seconds) == checked
    assert ("checking the names of the levels" in told) == checked
    if checked:
        left = 1 - told["checking the names of the levels"]
        assert left == pytest.approx(foretold["check names"] / sum(foretold.values()), rel=0.01), "it is the last part"


# What each program calls a few structures, read from its own documentation and not from our tables.
WRITTEN = {
    "verse": {19: ("T12", "vertebra"), 20: ("L1", "vertebra"), 24: ("L5", "vertebra")},
    "totalsegmentator-v2": {27: ("L5", "vertebra"), 31: ("L1", "vertebra"), 32: ("T12", "vertebra"), 26: ("S1", "vertebra")},
    "totalspineseg": {
        32: ("T12", "vertebra"),
        41: ("L1", "vertebra"),
        45: ("L5", "vertebra"),
        50: ("S1", "vertebra"),
        91: ("T12", "disc"),
        92: ("L1", "disc"),
        100: ("L5", "disc"),
    },
    "spider": {
        1: ("L5", "vertebra"),
        5: ("L1", "vertebra"),
        106: ("T12", "vertebra"),
        201: ("L5", "disc"),
        205: ("L1", "disc"),
    },
}


@pytest.mark.parametrize("name", WRITTEN)
def test_labels_of_other_programs_become_ours(maps, name):
    found = take(maps, table_of(name), written_by(maps, WRITTEN[name]))
    for level_name, part in WRITTEN[name].values():
        each = level(level_name)
        label = each.id if part == "vertebra" else each.disc_id
        np.testing.assert_array_equal(found.maps.vertebrae == label, maps.vertebrae == label)
        if part == "disc":
            assert set(np.unique(found.maps.subregions[found.maps.vertebrae == label])) == {SubregionId.DISC}
    names = {level_name for level_name, part in WRITTEN[name].values() if part == "vertebra"}
    assert {level(key).name for key in found.confidence} == names
    assert set(found.confidence.values()) == {None}
    assert not [each for each in found.warnings if "does not know" in each]


def test_our_own_maps_come_through_as_they_are(maps):
    pair = (Source("subregions", "subregions", maps.subregions, maps.grid),)
    found = take(maps, table_of("spineps"), maps.vertebrae, more=pair)
    np.testing.assert_array_equal(found.maps.subregions, maps.subregions)
    np.testing.assert_array_equal(found.maps.vertebrae, maps.vertebrae)
    assert found.warnings == (NOT_VERIFIED,)
    assert found.versions == {"table": "spineps"}


@pytest.mark.parametrize("name", TABLES)
def test_every_table_says_where_it_is_from_and_covers_the_spine(name):
    table = table_of(name)
    assert "http" in table.source
    levels = {entry.vertebra for entry in table.entries if entry.whole}
    usual = {each.id for each in PRESACRAL if each.name not in ("T13", "L6")}
    assert levels >= usual
    assert len([entry for entry in table.entries if entry.whole and entry.vertebra in usual]) == len(usual) * (
        2 if name == "spider" else 1
    )


def test_the_table_of_spineps_is_the_anatomy_itself():
    table = table_of("spineps")
    assert {(e.label, e.subregion) for e in table.entries if e.kind == "subregions"} == {(s.id, s.id) for s in SUBREGIONS}
    assert all(entry.label == entry.vertebra for entry in table.entries if entry.kind == "vertebrae")


def test_unknown_labels_are_listed_and_left_out(maps):
    array = np.where(maps.vertebrae == level("L3").id, level("L3").id, 0).astype(np.uint16)
    array[:2, :2, :2] = 999
    found = take(maps, table_of("verse"), array)
    assert found.warnings[0] == (
        "labels.nii.gz holds labels that the table verse does not know; they were left out: 999 (8 voxels)."
    )
    assert set(np.unique(found.maps.vertebrae)) == {0, level("L3").id}


def test_organs_are_no_surprise_for_a_program_that_knows_them(maps):
    array = written_by(maps, WRITTEN["totalsegmentator-v2"])
    array[:3] = 5
    found = take(maps, table_of("totalsegmentator-v2"), array)
    assert found.warnings[:1] == ("Left out as no part of the spine: 1 label of labels.nii.gz.",)


def test_a_table_that_knows_least_of_a_map_is_doubted(maps):
    array = written_by(maps, WRITTEN["verse"])
    array[array == 0] = 77
    assert "is verse the right table?" in take(maps, table_of("verse"), array).warnings[1]


def test_two_labels_of_one_level_are_told(maps):
    array = written_by(maps, {3: ("L3", "vertebra"), 103: ("L4", "vertebra")})
    found = take(maps, table_of("spider"), array)
    assert "The labels 3 and 103 of labels.nii.gz both become L3." in found.warnings


@pytest.mark.parametrize(
    ("array", "word"),
    [
        (lambda m: m.vertebrae * 0, "is empty"),
        (lambda m: np.where(m.vertebrae > 0, 99, 0).astype(np.uint8), "knows none of the labels"),
        (
            lambda m: np.arange(m.vertebrae.size, dtype=np.uint64).astype(np.uint16).reshape(m.vertebrae.shape),
            "seems to be an image",
        ),
    ],
)
def test_a_map_without_a_spine_is_refused(maps, array, word):
    with pytest.raises(MapError, match=word):
        take(maps, table_of("verse"), array(maps))


def test_subregions_alone_are_separated_into_vertebrae(maps):
    found = take(maps, table_of("spineps"), maps.subregions, "subregions")
    bone = ~np.isin(maps.subregions, [SubregionId.ENDPLATE, SubregionId.CANAL, SubregionId.CORD, 0])
    assert (found.maps.vertebrae == maps.vertebrae)[bone].mean() > 0.98
    assert set(found.confidence) == {each.id for each in PRESACRAL if each.name in ("T12", "L1", "L2", "L3", "L4", "L5")}
    assert min(found.confidence.values()) > 0.7
    assert found.warnings[0].startswith("Levels were told from the subregions (sacrum")
    assert "not verified" in found.warnings[0]


def test_exchanged_sides_are_told_when_subregions_are_separated(maps):
    exchanged = maps.subregions.copy()
    for left in (SubregionId.COSTAL_LEFT, SubregionId.SUPERIOR_ARTICULAR_LEFT, SubregionId.INFERIOR_ARTICULAR_LEFT):
        exchanged[maps.subregions == left] = left + 1
        exchanged[maps.subregions == left + 1] = left
    found = take(maps, table_of("spineps"), exchanged, "subregions")
    assert any("left and right" in each.lower() for each in found.warnings)


def test_subregions_without_a_body_are_refused(maps):
    with pytest.raises(MapError, match="holds no vertebral body"):
        take(maps, table_of("spineps"), np.where(maps.subregions == SubregionId.DISC, 100, 0), "subregions")


def test_two_maps_of_one_kind_are_refused(maps):
    twice = (Source("again", "vertebrae", maps.vertebrae, maps.grid),)
    with pytest.raises(MapError, match="Two maps of vertebrae"):
        take(maps, table_of("spineps"), maps.vertebrae, more=twice)


def turned(array, grid):
    affine = grid.ijk_to_ras[:, [1, 2, 0, 3]]
    moved = np.asarray(array.transpose(1, 2, 0))
    return moved, Grid(moved.shape, affine)


def test_another_storage_order_comes_back_exactly(maps):
    array, grid = turned(maps.vertebrae, maps.grid)
    found = take(maps, table_of("verse"), np.where(array < 29, array, 0).astype(np.uint8), grid=grid)
    bone = (maps.vertebrae > 0) & (maps.vertebrae < 29)
    np.testing.assert_array_equal(found.maps.vertebrae, np.where(bone, maps.vertebrae, 0))
    assert not [each for each in found.warnings if "resampled" in each]


def test_a_finer_map_is_resampled_and_that_is_said(maps):
    fine = np.repeat(np.repeat(np.repeat(maps.vertebrae, 2, 0), 2, 1), 2, 2)
    affine = maps.grid.ijk_to_ras @ np.diag([0.5, 0.5, 0.5, 1.0])
    affine[:3, 3] = maps.grid.to_ras([-0.25, -0.25, -0.25])
    found = take(maps, table_of("spineps"), fine, grid=Grid(fine.shape, affine))
    np.testing.assert_array_equal(found.maps.vertebrae, maps.vertebrae)
    assert found.warnings[0] == "labels.nii.gz is on another grid than the image and was resampled to the nearest voxel."


def test_a_map_beside_the_image_is_refused_and_one_half_outside_is_told(maps):
    def moved(millimetres):
        affine = maps.grid.ijk_to_ras.copy()
        affine[2, 3] += millimetres
        return take(maps, table_of("spineps"), maps.vertebrae, grid=Grid(maps.grid.shape, affine))

    with pytest.raises(MapError, match="does not lie in the image"):
        moved(1000.0)
    assert any(each.startswith("Only ") and "lies inside the image" in each for each in moved(101.0).warnings)


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        (("1,L3", "1,L4"), "line 3: the label 1 has a row already"),
        (("x,L3",), "'x' is no label"),
        (("0,L3",), "'0' is no label"),
        (("70000,L3",), "'70000' is no label"),
        (("1,L9",), "line 2: There is no vertebral level 'L9'"),
        (("1,L3,leg",), "'leg' is no part"),
        (("1,S1,disc",), "There is no disc of S1"),
        (("1,,disc",), "needs a level"),
        (("1,L3,,liver",), "There is no subregion 'liver'"),
        (("1,",), "means nothing"),
    ],
)
def test_a_row_that_makes_no_sense_is_named(rows, word):
    with pytest.raises(ParameterError, match=word):
        own(*rows)


def test_a_table_of_bodies_alone_says_what_will_be_missing(maps):
    array = np.zeros(maps.grid.shape, np.uint8)
    body = np.isin(maps.subregions, (SubregionId.BODY, SubregionId.BODY_BORDER))
    for label, name in enumerate(("L3", "L4"), start=1):
        array[body & (maps.vertebrae == level(name).id)] = label
    found = take(maps, own("1,L3,,corpus_border", "2,L4,,corpus_border"), array)
    assert lacking(found.maps) == ([], ["L3", "L4"])
    assert set(np.unique(found.maps.subregions)) == {0, SubregionId.BODY_BORDER}


def test_whole_vertebrae_get_their_bodies_and_that_is_said(maps):
    found = take(maps, table_of("verse"), written_by(maps, WRITTEN["verse"]))
    assert "T12 to L5: whole vertebrae; their bodies were told from the arches by shape." in found.warnings
    assert set(np.unique(found.maps.subregions)) == {0, SubregionId.BODY_BORDER}
    body = np.isin(maps.subregions, (SubregionId.BODY, SubregionId.BODY_BORDER)) & (maps.vertebrae == level("L1").id)
    told = (found.maps.subregions == SubregionId.BODY_BORDER) & (maps.vertebrae == level("L1").id)
    assert 2 * (body & told).sum() / (body.sum() + told.sum()) > 0.95


def test_names_that_run_the_wrong_way_are_seen(maps):
    names = ("L1", "L2", "L3", "L4")
    good = {number: (name, "vertebra") for number, name in enumerate(names, start=1)}
    upwards = own(*(f"{number},{name}" for number, name in enumerate(reversed(names), start=1)))
    assert "named from below" in next(chain_order(take(maps, upwards, written_by(maps, good)).maps))
    right = own(*(f"{number},{name}" for number, name in enumerate(names, start=1)))
    assert not list(chain_order(take(maps, right, written_by(maps, good)).maps))
    swapped = own("1,L1", "2,L3", "3,L2", "4,L4")
    assert list(chain_order(take(maps, swapped, written_by(maps, good)).maps)) == [
        "Vertebrae are out of order: L3 lies above L2."
    ]


class Other:
    """A backend that another person has added."""

    def __init__(self, name, availability):
        self._name, self._availability = name, availability

    def describe(self):
        from spinetwin.segmentation.backends import Description

        return Description(self._name, self._name, "")

    def available(self, _):
        return self._availability


def test_auto_takes_the_best_that_can_run_and_says_why(maps):
    request = Request(unread, maps.grid)
    best, plain = (
        Other("best", Availability(False, "its weights are not here.")),
        Other("plain", Availability(True, "it needs nothing")),
    )
    found, why = choose("auto", request, (best, plain))
    said = "the best that can run: it needs nothing; best cannot run here: its weights are not here"
    assert (found, why) == (plain, said)
    assert choose("plain", request, (best, plain)) == (plain, "asked for")


def only_fits(*names):
    def refuse(name):
        if name not in names:
            raise ParameterError(f"The image needs more memory than {name} gets.", "Crop it.")

    return refuse


def test_auto_passes_over_what_has_not_enough_memory_and_says_so(maps):
    request = Request(unread, maps.grid)
    big, small = (Other(name, Availability(True, "it is here")) for name in ("big", "small"))
    found, why = choose("auto", request, (big, small), only_fits("small"))
    assert found is small
    assert why == "the best that can run: it is here; big cannot run here: The image needs more memory than big gets"
    with pytest.raises(ParameterError, match=r"No backend can run\. big: .*than big gets\. Crop it\. small: .*Crop it\.$"):
        choose("auto", request, (big, small), only_fits())


def test_the_refusal_of_a_backend_names_another_that_has_enough_memory(maps):
    request = Request(unread, maps.grid)
    absent = Other("absent", Availability(False, "its weights are not here."))
    big, small = (Other(name, Availability(True, "it is here")) for name in ("big", "small"))
    with pytest.raises(ParameterError) as refused:
        choose("big", request, (big, absent, small), only_fits("small", "absent"))
    assert refused.value.hint == "Crop it. Or choose the backend small, for which there is enough memory."
    with pytest.raises(ParameterError) as refused:
        choose("big", request, (big, absent), only_fits("absent"))
    assert refused.value.hint == "Crop it."


def test_what_cannot_run_says_what_to_do(maps):
    request = Request(unread, maps.grid)
    with pytest.raises(ParameterError, match=r"No backend can run.*there is no label map.*--map LABELS"):
        choose("auto", request, (IMPORT,))
    with pytest.raises(ParameterError, match="cannot run: there is no label map"):
        choose("import", request, (IMPORT,))
    with pytest.raises(ParameterError, match=r"no backend 'magic'.*auto, import"):
        choose("magic", request, (IMPORT,))
    source = Source("v", "vertebrae", maps.vertebrae, maps.grid)
    with pytest.raises(ParameterError, match=r"what the labels mean.*verse"):
        choose("auto", Request(unread, maps.grid, (source,)), (IMPORT,))


def test_nothing_needs_to_be_installed(tmp_path):
    said = []
    IMPORT.install(tmp_path, lambda *each: said.append(each))
    assert said[-1][0] == 1.0
    assert not list(tmp_path.iterdir())
