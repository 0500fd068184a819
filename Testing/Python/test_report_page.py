"""The report as a whole: the page, its tables, and what is left when it cannot be written."""

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from spinetwin.anatomy import POINTS, PointId, SubregionId, level
from spinetwin.errors import WriteError
from spinetwin.geometry import Frame, Grid, LabelMaps
from spinetwin.poi import Poi, PoiSet, Status
from spinetwin.report import write_report
from spinetwin.report.page import render_page
from spinetwin.report.tables import findings, level_ranges, level_rows, sources

FILES = {"report.html", "front.png", "right.png", "back.png", "canal.png"}
NAMES = ("T11", "T12", "L1", "L2")
LEVELS = tuple(level(name).id for name in NAMES)
FLAVUM = [each.id for each in POINTS if each.name.startswith("ligamentum_flavum")]
HOSTILE = '<script>alert("$title & ${x}")</script>'


@pytest.fixture(scope="module")
def maps():
    """Four boxes with an arch behind and a canal between, 30 mm apart."""
    grid = Grid((30, 40, 70), np.diag([2.0, 2.0, 2.0, 1.0]))
    subregions = np.zeros(grid.shape, dtype=np.uint8)
    vertebrae = np.zeros(grid.shape, dtype=np.uint8)
    subregions[12:18, 16:22] = SubregionId.CANAL
    for index, key in enumerate(LEVELS):
        top = 66 - 16 * index
        for box, label in (
            ((slice(5, 25), slice(22, 36), slice(top - 12, top)), SubregionId.BODY),
            ((slice(8, 22), slice(10, 16), slice(top - 12, top - 4)), SubregionId.ARCH),
            ((slice(13, 17), slice(2, 10), slice(top - 14, top - 8)), SubregionId.SPINOUS),
        ):
            subregions[box] = label
            vertebrae[box] = key
    return LabelMaps(grid, subregions, vertebrae)


def origin_of(index):
    return np.array([29.0, 57.0, 2 * (66 - 16 * index) - 13.0])


def points(*, frames=True):
    """Each level has an ok body, ok flavum points, one suspect point and one missing point."""
    made = []
    for index, key in enumerate(LEVELS):
        origin = origin_of(index)
        made.append(Poi(key, PointId.BODY, Status.OK, tuple(origin), source="paper 1"))
        made += [Poi(key, each, Status.OK, tuple(origin - [each % 7 - 3, 28, each % 9]), source="paper 1") for each in FLAVUM]
        made.append(Poi(key, PointId.SPINOUS, Status.SUSPECT, tuple(origin - [0, 45, 8]), "cut by the border", "paper 1"))
        made.append(Poi(key, PointId.DISC, Status.MISSING, None, "the map has no disc", "paper 1"))
    axes = {key: Frame(origin_of(index), np.eye(3), "spline and arch") for index, key in enumerate(LEVELS)} if frames else {}
    return PoiSet.of(made, axes)


class Page(HTMLParser):
    """Collects what a browser would load, what it would say aloud, and whether tags close."""

    VOID = frozenset({"meta", "img", "br", "link", "hr"})

    def __init__(self, text):
        super().__init__()
        self.loaded, self.alt, self.tags, self.open, self.text = [], [], [], [], []
        self.ids, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        self.loaded += [values[name] for name in ("src", "href", "srcset", "data") if name in values]
        self.links += [values["href"]] if "href" in values else []
        self.ids += [values["id"]] if "id" in values else []
        self.alt += [values.get("alt")] if tag == "img" else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def written(maps, tmp_path_factory):
    told = []
    folder = tmp_path_factory.mktemp("report") / "new" / "folder"
    path = write_report(maps, points(), folder, title=HOSTILE, progress=lambda *each: told.append(each))
    return path, told


def test_the_report_is_one_page_and_four_pictures(written):
    path, _ = written
    assert path.name == "report.html"
    assert {each.name for each in path.parent.iterdir()} == FILES
    for each in FILES - {"report.html"}:
        assert (path.parent / each).read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_the_page_needs_nothing_else(written):
    text = written[0].read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert all(each.startswith(("data:image/png;base64,", "#")) for each in page.loaded)
    assert not re.search(r"https?:|@import|url\(|<script|<link", text)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert len(page.alt) == 4
    assert all(page.alt)
    assert len(set(page.ids)) == len(page.ids)
    assert {"header", "main", "footer", "h1", "h2", "table"} <= set(page.tags)
    assert '<html lang="en">' in text


def test_hostile_text_stays_text(written):
    page = Page(written[0].read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert "".join(page.text).count(HOSTILE) == 2
    pois = PoiSet.of([Poi(LEVELS[0], PointId.BODY, Status.MISSING, None, "<b onload=x>&\"'", "<i>$source")])
    page = Page(render_page("x", pois, dict.fromkeys(("front", "right", "back", "canal"), b""), None))
    assert "<b onload=x>&\"'" in "".join(page.text)
    assert "<i>$source" in "".join(page.text)
    assert not {"i"} & set(page.tags)


def test_the_page_counts_right_and_says_what_it_is(written):
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", re.sub(r'src="[^"]*"', "", written[0].read_text(encoding="utf-8"))))
    ok = 4 * (1 + len(FLAVUM))
    assert f"{ok} ok 4 suspect 4 missing" in text
    assert f"T11-L2: 4 levels, {ok + 8} points of interest" in text
    assert "Rule set: paper 1." in text
    assert "Not a medical device; for research and teaching." in text
    assert "The canal at T12" in text or "The canal at L1" in text
    assert text.count("spline and arch") == 4


def test_progress_rises_to_one(written):
    fractions = [fraction for fraction, _ in written[1]]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0
    assert all(message for _, message in written[1])


def test_identical_reasons_become_one_row():
    rows = findings(points())
    assert [(row.status, row.levels, row.count) for row in rows] == [
        (Status.SUSPECT, "T11-L2", 4),
        (Status.MISSING, "T11-L2", 4),
    ]
    assert rows[0].points == ("spinous process",)
    assert rows[0].reason == "cut by the border"


def test_points_that_share_reason_and_levels_share_a_row():
    made = [Poi(key, each, Status.MISSING, None, "no arch") for key in LEVELS[:2] for each in FLAVUM]
    made.append(Poi(LEVELS[2], FLAVUM[0], Status.MISSING, None, "no arch"))
    rows = findings(PoiSet.of(made))
    # one point fails on three levels, the others on two
    assert [(row.levels, row.count) for row in rows] == [("T11, T12", 2 * (len(FLAVUM) - 1)), ("T11-L1", 3)]
    assert rows[0].points == (
        "ligamentum flavum inferior (median, right, left)",
        "ligamentum flavum superior (right, left)",
    )
    assert rows[1].points == ("ligamentum flavum superior (median)",)
    assert findings(PoiSet({})) == []


def test_reasons_that_differ_in_numbers_only_share_a_row():
    lengths = ("2.2", "10", "4.0")
    made = [
        Poi(key, PointId.BODY, Status.SUSPECT, (0.0, 0.0, 0.0), f"a gap of {length} mm towards L3")
        for key, length in zip(LEVELS[:3], lengths, strict=True)
    ]
    (row,) = findings(PoiSet.of(made))
    assert (row.reason, row.levels) == ("a gap of 2.2 to 10 mm towards L3", "T11-L1")
    assert findings(PoiSet.of([Poi(LEVELS[0], PointId.BODY, Status.MISSING, None)]))[0].reason == "no reason given"


def test_levels_are_written_as_ranges():
    ids = [level(name).id for name in ("C1", "C2", "C3", "C5", "T12", "L1")]
    assert level_ranges(ids) == "C1-C3, C5, T12, L1"
    with_t13 = [level(name).id for name in ("T12", "T13", "L1")]
    assert level_ranges([level("T12").id, level("L1").id], with_t13) == "T12, L1"
    assert level_ranges([level(name).id for name in ("T11", "T12", "L1")], with_t13) == "T11, T12, L1"
    assert level_ranges([level(name).id for name in ("T11", "T12", "L1")]) == "T11-L1"
    assert level_ranges([]) == ""


def test_edited_points_are_counted_and_named_last():
    pois = points()
    key = (LEVELS[0], int(PointId.SPINOUS))
    edited = PoiSet(dict(pois.points) | {key: pois[key].moved_to((1.0, 2.0, 3.0))}, pois.frames)
    first = level_rows(edited)[0]
    assert (first.name, first.suspect, first.missing, first.edited, first.frame) == ("T11", 0, 1, 1, "spline and arch")
    assert sources(edited) == ["paper 1", "edited"]
    assert level_rows(PoiSet(pois.points))[0].frame == "none"


def test_a_report_without_points_without_frames_of_one_level_and_of_nothing(maps, tmp_path):
    only = maps.vertebrae == LEVELS[1]
    one = LabelMaps(
        maps.grid, np.where(only, maps.subregions, 0).astype(np.uint8), np.where(only, maps.vertebrae, 0).astype(np.uint8)
    )
    empty = LabelMaps(maps.grid, np.zeros_like(maps.subregions), np.zeros_like(maps.vertebrae))
    missing = PoiSet.of(Poi(LEVELS[1], each.id, Status.MISSING, None, "nothing there") for each in POINTS)
    for name, (these, pois) in {
        "bone only": (one, PoiSet({})),
        "all missing": (one, missing),
        "nothing": (empty, PoiSet({})),
        "points only": (empty, points(frames=False)),
    }.items():
        path = write_report(these, pois, tmp_path / name, title=name)
        assert {each.name for each in path.parent.iterdir()} == FILES
        assert name in path.read_text(encoding="utf-8")


def test_points_outside_the_picture_are_told(maps, tmp_path):
    pois = PoiSet.of([Poi(LEVELS[0], PointId.BODY, Status.OK, (9000.0, 0.0, 0.0))])
    text = write_report(maps, pois, tmp_path, title="x").read_text(encoding="utf-8")
    assert "Points outside the pictures: 1." in text


def test_a_folder_that_is_a_file_is_a_clear_error(maps, tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    for folder in (file, file / "below"):
        with pytest.raises(WriteError, match="file"):
            write_report(maps, PoiSet({}), folder, title="x")
    assert file.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [file]


def test_a_failure_in_the_middle_leaves_nothing(maps, tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "canal.png").mkdir()
    with pytest.raises(WriteError):
        write_report(maps, PoiSet({}), tmp_path / "old", title="x")
    assert [each.name for each in (tmp_path / "old").iterdir()] == ["canal.png"]


def test_a_full_disk_takes_the_new_folder_away(maps, tmp_path, monkeypatch):
    write = Path.write_bytes

    def full(path, content):
        if "back" in path.name:
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(WriteError):
        write_report(maps, PoiSet({}), tmp_path / "a" / "b", title="x")
    assert list(tmp_path.iterdir()) == []


def test_no_permission_is_a_clear_error(maps, tmp_path, monkeypatch):
    # The administrator may write everywhere, so the refusal is put where the system would give it.
    def refuse(path, *_arguments, **_options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(WriteError, match=r"(?i)permission"):
        write_report(maps, PoiSet({}), tmp_path / "new", title="x")
    assert list(tmp_path.iterdir()) == []
