"""The html report of loads, and what it is compared with."""

import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from made_columns import LEVELS, made_model
from spinetwin.biomechanics import TASKS, Settings, Task, interval, loads
from spinetwin.biomechanics.articulation import mechanism_of
from spinetwin.biomechanics.settings import LIGAMENT_SETS
from spinetwin.errors import ReadError, WriteError
from spinetwin.io.loads import read_loads, write_loads
from spinetwin.io.mjcf import write_mjcf
from spinetwin.io.multibody_tables import write_remarks
from spinetwin.io.opensim import write_opensim
from spinetwin.report.loads import write_loads_report
from spinetwin.report.loads.pictures import draw_bars
from spinetwin.report.loads.tables import settings_table

STANDING, BENT = TASKS["standing"], TASKS["flexion-60-10kg"]


@pytest.fixture(scope="module")
def model():
    return made_model(curve_mm=15.0)


@pytest.fixture(scope="module")
def page(model, tmp_path_factory):
    """The page of a task with an interval, compared with standing."""
    folder = tmp_path_factory.mktemp("report")
    write_loads(folder / "loads.json", model, loads(model, STANDING))
    past = read_loads(folder / "loads.json", "before <b>bold</b>")
    found = loads(model, BENT)
    path = write_loads_report(
        folder, model, found, interval(model, BENT, samples=4, around=found), past, title="<script>x</script>"
    )
    return path.read_text(encoding="utf-8")


def cells(page, heading):
    """Return the rows of the first table behind a heading."""
    table = page[page.index(heading) :].split("</table>")[0]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in table.split("<tr>")[2:]]


def test_the_page_needs_no_other_file_and_no_network(page):
    assert page.count("data:image/png;base64,") == 2
    assert not re.search(r"(src|href)=.(?!data:image/png|#)", page)
    assert "http" not in page


def test_no_text_of_a_person_becomes_html(page):
    assert "<script>" not in page
    assert "<b>bold" not in page
    assert "before &lt;b&gt;bold&lt;/b&gt;" in page


def test_the_page_says_whose_loads_of_what_and_for_what_use(page):
    assert "Man, 175 cm, 70 kg. Task: bent forward by 60 degrees with 5 kg in each hand." in page
    assert "Research use" in page


def test_the_table_of_joints_has_the_numbers_of_the_result(page, model):
    found = loads(model, BENT)
    rows = cells(page, "Compression and shear</h2>")
    assert [row[0].split("/")[0] for row in rows] == LEVELS
    for row, force in zip(reversed(rows), found.compression, strict=True):
        assert float(row[1].split(" ")[0]) == pytest.approx(force, abs=0.51)
        assert re.fullmatch(r"-?\d+ \(-?\d+ to -?\d+\)", row[1])


def test_the_comparison_tells_what_changed(page, model):
    before, now = (loads(model, task).compression[1] for task in (STANDING, BENT))
    row = next(row for row in cells(page, "Compared with") if row[0] == "L4/L5")
    assert float(row[1]) == pytest.approx(before, abs=0.51)
    assert float(row[2]) == pytest.approx(now, abs=0.51)
    assert row[3] == f"{100 * (now / before - 1):+.0f} %"


def test_beside_who_lies_a_change_is_told_in_newtons(model, tmp_path):
    write_loads(tmp_path / "loads.json", model, loads(model, TASKS["supine"]))
    past, found = read_loads(tmp_path / "loads.json", "lying"), loads(model, BENT)
    page = write_loads_report(tmp_path, model, found, past=past, title="x").read_text(encoding="utf-8")
    row = next(row for row in cells(page, "Compared with") if row[0] == "L4/L5")
    assert row[3] == f"{found.compression[1] - past.compression[1]:+.0f} N"


def test_gates_are_told_before_anything_else_and_only_when_they_are_red(model, tmp_path):
    bad = loads(replace(model, suspect=("L3",)), STANDING)
    text = write_loads_report(tmp_path, model, bad, title="a").read_text(encoding="utf-8")
    assert text.index("The points of L3 are suspect") < text.index("Compression and shear</h2>")
    good = loads(made_model(), STANDING)
    assert good.trusted
    assert "Not to be trusted" not in write_loads_report(tmp_path, made_model(), good, title="a").read_text(encoding="utf-8")


def test_torn_ligaments_are_told_in_the_table(tmp_path):
    model = made_model()
    found = loads(model, Task("deep", "", 90.0), Settings(ligaments="bilinear", pelvis_share=0.0))
    text = write_loads_report(tmp_path, model, found, title="a").read_text(encoding="utf-8")
    torn = [row for row in cells(text, "Ligaments</h2>") if "strands" in row[4]]
    assert torn
    strained = (found.ligament_strains > 0.001) & (found.ligament_forces == 0.0)
    assert sum(int(row[4].split(" ")[0]) for row in torn) == strained.sum()


def test_a_folder_that_is_not_there_is_refused(model, tmp_path):
    with pytest.raises(WriteError, match="no folder"):
        write_loads_report(tmp_path / "none", model, loads(model, STANDING), title="a")


def test_loads_come_back_as_they_were(model, tmp_path):
    found = loads(model, BENT)
    write_loads(tmp_path / "a.json", model, found)
    past = read_loads(tmp_path / "a.json", "a")
    np.testing.assert_array_equal(past.compression, found.compression)
    np.testing.assert_array_equal(past.shear_right, found.shear_right)
    assert past.levels == found.levels
    assert past.trusted == found.trusted
    assert past.person == "man, 175 cm, 70 kg"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(format="other"), "holds no loads"),
        (lambda c: c.update(version=7), "version 7"),
        (lambda c: c.pop("joints"), "damaged"),
        (lambda c: c["joints"][0].update(compression="much"), "damaged"),
        (lambda c: c["joints"][0].update(compression=float("inf")), "damaged"),
        (lambda c: c["joints"][0].update(below="L99"), "damaged"),
        (lambda c: c.update(joints=[1]), "damaged"),
        (lambda c: c.update(person={"sex": "f", "height_cm": -1, "weight_kg": 60}), "damaged"),
    ],
)
def test_damaged_loads_are_refused_in_one_sentence(model, tmp_path, change, said):
    write_loads(tmp_path / "a.json", model, loads(model, STANDING))
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    change(content)
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ReadError, match=said):
        read_loads(tmp_path / "a.json", "a")


def test_a_result_that_is_red_has_red_bars_and_says_why_in_other_programs(tmp_path, model):
    from matplotlib.image import imread

    fine, bad = loads(model, STANDING), loads(replace(model, suspect=("L3",)), STANDING)
    blue, red = (imread(io.BytesIO(draw_bars(each)))[..., :3] for each in (fine, bad))
    counts = [
        int((np.abs(picture - np.array(colour) / 255).max(axis=-1) < 0.02).sum())
        for picture, colour in ((blue, (31, 95, 214)), (red, (179, 38, 30)), (red, (31, 95, 214)))
    ]
    assert min(counts[:2]) > 1000
    assert counts[2] == 0
    mechanism = mechanism_of(model, bad)
    write_opensim(tmp_path / "a.osim", mechanism)
    write_mjcf(tmp_path / "a.xml", mechanism)
    write_remarks(tmp_path / "a.txt", mechanism)
    for name in ("a.osim", "a.xml", "a.txt"):
        assert "Research use." in (tmp_path / name).read_text(encoding="utf-8")
        assert "Not to be trusted: The points of L3 are suspect" in (tmp_path / name).read_text(encoding="utf-8")
    assert not any("Not to be trusted" in note for note in mechanism_of(model, fine).notes)


@pytest.mark.parametrize(("laws", "said"), [("stepwise", "10.1155/2021/5542595"), ("bilinear", "10.1186/1471-2474-14-220")])
def test_the_report_cites_the_laws_of_the_ligaments(laws, said):
    assert said in settings_table(Settings(ligaments=laws))


def test_a_set_without_a_law_for_the_capsules_says_so(model):
    notes = {laws: [each.text for each in loads(model, STANDING, Settings(ligaments=laws)).findings] for laws in LIGAMENT_SETS}
    said = "The set of ligament laws linear has none for CL, which are left out."
    assert [laws for laws, texts in notes.items() if said in texts] == ["linear"]
