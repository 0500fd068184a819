"""The pictures of the worst cases: of the right case, cut where it differs, in the right colours and on the right side."""

import base64
import re

import numpy as np
import pytest
from matplotlib.image import imread
from spinetwin.anatomy import SubregionId, level
from spinetwin.geometry import PartialMaps, bounds
from spinetwin.io import write_label_map
from spinetwin.report import colours
from spinetwin.report.evaluation.pictures import BOTH, INVENTED, MISSED, difference, draw_difference, worst
from spinetwin.segmentation.evaluation import score_case
from spinetwin.segmentation.evaluation.structures import STRUCTURES

L3 = level("L3").id
SPINOUS = next(each for each in STRUCTURES if each.name == "spinous")
COSTAL_LEFT = next(each for each in STRUCTURES if each.name == "costal_left")


def of_l3(maps, subregion):
    return (maps.vertebrae == L3) & (maps.subregions == subregion)


def partial(maps, subregions=None):
    return PartialMaps(maps.grid, maps.subregions if subregions is None else subregions, maps.vertebrae)


@pytest.fixture(scope="module")
def predictions(maps):
    """One that lacks the spinous process of L3, one that gives L3 more of it than there is, and one that is right."""
    lost, grown = maps.subregions.copy(), maps.subregions.copy()
    lost[of_l3(maps, SubregionId.SPINOUS)] = 0
    grown[of_l3(maps, SubregionId.ARCH)] = SubregionId.SPINOUS
    return {"grown": grown, "lost": lost, "right": maps.subregions}


def drawn(predicted, maps, structure=SPINOUS):
    return draw_difference(difference(structure, partial(maps, predicted), partial(maps)))


def places(axes, colour):
    """Return where a colour is, in mm across and up, (n, 2)."""
    (picture,) = axes.get_images()
    values, (left, right, low, high) = picture.get_array(), picture.get_extent()
    rows, columns = np.nonzero((np.abs(values - colours.rgb(colour)) < 1e-6).all(axis=-1))
    return np.stack(
        [left + (columns + 0.5) * (right - left) / values.shape[1], low + (rows + 0.5) * (high - low) / values.shape[0]], axis=1
    )


ACROSS_AND_UP = {"sagittal": (1, 2), "coronal": (0, 2), "axial": (0, 1)}


@pytest.mark.parametrize(
    ("name", "colour", "other", "subregion"),
    [("lost", MISSED, INVENTED, SubregionId.SPINOUS), ("grown", INVENTED, MISSED, SubregionId.ARCH)],
)
def test_every_cut_shows_what_differs_and_only_there(maps, predictions, name, colour, other, subregion):
    low, high = (maps.grid.to_ras(each) for each in bounds(np.argwhere(of_l3(maps, subregion))))
    low, high = np.minimum(low, high) - maps.grid.spacing / 2, np.maximum(low, high) + maps.grid.spacing / 2
    for axes, (title, plane) in zip(drawn(predictions[name], maps).axes, ACROSS_AND_UP.items(), strict=True):
        assert axes.get_title() == title
        seen = places(axes, colour)
        assert len(seen) > 20, title
        assert (seen >= low[list(plane)]).all(), title
        assert (seen <= high[list(plane)]).all(), title
        assert not len(places(axes, other)), title


def test_what_is_right_at_other_levels_is_shown_as_such(maps, predictions):
    sagittal, coronal, _ = drawn(predictions["lost"], maps).axes
    height = [maps.grid.to_ras(np.argwhere(maps.vertebrae == level(each).id))[:, 2].mean() for each in ("L2", "L4")]
    assert np.ptp(places(sagittal, BOTH)[:, 1]) > np.ptp(height) / 2
    assert not (coronal.get_xlim()[0] < coronal.get_xlim()[1]), "the patient's right is on the left"


def test_left_is_on_the_right_hand(maps):
    lost = np.where(of_l3(maps, SubregionId.COSTAL_LEFT), 0, maps.subregions)
    _, coronal, axial = drawn(lost, maps, COSTAL_LEFT).axes
    for axes in (coronal, axial):
        missed = places(axes, MISSED)
        assert missed[:, 0].max() < 0
        on_screen = axes.transData.transform(missed)[:, 0].mean()
        assert on_screen > axes.transData.transform((0.0, 0.0))[0]


def test_the_worst_come_first_and_what_is_right_never(maps, predictions):
    scores = [score_case(name, partial(maps, array), partial(maps)) for name, array in predictions.items()]
    chosen = worst(scores, 6)
    # spinous process and arch of one, the spinous process of the other
    assert sorted((case, structure.name) for case, structure, _ in chosen if structure.name != "vertebrae") == [
        ("grown", "arch"),
        ("grown", "spinous"),
        ("lost", "spinous"),
    ]
    dices = [dice for _, _, dice in chosen]
    assert dices == sorted(dices)
    assert max(dices) < 1.0


def test_pictures_files_and_captions_belong_together(run, maps, predictions, tmp_path):
    for name, array in predictions.items():
        for side, subregions in (("prediction", array), ("reference", maps.subregions)):
            (tmp_path / side / name).mkdir(parents=True)
            write_label_map(tmp_path / side / name / "subregions.nii.gz", subregions, maps.grid)
            write_label_map(tmp_path / side / name / "vertebrae.nii.gz", maps.vertebrae, maps.grid)
    out = tmp_path / "out"
    assert run("evaluate", tmp_path / "prediction", tmp_path / "reference", "--out", out, "--quiet").code == 0
    page = (out / "evaluation.html").read_text(encoding="utf-8")
    figures = re.findall(r'<h3>(.*?)</h3><figure><img src="data:image/png;base64,(.*?)" alt="(.*?)">', page)
    assert len(figures) == len(list(out.glob("worst_*.png"))) >= 3
    for number, (caption, picture, spoken) in enumerate(figures, start=1):
        file = out / f"worst_{number}.png"
        assert base64.b64decode(picture) == file.read_bytes()
        assert caption == spoken
        assert re.fullmatch(r"(grown|lost): [A-Z].*, Dice 0\.\d{3}; cut at L3", caption)
    (number,) = (number for number, each in enumerate(figures, start=1) if each[0].startswith("lost: Spinous process"))
    colour = imread(out / f"worst_{number}.png")[..., :3].reshape(-1, 3)
    # the key shows each colour too, in a patch of some hundred pixels
    blue, orange = ((np.abs(colour - colours.rgb(each)) < 0.01).all(axis=1).sum() for each in (MISSED, INVENTED))
    assert blue > 2 * orange > 0
